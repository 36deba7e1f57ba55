#include "engine/column_lineage.h"

#include <array>

namespace weir::engine {

std::string_view derivation_text(Derivation derivation) {
  constexpr std::array<std::string_view, derivation_count> texts{
      "identity", "transformation", "aggregation", "filter", "join", "group_by", "sort", "window", "conditional"};
  return texts.at(static_cast<size_t>(derivation));
}

std::vector<Derivation> Derivations::list() const {
  std::vector<Derivation> out;
  for (int i = 0; i < derivation_count; ++i)
    if (has(static_cast<Derivation>(i))) out.push_back(static_cast<Derivation>(i));
  return out;
}

}  // namespace weir::engine
