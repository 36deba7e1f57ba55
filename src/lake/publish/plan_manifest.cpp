#include "lake/publish/plan_manifest.h"

#include <fmt/format.h>

#include <algorithm>

#include "lake/publish/requirements.h"
#include "lake/publish/source_check.h"

namespace weir::lake::publish {

namespace {

std::string_view mode_text(WriteMode mode) {
  switch (mode) {
    case WriteMode::append:
      return "append";
    case WriteMode::overwrite:
      return "overwrite";
    case WriteMode::merge:
      return "merge";
    case WriteMode::metadata_only:
      return "metadata_only";
  }
  throw Error(ErrorCode::internal, "unknown write mode");
}

const StagedTable* staged_for(const Attempt& attempt, const AssetTable& table) {
  for (const StagedTable& staged : attempt.staged)
    if (staged.location.uri() == table.location.uri()) return &staged;
  return nullptr;
}

const Metadata* staged_metadata(const CommitDraft& draft) {
  for (const Action& action : draft.actions)
    if (const auto* metadata = std::get_if<Metadata>(&action)) return metadata;
  return nullptr;
}

// Overwriting would remove what another asset loaded.
void refuse_shared(const Asset& asset, const Snapshot& snapshot, const AssetTable& table) {
  for (const auto& [app, txn] : snapshot.txns())
    if (app.starts_with("weir:") && app != app_id(asset.id))
      throw Error(ErrorCode::shared_table, fmt::format("{} cannot be overwritten by asset {}: {} loads it too",
                                                       table.location.uri(), asset.id, app.substr(5)));
}

Json commit_info_of(const CommitDraft& draft) {
  Json info = Json::object();
  info.set("operation", draft.operation);
  if (draft.operation_parameters.size() > 0) info.set("operationParameters", draft.operation_parameters);
  if (draft.operation_metrics.size() > 0) info.set("operationMetrics", draft.operation_metrics);
  if (draft.extra_commit_info.is_object())
    for (const auto& [key, value] : draft.extra_commit_info.as_object()) info.set(key, value);
  return info;
}

std::optional<int64_t> txn_in(const Snapshot* snapshot, const std::string& app) {
  const auto txn = snapshot == nullptr ? std::nullopt : snapshot->txn(app);
  return txn ? std::optional(txn->version) : std::nullopt;
}

ManifestTable unchanged_entry(const Asset& asset, const AssetTable& table, const Snapshot& snapshot) {
  ManifestTable entry;
  entry.uri = table.location.uri();
  entry.id = snapshot.metadata().id;
  entry.read_version = snapshot.version();
  entry.txn_before = txn_in(&snapshot, app_id(asset.id));
  entry.mode = "metadata_only";
  entry.blind = true;
  entry.commit_info =
      Json::object().set("operation", "WRITE").set("operationParameters", Json::object().set("mode", "Append"));
  return entry;
}

ManifestTable staged_entry(const Asset& asset, const AssetTable& table, const StagedTable& staged,
                           const std::shared_ptr<const Snapshot>& snapshot) {
  ManifestTable entry;
  entry.uri = table.location.uri();
  const Metadata* metadata = staged_metadata(staged.draft);
  if (!snapshot && metadata == nullptr)
    throw Error(ErrorCode::internal, fmt::format("{} does not exist and the attempt does not create it", entry.uri));
  entry.id = snapshot ? snapshot->metadata().id : metadata->id;
  const int64_t base = staged.base ? staged.base->version() : -1;
  entry.read_version = snapshot ? std::min(base, snapshot->version()) : -1;
  entry.txn_before = txn_in(snapshot.get(), app_id(asset.id));
  entry.mode = mode_text(staged.mode);
  entry.blind = staged.draft.reads.nothing();
  entry.commit_info = commit_info_of(staged.draft);
  entry.actions = staged.draft.actions;
  entry.staged_at_ms = staged.oldest_file_ms;
  if (snapshot) {
    if (staged.mode == WriteMode::overwrite) refuse_shared(asset, *snapshot, table);
    check_writable(*snapshot, staged.draft);
  }
  return entry;
}

// Oldest staged file plus half of the shortest time for which removed files are kept.
int64_t deadline_of(const AttemptPlan& plan) {
  int64_t oldest_ms = 0, retention_ms = INT64_MAX;
  for (size_t i = 0; i < plan.manifest.tables.size(); ++i) {
    const ManifestTable& table = plan.manifest.tables[i];
    if (table.staged_at_ms != 0 && (oldest_ms == 0 || table.staged_at_ms < oldest_ms)) oldest_ms = table.staged_at_ms;
    if (plan.snapshots[i])
      retention_ms = std::min(retention_ms, deleted_file_retention_ms(plan.snapshots[i]->metadata()));
    for (const Action& action : table.actions)
      if (const auto* metadata = std::get_if<Metadata>(&action))
        retention_ms = std::min(retention_ms, deleted_file_retention_ms(*metadata));
  }
  return oldest_ms == 0 ? 0 : oldest_ms + retention_ms / 2;
}

void plan_tables(const Asset& asset, const Inspection& inspected, const Attempt& attempt, AttemptPlan& plan) {
  size_t used = 0;
  for (size_t i = 0; i < asset.tables.size(); ++i) {
    const AssetTable& table = asset.tables[i];
    const auto& snapshot = inspected.snapshots[i];
    const StagedTable* staged = staged_for(attempt, table);
    if (staged != nullptr) ++used;
    if (!snapshot && staged == nullptr) continue;  // comes into being with the first publish that has something for it
    plan.manifest.tables.push_back(staged != nullptr ? staged_entry(asset, table, *staged, snapshot)
                                                     : unchanged_entry(asset, table, *snapshot));
    plan.locations.push_back(table.location);
    plan.snapshots.push_back(snapshot);
    plan.reads.push_back(staged != nullptr ? staged->draft.reads : ReadSet{});
  }
  require(used == attempt.staged.size(), "an attempt stages only tables of its asset");
  require(!plan.manifest.tables.empty() && plan.manifest.tables[0].uri == asset.anchor().location.uri(),
          "the first publish creates the asset's first table");
}

// A full refresh reads the source from its start.
void refuse_full_refresh(const Inspection& inspected, const Attempt& attempt, SourcePosition* source) {
  if (!attempt.cursor_before.is_null() || !inspected.head || inspected.head->cursor_after.is_null()) return;
  if (const std::string why = cannot_reread(*inspected.head, Json(), source); !why.empty())
    throw Error(ErrorCode::source_gap, "a full refresh is not possible: " + why);
}

void plan_source(const Inspection& inspected, SourcePosition* source, Manifest& plan) {
  if (source == nullptr) return;
  plan.source_identity = source->identity();
  if (inspected.head && inspected.head->source_identity == plan.source_identity) {
    plan.source_start = inspected.head->source_start;
    return;
  }
  const auto low = source->low_water();
  const auto acked = source->acked();
  if (low) plan.source_start = *low;
  if (acked) plan.source_start = greater(*source, plan.source_start, *acked);
}

}  // namespace

AttemptPlan plan_manifest(const Asset& asset, const Inspection& inspected, const Attempt& attempt,
                          SourcePosition* source) {
  refuse_full_refresh(inspected, attempt, source);
  AttemptPlan plan;
  Manifest& manifest = plan.manifest;
  manifest.kind = Kind::publish;
  manifest.asset = asset.id;
  manifest.owner = asset.owner;
  manifest.attempt = attempt.id;
  if (inspected.head) manifest.parent = Parent{inspected.head->n, inspected.head->sha256};
  manifest.run = attempt.run;
  manifest.step = attempt.step;
  manifest.code = attempt.code;
  manifest.interval = attempt.interval;
  manifest.cursor_before = attempt.cursor_before;
  manifest.cursor_after = attempt.cursor_after;
  manifest.inputs = attempt.inputs;
  manifest.source_files = attempt.source_files;
  manifest.checks = attempt.checks;
  plan_source(inspected, source, manifest);
  plan_tables(asset, inspected, attempt, plan);
  manifest.deadline_ms = deadline_of(plan);
  return plan;
}

}  // namespace weir::lake::publish
