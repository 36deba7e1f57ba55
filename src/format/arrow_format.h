// What a format string of the Arrow C data interface says ("u", "+l", "tsu:UTC", "d:38,10").
#pragma once

#include <string_view>

#include "format/arrow_view.h"

namespace weir::format {

struct ArrowLayout {
  ArrowKind kind = ArrowKind::other;
  int width = 0;        // bytes per value where fixed; of a list of fixed size: items per row
  bool large = false;   // 64-bit offsets
  bool view = false;    // the "view" layouts of text, binary and lists
  int64_t unit_us = 0;  // microseconds per unit of a time; negative: units per microsecond
  int scale = 0;        // of a decimal
  int buffers = 0;      // at least so many
};

// `other` for formats that are not read here; never throws.
ArrowLayout arrow_layout(std::string_view format);

}  // namespace weir::format
