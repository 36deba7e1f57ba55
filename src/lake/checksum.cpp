#include "lake/checksum.h"

#include "base/error.h"
#include "base/json.h"
#include "lake/action_json.h"
#include "lake/log_names.h"

namespace weir::lake {

namespace {

// The checksum holds actions without their wrapping object.
template <typename T>
T unwrapped(std::string_view name, const Json& body) {
  Json line = Json::object();
  line.set(name, body);
  return std::get<T>(action_from_json(line, std::string(name)));
}

template <typename T>
Json wrapped_body(std::string_view name, const T& value) {
  return to_json(value).at(name);
}

template <typename T>
std::optional<std::vector<T>> list_of(const Json& json, std::string_view key, std::string_view name) {
  const Json* list = json.find(key);
  if (!list || list->is_null()) return std::nullopt;
  std::vector<T> values;
  for (const auto& item : list->as_array()) values.push_back(unwrapped<T>(name, item));
  return values;
}

}  // namespace

std::optional<Checksum> parse_checksum(const std::string& text) {
  try {
    Json json = Json::parse(text);
    if (json.get_int("numMetadata") != 1 || json.get_int("numProtocol") != 1) return std::nullopt;
    Checksum checksum;
    checksum.table_size_bytes = json.at("tableSizeBytes").as_int();
    checksum.file_count = json.at("numFiles").as_int();
    if (checksum.table_size_bytes < 0 || checksum.file_count < 0) return std::nullopt;
    checksum.in_commit_timestamp_ms = json.get_int("inCommitTimestampOpt");
    checksum.txns = list_of<Txn>(json, "setTransactions", "txn");
    checksum.domains = list_of<DomainMetadata>(json, "domainMetadata", "domainMetadata");
    checksum.metadata = unwrapped<Metadata>("metaData", json.at("metadata"));
    checksum.protocol = unwrapped<Protocol>("protocol", json.at("protocol"));
    return checksum;
  } catch (const Error& error) {
    if (error.code() == ErrorCode::bad_json || error.code() == ErrorCode::bad_log) return std::nullopt;
    throw;
  }
}

std::optional<Checksum> read_checksum(const TableLocation& table, int64_t version) {
  try {
    return parse_checksum(table.store->read(checksum_key(table, version)));
  } catch (const Error& error) {
    if (error.code() == ErrorCode::store_not_found) return std::nullopt;
    throw;
  }
}

std::string checksum_text(const Checksum& checksum) {
  Json json = Json::object();
  json.set("tableSizeBytes", checksum.table_size_bytes).set("numFiles", checksum.file_count);
  json.set("numMetadata", 1).set("numProtocol", 1);
  if (checksum.in_commit_timestamp_ms) json.set("inCommitTimestampOpt", *checksum.in_commit_timestamp_ms);
  if (checksum.txns) {
    Json list = Json::array();
    for (const auto& txn : *checksum.txns) list.push_back(wrapped_body("txn", txn));
    json.set("setTransactions", std::move(list));
  }
  if (checksum.domains) {
    Json list = Json::array();
    for (const auto& domain : *checksum.domains) list.push_back(wrapped_body("domainMetadata", domain));
    json.set("domainMetadata", std::move(list));
  }
  json.set("metadata", wrapped_body("metaData", checksum.metadata));
  json.set("protocol", wrapped_body("protocol", checksum.protocol));
  return json.dump();
}

}  // namespace weir::lake
