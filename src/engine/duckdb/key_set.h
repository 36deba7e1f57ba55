// The keys of a join's smaller side, by their hashes: asked whether a row of the other side can have a partner.
#pragma once

#include <atomic>
#include <duckdb/common/allocator.hpp>
#include <duckdb/common/types/data_chunk.hpp>
#include <duckdb/execution/expression_executor.hpp>
#include <duckdb/planner/filter/bloom_filter.hpp>
#include <mutex>
#include <vector>

namespace weir::engine::duck {

// Never says of a key that it is absent while it is there.
class KeySet {
 public:
  // `key`: over the rows of the side whose keys are noted; NULL is a key like others. `exact`: that a key seems to be
  // there is wrong only where the 64 bits of two hashes are equal, else it is for a few keys of a thousand. More than
  // two million keys are not exact either: few pages then hold none of them, which is what exactness is for.
  KeySet(std::vector<duckdb::unique_ptr<duckdb::Expression>> key, bool exact) : key_(std::move(key)), exact_(exact) {}

  // Empties it. An estimate that is too low makes for a set that seems to have more keys, and for nothing worse.
  void start(duckdb::ClientContext& context, duckdb::idx_t estimated_keys);

  // One thread's.
  class Writer {
   public:
    Writer(duckdb::ClientContext& context, KeySet& set);
    void note(duckdb::DataChunk& rows);

   private:
    KeySet& set_;
    duckdb::ExpressionExecutor executor_;
    duckdb::DataChunk keys_;
  };

  // Rows whose key, their first `columns` columns, seems to be there: their places into `found`, how many as result.
  // Thread-safe, when all keys are noted.
  duckdb::idx_t find(const duckdb::DataChunk& rows, duckdb::idx_t columns, duckdb::SelectionVector& found) const;

  // Of the keys' hashes, for DuckDB's filter of a scan by a key of one column.
  duckdb::BloomFilter& bloom() { return bloom_; }

 private:
  void remember(const duckdb::hash_t* hashes, duckdb::idx_t count);
  void order() const;  // what was noted into its places
  bool has(duckdb::hash_t hash) const;

  std::vector<duckdb::unique_ptr<duckdb::Expression>> key_;
  const bool exact_;
  duckdb::BloomFilter bloom_;
  duckdb::Allocator* allocator_ = nullptr;

  mutable std::mutex mutex_;
  mutable std::vector<duckdb::hash_t> noted_;
  bool too_many_ = false;
  mutable std::atomic<bool> in_order_ = false;
  mutable duckdb::AllocatedData places_;  // of hashes: open addressing, 0 where there is none
  mutable duckdb::idx_t place_mask_ = 0;
};

}  // namespace weir::engine::duck
