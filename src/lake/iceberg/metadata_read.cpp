#include "lake/iceberg/metadata_read.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <filesystem>

#include "base/error.h"
#include "base/gzip.h"
#include "base/text.h"
#include "base/time.h"
#include "lake/iceberg/table_metadata.h"
#include "store/remote_uri.h"

namespace weir::lake::iceberg {

namespace {

constexpr size_t most_metadata = size_t{1} << 30;

[[noreturn]] void bad(const std::string& place, const std::string& problem, const std::string& hint = {}) {
  throw Error(ErrorCode::bad_iceberg, place + ": " + problem, hint);
}

bool is_metadata_name(std::string_view name) {
  return name.ends_with(".metadata.json") || name.ends_with(".metadata.json.gz");
}

// "v12.metadata.json", "00012-<uuid>.metadata.json", "12.gz.metadata.json": 12.
std::optional<int64_t> number_of(std::string_view name) {
  if (!is_metadata_name(name)) return std::nullopt;
  if (name.starts_with('v')) name.remove_prefix(1);
  const auto digits = static_cast<size_t>(
      std::find_if(name.begin(), name.end(), [](unsigned char c) { return !std::isdigit(c); }) - name.begin());
  return parse_int(name.substr(0, digits));
}

// The same for all spellings of a place.
std::string plain_uri(std::string uri) {
  for (const std::string_view scheme : {"s3a://", "s3n://"})
    if (uri.starts_with(scheme)) uri = "s3://" + uri.substr(scheme.size());
  for (const std::string_view scheme : {"file://", "file:"})
    if (uri.starts_with(scheme)) {
      uri = uri.substr(scheme.size());
      break;
    }
  while (uri.starts_with("//")) uri.erase(0, 1);
  while (uri.starts_with("./")) uri.erase(0, 2);
  while (uri.size() > 1 && uri.ends_with('/')) uri.pop_back();
  return uri;
}

std::optional<std::string> below(const std::string& folder, const std::string& path) {
  if (folder.empty() || !path.starts_with(folder) || path.size() <= folder.size() || path[folder.size()] != '/')
    return std::nullopt;
  return path.substr(folder.size() + 1);
}

class Finder {
 public:
  explicit Finder(const TableLocation& table) : table_(table) {}

  std::string key(const std::string& version) const {
    if (!version.empty()) return named(version, table_.uri());
    if (auto hint = store::read_if_exists(*table_.store, hint_key))
      return named(std::string(trim(*hint)), table_.uri() + "/" + hint_key);
    int64_t highest = -1;
    std::vector<std::string> found;
    const std::string folder = "metadata/";
    for (const auto& object : store::list(*table_.store, folder)) {
      const std::string name = object.key.substr(folder.size());
      const auto number = name.find('/') == std::string::npos ? number_of(name) : std::nullopt;
      if (!number || *number < highest) continue;
      if (*number > highest) found.clear();
      highest = *number;
      found.push_back(object.key);
    }
    if (found.empty()) bad(table_.uri(), "there is no Iceberg table: it has no metadata file in metadata/");
    if (found.size() > 1)
      bad(table_.uri(), fmt::format("which metadata file is current is not to be seen: {} and {}", found[0], found[1]),
          "Name the file that the table's catalogue names.");
    return found[0];
  }

 private:
  // The file of a version, as hints and people name it.
  std::string named(const std::string& version, const std::string& by) const {
    for (const std::string start : {"v", ""})
      for (const std::string ending : {".metadata.json", ".gz.metadata.json", ".metadata.json.gz", ""}) {
        std::string key = "metadata/" + start + version + ending;
        if (table_.store->head(key)) return key;
      }
    bad(by, fmt::format("there is no metadata file of the version \"{}\"", version));
  }

  const TableLocation& table_;
};

// Folder and name of a path.
std::pair<std::string, std::string> parts_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return {".", path};
  return {slash == 0 ? "/" : path.substr(0, slash), path.substr(slash + 1)};
}

}  // namespace

std::optional<int64_t> snapshot_id_in(const Json& json, std::string_view key) {
  const Json* id = json.find(key);
  if (!id || id->is_null()) return std::nullopt;
  const Json::Real* real = id->real();
  uint64_t number = 0;
  if (real && std::from_chars(real->text.data(), real->text.data() + real->text.size(), number).ec == std::errc())
    return static_cast<int64_t>(number);
  return id->as_int();
}

int64_t ReadMetadata::format_version() const { return json.get_int("format-version").value_or(1); }

const Json* ReadMetadata::snapshot(const SnapshotSpec& spec) const {
  const Json* list = json.find("snapshots");
  const Json::Array none;
  const auto& snapshots = list && list->is_array() ? list->as_array() : none;
  auto by_id = [&](int64_t id) -> const Json* {
    for (const auto& snapshot : snapshots)
      if (snapshot_id_in(snapshot, "snapshot-id") == id) return &snapshot;
    std::vector<std::string> ids;
    for (const auto& snapshot : snapshots)
      ids.push_back(std::to_string(snapshot_id_in(snapshot, "snapshot-id").value_or(-1)));
    throw Error(ErrorCode::no_such_version, fmt::format("{} has no snapshot {}", file, id),
                ids.empty() ? "It has none at all." : "It has " + join(ids, ", ") + ".");
  };
  if (spec.snapshot_id) return by_id(*spec.snapshot_id);
  if (spec.ref) {
    const Json* refs = json.find("refs");
    if (const Json* ref = refs ? refs->find(*spec.ref) : nullptr)
      return by_id(snapshot_id_in(*ref, "snapshot-id").value_or(-1));
    std::vector<std::string> names;
    if (refs && refs->is_object())
      for (const auto& [name, ref] : refs->as_object()) names.push_back(name);
    throw Error(ErrorCode::no_such_version, fmt::format("{} has no branch or tag \"{}\"", file, *spec.ref),
                names.empty() ? "It has none at all." : "It has " + join(names, ", ") + ".");
  }
  if (spec.at_ms) {
    // As it was the current one: a snapshot that was rolled back or that another branch has is no version of the table.
    const Json* log = json.find("snapshot-log");
    const Json* last = nullptr;
    if (log && log->is_array())
      for (const auto& entry : log->as_array())
        if (entry.at("timestamp-ms").as_int() <= *spec.at_ms) last = &entry;
    if (last) return by_id(snapshot_id_in(*last, "snapshot-id").value_or(-1));
    throw Error(ErrorCode::no_such_version, fmt::format("{} had no snapshot at {}", file, iso_ms(*spec.at_ms)));
  }
  constexpr int64_t no_snapshot = -1;
  const auto current = snapshot_id_in(json, "current-snapshot-id");
  return current && *current != no_snapshot ? by_id(*current) : nullptr;
}

const Json& ReadMetadata::schema(const Json* snapshot, const SnapshotSpec& spec) const {
  const Json* schemas = json.find("schemas");
  if (!schemas) return json.at("schema");
  auto id = json.get_int("current-schema-id");
  const Json* refs = json.find("refs");
  const Json* ref = spec.ref && refs ? refs->find(*spec.ref) : nullptr;
  const bool of_its_time = spec.snapshot_id || spec.at_ms || (ref && ref->get_string("type") == "tag");
  if (of_its_time && snapshot)
    if (auto then = snapshot->get_int("schema-id")) id = then;
  for (const auto& schema : schemas->as_array())
    if (schema.get_int("schema-id").value_or(0) == id.value_or(0)) return schema;
  bad(file, fmt::format("it has no schema {}", id.value_or(0)));
}

const Json* ReadMetadata::field_of_any_schema(int64_t id) const {
  const Json* schemas = json.find("schemas");
  const auto in = [&](const Json& schema) -> const Json* {
    for (const auto& field : schema.at("fields").as_array())
      if (field.at("id").as_int() == id) return &field;
    return nullptr;
  };
  if (!schemas) return in(json.at("schema"));
  const auto& all = schemas->as_array();
  for (auto schema = all.rbegin(); schema != all.rend(); ++schema)
    if (const Json* field = in(*schema)) return field;
  return nullptr;
}

const Json& ReadMetadata::spec(int64_t spec_id) const {
  if (const Json* specs = json.find("partition-specs")) {
    for (const auto& spec : specs->as_array())
      if (spec.get_int("spec-id").value_or(0) == spec_id) return spec.at("fields");
    bad(file, fmt::format("it has no partition spec {}", spec_id));
  }
  return json.at("partition-spec");
}

std::string ReadMetadata::property(const std::string& name) const {
  const Json* properties = json.find("properties");
  return properties ? properties->get_string(name).value_or("") : "";
}

std::optional<std::string> ReadMetadata::relative(const std::string& path) const {
  const std::string plain = plain_uri(path);
  auto inside = below(plain_uri(json.get_string("location").value_or("")), plain);
  return inside ? inside : below(plain_uri(table.uri()), plain);
}

std::string ReadMetadata::uri_of(const std::string& path) const {
  std::string uri = meant_by(path);
  if (guard) guard(uri);
  return uri;
}

std::string ReadMetadata::meant_by(const std::string& path) const {
  if (auto inside = relative(path)) return table.uri() + "/" + *inside;
  std::string plain = plain_uri(path);
  if (plain.starts_with('/') || store::is_remote_uri(plain)) return plain;
  if (store::is_remote_uri(table.uri()))
    bad(file, fmt::format("it names \"{}\", which lies neither in the table's folder nor at an absolute place", path));
  return std::filesystem::absolute(plain).lexically_normal().string();
}

ReadMetadata::Place ReadMetadata::place_of(const std::string& path) const {
  const std::string uri = uri_of(path);
  if (auto inside = relative(path)) return {table.store, table.key(*inside)};
  if (uri.starts_with('/')) return {store::open("/"), uri.substr(1)};
  const auto [folder, name] = parts_of(uri);
  return {store::open(folder), name};
}

std::string ReadMetadata::read(const std::string& path) const {
  const Place place = place_of(path);
  if (auto bytes = store::read_if_exists(*place.store, place.key)) return std::move(*bytes);
  bad(file, fmt::format("{} is not there, which the snapshot needs", uri_of(path)));
}

ReadMetadata read_metadata(const std::string& path, const std::string& version, PlaceGuard guard) {
  ReadMetadata metadata;
  const std::string plain = plain_uri(path);
  if (guard) guard(plain);
  metadata.guard = std::move(guard);
  std::string root = plain, key;
  if (is_metadata_name(plain) || plain.ends_with(".json")) {
    const auto [folder, name] = parts_of(plain);
    root = parts_of(folder).first;
    const std::string last = parts_of(folder).second;
    if (folder == "." || last == ".") root = "..";
    key = (folder == "." ? std::string("metadata") : last) + "/" + name;
  }
  metadata.table.store = store::open(root);
  if (key.empty()) key = Finder(metadata.table).key(version);
  metadata.file = metadata.table.uri() + "/" + key;
  if (metadata.guard) metadata.guard(metadata.file);  // a link may lead elsewhere
  auto bytes = store::read_if_exists(*metadata.table.store, key);
  if (!bytes) bad(metadata.file, "there is no such metadata file");
  if (is_gzip(*bytes)) {
    bytes = gunzip(*bytes, most_metadata);
    if (!bytes) bad(metadata.file, "it is damaged: it cannot be unpacked");
  }
  try {
    metadata.json = Json::parse(*bytes);
    if (!metadata.json.is_object() || (!metadata.json.find("schemas") && !metadata.json.find("schema")))
      bad(metadata.file, "it is no metadata of an Iceberg table");
  } catch (const Error& error) {
    if (error.code() != ErrorCode::bad_json) throw;
    bad(metadata.file, error.message());
  }
  constexpr int64_t highest_format = 3;
  if (metadata.format_version() > highest_format)
    throw Error(ErrorCode::iceberg_unsupported,
                fmt::format("{}: format version {}", metadata.file, metadata.format_version()));
  return metadata;
}

}  // namespace weir::lake::iceberg
