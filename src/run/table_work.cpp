// Models as tables: table, incremental (append, merge, delete+insert).
#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "run/lake_warehouse.h"
#include "run/table_clauses.h"
#include "run/work.h"

namespace weir::run {

namespace {

constexpr const char* kNewRows = "\"weir_new_rows\"";

std::vector<std::string> names_of(const std::vector<engine::ColumnInfo>& columns) {
  std::vector<std::string> names;
  for (const engine::ColumnInfo& column : columns) names.push_back(column.name);
  return names;
}

bool has(const std::vector<std::string>& names, const std::string& name) {
  return std::any_of(names.begin(), names.end(), [&](const std::string& known) { return iequals(known, name); });
}

std::string list_of(const std::vector<std::string>& names, const std::string& prefix = "") {
  std::vector<std::string> quoted;
  for (const std::string& name : names) quoted.push_back(prefix + quote_identifier(name));
  return join(quoted, ", ");
}

class TableWork final : public Work {
 public:
  explicit TableWork(const WorkRequest& request)
      : parts_(request.parts), step_(request.step), node_(*request.step.node), inspection_(request.inspection) {}

  void stage(Transaction& transaction, StepResult& result, ProgressWatch::Watched&) override {
    session_ = &transaction.session();
    LakeWarehouse warehouse(*session_, *parts_.world.lake);
    state_.table_exists = inspection_.snapshots.front() != nullptr;
    state_.full_refresh = step_.full_refresh;
    state_.warehouse = &warehouse;
    project::Rendered rendered;
    try {
      rendered = project::render(parts_.world.project, node_, state_);
      functions_ =
          session_->volatile_functions_of(rendered.sql);  // binds it: errors come with their place in the model
      source_ = session_->describe(rendered.sql);
    } catch (const Error& error) {
      throw in_node(error, node_, &rendered);
    }
    try {
      hooks(node_.config.pre_hook);
      result.rows = project::is_incremental(node_, state_) ? add_to_table(rendered.sql) : make_table(rendered.sql);
      hooks(node_.config.post_hook);
    } catch (const Error& error) {
      throw in_node(error, node_, nullptr);
    }
    state_.warehouse = nullptr;
  }

  void complete(lake::publish::Attempt& attempt) override {
    attempt.code = with_volatile(step_.code, functions_);
    attempt.cursor_after = Json::object();
  }

 private:
  std::string relation() const { return node_.relation_text(); }
  std::string header() const { return node_.config.sql_header.empty() ? "" : node_.config.sql_header + "\n"; }

  void hooks(const std::vector<project::Hook>& hooks) {
    for (const project::Hook& hook : hooks) {
      project::Rendered rendered =
          project::render_text(parts_.world.project, &node_, hook.sql, "hook of " + node_.name, state_);
      if (!trim(rendered.sql).empty()) session_->execute(rendered.sql);
    }
  }

  int64_t make_table(const std::string& sql) {
    session_->execute("CREATE SCHEMA IF NOT EXISTS \"lake\"." + quote_identifier(node_.relation.schema));
    bool was_view = !state_.table_exists && parts_.world.lake->catalog().views.contains(lower(node_.relation.text()));
    if (was_view) session_->execute("DROP VIEW " + relation());
    return session_
        ->query(header() + "CREATE OR REPLACE TABLE " + relation() + table_clauses(node_.config) + " AS\n" + sql)
        .changed;
  }

  int64_t add_to_table(const std::string& sql) {
    if (std::string properties = properties_list(node_.config); !properties.empty())
      session_->execute("ALTER TABLE " + relation() + " SET (" + properties + ")");
    std::vector<std::string> columns = settle_columns();
    std::string strategy =
        node_.config.incremental_strategy.value_or(node_.config.unique_key.empty() ? "append" : "merge");
    if (strategy == "append") return insert(columns, "(\n" + sql + "\n)");
    if (strategy == "merge") return merge(columns, sql);
    if (strategy == "delete+insert") return delete_insert(columns, sql);
    throw Error(ErrorCode::not_built, "incremental_strategy \"" + strategy + "\" is not supported",
                "append, merge or delete+insert");
  }

  // on_schema_change: which columns are written, after the table was given new ones where that is wished.
  std::vector<std::string> settle_columns() {
    std::vector<std::string> target = names_of(session_->describe("SELECT * FROM " + relation())),
                             source = names_of(source_);
    std::vector<std::string> added, missing;
    for (const std::string& name : source) {
      if (!has(target, name)) added.push_back(name);
    }
    for (const std::string& name : target) {
      if (!has(source, name)) missing.push_back(name);
    }
    const std::string& policy = node_.config.on_schema_change;
    if (policy == "fail" && (!added.empty() || !missing.empty())) {
      throw Error(ErrorCode::column_type,
                  "the columns of the model and of its table differ (on_schema_change: fail); new: " +
                      join(added, ", ") + "; missing: " + join(missing, ", "),
                  "run it with --full-refresh");
    }
    if (policy == "sync_all_columns") {
      for (const std::string& name : missing)
        session_->execute("ALTER TABLE " + relation() + " DROP COLUMN " + quote_identifier(name));
    }
    if (policy != "append_new_columns" && policy != "sync_all_columns") {
      if (missing.empty()) return target;
      throw Error(ErrorCode::sql_unknown_column,
                  "the model has no column " + join(missing, ", ") + ", which its table has",
                  "run it with --full-refresh, or set on_schema_change: append_new_columns");
    }
    for (const std::string& name : added) add_column(name);
    return source;
  }

  void add_column(const std::string& name) {
    for (const engine::ColumnInfo& column : source_) {
      if (column.name != name) continue;
      session_->execute("ALTER TABLE " + relation() + " ADD COLUMN " + quote_identifier(name) + " " + column.type);
    }
  }

  int64_t insert(const std::vector<std::string>& columns, const std::string& from) {
    return session_
        ->query(header() + "INSERT INTO " + relation() + " (" + list_of(columns) + ") SELECT " + list_of(columns) +
                " FROM " + from + " AS weir_source")
        .changed;
  }

  std::string key_match(const std::string& left, const std::string& right) const {
    std::vector<std::string> parts;
    for (const std::string& key : node_.config.unique_key) {
      parts.push_back(left + "." + quote_identifier(key) + " = " + right + "." + quote_identifier(key));
    }
    for (const std::string& predicate : node_.config.incremental_predicates) parts.push_back("(" + predicate + ")");
    return join(parts, " AND ");
  }

  void need_key(const char* strategy) const {
    if (!node_.config.unique_key.empty()) return;
    throw Error(ErrorCode::bad_config, std::string("incremental_strategy ") + strategy + " needs unique_key");
  }

  // Names of source and target are dbt's, so that incremental_predicates mean what they mean there.
  int64_t merge(const std::vector<std::string>& columns, const std::string& sql) {
    need_key("merge");
    std::vector<std::string> updates;
    for (const std::string& name : columns) {
      bool wanted = node_.config.merge_update_columns.empty() || has(node_.config.merge_update_columns, name);
      if (has(node_.config.merge_exclude_columns, name) || !wanted) continue;
      updates.push_back(quote_identifier(name) + " = DBT_INTERNAL_SOURCE." + quote_identifier(name));
    }
    std::string statement = header() + "MERGE INTO " + relation() + " AS DBT_INTERNAL_DEST USING (\n" + sql +
                            "\n) AS DBT_INTERNAL_SOURCE ON " + key_match("DBT_INTERNAL_SOURCE", "DBT_INTERNAL_DEST");
    if (!updates.empty()) statement += " WHEN MATCHED THEN UPDATE SET " + join(updates, ", ");
    statement += " WHEN NOT MATCHED THEN INSERT (" + list_of(columns) + ") VALUES (" +
                 list_of(columns, "DBT_INTERNAL_SOURCE.") + ")";
    return session_->query(statement).changed;
  }

  int64_t delete_insert(const std::vector<std::string>& columns, const std::string& sql) {
    need_key("delete+insert");
    session_->execute(header() + std::string("CREATE OR REPLACE TEMP TABLE ") + kNewRows + " AS\n" + sql);
    session_->execute("DELETE FROM " + relation() + " AS DBT_INTERNAL_DEST WHERE EXISTS (SELECT 1 FROM temp.main." +
                      kNewRows + " AS DBT_INTERNAL_SOURCE WHERE " +
                      key_match("DBT_INTERNAL_SOURCE", "DBT_INTERNAL_DEST") + ")");
    int64_t rows = insert(columns, std::string("temp.main.") + kNewRows);
    session_->execute(std::string("DROP TABLE temp.main.") + kNewRows);
    return rows;
  }

  RunParts& parts_;
  const plan::Step& step_;
  const project::Node& node_;
  const lake::publish::Inspection& inspection_;
  engine::Session* session_ = nullptr;
  project::RenderState state_;
  std::vector<engine::ColumnInfo> source_;
  std::vector<std::string> functions_;
};

}  // namespace

std::unique_ptr<Work> table_work(const WorkRequest& request) { return std::make_unique<TableWork>(request); }

}  // namespace weir::run
