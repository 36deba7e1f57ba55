#include "lake/table_gc.h"

#include "base/text.h"
#include "lake/deletion_vector.h"
#include "lake/file_list.h"

namespace weir::lake {

namespace {

void add_keys(std::set<std::string>& needed, const TableLocation& table, const std::string& path,
              const DeletionVector* vector) {
  for (auto& key : keys_in_table(table, path, vector)) needed.insert(std::move(key));
}

const DeletionVector* pointer(const std::optional<DeletionVector>& vector) { return vector ? &*vector : nullptr; }

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
    if (const auto* add = std::get_if<Add>(&action)) add_keys(needed, table, add->path, pointer(add->deletion_vector));
    if (const auto* cdc = std::get_if<Cdc>(&action)) add_keys(needed, table, cdc->path, nullptr);
  }
}

std::set<std::string> needed_files(const Snapshot& snapshot, int64_t tombstones_from_ms) {
  std::set<std::string> needed;
  auto files = snapshot.file_list();
  for (size_t i = 0; i < files->size(); ++i)
    add_keys(needed, snapshot.location(), std::string(files->path(i)), files->deletion_vector(i));
  for (const auto& remove : snapshot.tombstones())
    if (remove.deletion_timestamp_ms.value_or(0) >= tombstones_from_ms)
      add_keys(needed, snapshot.location(), remove.path, pointer(remove.deletion_vector));
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
