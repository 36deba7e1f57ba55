// What templates ask of the lake while they are rendered, answered in the step's own transaction.
#pragma once

#include "engine/session.h"
#include "lake/lake.h"
#include "project/render.h"

namespace weir::run {

class LakeWarehouse final : public project::Warehouse {
 public:
  LakeWarehouse(engine::Session& session, const lake::Lake& lake) : session_(session), lake_(lake) {}
  project::QueryResult query(std::string_view sql) override;
  std::optional<std::string> relation_type(const project::RelationName& name) override;
  std::vector<project::RelationColumn> columns(const project::RelationName& name) override;
  std::vector<project::RelationColumn> columns_of_query(std::string_view sql) override;
  std::vector<project::ListedRelation> relations(const std::string& database, const std::string& schema) override;
  std::vector<std::string> schemas(const std::string& database) override;
  std::vector<std::string> functions(const std::string& database, const std::string& schema) override;

 private:
  engine::Session& session_;
  const lake::Lake& lake_;
};

// "lake"."schema"."name"
std::string relation_sql(const lake::TableName& name);
Json json_of(const engine::Cell& cell);
project::QueryResult query_result(const engine::Rows& rows);
std::vector<project::RelationColumn> relation_columns(const std::vector<engine::ColumnInfo>& columns);

}  // namespace weir::run
