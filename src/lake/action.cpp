#include "lake/action.h"

#include <fmt/format.h>

#include <cctype>

#include "base/error.h"
#include "base/text.h"

namespace weir::lake {

namespace {

// Joins the segments of a decoded path without "." and empty ones; nullopt if one is "..".
std::optional<std::string> clean_segments(const std::string& path) {
  std::string clean;
  for (const auto& segment : split(path, '/')) {
    if (segment == "..") return std::nullopt;
    if (segment.empty() || segment == ".") continue;
    if (!clean.empty()) clean += '/';
    clean += segment;
  }
  return clean;
}

// Length of "scheme:" if the text starts with a scheme that is followed by '/', else 0. One letter is no scheme.
size_t scheme_length(const std::string& path) {
  size_t i = 0;
  while (i < path.size() &&
         (std::isalnum(static_cast<unsigned char>(path[i])) || path[i] == '+' || path[i] == '-' || path[i] == '.'))
    ++i;
  bool scheme = i > 1 && i + 1 < path.size() && path[i] == ':' && path[i + 1] == '/' &&
                std::isalpha(static_cast<unsigned char>(path[0]));
  return scheme ? i + 1 : 0;
}

}  // namespace

std::string DeletionVector::unique_id() const {
  return offset ? fmt::format("{}{}@{}", storage_type, path_or_inline_dv, *offset) : storage_type + path_or_inline_dv;
}

ColumnMapping Metadata::column_mapping() const {
  auto mode = configuration.find("delta.columnMapping.mode");
  if (mode == configuration.end()) return ColumnMapping::none;
  if (iequals(mode->second, "name")) return ColumnMapping::by_name;
  return iequals(mode->second, "id") ? ColumnMapping::by_id : ColumnMapping::none;
}

void Metadata::read_schema() {
  schema = Schema();
  if (schema_string.empty()) return;
  try {
    schema = Schema::parse(schema_string);
  } catch (const Error&) {
    return;
  }
  if (column_mapping() == ColumnMapping::none) return;
  schema.each_field([](Field& field) {
    const Json* mapped = field.metadata.find("delta.columnMapping.physicalName");
    if (mapped && mapped->is_string()) field.mapped_name = mapped->as_string();
  });
}

// Most are: nothing to decode, nothing to clean, relative.
bool is_plain_path(std::string_view path) {
  if (path.empty() || path[0] == '/' || path[0] == '.' || path.back() == '/') return false;
  for (const char c : {'%', ':', '\0'})  // one search of the library each: a list holds many paths
    if (path.find(c) != std::string_view::npos) return false;
  for (size_t i = path.find('/'); i != std::string_view::npos; i = path.find('/', i + 1))
    if (path[i + 1] == '.' || path[i + 1] == '/') return false;
  return true;
}

bool is_absolute_path(const std::string& path) { return path.starts_with('/') || scheme_length(path) > 0; }

std::string decoded_path(const std::string& path) {
  if (is_plain_path(path)) return path;
  if (is_absolute_path(path)) return path;
  std::string decoded = percent_decode(path);
  auto clean = clean_segments(decoded);
  if (!clean || clean->empty() || decoded.find('\0') != std::string::npos)
    throw Error(
        ErrorCode::bad_log,
        fmt::format("the log names the file path \"{}\", which could leave the table's folder", valid_utf8(path)),
        "weir opens files inside the table's folder only; the commit that holds this path was not written by a "
        "well-behaved writer");
  return *clean;
}

std::string decoded_path(const Add& add) { return decoded_path(add.path); }

std::string encode_path(const std::string& relative) { return percent_encode(relative, "-._~/="); }

std::string logical_path(const std::string& path) {
  if (is_plain_path(path)) return path;
  size_t scheme = scheme_length(path);
  std::string decoded = percent_decode(path.substr(scheme));
  if (scheme == 0 && !path.starts_with('/')) return clean_segments(decoded).value_or(decoded);
  size_t slashes = decoded.find_first_not_of('/');
  std::string tail = slashes == std::string::npos ? std::string() : decoded.substr(slashes);
  std::string name = scheme == 0 ? "file:" : lower(path.substr(0, scheme));
  return name + "/" + tail;
}

std::optional<std::string> key_inside(const std::string& root, const std::string& path) {
  std::string folder = logical_path(root + "/x"), whole = logical_path(path);
  folder.pop_back();
  if (!whole.starts_with(folder) || whole.find('\0') != std::string::npos) return std::nullopt;
  std::string key = whole.substr(folder.size());
  for (const auto& segment : split(key, '/'))
    if (segment.empty() || segment == "." || segment == "..") return std::nullopt;
  return key;
}

std::string file_key(const std::string& path, const std::optional<DeletionVector>& deletion_vector) {
  std::string key = logical_path(path);
  if (deletion_vector) {
    key += '\0';
    key += deletion_vector->unique_id();
  }
  return key;
}

Remove remove_of(const Add& add, int64_t now_ms, bool data_change) {
  Remove remove;
  remove.path = add.path;
  remove.deletion_timestamp_ms = now_ms;
  remove.data_change = data_change;
  remove.extended_file_metadata = true;
  remove.partition_values = add.partition_values;
  remove.size_bytes = add.size_bytes;
  remove.stats = add.stats;
  remove.tags = add.tags;
  remove.deletion_vector = add.deletion_vector;
  remove.base_row_id = add.base_row_id;
  remove.default_row_commit_version = add.default_row_commit_version;
  return remove;
}

}  // namespace weir::lake
