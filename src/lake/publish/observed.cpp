#include "lake/publish/observed.h"

#include <fmt/format.h>

#include <algorithm>

#include "lake/publish/chain.h"

namespace weir::lake::publish {

namespace {

std::string txn_text(const std::optional<int64_t>& txn) { return txn ? std::to_string(*txn) : "none"; }

Error copied(std::string message) {
  return Error(
      ErrorCode::copied, std::move(message),
      "weir adopt --moved ASSET if it was moved, weir adopt --fork ASSET if it is a copy that lives by itself");
}

// The head's entry of an asset's table: by address, else by id (moved), else, before it exists, by place in the list.
std::optional<size_t> entry_of(const Manifest& head, const Asset& asset, const ObservedTable& seen, size_t index) {
  const std::string uri = seen.table->location.uri();
  for (size_t i = 0; i < head.tables.size(); ++i)
    if (head.tables[i].uri == uri) return i;
  for (size_t i = 0; seen.snapshot && i < head.tables.size(); ++i)
    if (head.tables[i].id == seen.snapshot->metadata().id) return i;
  const bool same_place = head.tables.size() == asset.tables.size() && head.tables[index].read_version == -1;
  return !seen.snapshot && same_place ? std::optional(index) : std::nullopt;
}

// "txn missing, table exists, any manifest of ours other than a first adopt".
bool was_published(const Asset& asset) {
  for (int64_t n : list_manifests(asset.anchor().location, asset.id)) {
    try {
      const auto manifest = read_manifest(asset.anchor().location, asset.id, n);
      if (manifest && (manifest->kind != Kind::adopt || manifest->parent)) return true;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::manifest_damaged && error.code() != ErrorCode::newer_format) throw;
      return true;
    }
  }
  return false;
}

class Observer {
 public:
  Observer(const Asset& asset, ParquetIo& parquet) : asset_(asset), parquet_(parquet), app_(app_id(asset.id)) {}
  Observed run();

 private:
  void open_tables();
  void without_head();
  void with_head();
  bool check_owner();
  bool check_members();
  bool check_identity(size_t index);
  bool check_note(const ObservedTable& seen);
  bool check_standing(ObservedTable& seen);
  void scan();
  void judge(const ObservedTable& seen);
  bool check_own_commit(const ObservedTable& seen);
  bool refuse(Error error) {
    if (!out_.refusal) out_.refusal = std::move(error);
    return false;
  }

  const Asset& asset_;
  ParquetIo& parquet_;
  std::string app_;
  Observed out_;
};

void Observer::open_tables() {
  for (const AssetTable& table : asset_.tables) {
    ObservedTable seen;
    seen.table = &table;
    seen.snapshot = Snapshot::open_if_exists(table.location, parquet_);
    if (seen.snapshot)
      if (const auto txn = seen.snapshot->txn(app_)) seen.txn = txn->version;
    out_.tables.push_back(std::move(seen));
  }
}

void Observer::without_head() {
  for (ObservedTable& seen : out_.tables) {
    if (!seen.snapshot) {
      seen.standing = Standing::absent;
      continue;
    }
    const std::string& uri = seen.table->location.uri();
    if (seen.txn)
      refuse({ErrorCode::txn_lost,
              fmt::format("{} was published by asset {} (txn {}), but {} has no txn of it", uri, asset_.id, *seen.txn,
                          asset_.anchor().location.uri()),
              "weir adopt " + asset_.id});
    else if (const auto note = read_anchor_note(seen.table->location, asset_.id); note && &seen == &out_.tables[0])
      refuse({ErrorCode::group_changed,
              fmt::format("{} is a member of the group whose first table is {}", uri, note->anchor_uri)});
    else if (was_published(asset_))
      refuse({ErrorCode::txn_lost,
              fmt::format("{} has manifests of asset {} but no txn of it in its log", uri, asset_.id),
              "weir adopt " + asset_.id});
    else
      refuse({ErrorCode::existing_table, fmt::format("{} exists and was not made by asset {}", uri, asset_.id),
              "weir adopt " + asset_.id + " takes it over as it is"});
  }
}

bool Observer::check_owner() {
  const Manifest& head = *out_.head;
  if (head.owner != asset_.owner)
    return refuse(copied(fmt::format("asset {} in {} is published by another project ({}; this one is {})", asset_.id,
                                     asset_.anchor().location.uri(), head.owner, asset_.owner)));
  if (head.asset != asset_.id)
    return refuse(copied(fmt::format("{} holds manifests of asset {}, not of {}", asset_.anchor().location.uri(),
                                     head.asset, asset_.id)));
  return true;
}

bool Observer::check_identity(size_t index) {
  ObservedTable& seen = out_.tables[index];
  const ManifestTable& entry = out_.head->tables[*seen.in_head];
  const std::string uri = seen.table->location.uri();
  if (seen.snapshot && seen.snapshot->metadata().id != entry.id)
    return refuse(copied(fmt::format("{} has id {}, the last publish wrote {}: it was recreated or replaced", uri,
                                     seen.snapshot->metadata().id, entry.id)));
  if (uri == entry.uri) return true;
  if (!out_.head->ack_floor.is_null()) return refuse(copied(fmt::format("{} was published at {}", uri, entry.uri)));
  out_.warnings.push_back(fmt::format("{} was last published at {}: it was moved or copied", uri, entry.uri));
  return true;
}

bool Observer::check_note(const ObservedTable& seen) {
  const auto note = read_anchor_note(seen.table->location, asset_.id);
  if (!note) return true;
  const std::string& published_at = out_.head->tables[0].uri;
  const bool known = note->anchor_uri == published_at || note->anchor_uri == asset_.anchor().location.uri();
  if (known && note->owner == asset_.owner) return true;
  return refuse(copied(fmt::format("{} belongs to the group of {} (project {})", seen.table->location.uri(),
                                   note->anchor_uri, note->owner)));
}

// All tables of the head must still be in the asset; a table of the asset that is not in the head may only be one that
// does not exist yet.
bool Observer::check_members() {
  std::vector<bool> found(out_.head->tables.size(), false);
  for (size_t i = 0; i < out_.tables.size(); ++i) {
    ObservedTable& seen = out_.tables[i];
    seen.in_head = entry_of(*out_.head, asset_, seen, i);
    if (seen.in_head) found[*seen.in_head] = true;
    if (!seen.in_head && !seen.snapshot) seen.standing = Standing::absent;
  }
  const ObservedTable& first = out_.tables.front();
  if (first.in_head != std::optional<size_t>(0))
    return refuse(copied(fmt::format("{} is not the table that asset {} published last ({})",
                                     first.table->location.uri(), asset_.id, out_.head->tables[0].uri)));
  for (const ObservedTable& seen : out_.tables)
    if (!seen.in_head && seen.snapshot)
      return refuse(
          {ErrorCode::group_changed,
           fmt::format("{} was not part of the last publish of asset {}", seen.table->location.uri(), asset_.id),
           "weir adopt " + asset_.id + " adds it"});
  for (size_t i = 0; i < found.size(); ++i)
    if (!found[i])
      return refuse({ErrorCode::group_changed,
                     fmt::format("the last publish of asset {} wrote {}, which the asset no longer names", asset_.id,
                                 out_.head->tables[i].uri),
                     "weir adopt " + asset_.id + " drops it from the group"});
  return true;
}

bool Observer::check_standing(ObservedTable& seen) {
  const Manifest& head = *out_.head;
  const ManifestTable& entry = head.tables[*seen.in_head];
  if (seen.txn == head.n) {
    seen.standing = Standing::in_step;
    return true;
  }
  const bool creates = !seen.snapshot && entry.read_version == -1;
  const bool expected = seen.snapshot && seen.txn == entry.txn_before;
  const bool taken = head.kind == Kind::takeback && seen.txn && seen.txn == head.parent->n;
  if (creates || expected || taken) {
    seen.standing = Standing::behind;
    return true;
  }
  if (!seen.snapshot)
    return refuse({ErrorCode::txn_lost, fmt::format("{} no longer exists", seen.table->location.uri()),
                   "weir adopt " + asset_.id + " goes on without it"});
  return refuse({ErrorCode::txn_lost,
                 fmt::format("{} has txn {} of asset {}, but {} or {} was expected", seen.table->location.uri(),
                             txn_text(seen.txn), asset_.id, head.n, txn_text(entry.txn_before)),
                 "weir adopt " + asset_.id});
}

bool Observer::check_own_commit(const ObservedTable& seen) {
  if (seen.standing != Standing::in_step || seen.history.first_missing) return true;
  const std::string uri = seen.table->location.uri();
  const auto lost = [&](std::string why) {
    return refuse({ErrorCode::head_lost, fmt::format("{}: {}", uri, why), "weir adopt " + asset_.id});
  };
  if (!seen.history.own || seen.history.own->txn(app_)->version != out_.head->n)
    return lost(fmt::format("the commit of attempt {} is not where its manifest says", out_.head->n));
  const CommitInfo* info = seen.history.own->commit_info();
  const Json* weir = info == nullptr ? nullptr : info->fields.find("weir");
  const auto sha256 = weir == nullptr ? std::nullopt : weir->get_string("sha256");
  if (sha256 && *sha256 != out_.head->sha256)
    return lost(fmt::format("manifest {} is not the one that version {} was committed with", out_.head->n,
                            seen.history.own->version));
  return true;
}

void Observer::judge(const ObservedTable& seen) {
  const std::string uri = seen.table->location.uri();
  if (seen.history.first_missing && !out_.foreign_refusal)
    out_.foreign_refusal =
        Error(ErrorCode::log_gap,
              fmt::format("{}: version {} is no longer in the log, so changes since the last publish cannot be checked",
                          uri, *seen.history.first_missing),
              "weir adopt " + asset_.id);
  for (const ForeignCommit& commit : seen.history.foreign) {
    const bool fatal = commit.change == ChangeClass::destructive || asset_.on_foreign_change == OnForeignChange::error;
    if (!fatal)
      out_.warnings.push_back(fmt::format("{}: another writer changed rows in {}", uri, commit.text()));
    else if (!out_.foreign_refusal)
      out_.foreign_refusal = Error(
          ErrorCode::foreign,
          fmt::format("{}: another writer {} in {}", uri,
                      commit.change == ChangeClass::destructive ? "replaced or restored the table" : "changed rows",
                      commit.text()),
          "weir table history, then weir adopt " + asset_.id);
  }
}

void Observer::scan() {
  Chain chain(asset_.anchor().location, asset_.id, *out_.head);
  const auto on_chain = [&](int64_t n) { return chain.contains(n); };
  for (ObservedTable& seen : out_.tables) {
    if (!seen.in_head || !seen.snapshot) continue;
    const ManifestTable& entry = out_.head->tables[*seen.in_head];
    seen.history =
        scan_history(seen.table->location, entry.id, app_, on_chain, entry.read_version, seen.snapshot->version());
    judge(seen);
    check_own_commit(seen);
  }
}

void Observer::with_head() {
  const TableLocation& anchor = asset_.anchor().location;
  const int64_t n = *out_.anchor().txn;
  try {
    out_.head = read_manifest(anchor, asset_.id, n);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::manifest_damaged && error.code() != ErrorCode::newer_format) throw;
    refuse(error);
    return;
  }
  if (!out_.head) {
    refuse({ErrorCode::head_lost,
            fmt::format("{} was last published by attempt {} of asset {}, but its manifest {} is missing", anchor.uri(),
                        n, asset_.id, manifest_key(anchor, asset_.id, n)),
            "weir adopt " + asset_.id});
    return;
  }
  if (!check_owner() || !check_members()) return;
  for (size_t i = 0; i < out_.tables.size(); ++i) {
    ObservedTable& seen = out_.tables[i];
    if (!seen.in_head) continue;
    if (!check_identity(i) || (i > 0 && seen.snapshot && !check_note(seen)) || !check_standing(seen)) return;
  }
  scan();
}

Observed Observer::run() {
  open_tables();
  if (out_.anchor().txn)
    with_head();
  else
    without_head();
  return std::move(out_);
}

}  // namespace

bool Observed::all_in_step() const {
  return std::all_of(tables.begin(), tables.end(), [](const ObservedTable& seen) {
    return seen.standing == Standing::in_step || seen.standing == Standing::absent;
  });
}

// A refusal may come from a look that another runner's publish (and its garbage collection) has overtaken: then look
// again.
Observed observe(const Asset& asset, ParquetIo& parquet) {
  for (;;) {
    Observed seen = Observer(asset, parquet).run();
    if (!seen.refusal && !seen.foreign_refusal) return seen;
    const bool unchanged = std::all_of(seen.tables.begin(), seen.tables.end(), [](const ObservedTable& table) {
      const auto version = table.snapshot ? std::optional(table.snapshot->version()) : std::nullopt;
      return latest_version(table.table->location) == version;
    });
    if (unchanged) return seen;
  }
}

}  // namespace weir::lake::publish
