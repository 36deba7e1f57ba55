#include "run/ingest_work.h"

#include <algorithm>

#include "base/error.h"
#include "base/failpoint.h"
#include "base/hash.h"
#include "base/text.h"
#include "run/lake_warehouse.h"
#include "store/cancel_scope.h"

namespace weir::run {

namespace {

using lake::publish::FileStatus;
using lake::publish::Ledger;
using lake::publish::LedgerEntry;

std::string count_text(size_t count, const char* what) {
  return human_count(count) + " " + what + (count == 1 ? "" : "s");
}

// What a broken file makes the engine say. Anything else (a mistake in the declaration, no memory, an unknown outcome,
// whatever nobody thought of) stops the run: to set a file aside and go on would hide it.
bool may_be_the_file(const Error& error) {
  switch (error.code()) {
    case ErrorCode::file_unreadable:
    case ErrorCode::engine_io:
    case ErrorCode::sql_conversion:
    case ErrorCode::sql_types:
    case ErrorCode::sql_unsupported:
    case ErrorCode::sql_failed:
      return true;
    default:
      return false;
  }
}

bool of_store(const Error& error) {
  return error.code() == ErrorCode::store_io || error.code() == ErrorCode::store_not_found;
}

}  // namespace

std::string listing_digest(const files::Listing& listing) {
  Sha256 hash;
  for (const files::FoundFile& file : listing.files) {
    // A length before each text: no two listings give the same bytes.
    hash.update(std::to_string(file.label.size()) + ":" + file.label + std::to_string(file.etag.size()) + ":" +
                file.etag);
  }
  return hash.finish_hex();
}

IngestWork::IngestWork(const WorkRequest& request)
    : parts_(request.parts),
      step_(request.step),
      node_(*request.step.node),
      asset_(request.asset),
      inspection_(request.inspection),
      spec_(files::ingest_spec_of(request.parts.world.project, *request.step.node)),
      anew_(request.step.full_refresh || request.inspection.snapshots.front() == nullptr),
      cursor_(request.step.full_refresh ? Json() : request.inspection.cursor()) {
  const store::CancelScope scope([this] { return parts_.cancel.cancelled(); });
  listing_ = files::list_files(spec_);
  pin_ = files::pin_of_cursor(cursor_);
}

void IngestWork::read_ledger() {
  if (ledger_) return;
  ledger_ = Ledger::read(asset_.anchor().location, asset_.id, cursor_, parts_.world.engine.parquet());
  diff_ = files::diff(listing_, ledger_->entries());
}

std::optional<std::string> IngestWork::nothing_to_do() {
  if (anew_) return std::nullopt;
  for (const files::DeclaredColumn& column : spec_.columns) {
    if (inspection_.snapshots.front()->metadata().schema.find(column.name) == nullptr) return std::nullopt;
  }
  if (cursor_.get_string("listing") != listing_digest(listing_)) {
    read_ledger();
    bool replace = spec_.disposition == files::WriteDisposition::replace;
    if (!diff_.nothing_to_read() || (replace && !diff_.vanished.empty())) return std::nullopt;
  }
  return "no new files";
}

files::TableColumns IngestWork::table_columns(engine::Session& session) const {
  if (anew_) return {};
  return session.describe("SELECT * FROM " + node_.relation_text());
}

void IngestWork::stage(Transaction& transaction, StepResult& result, ProgressWatch::Watched& watched) {
  read_ledger();
  plan_ = files::plan_reading(spec_, listing_, diff_, pin_, table_columns(transaction.session()),
                              *parts_.world.engine.sniffer());
  watched.files(static_cast<int64_t>(plan_.reading.size()));
  try {
    load(transaction.session());
  } catch (const Error& error) {
    if (of_store(error)) files::check_still_the_same(plan_.reading);  // of a file that changed that is the better word
    if (!may_be_the_file(error)) {
      check_declared_types(transaction);
      throw in_node(error, node_, nullptr);
    }
    std::vector<files::RejectedFile> unreadable = find_unreadable(transaction);
    if (unreadable.empty()) throw in_node(error, node_, nullptr);
    for (const files::RejectedFile& file : unreadable)
      plan_ = files::without_file(std::move(plan_), file.file.label, file.reason);
    transaction.begin_anew();
    load(transaction.session());
  }
  files::check_still_the_same(plan_.reading);
  result.rows = rows_;
  result.quarantined = rejects_ + static_cast<int64_t>(plan_.rejected.size());
  result.files = static_cast<int64_t>(plan_.reading.size());
  for (const files::FoundFile& file : plan_.reading) result.source_bytes += file.size;
  for (const files::RejectedFile& file : plan_.rejected) {
    result.notes.push_back(file.file.label + " is quarantined as a whole: " + file.reason);
    parts_.announcer.emit("asset.note", Json::object().set("asset", asset_.id).set("message", result.notes.back()));
  }
  if (!diff_.vanished.empty()) {
    std::string text = count_text(diff_.vanished.size(), "loaded file") + " gone, e.g. " + diff_.vanished.front().uri;
    result.notes.push_back(text + (plan_.replace_all ? "" : "; the rows stay"));
  }
}

// Names the column whose data_type is none; the load's own error knows only the type.
void IngestWork::check_declared_types(Transaction& transaction) {
  transaction.begin_anew();
  for (const files::DeclaredColumn& column : spec_.columns) {
    try {
      transaction.session().describe("SELECT NULL::" + column.type);
    } catch (const Error& error) {
      throw in_node(
          Error(error.code(), "column " + column.name + ", data_type " + column.type + ": " + error.message()), node_,
          nullptr);
    }
  }
}

// Reads each file alone and to its end.
std::vector<files::RejectedFile> IngestWork::find_unreadable(Transaction& transaction) {
  std::vector<files::RejectedFile> unreadable;
  if (!plan_.scan) return unreadable;
  for (const files::FoundFile& file : plan_.reading) {
    engine::FileScan alone = *plan_.scan;
    std::erase_if(alone.files, [&](const engine::ScanFile& other) { return other.label != file.label; });
    if (alone.files.empty()) continue;
    parts_.cancel.check();
    transaction.begin_anew();
    try {
      transaction.session().register_scan("weir_probe", alone);
      transaction.session().query("SELECT count(COLUMNS(*)) FROM weir_probe");
      transaction.session().scan_rejects("weir_probe");
    } catch (const Error& error) {
      if (!may_be_the_file(error)) throw;
      unreadable.push_back({file, error.message()});
    }
  }
  return unreadable;
}

void IngestWork::complete(lake::publish::Attempt& attempt) {
  attempt.code = step_.code;
  attempt.cursor_before = cursor_;
  auto read = [&](const files::FoundFile& file) { attempt.source_files.push_back({file.label, file.size, file.etag}); };
  for (const files::FoundFile& file : plan_.reading) read(file);
  for (const files::RejectedFile& file : plan_.rejected) read(file.file);
  std::vector<LedgerEntry> entries = ledger_entries();
  Json pin = files::to_json(plan_.pin);
  std::string digest = listing_digest(listing_);
  // The names of the ledger's files hold n, which is only known when the attempt is prepared.
  auto cursor = std::make_shared<std::map<int64_t, Json>>();
  lake::TableLocation anchor = asset_.anchor().location;
  lake::ParquetIo* parquet = &parts_.world.engine.parquet();
  attempt.write_beside = [=, ledger = *ledger_, asset = asset_.id](int64_t n, const std::string&) {
    Json after = ledger.write(anchor, asset, n, entries, *parquet);
    if (!after.is_object()) after = Json::object().set("ledger", Json::array());
    after.set("pin", pin).set("listing", digest);
    (*cursor)[n] = std::move(after);
  };
  attempt.cursor_for = [cursor](int64_t n) { return cursor->at(n); };
}

std::map<const files::FoundFile*, std::string> IngestWork::content_hashes() const {
  std::vector<const files::FoundFile*> read;
  for (const files::FoundFile& file : plan_.reading) read.push_back(&file);
  for (const files::RejectedFile& file : plan_.rejected) read.push_back(&file.file);
  const std::vector<std::string> hashes = files::content_hashes(read);
  std::map<const files::FoundFile*, std::string> by_file;
  for (size_t i = 0; i < read.size(); ++i) by_file[read[i]] = hashes[i];
  return by_file;
}

std::vector<LedgerEntry> IngestWork::ledger_entries() const {
  std::vector<LedgerEntry> entries;
  const auto hashes = content_hashes();
  auto entry_of = [&](const files::FoundFile& file, FileStatus status) {
    LedgerEntry entry;
    entry.uri = file.label;
    entry.size = file.size;
    entry.etag = file.etag;
    entry.modified_ms = file.modified_ms;
    entry.status = status;
    entry.sha256 = hashes.at(&file);
    return entry;
  };
  for (const files::FoundFile& file : plan_.reading) {
    LedgerEntry entry = entry_of(file, FileStatus::loaded);
    auto counts = counts_.find(file.label);
    if (counts != counts_.end()) {
      entry.rows = counts->second.loaded;
      entry.quarantined = counts->second.quarantined;
    }
    entries.push_back(std::move(entry));
  }
  for (const files::RejectedFile& file : plan_.rejected) {
    LedgerEntry entry = entry_of(file.file, FileStatus::rejected);
    entry.quarantined = 1;
    entries.push_back(std::move(entry));
  }
  if (plan_.replace_all) {  // what is gone has no rows any more: it counts as never loaded
    for (LedgerEntry gone : diff_.vanished) {
      gone.status = FileStatus::superseded;
      entries.push_back(std::move(gone));
    }
  }
  return entries;
}

std::unique_ptr<Work> ingest_work(const WorkRequest& request) { return std::make_unique<IngestWork>(request); }

}  // namespace weir::run
