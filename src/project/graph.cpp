#include "project/graph.h"

#include <algorithm>
#include <functional>
#include <queue>

#include "base/parallel.h"

namespace weir::project {

namespace {

// What is left after the order got stuck has a circle; following any parent that is left must run into it.
std::vector<int> find_cycle(const Graph& graph, const std::vector<int>& waiting) {
  std::vector<int> seen_at(waiting.size(), -1);
  std::vector<int> way;
  int at = 0;
  while (waiting[static_cast<size_t>(at)] <= 0) at++;
  while (seen_at[static_cast<size_t>(at)] < 0) {
    seen_at[static_cast<size_t>(at)] = static_cast<int>(way.size());
    way.push_back(at);
    for (const int parent : graph.parents[static_cast<size_t>(at)])
      if (waiting[static_cast<size_t>(parent)] > 0) {
        at = parent;
        break;
      }
  }
  std::vector<int> cycle(way.begin() + seen_at[static_cast<size_t>(at)], way.end());
  std::rotate(cycle.begin(), std::min_element(cycle.begin(), cycle.end()), cycle.end());
  return cycle;
}

}  // namespace

Graph build_graph(const NodeList& nodes, const NodeIndex& index, std::vector<int>& cycle) {
  const size_t count = nodes.size();
  Graph out;
  out.parents.resize(count);
  out.children.resize(count);
  parallel_pieces(count, [&](size_t i) {
    for (const std::string& id : nodes[i].depends_on)
      if (const auto found = index.find(id); found != index.end()) out.parents[i].push_back(found->second);
  });
  std::vector<int> waiting(count, 0);
  for (size_t i = 0; i < count; i++) {
    for (const int parent : out.parents[i]) out.children[static_cast<size_t>(parent)].push_back(static_cast<int>(i));
    waiting[i] = static_cast<int>(out.parents[i].size());
  }
  std::priority_queue<int, std::vector<int>, std::greater<>> ready;
  for (size_t i = 0; i < count; i++)
    if (waiting[i] == 0) ready.push(static_cast<int>(i));
  out.position.assign(count, -1);
  while (!ready.empty()) {
    const int node = ready.top();
    ready.pop();
    out.position[static_cast<size_t>(node)] = static_cast<int>(out.order.size());
    out.order.push_back(node);
    for (const int child : out.children[static_cast<size_t>(node)])
      if (--waiting[static_cast<size_t>(child)] == 0) ready.push(child);
  }
  cycle.clear();
  if (out.order.size() < count) cycle = find_cycle(out, waiting);
  return out;
}

}  // namespace weir::project
