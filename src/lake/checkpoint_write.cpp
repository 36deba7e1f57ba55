// Writing of checkpoints (write_checkpoint in commit.h).
//
// A V2 checkpoint of many files keeps them in sidecars. One whose files are all still live is named again instead of
// written again, so that a checkpoint costs what has changed since the last one.
#include <map>

#include "base/ids.h"
#include "base/json.h"
#include "base/parallel.h"
#include "base/text.h"
#include "lake/checkpoint_rows.h"
#include "lake/commit.h"
#include "lake/features.h"
#include "lake/log_listing.h"
#include "lake/log_names.h"

namespace weir::lake {

namespace {

// Fewer files than this are in the checkpoint itself; about so many are in one sidecar.
constexpr size_t files_per_sidecar = 50'000;
// Of weir's own sidecars: checkpoint_layout() of their rows.
constexpr const char* layout_tag = "weir.layout";

std::string sidecar_folder(const TableLocation& table) { return log_folder(table) + "_sidecars/"; }

bool has_checkpoint(const TableLocation& table, int64_t version) {
  return list_log(table, version, version).checkpoints.contains(version);
}

bool wants_v2(const Snapshot& snapshot) {
  auto policy = snapshot.property("delta.checkpointPolicy");
  return supports(snapshot.protocol(), "v2Checkpoint") && policy && iequals(trim(*policy), "v2");
}

std::vector<const Remove*> tombstones_since(const Snapshot& snapshot, int64_t from_ms) {
  std::vector<const Remove*> tombstones;
  for (const auto& remove : snapshot.tombstones())
    if (remove.deletion_timestamp_ms.value_or(0) >= from_ms) tombstones.push_back(&remove);
  return tombstones;
}

std::vector<size_t> all_files(const Snapshot& snapshot) {
  std::vector<size_t> files(snapshot.file_list()->size());
  for (size_t i = 0; i < files.size(); ++i) files[i] = i;
  return files;
}

// Files by the sidecar that they stay in, and those that need a new one.
struct Division {
  std::vector<Sidecar> kept;
  std::vector<size_t> others;
};

Division divide(const Snapshot& snapshot, const std::string& layout) {
  const auto files = snapshot.file_list();
  std::map<std::string, size_t> live;  // files of each object that are
  for (size_t i = 0; i < files->size(); ++i)
    if (const auto* origin = files->chunk_at(files->place(i).chunk).origin()) ++live[origin->key];
  std::map<std::string, const ChunkOrigin*> origins;
  for (size_t i = 0; i < files->chunk_count(); ++i)
    if (const auto* origin = files->chunk_at(i).origin()) origins[origin->key] = origin;
  std::map<std::string, bool> stays;
  Division division;
  for (auto& sidecar : snapshot.sidecars()) {
    const bool own = sidecar.tags && sidecar.tags->contains(layout_tag) && sidecar.tags->at(layout_tag) == layout;
    const std::string key = sidecar_folder(snapshot.location()) + sidecar.path;
    const auto origin = origins.find(key);
    if (!own || origin == origins.end()) continue;
    // Small ones are gathered, else each checkpoint would add one more.
    const auto& [name, count, other_actions] = *origin->second;
    stays[key] = count == live[key] && other_actions == 0 && count >= files_per_sidecar / 2;
    if (stays[key]) division.kept.push_back(std::move(sidecar));
  }
  for (size_t i = 0; i < files->size(); ++i) {
    const auto* origin = files->chunk_at(files->place(i).chunk).origin();
    const auto found = origin ? stays.find(origin->key) : stays.end();
    if (found == stays.end() || !found->second) division.others.push_back(i);
  }
  return division;
}

Sidecar write_sidecar(const Snapshot& snapshot, ParquetIo& parquet, CheckpointContent content,
                      const std::string& layout) {
  content.form = CheckpointForm::sidecar_file;
  const bool files = content.tombstones.empty();
  auto& store = *snapshot.location().store;
  const std::string name = uuid_v4() + ".parquet", key = sidecar_folder(snapshot.location()) + name;
  CheckpointRows rows(snapshot, std::move(content));
  const auto size = static_cast<int64_t>(parquet.write(store, key, rows));
  const auto info = store.head(key);
  Sidecar sidecar{name, size, info ? info->modified_ms : 0};
  if (files) sidecar.tags = {{layout_tag, layout}};
  return sidecar;
}

// What goes into the checkpoint itself once its sidecars are written.
CheckpointContent with_sidecars(const Snapshot& snapshot, ParquetIo& parquet, std::vector<const Remove*> tombstones) {
  const std::string layout = checkpoint_layout(snapshot.metadata());
  auto [kept, others] = divide(snapshot, layout);
  std::vector<CheckpointContent> fresh;
  for (size_t from = 0; from < others.size(); from += files_per_sidecar) {
    fresh.emplace_back();
    const auto begin = others.begin() + static_cast<std::ptrdiff_t>(from);
    const auto left = others.end() - begin;
    fresh.back().files.assign(begin, begin + std::min<std::ptrdiff_t>(left, files_per_sidecar));
  }
  if (!tombstones.empty()) {
    fresh.emplace_back();
    fresh.back().tombstones = std::move(tombstones);
  }
  std::vector<Sidecar> written(fresh.size());
  parallel_for(fresh.size(), 0,
               [&](size_t i) { written[i] = write_sidecar(snapshot, parquet, std::move(fresh[i]), layout); });
  CheckpointContent content;
  content.sidecars = std::move(kept);
  content.sidecars.insert(content.sidecars.end(), written.begin(), written.end());
  return content;
}

Json sidecars_json(const std::vector<Sidecar>& sidecars) {
  Json list = Json::array();
  for (const auto& sidecar : sidecars) {
    Json json = Json::object();
    json.set("path", sidecar.path).set("sizeInBytes", sidecar.size_bytes);
    json.set("modificationTime", sidecar.modification_time_ms);
    if (sidecar.tags) json.set("tags", Json::strings(*sidecar.tags));
    list.push_back(std::move(json));
  }
  return list;
}

void point_to_checkpoint(const Snapshot& snapshot, int64_t actions, const std::vector<Sidecar>& sidecars,
                         const store::ObjectInfo& file, bool v2) {
  const TableLocation& table = snapshot.location();
  auto hint = last_checkpoint_hint(table);
  if (hint && *hint >= snapshot.version() && has_checkpoint(table, *hint)) return;
  auto size = static_cast<int64_t>(file.size);
  for (const auto& sidecar : sidecars) size += sidecar.size_bytes;
  Json json = Json::object();
  json.set("version", snapshot.version()).set("size", actions).set("sizeInBytes", size);
  json.set("numOfAddFiles", snapshot.totals().files);
  if (v2)
    json.set("v2Checkpoint", Json::object()
                                 .set("path", file.key.substr(log_folder(table).size()))
                                 .set("sizeInBytes", file.size)
                                 .set("modificationTime", file.modified_ms)
                                 .set("sidecarFiles", sidecars_json(sidecars)));
  table.store->put(last_checkpoint_key(table), json.dump());
}

}  // namespace

void write_checkpoint(const Snapshot& snapshot, ParquetIo& parquet, int64_t now_ms) {
  const TableLocation& table = snapshot.location();
  const bool v2 = wants_v2(snapshot);
  auto tombstones = tombstones_since(snapshot, now_ms - deleted_file_retention_ms(snapshot.metadata()));
  const auto files = snapshot.file_list();
  const auto actions = static_cast<int64_t>((v2 ? 3 : 2) + snapshot.txns().size() + snapshot.domains().size() +
                                            tombstones.size() + files->size());
  const std::string key = v2 ? v2_checkpoint_key(table, snapshot.version()) : checkpoint_key(table, snapshot.version());
  const bool there = v2 ? has_checkpoint(table, snapshot.version()) : table.store->head(key).has_value();
  std::vector<Sidecar> sidecars;
  if (!there) {
    CheckpointContent content;
    if (v2 && files->size() + tombstones.size() >= files_per_sidecar) {
      content = with_sidecars(snapshot, parquet, std::move(tombstones));
    } else {
      files->read_stats_texts();
      content.files = all_files(snapshot);
      content.tombstones = std::move(tombstones);
    }
    content.form = v2 ? CheckpointForm::v2 : CheckpointForm::classic;
    sidecars = content.sidecars;
    CheckpointRows rows(snapshot, std::move(content));
    parquet.write(*table.store, key, rows);
  }
  if (auto file = table.store->head(key)) point_to_checkpoint(snapshot, actions, sidecars, *file, v2);
}

}  // namespace weir::lake
