#include "lake/snapshot.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/time.h"
#include "lake/checkpoint_read.h"
#include "lake/log_names.h"
#include "lake/snapshot_state.h"

namespace weir::lake {

namespace {

constexpr int64_t day_ms = 24LL * 3600 * 1000;

int64_t duration_property_ms(const Metadata& metadata, const std::string& key, int64_t fallback_ms) {
  auto found = metadata.configuration.find(key);
  if (found == metadata.configuration.end()) return fallback_ms;
  return parse_duration_ms(found->second).value_or(fallback_ms);
}

// Those who write compactions leave out removes whose retention is over: files that came before the compaction would
// live again. So only one that was written before any of its removes could have expired is believed.
CommitCache::Trusted written_in_time(const LogSegment& segment, const Metadata& metadata) {
  const int64_t retention_ms = deleted_file_retention_ms(metadata);
  return [&segment, retention_ms](const LogCompaction& compaction) {
    for (const auto& commit : segment.commits)
      if (commit.version == compaction.first)
        return compaction.info.modified_ms - commit.info.modified_ms < retention_ms;
    return false;
  };
}

// Tombstones in the order of removal; a file that was added again has none.
std::vector<Remove> replay_tombstones(const TableLocation& table, const LogSegment& segment, const Metadata& metadata,
                                      ParquetIo& parquet, CommitCache& commits) {
  std::map<std::string, size_t> at;
  std::vector<std::optional<Remove>> all;
  auto drop = [&](const std::string& key) {
    if (auto found = at.find(key); found != at.end()) all[found->second].reset();
    at.erase(key);
  };
  auto put = [&](const Remove& remove) {
    std::string key = file_key(remove.path, remove.deletion_vector);
    drop(key);
    at[key] = all.size();
    all.emplace_back(remove);
  };
  if (segment.checkpoint)
    for (const auto& remove : read_checkpoint_tombstones(table, *segment.checkpoint, parquet)) put(remove);
  commits.each(table, segment, -1, written_in_time(segment, metadata), [&](const LogStep& step) {
    for (const auto& action : *step.actions)
      if (const auto* remove = std::get_if<Remove>(&action)) put(*remove);
    for (const auto& action : *step.actions)
      if (const auto* add = std::get_if<Add>(&action)) drop(file_key(add->path, add->deletion_vector));
  });
  std::vector<Remove> tombstones;
  for (auto& remove : all)
    if (remove) tombstones.push_back(std::move(*remove));
  return tombstones;
}

bool has_large_checkpoint(const LogSegment& segment) {
  constexpr uint64_t large_bytes = 4 << 20;
  if (!segment.checkpoint) return false;
  uint64_t bytes = 0;
  for (const auto& part : segment.checkpoint->parts) bytes += part.size;
  // Others may have sidecars.
  const auto name = parse_log_name(segment.checkpoint->id().substr(segment.checkpoint->id().rfind('/') + 1));
  return bytes > large_bytes || !name || name->kind == LogKind::v2_checkpoint;
}

Snapshot::Totals totals_of(const FileList& files) { return {static_cast<int64_t>(files.size()), files.total_bytes()}; }

}  // namespace

std::shared_ptr<const FileList> replay_files(const TableLocation& table, const LogSegment& segment,
                                             const Metadata& metadata, ParquetIo& parquet, CommitCache& commits) {
  auto base = segment.checkpoint ? read_checkpoint_files(table, *segment.checkpoint, parquet)
                                 : std::make_shared<const FileList>();
  FileChanges changes;
  commits.each(table, segment, -1, written_in_time(segment, metadata),
               [&](const LogStep& step) { changes.apply(*step.actions); });
  return FileListBuilder::apply(base, changes);
}

Snapshot::Snapshot(std::unique_ptr<State> state) : state_(std::move(state)) {}
Snapshot::~Snapshot() = default;

const TableLocation& Snapshot::location() const { return state_->location; }
int64_t Snapshot::version() const { return state_->version; }
int64_t Snapshot::timestamp_ms() const { return state_->timestamp_ms; }
const Protocol& Snapshot::protocol() const { return state_->protocol; }
const Metadata& Snapshot::metadata() const { return state_->metadata; }

void Snapshot::know_all() const {
  std::lock_guard lock(state_->mutex);
  if (state_->txns_known && state_->domains_known) return;
  Head head;
  with_usable_segment(state_->location, state_->segment, [&](const LogSegment& segment) {
    head = load_head(state_->location, segment, *state_->parquet, state_->commits, true);
  });
  state_->txns = std::move(head.txns);
  state_->domains = std::move(head.domains);
  state_->txns_known = state_->domains_known = true;
}

const std::map<std::string, Txn>& Snapshot::txns() const {
  know_all();
  return state_->txns;
}

std::optional<Txn> Snapshot::txn(const std::string& app_id) const {
  const auto& all = txns();
  auto found = all.find(app_id);
  return found == all.end() ? std::nullopt : std::optional(found->second);
}

const std::map<std::string, DomainMetadata>& Snapshot::domains() const {
  know_all();
  return state_->domains;
}

std::shared_ptr<const FileList> Snapshot::file_list() const {
  std::lock_guard lock(state_->mutex);
  State& state = *state_;
  if (state.files) return state.files;
  if (state.parent_files) {
    FileChanges changes;
    for (const auto& commit : state.parent_commits) changes.apply(*state.commits.get(state.location, commit));
    state.files = FileListBuilder::apply(state.parent_files, changes);
    state.parent_files.reset();
  } else {
    with_usable_segment(state.location, state.segment, [&](const LogSegment& segment) {
      state.files = replay_files(state.location, segment, state.metadata, *state.parquet, state.commits);
    });
    // The times of a copied log tell nothing. Where a checksum does, the compactions are held against it.
    if (!state.segment.compactions.empty() && state.totals && *state.totals != totals_of(*state.files)) {
      state.segment.compactions.clear();
      state.files = replay_files(state.location, state.segment, state.metadata, *state.parquet, state.commits);
    }
  }
  if (state.files_from_ms == 0 && state.segment.checkpoint)
    state.files_from_ms = state.segment.checkpoint->parts.front().modified_ms;
  state.commits.clear();
  return state.files;
}

bool Snapshot::files_loaded() const {
  std::lock_guard lock(state_->mutex);
  return state_->files != nullptr || state_->parent_files != nullptr;
}

std::optional<Snapshot::Totals> Snapshot::cheap_totals() const {
  {
    std::lock_guard lock(state_->mutex);
    const bool known = state_->totals || state_->files || state_->parent_files;
    if (!known && has_large_checkpoint(state_->segment)) return std::nullopt;
  }
  return totals();
}

std::vector<Sidecar> Snapshot::sidecars() const {
  LogSegment segment;
  {
    std::lock_guard lock(state_->mutex);
    segment = state_->segment;
  }
  if (!segment.checkpoint) return {};
  return read_sidecars(state_->location, *segment.checkpoint, *state_->parquet);
}

Snapshot::Totals Snapshot::totals() const {
  {
    std::lock_guard lock(state_->mutex);
    if (state_->totals && !state_->files) return *state_->totals;
  }
  return totals_of(*file_list());
}

const std::vector<Add>& Snapshot::files() const {
  auto list = file_list();
  std::lock_guard lock(state_->mutex);
  if (!state_->adds) {
    list->read_stats_texts();
    std::vector<Add> adds;
    adds.reserve(list->size());
    for (size_t i = 0; i < list->size(); ++i) adds.push_back(list->add(i));
    state_->adds = std::move(adds);
  }
  return *state_->adds;
}

const std::vector<Remove>& Snapshot::tombstones() const {
  std::lock_guard lock(state_->mutex);
  State& state = *state_;
  if (!state.tombstones)
    with_usable_segment(state.location, state.segment, [&](const LogSegment& segment) {
      state.tombstones = replay_tombstones(state.location, segment, state.metadata, *state.parquet, state.commits);
    });
  return *state.tombstones;
}

std::optional<std::string> Snapshot::property(const std::string& key) const {
  auto found = state_->metadata.configuration.find(key);
  return found == state_->metadata.configuration.end() ? std::nullopt : std::optional(found->second);
}

int64_t deleted_file_retention_ms(const Metadata& metadata) {
  return duration_property_ms(metadata, "delta.deletedFileRetentionDuration", 7 * day_ms);
}

int64_t log_retention_ms(const Metadata& metadata) {
  return duration_property_ms(metadata, "delta.logRetentionDuration", 30 * day_ms);
}

}  // namespace weir::lake
