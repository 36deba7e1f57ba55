#include "lake/table_gc.h"

#include "base/text.h"
#include "lake/file_list.h"

namespace weir::lake {

namespace {

// The key below the table's folder that a path of the log means; "" if it lies elsewhere.
std::string key_below(const std::string& path, const TableLocation& table) {
  if (!is_absolute_path(path)) return decoded_path(path);
  std::string folder = logical_path(table.uri() + "/x");
  folder.pop_back();
  std::string whole = logical_path(path);
  return whole.starts_with(folder) ? whole.substr(folder.size()) : std::string();
}

bool is_hidden(std::string_view relative) {
  for (const auto& segment : split(relative, '/')) {
    bool marked = segment.starts_with('_') || segment.starts_with('.');
    if (marked && segment != "_change_data" && segment.find('=') == std::string::npos) return true;
  }
  return false;
}

}  // namespace

void add_needed(std::set<std::string>& needed, const std::vector<Action>& actions, const TableLocation& table) {
  for (const auto& action : actions) {
    if (const auto* add = std::get_if<Add>(&action)) needed.insert(key_below(add->path, table));
    if (const auto* cdc = std::get_if<Cdc>(&action)) needed.insert(key_below(cdc->path, table));
  }
}

std::set<std::string> needed_files(const Snapshot& snapshot, int64_t tombstones_from_ms) {
  std::set<std::string> needed;
  auto files = snapshot.file_list();
  for (size_t i = 0; i < files->size(); ++i) needed.insert(key_below(std::string(files->path(i)), snapshot.location()));
  for (const auto& remove : snapshot.tombstones())
    if (remove.deletion_timestamp_ms.value_or(0) >= tombstones_from_ms)
      needed.insert(key_below(remove.path, snapshot.location()));
  return needed;
}

std::set<std::string> files_of_open_versions(const TableLocation& table, ParquetIo& parquet) {
  auto range = version_range(table);
  if (!range) return {};
  auto oldest = Snapshot::open(table, parquet, {range->first, std::nullopt});
  std::set<std::string> needed = needed_files(*oldest, oldest->timestamp_ms());
  for (const auto& commit : read_commits(table, range->first, range->second).commits)
    add_needed(needed, commit.actions, table);
  return needed;
}

std::vector<store::ObjectInfo> unneeded_files(const std::vector<store::ObjectInfo>& listing, const TableLocation& table,
                                              const std::set<std::string>& needed, int64_t older_than_ms) {
  std::vector<store::ObjectInfo> unneeded;
  for (const auto& info : listing) {
    if (!info.key.starts_with(table.prefix)) continue;
    std::string relative = info.key.substr(table.prefix.size());
    if (!is_hidden(relative) && !needed.contains(relative) && info.modified_ms < older_than_ms)
      unneeded.push_back(info);
  }
  return unneeded;
}

}  // namespace weir::lake
