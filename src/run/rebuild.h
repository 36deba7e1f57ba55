// `weir state rebuild`: writes into an empty state.db what the manifests of the lake still tell: one run row per run
// id, one step row per chain element of each asset.
#pragma once

#include <vector>

#include "lake/publish/asset.h"
#include "lake/publish/publisher.h"
#include "state/state_db.h"

namespace weir::run {

struct Rebuilt {
  int64_t runs = 0, steps = 0;
  std::vector<std::string> skipped;  // assets whose manifests could not be read, and why
};
Rebuilt rebuild_state(state::StateWriter& state, const std::vector<lake::publish::Asset>& assets,
                      const lake::publish::Publisher& publisher);

}  // namespace weir::run
