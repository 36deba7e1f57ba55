#include "run/incremental.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "base/time.h"
#include "checks/check_sql.h"
#include "project/event_time.h"
#include "run/merge_clauses.h"
#include "run/sql_header.h"

namespace weir::run {

namespace {

std::vector<std::string> column_names(const std::vector<engine::ColumnInfo>& columns) {
  std::vector<std::string> names;
  names.reserve(columns.size());
  for (const engine::ColumnInfo& column : columns) names.push_back(column.name);
  return names;
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::any_of(names.begin(), names.end(), [&](const std::string& known) { return iequals(known, name); });
}

std::vector<std::string> missing_from(const std::vector<std::string>& names, const std::vector<std::string>& others) {
  std::vector<std::string> out;
  for (const std::string& name : names)
    if (!contains(others, name)) out.push_back(name);
  return out;
}

std::string and_predicates(const project::Node& node) {
  std::string out;
  for (const std::string& predicate : node.config->incremental_predicates) out += "\nand (" + predicate + ")";
  return out;
}

}  // namespace

IncrementalLoad::IncrementalLoad(const project::Node& node, LoadSessions sessions, std::string strategy,
                                 std::optional<project::TimeWindow> batch, std::string rows_table,
                                 std::optional<LakeTable> lake_table)
    : node_(node),
      session_(sessions.session),
      main_(sessions.main),
      strategy_(std::move(strategy)),
      relation_(node.relation_text()),
      rows_table_(std::move(rows_table)),
      rows_(lake_table ? "temp.main." + quote_identifier(rows_table_) : quote_identifier(rows_table_)),
      batch_(batch),
      lake_table_(std::move(lake_table)) {}

void IncrementalLoad::check_strategy() const {
  if (strategy_ == "append" || strategy_ == "delete+insert") return;
  if (strategy_ == "microbatch" && node_.microbatch && batch_) {
    if (node_.config->unique_key.empty()) return;
    throw Error(ErrorCode::bad_config, "microbatch replaces batches of event_time and takes no unique_key",
                "remove unique_key, or use incremental_strategy: merge")
        .with_span(node_.span);
  }
  if (strategy_ == "merge") {
    check_merge_config(node_);
    if (merge_using(node_).empty()) need(node_.config->unique_key, "unique_key");
    return;
  }
  if (strategy_ == "insert_overwrite") return need(node_.config->partition_by, "partition_by");
  if (strategy_ == "replace_where" && lake_table_)
    return need(node_.config->incremental_predicates, "incremental_predicates");
  throw Error(
      ErrorCode::not_built, "incremental_strategy \"" + strategy_ + "\" is not supported",
      "append, merge, delete+insert, insert_overwrite or microbatch; on the lake also replace_where; or a macro "
      "get_incremental_" +
          replace_all(strategy_, "+", "_") + "_sql of the project")
      .with_span(node_.span);
}

int64_t IncrementalLoad::add(const std::string& sql) {
  check_strategy();
  header_ = lake_table_ ? lake_table_->header : begin_sql_header(session_, node_);
  const std::vector<engine::ColumnInfo> source = session_.describe(sql);
  const bool syncs = node_.config->on_schema_change == "sync_all_columns";
  const bool apart = on_database() || strategy_ == "delete+insert" || strategy_ == "insert_overwrite" ||
                     strategy_ == "microbatch" || syncs;
  if (!apart) {
    const std::vector<std::string> columns = settle_columns(source);
    const std::string rows = "(\n" + sql + "\n)";
    return strategy_ == "merge" ? merge(columns, rows) : insert(columns, rows);
  }
  // The model may read the table that is about to change: its rows come first.
  keep_rows(sql);
  const std::vector<std::string> columns = settle_columns(source);
  if (strategy_ == "delete+insert") remove_matching();
  if (strategy_ == "insert_overwrite") remove_partitions();
  if (strategy_ == "microbatch") remove_batch();
  const int64_t rows = strategy_ == "merge" ? merge(columns, rows_) : insert(columns, rows_);
  session_.execute("DROP TABLE " + rows_);
  return rows;
}

void IncrementalLoad::keep_rows(const std::string& sql) {
  const std::string name = quote_identifier(rows_table_);
  session_.execute(header_ + (on_database() ? "create temporary table " + name + " as (\n" + sql + "\n)"
                                            : "CREATE OR REPLACE TEMP TABLE " + name + " AS\n" + sql));
}

int64_t IncrementalLoad::add_by(const std::string& sql, const std::function<std::string()>& statements) {
  header_ = lake_table_ ? lake_table_->header : begin_sql_header(session_, node_);
  keep_rows(sql);
  settle_columns(session_.describe(sql));
  main_.execute(statements());
  const engine::Cell counted = session_.query("SELECT count(*) FROM " + rows_).rows.at(0).at(0);
  const auto* count = std::get_if<int64_t>(&counted);
  session_.execute("DROP TABLE " + rows_);
  return count ? *count : 0;
}

const std::vector<std::string>& lake_strategies() {
  static const std::vector<std::string> names = {"append",           "merge",      "delete+insert",
                                                 "insert_overwrite", "microbatch", "replace_where"};
  return names;
}

std::string default_lake_strategy(const project::Node& node) {
  return node.config->unique_key.empty() ? "append" : "merge";
}

std::string dbts_rows_table(const project::Node& node, const std::optional<project::TimeWindow>& batch,
                            int64_t now_ms) {
  std::string out = node.alias + "__dbt_tmp";
  if (batch && node.microbatch) out += "_" + project::batch_id(batch->start_us, node.microbatch->batch_size);
  for (const char c : iso_ms(now_ms))
    if (c >= '0' && c <= '9') out += c;
  return out + "000";  // microseconds
}

int64_t add_incrementally(const project::Project& project, const project::Node& node, LoadSessions sessions,
                          const std::string& strategy, const project::RenderState& state, const std::string& sql,
                          const std::string& rows_table, std::optional<LakeTable> lake_table) {
  IncrementalLoad load(node, sessions, strategy, state.batch, rows_table, std::move(lake_table));
  const std::string macro = project::find_incremental_macro(project, node, strategy);
  if (macro.empty()) return load.add(sql);
  return load.add_by(sql, [&] { return project::render_incremental(project, node, macro, rows_table, state).sql; });
}

// on_schema_change: which columns are written, after the table was given new ones where that is wished.
std::vector<std::string> IncrementalLoad::settle_columns(const std::vector<engine::ColumnInfo>& source_columns) {
  const std::vector<engine::ColumnInfo> target_columns = session_.describe("SELECT * FROM " + relation_);
  std::vector<std::string> target = column_names(target_columns), source = column_names(source_columns);
  const std::vector<std::string> added = missing_from(source, target), missing = missing_from(target, source);
  if (const auto& keys = node_.config->unique_key; keys.size() > 1)
    if (const std::vector<std::string> unknown = missing_from(keys, source); !unknown.empty())
      throw Error(ErrorCode::sql_unknown_column,
                  "unique_key has " + join(unknown, ", ") + ", which is no column of the model")
          .with_span(node_.span);
  const std::string& policy = node_.config->on_schema_change;
  if (policy == "fail" && (!added.empty() || !missing.empty()))
    throw Error(ErrorCode::column_type,
                "the columns of the model and of its table differ (on_schema_change: fail); new: " + join(added, ", ") +
                    "; missing: " + join(missing, ", "),
                "run it with --full-refresh");
  if (policy != "append_new_columns" && policy != "sync_all_columns") {
    if (missing.empty()) return target;
    throw Error(ErrorCode::sql_unknown_column,
                "the model has no column " + join(missing, ", ") + ", which its table has",
                "run it with --full-refresh, or set on_schema_change: append_new_columns");
  }
  for (const engine::ColumnInfo& column : source_columns)
    if (contains(added, column.name))
      session_.execute("ALTER TABLE " + relation_ + " ADD COLUMN " + this->column(column.name) + " " + column.type);
  if (policy == "sync_all_columns") {
    if (!missing.empty()) drop_columns(missing, session_.describe("SELECT * FROM " + relation_));
    change_types(target_columns, source_columns);
  }
  return source;
}

// As dbt-duckdb names a column that it adds or drops: by the project's rule for relations.
std::string IncrementalLoad::column(const std::string& name) const {
  return node_.quoting.identifier ? quote_identifier(name) : name;
}

// A Delta table without column mapping cannot forget a column: it is written anew without it.
void IncrementalLoad::drop_columns(const std::vector<std::string>& dropped,
                                   const std::vector<engine::ColumnInfo>& there) {
  if (on_database()) {
    for (const std::string& name : dropped)
      session_.execute("ALTER TABLE " + relation_ + " DROP COLUMN " + column(name));
    return;
  }
  session_.execute("CREATE OR REPLACE TABLE " + relation_ + lake_table_->clauses + " AS SELECT " +
                   quoted_identifiers(missing_from(column_names(there), dropped)) + " FROM " + relation_);
}

void IncrementalLoad::change_types(const std::vector<engine::ColumnInfo>& target,
                                   const std::vector<engine::ColumnInfo>& source) {
  for (const engine::ColumnInfo& column : source)
    for (const engine::ColumnInfo& old : target)
      if (iequals(old.name, column.name) && old.type != column.type)
        session_.execute("ALTER TABLE " + relation_ + " ALTER COLUMN " + quote_identifier(old.name) +
                         " SET DATA TYPE " + column.type);
}

// replace_where: the rows for which incremental_predicates hold are replaced, and no others may come.
int64_t IncrementalLoad::insert(const std::vector<std::string>& columns, const std::string& from) {
  if (on_database()) {
    const std::string list = quoted_identifiers(columns), select = "select " + list + "\nfrom " + from;
    return main_
        .query("insert into " + relation_ + " (" + list + ")\n" +
               (strategy_ == "microbatch" ? select + "\nwhere " + in_batch() : "(\n" + select + "\n)"))
        .changed;
  }
  const std::vector<std::string>& predicates = node_.config->incremental_predicates;
  std::string where;
  if (strategy_ == "replace_where")
    where = " REPLACE WHERE " + (predicates.size() == 1 ? predicates[0] : "(" + join(predicates, ") AND (") + ")");
  return main_
      .query(header_ + "INSERT INTO " + relation_ + " (" + quoted_identifiers(columns) + ")" + where + " SELECT " +
             quoted_identifiers(columns) + " FROM " + from + " AS weir_source" +
             (strategy_ == "microbatch" ? " WHERE " + in_batch() : ""))
      .changed;
}

std::string IncrementalLoad::key_match(const std::string& left, const std::string& right) const {
  std::vector<std::string> parts;
  for (const std::string& key : node_.config->unique_key)
    parts.push_back(left + "." + quote_identifier(key) + " = " + right + "." + quote_identifier(key));
  for (const std::string& predicate : node_.config->incremental_predicates) parts.push_back("(" + predicate + ")");
  return join(parts, " AND ");
}

void IncrementalLoad::need(const std::vector<std::string>& names, const char* key) const {
  if (names.empty())
    throw Error(ErrorCode::bad_config, "incremental_strategy " + strategy_ + " needs " + std::string(key))
        .with_span(node_.span);
}

// Names of source and target are dbt's, so that incremental_predicates mean what they mean there.
int64_t IncrementalLoad::merge(const std::vector<std::string>& columns, const std::string& from) {
  const std::string using_columns = merge_using(node_);
  const std::string statement =
      header_ + "MERGE INTO " + relation_ + " AS DBT_INTERNAL_DEST USING " + from + " AS DBT_INTERNAL_SOURCE " +
      (using_columns.empty() ? "ON " + key_match("DBT_INTERNAL_SOURCE", "DBT_INTERNAL_DEST") : using_columns) +
      merge_clauses(node_, columns);
  return main_.query(statement).changed;
}

// delete+insert: rows whose key came again go. Without a key nothing does, as in dbt. A single key may be an
// expression.
void IncrementalLoad::remove_matching() {
  const std::vector<std::string>& keys = node_.config->unique_key;
  if (keys.empty()) return;
  if (on_database()) return remove_matching_on_database();
  if (keys.size() > 1) {
    main_.execute("DELETE FROM " + relation_ + " AS DBT_INTERNAL_DEST WHERE EXISTS (SELECT 1 FROM " + rows_ +
                  " AS DBT_INTERNAL_SOURCE WHERE " + key_match("DBT_INTERNAL_SOURCE", "DBT_INTERNAL_DEST") + ")");
    return;
  }
  const std::string key = checks::column_sql(keys.front());
  std::string statement =
      "DELETE FROM " + relation_ + " AS DBT_INTERNAL_DEST WHERE " + key + " IN (SELECT " + key + " FROM " + rows_ + ")";
  for (const std::string& predicate : node_.config->incremental_predicates) statement += " AND (" + predicate + ")";
  main_.execute(statement);
}

// Predicates may name what dbt-duckdb's statement has: DBT_INCREMENTAL_TARGET, where the key is a list.
void IncrementalLoad::remove_matching_on_database() {
  const std::vector<std::string>& keys = node_.config->unique_key;
  if (const Json* given = node_.config->all.find("unique_key"); keys.size() == 1 && !(given && given->is_array())) {
    const std::string key = checks::column_sql(keys.front());
    main_.execute("delete from " + relation_ + "\nwhere (\n" + key + ") in (\nselect (" + key + ")\nfrom " + rows_ +
                  "\n)" + and_predicates(node_));
    return;
  }
  std::vector<std::string> same;
  same.reserve(keys.size());
  for (const std::string& key : keys)
    same.push_back(rows_ + "." + quote_identifier(key) + " = DBT_INCREMENTAL_TARGET." + quote_identifier(key));
  main_.execute("delete from " + relation_ + " as DBT_INCREMENTAL_TARGET\nusing " + rows_ + "\nwhere (\n" +
                join(same, "\nand ") + and_predicates(node_) + "\n)");
}

std::string IncrementalLoad::in_batch() const {
  const std::string& column = node_.microbatch->event_time;
  return column + " >= '" + project::time_text(batch_->start_us) + "' AND " + column + " < '" +
         project::time_text(batch_->end_us) + "'";
}

// microbatch: the rows of the batch are replaced, of those that incremental_predicates name.
void IncrementalLoad::remove_batch() {
  std::string statement = (on_database() ? "delete from " : "DELETE FROM ") + relation_ +
                          (on_database() ? "\nwhere " : " WHERE ") + in_batch();
  for (const std::string& predicate : node_.config->incremental_predicates)
    statement += (on_database() ? "\nand (" : " AND (") + predicate + ")";
  main_.execute(statement);
}

// insert_overwrite: the partitions that rows came for are replaced.
void IncrementalLoad::remove_partitions() {
  std::vector<std::string> same;
  for (const std::string& name : node_.config->partition_by)
    same.push_back("DBT_INTERNAL_SOURCE." + quote_identifier(name) + " IS NOT DISTINCT FROM DBT_INTERNAL_DEST." +
                   quote_identifier(name));
  main_.execute("DELETE FROM " + relation_ + " AS DBT_INTERNAL_DEST WHERE EXISTS (SELECT 1 FROM " + rows_ +
                " AS DBT_INTERNAL_SOURCE WHERE " + join(same, " AND ") + ")");
}

}  // namespace weir::run
