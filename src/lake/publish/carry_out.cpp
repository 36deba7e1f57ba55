#include "lake/publish/carry_out.h"

#include <fmt/format.h>

#include "base/failpoint.h"
#include "lake/publish/finalise.h"
#include "lake/publish/verify.h"

namespace weir::lake::publish {

namespace {

constexpr int64_t trusted_age_ms = 3600LL * 1000;

// Delta writers never remove files this young, so a quick, plain commit needs no look.
bool needs_verify(const GroupAttempt& attempt, size_t table, const TableDone& done) {
  if (attempt.resumed || done.unknown || !done.put_here) return true;
  if (attempt.manifest.kind != Kind::publish) return true;  // old files were put back
  const int64_t staged_ms = attempt.manifest.tables[table].staged_at_ms;
  return staged_ms != 0 && done.commit_ms - staged_ms > trusted_age_ms;
}

// An acknowledgement cannot be taken back, so before one the files are looked at however young they are.
bool will_acknowledge(const GroupAttempt& attempt, SourcePosition* source) {
  return source != nullptr && source->forgets() && !attempt.manifest.ack_floor.is_null();
}

std::vector<std::string> missing_of(const GroupAttempt& attempt, const std::vector<TableDone>& done,
                                    SourcePosition* source) {
  failpoint("verify.before");
  std::vector<std::string> missing;
  for (size_t i = 0; i < done.size(); ++i) {
    if (!will_acknowledge(attempt, source) && !needs_verify(attempt, i, done[i])) continue;
    const auto commit = read_commit(attempt.locations[i], done[i].version);  // what it really added
    if (!commit) continue;
    for (std::string& key : missing_files(attempt.locations[i], commit->actions)) missing.push_back(std::move(key));
  }
  return missing;
}

// While the members followed, another runner may have taken the anchor's commit back.
bool anchor_still_holds(GroupAttempt& attempt, const Tools& tools) {
  const auto newest = attempt.snapshots[0] ? Snapshot::refresh(attempt.snapshots[0], tools.parquet)
                                           : Snapshot::open_if_exists(attempt.locations[0], tools.parquet);
  const auto txn = newest ? newest->txn(app_id(attempt.manifest.asset)) : std::nullopt;
  return txn && txn->version == attempt.manifest.n;
}

void note_checkpoints(const GroupAttempt& attempt, const std::vector<TableDone>& done, const Tools& tools,
                      Published& published) {
  for (size_t i = 0; i < done.size(); ++i) {
    if (!done[i].put_here) continue;
    for (std::string& note :
         after_commit(attempt.locations[i], done[i].before, done[i].version, tools.parquet, tools.clock.now_ms()))
      published.notes.push_back(std::move(note));
  }
}

bool acknowledge(const Asset& asset, SourcePosition* source, const Tools& tools, Published& published) {
  if (source == nullptr || !source->forgets()) return false;
  const Observed newest = observe(asset, tools.parquet);
  // Our own files were looked at; another runner's attempt that is the head by now is not known to be whole.
  const bool ours = newest.head && newest.head->n == published.n;
  if ((!ours && !missing_of_head(newest).empty()) || !finalise(asset, newest, source)) {
    published.notes.push_back("the source was not acknowledged: the table changed meanwhile; the next run looks at it");
    return false;
  }
  return !newest.head->ack_floor.is_null();
}

Json event_fields(const Asset& asset, const GroupAttempt& attempt, const Published& published) {
  Json versions = Json::array();
  for (int64_t version : published.versions) versions.push_back(version);
  return Json::object()
      .set("asset", asset.id)
      .set("run", attempt.manifest.run)
      .set("kind", kind_text(attempt.manifest.kind))
      .set("n", published.n)
      .set("versions", std::move(versions))
      .set("acked", published.acked);
}

}  // namespace

std::vector<int64_t> versions_of(const Asset& asset, const Manifest& manifest, const std::vector<int64_t>& by_entry) {
  std::vector<int64_t> versions(asset.tables.size(), -1);
  for (size_t i = 0; i < asset.tables.size(); ++i)
    for (size_t entry = 0; entry < manifest.tables.size(); ++entry)
      if (manifest.tables[entry].uri == asset.tables[i].location.uri()) versions[i] = by_entry[entry];
  return versions;
}

std::variant<Published, Superseded, NeedsInspect> carry_out(const Asset& asset, GroupAttempt& attempt,
                                                            const StoreClock& clock, SourcePosition* source,
                                                            const Tools& tools) {
  std::vector<TableDone> done;
  for (size_t i = 0; i < attempt.manifest.tables.size(); ++i) {
    const TableOutcome outcome = commit_table(attempt, i, clock, tools.parquet, tools.clock);
    if (const auto* abandoned = std::get_if<Abandoned>(&outcome)) {
      if (i > 0) return NeedsInspect{abandoned->text};
      tools.emit("publish.superseded",
                 Json::object().set("asset", asset.id).set("n", attempt.manifest.n).set("why", abandoned->text));
      return Superseded{abandoned->text};
    }
    done.push_back(std::get<TableDone>(outcome));
    if (i > 0) failpoint(fmt::format("group.member.{}", i));
    if (i == 0 && attempt.manifest.kind == Kind::rollback) failpoint("rollback.anchor_done");
    if (i == 0 && attempt.manifest.tables.size() > 1) failpoint("group.anchor_done");
  }
  if (done.size() > 1 && !anchor_still_holds(attempt, tools))
    return NeedsInspect{"the first table went on before the others had taken the attempt"};
  if (const auto missing = missing_of(attempt, done, source); !missing.empty())
    return NeedsInspect{"published files are gone, e.g. " + missing.front()};
  Published published;
  published.n = attempt.manifest.n;
  std::vector<int64_t> versions;
  for (const TableDone& table : done) versions.push_back(table.version);
  published.versions = versions_of(asset, attempt.manifest, versions);
  note_checkpoints(attempt, done, tools, published);
  published.acked = acknowledge(asset, source, tools, published);
  failpoint("state.before");
  tools.emit("publish.committed", event_fields(asset, attempt, published));
  return published;
}

}  // namespace weir::lake::publish
