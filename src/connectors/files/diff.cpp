#include <set>

#include "connectors/files/file_source.h"

namespace weir::files {

namespace {

using lake::publish::FileStatus;
using lake::publish::LedgerEntry;

bool same_content(const FoundFile& file, const LedgerEntry& known) {
  if (file.size != known.size) return false;
  if (file.etag == known.etag) return true;
  return !known.sha256.empty() && content_hash(file) == known.sha256;
}

}  // namespace

Diff diff(const Listing& listing, const LedgerEntries& ledger) {
  Diff result;
  std::set<std::string> present;
  for (const FoundFile& file : listing.files) {
    present.insert(file.label);
    auto known = ledger.find(file.label);
    if (known == ledger.end() || known->second.status == FileStatus::superseded) {
      result.fresh.push_back(file);
    } else if (same_content(file, known->second)) {
      result.unchanged++;
    } else if (known->second.status == FileStatus::rejected) {
      result.fresh.push_back(file);
      result.retried.push_back(file.label);
    } else {
      result.changed.push_back(file);
    }
  }
  for (const auto& [label, entry] : ledger) {
    if (entry.status == FileStatus::loaded && !present.contains(label)) result.vanished.push_back(entry);
  }
  return result;
}

}  // namespace weir::files
