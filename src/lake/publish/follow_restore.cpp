#include "lake/publish/follow_restore.h"

#include <fmt/format.h>

#include "base/text.h"
#include "base/time.h"
#include "lake/publish/adopt_attempt.h"
#include "lake/publish/chain.h"
#include "lake/publish/source_check.h"

namespace weir::lake::publish {

namespace {

// Writers give the version as number or text, or a timestamp instead.
std::optional<VersionSpec> target_of(const Json& parameters) {
  if (const Json* version = parameters.find("version"); version != nullptr && !version->is_null()) {
    if (version->is_int()) return VersionSpec{.version = version->as_int(), .at_ms = {}};
    if (version->is_string())
      if (const auto number = parse_int(version->as_string())) return VersionSpec{.version = *number, .at_ms = {}};
  }
  for (const char* key : {"timestamp", "datetime"})
    if (const Json* time = parameters.find(key); time != nullptr && time->is_string())
      if (const auto us = parse_iso_us(time->as_string())) return VersionSpec{.version = {}, .at_ms = *us / 1000};
  return std::nullopt;
}

std::shared_ptr<const Snapshot> open_version(const TableLocation& table, VersionSpec spec, ParquetIo& parquet) {
  try {
    return Snapshot::open(table, parquet, spec);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::no_such_version && error.code() != ErrorCode::bad_log) throw;
    return nullptr;
  }
}

// The manifest that held at the restored version, or why it cannot be trusted.
std::variant<Manifest, std::string> manifest_at(const Asset& asset, const Snapshot& restored) {
  const TableLocation& anchor = asset.anchor().location;
  const std::string app = app_id(asset.id);
  const auto txn = restored.txn(app);
  if (!txn) return fmt::format("version {} was not published by weir", restored.version());
  auto manifest = read_manifest(anchor, asset.id, txn->version);
  if (!manifest) return fmt::format("manifest {} of version {} is gone", txn->version, restored.version());
  Chain chain(anchor, asset.id, *manifest);
  const History history = scan_history(
      anchor, manifest->tables[0].id, app, [&](int64_t n) { return chain.contains(n); },
      manifest->tables[0].read_version, restored.version());
  if (history.first_missing) return fmt::format("version {} is no longer in the log", *history.first_missing);
  if (const ForeignCommit* commit = history.last_destructive())
    return fmt::format("version {} was itself changed by another writer in {}", restored.version(), commit->text());
  return std::move(*manifest);
}

std::string refusal_of(const Manifest& head, const Manifest& then, SourcePosition* source) {
  if (!head.ack_floor.is_null()) {
    if (source == nullptr) return "without the source its position cannot be compared";
    if (is_before(*source, then.cursor_after, head.ack_floor))
      return fmt::format("the source may have forgotten what follows {}", then.cursor_after.dump());
  }
  return cannot_reread(head, then.cursor_after, source);
}

}  // namespace

std::string follow_restore(const Asset& asset, const Observed& seen, SourcePosition* source, const Tools& tools) {
  if (asset.tables.size() != 1) return "the asset has several tables";
  const History& history = seen.anchor().history;
  const ForeignCommit* last = history.last_destructive();
  if (history.first_missing || last == nullptr || upper(last->operation) != "RESTORE")
    return "the last change is no RESTORE";
  const auto spec = target_of(last->parameters);
  if (!spec) return "the RESTORE does not say to which version";
  const auto restored = open_version(asset.anchor().location, *spec, tools.parquet);
  if (!restored || restored->version() >= last->version) return "the restored version is no longer in the log";
  auto then = manifest_at(asset, *restored);
  if (const auto* why = std::get_if<std::string>(&then)) return *why;
  const Manifest& manifest = std::get<Manifest>(then);
  if (std::string why = refusal_of(*seen.head, manifest, source); !why.empty()) return why;
  Manifest plan = adopt_plan(asset, seen);
  plan.run = seen.head->run;
  plan.code = manifest.code;
  plan.inputs = manifest.inputs;
  plan.cursor_after = manifest.cursor_after;
  plan.ack_floor = seen.head->ack_floor;
  plan.source_identity = seen.head->source_identity;
  plan.source_start = seen.head->source_start;
  commit_adoption(asset, seen, std::move(plan), source, tools);
  return {};
}

}  // namespace weir::lake::publish
