#include <fmt/format.h>

#include <algorithm>

#include "base/failpoint.h"
#include "lake/publish/adopt_attempt.h"
#include "lake/publish/finalise.h"
#include "lake/publish/follow_restore.h"
#include "lake/publish/members.h"
#include "lake/publish/observed.h"
#include "lake/publish/publisher.h"
#include "lake/publish/requirements.h"
#include "lake/publish/source_check.h"
#include "lake/publish/takeback.h"
#include "lake/publish/verify.h"

namespace weir::lake::publish {

namespace {

constexpr int max_rounds = 20;  // each round somebody made progress

Inspection inspection_of(Observed seen) {
  Inspection out;
  for (const ObservedTable& table : seen.tables) out.snapshots.push_back(table.snapshot);
  out.head = std::move(seen.head);
  out.warnings = std::move(seen.warnings);
  return out;
}

bool same_tables(const Asset& asset, const Manifest& manifest) {
  size_t found = 0;
  for (const AssetTable& table : asset.tables)
    for (const ManifestTable& entry : manifest.tables) found += entry.uri == table.location.uri() ? 1 : 0;
  return found == manifest.tables.size();
}

bool is_resumable(const Asset& asset, const Observed& seen, const Manifest& manifest, int64_t now_ms) {
  const std::optional<Parent> head = seen.head ? std::optional(Parent{seen.head->n, seen.head->sha256}) : std::nullopt;
  return manifest.kind == Kind::publish && !manifest.has_table_without_append() && manifest.parent == head &&
         manifest.owner == asset.owner && manifest.asset == asset.id && same_tables(asset, manifest) &&
         (manifest.deadline_ms == 0 || now_ms <= manifest.deadline_ms);
}

bool files_are_there(const Asset& asset, const Manifest& manifest) {
  for (const ManifestTable& entry : manifest.tables)
    for (const AssetTable& table : asset.tables)
      if (entry.uri == table.location.uri() && !missing_files(table.location, entry.actions).empty()) return false;
  return true;
}

// Prepared above the head: any of them may be taken up, since the head decides between them.
std::optional<Manifest> find_resumable(const Asset& asset, const Observed& seen, int64_t now_ms) {
  const TableLocation& anchor = asset.anchor().location;
  for (const ManifestInfo& info : list_manifest_infos(anchor, asset.id, seen.head ? seen.head->n : 0)) {
    try {
      auto manifest = read_manifest(anchor, asset.id, info.n);
      if (!manifest) continue;
      load_actions(anchor, *manifest);
      if (is_resumable(asset, seen, *manifest, now_ms) && files_are_there(asset, *manifest)) return manifest;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::manifest_damaged && error.code() != ErrorCode::newer_format) throw;
    }
  }
  return std::nullopt;
}

void require_properties(const Asset& asset, const Observed& seen) {
  for (const ObservedTable& table : seen.tables)
    if (table.snapshot) check_requirements(asset, table.snapshot->metadata(), table.table->location.uri());
}

// One look with the recovery it asks for. nullopt: something was done or overtaken, look again.
class Inspector {
 public:
  Inspector(const Asset& asset, SourcePosition* source, const Publisher::Restage& restage, const Tools& tools)
      : asset_(asset), source_(source), restage_(restage), tools_(tools) {}

  std::optional<Inspection> round() {
    Observed seen = observe(asset_, tools_.parquet);
    if (seen.refusal) {
      adopt_existing(seen);
      return std::nullopt;
    }
    if (seen.foreign_refusal) {
      follow_foreign(seen);
      return std::nullopt;
    }
    require_properties(asset_, seen);
    if (seen.head && !recover(seen)) return std::nullopt;
    const int64_t now_ms = tools_.clock.now_ms();
    std::optional<Manifest> resumable = find_resumable(asset_, seen, now_ms);
    Inspection out = inspection_of(std::move(seen));
    out.resumable = std::move(resumable);
    return out;
  }

 private:
  void adopt_existing(const Observed& seen) {
    if (seen.refusal->code() != ErrorCode::existing_table || asset_.on_existing != OnExisting::adopt)
      throw *seen.refusal;
    if (!seen.anchor().snapshot) throw *seen.refusal;
    Manifest plan = adopt_plan(asset_, seen);
    plan.cursor_after = Json::object();
    if (source_ != nullptr) {
      plan.cursor_after = source_->acked().value_or(Json());
      plan.source_identity = source_->identity();
      plan.source_start = plan.cursor_after;
      if (source_->forgets()) plan.ack_floor = plan.cursor_after;
    }
    commit_adoption(asset_, seen, std::move(plan), source_, tools_);
  }

  void follow_foreign(const Observed& seen) {
    if (seen.foreign_refusal->code() != ErrorCode::foreign || asset_.on_restore != OnRestore::follow)
      throw *seen.foreign_refusal;
    const auto refused = follow_restore(asset_, seen, source_, restage_, tools_);
    if (!refused) return;
    Error refusal = *seen.foreign_refusal;
    if (!refused->hint.empty()) refusal.with_hint(refused->hint);
    throw std::move(refusal.add_context("on_restore: follow is not possible: " + refused->why));
  }

  // True if the head stands as it is.
  bool recover(const Observed& seen) {
    if (!seen.all_in_step()) {
      const auto followed = follow(asset_, seen, restage_, tools_);
      if (const auto* cannot = std::get_if<CannotFollow>(&followed))
        take_back(asset_, seen, "a member of the group cannot follow: " + cannot->why, source_, tools_);
      return false;
    }
    if (const auto missing = missing_of_head(seen); !missing.empty()) {
      failpoint("verify.missing");
      take_back(asset_, seen, "published files are gone, e.g. " + missing.front(), source_, tools_);
      return false;
    }
    if (auto gap = source_gap(*seen.head, source_)) throw *gap;
    finalise(asset_, seen, source_);
    return true;
  }

  const Asset& asset_;
  SourcePosition* source_;
  const Publisher::Restage& restage_;
  const Tools& tools_;
};

}  // namespace

Inspection Publisher::inspect(const Asset& asset, SourcePosition* source) {
  const Tools tools{parquet_, clock_, events_};
  for (int round = 0; round < max_rounds; ++round)
    if (auto ready = Inspector(asset, source, restage_, tools).round()) {
      failpoint("inspect.done");
      return std::move(*ready);
    }
  throw Error(ErrorCode::superseded_too_often, fmt::format("asset {}: other runners changed {} in each of {} looks",
                                                           asset.id, asset.anchor().location.uri(), max_rounds));
}

Inspection Publisher::look(const Asset& asset) const {
  Observed seen = observe(asset, parquet_);
  if (seen.refusal) {
    if (seen.refusal->code() != ErrorCode::existing_table || asset.on_existing != OnExisting::adopt)
      throw *seen.refusal;
    seen.warnings.push_back(seen.refusal->message() + "; it will be adopted");
  }
  if (seen.foreign_refusal) {
    if (seen.foreign_refusal->code() != ErrorCode::foreign || asset.on_restore != OnRestore::follow)
      throw *seen.foreign_refusal;
    seen.warnings.push_back(seen.foreign_refusal->message() + "; it will be followed if possible");
  }
  return inspection_of(std::move(seen));
}

}  // namespace weir::lake::publish
