#include "base/error.h"
#include "connectors/files/file_source.h"

namespace weir::files {

namespace {

Json column_json(const engine::ScanColumn& column) {
  Json json = Json::object();
  json.set("name", column.name).set("type", column.type);
  if (column.timestamp_format) json.set("timestamp_format", *column.timestamp_format);
  if (column.from_path) json.set("from_path", true);
  return json;
}

engine::ScanColumn column_of(const Json& json) {
  engine::ScanColumn column;
  column.name = json.at("name").as_string();
  column.type = json.at("type").as_string();
  column.timestamp_format = json.get_string("timestamp_format");
  column.from_path = json.get_bool("from_path").value_or(false);
  return column;
}

engine::Compression compression_from(const std::string& text) {
  if (const auto known = engine::compression_named(text)) return *known;
  throw Error(ErrorCode::bad_json, "cursor: unknown compression \"" + text + "\"");
}

}  // namespace

Json to_json(const Pin& pin) {
  Json json = Json::object();
  bool csv = pin.format == engine::FileFormat::csv;
  json.set("format", csv ? "csv" : "parquet").set("base", pin.base_rule);
  if (csv) json.set("compression", engine::name_of(pin.compression)).set("dialect", to_json(pin.dialect));
  Json columns = Json::array();
  for (const engine::ScanColumn& column : pin.columns) columns.push_back(column_json(column));
  json.set("columns", std::move(columns));
  return json;
}

std::optional<Pin> pin_of_cursor(const Json& cursor) {
  const Json* json = cursor.find("pin");
  if (json == nullptr || !json->is_object()) return std::nullopt;
  Pin pin;
  pin.format = json->at("format").as_string() == "parquet" ? engine::FileFormat::parquet : engine::FileFormat::csv;
  pin.base_rule = json->at("base").as_string();
  if (auto compression = json->get_string("compression")) pin.compression = compression_from(*compression);
  if (const Json* dialect = json->find("dialect")) pin.dialect = dialect_from_json(*dialect);
  for (const Json& column : json->at("columns").as_array()) pin.columns.push_back(column_of(column));
  return pin;
}

const std::vector<engine::ColumnInfo>& quarantine_columns() {
  static const std::vector<engine::ColumnInfo> columns = {{"_file", "VARCHAR"},
                                                          {"_line", "BIGINT"},
                                                          {"_column", "VARCHAR"},
                                                          {"_raw", "BLOB"},
                                                          {"_reason", "VARCHAR"},
                                                          {"_run", "VARCHAR"},
                                                          {"_at", "TIMESTAMP WITH TIME ZONE"}};
  return columns;
}

}  // namespace weir::files
