// What all templates of a project share: the compiled environment, macros, variables, target. Frozen once loading is
// done; a ProjectHost (host.h) is made from it for each rendering.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/json.h"
#include "project/load.h"
#include "project/macro_table.h"
#include "project/project.h"
#include "template/environment.h"
#include "template/value.h"

namespace weir::project {

// Variables of the project: --vars over the root project's `vars:` over a package's own. A mapping under a package's
// name holds for that package only, and goes before the general ones.
class Variables {
 public:
  void set_command_line(const Json& vars) { command_line_ = vars; }
  void set_package(const std::string& package, const Json& vars) { packages_[package] = vars; }
  void set_root(std::string package) { root_ = std::move(package); }
  const Json* find(std::string_view package, std::string_view name) const;
  Json merged(std::string_view package) const;  // for messages

 private:
  Json command_line_ = Json::object();
  std::map<std::string, Json, std::less<>> packages_;
  std::string root_;
};

// The templates of nodes that have SQL. Those of nodes that an earlier reading of the project knew are compiled when
// they are first asked for, of Node::raw. Filled by one thread, then asked by many.
class NodeTemplates {
 public:
  explicit NodeTemplates(const tmpl::Environment& environment) : environment_(environment) {}
  // `file` null: to be compiled.
  void add(const std::string& unique_id, std::shared_ptr<const tmpl::Template> file);
  // Null: the node has none. Throws what compiling throws.
  std::shared_ptr<const tmpl::Template> find(const Node& node) const;

 private:
  const tmpl::Environment& environment_;
  mutable std::mutex mutex_;
  mutable std::unordered_map<std::string, std::shared_ptr<const tmpl::Template>> files_;
};

// A {% docs %} block.
struct DocsBlock {
  std::string text;
  std::string file;                  // as spans name it
  std::string path, package_path{};  // relative to its docs path, and to its package's folder
};

inline constexpr std::string_view secret_prefix = "DBT_ENV_SECRET";
// What stands for the value of a secret while a template is rendered, so that no filter changes the value itself.
std::string secret_placeholder(const std::string& name);

class Rendering {
 public:
  explicit Rendering(std::string root_package, const tmpl::Limits& limits = {});

  tmpl::Environment environment;
  MacroTable macros;
  Variables variables;
  EnvironmentVariables env;
  Target target;
  Quoting quoting;                        // of the root project: `quoting:` of dbt_project.yml
  tmpl::Value target_value, flags_value;  // frozen
  std::string invocation_id;
  Json arguments = Json::object();  // LoadFlags::arguments
  int64_t started_at_ms = 0;
  bool store_failures = false;                 // --store-failures
  std::set<std::string> restricted_packages;   // restrict-access: true
  std::vector<std::string> declared_packages;  // likely names of those in packages.yml, there or not
  NodeTemplates nodes{environment};
  std::unordered_map<std::string, DocsBlock> docs;  // by "package.name"
  // What doc() means where it is called in package `from`; `package` "" = not said. nullptr: there is none.
  const DocsBlock* find_docs(const std::string& from, const std::string& package, const std::string& name) const;
  // Its key in `docs`; "" = there is none.
  std::string docs_key(const std::string& from, const std::string& package, const std::string& name) const;

  // A flag of dbt_project.yml, by its name there.
  bool flag(std::string_view name, bool otherwise) const;
  // Where ref() and source() of a package look before all other packages. As in dbt the root project comes first,
  // unless the flag require_ref_searches_node_package_before_root is on.
  std::array<std::string, 2> ref_order(const std::string& package) const;

  // Names of environment variables that templates asked for so far, there or not.
  void note_env(const std::string& name) const;
  std::set<std::string> env_asked() const;

  void set_target(const Target& value);
  void set_flags(const LoadFlags& flags, const Json& project_flags);
  // Whether all packages of packages.yml lie in the project.
  bool has_declared_packages() const;
  // "package x is named in packages.yml, but does not lie in dbt_packages" or "".
  std::string missing_package_hint(std::string_view name) const;
  // Gives an error about an undefined name that hint, if it is one that a package should have brought.
  void explain_missing_package(Error& error) const;

 private:
  mutable std::mutex env_mutex_;
  mutable std::set<std::string> env_asked_;
};

// dbt's functions and objects as globals of an environment; they work on the ProjectHost of the evaluation.
void add_globals(tmpl::Environment& environment);
// Is a function of ours of this name a macro in dbt?
bool is_dbts_macro(std::string_view name);

}  // namespace weir::project
