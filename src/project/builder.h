// The steps of loading a project, in order. Used once, by load().
#pragma once

#include <functional>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "project/load.h"
#include "project/node_parser.h"
#include "project/parse_cache.h"
#include "project/parsed_pieces.h"
#include "project/project_file.h"
#include "project/rendering.h"
#include "project/schema_yaml.h"
#include "project/source_files.h"
#include "project/source_overrides.h"

namespace weir::project {

class ProjectBuilder {
 public:
  ProjectBuilder(std::string root, const LoadFlags& flags, Loaded& out);
  // Fills out.project; mistakes go to out.errors. Throws Error for what makes going on pointless (no readable
  // dbt_project.yml, no target).
  void build();

 private:
  void read_root();
  void read_packages();
  void read_package(const std::string& dir, const std::string& prefix);
  void read_declared_packages();
  void find_files();
  void read_macros();
  void read_docs();
  std::optional<bool> keeps_pieces() const;
  void open_cache();
  void remember_pieces();
  std::string hash_of_files() const;
  void save_pieces();
  void read_properties();
  void read_property_files(const std::vector<size_t>& which);
  void look_at_files();
  void read_patches_of_new_files();
  void note_patches();
  // Which file is which version of a model, by "<package>/<stem of the file>".
  using VersionFile = std::pair<const Patch*, const Patch::Version*>;
  std::map<std::string, VersionFile> version_files();
  void parse_nodes();
  ParsedNodes parse_file(size_t index, const std::vector<const Patch*>& snapshots,
                         const std::map<std::string, VersionFile>& versions);
  SchemaFile read_again(size_t index) const;
  void parse_sources(size_t index);
  void parse_tests();
  void parse_unit_tests();
  void take_declared();
  void settle_declared();
  void note_tests();
  void find_metrics_of_nodes();
  void sort_out();
  void refuse_unclear_enabling();
  void describe(Node& node);
  void describe(Declared& item);
  void describe_macro(Macro& macro, MacroPatch& patch, bool validates);
  void describe_macros(std::vector<Macro>& macros);
  void begin_project();
  void take_nodes();
  void finish();
  std::vector<RunHook> run_hooks(std::vector<Hook> ProjectFile::*hooks) const;
  void report_cycle(const std::vector<int>& cycle);
  void settle_test_arguments();
  void warn_unknown_configs();
  void warn_unused_trees();
  void warn_left_patches();
  void warn_constraints_of_views();
  void warn_freshness();
  void warn_databases();
  void warn_unfiltered_batches();
  void warn_deprecated_models();
  void warn_spaces_in_names();
  void warn_exposure_names();
  void warn_itertools();
  void warn_overridden_materializations();
  std::vector<Macro> macros() const;

  // Runs the pieces in parallel; an Error of one goes to out.errors.
  void each(size_t count, const std::function<void(size_t)>& work);

  const std::string root_;
  const LoadFlags& flags_;
  Loaded& out_;
  Options settings_;
  bool macros_broken_ = false;         // then what is missing in a template is no news
  std::vector<ProjectFile> packages_;  // the root project first
  std::shared_ptr<Rendering> rendering_;
  SourceFiles files_;
  std::future<std::unique_ptr<ParseCache>> opening_cache_;
  std::unique_ptr<ParseCache> cache_;
  std::optional<ParsedPieces> remembered_;
  std::vector<SchemaFile> schemas_;
  struct PropertyText {
    std::string text, sha256;
    std::string key;     // "": not to be remembered
    bool known = false;  // of an earlier reading: the schema is an outline (ParsedPieces::outline)
  };
  std::vector<PropertyText> property_texts_;  // as schemas_
  SourceOverrides source_overrides_;
  // A file that nodes are made of.
  struct NodeFile {
    const SourceFile* file;
    ResourceType type;
    const char* kind;  // of patches
    std::string text, sha256;
    std::string key;  // "": not to be remembered
    std::optional<ParsedNodes> known;
  };
  std::vector<NodeFile> node_files_;
  std::map<std::string, const Patch*> patches_;  // "<package>/<kind>/<name>"
  std::set<const Patch*> used_patches_;
  ParsedNodes nodes_, disabled_;
  std::future<void> saving_;  // the last one: what it reads lives longer
};

}  // namespace weir::project
