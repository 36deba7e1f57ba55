#include "lake/vacuum_scope.h"

#include <algorithm>

#include "base/text.h"
#include "lake/features.h"
#include "lake/file_list.h"

namespace weir::lake {

namespace {

bool is_iceberg_too(const Snapshot& snapshot) {
  if (auto formats = snapshot.property("delta.universalFormat.enabledFormats"))
    if (lower(*formats).find("iceberg") != std::string::npos) return true;
  for (const auto& feature : writer_features(snapshot.protocol()))
    if (feature.starts_with("icebergCompat")) return true;
  return false;
}

}  // namespace

VacuumScope::VacuumScope(const Snapshot& snapshot) : iceberg_(is_iceberg_too(snapshot)) {
  for (const auto& column : snapshot.metadata().partition_columns) {
    partition_prefixes_.push_back(column + "=");
    if (const Field* field = snapshot.metadata().schema.find(column))
      partition_prefixes_.push_back(field->physical_name() + "=");
  }
}

void VacuumScope::note_addresses(const Snapshot& snapshot) {
  const std::string root = snapshot.location().uri();
  const auto note_name = [&](const std::string& path) {
    if (!is_absolute_path(path) || key_inside(root, path)) return;
    const std::string decoded = percent_decode(path);
    named_elsewhere_.insert(decoded.substr(decoded.rfind('/') + 1));
  };
  const auto files = snapshot.file_list();
  for (size_t i = 0; i < files->size(); ++i) {
    note_name(std::string(files->path(i)));
    const DeletionVector* vector = files->deletion_vector(i);
    if (vector && vector->storage_type == "p") note_name(vector->path_or_inline_dv);
  }
}

void VacuumScope::note(std::string_view relative) {
  constexpr std::string_view log = "/_delta_log/";
  if (const size_t at = relative.find(log); at != std::string_view::npos)
    other_tables_.emplace(relative.substr(0, at + 1));
}

bool VacuumScope::is_marked(std::string_view segment, bool folder) const {
  if (!segment.starts_with('_') && !segment.starts_with('.')) return false;
  if (!folder) return true;
  if (segment == "_change_data") return false;
  const std::string name = percent_decode(segment);
  return std::none_of(partition_prefixes_.begin(), partition_prefixes_.end(),
                      [&](const auto& prefix) { return name.starts_with(prefix); });
}

bool VacuumScope::holds_folder(std::string_view relative) const {
  if (relative.empty()) return true;
  if (iceberg_ && (relative == "metadata" || relative.starts_with("metadata/"))) return false;
  const std::string folder = std::string(relative) + "/";
  for (const auto& other : other_tables_)
    if (folder.starts_with(other)) return false;
  const auto segments = split(relative, '/');
  return std::none_of(segments.begin(), segments.end(), [&](const auto& segment) { return is_marked(segment, true); });
}

bool VacuumScope::holds(std::string_view relative) const {
  const size_t slash = relative.rfind('/');
  const std::string_view folder = slash == std::string_view::npos ? std::string_view() : relative.substr(0, slash);
  const std::string_view name = relative.substr(slash == std::string_view::npos ? 0 : slash + 1);
  return holds_folder(folder) && !is_marked(name, false) && !named_elsewhere_.contains(name);
}

}  // namespace weir::lake
