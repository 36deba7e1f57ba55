// The publish protocol: a run becomes one commit (docs/publish-protocol.md).
//
// inspect() finds the head and says what must happen first; publish() takes a staged attempt from prepare to finalise.
// Everything is decided by the log and the manifests; calling any of it twice, from several processes, after any crash,
// is safe. The refusals are Errors with the codes 07xx; a superseded attempt is a value, since planning again is
// normal.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/event.h"
#include "lake/publish/asset.h"
#include "lake/publish/manifest.h"
#include "lake/staged.h"
#include "store/clock.h"

namespace weir::lake::publish {

// State of one asset as seen on fresh snapshots, after all recovery that inspect() may do by itself (following a
// group's anchor, taking back a head whose files are gone, finishing verify and ack) was done.
struct Inspection {
  std::vector<std::shared_ptr<const Snapshot>> snapshots;  // one per table of the asset; nullptr = does not exist yet
  std::optional<Manifest> head;                            // nullopt = never published
  std::vector<std::string> warnings;                       // foreign changes tolerated by on_foreign_change: warn
  std::optional<Manifest> resumable;                       // a prepared attempt above the head that may be resumed
  Json cursor() const { return head ? head->cursor_after : Json(); }
};

// What a step wants to publish; the staged tables are in the order of Asset::tables (those without changes may be
// absent: they get a commit that carries only the txn).
struct Attempt {
  std::string id;  // UUID; the prefix of its staged files' names
  std::string run, step, code;
  Json cursor_before, cursor_after = Json::object();
  std::vector<StagedTable> staged;
  std::vector<ManifestInput> inputs;
  std::vector<SourceFile> source_files;
  std::vector<ManifestCheck> checks;
  std::optional<std::pair<std::string, std::string>> interval;
  // Objects to put beside the manifest before it (ledger files): name -> writer of the object at the given key. Called
  // with each n that is tried; `cursor_for` then gives cursor_after for that n.
  std::function<void(int64_t n, const std::string& folder_key)> write_beside;
  std::function<Json(int64_t n)> cursor_for;
};

struct Published {
  int64_t n = 0;
  std::vector<int64_t> versions;  // one per table of the asset
  bool acked = false;
  std::vector<std::string> notes;  // e.g. a checkpoint that could not be written
};
struct Superseded {
  std::string why;  // another attempt or a conflicting commit won: plan again
};
using Outcome = std::variant<Published, Superseded>;

class Publisher {
 public:
  Publisher(ParquetIo& parquet, store::Clock& clock, EventSink* events)
      : parquet_(parquet), clock_(clock), events_(events) {}

  // Asked by inspect() and publish() when a member of a group must follow its anchor, but its staged files are gone:
  // stages the same source range (manifest.cursor_before to cursor_after) again for manifest.tables[table]. nullopt if
  // the source no longer has it. Without a function, and after nullopt, the anchor's commit is taken back instead and
  // the range is read anew.
  using Restage = std::function<std::optional<StagedTable>(const Manifest& manifest, size_t table)>;
  void set_restage(Restage restage) { restage_ = std::move(restage); }

  // Section 3 step 1 with sections 5, 6 and 8. Throws the refusals: head_lost, txn_lost, copied, foreign, log_gap,
  // source_gap, data_lost, txn_retention, existing_table.
  Inspection inspect(const Asset& asset, SourcePosition* source = nullptr);

  // Inspection without any recovery or write: for --plan, status and readers. Same refusals.
  Inspection look(const Asset& asset) const;

  // Section 3 steps 3-8. `inspected` must be what the attempt was planned on.
  Outcome publish(const Asset& asset, const Inspection& inspected, Attempt attempt, SourcePosition* source = nullptr);
  // Section 3, Resume: takes up inspected.resumable at the guard.
  Outcome resume(const Asset& asset, const Inspection& inspected, SourcePosition* source = nullptr);

  // Section 7. `target` is the n of a chain element. Throws Error{rollback_refused} with the reason.
  Outcome rollback(const Asset& asset, int64_t target_n, const std::string& run, SourcePosition* source = nullptr);

  struct Adoption {
    bool fork = false;           // a copy: new owner
    bool moved = false;          // the table was moved here
    std::optional<Json> cursor;  // given by the user; else from commitInfo's manifest if it is still there, else {}
  };
  // Writes an adopt attempt: sets owner, place and cursor without data.
  Outcome adopt(const Asset& asset, const Adoption& how, const std::string& run, SourcePosition* source = nullptr);

  // The chain from the head back to its oldest element that is still kept.
  std::vector<Manifest> chain(const Asset& asset) const;

  struct Collected {
    std::vector<std::string> manifests, files;  // keys removed, or that would be
  };
  // Section 10; does nothing unless the asset stands as inspect() wants it. With dry_run nothing is removed. Without
  // `sweep` only manifests and what they name are looked at, which is cheap enough to do after each publish; with it,
  // the whole folder of each table is listed for files that no manifest names.
  Collected collect_garbage(const Asset& asset, bool dry_run, bool sweep = true);

 private:
  ParquetIo& parquet_;
  store::Clock& clock_;
  EventSink* events_;
  Restage restage_;
};

}  // namespace weir::lake::publish
