#include "project/builder.h"

#include <algorithm>
#include <filesystem>
#include <mutex>
#include <optional>
#include <utility>

#include "base/file.h"
#include "base/ids.h"
#include "base/parallel.h"
#include "base/text.h"
#include "project/config.h"
#include "project/early_look.h"
#include "project/graph.h"
#include "project/resolve.h"
#include "project/yaml_values.h"

namespace weir::project {

namespace fs = std::filesystem;

namespace {

// A view in the lake's catalogue reads tables of the lake: one of a source that is a file, itself or through ephemeral
// models, is built as a table.
void make_tables_of_views_of_files(Project& project) {
  std::vector<bool> reads_files(project.nodes.size());
  for (const int index : project.graph.order) {
    Node& node = project.nodes[static_cast<size_t>(index)];
    for (const int parent : project.graph.parents[static_cast<size_t>(index)]) {
      const Node& from = project.nodes[static_cast<size_t>(parent)];
      if (!from.external.empty() || (from.is_ephemeral() && reads_files[static_cast<size_t>(parent)]))
        reads_files[static_cast<size_t>(index)] = true;
    }
    node.view_as_table = node.is_view() && reads_files[static_cast<size_t>(index)];
  }
}

// What a package is likely called: of "https://example.org/dbt-utils.git" dbt_utils.
std::string likely_name(std::string place) {
  while (place.ends_with("/")) place.pop_back();
  if (place.ends_with(".git")) place.resize(place.size() - 4);
  return replace_all(place.substr(place.rfind('/') + 1), "-", "_");
}

}  // namespace

ProjectBuilder::ProjectBuilder(std::string root, const LoadFlags& flags, Loaded& out)
    : root_(std::move(root)), flags_(flags), out_(out), settings_(weir_settings()) {}

void ProjectBuilder::each(size_t count, const std::function<void(size_t)>& work) {
  std::mutex mutex;
  std::map<size_t, Error> errors;
  parallel_for(count, flags_.threads, [&](size_t i) {
    try {
      work(i);
    } catch (Error& error) {
      const std::lock_guard lock(mutex);
      errors.emplace(i, std::move(error));
    }
  });
  for (auto& [i, error] : errors)
    if (!macros_broken_ || error.code() != ErrorCode::template_undefined) out_.errors.push_back(std::move(error));
}

void ProjectBuilder::build() {
  read_root();
  read_packages();
  open_cache();
  find_files();
  read_macros();
  read_docs();
  remember_pieces();
  read_properties();
  parse_nodes();
  parse_tests();
  parse_unit_tests();
  save_pieces();
  sort_out();
  finish();
}

namespace {

// `config:` of profiles.yml, where flags stood once.
void take_user_config(const std::string& root, const LoadFlags& flags, ProjectFile& file,
                      std::vector<Diagnostic>& warnings) try {
  const std::optional<std::string> path = find_profiles(root, flags);
  const Yaml document = path ? Yaml::parse(read_file(*path), "profiles.yml") : Yaml();
  const Yaml* config = document.find("config");
  if (!config || config->kind != Yaml::Kind::mapping || config->members.empty()) return;
  if (file.flags.size() == 0) file.flags = config->to_json();
  warnings.push_back({"config in profiles.yml is the old place of flags, which stand in dbt_project.yml by now",
                      "write them there, below flags:", config->span, "ProjectFlagsMovedDeprecation"});
} catch (const Error&) {
  // told where the profile is read
}

}  // namespace

void ProjectBuilder::read_root() {
  std::error_code ignored;
  if (!fs::is_regular_file(root_ + "/dbt_project.yml", ignored))
    throw Error(ErrorCode::no_project, "there is no dbt_project.yml in " + root_)
        .with_hint("change into the project, give --project-dir, or make one with `weir init`");
  settings_ = read_settings(root_, flags_);
  const auto unsaved = flags_.unsaved.find(root_ + "/dbt_project.yml");
  packages_.push_back(
      read_project_file(root_, "", out_.warnings, unsaved == flags_.unsaved.end() ? nullptr : &unsaved->second));
  ProjectFile& file = packages_.front();
  take_user_config(root_, flags_, file, out_.warnings);
  rendering_ = begin_rendering(root_, file, flags_, settings_);
  rendering_->macros.set_dispatch(file.dispatch);
}

// packages.yml names packages; those that lie in packages-install-path are read. `weir deps` puts them there.
void ProjectBuilder::read_packages() {
  read_declared_packages();
  const std::string install = packages_.front().packages_install_path;
  const fs::path folder = fs::path(root_) / install;
  std::error_code error;
  std::vector<std::string> names;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
    if (fs::is_regular_file(it->path() / "dbt_project.yml", error)) names.push_back(it->path().filename().string());
  std::sort(names.begin(), names.end());
  packages_.reserve(names.size() + 1);
  for (const std::string& name : names)
    read_package((folder / name).lexically_normal().string(), (fs::path(install) / name).string() + "/");
}

void ProjectBuilder::read_package(const std::string& dir, const std::string& prefix) {
  ProjectFile file = read_project_file(dir, prefix, out_.warnings);
  for (const ProjectFile& other : packages_)
    if (other.name == file.name)
      throw Error(ErrorCode::duplicate_name, "two packages are called \"" + file.name + "\"")
          .with_span(file.document.span)
          .with_hint("the other one is " + (other.prefix.empty() ? "the project itself" : other.prefix));
  rendering_->variables.set_package(file.name, file.vars);
  render_project_file(file, YamlValues(*rendering_, file.name));
  if (const Yaml* restrict_access = file.document.find("restrict-access");
      restrict_access && restrict_access->to_json() == Json(true))
    rendering_->restricted_packages.insert(file.name);
  packages_.push_back(std::move(file));
}

void ProjectBuilder::read_declared_packages() {
  for (const char* name : {"packages.yml", "dependencies.yml"}) {
    const auto text = read_file_if_exists(fs::path(root_) / name);
    if (!text) continue;
    const Yaml document = Yaml::parse(*text, name);
    const Yaml* list = document.find("packages");
    if (!list || list->kind != Yaml::Kind::sequence) continue;
    for (const Yaml& item : list->items)
      for (const char* kind : {"package", "git", "local", "tarball"})
        if (const Yaml* package = item.find(kind); package && package->kind == Yaml::Kind::scalar)
          rendering_->declared_packages.push_back(likely_name(package->text));
  }
}

void ProjectBuilder::find_files() {
  for (size_t i = 0; i < packages_.size(); i++) files_.append(find_source_files(packages_[i], i, flags_.unsaved));
}

void ProjectBuilder::read_macros() {
  std::vector<SourceFile> files = files_.macros;
  files.insert(files.end(), files_.generic_tests.begin(), files_.generic_tests.end());
  std::vector<std::shared_ptr<const tmpl::Template>> compiled(files.size());
  each(files.size(), [&](size_t i) { compiled[i] = rendering_->environment.compile(files[i].label, files[i].read()); });
  for (size_t i = 0; i < files.size(); i++) try {
      if (compiled[i]) rendering_->macros.add_file(files[i].package, compiled[i]);
    } catch (Error& error) {
      out_.errors.push_back(std::move(error));
    }
  for (const ProjectFile& package : packages_) rendering_->macros.add_package(package.name);
  macros_broken_ = !out_.errors.empty();
  out_.files_read += static_cast<int>(files.size());
}

void ProjectBuilder::read_docs() {
  for (const SourceFile& file : files_.docs) try {
      const std::string text = file.read();
      if (text.find("docs") == std::string::npos || text.find("{%") == std::string::npos) continue;
      const auto compiled = rendering_->environment.compile(file.label, text);
      for (const tmpl::Block& block : compiled->blocks())
        if (block.kind == tmpl::BlockKind::docs) {
          const auto [known, fresh] =
              rendering_->docs.try_emplace(file.package + "." + block.name,
                                           DocsBlock{std::string(trim(block.body)), file.label, file.below, file.file});
          if (!fresh)
            throw Error(ErrorCode::duplicate_name, "found two docs blocks with the name \"" + block.name + "\"")
                .with_span(block.span)
                .with_hint("the other one is in " + known->second.file + "; rename one of them");
        }
    } catch (const Error& error) {
      out_.errors.push_back(error);
    }
}

// Enabled from disabled, in the order of unique_ids; duplicates; references.
void ProjectBuilder::sort_out() {
  std::stable_sort(nodes_.begin(), nodes_.end(),
                   [](const auto& a, const auto& b) { return a->node.unique_id < b->node.unique_id; });
  size_t kept = 0;
  for (size_t i = 0; i < nodes_.size(); i++) {
    if (!nodes_[i]->node.config->enabled)
      disabled_.push_back(std::move(nodes_[i]));
    else if (kept++ != i)
      nodes_[kept - 1] = std::move(nodes_[i]);
  }
  nodes_.erase(nodes_.begin() + static_cast<std::ptrdiff_t>(kept), nodes_.end());
  refuse_unclear_enabling();
  const bool unique_names = packages_.front().flags.get_bool("require_unique_project_resource_names").value_or(false);
  refuse_duplicates(nodes_, unique_names, out_.errors, out_.warnings);
  resolve_references(nodes_, disabled_, *rendering_, out_.errors, out_.warnings);
}

std::vector<Macro> ProjectBuilder::macros() const {
  std::vector<Macro> out;
  const MacroTable& table = rendering_->macros;
  for (const MacroEntry& entry : table.all()) {
    if (entry.package == standard_package) continue;
    Macro macro{entry.unique_id,        entry.package,     entry.name, entry.file->name(),
                entry.block->span.line, entry.text_sha256, {},         Json::object()};
    for (const MacroEntry* next : table.direct(entry.package, entry.block->called_names, entry.block->dispatched))
      macro.depends_on_macros.push_back(dbts_macro_id(*next));
    for (const std::string& name : entry.block->called_names)
      if (is_dbts_macro(name) && !table.lookup(entry.package, name))
        macro.depends_on_macros.push_back("macro.dbt." + name);
    std::sort(macro.depends_on_macros.begin(), macro.depends_on_macros.end());
    out.push_back(std::move(macro));
  }
  std::sort(out.begin(), out.end(), [](const Macro& a, const Macro& b) { return a.unique_id < b.unique_id; });
  return out;
}

void ProjectBuilder::report_cycle(const std::vector<int>& cycle) {
  const auto& nodes = out_.project->nodes;
  std::vector<std::string> names;
  names.reserve(cycle.size() + 1);
  for (const int index : cycle) names.push_back(nodes[static_cast<size_t>(index)].name);
  names.push_back(names.front());
  const Node& first = nodes[static_cast<size_t>(cycle.front())];
  const std::string& next = names.size() > 1 ? names[1] : names[0];
  Span span = first.span;
  for (const RefCall& call : nodes_[static_cast<size_t>(cycle.front())]->refs)
    if (call.ref.name == next) span = call.span;
  out_.errors.push_back(Error(ErrorCode::dependency_cycle, "found a cycle: " + join(names, " -> "))
                            .with_span(span)
                            .with_hint("break it at one of these ref() calls"));
}

// Arguments of tests that name relations: now that it is known where these live.
void ProjectBuilder::settle_test_arguments() {
  Project& project = *out_.project;
  each(project.nodes.size(), [&](size_t i) {
    Node& node = project.nodes[i];
    if (!node.test || node.test->singular() || node.test->written.size() == 0) return;
    ProjectHost host(*rendering_, RenderMode::final, node.package);
    host.node = &node;
    host.project = &project;
    node.test->args = plain_arguments(test_arguments(node.test->written, host, node.span));
  });
}

// As dbt orders them, at the start and at the end alike: the project's own, then those of its packages by name.
std::vector<RunHook> ProjectBuilder::run_hooks(std::vector<Hook> ProjectFile::*hooks) const {
  std::map<std::string, const ProjectFile*> others;
  for (size_t i = 1; i < packages_.size(); i++) others[packages_[i].name] = &packages_[i];
  std::vector<RunHook> out;
  const auto add = [&](const ProjectFile& file) {
    int index = 0;
    for (const Hook& hook : file.*hooks) out.push_back({hook, file.name, index++});
  };
  add(packages_.front());
  for (const auto& [name, file] : others) add(*file);
  return out;
}

namespace {

bool is_newer(const std::string& a, const std::string& b) {
  const auto x = parse_double(a), y = parse_double(b);
  return x && y ? *x > *y : a > b;
}

// ref() without a version means the latest; there may be newer ones, not called so yet.
void note_newer_versions(const Project& project, std::vector<Diagnostic>& notes) {
  std::map<std::string, std::string> newest;  // by "package.name"
  for (const Node& node : project.nodes) {
    if (node.version.empty()) continue;
    std::string& version = newest[node.package + "." + node.name];
    if (version.empty() || is_newer(node.version, version)) version = node.version;
  }
  if (newest.empty()) return;
  for (const Node& node : project.nodes)
    for (const std::string& id : node.depends_on) {
      const Node* read = project.find(id);
      if (!read || read->version.empty() || node.is_test()) continue;
      const auto unpinned = [&](const Ref& ref) { return ref.name == read->name && !ref.version; };
      const std::string& newer = newest[read->package + "." + read->name];
      if (is_newer(newer, read->version) && std::any_of(node.refs.begin(), node.refs.end(), unpinned))
        notes.push_back({node.name + " reads " + read->name + " without a version: " + newer + " is there, and " +
                             read->version + " is the latest",
                         "", node.span, "UnpinnedRefNewVersionAvailable",
                         Json::object()
                             .set("ref_node_name", read->name)
                             .set("ref_node_package", read->package)
                             .set("ref_node_version", read->version)
                             .set("ref_max_version", newer)});
    }
}

void render_texts(Yaml& yaml, const YamlValues& values) {
  for (Yaml& item : yaml.items) render_texts(item, values);
  for (Yaml::Member& member : yaml.members) render_texts(member.value, values);
  if (yaml.kind != Yaml::Kind::scalar || !has_jinja(yaml.text)) return;
  const Json value = values.text(yaml.text, yaml.span);
  yaml.quoted = value.is_string();
  yaml.text = value.is_string() ? value.as_string() : value.dump();
}

}  // namespace

// The project without its nodes.
void ProjectBuilder::begin_project() {
  const ProjectFile& file = packages_.front();
  Project& project = out_.project.emplace(settings_);
  project.root = root_;
  project.name = file.name;
  project.version = file.version;
  project.id = settings_.is_set("id") ? settings_.text("id") : uuid_v5(file.name);
  project.lake = lake_uri(root_, settings_);
  project.target_path = flags_.target_path.value_or(file.target_path);
  project.target = rendering_->target;
  project.invocation_id = rendering_->invocation_id;
  project.inputs = flags_.inputs;
  project.vars = rendering_->variables.merged(file.name);
  project.on_run_start = run_hooks(&ProjectFile::on_run_start);
  project.on_run_end = run_hooks(&ProjectFile::on_run_end);
  project.flags = file.flags;
  project.query_comment = file.query_comment;
  for (const ProjectFile& package : packages_) project.packages.push_back(package.name);
  project.files = node_files_.size() + property_texts_.size();
  for (const NodeFile& piece : node_files_) project.files_known += piece.known ? 1 : 0;
  for (const PropertyText& text : property_texts_) project.files_known += text.known ? 1 : 0;
  project.macros = macros();
  describe_macros(project.macros);
  if (const auto text = read_file_if_exists(fs::path(root_) / "selectors.yml"))
    render_texts(project.selectors.emplace(Yaml::parse(*text, "selectors.yml")), YamlValues(*rendering_, file.name));
}

// Its nodes, and how they hang together.
void ProjectBuilder::take_nodes() {
  Project& project = *out_.project;
  project.nodes.reserve(nodes_.size());
  for (const auto& parsed : nodes_) {
    describe(parsed->node);
    if (parsed->file || (parsed->node.sql && (!parsed->node.test || parsed->node.test->singular())))
      rendering_->nodes.add(parsed->node.unique_id, std::move(parsed->file));
    parsed->node.index = static_cast<int>(project.nodes.size());
    project.nodes.push_back({parsed, &parsed->node});
  }
  for (const auto& parsed : disabled_) project.disabled.push_back({parsed, &parsed->node});
  project.index_.reserve(project.nodes.size());
  for (const Node& node : project.nodes) project.index_.emplace(node.unique_id, node.index);
  std::vector<int> cycle;
  project.graph = build_graph(project.nodes, project.index_, cycle);
  note_tests();
  if (rendering_->target.kind == TargetKind::lake) make_tables_of_views_of_files(project);
  if (!cycle.empty()) report_cycle(cycle);
  for (ParsedNodes* list : {&nodes_, &disabled_}) {
    for (const auto& parsed : *list) {  // the node lives on in it
      parsed->refs = {};
      parsed->sources = {};
    }
    list->clear();
  }
}

void ProjectBuilder::finish() {
  begin_project();
  take_nodes();
  out_.project->rendering = rendering_;
  take_declared();
  if (out_.errors.empty()) settle_test_arguments();
  warn_unknown_configs();
  warn_unused_trees();
  warn_left_patches();
  warn_constraints_of_views();
  warn_freshness();
  warn_databases();
  warn_unfiltered_batches();
  warn_deprecated_models();
  warn_spaces_in_names();
  note_newer_versions(*out_.project, out_.warnings);
  warn_exposure_names();
  warn_itertools();
  warn_overridden_materializations();
}

}  // namespace weir::project
