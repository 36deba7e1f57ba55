#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/failpoint.h"
#include "base/ids.h"
#include "base/text.h"
#include "lake/deletion_vector.h"
#include "lake/publish/chain.h"
#include "lake/publish/ledger.h"
#include "lake/publish/observed.h"
#include "lake/publish/publisher.h"
#include "lake/publish/store_clock.h"
#include "lake/staged_names.h"

namespace weir::lake::publish {

namespace {

constexpr int64_t day_ms = 24LL * 3600 * 1000;

std::optional<Manifest> read_or_skip(const TableLocation& anchor, const std::string& asset, int64_t n) {
  try {
    auto manifest = read_manifest(anchor, asset, n);
    if (manifest) load_actions(anchor, *manifest);
    return manifest;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::manifest_damaged) throw;
    return std::nullopt;
  }
}

class Collector {
 public:
  Collector(const Asset& asset, const Observed& seen, std::vector<ManifestInfo> infos, int64_t now_ms, bool dry_run)
      : asset_(asset),
        seen_(seen),
        head_(*seen.head),
        anchor_(asset.anchor().location),
        infos_(std::move(infos)),
        now_ms_(now_ms),
        dry_run_(dry_run) {}

  Publisher::Collected run(bool sweep) {
    choose_kept();
    note_needed();
    for (const ManifestInfo& info : infos_)
      if (!kept_.contains(info.n)) collect_attempt(info.n);
    collect_beside();
    for (const ObservedTable& table : seen_.tables)
      if (sweep && table.snapshot) sweep_orphans(table);
    remove();
    for (const ObservedTable& table : seen_.tables)
      if (sweep && !dry_run_ && table.snapshot) {
        const TableLocation& location = table.table->location;
        location.store->remove_unfinished(location.prefix, deleted_file_retention_ms(table.snapshot->metadata()));
      }
    return std::move(out_);
  }

 private:
  // Never anything above the head: a number could be used again, and its owner may still commit.
  void choose_kept() {
    std::map<int64_t, int64_t> modified_ms;
    for (const ManifestInfo& info : infos_) {
      modified_ms[info.n] = info.modified_ms;
      if (info.n >= head_.n) kept_.insert(info.n);
    }
    if (head_.parent) kept_.insert(head_.parent->n);
    Chain chain(anchor_, asset_.id, head_);
    // The newest element that is older than rollback.keep stays too: it decides the next ack_floor.
    for (size_t i = 0; const Manifest* element = chain.at(i); ++i) {
      kept_.insert(element->n);
      if (modified_ms[element->n] <= now_ms_ - asset_.rollback_keep_ms) return;
    }
  }

  void note_needed() {
    for (int64_t n : kept_) {
      const auto manifest = read_or_skip(anchor_, asset_.id, n);
      if (!manifest) continue;
      if (n >= head_.n) pending_attempts_.insert(manifest->attempt);
      if (manifest->actions_file) needed_beside_.insert(manifest->actions_file->file);
      for (const std::string& file : ledger_files(manifest->cursor_after)) needed_beside_.insert(file);
    }
  }

  // Live, or a tombstone inside retention, or change data of a commit in the log. Replays the whole log when first
  // asked.
  bool is_referenced(const std::string& key) {
    if (key.find("/_change_data/") != std::string::npos || key.starts_with("_change_data/")) return is_told(key);
    if (!referenced_) {
      referenced_.emplace();
      for (const ObservedTable& table : seen_.tables) {
        if (!table.snapshot) continue;
        const TableLocation& location = table.table->location;
        for (const Add& file : table.snapshot->files()) note_referenced(location, file.path, file.deletion_vector);
        for (const Remove& tombstone : table.snapshot->tombstones())
          note_referenced(location, tombstone.path, tombstone.deletion_vector);
      }
    }
    return referenced_->contains(key);
  }

  bool is_told(const std::string& key) {
    if (!told_) {
      told_.emplace();
      for (const ObservedTable& table : seen_.tables)
        if (table.snapshot) note_change_data(table.table->location, table.snapshot->version());
    }
    return told_->contains(key);
  }

  void note_change_data(const TableLocation& table, int64_t version) {
    const auto range = version_range(table);
    if (!range) return;
    for (const CommitFile& commit : read_commits(table, range->first - 1, version).commits)
      for (const Action& action : commit.actions)
        if (const auto* cdc = std::get_if<Cdc>(&action)) told_->insert(table.key(decoded_path(cdc->path)));
  }

  void note_referenced(const TableLocation& table, const std::string& path,
                       const std::optional<DeletionVector>& vector) {
    for (const std::string& key : keys_in_table(table, path, vector ? &*vector : nullptr))
      referenced_->insert(table.key(key));
  }

  void collect_attempt(int64_t n) {
    if (const auto manifest = read_or_skip(anchor_, asset_.id, n))
      for (const ManifestTable& entry : manifest->tables)
        for (const AssetTable& table : asset_.tables)
          if (table.location.uri() == entry.uri) collect_staged(table.location, entry, manifest->attempt);
    out_.manifests.push_back(manifest_key(anchor_, asset_.id, n));
  }

  // Only what the attempt itself staged: a rollback's adds, and files whose rows it marked, belong to others.
  void collect_staged(const TableLocation& table, const ManifestTable& entry, const std::string& attempt) {
    for (const Action& action : entry.actions) {
      std::vector<std::string> keys;
      if (const auto* add = std::get_if<Add>(&action))
        keys = keys_in_table(table, add->path, add->deletion_vector ? &*add->deletion_vector : nullptr);
      if (const auto* cdc = std::get_if<Cdc>(&action)) keys = keys_in_table(table, cdc->path, nullptr);
      for (const std::string& relative : keys) {
        const std::string key = table.key(relative);
        if (attempt_of(key) == attempt && !is_referenced(key) && table.store->head(key)) add_file(table, key);
      }
    }
  }

  void collect_beside() {
    const std::string folder = manifest_folder(anchor_, asset_.id);
    anchor_.store->list_from(folder, folder, [&](const store::ObjectInfo& object) {
      const std::string name = object.key.substr(folder.size());
      const auto n = parse_int(std::string_view(name).substr(0, std::min<size_t>(20, name.size())));
      const bool beside = name.ends_with(".ledger.parquet") || name.ends_with(".actions.json");
      const bool stray_clock = name.starts_with(store_clock_prefix) && object.modified_ms < now_ms_ - day_ms;
      if (stray_clock || (beside && n && *n < head_.n && !needed_beside_.contains(name))) add_file(anchor_, object.key);
      return true;
    });
  }

  // Files that no manifest names: past the retention nobody may commit them any more.
  void sweep_orphans(const ObservedTable& table) {
    const TableLocation& location = table.table->location;
    const int64_t before_ms = now_ms_ - deleted_file_retention_ms(table.snapshot->metadata());
    location.store->list_from(location.prefix, {}, [&](const store::ObjectInfo& object) {
      const std::string relative = object.key.substr(location.prefix.size());
      if (relative.starts_with("_delta_log/") || relative.starts_with("_weir/")) return true;
      const std::string attempt = attempt_of(relative);
      if (!attempt.empty() && object.modified_ms < before_ms && !pending_attempts_.contains(attempt) &&
          !is_referenced(object.key))
        add_file(location, object.key);
      return true;
    });
  }

  void add_file(const TableLocation& table, const std::string& key) {
    if (!found_.insert(table.store->uri() + "/" + key).second) return;
    out_.files.push_back(key);
    stores_.push_back(table.store.get());
  }

  // Files first, manifests last: what is left of an interrupted collection is still named by its manifest.
  void remove() {
    if (dry_run_) return;
    for (size_t i = 0; i < out_.files.size(); ++i) stores_[i]->remove(out_.files[i]);
    failpoint("gc.files");
    for (const std::string& key : out_.manifests) {
      anchor_.store->remove(key);
      failpoint("gc.manifest");
    }
  }

  const Asset& asset_;
  const Observed& seen_;
  const Manifest& head_;
  const TableLocation& anchor_;
  std::vector<ManifestInfo> infos_;
  int64_t now_ms_;
  bool dry_run_;
  std::set<int64_t> kept_;
  std::set<std::string> needed_beside_, pending_attempts_, found_;
  std::optional<std::set<std::string>> referenced_, told_;
  std::vector<store::ObjectStore*> stores_;  // parallel to out_.files
  Publisher::Collected out_;
};

}  // namespace

Publisher::Collected Publisher::collect_garbage(const Asset& asset, bool dry_run, bool sweep) {
  const Observed seen = observe(asset, parquet_);
  if (!seen.head || seen.refusal || seen.foreign_refusal || !seen.all_in_step()) return {};
  const TableLocation& anchor = asset.anchor().location;
  std::vector<ManifestInfo> infos = list_manifest_infos(anchor, asset.id);
  // Right after a publish its manifest has the store's time; it is never later than now.
  int64_t now_ms = 0;
  for (const ManifestInfo& info : infos) now_ms = std::max(now_ms, info.modified_ms);
  if (sweep) now_ms = dry_run ? clock_.now_ms() : ask_store_clock(anchor, asset.id, clock_).now_ms();
  return Collector(asset, seen, std::move(infos), now_ms, dry_run).run(sweep);
}

}  // namespace weir::lake::publish
