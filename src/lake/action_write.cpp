// Writing of actions (declared in action_json.h). Members come in the order of the protocol's tables.
#include "lake/action_json.h"

namespace weir::lake {

namespace {

Json partition_json(const PartitionValues& values) {
  Json json = Json::object();
  for (const auto& [name, value] : values) json.set(name, value ? Json(*value) : Json());
  return json;
}

template <typename T>
void set_if(Json& json, std::string_view key, const std::optional<T>& value) {
  if (value) json.set(key, Json(*value));
}

template <typename File>
void set_file_extras(Json& json, const File& file) {
  if (file.tags) json.set("tags", Json::strings(*file.tags));
  if (file.deletion_vector) {
    const auto& vector = *file.deletion_vector;
    Json dv = Json::object();
    dv.set("storageType", vector.storage_type).set("pathOrInlineDv", vector.path_or_inline_dv);
    set_if(dv, "offset", vector.offset);
    dv.set("sizeInBytes", vector.size_bytes).set("cardinality", vector.cardinality);
    json.set("deletionVector", std::move(dv));
  }
  set_if(json, "baseRowId", file.base_row_id);
  set_if(json, "defaultRowCommitVersion", file.default_row_commit_version);
}

Json body(const Add& add) {
  Json json = Json::object();
  json.set("path", add.path).set("partitionValues", partition_json(add.partition_values));
  json.set("size", add.size_bytes).set("modificationTime", add.modification_time_ms);
  json.set("dataChange", add.data_change);
  set_if(json, "stats", add.stats);
  set_file_extras(json, add);
  set_if(json, "clusteringProvider", add.clustering_provider);
  return json;
}

Json body(const Remove& remove) {
  Json json = Json::object();
  json.set("path", remove.path);
  set_if(json, "deletionTimestamp", remove.deletion_timestamp_ms);
  json.set("dataChange", remove.data_change).set("extendedFileMetadata", remove.extended_file_metadata);
  if (remove.partition_values) json.set("partitionValues", partition_json(*remove.partition_values));
  set_if(json, "size", remove.size_bytes);
  set_if(json, "stats", remove.stats);
  set_file_extras(json, remove);
  return json;
}

Json body(const Metadata& metadata) {
  Json format = Json::object();
  format.set("provider", metadata.format_provider).set("options", Json::strings(metadata.format_options));
  Json json = Json::object();
  json.set("id", metadata.id);
  set_if(json, "name", metadata.name);
  set_if(json, "description", metadata.description);
  json.set("format", std::move(format)).set("schemaString", metadata.schema_string);
  json.set("partitionColumns", Json::strings(metadata.partition_columns));
  json.set("configuration", Json::strings(metadata.configuration));
  set_if(json, "createdTime", metadata.created_time_ms);
  return json;
}

Json body(const Protocol& protocol) {
  Json json = Json::object();
  json.set("minReaderVersion", protocol.min_reader_version).set("minWriterVersion", protocol.min_writer_version);
  if (protocol.reader_features) json.set("readerFeatures", Json::strings(*protocol.reader_features));
  if (protocol.writer_features) json.set("writerFeatures", Json::strings(*protocol.writer_features));
  return json;
}

Json body(const Txn& txn) {
  Json json = Json::object();
  json.set("appId", txn.app_id).set("version", txn.version);
  set_if(json, "lastUpdated", txn.last_updated_ms);
  return json;
}

Json body(const DomainMetadata& domain) {
  Json json = Json::object();
  json.set("domain", domain.domain).set("configuration", domain.configuration);
  return json.set("removed", domain.removed);
}

Json body(const Cdc& cdc) {
  Json json = Json::object();
  json.set("path", cdc.path).set("partitionValues", partition_json(cdc.partition_values));
  return json.set("size", cdc.size_bytes).set("dataChange", false);
}

Json body(const CommitInfo& info) { return info.fields; }

constexpr std::string_view name_of(const CommitInfo&) { return "commitInfo"; }
constexpr std::string_view name_of(const Protocol&) { return "protocol"; }
constexpr std::string_view name_of(const Metadata&) { return "metaData"; }
constexpr std::string_view name_of(const Txn&) { return "txn"; }
constexpr std::string_view name_of(const Add&) { return "add"; }
constexpr std::string_view name_of(const Remove&) { return "remove"; }
constexpr std::string_view name_of(const DomainMetadata&) { return "domainMetadata"; }
constexpr std::string_view name_of(const Cdc&) { return "cdc"; }

}  // namespace

Json to_json(const Action& action) {
  Json json = Json::object();
  std::visit([&](const auto& value) { json.set(name_of(value), body(value)); }, action);
  return json;
}

std::string to_json_line(const Action& action) { return to_json(action).dump(); }

std::string write_commit(const std::vector<Action>& actions) {
  std::string text;
  for (const auto& action : actions) {
    to_json(action).dump_to(text);
    text += '\n';
  }
  return text;
}

}  // namespace weir::lake
