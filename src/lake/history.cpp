#include "lake/history.h"

#include <fmt/format.h>

#include "base/error.h"
#include "lake/log_names.h"

namespace weir::lake {

namespace {

std::string text_of(const Json& fields, std::string_view key) {
  const Json* found = fields.find(key);
  return found && found->is_string() ? found->as_string() : std::string();
}

Json member_of(const Json& fields, std::string_view key) {
  const Json* found = fields.find(key);
  return found ? *found : Json();
}

void read_commit_info(const Json& fields, HistoryEntry& entry) {
  entry.operation = text_of(fields, "operation");
  entry.engine = text_of(fields, "engineInfo");
  entry.user_metadata = text_of(fields, "userMetadata");
  entry.parameters = member_of(fields, "operationParameters");
  entry.metrics = member_of(fields, "operationMetrics");
  entry.weir = member_of(fields, "weir");
  const Json* blind = fields.find("isBlindAppend");
  if (blind && blind->is_bool()) entry.blind_append = blind->as_bool();
  const Json* time = fields.find("inCommitTimestamp");
  if (time && time->is_int()) entry.time_ms = time->as_int();
}

// Statistics count the rows that a deletion vector takes away too.
template <typename FileAction>
void count_rows(std::optional<int64_t>& total, const FileAction& file) {
  auto rows = file.stats ? rows_in_stats(*file.stats) : std::nullopt;
  if (total && rows)
    *total += *rows - (file.deletion_vector ? file.deletion_vector->cardinality : 0);
  else
    total.reset();
}

}  // namespace

std::optional<int64_t> rows_in_stats(std::string_view stats) {
  try {
    Json json = Json::parse(stats);
    const Json* rows = json.find("numRecords");
    return rows && rows->is_int() && rows->as_int() >= 0 ? std::optional(rows->as_int()) : std::nullopt;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::bad_json) throw;
    return std::nullopt;
  }
}

HistoryEntry summary_of(const CommitFile& commit) {
  HistoryEntry entry;
  entry.version = commit.version;
  entry.time_ms = commit.modified_ms;
  entry.rows_added = entry.rows_removed = 0;
  if (const CommitInfo* info = commit.commit_info()) read_commit_info(info->fields, entry);
  for (const auto& action : commit.actions) {
    if (const auto* add = std::get_if<Add>(&action)) {
      ++entry.files_added;
      entry.bytes_added += add->size_bytes;
      entry.data_change |= add->data_change;
      count_rows(entry.rows_added, *add);
    }
    if (const auto* remove = std::get_if<Remove>(&action)) {
      ++entry.files_removed;
      entry.bytes_removed += remove->size_bytes.value_or(0);
      entry.data_change |= remove->data_change;
      count_rows(entry.rows_removed, *remove);
    }
    entry.schema_changed |= std::holds_alternative<Metadata>(action);
    entry.protocol_changed |= std::holds_alternative<Protocol>(action);
  }
  return entry;
}

std::vector<HistoryEntry> history(const TableLocation& table, size_t limit, std::optional<int64_t> from) {
  auto newest = latest_version(table);
  if (!newest)
    throw Error(ErrorCode::not_a_table, fmt::format("{} is no Delta table: there is no commit in {}", table.uri(),
                                                    shown(table, log_folder(table))));
  std::vector<HistoryEntry> entries;
  for (int64_t version = std::min(*newest, from.value_or(*newest)); version >= 0; --version) {
    if (limit > 0 && entries.size() == limit) break;
    auto commit = read_commit(table, version);
    if (!commit) break;
    entries.push_back(summary_of(*commit));
  }
  return entries;
}

}  // namespace weir::lake
