#include "engine/duckdb/key_set.h"

#include <algorithm>
#include <bit>
#include <duckdb/common/vector_operations/vector_operations.hpp>

namespace weir::engine::duck {

using namespace duckdb;

namespace {

constexpr idx_t most_exact = idx_t{1} << 21;     // 16 MB of hashes, 32 MB in their places
constexpr idx_t most_in_bloom = idx_t{1} << 24;  // 32 MB

const hash_t* hashes_of(const DataChunk& rows, idx_t columns, Vector& hashes) {
  auto& data = const_cast<DataChunk&>(rows).data;  // hashing changes nothing, and says otherwise
  VectorOperations::Hash(data[0], hashes, rows.size());
  for (idx_t i = 1; i < columns; ++i) VectorOperations::CombineHash(hashes, data[i], rows.size());
  hashes.Flatten(rows.size());
  return FlatVector::GetData<hash_t>(hashes);
}

}  // namespace

void KeySet::start(ClientContext& context, idx_t estimated_keys) {
  std::lock_guard lock(mutex_);
  bloom_.Initialize(context, std::clamp<idx_t>(estimated_keys, STANDARD_VECTOR_SIZE, most_in_bloom));
  allocator_ = &BufferAllocator::Get(context);
  noted_.clear();
  places_ = AllocatedData();
  too_many_ = !exact_;
  in_order_ = false;
}

KeySet::Writer::Writer(ClientContext& context, KeySet& set) : set_(set), executor_(context) {
  duckdb::vector<LogicalType> types;
  for (auto& part : set.key_) {
    executor_.AddExpression(*part);
    types.push_back(part->return_type);
  }
  keys_.Initialize(context, types);
}

void KeySet::Writer::note(DataChunk& rows) {
  keys_.Reset();
  executor_.Execute(rows, keys_);
  Vector hashes(LogicalType::HASH);
  auto* data = hashes_of(keys_, keys_.ColumnCount(), hashes);
  set_.bloom_.InsertHashes(hashes, rows.size());
  set_.remember(data, rows.size());
}

void KeySet::remember(const hash_t* hashes, idx_t count) {
  if (!exact_) return;
  std::lock_guard lock(mutex_);
  if (too_many_) return;
  noted_.insert(noted_.end(), hashes, hashes + count);
  if (noted_.size() <= most_exact) return;
  too_many_ = true;
  std::vector<hash_t>().swap(noted_);
}

void KeySet::order() const {
  std::lock_guard lock(mutex_);
  if (in_order_.load(std::memory_order_relaxed)) return;
  const auto size = std::bit_ceil(std::max<size_t>(noted_.size() * 3 / 2, 64));
  places_ = allocator_->Allocate(size * sizeof(hash_t));
  place_mask_ = size - 1;
  auto* places = reinterpret_cast<hash_t*>(places_.get());
  std::fill_n(places, size, hash_t{0});
  for (auto hash : noted_) {
    auto place = hash & place_mask_;
    while (places[place] != 0 && places[place] != hash) place = (place + 1) & place_mask_;
    places[place] = hash;
  }
  std::vector<hash_t>().swap(noted_);
  in_order_.store(true, std::memory_order_release);
}

bool KeySet::has(hash_t hash) const {
  if (hash == 0) return true;
  auto* places = reinterpret_cast<const hash_t*>(places_.get());
  for (auto place = hash & place_mask_; places[place] != 0; place = (place + 1) & place_mask_) {
    if (places[place] == hash) return true;
  }
  return false;
}

idx_t KeySet::find(const DataChunk& rows, idx_t columns, SelectionVector& found) const {
  Vector hashes(LogicalType::HASH);
  auto* data = hashes_of(rows, columns, hashes);
  idx_t count = bloom_.LookupHashes(hashes, found, rows.size());
  if (too_many_) return count;
  if (!in_order_.load(std::memory_order_acquire)) order();
  idx_t kept = 0;
  for (idx_t i = 0; i < count; ++i) {
    if (has(data[found.get_index(i)])) found.set_index(kept++, found.get_index(i));
  }
  return kept;
}

}  // namespace weir::engine::duck
