#include "lake/publish/ledger.h"

#include <fmt/format.h>

#include "base/hash.h"
#include "lake/publish/ledger_rows.h"
#include "lake/publish/manifest.h"
#include "lake/publish/retry.h"

namespace weir::lake::publish {

namespace {

constexpr size_t merge_ratio = 4;

std::string read_part(const TableLocation& anchor, const std::string& key, const std::string& sha256) {
  std::string bytes;
  try {
    bytes = anchor.store->read(key);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::store_not_found) throw;
    throw Error(ErrorCode::ledger_damaged, fmt::format("{} is missing", key));
  }
  if (sha256_hex(bytes) != sha256)
    throw Error(ErrorCode::ledger_damaged, fmt::format("{} does not have the content that was written", key));
  return bytes;
}

// True if the key holds these bytes now; false if it holds others.
bool put_part(store::ObjectStore& store, const std::string& key, const std::string& bytes) {
  for (int sends = 0; sends < max_sends; ++sends) {
    try {
      return store.put_if_absent(key, bytes) == store::PutResult::done || store.read(key) == bytes;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::store_unknown) throw;
    }
  }
  no_answer(key);
}

Json part_json(const std::string& file, const std::string& sha256) {
  return Json::object().set("file", file).set("sha256", sha256);
}

}  // namespace

std::vector<std::string> ledger_files(const Json& cursor) {
  std::vector<std::string> files;
  const Json* list = cursor.find("ledger");
  if (list == nullptr || !list->is_array()) return files;
  for (const Json& part : list->as_array())
    if (const Json* file = part.find("file"); file != nullptr && file->is_string()) files.push_back(file->as_string());
  return files;
}

Ledger Ledger::read(const TableLocation& anchor, const std::string& asset, const Json& cursor, ParquetIo& parquet) {
  Ledger ledger;
  const Json* list = cursor.find("ledger");
  if (list == nullptr) return ledger;
  try {
    for (const Json& part : list->as_array())
      ledger.parts_.push_back({part.at("file").as_string(), part.at("sha256").as_string(), 0});
  } catch (const Error& error) {
    throw Error(ErrorCode::ledger_damaged,
                fmt::format("the cursor {} names no ledger files: {}", cursor.dump(), error.message()));
  }
  for (size_t i = 0; i < ledger.parts_.size(); ++i) {
    Part& part = ledger.parts_[i];
    const std::string key = manifest_folder(anchor, asset) + part.file;
    for (LedgerEntry& entry : ledger_entries(read_part(anchor, key, part.sha256), key, parquet)) {
      ++part.rows;
      entry.part = static_cast<int>(i);
      std::string uri = entry.uri;
      ledger.entries_.insert_or_assign(std::move(uri), std::move(entry));
    }
  }
  return ledger;
}

const LedgerEntry* Ledger::find(const std::string& uri) const {
  const auto found = entries_.find(uri);
  return found == entries_.end() ? nullptr : &found->second;
}

// Parts from here on are merged with what is added: each part then holds more than four times the rows of the next.
size_t Ledger::first_merged(size_t added_rows) const {
  size_t first = parts_.size(), rows = added_rows;
  while (first > 0 && parts_[first - 1].rows <= merge_ratio * rows) rows += parts_[--first].rows;
  return first;
}

Json Ledger::write(const TableLocation& anchor, const std::string& asset, int64_t n,
                   const std::vector<LedgerEntry>& added, ParquetIo& parquet) const {
  const size_t first = added.empty() ? parts_.size() : first_merged(added.size());
  Json list = Json::array();
  for (size_t i = 0; i < first; ++i) list.push_back(part_json(parts_[i].file, parts_[i].sha256));
  if (!added.empty()) {
    std::map<std::string, LedgerEntry> rows;
    for (const auto& [uri, entry] : entries_)
      if (entry.part >= static_cast<int>(first)) rows.emplace(uri, entry);
    for (LedgerEntry entry : added) {
      entry.n = n;
      rows.insert_or_assign(entry.uri, entry);
    }
    std::vector<LedgerEntry> sorted;
    for (auto& [uri, entry] : rows) sorted.push_back(std::move(entry));
    const std::string bytes = ledger_bytes(sorted, parquet);
    std::string file;
    for (int k = 0;; ++k) {
      file = fmt::format("{:020}-{}.ledger.parquet", n, k);
      if (put_part(*anchor.store, manifest_folder(anchor, asset) + file, bytes)) break;
    }
    list.push_back(part_json(file, sha256_hex(bytes)));
  }
  return list.size() == 0 ? Json::object() : Json::object().set("ledger", std::move(list));
}

}  // namespace weir::lake::publish
