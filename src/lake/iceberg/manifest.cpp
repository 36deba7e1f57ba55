#include "lake/iceberg/manifest.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/error.h"
#include "base/text.h"
#include "lake/iceberg/values.h"

namespace weir::lake::iceberg {

namespace {

using format::avro::Type;
using format::avro::Value;

Json field(int64_t id, const char* name, Json type) {
  return std::move(Json::object().set("name", name).set("type", std::move(type)).set("field-id", id));
}

Json or_null(Json type) {
  Json either = Json::array();
  either.push_back("null");
  either.push_back(std::move(type));
  return either;
}

Json optional_field(int64_t id, const char* name, Json type) {
  Json result = field(id, name, or_null(std::move(type)));
  return std::move(result.set("default", Json()));
}

Json record(const std::string& name, Json::Array fields) {
  return std::move(Json::object().set("type", "record").set("name", name).set("fields", Json(std::move(fields))));
}

// A map whose keys are field ids: an array of pairs, as Avro's maps have texts for keys only.
Json map_of_ids(int64_t key_id, int64_t value_id, const char* value_type) {
  Json pair = record(fmt::format("k{}_v{}", key_id, value_id),
                     {field(key_id, "key", "int"), field(value_id, "value", value_type)});
  return std::move(Json::object().set("type", "array").set("items", std::move(pair)).set("logicalType", "map"));
}

// Avro's names are narrower than Iceberg's; readers go by the ids.
std::string avro_name(const std::string& name) {
  std::string result;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = byte < 0x80 && (std::isalpha(byte) || byte == '_' || (!result.empty() && std::isdigit(byte)));
    result += plain ? std::string(1, c) : fmt::format("_x{:02X}", byte);
  }
  return result;
}

Json partition_record(const ManifestSchema& schema) {
  Json::Array fields;
  const auto& spec_fields = schema.spec.at("fields").as_array();
  for (size_t i = 0; i < spec_fields.size(); ++i) {
    const int64_t id = spec_fields[i].at("field-id").as_int();
    Json type = partition_type(schema.types.at(i));
    if (type.find("name")) type.set("name", fmt::format("{}_{}", type.at("name").as_string(), id));
    fields.push_back(optional_field(id, avro_name(spec_fields[i].at("name").as_string()).c_str(), std::move(type)));
  }
  return record("r102", std::move(fields));
}

Json entry_schema(const ManifestSchema& schema) {
  Json data_file = record("r2", {field(134, "content", "int"), field(100, "file_path", "string"),
                                 field(101, "file_format", "string"), field(102, "partition", partition_record(schema)),
                                 field(103, "record_count", "long"), field(104, "file_size_in_bytes", "long"),
                                 optional_field(109, "value_counts", map_of_ids(119, 120, "long")),
                                 optional_field(110, "null_value_counts", map_of_ids(121, 122, "long")),
                                 optional_field(125, "lower_bounds", map_of_ids(126, 127, "bytes")),
                                 optional_field(128, "upper_bounds", map_of_ids(129, 130, "bytes"))});
  return record("manifest_entry",
                {field(0, "status", "int"), optional_field(1, "snapshot_id", "long"),
                 optional_field(3, "sequence_number", "long"), optional_field(4, "file_sequence_number", "long"),
                 field(2, "data_file", std::move(data_file))});
}

template <typename T>
Value pairs_of(const std::map<int64_t, T>& map) {
  Value::List list;
  for (const auto& [key, value] : map) list.push_back({Value::List{{key}, {value}}});
  return {std::move(list)};
}

Value partition_of(const Entry& entry, const std::vector<DataType>& types) {
  Value::List values = entry.partition.list() ? *entry.partition.list() : Value::List();
  for (size_t i = 0; i < std::min(values.size(), types.size()); ++i) widen_partition_value(types[i], values[i]);
  return {std::move(values)};
}

Value row_of(const Entry& entry, const std::vector<DataType>& types, int64_t snapshot_id) {
  // The numbers of what the snapshot itself adds are those of the list that names the manifest.
  const bool inherits = entry.status == EntryStatus::added && entry.snapshot_id == snapshot_id;
  const Value sequence = inherits ? Value() : Value{entry.sequence_number};
  Value::List file{{int64_t{0}},
                   {entry.path},
                   {std::string("PARQUET")},
                   partition_of(entry, types),
                   {entry.rows},
                   {entry.bytes},
                   pairs_of(entry.value_counts),
                   pairs_of(entry.null_counts),
                   pairs_of(entry.lower_bounds),
                   pairs_of(entry.upper_bounds)};
  return {
      Value::List{{static_cast<int64_t>(entry.status)}, {entry.snapshot_id}, sequence, sequence, {std::move(file)}}};
}

// A record of a file as it is read, by field ids.
class Record {
 public:
  Record(const Type& type, const Value& value, std::string_view file) : type_(type), value_(value), file_(file) {
    if (type.kind != format::avro::Kind::record || !value.list())
      throw Error(ErrorCode::bad_avro, fmt::format("{}: its rows are no records", file));
  }

  const Value* find(int64_t id, const char* name) const {
    const auto place = type_.find(id, name);
    return place ? &(*value_.list())[*place] : nullptr;
  }
  int64_t whole(int64_t id, const char* name, std::optional<int64_t> otherwise = std::nullopt) const {
    const Value* found = find(id, name);
    if (found && found->whole()) return *found->whole();
    if (!otherwise) missing(name);
    return *otherwise;
  }
  std::string text(int64_t id, const char* name) const {
    const Value* found = find(id, name);
    if (!found || !found->text()) missing(name);
    return *found->text();
  }
  Record record(int64_t id, const char* name) const {
    const auto place = type_.find(id, name);
    if (!place) missing(name);
    return {record_of(type_.fields[*place].type), (*value_.list())[*place], file_};
  }
  const Value& value() const { return value_; }

 private:
  // A record that may be null is looked at as one.
  static const Type& record_of(const Type& type) {
    for (const auto& part : type.parts)
      if (type.kind == format::avro::Kind::union_ && part.kind == format::avro::Kind::record) return part;
    return type;
  }
  [[noreturn]] void missing(const char* name) const {
    throw Error(ErrorCode::bad_avro, fmt::format("{}: \"{}\" is missing or of another type", file_, name));
  }
  const Type& type_;
  const Value& value_;
  std::string_view file_;
};

template <typename T>
std::map<int64_t, T> map_of(const Value* value) {
  std::map<int64_t, T> map;
  if (!value || !value->list()) return map;
  for (const auto& item : *value->list()) {
    const auto* pair = item.list();
    if (!pair || pair->size() != 2) continue;
    const auto* key = (*pair)[0].whole();
    const auto* held = std::get_if<T>(&(*pair)[1].data);
    if (key && held) map[*key] = *held;
  }
  return map;
}

Entry entry_of(const Record& row, const ManifestFile& manifest) {
  const Record file = row.record(2, "data_file");
  Entry entry;
  const int64_t status = row.whole(0, "status");
  entry.status = status == 1 ? EntryStatus::added : status == 2 ? EntryStatus::deleted : EntryStatus::existing;
  entry.snapshot_id = row.whole(1, "snapshot_id", manifest.snapshot_id);
  entry.sequence_number = row.whole(3, "sequence_number", manifest.sequence_number);
  entry.path = file.text(100, "file_path");
  const auto* partition = file.find(102, "partition");
  entry.partition = partition && partition->list() ? *partition : Value{Value::List()};
  entry.rows = file.whole(103, "record_count");
  entry.bytes = file.whole(104, "file_size_in_bytes");
  entry.value_counts = map_of<int64_t>(file.find(109, "value_counts"));
  entry.null_counts = map_of<int64_t>(file.find(110, "null_value_counts"));
  entry.lower_bounds = map_of<std::string>(file.find(125, "lower_bounds"));
  entry.upper_bounds = map_of<std::string>(file.find(128, "upper_bounds"));
  const int64_t content = file.whole(134, "content", 0);
  entry.content = content == 1 ? Content::position_deletes : content == 2 ? Content::equality_deletes : Content::data;
  entry.format = upper(file.text(101, "file_format"));
  const auto* key_metadata = file.find(131, "key_metadata");
  entry.encrypted = key_metadata && !key_metadata->is_null();
  if (const auto* ids = file.find(135, "equality_ids"); ids && ids->list())
    for (const auto& id : *ids->list())
      if (const auto* whole = id.whole()) entry.equality_ids.push_back(*whole);
  if (const auto* path = file.find(143, "referenced_data_file"); path && path->text())
    entry.referenced_file = *path->text();
  entry.blob_offset = file.whole(144, "content_offset", 0);
  entry.blob_bytes = file.whole(145, "content_size_in_bytes", 0);
  return entry;
}

Json list_schema() {
  Json::Array fields{field(500, "manifest_path", "string")};
  const auto add = [&](int64_t id, const char* name, const char* type) { fields.push_back(field(id, name, type)); };
  add(501, "manifest_length", "long");
  add(502, "partition_spec_id", "int");
  add(517, "content", "int");
  add(515, "sequence_number", "long");
  add(516, "min_sequence_number", "long");
  add(503, "added_snapshot_id", "long");
  add(504, "added_files_count", "int");
  add(505, "existing_files_count", "int");
  add(506, "deleted_files_count", "int");
  add(512, "added_rows_count", "long");
  add(513, "existing_rows_count", "long");
  add(514, "deleted_rows_count", "long");
  return record("manifest_file", std::move(fields));
}

}  // namespace

std::string manifest_bytes(const ManifestSchema& schema, const std::vector<Entry>& entries, int64_t snapshot_id) {
  format::avro::Properties more;
  more["schema"] = schema.schema.dump();
  more["schema-id"] = std::to_string(schema.schema.at("schema-id").as_int());
  more["partition-spec"] = schema.spec.at("fields").dump();
  more["partition-spec-id"] = std::to_string(schema.spec.at("spec-id").as_int());
  more["format-version"] = "2";
  more["content"] = "data";
  std::vector<Value> rows;
  rows.reserve(entries.size());
  for (const auto& entry : entries) rows.push_back(row_of(entry, schema.types, snapshot_id));
  return format::avro::write(entry_schema(schema), more, rows);
}

std::vector<Entry> read_manifest(std::string_view bytes, const ManifestFile& file) {
  std::vector<Entry> entries;
  format::avro::read(bytes, file.path, [&](const Type& type, const Value& row) {
    entries.push_back(entry_of(Record(type, row, file.path), file));
  });
  return entries;
}

std::string manifest_list_bytes(const std::vector<ManifestFile>& manifests, int64_t snapshot_id, int64_t parent_id,
                                int64_t sequence_number) {
  format::avro::Properties more{{"format-version", "2"},
                                {"snapshot-id", std::to_string(snapshot_id)},
                                {"parent-snapshot-id", parent_id == 0 ? "null" : std::to_string(parent_id)},
                                {"sequence-number", std::to_string(sequence_number)}};
  std::vector<Value> rows;
  rows.reserve(manifests.size());
  for (const auto& file : manifests)
    rows.push_back({Value::List{{file.path},
                                {file.bytes},
                                {file.spec_id},
                                {int64_t{0}},
                                {file.sequence_number},
                                {file.min_sequence_number},
                                {file.snapshot_id},
                                {file.added_files},
                                {file.existing_files},
                                {file.deleted_files},
                                {file.added_rows},
                                {file.existing_rows},
                                {file.deleted_rows}}});
  return format::avro::write(list_schema(), more, rows);
}

std::vector<ManifestFile> read_manifest_list(std::string_view bytes, const std::string& name) {
  std::vector<ManifestFile> manifests;
  format::avro::read(bytes, name, [&](const Type& type, const Value& value) {
    const Record row(type, value, name);
    ManifestFile file;
    file.path = row.text(500, "manifest_path");
    file.bytes = row.whole(501, "manifest_length");
    file.spec_id = row.whole(502, "partition_spec_id");
    file.of_deletes = row.whole(517, "content", 0) == 1;
    file.snapshot_id = row.whole(503, "added_snapshot_id", 0);
    // Version 1 has no numbers, and may leave counts out.
    file.sequence_number = row.whole(515, "sequence_number", 0);
    file.min_sequence_number = row.whole(516, "min_sequence_number", 0);
    file.added_files = row.whole(504, "added_files_count", 0);
    file.existing_files = row.whole(505, "existing_files_count", 0);
    file.deleted_files = row.whole(506, "deleted_files_count", 0);
    file.added_rows = row.whole(512, "added_rows_count", 0);
    file.existing_rows = row.whole(513, "existing_rows_count", 0);
    file.deleted_rows = row.whole(514, "deleted_rows_count", 0);
    manifests.push_back(std::move(file));
  });
  return manifests;
}

ManifestFile describe(const std::vector<Entry>& entries, int64_t spec_id, int64_t snapshot_id,
                      int64_t sequence_number) {
  ManifestFile file;
  file.spec_id = spec_id;
  file.snapshot_id = snapshot_id;
  file.sequence_number = file.min_sequence_number = sequence_number;
  for (const auto& entry : entries) {
    if (entry.status == EntryStatus::deleted) {
      ++file.deleted_files;
      file.deleted_rows += entry.rows;
      continue;
    }
    const bool added = entry.status == EntryStatus::added;
    (added ? file.added_files : file.existing_files) += 1;
    (added ? file.added_rows : file.existing_rows) += entry.rows;
    file.min_sequence_number = std::min(file.min_sequence_number, entry.sequence_number);
  }
  return file;
}

}  // namespace weir::lake::iceberg
