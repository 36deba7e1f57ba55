// What ref(), source() and function() mean: nodes by name, in dbt's search order.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "project/node.h"
#include "project/rendering.h"

namespace weir::project {

bool is_referable(const Node& node);  // ref() may mean it: models, seeds, snapshots

// The nodes and `rendering` must outlive it and stay where they are.
class NodeNames {
 public:
  explicit NodeNames(const Rendering& rendering) : rendering_(&rendering) {}
  void add(const Node& node);

  // As called in package `from`: of the package asked for; else as Rendering::ref_order says, then of any other.
  // Without a version the latest one. nullptr: there is none.
  const Node* ref(const Ref& ref, const std::string& from) const;
  const Node* function(const Ref& ref, const std::string& from) const;
  // Where only the packages beyond that order have the name, and several do: one node of each, which a ref() without a
  // package cannot tell apart. Empty otherwise.
  std::vector<const Node*> rivals(const Ref& ref, const std::string& from) const;
  const Node* source(const std::string& source, const std::string& table, const std::string& from) const;

  std::vector<std::string> names() const;         // for did_you_mean()
  std::vector<std::string> source_names() const;  // "raw.orders"
  std::vector<std::string> function_names() const;

 private:
  std::vector<const Node*> fitting(const Ref& ref) const;
  const Node* pick(const std::vector<const Node*>& nodes, const std::string& asked, const std::string& from) const;
  const Rendering* rendering_;
  std::unordered_map<std::string, std::vector<const Node*>> by_name_, sources_, functions_;
};

}  // namespace weir::project
