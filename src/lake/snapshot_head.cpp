// Protocol, metadata, txns and domains of a version, from the nearest thing that says them.
#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "base/error.h"
#include "lake/checkpoint_read.h"
#include "lake/checksum.h"
#include "lake/log_names.h"
#include "lake/snapshot_state.h"

namespace weir::lake {

namespace {

Head from_checksum(Checksum checksum) {
  Head head;
  head.protocol = std::move(checksum.protocol);
  head.metadata = std::move(checksum.metadata);
  head.in_commit_timestamp_ms = checksum.in_commit_timestamp_ms;
  head.totals = Snapshot::Totals{checksum.file_count, checksum.table_size_bytes};
  head.txns_known = checksum.txns.has_value();
  head.domains_known = checksum.domains.has_value();
  if (checksum.txns)
    for (auto& txn : *checksum.txns) head.txns[txn.app_id] = txn;
  if (checksum.domains)
    for (auto& domain : *checksum.domains)
      if (!domain.removed) head.domains[domain.domain] = domain;
  return head;
}

Head from_checkpoint(const TableLocation& table, const LogCheckpoint& checkpoint, ParquetIo& parquet) {
  CheckpointHead read = read_checkpoint_head(table, checkpoint, parquet);
  std::string name = shown(table, checkpoint.id());
  if (!read.protocol) throw Error(ErrorCode::bad_checkpoint, fmt::format("checkpoint {} holds no protocol", name));
  if (!read.metadata) throw Error(ErrorCode::bad_checkpoint, fmt::format("checkpoint {} holds no metadata", name));
  Head head;
  head.protocol = std::move(read.protocol);
  head.metadata = std::move(read.metadata);
  for (auto& txn : read.txns) head.txns[txn.app_id] = txn;
  for (auto& domain : read.domains)
    if (!domain.removed) head.domains[domain.domain] = domain;
  return head;
}

}  // namespace

std::optional<Snapshot::Totals> totals_after(Snapshot::Totals before, const std::vector<Action>& actions) {
  bool removes = std::any_of(actions.begin(), actions.end(),
                             [](const Action& action) { return std::holds_alternative<Remove>(action); });
  for (const auto& action : actions) {
    if (const auto* add = std::get_if<Add>(&action)) {
      if (!add->data_change && !removes) return std::nullopt;
      ++before.files;
      before.bytes += add->size_bytes;
    }
    if (const auto* remove = std::get_if<Remove>(&action)) {
      if (!remove->size_bytes) return std::nullopt;
      --before.files;
      before.bytes -= *remove->size_bytes;
    }
  }
  if (before.files < 0 || before.bytes < 0) return std::nullopt;
  return before;
}

void Head::apply(const std::vector<Action>& actions) {
  in_commit_timestamp_ms.reset();
  if (totals) totals = totals_after(*totals, actions);
  for (const auto& action : actions) {
    if (const auto* value = std::get_if<Protocol>(&action)) protocol = *value;
    if (const auto* value = std::get_if<Metadata>(&action)) metadata = *value;
    if (const auto* value = std::get_if<Txn>(&action)) txns[value->app_id] = *value;
    if (const auto* value = std::get_if<DomainMetadata>(&action)) {
      if (value->removed)
        domains.erase(value->domain);
      else
        domains[value->domain] = *value;
    }
    if (const auto* value = std::get_if<CommitInfo>(&action))
      if (const Json* time = value->fields.find("inCommitTimestamp"); time && time->is_int() && !in_commit_timestamp_ms)
        in_commit_timestamp_ms = time->as_int();
  }
}

void Head::apply(const LogStep& step) {
  apply(*step.actions);
  if (step.is_commit()) return;
  totals.reset();
  in_commit_timestamp_ms.reset();
}

Head load_head(const TableLocation& table, const LogSegment& segment, ParquetIo& parquet, CommitCache& commits,
               bool need_all) {
  Head head;
  int64_t known = -1;  // the version that `head` describes
  for (auto it = segment.checksums.rbegin(); it != segment.checksums.rend() && known < 0; ++it) {
    auto checksum = read_checksum(table, *it);
    if (!checksum || (need_all && (!checksum->txns || !checksum->domains))) continue;
    head = from_checksum(std::move(*checksum));
    known = *it;
  }
  if (known < 0 && segment.checkpoint) {
    head = from_checkpoint(table, *segment.checkpoint, parquet);
    known = segment.checkpoint->version;
  }
  if (known < 0) head.totals = Snapshot::Totals();
  // Those who write compactions may leave out that a domain was removed.
  const auto trusted = [&](const LogCompaction&) { return head.domains.empty(); };
  commits.each(table, segment, known, trusted, [&](const LogStep& step) { head.apply(step); });
  for (bool missing_protocol : {true, false})
    if (missing_protocol ? !head.protocol : !head.metadata)
      throw Error(ErrorCode::bad_log, fmt::format("table {}: no commit up to version {} holds {}", table.uri(),
                                                  segment.version, missing_protocol ? "a protocol" : "metadata"));
  return head;
}

void with_usable_segment(const TableLocation& table, LogSegment& segment,
                         const std::function<void(const LogSegment&)>& use) {
  std::set<std::string> unusable;
  std::optional<Error> first;
  while (true) {
    try {
      use(segment);
      return;
    } catch (const Error& error) {
      bool detour = error.code() == ErrorCode::bad_parquet || error.code() == ErrorCode::store_not_found;
      if (!detour) throw;
      if (!first) first = error;
      // Without a checkpoint to blame there is no other way: a commit went missing after it was listed.
      if (!segment.checkpoint)
        throw Error(ErrorCode::bad_log, fmt::format("table {}: {}", table.uri(), error.message()));
      unusable.insert(segment.checkpoint->id());
    }
    std::optional<LogSegment> other;
    try {
      other = find_segment(table, list_log(table, 0, segment.version), segment.version, unusable);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::bad_log) throw;
    }
    if (!other)
      throw Error(ErrorCode::bad_checkpoint, fmt::format("table {}: there is no way around a damage to version {}: {}",
                                                         table.uri(), segment.version, first->message()));
    segment = std::move(*other);
  }
}

}  // namespace weir::lake
