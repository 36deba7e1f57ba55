// The place that a store's URI names.
#pragma once

#include <string>

namespace weir::store::remote {

// "scheme://authority/a/b/" in its parts.
struct Place {
  std::string scheme, authority;
  std::string prefix;  // "" or "a/b/": what every key begins with

  // Throws Error{store_scheme} for what has no "://" or has '?' or '#', Error{bad_key} for a folder that is no key.
  static Place parse(const std::string& uri);
  std::string folder() const;  // "" or "a/b"
};

}  // namespace weir::store::remote
