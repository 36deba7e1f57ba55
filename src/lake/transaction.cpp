// The commit loop of Transaction (declared in commit.h).
#include <algorithm>
#include <iterator>

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
// late is then either this commit or fails because the version is taken. Once a put may have happened, no error of the
// store says that it has not: the outcome is unknown then, and the caller keeps the files that the commit names.
Attempt try_version(const TableLocation& table, int64_t version, const std::string& bytes) {
  bool may_be_there = false;
  for (int i = 0; i < max_puts_of_one_version; ++i) {
    try {
      CommitPut put = put_commit(table, version, bytes);
      if (put == CommitPut::done) return Attempt::committed;
      may_be_there = true;
      auto there = read_commit(table, version);
      if (there) return there->bytes == bytes ? Attempt::committed : Attempt::lost;
    } catch (const Error&) {
      if (!may_be_there) throw;
    }
  }
  return Attempt::unknown;
}

}  // namespace

CommitOutcome Transaction::commit(int64_t now_ms) {
  // Makes these bytes this commit's own, so that it is recognised if the answer to its put was lost.
  if (!draft_.extra_commit_info.find("txnId")) draft_.extra_commit_info.set("txnId", uuid_v4());
  if (base_) draft_.read_version = base_->version();
  std::shared_ptr<const Snapshot> newest = base_;
  std::vector<CommitFile> winners;
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
    auto since = read_commits(table_, seen, newest->version());
    if (since.first_missing)
      throw Error(ErrorCode::bad_log, "table " + table_.uri() + ": version " + std::to_string(*since.first_missing) +
                                          " was removed or damaged during the commit");
    std::move(since.commits.begin(), since.commits.end(), std::back_inserter(winners));
    auto verdict = check_conflicts(*base_, draft_, winners);
    if (const auto* conflict = std::get_if<Conflict>(&verdict)) return *conflict;
  }
}

}  // namespace weir::lake
