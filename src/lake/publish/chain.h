// The chain of an asset: the head and its parents, as far back as their manifests are kept. What is off the chain never
// happened.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lake/publish/manifest.h"

namespace weir::lake::publish {

// Reads parents only as far as it is asked. A link whose manifest is missing, damaged or has another sha256 than the
// link says ends the chain.
class Chain {
 public:
  Chain(TableLocation anchor, std::string asset, Manifest head);

  // nullptr if `n` is not on the chain.
  const Manifest* find(int64_t n);
  bool contains(int64_t n) { return find(n) != nullptr; }
  // i-th element, 0 = head; nullptr beyond the oldest that is kept.
  const Manifest* at(size_t i);

 private:
  bool load_one();
  TableLocation anchor_;
  std::string asset_;
  std::vector<Manifest> loaded_;  // newest first
};

}  // namespace weir::lake::publish
