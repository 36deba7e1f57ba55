#include "run/snapshot.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "checks/check_sql.h"

namespace weir::run {

namespace {

// All of one run's changes are of one time.
constexpr const char* snapshot_now = "CAST(now() AS TIMESTAMP)";
constexpr const char* staged_rows = "temp.main.\"weir_snapshot_rows\"";
constexpr const char* changed_rows = "temp.main.\"weir_snapshot_changes\"";
constexpr const char* gone_rows = "temp.main.\"weir_snapshot_gone\"";

// A column of a row: names are qualified, expressions stand for themselves.
std::string of_row(const std::string& row, const std::string& column) {
  const std::string sql = checks::column_sql(column);
  return sql.starts_with("\"") ? row + "." + sql : sql;
}

std::vector<std::string> texts_of(const Json* value) {
  std::vector<std::string> out;
  if (!value || value->is_null()) return out;
  if (value->is_string()) return {value->as_string()};
  if (value->is_array())
    for (const Json& item : value->as_array()) out.push_back(item.is_string() ? item.as_string() : item.dump());
  return out;
}

Error bad_snapshot(const project::Node& node, const std::string& message) {
  return Error(ErrorCode::bad_config, "snapshot " + node.name + ": " + message).with_span(node.span);
}

}  // namespace

Snapshot::Snapshot(const project::Node& node, LoadSessions sessions, const Json& custom, const std::string& staging)
    : session_(sessions.session),
      main_(sessions.main),
      relation_(node.relation_text()),
      staging_(staging.empty() ? "" : quote_identifier(staging)) {
  const Json& config = node.config->all;
  key_ = node.config->unique_key;
  if (key_.empty()) throw bad_snapshot(node, "it needs unique_key");
  if (custom.is_object())
    take_custom(node, custom);
  else
    take_strategy(node);
  valid_to_current_ = config.get_string("dbt_valid_to_current").value_or("");
  const std::string deletes = config.get_string("hard_deletes").value_or("");
  if (!deletes.empty() && deletes != "ignore" && deletes != "invalidate" && deletes != "new_record")
    throw bad_snapshot(node, "hard_deletes may be ignore, invalidate or new_record, not \"" + deletes + "\"");
  if (deletes == "new_record") hard_deletes_ = HardDeletes::new_record;
  if (deletes == "invalidate" || config.get_bool("invalidate_hard_deletes").value_or(false))
    hard_deletes_ = HardDeletes::invalidate;
  if (const Json* names = config.find("snapshot_meta_column_names"); names && names->is_object())
    for (std::string* name : {&scd_id_, &updated_, &from_, &to_, &deleted_})
      *name = names->get_string(*name).value_or(*name);
}

void Snapshot::take_strategy(const project::Node& node) {
  const Json& config = node.config->all;
  const std::string strategy = config.get_string("strategy").value_or("");
  timestamp_ = strategy == "timestamp";
  if (!timestamp_ && strategy != "check")
    throw bad_snapshot(node, "strategy may be timestamp or check, not \"" + strategy + "\"")
        .with_hint("or what a macro snapshot_NAME_strategy of the project describes");
  updated_at_ = config.get_string("updated_at").value_or("");
  if (timestamp_ && updated_at_.empty()) throw bad_snapshot(node, "strategy timestamp needs updated_at");
  check_columns_ = texts_of(config.find("check_cols"));
  check_all_ = check_columns_.size() == 1 && check_columns_[0] == "all" && config.find("check_cols")->is_string();
  if (!timestamp_ && check_columns_.empty())
    throw bad_snapshot(node, "strategy check needs check_cols: a list of columns, or all");
}

void Snapshot::take_custom(const project::Node& node, const Json& custom) {
  for (const auto& [name, into] : {std::pair("updated_at", &updated_at_), std::pair("row_changed", &row_changed_),
                                   std::pair("scd_id", &own_scd_id_)}) {
    *into = custom.get_string(name).value_or("");
    if (into->empty())
      throw bad_snapshot(node, "the macro of its strategy gives no " + std::string(name))
          .with_hint("return({'unique_key': …, 'updated_at': …, 'row_changed': …, 'scd_id': …})");
  }
  if (const std::vector<std::string> key = texts_of(custom.find("unique_key")); !key.empty()) key_ = key;
}

std::string Snapshot::updated_at(const std::string& row) const {
  return updated_at_.empty() ? snapshot_now : of_row(row, updated_at_);
}

// The same text as dbt makes, so that a table of dbt's goes on with weir.
std::string Snapshot::scd_id(const std::string& row, const std::string& time) const {
  if (!own_scd_id_.empty()) return own_scd_id_;
  std::vector<std::string> parts;
  for (const std::string& key : key_) parts.push_back("coalesce(CAST(" + of_row(row, key) + " AS VARCHAR), '')");
  parts.push_back("coalesce(CAST(" + time + " AS VARCHAR), '')");
  return "md5(" + join(parts, " || '|' || ") + ")";
}

std::string Snapshot::key_columns(const std::string& row, const char* prefix) const {
  std::vector<std::string> parts;
  for (size_t i = 0; i < key_.size(); i++) parts.push_back(of_row(row, key_[i]) + " AS " + prefix + std::to_string(i));
  return join(parts, ", ");
}

std::string Snapshot::same_key(const std::string& a, const std::string& b) const {
  std::vector<std::string> parts;
  for (size_t i = 0; i < key_.size(); i++) {
    const std::string name = ".weir_key_" + std::to_string(i);
    parts.push_back(a + name + " = " + b + name);
  }
  return join(parts, " AND ");
}

std::string Snapshot::is_current(const std::string& row) const {
  const std::string end = row + "." + quote_identifier(to_);
  const std::string open = end + " IS NULL";
  return valid_to_current_.empty() ? open : "(" + open + " OR " + end + " = " + valid_to_current_ + ")";
}

std::string Snapshot::changed(const std::string& old_row, const std::string& new_row) const {
  if (all_changed_) return "true";
  if (!row_changed_.empty()) return row_changed_;
  if (timestamp_) return old_row + "." + quote_identifier(from_) + " < " + updated_at(new_row);
  std::vector<std::string> columns = check_columns_;
  if (check_all_) {
    columns.clear();
    for (const engine::ColumnInfo& column : source_) columns.push_back(column.name);
  }
  std::vector<std::string> parts;
  parts.reserve(columns.size());
  for (const std::string& column : columns)
    parts.push_back(of_row(old_row, column) + " IS DISTINCT FROM " + of_row(new_row, column));
  return "(" + join(parts, " OR ") + ")";
}

// What an open version has in dbt_valid_to, with the type of `time`.
std::string Snapshot::open_end(const std::string& time) const {
  const std::string none = "nullif(" + time + ", " + time + ")";
  return valid_to_current_.empty() ? none : "coalesce(" + none + ", " + valid_to_current_ + ")";
}

std::string Snapshot::first_versions(const std::string& sql) const {
  const std::string time = updated_at("rows");
  std::string columns = scd_id("rows", time) + " AS " + quote_identifier(scd_id_) + ", " + time + " AS " +
                        quote_identifier(updated_) + ", " + time + " AS " + quote_identifier(from_) + ", " +
                        open_end(time) + " AS " + quote_identifier(to_);
  if (hard_deletes_ == HardDeletes::new_record) columns += ", 'False' AS " + quote_identifier(deleted_);
  return "SELECT rows.*, " + columns + "\nFROM (\n" + sql + "\n) AS rows";
}

int64_t Snapshot::create(const std::string& sql, const std::optional<std::string>& table_clauses) {
  const std::string rows = first_versions(sql);
  return main_
      .query(table_clauses ? "CREATE OR REPLACE TABLE " + relation_ + *table_clauses + " AS\n" + rows
                           : "create table " + relation_ + " as (\n" + rows + "\n)")
      .changed;
}

int64_t Snapshot::update(const std::string& sql) {
  source_ = session_.describe(sql);
  stage_rows(sql);
  const std::vector<engine::ColumnInfo> there = session_.describe("SELECT * FROM " + relation_);
  check_target(there);
  all_changed_ = add_new_columns(there) && !timestamp_;
  const bool news = hard_deletes_ == HardDeletes::new_record;
  const std::string back = news ? " OR old." + quote_identifier(deleted_) + " = 'True'" : "";
  session_.execute(std::string("CREATE OR REPLACE TEMP TABLE \"weir_snapshot_changes\" AS SELECT rows.*, ") +
                   updated_at("rows") + " AS weir_time, old." + quote_identifier(scd_id_) + " AS weir_old FROM " +
                   staged_rows + " AS rows LEFT JOIN (SELECT *, " + key_columns("kept", "weir_key_") + " FROM " +
                   relation_ + " AS kept WHERE " + is_current("kept") + ") AS old ON " + same_key("rows", "old") +
                   " WHERE old." + quote_identifier(scd_id_) + " IS NULL OR " + changed("old", "rows") + back);
  if (hard_deletes_ != HardDeletes::ignore)
    session_.execute(
        std::string("CREATE OR REPLACE TEMP TABLE \"weir_snapshot_gone\" AS SELECT old.*, ") + snapshot_now +
        " AS weir_time, old." + quote_identifier(scd_id_) + " AS weir_old FROM (SELECT *, " +
        key_columns("kept", "weir_key_") + " FROM " + relation_ + " AS kept WHERE " + is_current("kept") +
        (news ? " AND kept." + quote_identifier(deleted_) + " = 'False'" : "") +
        ") AS old WHERE NOT EXISTS (SELECT 1 FROM " + staged_rows + " AS rows WHERE " + same_key("rows", "old") + ")");
  int64_t rows = 0;
  if (staging_.empty()) {
    close_versions(changed_rows, "any_value(weir_time)");
    rows = insert(begun_version(), std::string(changed_rows) + " AS rows");
    if (hard_deletes_ != HardDeletes::ignore) close_versions(gone_rows, "any_value(weir_time)");
    if (news) rows += insert(deleted_version(), std::string(gone_rows) + " AS gone");
  } else {
    rows = merge_as_dbt();
  }
  if (hard_deletes_ != HardDeletes::ignore) session_.execute(std::string("DROP TABLE ") + gone_rows);
  session_.execute(std::string("DROP TABLE ") + changed_rows);
  session_.execute(std::string("DROP TABLE ") + staged_rows);
  return rows;
}

// What changes becomes rows of one table, with dbt's word for each; two statements carry them over.
int64_t Snapshot::merge_as_dbt() {
  const auto ended = [&](const char* word, const char* changes) {
    return "select '" + std::string(word) + "' as dbt_change_type, weir_old as " + quote_identifier(scd_id_) +
           ", any_value(weir_time) as " + quote_identifier(to_) + "\nfrom " + changes +
           "\nwhere weir_old is not null group by weir_old";
  };
  const auto begun = [&](const Row& row, const std::string& from) {
    std::string out = "select 'insert' as dbt_change_type";
    for (size_t i = 0; i < row.names.size(); i++) out += ", " + row.values[i] + " as " + row.names[i];
    return out + "\nfrom " + from;
  };
  std::vector<std::string> changes = {begun(begun_version(), std::string(changed_rows) + " as rows"),
                                      ended("update", changed_rows)};
  if (hard_deletes_ != HardDeletes::ignore) changes.push_back(ended("delete", gone_rows));
  if (hard_deletes_ == HardDeletes::new_record)
    changes.push_back(begun(deleted_version(), std::string(gone_rows) + " as gone"));
  session_.execute("create temporary table " + staging_ + " as (\n" + join(changes, "\nunion all by name\n") + "\n)");
  std::vector<std::string> names, values;
  for (const engine::ColumnInfo& column : session_.describe("SELECT * EXCLUDE (dbt_change_type) FROM " + staging_)) {
    names.push_back(quote_identifier(column.name));
    values.push_back("DBT_INTERNAL_SOURCE." + names.back());
  }
  const std::string source = "\nfrom " + staging_ + " as DBT_INTERNAL_SOURCE\nwhere ";
  main_.execute("update " + relation_ + " as DBT_INTERNAL_TARGET\nset " + quote_identifier(to_) +
                " = DBT_INTERNAL_SOURCE." + quote_identifier(to_) + source + "DBT_INTERNAL_SOURCE." +
                quote_identifier(scd_id_) + "::text = DBT_INTERNAL_TARGET." + quote_identifier(scd_id_) +
                "::text\nand DBT_INTERNAL_SOURCE.dbt_change_type::text in ('update'::text, 'delete'::text)\nand " +
                is_current("DBT_INTERNAL_TARGET"));
  const int64_t rows =
      main_
          .query("insert into " + relation_ + " (" + join(names, ", ") + ")\nselect " + join(values, ", ") + source +
                 "DBT_INTERNAL_SOURCE.dbt_change_type::text = 'insert'::text")
          .changed;
  session_.execute("DROP TABLE " + staging_);
  return rows;
}

void Snapshot::stage_rows(const std::string& sql) {
  session_.execute("CREATE OR REPLACE TEMP TABLE \"weir_snapshot_rows\" AS SELECT rows.*, " +
                   key_columns("rows", "weir_key_") + " FROM (\n" + sql + "\n) AS rows");
}

// The columns that tell versions have the names that the configuration gives them now.
void Snapshot::check_target(const std::vector<engine::ColumnInfo>& there) const {
  std::vector<std::string> needed = {scd_id_, updated_, from_, to_}, missing;
  if (hard_deletes_ == HardDeletes::new_record) needed.push_back(deleted_);
  for (const std::string& name : needed) {
    const auto same = [&](const engine::ColumnInfo& known) { return iequals(known.name, name); };
    if (std::none_of(there.begin(), there.end(), same)) missing.push_back(name);
  }
  if (!missing.empty())
    throw Error(ErrorCode::bad_config, "Snapshot target is missing configured columns: " + join(missing, ", "),
                "snapshot_meta_column_names and hard_deletes must be what they were when the table was made");
}

// True: one of them is a column whose changes make versions. What it was is not known, so each row has changed.
bool Snapshot::add_new_columns(const std::vector<engine::ColumnInfo>& there) {
  bool looked_at = false;
  for (const engine::ColumnInfo& column : source_) {
    const auto same = [&](const engine::ColumnInfo& known) { return iequals(known.name, column.name); };
    if (std::any_of(there.begin(), there.end(), same)) continue;
    session_.execute("ALTER TABLE " + relation_ + " ADD COLUMN " + quote_identifier(column.name) + " " + column.type);
    const auto checked = [&](const std::string& name) { return iequals(name, column.name); };
    looked_at = looked_at || check_all_ || std::any_of(check_columns_.begin(), check_columns_.end(), checked);
  }
  return looked_at;
}

void Snapshot::close_versions(const std::string& changes, const std::string& time) {
  main_.execute("MERGE INTO " + relation_ + " AS kept USING (SELECT weir_old, " + time + " AS weir_until FROM " +
                changes + " WHERE weir_old IS NOT NULL GROUP BY weir_old) AS ended ON kept." +
                quote_identifier(scd_id_) + " = ended.weir_old AND " + is_current("kept") +
                " WHEN MATCHED THEN UPDATE SET " + quote_identifier(to_) + " = ended.weir_until");
}

Snapshot::Row Snapshot::begun_version() const {
  std::vector<std::string> names, values;
  for (const engine::ColumnInfo& column : source_) {
    names.push_back(quote_identifier(column.name));
    values.push_back("rows." + names.back());
  }
  const auto put = [&](const std::string& name, const std::string& value) {
    names.push_back(quote_identifier(name));
    values.push_back(value);
  };
  put(scd_id_, scd_id("rows", "rows.weir_time"));
  put(updated_, "rows.weir_time");
  put(from_, "rows.weir_time");
  put(to_, open_end("rows.weir_time"));
  if (hard_deletes_ == HardDeletes::new_record) put(deleted_, "'False'");
  return {std::move(names), std::move(values)};
}

// new_record: the last version once more, as deleted.
Snapshot::Row Snapshot::deleted_version() const {
  std::vector<std::string> names, values;
  for (const engine::ColumnInfo& column : session_.describe("SELECT * FROM " + relation_)) {
    names.push_back(quote_identifier(column.name));
    if (iequals(column.name, scd_id_))
      values.push_back(
          "md5(coalesce(CAST(gone.weir_old AS VARCHAR), '') || '|' || coalesce(CAST(gone.weir_time AS "
          "VARCHAR), ''))");
    else if (iequals(column.name, updated_) || iequals(column.name, from_))
      values.push_back("gone.weir_time");
    else if (iequals(column.name, to_))
      values.push_back(open_end("gone.weir_time"));
    else if (iequals(column.name, deleted_))
      values.push_back("'True'");
    else
      values.push_back("gone." + names.back());
  }
  return {std::move(names), std::move(values)};
}

int64_t Snapshot::insert(const Row& row, const std::string& from) {
  return main_
      .query("INSERT INTO " + relation_ + " (" + join(row.names, ", ") + ") SELECT " + join(row.values, ", ") +
             " FROM " + from)
      .changed;
}

}  // namespace weir::run
