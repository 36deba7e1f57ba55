// Column lineage of a project's models, by the SQL that they have now: what they read has the columns that its own SQL
// gives, so that nothing needs to be built, and a view is named as itself. Ephemeral models are seen through.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "dbt/lineage.h"
#include "engine/session.h"
#include "project/render.h"

namespace weir::run {

class ProjectLineage {
 public:
  // The SQL of a node, or what is wrong with it (thrown). Both outlive this.
  using SqlOf = std::function<project::Rendered(const project::Node&)>;
  // Columns that what is no query has where it lies: a source, a seed. Empty = nobody knows.
  using ColumnsOf = std::function<std::vector<engine::StandInColumn>(const project::Node&)>;

  struct Found {
    std::optional<dbt::NodeLineage> lineage;  // nullopt: seeds, sources, and what has an error
    std::optional<Error> error;
  };
  struct Known {
    Found found;
    std::vector<engine::StandInColumn> columns;
    std::string key;               // a hash of all that it was found by
    std::optional<Error> refused;  // what the engine said of the SQL, with its place there
  };
  // What was found before, by unique_id: used again for what has not changed since.
  using Memory = std::map<std::string, Known>;

  // Without `outside` the session's target is asked. `memory` may be null.
  ProjectLineage(const project::Project& project, engine::Session& session, SqlOf sql_of, ColumnsOf outside = {},
                 Memory* memory = nullptr)
      : project_(project),
        session_(session),
        sql_of_(std::move(sql_of)),
        outside_(std::move(outside)),
        memory_(memory) {
    place_nodes();
  }

  // Looks at the nodes that it depends on first.
  const Found& of(const project::Node& node);
  // Columns as the node's SQL, the target or the project's files have them; empty if nobody knows.
  const std::vector<engine::StandInColumn>& columns(const project::Node& node);

 private:
  void place_nodes();
  std::string untyped_input(const project::Node& node) const;  // "" = there is none
  std::string key_of(const project::Node& node, const std::string& sql) const;
  Known& known(const project::Node& node);
  Known look(const project::Node& node);
  Known look_at_sql(const project::Node& node);
  Known bound(const project::Node& node, const std::string& sql);
  std::vector<engine::StandInColumn> columns_outside(const project::Node& node);
  std::vector<engine::StandInColumn> describe(const std::string& from);
  dbt::NodeLineage named(const project::Node& node, const engine::ColumnLineage& lineage) const;
  std::vector<dbt::LineageInput> named_inputs(const project::Node& node, const engine::Origins& origins) const;
  std::string name_of(const project::Node& reader, const engine::NamedRelation& relation) const;

  const project::Project& project_;
  engine::Session& session_;
  SqlOf sql_of_;
  ColumnsOf outside_;
  Memory* memory_;
  std::map<std::string, Known> known_;                                     // by unique_id
  engine::StandIns stand_ins_;                                             // of what has been looked at
  std::map<engine::NamedRelation, std::vector<const project::Node*>> at_;  // nodes by their places, in lower case
};

}  // namespace weir::run
