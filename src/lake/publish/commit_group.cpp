#include "lake/publish/commit_group.h"

#include <fmt/format.h>

#include "base/failpoint.h"
#include "lake/publish/foreign.h"
#include "lake/publish/retry.h"

namespace weir::lake::publish {

namespace {

constexpr size_t max_cursor_hint_bytes = 4096;

std::string version_text(const CommitFile& commit) {
  return fmt::format("version {} ({})", commit.version,
                     commit.operation().empty() ? "no operation" : commit.operation());
}

class TableCommit {
 public:
  TableCommit(GroupAttempt& attempt, size_t index, const StoreClock& clock, ParquetIo& parquet, store::Clock& wait)
      : attempt_(attempt),
        index_(index),
        clock_(clock),
        parquet_(parquet),
        wait_(wait),
        table_(attempt.manifest.tables[index]),
        location_(attempt.locations[index]),
        app_(app_id(attempt.manifest.asset)) {}
  TableOutcome run();

 private:
  void look();
  std::optional<Abandoned> guard();
  std::optional<Abandoned> guard_txn() const;
  std::optional<Abandoned> guard_history(const CommitRange& since) const;
  std::optional<Abandoned> guard_conflicts(const CommitRange& since);
  std::optional<Abandoned> build();
  bool is_dynamic() const {
    const Kind kind = attempt_.manifest.kind;
    return index_ > 0 && (kind == Kind::rollback || kind == Kind::takeback);
  }
  CommitDraft draft_of(std::vector<Action> actions) const;
  Json weir_info() const;
  bool is_ours(const CommitFile& commit) const;
  std::optional<TableDone> put();
  TableDone landed(int64_t version);
  Sent send(int64_t version, const std::string& bytes) const;
  TableDone found();
  int64_t newest_version() const { return newest_ ? newest_->version() : -1; }

  GroupAttempt& attempt_;
  size_t index_;
  const StoreClock& clock_;
  ParquetIo& parquet_;
  store::Clock& wait_;
  const ManifestTable& table_;
  const TableLocation& location_;
  std::string app_;
  std::shared_ptr<const Snapshot> newest_, base_;
  CommitDraft draft_;
  bool unknown_ = false;
};

void TableCommit::look() {
  auto& seen = attempt_.snapshots[index_];
  newest_ = seen ? Snapshot::refresh(seen, parquet_) : Snapshot::open_if_exists(location_, parquet_);
  seen = newest_;
}

// (b) The table must stand where it stood when the attempt was planned.
std::optional<Abandoned> TableCommit::guard_txn() const {
  const auto superseded = [](std::string text) { return Abandoned{Abandoned::Why::superseded, std::move(text)}; };
  if (!newest_) {
    if (table_.read_version == -1) return std::nullopt;
    return superseded(fmt::format("{} no longer exists", location_.uri()));
  }
  const auto txn = newest_->txn(app_);
  const std::optional<int64_t> number = txn ? std::optional(txn->version) : std::nullopt;
  const Manifest& manifest = attempt_.manifest;
  if (manifest.kind == Kind::takeback && index_ > 0 && number && number == manifest.parent->n) return std::nullopt;
  if (number == table_.txn_before) {
    if (table_.read_version >= 0) return std::nullopt;
    return superseded(fmt::format("{} was created by someone else", location_.uri()));
  }
  return superseded(fmt::format("{}: attempt {} was planned on {}, the table is at {}", location_.uri(),
                                attempt_.manifest.n, table_.txn_before ? std::to_string(*table_.txn_before) : "nothing",
                                number ? std::to_string(*number) : "nothing"));
}

// (c) Nothing destructive, nothing unreadable since the plan.
std::optional<Abandoned> TableCommit::guard_history(const CommitRange& since) const {
  if (since.first_missing)
    return Abandoned{Abandoned::Why::superseded,
                     fmt::format("{}: version {} cannot be read", location_.uri(), *since.first_missing)};
  for (const CommitFile& commit : since.commits) {
    if (commit.txn(app_) != nullptr) continue;  // ours: guard (b) and the conflict rules judge it
    const ChangeClass change = classify(commit, table_.id);
    if (change == ChangeClass::destructive || (change == ChangeClass::changing && attempt_.error_on_change))
      return Abandoned{Abandoned::Why::superseded,
                       fmt::format("{}: another writer made {}", location_.uri(), version_text(commit))};
  }
  return std::nullopt;
}

// (d) Delta's conflict rules against everything since the plan.
std::optional<Abandoned> TableCommit::guard_conflicts(const CommitRange& since) {
  if (since.commits.empty() || !newest_) return std::nullopt;
  if (attempt_.manifest.kind == Kind::rollback)  // it has read the whole table: any change is a conflict
    return Abandoned{Abandoned::Why::conflict,
                     fmt::format("{}: {} came in between", location_.uri(), version_text(since.commits.front()))};
  if (!base_) base_ = Snapshot::open(location_, parquet_, {.version = table_.read_version, .at_ms = {}});
  const auto verdict = check_conflicts(*base_, draft_, since.commits);
  if (const auto* conflict = std::get_if<Conflict>(&verdict))
    return Abandoned{Abandoned::Why::conflict, fmt::format("{}: {} (version {}): {}", location_.uri(), conflict->rule,
                                                           conflict->version, conflict->why)};
  return std::nullopt;
}

CommitDraft TableCommit::draft_of(std::vector<Action> actions) const {
  CommitDraft draft;
  draft.actions.push_back(Txn{app_, attempt_.manifest.n, clock_.now_ms()});
  for (Action& action : actions) draft.actions.push_back(std::move(action));
  for (const auto& [key, value] : table_.commit_info.as_object()) {
    if (key == "operation")
      draft.operation = value.as_string();
    else if (key == "operationParameters")
      draft.operation_parameters = value;
    else if (key == "operationMetrics")
      draft.operation_metrics = value;
    else
      draft.extra_commit_info.set(key, value);
  }
  draft.extra_commit_info.set("weir", weir_info());
  draft.reads = attempt_.reads[index_];
  draft.reads.app_ids.insert(app_);
  if (!is_dynamic() && table_.read_version >= 0) draft.read_version = table_.read_version;
  return draft;
}

Json TableCommit::weir_info() const {
  const Manifest& manifest = attempt_.manifest;
  Json info = Json::object();
  info.set("run", manifest.run).set("step", manifest.step).set("kind", kind_text(manifest.kind)).set("n", manifest.n);
  info.set("parent", manifest.parent ? Json(manifest.parent->n) : Json());
  info.set("attempt", manifest.attempt).set("sha256", manifest.sha256).set("anchor", manifest.tables[0].uri);
  // A hint for `weir adopt`, should the manifests get lost.
  if (manifest.cursor_after.dump().size() <= max_cursor_hint_bytes) info.set("cursor", manifest.cursor_after);
  return info;
}

std::optional<Abandoned> TableCommit::build() {
  if (!is_dynamic()) {
    draft_ = draft_of(table_.actions);
    return std::nullopt;
  }
  auto actions = attempt_.member_actions(index_, newest_);
  if (const auto* why = std::get_if<std::string>(&actions)) return Abandoned{Abandoned::Why::conflict, *why};
  draft_ = draft_of(std::move(std::get<std::vector<Action>>(actions)));
  return std::nullopt;
}

std::optional<Abandoned> TableCommit::guard() {
  if (auto abandoned = guard_txn()) return abandoned;
  const CommitRange since = read_commits(location_, table_.read_version, newest_version());
  if (auto abandoned = guard_history(since)) return abandoned;
  if (auto abandoned = build()) return abandoned;
  if (!is_dynamic())  // dynamic actions are made from the newest version itself
    if (auto abandoned = guard_conflicts(since)) return abandoned;
  const int64_t deadline_ms = attempt_.manifest.deadline_ms;
  if (index_ == 0 && deadline_ms != 0 && clock_.now_ms() > deadline_ms)  // (e); a member must follow
    return Abandoned{Abandoned::Why::too_old, "the attempt is too old: a VACUUM could have removed its files"};
  return std::nullopt;
}

bool TableCommit::is_ours(const CommitFile& commit) const {
  const CommitInfo* info = commit.commit_info();
  const Json* weir = info == nullptr ? nullptr : info->fields.find("weir");
  if (weir != nullptr && weir->get_string("attempt") == attempt_.manifest.attempt) return true;
  const Txn* txn = commit.txn(app_);
  return txn != nullptr && txn->version == attempt_.manifest.n;  // commitInfo is only a hint
}

TableDone TableCommit::landed(int64_t version) {
  failpoint("commit.done");
  const auto object = location_.store->head(commit_key(location_, version));
  return TableDone{version, object ? object->modified_ms : clock_.now_ms(), unknown_, newest_, true};
}

Sent TableCommit::send(int64_t version, const std::string& bytes) const {
  if (answer_at("commit.late", Sent::done) == Sent::unknown) return Sent::unknown;
  switch (put_commit(location_, version, bytes)) {
    case CommitPut::exists:
      return Sent::exists;
    case CommitPut::unknown:
      return Sent::unknown;
    case CommitPut::done:
      break;
  }
  return answer_at("commit.landed_no_answer", Sent::done);
}

// nullopt = another commit is in the place: guard again.
std::optional<TableDone> TableCommit::put() {
  const int64_t version = newest_version() + 1;
  const std::string bytes = commit_bytes(draft_, newest_.get(), version, clock_.now_ms());
  for (int sends = 0; sends < max_sends; ++sends) {
    failpoint("commit.before");
    const Sent sent = send(version, bytes);
    if (sent == Sent::exists) failpoint("commit.exists");
    if (sent == Sent::done) return landed(version);
    if (sent == Sent::unknown) unknown_ = true;
    const auto commit = read_commit(location_, version);
    if (commit) {
      if (!is_ours(*commit)) return std::nullopt;
      return landed(version);
    }
    if (sent == Sent::exists) return std::nullopt;  // it was there, and the log was cleaned up meanwhile
    // Not there yet, but it may land any time: only these bytes may go to this version, and nothing to the next.
    wait_.sleep_for(pause_before_resend_ms(sends));
  }
  no_answer(fmt::format("version {} of {}", version, location_.uri()));
}

// (a) The log says the attempt is in: where?
TableDone TableCommit::found() {
  TableDone done;
  done.unknown = unknown_;
  done.version = newest_version();
  for (const CommitFile& commit : read_commits(location_, table_.read_version, newest_version()).commits)
    if (is_ours(commit)) {
      done.version = commit.version;
      done.commit_ms = commit.modified_ms;
    }
  return done;
}

TableOutcome TableCommit::run() {
  base_ = attempt_.snapshots[index_];
  if (base_ && base_->version() != table_.read_version) base_ = nullptr;
  for (;;) {
    look();
    const auto txn = newest_ ? newest_->txn(app_) : std::nullopt;
    if (txn && txn->version == attempt_.manifest.n) return found();
    if (auto abandoned = guard()) return *abandoned;
    failpoint("guard.done");
    if (auto done = put()) return *done;
  }
}

}  // namespace

TableOutcome commit_table(GroupAttempt& attempt, size_t table, const StoreClock& clock, ParquetIo& parquet,
                          store::Clock& wait) {
  return TableCommit(attempt, table, clock, parquet, wait).run();
}

}  // namespace weir::lake::publish
