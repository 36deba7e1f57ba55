#include "project/node_names.h"

#include <algorithm>

namespace weir::project {

bool is_referable(const Node& node) {
  return node.type == ResourceType::model || node.type == ResourceType::seed || node.type == ResourceType::snapshot;
}

void NodeNames::add(const Node& node) {
  if (is_referable(node)) by_name_[node.name].push_back(&node);
  if (node.is_function()) functions_[node.name].push_back(&node);
  if (node.type == ResourceType::source) sources_[node.source_name + "." + node.name].push_back(&node);
}

std::vector<const Node*> NodeNames::fitting(const Ref& ref) const {
  std::vector<const Node*> out;
  const auto found = by_name_.find(ref.name);
  if (found == by_name_.end()) return out;
  for (const Node* node : found->second)
    if (ref.version ? node->version == *ref.version : node->version == node->latest_version) out.push_back(node);
  return out;
}

const Node* NodeNames::ref(const Ref& ref, const std::string& from) const {
  const std::vector<const Node*> nodes = fitting(ref);
  return nodes.empty() ? nullptr : pick(nodes, ref.package, from);
}

std::vector<const Node*> NodeNames::rivals(const Ref& ref, const std::string& from) const {
  std::vector<const Node*> out;
  if (!ref.package.empty()) return out;
  const auto order = rendering_->ref_order(from);
  for (const Node* node : fitting(ref)) {
    if (std::find(order.begin(), order.end(), node->package) != order.end()) return {};
    const auto same = [&](const Node* other) { return other->package == node->package; };
    if (std::none_of(out.begin(), out.end(), same)) out.push_back(node);
  }
  if (out.size() < 2) out.clear();
  return out;
}

const Node* NodeNames::function(const Ref& ref, const std::string& from) const {
  const auto found = functions_.find(ref.name);
  return found == functions_.end() ? nullptr : pick(found->second, ref.package, from);
}

const Node* NodeNames::source(const std::string& source, const std::string& table, const std::string& from) const {
  const auto found = sources_.find(source + "." + table);
  return found == sources_.end() ? nullptr : pick(found->second, "", from);
}

const Node* NodeNames::pick(const std::vector<const Node*>& nodes, const std::string& asked,
                            const std::string& from) const {
  const auto in = [&](const std::string& package) -> const Node* {
    for (const Node* node : nodes)
      if (node->package == package) return node;
    return nullptr;
  };
  if (!asked.empty()) return in(asked);
  for (const std::string& package : rendering_->ref_order(from))
    if (const Node* found = in(package)) return found;
  return nodes.front();
}

std::vector<std::string> NodeNames::names() const {
  std::vector<std::string> out;
  for (const auto& [name, nodes] : by_name_) out.push_back(name);
  return out;
}

std::vector<std::string> NodeNames::function_names() const {
  std::vector<std::string> out;
  for (const auto& [name, nodes] : functions_) out.push_back(name);
  return out;
}

std::vector<std::string> NodeNames::source_names() const {
  std::vector<std::string> out;
  for (const auto& [name, nodes] : sources_) out.push_back(name);
  return out;
}

}  // namespace weir::project
