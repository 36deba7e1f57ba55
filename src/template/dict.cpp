#include <algorithm>

#include "template/cells.h"
#include "template/value.h"

namespace weir::tmpl {

namespace {

constexpr size_t kNone = static_cast<size_t>(-1);
constexpr size_t kLinear = 8;  // up to here a scan is as fast as buckets
constexpr uint32_t kFree = 0;  // buckets hold index + 1

size_t text_hash(std::string_view text) { return std::hash<std::string_view>{}(text); }

}  // namespace

Dict::Dict(std::initializer_list<std::pair<const char*, Value>> members) {
  for (const auto& [key, value] : members) set(Value(key), value);
}

size_t Dict::locate(const Value& key, size_t hash) const {
  auto matches = [&](const Entry& entry) {
    return entry.hash == hash && (entry.key.same(key) || entry.key.equals(key));
  };
  if (buckets_.empty()) {
    for (size_t i = 0; i < entries_.size(); ++i)
      if (matches(entries_[i])) return i;
    return kNone;
  }
  size_t mask = buckets_.size() - 1;
  for (size_t at = hash & mask; buckets_[at] != kFree; at = (at + 1) & mask)
    if (matches(entries_[buckets_[at] - 1])) return buckets_[at] - 1;
  return kNone;
}

void Dict::rebuild() {
  buckets_.clear();
  if (entries_.size() <= kLinear) return;
  size_t size = 16;
  while (size < entries_.size() * 3) size *= 2;
  buckets_.assign(size, kFree);
  for (size_t i = 0; i < entries_.size(); ++i) {
    size_t at = entries_[i].hash & (size - 1);
    while (buckets_[at] != kFree) at = (at + 1) & (size - 1);
    buckets_[at] = static_cast<uint32_t>(i + 1);
  }
}

const Value* Dict::find(const Value& key) const {
  size_t hash = key.hash();  // an unhashable key is an error even for an empty dict
  size_t index = locate(key, hash);
  return index == kNone ? nullptr : &entries_[index].value;
}

const Value* Dict::find(std::string_view key) const {
  size_t hash = text_hash(key);
  auto matches = [&](const Entry& entry) {
    return entry.hash == hash && entry.key.is_string() && Raw::string(entry.key).text == key;
  };
  if (buckets_.empty()) {
    for (const Entry& entry : entries_)
      if (matches(entry)) return &entry.value;
    return nullptr;
  }
  size_t mask = buckets_.size() - 1;
  for (size_t at = hash & mask; buckets_[at] != kFree; at = (at + 1) & mask)
    if (matches(entries_[buckets_[at] - 1])) return &entries_[buckets_[at] - 1].value;
  return nullptr;
}

void Dict::set(Value key, Value value) {
  size_t hash = key.hash(), index = locate(key, hash);
  if (index != kNone) {
    entries_[index].value = std::move(value);
    return;
  }
  entries_.push_back({std::move(key), std::move(value), hash});
  if (buckets_.empty() ? entries_.size() > kLinear : entries_.size() * 2 > buckets_.size()) {
    rebuild();
  } else if (!buckets_.empty()) {
    size_t mask = buckets_.size() - 1, at = hash & mask;
    while (buckets_[at] != kFree) at = (at + 1) & mask;
    buckets_[at] = static_cast<uint32_t>(entries_.size());
  }
}

bool Dict::erase(const Value& key) {
  size_t index = locate(key, key.hash());
  if (index == kNone) return false;
  bool last = index + 1 == entries_.size();
  entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(index));
  if (!buckets_.empty() || !last) rebuild();
  return true;
}

void Dict::clear() {
  entries_.clear();
  buckets_.clear();
}

std::vector<Dict::Entry> Dict::take_entries() {
  buckets_.clear();
  return std::exchange(entries_, {});
}

}  // namespace weir::tmpl
