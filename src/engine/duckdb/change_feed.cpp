#include "engine/duckdb/change_feed.h"

#include <duckdb/catalog/catalog_search_path.hpp>
#include <duckdb/main/client_data.hpp>
#include <duckdb/main/extension/extension_loader.hpp>
#include <duckdb/parser/qualified_name.hpp>

#include "base/text.h"
#include "base/time.h"
#include "engine/duckdb/lake_scan.h"
#include "engine/duckdb/lake_transaction.h"
#include "engine/duckdb/row_filters.h"

namespace weir::engine::duck {

using namespace duckdb;

namespace {

const char* const change_type = "_change_type";
const char* const commit_version = "_commit_version";
const char* const commit_timestamp = "_commit_timestamp";

}  // namespace

ChangedRows::ChangedRows(const lake::ChangeFeed& feed) {
  for (auto& file : feed.files) {
    versions_.push_back(file.version);
    if (!file.within) {
      within_.push_back(nullptr);
      continue;
    }
    lake::Add named;
    named.deletion_vector = file.within;
    within_.push_back(std::make_shared<const DataFile>(std::move(named), 0));
  }
}

namespace {

[[noreturn]] void throw_gone(const TableState& feed, int64_t version, const std::string& what) {
  throw Error(ErrorCode::files_gone,
              "the changes of table " + feed.name.text() + " at version " + std::to_string(version) +
                  " cannot be read any more: " + what + " was removed (VACUUM)",
              "ask for the changes from a later version on");
}

const format::RowBitmap* vector_of(const TableState& feed, int64_t version, const DataFile& file) {
  try {
    return file.deleted(feed.location);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::store_not_found) throw;
    throw_gone(feed, version, "a deletion vector");
  }
}

}  // namespace

duckdb::unique_ptr<DeleteFilter> ChangedRows::within(const TableState& feed, size_t number) const {
  auto& file = feed.files()[number];
  auto* unchanged = vector_of(feed, versions_[number], *file);
  auto& within = within_[number];
  if (!within) return nullptr;
  return rows_within(within, *vector_of(feed, versions_[number], *within), file, unchanged);
}

void ChangedRows::check_there(const TableState& feed, size_t number) const {
  auto path = lake::decoded_path(feed.files()[number]->entry());
  if (lake::is_absolute_path(path) || feed.location.store->head(feed.location.key(path))) return;
  throw_gone(feed, versions_[number], feed.location.uri() + "/" + path);
}

StatePtr state_of(const TableState& table, const lake::ChangeFeed& feed) {
  auto state = std::make_shared<TableState>();
  state->name = table.name;
  state->location = table.location;
  state->url = table.url;
  state->metadata = feed.end->metadata();
  state->protocol = feed.end->protocol();
  for (auto& [name, kind] :
       {std::pair(change_type, lake::TypeKind::string), std::pair(commit_version, lake::TypeKind::long_),
        std::pair(commit_timestamp, lake::TypeKind::timestamp)}) {
    if (state->metadata.schema.find(name))
      throw Error(ErrorCode::sql_unsupported,
                  "table " + table.name.text() + " has a column " + name + " of its own, which its changes need too");
    lake::Field field;
    field.name = name;
    field.type = lake::DataType::primitive(kind);
    state->metadata.schema.fields.push_back(std::move(field));
    state->metadata.partition_columns.push_back(name);
  }
  state->columns = columns_of(state->metadata);
  for (auto& changed : feed.files) {
    auto add = changed.file;
    if (!changed.change_type.empty()) add.partition_values[change_type] = changed.change_type;
    add.partition_values[commit_version] = std::to_string(changed.version);
    add.partition_values[commit_timestamp] = iso_ms(changed.time_ms);
    state->added.push_back(std::make_shared<const DataFile>(std::move(add), 0));
  }
  return state;
}

namespace {

// A version or a time; nothing for NULL.
lake::VersionSpec point_of(ClientContext& context, const Value& value, const std::string& argument, bool round_up) {
  lake::VersionSpec point;
  if (value.IsNull()) return point;
  if (value.type().IsIntegral()) {
    point.version = value.DefaultCastAs(LogicalType::BIGINT).GetValue<int64_t>();
    return point;
  }
  Value time;
  string problem;
  bool may_be_time = value.type().IsTemporal() || value.type().id() == LogicalTypeId::VARCHAR;
  if (!may_be_time || !value.TryCastAs(context, LogicalType::TIMESTAMP_TZ, time, &problem) || time.IsNull())
    throw Error(
        ErrorCode::sql_types,
        "table_changes: " + argument + " is \"" + value.ToString() + "\", which is neither a version nor a time",
        "table_changes('main.orders', 3), table_changes('main.orders', '2026-01-05 09:00', now())");
  auto us = time.GetValueUnsafe<int64_t>();
  auto ms = us / 1000 - (us % 1000 < 0 ? 1 : 0);
  point.at_ms = round_up && us != ms * 1000 ? ms + 1 : ms;
  return point;
}

StatePtr table_named(ClientContext& context, LakeTransaction& transaction, const std::string& text) {
  auto name = QualifiedName::Parse(text);
  auto& path = *ClientData::Get(context).catalog_search_path;
  std::vector<std::string> schemas{name.schema};
  if (name.schema.empty()) schemas = {path.GetDefault().schema, "main"};
  if (!name.catalog.empty() && !iequals(name.catalog, "lake"))
    throw Error(ErrorCode::sql_unsupported, "table_changes: \"" + text + "\" is no table of the lake");
  for (auto& schema : schemas) {
    const lake::TableName table{lower(schema), lower(name.name)};
    if (auto state = transaction.table(table)) {
      if (transaction.session().looked_up) transaction.session().looked_up->insert(table);
      return state;
    }
    if (transaction.view(table))
      throw Error(ErrorCode::sql_unsupported, "table_changes: \"" + table.text() + "\" is a view",
                  "Name the table that it reads.");
  }
  throw Error(ErrorCode::sql_unknown_table, "table_changes: table \"" + text + "\" does not exist");
}

std::pair<StatePtr, lake::ChangeFeed> feed_of(ClientContext& context, const duckdb::vector<Value>& inputs) {
  auto& transaction = LakeTransaction::of(context, Catalog::GetCatalog(context, "lake"));
  if (inputs[0].IsNull() || inputs[1].IsNull())
    throw Error(ErrorCode::sql_binder, "table_changes needs a table and the first version (or time) of the changes");
  auto table = table_named(context, transaction, inputs[0].ToString());
  if (!table->base)
    throw Error(ErrorCode::no_such_version,
                "table " + table->name.text() + " was created in this transaction: it has no versions yet");
  auto from = point_of(context, inputs[1], "from", true);
  auto to = inputs.size() > 2 ? point_of(context, inputs[2], "to", false) : lake::VersionSpec();
  // The changes up to the newest version are a reading of the table as it is now.
  if (!to.version && !to.at_ms) transaction.mark_read(table->name);
  return {table, lake::read_change_feed(table->snapshot(), from, to, transaction.session().parquet)};
}

duckdb::unique_ptr<FunctionData> bind_change_feed(ClientContext& context, TableFunctionBindInput& input,
                                                  duckdb::vector<LogicalType>& types, duckdb::vector<string>& names) {
  StatePtr state;
  std::shared_ptr<const ChangedRows> rows;
  across(&SessionState::of(context).errors, [&] {
    auto [table, feed] = feed_of(context, input.inputs);
    state = state_of(*table, feed);
    rows = std::make_shared<const ChangedRows>(feed);
  });
  return bind_state_scan(context, std::move(state), std::move(rows), types, names);
}

}  // namespace

void register_change_feed(Connection& connection) {
  TableFunctionSet functions("table_changes");
  connection.context->RunFunctionInTransaction([&] {
    auto function = state_scan_function(*connection.context);
    function.name = "table_changes";
    function.bind = bind_change_feed;
    function.arguments = {LogicalType::VARCHAR, LogicalType::ANY};
    functions.AddFunction(function);
    function.arguments.push_back(LogicalType::ANY);
    functions.AddFunction(std::move(function));
  });
  ExtensionLoader(*connection.context->db, "weir").RegisterFunction(std::move(functions));
}

}  // namespace weir::engine::duck
