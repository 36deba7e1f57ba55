#include "lake/iceberg/table_metadata.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <functional>

#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"
#include "lake/iceberg/compat.h"
#include "lake/iceberg/field_ids.h"
#include "lake/iceberg/values.h"

namespace weir::lake::iceberg {

namespace {

constexpr int64_t first_partition_id = 1000;
constexpr size_t most_noted_files = 100;

// As it is where it is one, else one made of it.
std::string table_uuid(const std::string& id) {
  const auto is_uuid = [](const std::string& text) {
    constexpr std::string_view form = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    if (text.size() != form.size()) return false;
    for (size_t i = 0; i < form.size(); ++i)
      if (form[i] == '-' ? text[i] != '-' : !std::isxdigit(static_cast<unsigned char>(text[i]))) return false;
    return true;
  };
  if (is_uuid(id)) return lower(id);
  const std::string hash = sha256_hex(id);
  return fmt::format("{}-{}-{}-{}-{}", hash.substr(0, 8), hash.substr(8, 4), hash.substr(12, 4), hash.substr(16, 4),
                     hash.substr(20, 12));
}

Json list_of(const Json& json, const char* key) {
  const Json* found = json.find(key);
  return found && found->is_array() ? *found : Json::array();
}

int64_t highest_id(const Schema& schema) {
  int64_t highest = 0;
  Schema copy = schema;
  copy.each_field([&](Field& field) { highest = std::max(highest, field.id().value_or(0)); });
  return highest;
}

// The place of the schema among those known, added if it is new.
int64_t schema_id(Json& schemas, const Schema& schema) {
  const Json fields = schema_fields(schema);
  int64_t next = 0;
  for (const auto& known : schemas.as_array()) {
    if (known.at("fields") == fields) return known.at("schema-id").as_int();
    next = std::max(next, known.at("schema-id").as_int() + 1);
  }
  Json added = Json::object().set("type", "struct").set("schema-id", next);
  schemas.push_back(std::move(added.set("fields", fields)));
  return next;
}

std::vector<const Field*> partition_fields(const Metadata& metadata, const Schema& schema) {
  std::vector<const Field*> fields;
  for (const auto& column : metadata.partition_columns)
    if (const Field* field = schema.find(column)) fields.push_back(field);
  return fields;
}

bool has_sources(const Json& spec, const std::vector<const Field*>& fields) {
  const auto& own = spec.at("fields").as_array();
  return own.size() == fields.size() && std::equal(own.begin(), own.end(), fields.begin(), [](auto& a, auto* b) {
           return a.at("source-id").as_int() == b->id();
         });
}

// The same for the partition spec. A renamed column takes the name of its partition field along.
int64_t spec_id(Json& specs, const std::vector<const Field*>& fields, int64_t& last_partition_id) {
  int64_t next = 0;
  for (auto& known : specs.as_array()) {
    next = std::max(next, known.at("spec-id").as_int() + 1);
    if (!has_sources(known, fields)) continue;
    auto& own = known.find("fields")->as_array();
    for (size_t i = 0; i < own.size(); ++i) own[i].set("name", fields[i]->name);
    return known.at("spec-id").as_int();
  }
  Json list = Json::array();
  for (const auto* field : fields) {
    Json part = Json::object().set("source-id", field->id().value_or(0)).set("field-id", ++last_partition_id);
    list.push_back(std::move(part.set("name", field->name).set("transform", "identity")));
  }
  specs.push_back(std::move(Json::object().set("spec-id", next).set("fields", std::move(list))));
  return next;
}

Json find_by(const Json& list, const char* key, int64_t id) {
  for (const auto& item : list.as_array())
    if (item.get_int(key) == id) return item;
  return {};
}

void keep_if(Json& list, const std::function<bool(const Json&)>& test) {
  auto& items = list.as_array();
  items.erase(std::remove_if(items.begin(), items.end(), [&](const Json& item) { return !test(item); }), items.end());
}

}  // namespace

int64_t snapshot_id_of(const Metadata& metadata, int64_t version) {
  const std::string hash = md5_bytes(fmt::format("{}:{}", metadata.id, version));
  uint64_t id = 0;
  for (size_t i = 0; i < sizeof(id); ++i) id = id << 8 | static_cast<uint8_t>(hash[i]);
  return static_cast<int64_t>(id >> 1 | 1);  // positive
}

TableMetadata TableMetadata::next(const TableMetadata* before, const Metadata& metadata, const std::string& location,
                                  int64_t version, int64_t time_ms) {
  const Json old = before ? before->json : Json::object();
  const Schema schema = with_nested_ids(metadata.schema);
  Json schemas = list_of(old, "schemas"), specs = list_of(old, "partition-specs");
  int64_t last_partition_id = old.get_int("last-partition-id").value_or(first_partition_id - 1);
  const int64_t schema_now = schema_id(schemas, schema);
  const int64_t spec_now = spec_id(specs, partition_fields(metadata, schema), last_partition_id);
  Json properties = Json::object();
  properties.set("write.format.default", "parquet").set(version_property, std::to_string(version));
  TableMetadata result;
  Json& json = result.json;
  // The versions of rows, which files of format version 3 hold, are those of the Delta table.
  const int format = iceberg::format_version(metadata.configuration);
  const bool third = format >= format_with_vectors;
  json.set("format-version", format).set("table-uuid", table_uuid(metadata.id)).set("location", location);
  json.set("last-sequence-number", third ? version : version + 1).set("last-updated-ms", time_ms);
  json.set("last-column-id", std::max(highest_id(schema), old.get_int("last-column-id").value_or(0)));
  json.set("current-schema-id", schema_now).set("schemas", std::move(schemas));
  json.set("default-spec-id", spec_now).set("partition-specs", std::move(specs));
  if (third) json.set("next-row-id", old.get_int("next-row-id").value_or(0));
  json.set("last-partition-id", last_partition_id).set("default-sort-order-id", 0);
  Json unsorted = Json::array();
  unsorted.push_back(std::move(Json::object().set("order-id", 0).set("fields", Json::array())));
  json.set("sort-orders", std::move(unsorted)).set("properties", std::move(properties));
  json.set("snapshots", list_of(old, "snapshots")).set("snapshot-log", list_of(old, "snapshot-log"));
  json.set("metadata-log", list_of(old, "metadata-log"));
  return result;
}

int64_t TableMetadata::version() const {
  const Json* properties = json.find("properties");
  const auto text = properties ? properties->get_string(version_property) : std::nullopt;
  return text ? parse_int(*text).value_or(-1) : -1;
}

int64_t TableMetadata::format_version() const { return json.at("format-version").as_int(); }

int64_t TableMetadata::sequence_number() const { return json.at("last-sequence-number").as_int(); }

int64_t TableMetadata::next_row_id() const { return json.get_int("next-row-id").value_or(0); }

int64_t TableMetadata::updated_ms() const { return json.at("last-updated-ms").as_int(); }

int64_t TableMetadata::snapshot_id() const { return json.get_int("current-snapshot-id").value_or(0); }

std::string TableMetadata::manifest_list() const {
  const Json snapshot = find_by(json.at("snapshots"), "snapshot-id", snapshot_id());
  return snapshot.get_string("manifest-list").value_or("");
}

Json TableMetadata::schema() const {
  return find_by(json.at("schemas"), "schema-id", json.at("current-schema-id").as_int());
}

Json TableMetadata::spec() const {
  return find_by(json.at("partition-specs"), "spec-id", json.at("default-spec-id").as_int());
}

ManifestSchema TableMetadata::manifest_schema(const Metadata& metadata) const {
  ManifestSchema result{format_version(), schema(), spec(), {}};
  for (const auto* field : partition_fields(metadata, metadata.schema)) result.types.push_back(field->type);
  return result;
}

void TableMetadata::add_snapshot(Json snapshot, int64_t oldest_ms) {
  const int64_t id = snapshot.at("snapshot-id").as_int(), time_ms = snapshot.at("timestamp-ms").as_int();
  const auto first_row_id = snapshot.get_int("first-row-id");
  const int64_t added_rows = snapshot.get_int("added-rows").value_or(0);
  Json snapshots = list_of(json, "snapshots"), log = list_of(json, "snapshot-log");
  const auto is_young = [&](const Json& item) { return item.at("timestamp-ms").as_int() >= oldest_ms; };
  keep_if(snapshots, is_young);
  keep_if(log, is_young);
  snapshots.push_back(std::move(snapshot));
  log.push_back(std::move(Json::object().set("timestamp-ms", time_ms).set("snapshot-id", id)));
  json.set("current-snapshot-id", id).set("snapshots", std::move(snapshots)).set("snapshot-log", std::move(log));
  Json main = Json::object().set("snapshot-id", id).set("type", "branch");
  if (first_row_id) json.set("next-row-id", *first_row_id + added_rows);
  json.set("refs", Json::object().set("main", std::move(main)));
}

void TableMetadata::note_file(const std::string& file, int64_t time_ms) {
  Json log = list_of(json, "metadata-log");
  log.push_back(std::move(Json::object().set("timestamp-ms", time_ms).set("metadata-file", file)));
  auto& items = log.as_array();
  if (items.size() > most_noted_files)
    items.erase(items.begin(), items.end() - static_cast<std::ptrdiff_t>(most_noted_files));
  json.set("metadata-log", std::move(log));
}

}  // namespace weir::lake::iceberg
