// A DuckDB transaction on the lake: the versions it reads, what it has staged, what it has read.
//
// Table states are immutable; a change puts a new state in place of the old one, so running scans keep theirs. Nothing
// is visible outside before the commit, and a rollback removes every file that was begun. Thread-safe where noted.
#pragma once

#include <duckdb/catalog/catalog_entry.hpp>
#include <duckdb/transaction/transaction.hpp>
#include <duckdb/transaction/transaction_manager.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "engine/duckdb/lake_table.h"
#include "engine/duckdb/session_state.h"
#include "lake/staged.h"

namespace weir::engine::duck {

// One scan bound in the transaction. Until it runs it counts as having read the whole table (the planner may answer
// from statistics alone); once it runs, what it really read counts.
class ReadMark {
 public:
  explicit ReadMark(lake::TableName table) : table_(std::move(table)) {}
  // `paths` of the files read, as in the log; those of a scan without a predicate need not be named.
  void ran(const lake::Predicate& predicate, std::vector<std::string> paths);
  void add_to(lake::ReadSet& reads) const;
  const lake::TableName& table() const { return table_; }

 private:
  lake::TableName table_;
  mutable std::mutex mutex_;
  bool ran_ = false, whole_ = false;
  std::vector<lake::Predicate> predicates_;
  std::set<std::string> files_;
};

// What one statement did to the rows of a table.
struct TableChange {
  lake::TableName table;
  std::string operation;
  std::vector<FilePtr> added, removed;
  int64_t rows_added = 0, rows_removed = 0;
  uint64_t bytes_added = 0;
  bool data_change = true;                     // false: rows were only moved
  Json parameters = Json::object();            // of the operation
  std::vector<lake::Cdc> feed;                 // files of change data
  std::map<size_t, int64_t> high_water_marks;  // of identity columns, by position
};

class LakeTransaction final : public duckdb::Transaction {
 public:
  LakeTransaction(duckdb::TransactionManager& manager, duckdb::ClientContext& context,
                  duckdb::shared_ptr<SessionState> session);
  ~LakeTransaction() override;
  static LakeTransaction& of(duckdb::ClientContext& context, duckdb::Catalog& catalog);
  static LakeTransaction& of(duckdb::CatalogTransaction& transaction);
  SessionState& session() const { return *session_; }

  // The table as it is now in this transaction; nullptr if there is none. Thread-safe.
  StatePtr table(const lake::TableName& name);
  StatePtr table_at(const lake::TableName& name, const lake::VersionSpec& spec);
  std::optional<lake::ViewEntry> view(const lake::TableName& name);
  std::optional<lake::ViewEntry> function(const lake::TableName& name);
  bool schema_exists(const std::string& schema);
  std::set<std::string> schemas();
  std::set<std::string> tables(const std::string& schema);
  std::set<std::string> views(const std::string& schema);
  std::set<std::string> functions(const std::string& schema);

  // Puts a changed state in place. Thread-safe.
  void stage(std::unique_ptr<TableState> state);
  void apply(TableChange change);
  // What was done to a table since `before` is one overwrite, with these parameters in its history; if the transaction
  // had changed it earlier, that stays its name.
  void note_overwrite(const StatePtr& before, const Json& parameters);
  // The table is as it was: of a statement that failed.
  void put_back(const StatePtr& before);
  void forget(const lake::TableName& name);  // DROP of a table that this transaction created
  void stage_view(const lake::TableName& name, std::optional<lake::ViewEntry> entry);
  void stage_function(const lake::TableName& name, std::optional<lake::ViewEntry> entry);
  bool changed_anything() const;

  // Each name once (lake/staged_names.h).
  // For a data file of a table with these properties.
  std::string next_file_name(const std::map<std::string, std::string>& configuration);
  struct WrittenVectors {
    std::vector<lake::DeletionVector> vectors;  // one for each set of rows
    int64_t modified_ms = 0;                    // the store's time of their object
  };
  // Puts one object, named after the attempt (lake/staged_names.h). Thread-safe.
  WrittenVectors write_vectors(const TableState& table, const std::vector<format::RowBitmap>& rows);
  // Notes a file before its first byte is written, so that a rollback finds it. Thread-safe.
  void will_write(const lake::TableLocation& location, const std::string& key);

  std::shared_ptr<ReadMark> mark_read(const lake::TableName& name);

  lake::Staged staged() const;
  // Commits to the log of the one changed table, then to the lake's catalogue; outcomes go to the session.
  void commit_to_log();
  // Removes every file written; with `keep_live` only those that no staged state holds any more.
  void remove_files(bool keep_live) noexcept;

  // Entries handed to DuckDB live as long as the transaction.
  duckdb::CatalogEntry& keep(duckdb::unique_ptr<duckdb::CatalogEntry> entry);

 private:
  StatePtr load(const lake::TableName& name);
  const lake::CatalogContent& content();
  lake::StagedTable staged_table(const TableState& state) const;
  lake::ReadSet reads_of(const lake::TableName& name) const;

  duckdb::shared_ptr<SessionState> session_;
  mutable std::recursive_mutex mutex_;
  std::map<lake::TableName, StatePtr> tables_;  // nullptr: looked for and not there
  using StagedEntries = std::map<lake::TableName, std::optional<lake::ViewEntry>>;
  StagedEntries staged_views_, staged_functions_;
  std::optional<lake::CatalogContent> content_;
  std::optional<std::set<std::string>> store_schemas_;
  std::vector<std::shared_ptr<ReadMark>> marks_;
  struct Written {
    lake::TableLocation location;
    std::string key;
  };
  std::vector<Written> written_;
  int64_t next_file_ = 0, next_vectors_ = 0;
  std::string attempt_;
  const int64_t began_ms_;
  std::vector<duckdb::unique_ptr<duckdb::CatalogEntry>> entries_;
};

class LakeTransactionManager final : public duckdb::TransactionManager {
 public:
  explicit LakeTransactionManager(duckdb::AttachedDatabase& db) : TransactionManager(db) {}
  duckdb::Transaction& StartTransaction(duckdb::ClientContext& context) override;
  duckdb::ErrorData CommitTransaction(duckdb::ClientContext& context, duckdb::Transaction& transaction) override;
  void RollbackTransaction(duckdb::Transaction& transaction) override;
  void Checkpoint(duckdb::ClientContext&, bool) override {}

 private:
  void end(duckdb::Transaction& transaction);
  std::mutex mutex_;
  std::map<duckdb::Transaction*, std::unique_ptr<LakeTransaction>> open_;
};

}  // namespace weir::engine::duck
