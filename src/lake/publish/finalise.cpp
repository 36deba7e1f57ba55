#include "lake/publish/finalise.h"

#include "base/failpoint.h"
#include "lake/publish/source_check.h"

namespace weir::lake::publish {

bool finalise(const Asset& asset, const Observed& newest, SourcePosition* source) {
  if (!newest.head || newest.refusal || newest.foreign_refusal || !newest.all_in_step()) return false;
  const Json& floor = newest.head->ack_floor;
  if (source == nullptr || !source->forgets() || floor.is_null()) return true;
  if (newest.head->owner != asset.owner || newest.head->source_identity != source->identity()) return false;
  failpoint("ack.decided");
  const auto acked = source->acked();
  if (!acked || is_before(*source, *acked, floor)) source->ack(floor);
  failpoint("ack.sent");
  return true;
}

}  // namespace weir::lake::publish
