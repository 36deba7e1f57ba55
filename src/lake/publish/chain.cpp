#include "lake/publish/chain.h"

#include <utility>

namespace weir::lake::publish {

Chain::Chain(TableLocation anchor, std::string asset, Manifest head)
    : anchor_(std::move(anchor)), asset_(std::move(asset)) {
  loaded_.push_back(std::move(head));
}

bool Chain::load_one() {
  const std::optional<Parent>& link = loaded_.back().parent;
  if (!link) return false;
  std::optional<Manifest> parent;
  try {
    parent = read_manifest(anchor_, asset_, link->n);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::manifest_damaged) throw;
    return false;
  }
  // After an adopt without the former manifest the link has no sha256.
  if (!parent || (!link->sha256.empty() && parent->sha256 != link->sha256)) return false;
  loaded_.push_back(std::move(*parent));
  return true;
}

const Manifest* Chain::at(size_t i) {
  while (loaded_.size() <= i)
    if (!load_one()) return nullptr;
  return &loaded_[i];
}

const Manifest* Chain::find(int64_t n) {
  for (size_t i = 0;; ++i) {
    const Manifest* element = at(i);
    if (element == nullptr || element->n < n) return nullptr;
    if (element->n == n) return element;
  }
}

}  // namespace weir::lake::publish
