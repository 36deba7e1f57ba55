// Commits as read back (declared in snapshot.h).
#include "base/error.h"
#include "lake/action_json.h"
#include "lake/log_listing.h"
#include "lake/log_names.h"
#include "lake/snapshot.h"

namespace weir::lake {

const CommitInfo* CommitFile::commit_info() const {
  for (const auto& action : actions)
    if (const auto* info = std::get_if<CommitInfo>(&action)) return info;
  return nullptr;
}

int64_t CommitFile::told_time_ms() const {
  const CommitInfo* info = commit_info();
  for (const char* field : {"inCommitTimestamp", "timestamp"})
    if (const Json* time = info ? info->fields.find(field) : nullptr; time && time->is_int()) return time->as_int();
  return modified_ms;
}

const Txn* CommitFile::txn(const std::string& app_id) const {
  for (const auto& action : actions)
    if (const auto* txn = std::get_if<Txn>(&action); txn && txn->app_id == app_id) return txn;
  return nullptr;
}

std::string CommitFile::operation() const {
  const CommitInfo* info = commit_info();
  const Json* operation = info ? info->fields.find("operation") : nullptr;
  return operation && operation->is_string() ? operation->as_string() : std::string();
}

std::optional<CommitFile> read_commit(const TableLocation& table, int64_t version) {
  std::string key = commit_key(table, version);
  auto info = table.store->head(key);
  if (!info) return std::nullopt;
  CommitFile commit;
  commit.version = version;
  commit.modified_ms = info->modified_ms;
  try {
    commit.bytes = table.store->read(key);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::store_not_found) return std::nullopt;
    throw;
  }
  commit.actions = parse_commit(commit.bytes, shown(table, key));
  return commit;
}

CommitRange read_commits(const TableLocation& table, int64_t after, int64_t up_to) {
  CommitRange range;
  for (int64_t version = after + 1; version <= up_to; ++version) {
    std::optional<CommitFile> commit;
    try {
      commit = read_commit(table, version);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::bad_log) throw;
    }
    if (commit)
      range.commits.push_back(std::move(*commit));
    else if (!range.first_missing)
      range.first_missing = version;
  }
  return range;
}

std::optional<int64_t> latest_version(const TableLocation& table) {
  LogListing listing = list_log(table, last_checkpoint_hint(table).value_or(0));
  if (listing.empty() && listing.from > 0) listing = list_log(table);
  return listing.empty() ? std::nullopt : std::optional(listing.latest());
}

std::optional<std::pair<int64_t, int64_t>> version_range(const TableLocation& table) {
  return available_range(list_log(table));
}

}  // namespace weir::lake
