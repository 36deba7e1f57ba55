#include "lake/commit.h"

#include <algorithm>

#include "base/error.h"
#include "lake/action_json.h"
#include "lake/features.h"
#include "lake/row_tracking.h"

namespace weir::lake {

namespace {

// Other engines read these maps as strings.
Json texts_of(const Json& values) {
  Json texts = Json::object();
  for (const auto& [key, value] : values.as_object()) texts.set(key, value.is_string() ? value : Json(value.dump()));
  return texts;
}

// What holds after the commit.
struct Rules {
  Protocol protocol;
  Metadata metadata;
};
Rules rules_after(const CommitDraft& draft, const Snapshot* base) {
  Rules rules{base ? base->protocol() : Protocol(), base ? base->metadata() : Metadata()};
  for (const auto& action : draft.actions) {
    if (const auto* next = std::get_if<Protocol>(&action)) rules.protocol = *next;
    if (const auto* next = std::get_if<Metadata>(&action)) rules.metadata = *next;
  }
  return rules;
}

// Rule 9: in-commit timestamps rise from version to version, whatever the clocks say. nullopt: the table has none.
std::optional<int64_t> in_commit_timestamp(const Snapshot* base, const Rules& rules, int64_t now_ms) {
  if (!in_commit_timestamps(rules.protocol, rules.metadata)) return std::nullopt;
  return base ? std::max(now_ms, base->timestamp_ms() + 1) : now_ms;
}

// A table that gets in-commit timestamps later than with version 0 says since when: older versions have none.
std::vector<Action> with_enablement(std::vector<Action> actions, const Snapshot* base, int64_t version,
                                    std::optional<int64_t> timestamp_ms) {
  if (!base || !timestamp_ms || in_commit_timestamps(base->protocol(), base->metadata())) return actions;
  for (auto& action : actions) {
    auto* metadata = std::get_if<Metadata>(&action);
    if (!metadata) continue;
    metadata->configuration["delta.inCommitTimestampEnablementVersion"] = std::to_string(version);
    metadata->configuration["delta.inCommitTimestampEnablementTimestamp"] = std::to_string(*timestamp_ms);
  }
  return actions;
}

CommitInfo commit_info(const CommitDraft& draft, const Snapshot* base, const Rules& rules,
                       std::optional<int64_t> in_commit_timestamp_ms, int64_t now_ms) {
  CommitInfo info;
  if (in_commit_timestamp_ms) info.fields.set("inCommitTimestamp", *in_commit_timestamp_ms);
  info.fields.set("timestamp", now_ms).set("operation", draft.operation);
  info.fields.set("operationParameters", texts_of(draft.operation_parameters));
  if (base) info.fields.set("readVersion", draft.read_version.value_or(base->version()));
  auto isolation = isolation_of(base ? base->metadata() : rules.metadata, draft);
  info.fields.set("isolationLevel", isolation_name(isolation)).set("isBlindAppend", draft.is_blind_append());
  info.fields.set("operationMetrics", texts_of(draft.operation_metrics));
  info.fields.set("engineInfo", "weir/" WEIR_VERSION);
  for (const auto& [key, value] : draft.extra_commit_info.as_object()) info.fields.set(key, value);
  return info;
}

}  // namespace

bool CommitDraft::is_blind_append() const {
  return reads.nothing() && std::none_of(actions.begin(), actions.end(), [](const Action& action) {
           const auto* add = std::get_if<Add>(&action);
           return std::holds_alternative<Remove>(action) || std::holds_alternative<Cdc>(action) ||
                  (add && !add->data_change);
         });
}

std::string commit_bytes(const CommitDraft& draft, const Snapshot* base, int64_t version, int64_t now_ms) {
  require(base ? base->version() + 1 == version : version == 0, "a commit is written for the version after its base");
  const Rules rules = rules_after(draft, base);
  const auto timestamp_ms = in_commit_timestamp(base, rules, now_ms);
  auto actions = with_row_ids(draft.actions, base, rules.protocol, rules.metadata, version);
  return to_json_line(commit_info(draft, base, rules, timestamp_ms, now_ms)) + "\n" +
         write_commit(with_enablement(std::move(actions), base, version, timestamp_ms));
}

CommitPut put_commit(const TableLocation& table, int64_t version, const std::string& bytes) {
  try {
    auto result = table.store->put_if_absent(commit_key(table, version), bytes);
    return result == store::PutResult::done ? CommitPut::done : CommitPut::exists;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::store_unknown) throw;
    return CommitPut::unknown;
  }
}

}  // namespace weir::lake
