#include "lake/publish/finalise.h"

#include "base/failpoint.h"
#include "lake/publish/source_check.h"
#include "lake/publish/verify.h"

namespace weir::lake::publish {

std::vector<std::string> missing_of_head(const Observed& seen) {
  std::vector<std::string> missing;
  for (const ObservedTable& table : seen.tables) {
    if (table.standing != Standing::in_step || !table.history.own) continue;
    for (std::string& key :
         missing_files(table.table->location, table.history.own->actions, table.history.removed_since_own))
      missing.push_back(std::move(key));
  }
  return missing;
}

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
