// What an incremental model does to a table that is there: on_schema_change, then dbt's strategy. The same SQL serves
// the lake and a database.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/session.h"
#include "project/node.h"
#include "project/render.h"

namespace weir::run {

constexpr const char* rows_table = "weir_new_rows";

class IncrementalLoad {
 public:
  // `strategy`: append, merge, delete+insert, insert_overwrite, microbatch (with the batch) or, on the lake,
  // replace_where. `session` is in the step's transaction. `table_clauses` are those of the table if it is one of the
  // lake.
  IncrementalLoad(const project::Node& node, engine::Session& session, std::string strategy,
                  std::optional<project::TimeWindow> batch, std::optional<std::string> table_clauses = std::nullopt)
      : node_(node),
        session_(session),
        strategy_(std::move(strategy)),
        relation_(node.relation_text()),
        batch_(batch),
        table_clauses_(std::move(table_clauses)) {}

  // Adds the rows of the query. Returns how many rows were written.
  int64_t add(const std::string& sql);
  // By statements of the project's own, which are asked for when the rows lie in the temporary table `rows_table`.
  int64_t add_by(const std::string& sql, const std::function<std::string()>& statements);

 private:
  std::string header() const { return node_.config->sql_header.empty() ? "" : node_.config->sql_header + "\n"; }
  void check_strategy() const;
  std::vector<std::string> settle_columns(const std::vector<engine::ColumnInfo>& source);
  void drop_columns(const std::vector<std::string>& dropped, const std::vector<engine::ColumnInfo>& there);
  void change_types(const std::vector<engine::ColumnInfo>& target, const std::vector<engine::ColumnInfo>& source);
  int64_t insert(const std::vector<std::string>& columns, const std::string& from);
  int64_t merge(const std::vector<std::string>& columns, const std::string& from);
  void remove_matching();
  void remove_partitions();
  std::string in_batch() const;
  void remove_batch();
  std::string key_match(const std::string& left, const std::string& right) const;
  void need(const std::vector<std::string>& names, const char* key) const;

  const project::Node& node_;
  engine::Session& session_;
  std::string strategy_, relation_;
  std::optional<project::TimeWindow> batch_;
  std::optional<std::string> table_clauses_;
};

// Strategies that add() knows on the lake, in the order in which they are told.
const std::vector<std::string>& lake_strategies();
// What a model that names no strategy is added to by on the lake.
std::string default_lake_strategy(const project::Node& node);

// add() or, where the project has a macro for the strategy, add_by().
int64_t add_incrementally(const project::Project& project, const project::Node& node, engine::Session& session,
                          const std::string& strategy, const project::RenderState& state, const std::string& sql,
                          std::optional<std::string> table_clauses = std::nullopt);

}  // namespace weir::run
