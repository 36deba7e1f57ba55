// A project as read from its folder: frozen, shared by threads. Layering: files -> project -> plan; nothing here
// touches a lake.
//
// Node pointers stay valid as long as the Project does (moving it keeps them).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/json.h"
#include "base/options.h"
#include "base/yaml.h"
#include "lake/lake.h"
#include "lake/publish/asset.h"
#include "project/event_time.h"
#include "project/node.h"
#include "project/node_list.h"
#include "project/query_comment.h"

namespace weir::project {

// Where the nodes of a project are built: the lake, or the file of a DuckDB database as dbt's own adapter does.
enum class TargetKind { lake, database };

// A further database that a profile's output attaches.
struct Attachment {
  std::string path, alias;  // alias "" = the path's stem
  bool read_only = false;
};

// `target` of Jinja, and what the run needs of it. `type` is "duckdb" for both kinds, so that projects dispatch as on
// DuckDB.
struct Target {
  TargetKind kind = TargetKind::lake;
  std::string name = "lake", type = "duckdb", profile_name;
  std::string database = "lake", schema = "main";
  std::string path;                                           // database: its file, absolute; "" = in memory
  std::vector<std::pair<std::string, std::string>> settings;  // database: SET name = 'value' in each session
  std::vector<Attachment> attach;
  bool of_project = false;      // profiles.yml came with the project; nobody named its folder
  int threads = 0;              // 0 = number of processors
  Json extra = Json::object();  // other keys of the output, without secrets
};

struct Macro {
  std::string unique_id;  // "macro.shop.cents_to_dollars"
  std::string package, name, file;
  int line = 0;
  std::string text_sha256;                     // of the whole macro block
  std::vector<std::string> depends_on_macros;  // reached directly, as far as names tell
  Json described = Json::object();             // by YAML: description, meta, docs, arguments, patch_path
};

// A {% docs %} block.
struct Doc {
  std::string name;  // "package.name"
  std::string text;
  std::string path, file;  // relative to its docs path, and to its package's folder
};

// Edges between nodes as indices into Project::nodes. Tests are leaves.
struct Graph {
  std::vector<std::vector<int>> parents, children;
  std::vector<int> order;     // topological; ties by unique_id, so it is the same on every machine
  std::vector<int> position;  // position[node] = its place in `order`
};

using NodeIndex = std::unordered_map<std::string_view, int>;  // unique_id -> place in Project::nodes

class Rendering;  // compiled templates and macros; used by render.h

// What of a project's code outside of SQL and Jinja may run (foreign_code.h).
struct Trust {
  bool all = false;
  std::set<std::string> kinds;  // of which everything in the project was confirmed
  bool allows(const std::string& kind) const { return all || kinds.contains(kind); }
};

// A statement of a package around the whole run. Its place among the package's own begins at 0.
struct RunHook : Hook {
  std::string package;
  int index = 0;
};

struct Project {
  std::string root;  // absolute folder of dbt_project.yml
  std::string name;
  std::string version;                 // of dbt_project.yml; "" = none
  std::string id;                      // owner of its assets: weir.yml `id:`, else UUIDv5 of the name
  std::string lake;                    // absolute path or URI
  std::string target_path = "target";  // where artefacts go, relative to root
  Target target;
  Options settings;                               // weir.yml with flags and environment on top, with origins
  Json vars = Json::object();                     // vars of dbt_project.yml with --vars on top
  std::string invocation_id;                      // of this reading of the project, a UUID
  Trust trust;                                    // cli/ knows
  std::vector<RunHook> on_run_start, on_run_end;  // of the project itself, then of the packages by name
  Json flags = Json::object();                    // flags: of dbt_project.yml
  QueryComment query_comment;
  NodeList nodes;  // enabled ones, sorted by unique_id
  NodeList disabled;
  std::vector<Declared> declared;           // exposures, groups, metrics, …, sorted by unique_id
  std::vector<Declared> declared_disabled;  // those of them that are not enabled
  std::vector<Doc> docs;                    // sorted by name
  std::vector<Macro> macros;                // of the project and its packages, sorted by unique_id
  std::vector<std::string> packages;        // names, the project itself first
  std::optional<Yaml> selectors;            // selectors.yml as written; plan/ reads it
  size_t files = 0, files_known = 0;        // that nodes and their descriptions are of; those not parsed anew
  Graph graph;
  std::shared_ptr<const Rendering> rendering;

  InputOptions inputs;  // --empty, --sample, --event-time-start: what the nodes' inputs show of themselves

  // Sets Node::defer_relation and Node::deferred. Only before plans are made and nodes rendered.
  void defer(const Node& node, Place relation, bool deferred);

  const Node* find(std::string_view unique_id) const;  // nullptr if absent or disabled
  const Node& at(std::string_view unique_id) const;    // throws Error{internal}
  int index_of(const Node& node) const { return node.index; }
  const Macro* find_macro(std::string_view unique_id) const;
  // By unique_id, by relation ("main.orders", "lake.main.orders"), by asset id, or by a name that only one node has
  // (sources: "raw.orders"). For commands that take an asset. Throws Error{unknown_asset} with the nearest name.
  const Node& resolve(std::string_view text) const;

  explicit Project(Options options) : settings(std::move(options)) {}

 private:
  friend class ProjectBuilder;
  NodeIndex index_;
};

// The protocol's view of a node's asset: its tables (a source with ingest also has <identifier>__quarantine in its
// group), owner and policies. Only for nodes with has_table().
lake::publish::Asset asset_of(const Project& project, const Node& node, const lake::Lake& lake);
// The same with the lake's catalogue read before: for many nodes.
lake::publish::Asset asset_of(const Project& project, const Node& node, const lake::Lake& lake,
                              const lake::CatalogContent& content);
lake::TableName quarantine_of(const Node& source);

}  // namespace weir::project
