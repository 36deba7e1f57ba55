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
#include "run/load_sessions.h"

namespace weir::run {

struct LakeTable {
  std::string clauses;  // those of its CREATE
  std::string header;   // of begin_sql_header(), which its step has called
};

class IncrementalLoad {
 public:
  // `strategy`: append, merge, delete+insert, insert_overwrite, microbatch (with the batch) or, on the lake,
  // replace_where. `session` is in the step's transaction. `lake_table`: if it is one of the
  // lake. `rows_table`: the temporary table that the new rows are kept in.
  IncrementalLoad(const project::Node& node, LoadSessions sessions, std::string strategy,
                  std::optional<project::TimeWindow> batch, std::string rows_table,
                  std::optional<LakeTable> lake_table = std::nullopt);

  // Adds the rows of the query. Returns how many rows were written.
  int64_t add(const std::string& sql);
  // By statements of the project's own, which are asked for when the rows lie in `rows_table`.
  int64_t add_by(const std::string& sql, const std::function<std::string()>& statements);

 private:
  bool on_database() const { return !lake_table_; }
  void check_strategy() const;
  void keep_rows(const std::string& sql);
  std::vector<std::string> settle_columns(const std::vector<engine::ColumnInfo>& source);
  void drop_columns(const std::vector<std::string>& dropped, const std::vector<engine::ColumnInfo>& there);
  void change_types(const std::vector<engine::ColumnInfo>& target, const std::vector<engine::ColumnInfo>& source);
  int64_t insert(const std::vector<std::string>& columns, const std::string& from);
  int64_t merge(const std::vector<std::string>& columns, const std::string& from);
  void remove_matching();
  void remove_matching_on_database();
  std::string column(const std::string& name) const;
  void remove_partitions();
  std::string in_batch() const;
  void remove_batch();
  std::string key_match(const std::string& left, const std::string& right) const;
  void need(const std::vector<std::string>& names, const char* key) const;

  const project::Node& node_;
  engine::Session& session_;
  engine::Session& main_;
  std::string strategy_, relation_;
  std::string rows_table_;  // its name
  std::string rows_;        // as statements name it
  std::string header_;      // what of sql_header stands before a statement
  std::optional<project::TimeWindow> batch_;
  std::optional<LakeTable> lake_table_;
};

// Strategies that add() knows on the lake, in the order in which they are told.
const std::vector<std::string>& lake_strategies();
// What a model that names no strategy is added to by on the lake.
std::string default_lake_strategy(const project::Node& node);

// Names of the temporary table for the new rows: on the lake, and on a database as dbt makes it,
// orders__dbt_tmp20260105091244123000
constexpr const char* lake_rows_table = "weir_new_rows";
std::string dbts_rows_table(const project::Node& node, const std::optional<project::TimeWindow>& batch, int64_t now_ms);

// add() or, where the project has a macro for the strategy, add_by().
int64_t add_incrementally(const project::Project& project, const project::Node& node, LoadSessions sessions,
                          const std::string& strategy, const project::RenderState& state, const std::string& sql,
                          const std::string& rows_table, std::optional<LakeTable> lake_table = std::nullopt);

}  // namespace weir::run
