#include "lake/iceberg/manifest.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>

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
  Json::Array file{field(134, "content", "int"),
                   field(100, "file_path", "string"),
                   field(101, "file_format", "string"),
                   field(102, "partition", partition_record(schema)),
                   field(103, "record_count", "long"),
                   field(104, "file_size_in_bytes", "long"),
                   optional_field(109, "value_counts", map_of_ids(119, 120, "long")),
                   optional_field(110, "null_value_counts", map_of_ids(121, 122, "long")),
                   optional_field(125, "lower_bounds", map_of_ids(126, 127, "bytes")),
                   optional_field(128, "upper_bounds", map_of_ids(129, 130, "bytes"))};
  if (schema.format_version >= format_with_vectors) {
    file.push_back(optional_field(142, "first_row_id", "long"));
    file.push_back(optional_field(143, "referenced_data_file", "string"));
    file.push_back(optional_field(144, "content_offset", "long"));
    file.push_back(optional_field(145, "content_size_in_bytes", "long"));
  }
  return record("manifest_entry",
                {field(0, "status", "int"), optional_field(1, "snapshot_id", "long"),
                 optional_field(3, "sequence_number", "long"), optional_field(4, "file_sequence_number", "long"),
                 field(2, "data_file", record("r2", std::move(file)))});
}

template <typename T>
Value pairs_of(const std::map<int64_t, T>& map) {
  if (map.empty()) return {};
  Value::List list;
  for (const auto& [key, value] : map) list.push_back({Value::List{{key}, {value}}});
  return {std::move(list)};
}

template <typename T>
Value or_nothing(const std::optional<T>& value) {
  return value ? Value{*value} : Value();
}

Value partition_of(const Entry& entry, const std::vector<DataType>& types) {
  Value::List values = entry.partition.list() ? *entry.partition.list() : Value::List();
  for (size_t i = 0; i < std::min(values.size(), types.size()); ++i) widen_partition_value(types[i], values[i]);
  return {std::move(values)};
}

// The row ids that a manifest gives, in its order, to the data files that have none of their own.
struct GivenIds {
  std::optional<int64_t> next;
  // Whether the file gets by it the id that it has.
  bool take(const Entry& entry) {
    if (!next || entry.status != EntryStatus::added || entry.first_row_id != next) return false;
    *next += entry.rows;
    return true;
  }
};

Value row_of(const Entry& entry, const ManifestSchema& schema, const ManifestFile& manifest, GivenIds& ids) {
  // The numbers of what the snapshot itself adds are those of the list that names the manifest.
  const bool added = entry.status == EntryStatus::added && entry.snapshot_id == manifest.snapshot_id;
  const bool inherits = added && entry.sequence_number == manifest.sequence_number;
  Value::List file{{static_cast<int64_t>(entry.content)},
                   {entry.path},
                   {entry.format},
                   partition_of(entry, schema.types),
                   {entry.rows},
                   {entry.bytes},
                   pairs_of(entry.value_counts),
                   pairs_of(entry.null_counts),
                   pairs_of(entry.lower_bounds),
                   pairs_of(entry.upper_bounds)};
  if (schema.format_version >= format_with_vectors) {
    const bool vector = entry.content != Content::data;
    file.push_back(ids.take(entry) ? Value() : or_nothing(entry.first_row_id));
    file.push_back(vector ? Value{entry.referenced_file} : Value());
    file.push_back(vector ? Value{entry.blob_offset} : Value());
    file.push_back(vector ? Value{entry.blob_bytes} : Value());
  }
  return {Value::List{{static_cast<int64_t>(entry.status)},
                      {entry.snapshot_id},
                      inherits ? Value() : Value{entry.sequence_number},
                      added ? Value() : Value{entry.file_sequence_number},
                      {std::move(file)}}};
}

// Of the field at this place of the partitions.
FieldSummary summary_of(const std::vector<Entry>& entries, const DataType& type, size_t place) {
  FieldSummary summary;
  summary.contains_nan = false;
  const Value *lowest = nullptr, *highest = nullptr;
  for (const auto& entry : entries) {
    const auto* values = entry.partition.list();
    if (!values || place >= values->size() || (*values)[place].is_null()) {
      summary.contains_null = true;
      continue;
    }
    const Value& value = (*values)[place];
    if (value.real() && std::isnan(*value.real())) {
      summary.contains_nan = true;
      continue;
    }
    if (!lowest || is_lower(type, value, *lowest)) lowest = &value;
    if (!highest || is_lower(type, *highest, value)) highest = &value;
  }
  if (lowest) summary.lower = partition_bound(type, *lowest, false);
  if (highest) summary.upper = partition_bound(type, *highest, true);
  return summary;
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
    return {branch(type_.fields[*place].type, format::avro::Kind::record), (*value_.list())[*place], file_};
  }
  std::vector<Record> records(int64_t id, const char* name) const {
    std::vector<Record> found;
    const auto place = type_.find(id, name);
    if (!place || !(*value_.list())[*place].list()) return found;
    const Type& array = branch(type_.fields[*place].type, format::avro::Kind::array);
    if (array.kind != format::avro::Kind::array) missing(name);
    for (const auto& item : *(*value_.list())[*place].list()) found.emplace_back(array.parts.at(0), item, file_);
    return found;
  }
  const Value& value() const { return value_; }

 private:
  // What may be null is looked at as what it else is.
  static const Type& branch(const Type& type, format::avro::Kind kind) {
    for (const auto& part : type.parts)
      if (type.kind == format::avro::Kind::union_ && part.kind == kind) return part;
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
  entry.file_sequence_number = row.whole(4, "file_sequence_number", manifest.sequence_number);
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
  if (const auto* id = file.find(142, "first_row_id"); id && id->whole()) entry.first_row_id = *id->whole();
  entry.blob_offset = file.whole(144, "content_offset", 0);
  entry.blob_bytes = file.whole(145, "content_size_in_bytes", 0);
  return entry;
}

Json list_schema(int64_t format_version) {
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
  Json summary =
      record("r508", {field(509, "contains_null", "boolean"), optional_field(518, "contains_nan", "boolean"),
                      optional_field(510, "lower_bound", "bytes"), optional_field(511, "upper_bound", "bytes")});
  Json summaries = Json::object().set("type", "array").set("items", std::move(summary)).set("element-id", 508);
  fields.push_back(optional_field(507, "partitions", std::move(summaries)));
  if (format_version >= format_with_vectors) fields.push_back(optional_field(520, "first_row_id", "long"));
  return record("manifest_file", std::move(fields));
}

Value summaries_of(const ManifestFile& file) {
  if (!file.partitions) return {};
  Value::List list;
  for (const auto& field : *file.partitions)
    list.push_back({Value::List{
        {field.contains_null}, or_nothing(field.contains_nan), or_nothing(field.lower), or_nothing(field.upper)}});
  return {std::move(list)};
}

std::vector<FieldSummary> summaries_in(const Record& row) {
  std::vector<FieldSummary> summaries;
  for (const auto& field : row.records(507, "partitions")) {
    FieldSummary summary;
    const auto text = [&](int64_t id, const char* name) -> std::optional<std::string> {
      const auto* found = field.find(id, name);
      return found && found->text() ? std::optional(*found->text()) : std::nullopt;
    };
    const auto flag = [&](int64_t id, const char* name) -> std::optional<bool> {
      const auto* found = field.find(id, name);
      return found && found->boolean() ? std::optional(*found->boolean()) : std::nullopt;
    };
    summary.contains_null = flag(509, "contains_null").value_or(true);
    summary.contains_nan = flag(518, "contains_nan");
    summary.lower = text(510, "lower_bound");
    summary.upper = text(511, "upper_bound");
    summaries.push_back(std::move(summary));
  }
  return summaries;
}

}  // namespace

ManifestFile describe(const ManifestSchema& schema, const std::vector<Entry>& entries, const Writer& writer) {
  ManifestFile file;
  file.of_deletes = !entries.empty() && entries.front().content != Content::data;
  file.spec_id = schema.spec.at("spec-id").as_int();
  file.snapshot_id = writer.snapshot_id;
  file.sequence_number = file.min_sequence_number = writer.sequence_number;
  file.first_row_id = writer.first_row_id;
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
  file.partitions.emplace();
  for (size_t i = 0; i < schema.types.size(); ++i) file.partitions->push_back(summary_of(entries, schema.types[i], i));
  return file;
}

int64_t rows_given_ids(const std::vector<Entry>& entries, const ManifestFile& file) {
  GivenIds ids{file.first_row_id};
  for (const auto& entry : entries) ids.take(entry);
  return ids.next ? *ids.next - *file.first_row_id : 0;
}

std::string manifest_bytes(const ManifestSchema& schema, const std::vector<Entry>& entries, const ManifestFile& file) {
  format::avro::Properties more;
  more["schema"] = schema.schema.dump();
  more["schema-id"] = std::to_string(schema.schema.at("schema-id").as_int());
  more["partition-spec"] = schema.spec.at("fields").dump();
  more["partition-spec-id"] = std::to_string(schema.spec.at("spec-id").as_int());
  more["format-version"] = std::to_string(schema.format_version);
  more["content"] = file.of_deletes ? "deletes" : "data";
  std::vector<Value> rows;
  rows.reserve(entries.size());
  GivenIds ids{file.first_row_id};
  for (const auto& entry : entries) rows.push_back(row_of(entry, schema, file, ids));
  return format::avro::write(entry_schema(schema), more, rows);
}

std::vector<Entry> read_manifest(std::string_view bytes, const ManifestFile& file) {
  std::vector<Entry> entries;
  auto next_row_id = file.first_row_id;
  format::avro::read(bytes, file.path, [&](const Type& type, const Value& row) {
    Entry entry = entry_of(Record(type, row, file.path), file);
    if (next_row_id && !entry.first_row_id && entry.content == Content::data) {
      entry.first_row_id = next_row_id;
      *next_row_id += entry.rows;
    }
    entries.push_back(std::move(entry));
  });
  return entries;
}

std::string manifest_list_bytes(const std::vector<ManifestFile>& manifests, const ListHead& head) {
  format::avro::Properties more{{"format-version", std::to_string(head.format_version)},
                                {"snapshot-id", std::to_string(head.snapshot_id)},
                                {"parent-snapshot-id", head.parent_id == 0 ? "null" : std::to_string(head.parent_id)},
                                {"sequence-number", std::to_string(head.sequence_number)}};
  if (head.first_row_id) more["first-row-id"] = std::to_string(*head.first_row_id);
  std::vector<Value> rows;
  rows.reserve(manifests.size());
  for (const auto& file : manifests) {
    Value::List row{{file.path},
                    {file.bytes},
                    {file.spec_id},
                    {int64_t{file.of_deletes ? 1 : 0}},
                    {file.sequence_number},
                    {file.min_sequence_number},
                    {file.snapshot_id},
                    {file.added_files},
                    {file.existing_files},
                    {file.deleted_files},
                    {file.added_rows},
                    {file.existing_rows},
                    {file.deleted_rows},
                    summaries_of(file)};
    if (head.format_version >= format_with_vectors) row.push_back(or_nothing(file.first_row_id));
    rows.push_back({std::move(row)});
  }
  return format::avro::write(list_schema(head.format_version), more, rows);
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
    if (const auto* id = row.find(520, "first_row_id"); id && id->whole()) file.first_row_id = *id->whole();
    if (const auto* list = row.find(507, "partitions"); list && list->list()) file.partitions = summaries_in(row);
    manifests.push_back(std::move(file));
  });
  return manifests;
}

}  // namespace weir::lake::iceberg
