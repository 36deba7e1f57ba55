// Loading files: what is new since the head's ledger goes into the table, what does not fit into its quarantine, in one
// commit that also carries the ledger.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "connectors/files/file_source.h"
#include "run/work.h"

namespace weir::run {

// Rows of one file in one attempt.
struct FileCounts {
  int64_t loaded = 0, quarantined = 0;
};

class IngestWork final : public Work {
 public:
  explicit IngestWork(const WorkRequest& request);
  std::optional<std::string> nothing_to_do() override;
  void stage(Transaction& transaction, StepResult& result, ProgressWatch::Watched& watched) override;
  void complete(lake::publish::Attempt& attempt) override;

 private:
  void read_ledger();
  files::TableColumns table_columns(engine::Session& session) const;
  void load(engine::Session& session);
  void prepare_tables(engine::Session& session);
  void remove_former_rows(engine::Session& session);
  int64_t insert_rows(engine::Session& session);
  int64_t merge_rows(engine::Session& session);
  void refuse_duplicate_keys(engine::Session& session);
  void insert_rejects(engine::Session& session);
  void insert_rejected_files(engine::Session& session);
  void count_by_file(engine::Session& session);
  void check_ratio(engine::Session& session);
  std::vector<files::RejectedFile> find_unreadable(Transaction& transaction);
  void check_declared_types(Transaction& transaction);
  std::map<const files::FoundFile*, std::string> content_hashes() const;
  std::vector<lake::publish::LedgerEntry> ledger_entries() const;

  RunParts& parts_;
  const plan::Step& step_;
  const project::Node& node_;
  const lake::publish::Asset& asset_;
  const lake::publish::Inspection& inspection_;
  files::IngestSpec spec_;
  bool anew_;  // no table yet, or full refresh
  Json cursor_;
  files::Listing listing_;
  std::optional<lake::publish::Ledger> ledger_;
  std::optional<files::Pin> pin_;
  files::Diff diff_;
  files::ReadPlan plan_;
  int64_t rows_ = 0, rejects_ = 0;
  std::map<std::string, FileCounts> counts_;
};

// A digest of names, sizes and etags: kept in the cursor, so that a listing that was wholly loaded is known again
// without reading the ledger.
std::string listing_digest(const files::Listing& listing);

}  // namespace weir::run
