#include <sys/stat.h>

#include <set>

#include "base/error.h"
#include "base/text.h"
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

void check_still_the_same(const std::vector<FoundFile>& files) {
  for (const FoundFile& file : files) {
    struct stat status {};
    bool there = ::stat(file.path.c_str(), &status) == 0;
    int64_t modified_ns = status.st_mtim.tv_sec * 1000000000LL + status.st_mtim.tv_nsec;
    std::string etag = std::to_string(status.st_size) + "-" + std::to_string(modified_ns);
    if (there && etag == file.etag) continue;
    throw Error(ErrorCode::file_changed_while_read,
                file.label + (there ? " changed" : " was removed") + " while it was read");
  }
}

}  // namespace weir::files
