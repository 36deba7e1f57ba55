// What the protocol must know of an asset, and of the source behind it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "lake/lake.h"

namespace weir::lake::publish {

enum class OnForeignChange { warn, error };
enum class OnRestore { error, follow };
enum class OnExisting { refuse, adopt };

struct AssetTable {
  TableName name;
  TableLocation location;
};

inline constexpr int64_t default_rollback_keep_ms = 7LL * 24 * 3600 * 1000;

struct Asset {
  std::string id;                  // "raw.orders"
  std::string owner;               // project uuid
  std::vector<AssetTable> tables;  // [0] is the anchor; a single table is a group of one
  int64_t rollback_keep_ms = default_rollback_keep_ms;
  int64_t schedule_period_ms = 0;  // time between two scheduled runs; 0 = none known
  OnForeignChange on_foreign_change = OnForeignChange::warn;
  OnRestore on_restore = OnRestore::error;
  OnExisting on_existing = OnExisting::refuse;
  const AssetTable& anchor() const { return tables.front(); }
};

// The source's side, for sources that forget what is acknowledged or expired. Files and queries keep their data: for
// them pass nullptr wherever a SourcePosition is asked for. Cursors are opaque JSON that only the source can order.
class SourcePosition {
 public:
  virtual ~SourcePosition() = default;
  virtual std::string identity() const = 0;     // of the topic, slot, queue: changes when it is recreated
  virtual std::optional<Json> acked() = 0;      // position up to which it may have forgotten; nullopt = none
  virtual std::optional<Json> low_water() = 0;  // the oldest position it can still serve
  virtual bool forgets() const = 0;             // true: ack_floor is kept and acks are sent
  // -1, 0, 1 as a is before, at or after b; nullopt if they cannot be compared (another identity).
  virtual std::optional<int> compare(const Json& a, const Json& b) const = 0;
  virtual void ack(const Json& floor) = 0;  // repeatable; smaller than before is a no-op
};

}  // namespace weir::lake::publish
