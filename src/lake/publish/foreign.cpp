#include "lake/publish/foreign.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <variant>

#include "base/text.h"

namespace weir::lake::publish {

namespace {

constexpr std::array<std::string_view, 3> changing_operations = {"DELETE", "UPDATE", "MERGE"};

// "REPLACE COLUMNS" alters the schema; every other REPLACE replaces the table.
bool replaces_table(const std::string& operation) {
  if (operation == "RESTORE" || operation == "CLONE" || operation == "TRUNCATE") return true;
  return operation != "REPLACE COLUMNS" && operation.find("REPLACE") != std::string::npos;
}

bool has_new_id(const CommitFile& commit, const std::string& metadata_id) {
  return std::any_of(commit.actions.begin(), commit.actions.end(), [&](const Action& action) {
    const auto* metadata = std::get_if<Metadata>(&action);
    return metadata != nullptr && metadata->id != metadata_id;
  });
}

bool removes_rows(const CommitFile& commit) {
  return std::any_of(commit.actions.begin(), commit.actions.end(), [](const Action& action) {
    const auto* remove = std::get_if<Remove>(&action);
    return remove != nullptr && remove->data_change;
  });
}

void note_removes(const CommitFile& commit, std::set<std::string>& removed) {
  for (const Action& action : commit.actions)
    if (const auto* remove = std::get_if<Remove>(&action)) removed.insert(file_key(*remove));
}

Json parameters_of(const CommitFile& commit) {
  const CommitInfo* info = commit.commit_info();
  const Json* parameters = info == nullptr ? nullptr : info->fields.find("operationParameters");
  return parameters == nullptr ? Json() : *parameters;
}

}  // namespace

std::string file_key(const Add& add) { return lake::file_key(add.path, add.deletion_vector); }
std::string file_key(const Remove& remove) { return lake::file_key(remove.path, remove.deletion_vector); }

ChangeClass classify(const CommitFile& commit, const std::string& metadata_id) {
  const std::string operation = upper(commit.operation());
  if (has_new_id(commit, metadata_id) || replaces_table(operation)) return ChangeClass::destructive;
  if (!removes_rows(commit)) return ChangeClass::harmless;
  const bool known =
      std::find(changing_operations.begin(), changing_operations.end(), operation) != changing_operations.end();
  return known ? ChangeClass::changing : ChangeClass::destructive;
}

std::string ForeignCommit::text() const {
  return fmt::format("version {} ({})", version, operation.empty() ? "no operation named" : operation);
}

const ForeignCommit* History::last_destructive() const {
  for (auto commit = foreign.rbegin(); commit != foreign.rend(); ++commit)
    if (commit->change == ChangeClass::destructive) return &*commit;
  return nullptr;
}

History scan_history(const TableLocation& table, const std::string& metadata_id, const std::string& app_id,
                     const std::function<bool(int64_t)>& on_chain, int64_t after, int64_t up_to) {
  History history;
  if (up_to <= after) return history;
  CommitRange range = read_commits(table, after, up_to);
  history.first_missing = range.first_missing;
  for (CommitFile& commit : range.commits) {
    const Txn* txn = commit.txn(app_id);
    if (txn != nullptr && on_chain(txn->version)) {
      history.removed_since_own.clear();
      history.own = std::move(commit);
      continue;
    }
    note_removes(commit, history.removed_since_own);
    const ChangeClass change = classify(commit, metadata_id);
    if (change != ChangeClass::harmless)
      history.foreign.push_back({commit.version, change, commit.operation(), parameters_of(commit)});
  }
  return history;
}

}  // namespace weir::lake::publish
