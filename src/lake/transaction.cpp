// The commit loop of Transaction (declared in commit.h).
#include "base/error.h"
#include "base/ids.h"
#include "lake/commit.h"
#include "lake/writable.h"

namespace weir::lake {

namespace {

// Puts whose answer is lost again and again end as Unknown after so many.
constexpr int max_puts_of_one_version = 5;

enum class Attempt { committed, lost, unknown };

// One version, until it is known whose it is. The same bytes go to the same version only: an earlier request that lands
// late is then either this commit or fails because the version is taken.
Attempt try_version(const TableLocation& table, int64_t version, const std::string& bytes) {
  for (int i = 0; i < max_puts_of_one_version; ++i) {
    CommitPut put = put_commit(table, version, bytes);
    if (put == CommitPut::done) return Attempt::committed;
    auto there = read_commit(table, version);
    if (there) return there->bytes == bytes ? Attempt::committed : Attempt::lost;
  }
  return Attempt::unknown;
}

}  // namespace

CommitOutcome Transaction::commit(int64_t now_ms) {
  // Makes these bytes this commit's own, so that it is recognised if the answer to its put was lost.
  if (!draft_.extra_commit_info.find("txnId")) draft_.extra_commit_info.set("txnId", uuid_v4());
  std::shared_ptr<const Snapshot> newest = base_;
  while (true) {
    if (newest)
      check_writable(*newest, draft_);
    else
      check_creatable(table_, draft_);
    int64_t version = newest ? newest->version() + 1 : 0;
    Attempt attempt = try_version(table_, version, commit_bytes(draft_, newest.get(), version, now_ms));
    if (attempt == Attempt::unknown) return Unknown{version};
    if (attempt == Attempt::committed) {
      notes_ = after_commit(table_, newest, version, parquet_, now_ms);
      return Committed{version};
    }
    if (!newest) return Conflict{0, "MetadataChanged", "the table was created by another writer in the meantime"};
    int64_t seen = newest->version();
    newest = Snapshot::refresh(newest, parquet_);
    if (newest->version() <= seen)
      throw Error(ErrorCode::bad_log, "table " + table_.uri() + " was deleted or made anew during the commit");
    auto winners = read_commits(table_, base_->version(), newest->version());
    if (winners.first_missing)
      throw Error(ErrorCode::bad_log, "table " + table_.uri() + ": version " + std::to_string(*winners.first_missing) +
                                          " was removed or damaged during the commit");
    auto verdict = check_conflicts(*base_, draft_, winners.commits);
    if (const auto* conflict = std::get_if<Conflict>(&verdict)) return *conflict;
  }
}

}  // namespace weir::lake
