#include <fmt/format.h>

#include <algorithm>

#include "lake/publish/adopt_attempt.h"
#include "lake/publish/ledger.h"
#include "lake/publish/members.h"
#include "lake/publish/source_check.h"
#include "lake/publish/takeback.h"

namespace weir::lake::publish {

namespace {

Error refused(std::string message, std::string hint = {}) {
  return Error(ErrorCode::adopt_refused, std::move(message), std::move(hint));
}

// The newest commit of this asset that the log still has.
std::optional<CommitFile> last_own_commit(const Asset& asset, const Observed& seen) {
  const std::string app = app_id(asset.id);
  for (int64_t version = seen.anchor().snapshot->version(); version >= 0; --version) {
    auto commit = read_commit(asset.anchor().location, version);
    if (!commit) return std::nullopt;
    if (commit->txn(app) != nullptr) return commit;
  }
  return std::nullopt;
}

std::optional<Json> cursor_in_log(const Asset& asset, const Observed& seen) {
  const auto commit = last_own_commit(asset, seen);
  if (!commit) return std::nullopt;
  try {
    if (const auto manifest = read_manifest(asset.anchor().location, asset.id, commit->txn(app_id(asset.id))->version))
      return manifest->cursor_after;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::manifest_damaged) throw;
  }
  const CommitInfo* info = commit->commit_info();
  const Json* weir = info == nullptr ? nullptr : info->fields.find("weir");
  const Json* cursor = weir == nullptr ? nullptr : weir->find("cursor");
  return cursor == nullptr ? std::nullopt : std::optional(*cursor);
}

void refuse_lost_ledger(const Asset& asset, const Json& cursor) {
  const TableLocation& anchor = asset.anchor().location;
  for (const std::string& file : ledger_files(cursor))
    if (!anchor.store->head(manifest_folder(anchor, asset.id) + file))
      throw refused(fmt::format("the list of loaded files {} is gone", file),
                    "restore _weir from a backup; or empty the table and give --cursor '{}' to load all files again");
}

Json cursor_for(const Asset& asset, const Observed& seen, const Publisher::Adoption& how, SourcePosition* source) {
  if (how.cursor) return *how.cursor;
  const bool unknown_table = seen.refusal && seen.refusal->code() == ErrorCode::existing_table;
  if (unknown_table) return source != nullptr ? source->acked().value_or(Json()) : Json::object();
  const auto known = seen.head ? std::optional(seen.head->cursor_after) : cursor_in_log(asset, seen);
  if (!known)
    throw refused(fmt::format("asset {}: neither manifests nor log say how far its source was read", asset.id),
                  "give --cursor; --cursor '{}' reads everything again");
  refuse_lost_ledger(asset, *known);
  return *known;
}

void check_flags(const Asset& asset, const Observed& seen, const Publisher::Adoption& how) {
  if (how.fork && how.moved) throw refused("a table is either moved or forked");
  if (seen.refusal && seen.refusal->code() == ErrorCode::newer_format) throw *seen.refusal;
  if (seen.refusal && seen.refusal->code() == ErrorCode::copied && !how.fork && !how.moved)
    throw refused(seen.refusal->message(),
                  "say --moved if the table was moved or recreated here, --fork if it is a copy that lives by itself");
  const auto note = read_anchor_note(asset.anchor().location, asset.id);
  if (note && note->anchor_uri != asset.anchor().location.uri() && !how.fork && !how.moved)
    throw refused(fmt::format("{} is a member of the group of {}; the first table of a group cannot be exchanged",
                              asset.anchor().location.uri(), note->anchor_uri));
}

// Tables join and leave only when the last publish is complete.
void refuse_half_done(const Asset& asset, const Observed& seen) {
  if (!seen.refusal || seen.refusal->code() != ErrorCode::group_changed || !seen.head) return;
  for (const ObservedTable& table : seen.tables)
    if (table.in_head && table.txn != seen.head->n)
      throw refused(
          fmt::format("the last publish of asset {} is not complete in {}", asset.id, table.table->location.uri()),
          "run once with the former tables, then change the group");
}

void set_source(const Observed& seen, const Publisher::Adoption& how, SourcePosition* source, Manifest& plan) {
  const bool keeps_source =
      seen.head && !how.fork && (source == nullptr || source->identity() == seen.head->source_identity);
  if (keeps_source) {
    plan.ack_floor = seen.head->ack_floor;
    plan.source_identity = seen.head->source_identity;
    plan.source_start = seen.head->source_start;
  }
  if (source == nullptr) return;
  const auto acked = source->acked();
  plan.source_identity = source->identity();
  if (!keeps_source || how.cursor) plan.source_start = acked ? *acked : source->low_water().value_or(Json());
  if (source->forgets()) plan.ack_floor = acked ? greater(*source, plan.ack_floor, *acked) : plan.ack_floor;
}

// The last publish is completed first where that is possible.
Observed observe_complete(const Asset& asset, const Publisher::Restage& restage, SourcePosition* source,
                          const Tools& tools) {
  for (int round = 0; round < 20; ++round) {
    Observed seen = observe(asset, tools.parquet);
    if (seen.refusal || seen.foreign_refusal || !seen.head || seen.all_in_step()) return seen;
    const auto followed = follow(asset, seen, restage, tools);
    if (const auto* cannot = std::get_if<CannotFollow>(&followed)) take_back(asset, seen, cannot->why, source, tools);
  }
  throw Error(ErrorCode::superseded_too_often, "other runners changed the tables all the time");
}

}  // namespace

Outcome Publisher::adopt(const Asset& asset, const Adoption& how, const std::string& run, SourcePosition* source) {
  const Tools tools{parquet_, clock_, events_};
  const Observed seen = observe_complete(asset, restage_, source, tools);
  Manifest plan = adopt_plan(asset, seen);
  check_flags(asset, seen, how);
  refuse_half_done(asset, seen);
  plan.run = run;
  plan.cursor_after = cursor_for(asset, seen, how, source);
  if (seen.head && !how.cursor) {
    plan.code = seen.head->code;
    plan.inputs = seen.head->inputs;
  }
  set_source(seen, how, source, plan);
  if (auto gap = source_gap(plan, source)) throw *gap;
  return commit_adoption(asset, seen, std::move(plan), source, tools);
}

}  // namespace weir::lake::publish
