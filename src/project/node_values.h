// Nodes in the form dbt's manifest has them, which is also how templates see them: `model`, `graph.nodes[...]`, the
// `node` argument of generate_schema_name.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "project/project.h"
#include "template/value.h"

namespace weir::project {

Json node_json(const Node& node);
// With what others of the project give it: a test has the group of what it tests, a seed the folder of its package.
Json node_json(const Project& project, const Node& node);
// The ref() to what a generic test tests, among those of its arguments; nullptr if that is a source's table.
const Ref* tested_ref(const Node& test);
std::optional<std::string> group_name(const Project& project, const Node& node);
// The configuration with the keys that dbt gives a node of this kind by default.
Json config_json(const Node& node);
Json declared_json(const Declared& item);
Json refs_json(const std::vector<Ref>& refs);
Json sources_json(const std::vector<std::pair<std::string, std::string>>& sources);

tmpl::Value node_value(const Node& node);
tmpl::Value graph_value(const Project& project);  // {"nodes": {...}, "sources": {...}, "exposures": {...}, ...}
tmpl::Value hooks_value(const std::vector<Hook>& hooks);

}  // namespace weir::project
