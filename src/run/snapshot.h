// Snapshots: each version of a row of a query, with the time from which and until which it held (slowly changing
// dimension, type 2), by dbt's strategies `timestamp` and `check` or one that a macro of the project describes. The
// same SQL serves the lake and a database.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/session.h"
#include "project/node.h"
#include "run/load_sessions.h"

namespace weir::run {

class Snapshot {
 public:
  // Reads the node's configuration; throws Error{bad_config}. The sessions are in the step's transaction. `custom`:
  // project::snapshot_strategy.
  // `staging`: on a database, the temporary table that changes are kept in, as dbt names it.
  Snapshot(const project::Node& node, LoadSessions sessions, const Json& custom = {}, const std::string& staging = {});

  // The query of the rows as the snapshot's table has them at first: those of `sql` and the columns that tell versions.
  std::string first_versions(const std::string& sql) const;
  // Returns the rows written: versions that began. `table_clauses` are those of a table of the lake.
  int64_t create(const std::string& sql, const std::optional<std::string>& table_clauses = std::nullopt);
  int64_t update(const std::string& sql);

 private:
  enum class HardDeletes { ignore, invalidate, new_record };
  void take_strategy(const project::Node& node);
  void take_custom(const project::Node& node, const Json& custom);
  std::string updated_at(const std::string& row) const;
  std::string scd_id(const std::string& row, const std::string& time) const;
  std::string key_columns(const std::string& row, const char* prefix) const;
  std::string same_key(const std::string& a, const std::string& b) const;
  std::string is_current(const std::string& row) const;
  std::string changed(const std::string& old_row, const std::string& new_row) const;
  void stage_rows(const std::string& sql);
  void check_target(const std::vector<engine::ColumnInfo>& there) const;
  bool add_new_columns(const std::vector<engine::ColumnInfo>& there);
  struct Row {
    std::vector<std::string> names, values;
  };
  Row begun_version() const;
  Row deleted_version() const;
  void close_versions(const std::string& changes, const std::string& time);
  int64_t insert(const Row& row, const std::string& from);
  int64_t merge_as_dbt();
  std::string open_end(const std::string& time) const;

  engine::Session& session_;
  engine::Session& main_;
  std::string relation_;
  std::string staging_;  // "" on the lake
  std::vector<std::string> key_, check_columns_;
  bool timestamp_ = true, check_all_ = false;
  bool all_changed_ = false;  // a column that is looked at is new to the table
  std::string updated_at_, valid_to_current_;
  std::string row_changed_, own_scd_id_;  // of a custom strategy
  HardDeletes hard_deletes_ = HardDeletes::ignore;
  std::string scd_id_ = "dbt_scd_id", updated_ = "dbt_updated_at", from_ = "dbt_valid_from", to_ = "dbt_valid_to",
              deleted_ = "dbt_is_deleted";
  std::vector<engine::ColumnInfo> source_;  // columns of the query
};

}  // namespace weir::run
