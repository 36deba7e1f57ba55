// What the footer of a Parquet file tells, as Delta has it (DuckParquetIo::facts).
#include <cmath>
#include <duckdb/main/connection.hpp>
#include <duckdb/main/materialized_query_result.hpp>

#include "base/text.h"
#include "engine/duckdb/errors.h"
#include "engine/duckdb/instance.h"
#include "engine/duckdb/parquet_io.h"
#include "engine/duckdb/session_state.h"
#include "engine/duckdb/types.h"

namespace weir::engine::duck {

using namespace duckdb;

namespace {

// Types of files that Delta's readers take for the type to_delta gives, each in the same way.
bool is_read_alike(const LogicalType& type) {
  switch (type.id()) {
    case LogicalTypeId::BOOLEAN:
    case LogicalTypeId::TINYINT:
    case LogicalTypeId::SMALLINT:
    case LogicalTypeId::INTEGER:
    case LogicalTypeId::BIGINT:
    case LogicalTypeId::UTINYINT:
    case LogicalTypeId::USMALLINT:
    case LogicalTypeId::UINTEGER:
    case LogicalTypeId::UBIGINT:
    case LogicalTypeId::FLOAT:
    case LogicalTypeId::DOUBLE:
    case LogicalTypeId::DECIMAL:
    case LogicalTypeId::VARCHAR:
    case LogicalTypeId::BLOB:
    case LogicalTypeId::DATE:
    case LogicalTypeId::TIMESTAMP:
    case LogicalTypeId::TIMESTAMP_TZ:
      return true;
    case LogicalTypeId::STRUCT: {
      auto& children = StructType::GetChildTypes(type);
      return std::all_of(children.begin(), children.end(), [](auto& child) { return is_read_alike(child.second); });
    }
    case LogicalTypeId::LIST:
      return is_read_alike(ListType::GetChildType(type));
    case LogicalTypeId::MAP:
      return is_read_alike(MapType::KeyType(type)) && is_read_alike(MapType::ValueType(type));
    default:
      return false;
  }
}

[[noreturn]] void refuse_type(const std::string& column, const std::string& type) {
  throw Error(ErrorCode::sql_type_not_in_delta,
              "column \"" + valid_utf8(column) + "\" is of type " + type + ", for which Delta has none",
              "write the file anew with another type");
}

// A field at a dotted path through structs.
lake::Field* field_at_path(std::vector<lake::Field>& fields, const std::vector<std::string>& path) {
  lake::Field* found = nullptr;
  auto* level = &fields;
  for (auto& name : path) {
    found = nullptr;
    for (auto& field : *level) {
      if (field.name == name) found = &field;
    }
    if (!found) return nullptr;
    level = &found->type.fields;
    if (found->type.kind != lake::TypeKind::struct_) level = nullptr;
    if (!level && &name != &path.back()) return nullptr;
  }
  return found;
}

// The statistics of one leaf over all row groups.
class LeafBounds {
 public:
  explicit LeafBounds(LogicalType type) : type_(std::move(type)) {}

  void add(const Value& min, const Value& max, const Value& nulls, const Value& values) {
    if (nulls.IsNull())
      knows_nulls_ = false;
    else
      nulls_ += nulls.GetValue<int64_t>();
    bool only_nulls = !nulls.IsNull() && !values.IsNull() && nulls.GetValue<int64_t>() == values.GetValue<int64_t>();
    if (only_nulls) return;
    widen(min, min_, knows_min_, [](const Value& a, const Value& b) { return a < b; });
    widen(max, max_, knows_max_, [](const Value& a, const Value& b) { return b < a; });
  }

  lake::LeafStats stats() const {
    lake::LeafStats stats;
    if (knows_min_ && min_) stats.min = stats_text(*min_, type_);
    if (knows_max_ && max_) stats.max = stats_text(*max_, type_);
    if (knows_nulls_) stats.null_count = nulls_;
    stats.has_nan = type_.IsFloating();  // a footer leaves NaN out, and does not say whether there is any
    return stats;
  }

 private:
  template <class Better>
  void widen(const Value& text, std::optional<Value>& bound, bool& known, Better better) const {
    Value value;
    string problem;
    if (text.IsNull() || !text.DefaultTryCastAs(type_, value, &problem) || (type_.IsFloating() && is_nan(value))) {
      known = false;
      return;
    }
    if (!bound || better(value, *bound)) bound = value;
  }
  static bool is_nan(const Value& value) { return std::isnan(value.GetValue<double>()); }

  LogicalType type_;
  std::optional<Value> min_, max_;
  bool knows_min_ = true, knows_max_ = true, knows_nulls_ = true;
  int64_t nulls_ = 0;
};

class FooterReader {
 public:
  FooterReader(Connection& connection, std::string file, std::function<void(const ErrorData&)> raise)
      : connection_(connection), file_(std::move(file)), raise_(std::move(raise)) {}

  lake::ParquetFacts read() {
    read_columns();
    read_leaves();
    auto rows = query("SELECT num_rows FROM parquet_file_metadata(" + file_ + ")");
    facts_.rows = rows->GetValue(0, 0).GetValue<int64_t>();
    return std::move(facts_);
  }

 private:
  duckdb::unique_ptr<MaterializedQueryResult> query(const std::string& sql) {
    auto result = connection_.Query(sql);
    if (result->HasError()) raise_(result->GetErrorObject());
    return result;
  }

  void read_columns() {
    auto prepared = connection_.Prepare("SELECT * FROM read_parquet(" + file_ + ", hive_partitioning = false)");
    if (prepared->HasError()) raise_(prepared->error);
    auto& names = prepared->GetNames();
    auto& types = prepared->GetTypes();
    for (idx_t i = 0; i < names.size(); ++i) {
      if (!is_read_alike(types[i])) refuse_type(names[i], types[i].ToString());
      lake::Field field;
      field.name = names[i];
      field.type = to_delta(types[i], names[i]);
      facts_.columns.push_back(std::move(field));
    }
  }

  // One row for each column of each row group.
  void read_leaves() {
    auto chunks = query(
        "SELECT path_in_schema, type, stats_min_value, stats_max_value, stats_null_count, num_values "
        "FROM parquet_metadata(" +
        file_ + ")");
    std::map<std::string, LeafBounds> leaves;
    for (idx_t row = 0; row < chunks->RowCount(); ++row) {
      auto path = path_of(chunks->GetValue(0, row).ToString());
      auto* field = field_at_path(facts_.columns, path);
      check_physical(field, join(path, "."), chunks->GetValue(1, row).ToString());
      if (!field || !field->type.is_primitive()) continue;
      leaves.try_emplace(join(path, "."), to_duckdb(field->type))
          .first->second.add(chunks->GetValue(2, row), chunks->GetValue(3, row), chunks->GetValue(4, row),
                             chunks->GetValue(5, row));
    }
    for (auto& [path, bounds] : leaves) facts_.leaves[path] = bounds.stats();
  }

  // "a, b" -> {"a", "b"}
  static std::vector<std::string> path_of(const std::string& text) {
    std::vector<std::string> path;
    constexpr std::string_view comma = ", ";
    size_t start = 0;
    for (size_t at; (at = text.find(comma, start)) != std::string::npos; start = at + comma.size())
      path.push_back(text.substr(start, at - start));
    path.push_back(text.substr(start));
    return path;
  }

  // What DuckDB's types do not tell: times of the old 96-bit form are instants to all who write them, and numbers of 16
  // bits are read by few.
  static void check_physical(lake::Field* field, const std::string& path, const std::string& physical) {
    if (physical == "INT96") {
      if (!field) refuse_type(path, "INT96 inside a list or map");
      field->type = lake::DataType::primitive(lake::TypeKind::timestamp);
    }
    bool half = field && field->type.kind == lake::TypeKind::float_ && physical == "FIXED_LEN_BYTE_ARRAY";
    if (half) refuse_type(path, "FLOAT16");
  }

  Connection& connection_;
  std::string file_;  // as a literal
  std::function<void(const ErrorData&)> raise_;
  lake::ParquetFacts facts_;
};

}  // namespace

lake::ParquetFacts DuckParquetIo::facts(store::ObjectStore& store, const std::string& key) {
  auto instance = instance_();
  StoreUse use(*instance->stores(), store);
  Connection connection(instance->db());
  auto state = make_shared_ptr<CallbackState>();
  CallbackState::attach(*connection.context, state);
  auto raise = [&](const ErrorData& data) {
    if (auto parked = state->errors.take(data.RawMessage())) throw *parked;
    auto error = translated(data, {}, nullptr);
    auto code = error.code();
    if (code == ErrorCode::out_of_memory || code == ErrorCode::cancelled) throw error;
    throw Error(ErrorCode::bad_parquet, key + " in " + store.uri() + " cannot be read: " + error.message());
  };
  return FooterReader(connection, quote_literal(use.url(key)), raise).read();
}

}  // namespace weir::engine::duck
