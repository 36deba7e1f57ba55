#include "template/recycle.h"

#include <unordered_map>

#include "template/cells.h"

namespace weir::tmpl {

namespace {

void each_child(const Value& value, const std::function<void(const Value&)>& visit) {
  if (value.is_list() || value.is_tuple()) {
    for (const Value& item : value.items()) visit(item);
  } else if (value.is_dict() || value.is_set()) {
    for (const auto& entry : (value.is_set() ? value.as_set() : Raw::dict(value).dict).entries()) {
      visit(entry.key);
      visit(entry.value);
    }
  }
}

bool holds_values(const Value& value) {
  return value.is_list() || value.is_tuple() || value.is_dict() || value.is_set();
}

}  // namespace

// References that come from inside the reachable graph are counted; what has more than those is alive, and so is all
// that it reaches. The rest only holds itself.
void clear_circles(std::vector<Value> suspects) {
  std::unordered_map<const Cell*, uint32_t> inside;  // references seen, this list's own included
  std::vector<Value> found;
  auto note = [&](const Value& value) {
    if (!holds_values(value)) return;
    if (++inside[Raw::cell(value)] == 1) found.push_back(value);
  };
  for (const Value& suspect : suspects) {
    note(suspect);
    (suspect.is_list() ? Raw::list(suspect).suspect : Raw::dict(suspect).suspect) = false;
  }
  suspects.clear();
  for (const auto& value : found) inside[Raw::cell(value)] = 1;  // `found` holds one; `suspects` is gone
  for (size_t i = 0; i < found.size(); ++i) {
    Value value = found[i];
    each_child(value, [&](const Value& child) {
      if (!holds_values(child)) return;
      auto [place, is_new] = inside.try_emplace(Raw::cell(child), 1u);
      if (is_new) found.push_back(child);
      ++place->second;
    });
  }
  std::vector<Value> alive;
  std::unordered_map<const Cell*, bool> marked;
  for (const Value& value : found)
    if (Raw::cell(value)->references() > inside[Raw::cell(value)] && !std::exchange(marked[Raw::cell(value)], true))
      alive.push_back(value);
  while (!alive.empty()) {
    Value value = std::move(alive.back());
    alive.pop_back();
    each_child(value, [&](const Value& child) {
      if (holds_values(child) && !std::exchange(marked[Raw::cell(child)], true)) alive.push_back(child);
    });
  }
  for (const Value& value : found) {
    if (marked.count(Raw::cell(value))) continue;
    std::vector<Value> children;
    Raw::cell(value)->release_children(children);
  }
}

}  // namespace weir::tmpl
