#include "lake/publish/store_clock.h"

#include "base/ids.h"
#include "lake/publish/manifest.h"

namespace weir::lake::publish {

StoreClock ask_store_clock(const TableLocation& anchor, const std::string& asset, store::Clock& clock) {
  // A key of its own: the stamp of an older object would make the store's time look earlier than it is.
  const std::string key = manifest_folder(anchor, asset) + std::string(store_clock_prefix) + uuid_v4();
  const int64_t before_ms = clock.now_ms();
  try {
    anchor.store->put(key, "");
  } catch (const Error& error) {
    if (error.code() != ErrorCode::store_unknown) throw;
  }
  const auto object = anchor.store->head(key);
  anchor.store->remove(key);
  return StoreClock(clock, before_ms, object ? object->modified_ms : before_ms);
}

}  // namespace weir::lake::publish
