// Python's `itertools` as templates reach it: chain, chain.from_iterable, product, permutations, combinations,
// zip_longest, islice, accumulate, repeat(x, n). All give lists: what is infinite in Python is refused.
#pragma once

#include "template/value.h"

namespace weir::tmpl {

Value itertools_module();

}  // namespace weir::tmpl
