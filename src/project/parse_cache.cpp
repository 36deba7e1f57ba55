#include "project/parse_cache.h"

#include <cstring>

#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"

namespace weir::project {

namespace {

constexpr std::string_view title = "weir: what the files of a project say, 1 ";

// A record: what follows this head is piece, key and bytes, of these lengths.
struct Head {
  uint32_t crc = 0;  // of all behind it
  uint32_t piece_size = 0, key_size = 0, bytes_size = 0;
  size_t size() const { return sizeof(Head) + piece_size + key_size + bytes_size; }
};

bool is_intact(std::string_view record) {
  Head head;
  std::memcpy(&head, record.data(), sizeof head);
  return crc32_of(record.substr(sizeof head.crc)) == head.crc;
}

std::string record_of(const std::string& piece, const std::string& key, const std::string& bytes) {
  Head head{0, static_cast<uint32_t>(piece.size()), static_cast<uint32_t>(key.size()),
            static_cast<uint32_t>(bytes.size())};
  std::string out(reinterpret_cast<const char*>(&head), sizeof head);
  out.reserve(head.size());
  out.append(piece).append(key).append(bytes);
  head.crc = crc32_of(std::string_view(out).substr(sizeof head.crc));
  std::memcpy(out.data(), &head.crc, sizeof head.crc);
  return out;
}

}  // namespace

ParseCache::ParseCache(std::string path) : path_(std::move(path)) {
  try {
    content_ = read_file_if_exists(path_).value_or("");
  } catch (const Error&) {
    return;  // not readable: as if it were not there
  }
  std::string_view left = content_;
  const size_t line = left.find('\n');
  if (!left.starts_with(title) || line == std::string_view::npos) return;
  left.remove_prefix(line + 1);
  while (take_record(left)) {
  }
  if (!left.empty()) forget_all();  // damaged
}

bool ParseCache::begin(const std::string& key) {
  header_ = std::string(title) + key + "\n";
  const bool fits = content_.starts_with(header_);
  if (!fits) forget_all();
  return fits;
}

bool ParseCache::take_record(std::string_view& left) {
  Head head;
  if (left.size() < sizeof head) return false;
  std::memcpy(&head, left.data(), sizeof head);
  if (head.size() > left.size()) return false;
  const std::string_view record = left.substr(0, head.size());
  left.remove_prefix(head.size());
  const std::string_view piece = record.substr(sizeof head, head.piece_size);
  entries_[piece] = {record.substr(sizeof head + head.piece_size, head.key_size),
                     record.substr(sizeof head + head.piece_size + head.key_size), record};
  return true;
}

std::string_view ParseCache::find(const std::string& piece, const std::string& key) {
  const auto found = entries_.find(piece);
  if (found == entries_.end() || found->second.key != key || !is_intact(found->second.record)) return {};
  const std::lock_guard lock(mutex_);
  found->second.used = true;
  return found->second.bytes;
}

void ParseCache::put(const std::string& piece, const std::string& key, const std::string& bytes) {
  std::string record = record_of(piece, key, bytes);
  const std::lock_guard lock(mutex_);
  added_ += record;
  if (const auto old = entries_.find(piece); old != entries_.end()) old->second.used = false;
}

void ParseCache::forget_all() { entries_.clear(); }

void ParseCache::save() try {
  if (added_.empty()) return;
  ArtifactFile file(path_);
  file.write(header_);
  for (const auto& [piece, entry] : entries_)
    if (entry.used) file.write(entry.record);
  file.write(added_);
  file.finish();
} catch (const Error&) {
  return;
}

}  // namespace weir::project
