#include "engine/duckdb/iceberg_scan.h"

#include <duckdb/main/extension/extension_loader.hpp>
#include <duckdb/parser/parser.hpp>
#include <duckdb/parser/statement/select_statement.hpp>
#include <duckdb/parser/tableref/subqueryref.hpp>
#include <set>

#include "base/text.h"
#include "engine/duckdb/lake_scan.h"
#include "engine/duckdb/lake_table.h"
#include "engine/duckdb/session_state.h"
#include "engine/duckdb/types.h"
#include "lake/iceberg/table_read.h"
#include "lake/iceberg/values.h"

namespace weir::engine::duck {

using namespace duckdb;
using lake::iceberg::ReadTable;
using TablePtr = std::shared_ptr<const ReadTable>;

namespace {

// Columns that the two sides of equality deletes are joined by, beside the table's own.
const char* const sequence_column = "_iceberg_sequence_number";
const char* const partition_column = "_iceberg_partition";
std::string key_column(int64_t field_id) { return "_iceberg_key_" + std::to_string(field_id); }

// nullptr: the table has no such column, perhaps not any more.
const lake::Field* column_of(const ReadTable& table, int64_t field_id) {
  for (auto& field : table.metadata.schema.fields) {
    if (field.id() == field_id) return &field;
  }
  return nullptr;
}

lake::iceberg::SnapshotSpec spec_of(ClientContext& context, const named_parameter_map_t& parameters) {
  lake::iceberg::SnapshotSpec spec;
  int given = 0;
  for (auto& [name, value] : parameters) {
    if (value.IsNull() || iequals(name, "allow_moved_paths") || iequals(name, "version")) continue;
    ++given;
    if (iequals(name, "snapshot_from_id")) spec.snapshot_id = value.GetValue<int64_t>();
    if (iequals(name, "ref")) spec.ref = value.ToString();
    if (iequals(name, "snapshot_from_timestamp"))
      spec.at_ms = Timestamp::GetEpochMs(value.CastAs(context, LogicalType::TIMESTAMP).GetValue<timestamp_t>());
  }
  if (given > 1)
    throw Error(ErrorCode::sql_binder,
                "iceberg_scan takes one of snapshot_from_id, snapshot_from_timestamp and ref, not several");
  return spec;
}

lake::iceberg::PlaceGuard guard_of(SessionState& session) {
  auto fence = session.fence_now();
  if (!fence) return {};
  return [fence](const std::string& uri) { fence->check_file(uri); };
}

TablePtr read(ClientContext& context, const TableFunctionBindInput& input) {
  if (input.inputs[0].IsNull()) throw Error(ErrorCode::sql_binder, "iceberg_scan needs the path of a table");
  auto version = input.named_parameters.find("version");
  return std::make_shared<const ReadTable>(lake::iceberg::read_table(
      input.inputs[0].ToString(), spec_of(context, input.named_parameters),
      version == input.named_parameters.end() ? "" : version->second.ToString(), guard_of(SessionState::of(context))));
}

// A partition value as the column's; NULL for what is none of its type.
Value value_of(const format::avro::Value& value, const lake::Field& field) {
  const auto type = to_duckdb(field);
  const auto* whole = value.whole();
  const auto* text = value.text();
  switch (type.id()) {
    case LogicalTypeId::BOOLEAN:
      return value.boolean() ? Value::BOOLEAN(*value.boolean()) : Value(type);
    case LogicalTypeId::INTEGER:
    case LogicalTypeId::BIGINT:
      return whole ? Value::BIGINT(*whole).DefaultCastAs(type) : Value(type);
    case LogicalTypeId::FLOAT:
    case LogicalTypeId::DOUBLE:
      return value.real() ? Value::DOUBLE(*value.real()).DefaultCastAs(type) : Value(type);
    case LogicalTypeId::DATE:
      return whole ? Value::DATE(date_t(static_cast<int32_t>(*whole))) : Value(type);
    case LogicalTypeId::TIME:
      return whole ? Value::TIME(dtime_t(*whole)) : Value(type);
    case LogicalTypeId::TIMESTAMP:
      return whole ? Value::TIMESTAMP(timestamp_t(*whole)) : Value(type);
    case LogicalTypeId::TIMESTAMP_TZ:
      return whole ? Value::TIMESTAMPTZ(timestamp_tz_t(*whole)) : Value(type);
    case LogicalTypeId::VARCHAR:
      return text ? Value(*text) : Value(type);
    case LogicalTypeId::BLOB:
      return text ? Value::BLOB_RAW(*text) : Value(type);
    case LogicalTypeId::UUID:
      return text ? Value(hex(*text)).DefaultCastAs(type) : Value(type);
    case LogicalTypeId::DECIMAL: {
      auto digits = text ? lake::iceberg::decimal_text(*text, field.type.scale) : std::nullopt;
      return digits ? Value(*digits).DefaultCastAs(type) : Value(type);
    }
    default:
      return Value(type);
  }
}

// ---- as something to scan ----

class StateMaker {
 public:
  StateMaker(SessionState& session, const ReadTable& table) : table_(table) {
    auto& location = table.source.table;
    state_->name = {"iceberg", location.uri()};
    state_->location = location;
    state_->url = session.url_prefix(location.store);
    state_->files_anywhere = true;
    state_->metadata = table.metadata;
  }

  StatePtr data(SessionState& session) {
    auto deletes =
        std::make_shared<const lake::iceberg::PositionDeletes>(table_.source, table_.position_deletes, session.parquet);
    for (auto& file : table_.files) {
      std::function<format::RowBitmap()> deleted;
      if (!file.position_deletes.empty())
        deleted = [deletes, path = file.path, places = file.position_deletes] { return deletes->of(path, places); };
      add(file, std::move(deleted));
    }
    return done();
  }

  // The same, with what equality deletes are joined by.
  StatePtr data_with_keys(SessionState& session) {
    std::set<int64_t> added;
    for (auto& deletes : table_.equality_deletes) {
      for (auto& field : deletes.key.fields) {
        if (!column_of(table_, *field.id()) && added.insert(*field.id()).second) add_key(field);
      }
    }
    add_places();
    return data(session);
  }

  StatePtr deletes(const lake::iceberg::EqualityDeletes& deletes) {
    state_->metadata.schema.fields.clear();
    state_->metadata.partition_columns.clear();
    for (auto& field : deletes.key.fields) add_key(field);
    add_places();
    for (auto& file : deletes.files) add(file, {});
    return done();
  }

 private:
  // A key that is no column of the table any more.
  void add_key(const lake::Field& field) {
    auto key = field;
    key.name = key.mapped_name = key_column(*field.id());
    state_->metadata.schema.fields.push_back(std::move(key));
  }

  void add_places() {
    for (auto& [name, kind] :
         {std::pair(sequence_column, lake::TypeKind::long_), std::pair(partition_column, lake::TypeKind::string)}) {
      lake::Field field;
      field.name = field.mapped_name = name;
      field.type = lake::DataType::primitive(kind);
      state_->metadata.schema.fields.push_back(std::move(field));
      state_->metadata.partition_columns.push_back(name);
    }
    with_places_ = true;
  }

  void add(const lake::iceberg::ReadFile& file, std::function<format::RowBitmap()> deleted) {
    auto add = file.add;
    if (!file.uri.empty()) add.path = replace_all(file.uri, "%", "%25");
    if (with_places_) {
      add.partition_values[sequence_column] = std::to_string(file.sequence_number);
      add.partition_values[partition_column] = file.partition;
    }
    auto values = values_if_missing(file);
    state_->added.push_back(std::make_shared<const DataFile>(std::move(add), std::move(deleted), std::move(values)));
  }

  std::vector<std::pair<size_t, Value>> values_if_missing(const lake::iceberg::ReadFile& file) const {
    std::vector<std::pair<size_t, Value>> values;
    auto& fields = state_->metadata.schema.fields;
    for (size_t i = 0; i < fields.size(); ++i) {
      auto found = file.partition_values.find(fields[i].name);
      if (found != file.partition_values.end()) values.emplace_back(i, value_of(found->second, fields[i]));
    }
    return values;
  }

  StatePtr done() {
    state_->columns = columns_of(state_->metadata);
    return state_;
  }

  const ReadTable& table_;
  std::shared_ptr<TableState> state_ = std::make_shared<TableState>();
  bool with_places_ = false;
};

// ---- the functions ----

duckdb::unique_ptr<FunctionData> bind_whole(ClientContext& context, TableFunctionBindInput& input,
                                            duckdb::vector<LogicalType>& types, duckdb::vector<string>& names) {
  auto& session = SessionState::of(context);
  auto state = across(&session.errors, [&] {
    auto table = std::exchange(session.iceberg, nullptr);
    if (!table) table = read(context, input);
    return StateMaker(session, *table).data(session);
  });
  return bind_state_scan(context, std::move(state), nullptr, types, names);
}

// iceberg_scan_rows(path, snapshot): the rows of the data files with what equality deletes are joined by.
// iceberg_scan_deletes(path, snapshot, n): those of the n-th set of equality deletes.
duckdb::unique_ptr<FunctionData> bind_part(ClientContext& context, TableFunctionBindInput& input,
                                           duckdb::vector<LogicalType>& types, duckdb::vector<string>& names) {
  auto& session = SessionState::of(context);
  auto state = across(&session.errors, [&] {
    lake::iceberg::SnapshotSpec spec;
    spec.snapshot_id = input.inputs[1].GetValue<int64_t>();
    auto table = session.iceberg;
    if (!table || table->source.file != input.inputs[0].ToString() || table->snapshot_id != spec.snapshot_id)
      table = std::make_shared<const ReadTable>(
          lake::iceberg::read_table(input.inputs[0].ToString(), spec, {}, guard_of(session)));
    if (input.inputs.size() == 2) return StateMaker(session, *table).data_with_keys(session);
    auto n = static_cast<size_t>(input.inputs[2].GetValue<int64_t>());
    if (n >= table->equality_deletes.size())
      throw Error(ErrorCode::sql_binder, "iceberg_scan_deletes: there is no such set of deletes");
    return StateMaker(session, *table).deletes(table->equality_deletes[n]);
  });
  return bind_state_scan(context, std::move(state), nullptr, types, names);
}

std::string without_deleted(const ReadTable& table) {
  const auto call = "(" + quote_literal(table.source.file) + ", " + std::to_string(table.snapshot_id);
  std::vector<std::string> columns;
  for (auto& field : table.metadata.schema.fields) columns.push_back("r." + quote_identifier(field.name));
  std::string sql = "SELECT " + join(columns, ", ") + " FROM iceberg_scan_rows" + call + ") AS r WHERE true";
  for (size_t n = 0; n < table.equality_deletes.size(); ++n) {
    auto& deletes = table.equality_deletes[n];
    std::string same;
    for (auto& field : deletes.key.fields) {
      auto key = key_column(*field.id());
      auto* own = column_of(table, *field.id());
      same += " AND d." + key + " IS NOT DISTINCT FROM r." + quote_identifier(own ? own->name : key);
    }
    std::set<std::string> everywhere;  // partitions of files that are for the whole table
    bool some_partitioned = false;
    for (auto& file : deletes.files) {
      if (file.unpartitioned)
        everywhere.insert(quote_literal(file.partition));
      else
        some_partitioned = true;
    }
    const auto exists = [&](const std::string& which) {
      sql += " AND NOT EXISTS (SELECT 1 FROM iceberg_scan_deletes" + call + ", " + std::to_string(n) +
             ") AS d WHERE d." + sequence_column + " > r." + sequence_column + same + which + ")";
    };
    const auto list = join(std::vector<std::string>(everywhere.begin(), everywhere.end()), ", ");
    if (!everywhere.empty()) exists(std::string(" AND d.") + partition_column + " IN (" + list + ")");
    if (some_partitioned) exists(std::string(" AND d.") + partition_column + " = r." + partition_column);
  }
  return sql;
}

duckdb::unique_ptr<TableRef> replace_whole(ClientContext& context, TableFunctionBindInput& input) {
  auto& session = SessionState::of(context);
  return across(&session.errors, [&]() -> duckdb::unique_ptr<TableRef> {
    session.iceberg = read(context, input);
    if (session.iceberg->equality_deletes.empty()) return nullptr;
    Parser parser;
    parser.ParseQuery(without_deleted(*session.iceberg));
    return make_uniq<SubqueryRef>(unique_ptr_cast<SQLStatement, SelectStatement>(std::move(parser.statements[0])),
                                  "iceberg_scan");
  });
}

}  // namespace

void register_iceberg_scan(Connection& connection) {
  std::vector<TableFunction> functions;
  connection.context->RunFunctionInTransaction([&] {
    auto whole = state_scan_function(*connection.context);
    whole.name = "iceberg_scan";
    whole.bind = bind_whole;
    whole.bind_replace = replace_whole;
    whole.arguments = {LogicalType::VARCHAR};
    whole.named_parameters["snapshot_from_id"] = LogicalType::BIGINT;
    whole.named_parameters["snapshot_from_timestamp"] = LogicalType::TIMESTAMP;
    whole.named_parameters["version"] = LogicalType::VARCHAR;
    whole.named_parameters["ref"] = LogicalType::VARCHAR;
    whole.named_parameters["allow_moved_paths"] = LogicalType::BOOLEAN;  // of DuckDB's function: here always
    auto rows = state_scan_function(*connection.context);
    rows.name = "iceberg_scan_rows";
    rows.bind = bind_part;
    rows.arguments = {LogicalType::VARCHAR, LogicalType::BIGINT};
    auto deletes = rows;
    deletes.name = "iceberg_scan_deletes";
    deletes.arguments.push_back(LogicalType::BIGINT);
    functions = {std::move(whole), std::move(rows), std::move(deletes)};
  });
  ExtensionLoader loader(*connection.context->db, "weir");
  for (auto& function : functions) loader.RegisterFunction(std::move(function));
}

}  // namespace weir::engine::duck
