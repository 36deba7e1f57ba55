#include "engine/duckdb/lake_transaction.h"

#include <algorithm>
#include <chrono>

#include "base/failpoint.h"
#include "base/ids.h"
#include "base/text.h"
#include "engine/duckdb/types.h"
#include "lake/deletion_vector.h"
#include "lake/hudi/compat.h"
#include "lake/hudi/file_names.h"
#include "lake/staged_names.h"

namespace weir::engine::duck {

using namespace duckdb;

namespace {

int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

void ReadMark::ran(const lake::Predicate& predicate, std::vector<std::string> paths) {
  std::lock_guard lock(mutex_);
  ran_ = true;
  if (predicate.everything())
    whole_ = true;
  else
    predicates_.push_back(predicate);
  for (auto& path : paths) files_.insert(std::move(path));
}

void ReadMark::add_to(lake::ReadSet& reads) const {
  std::lock_guard lock(mutex_);
  if (!ran_ || whole_) reads.whole_table = true;
  reads.predicates.insert(reads.predicates.end(), predicates_.begin(), predicates_.end());
  reads.files.insert(files_.begin(), files_.end());
}

LakeTransaction::LakeTransaction(TransactionManager& manager, ClientContext& context,
                                 duckdb::shared_ptr<SessionState> session)
    : duckdb::Transaction(manager, context),
      session_(std::move(session)),
      attempt_(session_->attempt_id),
      began_ms_(now_ms()) {
  if (attempt_.empty()) attempt_ = uuid_v4();
  session_->transaction = this;
}

LakeTransaction::~LakeTransaction() {
  if (session_->transaction == this) session_->transaction = nullptr;
}

LakeTransaction& LakeTransaction::of(ClientContext& context, Catalog& catalog) {
  return duckdb::Transaction::Get(context, catalog).Cast<LakeTransaction>();
}

LakeTransaction& LakeTransaction::of(CatalogTransaction& transaction) {
  return transaction.transaction->Cast<LakeTransaction>();
}

StatePtr LakeTransaction::load(const lake::TableName& name) {
  auto& seen = session_->seen[name];
  auto location = session_->lake->location(name);
  std::shared_ptr<const lake::Snapshot> snapshot;
  if (auto pin = session_->pinned.find(name); pin != session_->pinned.end()) {
    if (!pin->second) return nullptr;
    if (seen && seen->snapshot()->version() == *pin->second) return seen;
    snapshot = lake::Snapshot::open(location, session_->parquet, {*pin->second, std::nullopt});
  } else if (seen) {
    snapshot = lake::Snapshot::refresh(seen->snapshot(), session_->parquet);
  } else {
    snapshot = lake::Snapshot::open_if_exists(location, session_->parquet);
  }
  if (!snapshot) {
    seen.reset();
  } else if (!seen || seen->snapshot() != snapshot) {
    seen = TableState::of(name, std::make_shared<BaseFiles>(snapshot), session_->url_prefix(location.store));
  }
  return seen;
}

StatePtr LakeTransaction::table(const lake::TableName& name) {
  std::lock_guard lock(mutex_);
  auto known = tables_.find(name);
  if (known == tables_.end()) known = tables_.emplace(name, load(name)).first;
  return known->second;
}

StatePtr LakeTransaction::table_at(const lake::TableName& name, const lake::VersionSpec& spec) {
  std::lock_guard lock(mutex_);
  auto location = session_->lake->location(name);
  auto snapshot = lake::Snapshot::open(location, session_->parquet, spec);
  return TableState::of(name, std::make_shared<BaseFiles>(snapshot), session_->url_prefix(location.store));
}

const lake::CatalogContent& LakeTransaction::content() {
  if (!content_) content_ = session_->lake->catalog();
  return *content_;
}

namespace {

using Entries = std::map<std::string, lake::ViewEntry>;
using StagedEntries = std::map<lake::TableName, std::optional<lake::ViewEntry>>;

// What is staged goes before what is in the catalogue.
std::optional<lake::ViewEntry> entry_of(const Entries& entries, const StagedEntries& staged,
                                        const lake::TableName& name) {
  if (auto own = staged.find(name); own != staged.end()) return own->second;
  auto found = entries.find(name.text());
  return found == entries.end() ? std::nullopt : std::optional(found->second);
}

std::set<std::string> entry_names(const Entries& entries, const StagedEntries& staged, const std::string& schema) {
  std::set<std::string> names;
  auto prefix = schema + ".";
  for (auto& [name, entry] : entries) {
    if (name.rfind(prefix, 0) == 0) names.insert(name.substr(prefix.size()));
  }
  for (auto& [name, entry] : staged) {
    if (name.schema != schema) continue;
    if (entry)
      names.insert(name.name);
    else
      names.erase(name.name);
  }
  return names;
}

void put_entries(const std::vector<lake::StagedView>& staged, bool functions, Entries& into) {
  for (auto& entry : staged) {
    if (entry.function != functions) continue;
    if (entry.entry)
      into[entry.name.text()] = *entry.entry;
    else
      into.erase(entry.name.text());
  }
}

}  // namespace

std::optional<lake::ViewEntry> LakeTransaction::view(const lake::TableName& name) {
  std::lock_guard lock(mutex_);
  return entry_of(content().views, staged_views_, name);
}

std::optional<lake::ViewEntry> LakeTransaction::function(const lake::TableName& name) {
  std::lock_guard lock(mutex_);
  return entry_of(content().functions, staged_functions_, name);
}

std::set<std::string> LakeTransaction::schemas() {
  std::lock_guard lock(mutex_);
  if (!store_schemas_) {
    store_schemas_.emplace();
    for (auto& schema : session_->lake->schemas()) store_schemas_->insert(schema);
    for (auto& [name, view] : content().views) store_schemas_->insert(name.substr(0, name.find('.')));
    for (auto& [name, function] : content().functions) store_schemas_->insert(name.substr(0, name.find('.')));
    for (auto& [name, uri] : content().locations) store_schemas_->insert(name.substr(0, name.find('.')));
  }
  auto all = *store_schemas_;
  all.insert("main");
  all.insert(session_->created_schemas.begin(), session_->created_schemas.end());
  return all;
}

bool LakeTransaction::schema_exists(const std::string& schema) {
  std::lock_guard lock(mutex_);
  return schema == "main" || session_->created_schemas.count(schema) > 0 || schemas().count(schema) > 0;
}

std::set<std::string> LakeTransaction::tables(const std::string& schema) {
  std::lock_guard lock(mutex_);
  std::set<std::string> names;
  for (auto& name : session_->lake->tables(schema)) names.insert(name);
  for (auto& [name, state] : tables_) {
    if (name.schema == schema && state) names.insert(name.name);
  }
  return names;
}

std::set<std::string> LakeTransaction::views(const std::string& schema) {
  std::lock_guard lock(mutex_);
  return entry_names(content().views, staged_views_, schema);
}

std::set<std::string> LakeTransaction::functions(const std::string& schema) {
  std::lock_guard lock(mutex_);
  return entry_names(content().functions, staged_functions_, schema);
}

void LakeTransaction::stage(std::unique_ptr<TableState> state) {
  std::lock_guard lock(mutex_);
  auto name = state->name;
  tables_[name] = std::shared_ptr<const TableState>(std::move(state));
}

void LakeTransaction::apply(TableChange change) {
  std::lock_guard lock(mutex_);
  auto now = table(change.table);
  require(now != nullptr, "a table that is written exists");
  if (change.added.empty() && change.removed.empty()) return;
  // A commit with change data is told by that data alone.
  bool untold = now->feed.empty() && (!now->added.empty() || !now->removed.empty());
  if (untold && !change.feed.empty())
    throw Error(ErrorCode::sql_unsupported,
                "table " + change.table.text() +
                    " has a change data feed, and the transaction has already added or "
                    "removed rows that the feed would not tell of",
                "Begin the transaction with this statement, or use one transaction for each.");
  require((now->added.empty() && now->removed.empty()) || now->moved_only == !change.data_change,
          "files are written anew in a transaction of their own");
  auto state = now->copy();
  state->moved_only = !change.data_change;
  for (auto& [key, value] : change.parameters.as_object()) state->operation_parameters.set(key, value);
  state->feed.insert(state->feed.end(), change.feed.begin(), change.feed.end());
  std::set<const DataFile*> gone;
  for (auto& file : change.removed) {
    if (file->staged())
      gone.insert(file.get());
    else
      state->removed.push_back(file);
  }
  std::erase_if(state->added, [&](auto& file) { return gone.count(file.get()) > 0; });
  state->added.insert(state->added.end(), change.added.begin(), change.added.end());
  state->rows_added += change.rows_added;
  state->rows_removed += change.rows_removed;
  state->bytes_added += change.bytes_added;
  for (auto& [column, mark] : change.high_water_marks)
    state->metadata.schema.fields[column].metadata.set("delta.identity.highWaterMark", mark);
  if (!change.high_water_marks.empty()) {
    state->metadata.schema_string = state->metadata.schema.to_string();
    state->metadata_changed = state->base != nullptr;
  }
  state->note_operation(change.operation);
  stage(std::move(state));
}

void LakeTransaction::note_overwrite(const StatePtr& before, const Json& parameters) {
  std::lock_guard lock(mutex_);
  auto now = table(before->name);
  if (now == before || !before->operation.empty()) return;
  auto state = now->copy();
  state->operation = "WRITE";
  state->operation_parameters = parameters;
  stage(std::move(state));
}

void LakeTransaction::put_back(const StatePtr& before) {
  std::lock_guard lock(mutex_);
  tables_[before->name] = before;
}

void LakeTransaction::forget(const lake::TableName& name) {
  std::lock_guard lock(mutex_);
  tables_[name] = nullptr;
}

void LakeTransaction::stage_view(const lake::TableName& name, std::optional<lake::ViewEntry> entry) {
  std::lock_guard lock(mutex_);
  staged_views_[name] = std::move(entry);
}

void LakeTransaction::stage_function(const lake::TableName& name, std::optional<lake::ViewEntry> entry) {
  std::lock_guard lock(mutex_);
  staged_functions_[name] = std::move(entry);
}

namespace {

bool changed(const TableState& state) {
  return !state.base || state.metadata_changed || state.clustering || !state.added.empty() || !state.removed.empty();
}

}  // namespace

bool LakeTransaction::changed_anything() const {
  std::lock_guard lock(mutex_);
  return !staged_views_.empty() || !staged_functions_.empty() ||
         std::any_of(tables_.begin(), tables_.end(),
                     [](auto& entry) { return entry.second && changed(*entry.second); });
}

std::string LakeTransaction::next_file_name(const std::map<std::string, std::string>& configuration) {
  std::lock_guard lock(mutex_);
  const auto ending =
      lake::hudi::is_kept(configuration) ? lake::hudi::name_ending(lake::hudi::instant_of(began_ms_)) : "";
  return lake::staged_file_name(attempt_, next_file_++, ending);
}

LakeTransaction::WrittenVectors LakeTransaction::write_vectors(const TableState& table,
                                                               const std::vector<format::RowBitmap>& rows) {
  std::string prefix;
  {
    std::lock_guard lock(mutex_);
    if (next_vectors_ > 0) prefix = std::to_string(next_vectors_);
    ++next_vectors_;
  }
  auto file = lake::write_deletion_vectors(rows, prefix, lake::staged_vectors_uuid(attempt_));
  auto key = table.location.key(file.key);
  auto& store = *table.location.store;
  will_write(table.location, key);
  store.put(key, file.bytes);
  failpoint("stage.vectors");
  auto info = store.head(key);
  if (!info) throw Error(ErrorCode::store_not_found, "the object just written is gone: " + key);
  return {std::move(file.vectors), info->modified_ms};
}

void LakeTransaction::will_write(const lake::TableLocation& location, const std::string& key) {
  std::lock_guard lock(mutex_);
  written_.push_back({location, key});
}

std::shared_ptr<ReadMark> LakeTransaction::mark_read(const lake::TableName& name) {
  auto mark = std::make_shared<ReadMark>(name);
  std::lock_guard lock(mutex_);
  if (session_->records_reads) marks_.push_back(mark);
  return mark;
}

lake::ReadSet LakeTransaction::reads_of(const lake::TableName& name) const {
  lake::ReadSet reads;
  for (auto& mark : marks_) {
    if (mark->table() == name) mark->add_to(reads);
  }
  return reads;
}

namespace {

void metadata_actions(const TableState& state, std::vector<lake::Action>& actions) {
  if (!state.base) {
    actions.emplace_back(lake::lowest_protocol(state.metadata, state.clustering.has_value()));
    actions.emplace_back(state.metadata);
  } else if (state.metadata_changed || state.clustering) {
    auto protocol = lake::upgraded_protocol(state.protocol, state.metadata, state.clustering.has_value());
    if (!(protocol == state.protocol)) actions.emplace_back(protocol);
    if (state.metadata_changed) actions.emplace_back(state.metadata);
  }
  if (state.clustering) actions.emplace_back(*state.clustering);
}

}  // namespace

namespace {

// Files of the base that stay with a new deletion vector: taken away and added again.
size_t marked_files(const TableState& state) {
  std::set<std::string> removed;
  for (auto& file : state.removed) removed.insert(file->entry().path);
  return static_cast<size_t>(std::count_if(state.added.begin(), state.added.end(),
                                           [&](auto& file) { return removed.count(file->entry().path) > 0; }));
}

}  // namespace

lake::StagedTable LakeTransaction::staged_table(const TableState& state) const {
  lake::StagedTable table;
  table.name = state.name;
  table.location = state.location;
  if (state.base) table.base = state.snapshot();
  auto& draft = table.draft;
  metadata_actions(state, draft.actions);
  for (auto& file : state.removed)
    draft.actions.emplace_back(lake::remove_of(file->add(), now_ms(), !state.moved_only));
  for (auto& file : state.added) {
    auto add = file->add();
    add.data_change = !state.moved_only;
    draft.actions.emplace_back(std::move(add));
    auto written = file->staged_ms();
    table.oldest_file_ms = table.oldest_file_ms == 0 ? written : std::min(table.oldest_file_ms, written);
  }
  for (auto& file : state.feed) draft.actions.emplace_back(file);
  draft.operation = state.operation;
  draft.operation_parameters = state.operation_parameters;
  if (state.operation == "WRITE" && !draft.operation_parameters.find("mode"))
    draft.operation_parameters.set("mode", state.overwritten ? "Overwrite" : "Append");
  auto marked = marked_files(state);
  draft.operation_metrics.set("numFiles", std::to_string(state.added.size() - marked));
  draft.operation_metrics.set("numRemovedFiles", std::to_string(state.removed.size() - marked));
  if (marked > 0) draft.operation_metrics.set("numDeletionVectorsAdded", std::to_string(marked));
  draft.operation_metrics.set("numOutputRows", std::to_string(state.rows_added));
  draft.operation_metrics.set("numOutputBytes", std::to_string(state.bytes_added));
  if (state.base) draft.reads = reads_of(state.name);
  if (state.base && state.overwritten) draft.reads.whole_table = true;
  table.rows_added = state.rows_added;
  table.rows_removed = state.rows_removed;
  table.bytes_added = state.bytes_added;
  table.mode = state.overwritten                     ? lake::WriteMode::overwrite
               : !state.removed.empty()              ? lake::WriteMode::merge
               : !state.added.empty() || !state.base ? lake::WriteMode::append
                                                     : lake::WriteMode::metadata_only;
  return table;
}

lake::Staged LakeTransaction::staged() const {
  std::lock_guard lock(mutex_);
  lake::Staged staged;
  for (auto& [name, state] : tables_) {
    if (state && changed(*state)) staged.tables.push_back(staged_table(*state));
  }
  for (auto& [name, entry] : staged_views_) staged.views.push_back({name, entry, false});
  for (auto& [name, entry] : staged_functions_) staged.views.push_back({name, entry, true});
  return staged;
}

void LakeTransaction::commit_to_log() {
  auto all = staged();
  auto& outcomes = session_->outcomes;
  outcomes.clear();
  session_->notes.clear();
  if (all.tables.size() > 1)
    throw Error(ErrorCode::several_tables, "the transaction changed " + all.tables[0].name.text() + " and " +
                                               all.tables[1].name.text() + "; one commit changes one table");
  for (auto& table : all.tables) {
    lake::Transaction transaction(table.location, table.base, session_->parquet);
    transaction.draft() = std::move(table.draft);
    outcomes.push_back(transaction.commit(now_ms()));
    session_->notes.insert(session_->notes.end(), transaction.notes().begin(), transaction.notes().end());
    if (!std::holds_alternative<lake::Committed>(outcomes.back())) return;
  }
  if (all.views.empty()) return;
  session_->lake->update_catalog([&](lake::CatalogContent& catalog) {
    put_entries(all.views, false, catalog.views);
    put_entries(all.views, true, catalog.functions);
  });
}

void LakeTransaction::remove_files(bool keep_live) noexcept {
  std::lock_guard lock(mutex_);
  std::set<std::string> live;
  if (keep_live) {
    for (auto& [name, state] : tables_) {
      if (!state) continue;
      for (auto& file : state->added) {
        auto& vector = file->entry().deletion_vector;
        for (auto& key : lake::keys_in_table(state->location, file->entry().path, vector ? &*vector : nullptr))
          live.insert(state->location.key(key));
      }
      for (auto& file : state->feed) live.insert(state->location.key(lake::decoded_path(file.path)));
    }
  }
  for (auto& file : written_) {
    if (live.count(file.key)) continue;
    try {
      file.location.store->remove(file.key);
    } catch (const std::exception&) {
      // A left-over file is no part of any table; the age sweep removes it.
    }
  }
  written_.clear();
}

CatalogEntry& LakeTransaction::keep(duckdb::unique_ptr<CatalogEntry> entry) {
  std::lock_guard lock(mutex_);
  entries_.push_back(std::move(entry));
  return *entries_.back();
}

duckdb::Transaction& LakeTransactionManager::StartTransaction(ClientContext& context) {
  auto session = SessionState::find(context);
  if (!session) throw duckdb::TransactionException("this connection has no lake");
  auto transaction = std::make_unique<LakeTransaction>(*this, context, std::move(session));
  auto& reference = *transaction;
  std::lock_guard lock(mutex_);
  open_[&reference] = std::move(transaction);
  return reference;
}

namespace {

// What DuckDB is told of a commit that did not go through; nothing if it did.
ErrorData problem_of(SessionState& session) {
  for (auto& outcome : session.outcomes) {
    if (auto* conflict = std::get_if<lake::Conflict>(&outcome))
      return ErrorData(
          duckdb::TransactionException("conflict with version %lld: %s", conflict->version, conflict->why));
    if (std::holds_alternative<lake::Unknown>(outcome)) {
      Error lost(ErrorCode::store_unknown, "the store did not answer the commit",
                 "look at the table's history and run the statement again if it is not there");
      session.errors.put(lost);
      return ErrorData(duckdb::IOException(lost.message()));
    }
  }
  return ErrorData();
}

}  // namespace

ErrorData LakeTransactionManager::CommitTransaction(ClientContext&, duckdb::Transaction& transaction) {
  auto& mine = transaction.Cast<LakeTransaction>();
  auto& session = mine.session();
  ErrorData error;
  if (session.ending == Ending::keep_files) {
    mine.remove_files(true);
    end(transaction);
    return error;
  }
  try {
    mine.commit_to_log();
    error = problem_of(session);
  } catch (const Error& failure) {
    session.errors.put(failure);
    error = ErrorData(duckdb::IOException(failure.message()));
  } catch (const std::exception& failure) {
    error = ErrorData(failure);
  }
  // Files that a commit names, or may come to name, stay.
  mine.remove_files(std::any_of(session.outcomes.begin(), session.outcomes.end(),
                                [](auto& outcome) { return !std::holds_alternative<lake::Conflict>(outcome); }));
  end(transaction);
  return error;
}

void LakeTransactionManager::RollbackTransaction(duckdb::Transaction& transaction) {
  transaction.Cast<LakeTransaction>().remove_files(false);
  end(transaction);
}

void LakeTransactionManager::end(duckdb::Transaction& transaction) {
  std::unique_ptr<LakeTransaction> ended;
  std::lock_guard lock(mutex_);
  auto found = open_.find(&transaction);
  if (found == open_.end()) return;
  ended = std::move(found->second);
  open_.erase(found);
}

}  // namespace weir::engine::duck
