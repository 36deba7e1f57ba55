#include <algorithm>

#include "base/set_for.h"
#include "base/text.h"
#include "engine/duckdb/duck_session.h"
#include "engine/duckdb/lake_transaction.h"

namespace weir::engine::duck {

using namespace duckdb;

void DuckSession::begin(const std::string& attempt_id, const PinnedVersions& pinned) {
  require(!in_transaction_, "one transaction at a time");
  auto& link = connection();
  state_->errors.clear();
  state_->attempt_id = attempt_id;
  state_->pinned.clear();
  for (auto& [name, version] : pinned) state_->pinned[{lower(name.schema), lower(name.name)}] = version;
  state_->ending = Ending::automatic;
  state_->rows_staged = 0;
  try {
    link.BeginTransaction();
  } catch (const std::exception& exception) {
    throw translated(exception, {}, &state_->errors);
  }
  in_transaction_ = true;
}

lake::Staged DuckSession::staged() {
  require(in_transaction_, "staged() belongs to a transaction");
  return state_->transaction ? state_->transaction->staged() : lake::Staged();
}

void DuckSession::end_transaction() {
  in_transaction_ = false;
  state_->attempt_id.clear();
  state_->pinned.clear();
  state_->ending = Ending::automatic;
  if (connection_ && !instance_->broken()) files_.forget(*connection_, *state_);
}

void DuckSession::release() {
  require(in_transaction_, "release() belongs to a transaction");
  state_->ending = Ending::keep_files;
  try {
    connection().Commit();
  } catch (const std::exception& exception) {
    end_transaction();
    throw translated(exception, {}, &state_->errors);
  }
  end_transaction();
}

void DuckSession::rollback() noexcept {
  if (!in_transaction_) return;
  try {
    connection_->Rollback();
  } catch (const std::exception&) {
    // A broken instance has nothing to roll back any more; the files are removed below.
  }
  if (state_->transaction) state_->transaction->remove_files(false);
  end_transaction();
}

std::vector<lake::CommitOutcome> DuckSession::commit() {
  require(in_transaction_, "commit() belongs to a transaction");
  state_->errors.clear();
  state_->outcomes.clear();
  try {
    connection().Commit();
  } catch (const std::exception& exception) {
    end_transaction();
    bool decided = std::any_of(state_->outcomes.begin(), state_->outcomes.end(),
                               [](auto& outcome) { return !std::holds_alternative<lake::Committed>(outcome); });
    if (decided) return state_->outcomes;
    throw translated(exception, {}, &state_->errors);
  }
  end_transaction();
  return state_->outcomes;
}

// Looks at the rows of those files that the session's scans read now.
std::shared_ptr<const RowOrdering> DuckSession::ordering_of(const lake::TableName& table, const lake::RowOrder& order) {
  OrderingMaker maker(order);
  if (auto sql = sample_query(*state_->transaction->table({lower(table.schema), lower(table.name)}), order);
      !sql.empty()) {
    auto sample = run_all(sql);
    while (auto rows = sample->Fetch()) {
      if (rows->size() == 0) break;
      maker.add(*rows);
    }
  }
  return maker.make();
}

// A DELETE of no row, whose plan writes anew the files that have to be: here those that are named.
void DuckSession::rewrite_files(const lake::TableName& table, const Rewrite& rewrite) {
  require(in_transaction_, "rewrite_files() belongs to a transaction");
  if (rewrite.paths.empty()) return;
  const SetFor records_none(state_->records_reads, false);
  const SetFor rewriting(state_->rewriting, {});
  const std::set<std::string> files(rewrite.paths.begin(), rewrite.paths.end());
  const auto name = "lake." + quote_identifier(table.schema) + "." + quote_identifier(table.name);
  if (rewrite.order) {
    describe("SELECT * FROM " + name);  // opens the lake's transaction, and tells of a table that is not there
    const SetFor scanned(state_->scanned_files, files);
    state_->rewriting.order = ordering_of(table, *rewrite.order);
  }
  state_->rewriting.files = files;
  state_->rewriting.parameters = rewrite.parameters;
  execute("DELETE FROM " + name + " WHERE false");
}

}  // namespace weir::engine::duck
