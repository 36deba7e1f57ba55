#include "lake/publish/follow_restore.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.h"
#include "base/time.h"
#include "lake/publish/adopt_attempt.h"
#include "lake/publish/chain.h"
#include "lake/publish/ledger.h"
#include "lake/publish/members.h"
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

using SnapshotOrWhy = std::variant<std::shared_ptr<const Snapshot>, std::string>;

bool was_touched(const ObservedTable& table) {
  return table.history.first_missing || table.history.last_destructive() != nullptr;
}

// The version to which the last destructive commit went back.
SnapshotOrWhy restored_version(const ObservedTable& table, ParquetIo& parquet) {
  const std::string& uri = table.table->location.uri();
  const ForeignCommit* last = table.history.last_destructive();
  if (table.history.first_missing || upper(last->operation) != "RESTORE")
    return fmt::format("the last change of {} is no RESTORE", uri);
  const auto spec = target_of(last->parameters);
  if (!spec) return fmt::format("the RESTORE of {} does not say to which version", uri);
  auto restored = open_version(table.table->location, *spec, parquet);
  if (!restored || restored->version() >= last->version)
    return fmt::format("the version to which {} was restored is no longer in the log", uri);
  return restored;
}

// By id, since a table may have been moved.
const ManifestTable* entry_with_id_of(const Manifest& manifest, const ObservedTable& table) {
  for (const ManifestTable& entry : manifest.tables)
    if (entry.id == table.snapshot->metadata().id) return &entry;
  return nullptr;
}

std::set<std::string> files_of(const Snapshot& snapshot) {
  std::set<std::string> keys;
  for (const Add& file : snapshot.files()) keys.insert(file_key(file));
  return keys;
}

std::string refusal_of(const Manifest& head, const Manifest& then, SourcePosition* source) {
  if (!head.ack_floor.is_null()) {
    if (source == nullptr) return "without the source its position cannot be compared";
    if (is_before(*source, then.cursor_after, head.ack_floor))
      return fmt::format("the source may have forgotten what follows {}", then.cursor_after.dump());
  }
  return cannot_reread(head, then.cursor_after, source);
}

class Following {
 public:
  Following(const Asset& asset, const Observed& seen, const Tools& tools)
      : asset_(asset), seen_(seen), tools_(tools), app_(app_id(asset.id)) {}

  // The manifest of the attempt at which all tables stand.
  std::variant<Manifest, NotFollowed> common_attempt();

 private:
  std::optional<std::string> find_attempt();
  std::string why_unclean(const ObservedTable& table, const Snapshot& restored) const;
  std::optional<int64_t> version_of_attempt(const ObservedTable& table) const;
  bool stands(const ObservedTable& table) const;
  NotFollowed partly(const std::vector<const ObservedTable*>& missing) const;

  const Asset& asset_;
  const Observed& seen_;
  const Tools& tools_;
  std::string app_;
  std::optional<Manifest> then_;
  const ObservedTable* first_restored_ = nullptr;
};

// The first table that was restored says which attempt it is.
std::optional<std::string> Following::find_attempt() {
  first_restored_ = &*std::find_if(seen_.tables.begin(), seen_.tables.end(), was_touched);
  const auto restored = restored_version(*first_restored_, tools_.parquet);
  if (const auto* why = std::get_if<std::string>(&restored)) return *why;
  const Snapshot& snapshot = *std::get<0>(restored);
  const std::string& uri = first_restored_->table->location.uri();
  const auto txn = snapshot.txn(app_);
  if (!txn) return fmt::format("version {} of {} was not published by weir", snapshot.version(), uri);
  then_ = read_manifest(asset_.anchor().location, asset_.id, txn->version);
  if (!then_) return fmt::format("manifest {} of version {} of {} is gone", txn->version, snapshot.version(), uri);
  return std::nullopt;
}

std::string Following::why_unclean(const ObservedTable& table, const Snapshot& restored) const {
  const TableLocation& location = table.table->location;
  const ManifestTable* entry = entry_with_id_of(*then_, table);
  if (entry == nullptr) return fmt::format("{} was no part of attempt {}", location.uri(), then_->n);
  Chain chain(asset_.anchor().location, asset_.id, *then_);
  const auto on_chain = [&](int64_t n) { return chain.contains(n); };
  const History history = scan_history(location, entry->id, app_, on_chain, entry->read_version, restored.version());
  if (history.first_missing)
    return fmt::format("version {} of {} is no longer in the log", *history.first_missing, location.uri());
  if (const ForeignCommit* commit = history.last_destructive())
    return fmt::format("version {} of {} was itself changed by another writer in {}", restored.version(),
                       location.uri(), commit->text());
  return {};
}

// That the attempt made in a table; nullopt: none, or no longer in the log.
std::optional<int64_t> Following::version_of_attempt(const ObservedTable& table) const {
  const ManifestTable* entry = entry_with_id_of(*then_, table);
  if (entry == nullptr) return std::nullopt;
  for (const CommitFile& commit :
       read_commits(table.table->location, entry->read_version, table.snapshot->version()).commits)
    if (const Txn* txn = commit.txn(app_); txn != nullptr && txn->version == then_->n) return commit.version;
  return std::nullopt;
}

// Of a table that nobody touched: it took the head's attempt, so no runner can add anything to it any more.
bool Following::stands(const ObservedTable& table) const {
  if (seen_.head->n == then_->n) return true;
  const auto version = version_of_attempt(table);
  if (!version) return false;
  const auto snapshot = open_version(table.table->location, {.version = *version, .at_ms = {}}, tools_.parquet);
  return snapshot && files_of(*snapshot) == files_of(*table.snapshot);
}

NotFollowed Following::partly(const std::vector<const ObservedTable*>& missing) const {
  std::vector<std::string> names, ways;
  for (const ObservedTable* table : missing) {
    names.push_back(table->table->location.uri());
    const auto version = version_of_attempt(*table);
    if (!version)
      return {fmt::format("{} has no version of attempt {}, to which {} was restored", names.back(), then_->n,
                          first_restored_->table->location.uri()),
              {}};
    ways.push_back(fmt::format("{} to version {}", names.back(), *version));
  }
  return {fmt::format("{} was restored to attempt {}, but not {}: the tables of an asset go back together",
                      first_restored_->table->location.uri(), then_->n, join(names, ", ")),
          fmt::format("RESTORE {} too and run again; or weir adopt {} takes the tables as they are", join(ways, ", "),
                      asset_.id)};
}

std::variant<Manifest, NotFollowed> Following::common_attempt() {
  if (auto why = find_attempt()) return NotFollowed{std::move(*why), {}};
  std::vector<const ObservedTable*> missing;
  for (const ObservedTable& table : seen_.tables) {
    if (!table.snapshot) continue;
    if (!was_touched(table)) {
      if (!stands(table)) missing.push_back(&table);
      continue;
    }
    const auto restored = restored_version(table, tools_.parquet);
    if (const auto* why = std::get_if<std::string>(&restored)) return NotFollowed{*why, {}};
    const auto txn = std::get<0>(restored)->txn(app_);
    if (!txn || txn->version != then_->n)
      missing.push_back(&table);
    else if (std::string why = why_unclean(table, *std::get<0>(restored)); !why.empty())
      return NotFollowed{std::move(why), {}};
  }
  if (!missing.empty()) return partly(missing);
  const TableLocation& anchor = asset_.anchor().location;
  for (const std::string& file : ledger_files(then_->cursor_after))
    if (!anchor.store->head(manifest_folder(anchor, asset_.id) + file))
      return NotFollowed{fmt::format("the list of loaded files {} of attempt {} is gone", file, then_->n), {}};
  return std::move(*then_);
}

// A table that lacks the head's attempt, and that nobody restored, may take it any moment by the hand of another
// runner: before anything else it must be there. nullopt: no such table.
std::optional<std::optional<NotFollowed>> complete_untouched(const Asset& asset, const Observed& seen,
                                                             const Publisher::Restage& restage, const Tools& tools) {
  Observed untouched = seen;
  bool any = false;
  for (ObservedTable& table : untouched.tables) {
    if (table.standing != Standing::behind) continue;
    if (was_touched(table))
      table.standing = Standing::unknown;
    else
      any = true;
  }
  if (!any) return std::nullopt;
  const auto followed = follow(asset, untouched, restage, tools);
  const auto* cannot = std::get_if<CannotFollow>(&followed);
  if (cannot == nullptr) return std::optional<NotFollowed>();
  return NotFollowed{"a table lacks the last publish and cannot take it: " + cannot->why, {}};
}

}  // namespace

std::optional<NotFollowed> follow_restore(const Asset& asset, const Observed& seen, SourcePosition* source,
                                          const Publisher::Restage& restage, const Tools& tools) {
  if (auto done = complete_untouched(asset, seen, restage, tools)) return *done;
  auto common = Following(asset, seen, tools).common_attempt();
  if (auto* refused = std::get_if<NotFollowed>(&common)) return std::move(*refused);
  const Manifest& then = std::get<Manifest>(common);
  if (std::string why = refusal_of(*seen.head, then, source); !why.empty()) return NotFollowed{std::move(why), {}};
  Manifest plan = adopt_plan(asset, seen);
  plan.run = seen.head->run;
  plan.code = then.code;
  plan.inputs = then.inputs;
  plan.cursor_after = then.cursor_after;
  plan.ack_floor = seen.head->ack_floor;
  plan.source_identity = seen.head->source_identity;
  plan.source_start = seen.head->source_start;
  commit_adoption(asset, seen, std::move(plan), source, tools);
  return std::nullopt;
}

}  // namespace weir::lake::publish
