#include <map>

#include "lake/publish/chain.h"
#include "lake/publish/plan_manifest.h"
#include "lake/publish/source_check.h"

namespace weir::lake::publish {

namespace {

int64_t modified_ms(const Asset& asset, const Manifest& element) {
  const TableLocation& anchor = asset.anchor().location;
  const auto object = anchor.store->head(manifest_key(anchor, asset.id, element.n));
  return object ? object->modified_ms : 0;
}

}  // namespace

// A rollback may take the cursor back to any element that is kept, so no younger element's cursor may be passed either.
Json ack_floor_for(const Asset& asset, const std::optional<Manifest>& head, const Json& cursor_after, int64_t now_ms,
                   SourcePosition* source) {
  if (source == nullptr || !source->forgets()) return Json();
  if (asset.rollback_keep_ms == 0) return cursor_after;
  if (!head) return Json();
  const Json& parent_floor = head->ack_floor;
  Json lowest = cursor_after;
  Chain chain(asset.anchor().location, asset.id, *head);
  for (size_t i = 0; const Manifest* element = chain.at(i); ++i) {
    lowest = smaller(*source, lowest, element->cursor_after);
    if (!parent_floor.is_null() && !is_before(*source, parent_floor, lowest)) return parent_floor;
    if (modified_ms(asset, *element) <= now_ms - asset.rollback_keep_ms) return greater(*source, lowest, parent_floor);
  }
  return parent_floor;
}

}  // namespace weir::lake::publish
