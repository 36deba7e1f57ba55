// Freeing containers that hold each other.
#pragma once

#include <vector>

#include "template/value.h"

namespace weir::tmpl {

// Empties those of the suspects, and of what they hold, that nothing outside of their own circle refers to.
void clear_circles(std::vector<Value> suspects);

}  // namespace weir::tmpl
