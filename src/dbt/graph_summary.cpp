#include "dbt/graph_summary.h"

#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

namespace weir::dbt {

namespace {

struct Entry {
  std::string id, type;
  const std::vector<std::string>* depends_on;
  Json readers = Json::array();
};

std::vector<Entry> entries_of(const project::Project& project) {
  std::vector<Entry> out;
  out.reserve(project.nodes.size() + project.declared.size());
  for (const project::Node& node : project.nodes)
    out.push_back({node.unique_id, std::string(project::resource_type_text(node.type)), &node.depends_on});
  for (const project::Declared& item : project.declared)
    if (item.kind != "group") out.push_back({item.unique_id, item.kind, &item.depends_on});
  return out;
}

}  // namespace

Json graph_summary(const project::Project& project, const std::string& invocation_id) {
  std::vector<Entry> entries = entries_of(project);
  std::unordered_map<std::string_view, size_t> numbers;
  for (size_t i = 0; i < entries.size(); i++) numbers.emplace(entries[i].id, i);
  for (size_t i = 0; i < entries.size(); i++)
    for (const std::string& id : *entries[i].depends_on)
      if (const auto read = numbers.find(id); read != numbers.end())
        entries[read->second].readers.push_back(static_cast<int64_t>(i));
  Json linked = Json::object();
  for (size_t i = 0; i < entries.size(); i++) {
    Json one = Json::object().set("name", entries[i].id).set("type", entries[i].type);
    if (entries[i].readers.size() > 0) one.set("succ", std::move(entries[i].readers));
    linked.as_object().emplace_back(std::to_string(i), std::move(one));
  }
  return Json::object().set("_invocation_id", invocation_id).set("linked", std::move(linked));
}

}  // namespace weir::dbt
