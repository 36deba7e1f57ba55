#include "project/node_parser.h"

#include <algorithm>
#include <set>

#include "base/hash.h"
#include "base/text.h"
#include "project/config.h"
#include "project/microbatch.h"
#include "project/node_values.h"
#include "project/python_model.h"
#include "project/source_location.h"
#include "project/support.h"
#include "project/written_calls.h"
#include "project/yaml_values.h"

namespace weir::project {

namespace {

Span start_of(const SourceFile& file) {
  Span span;
  span.file = file.label;
  span.line = 1;
  span.column = 1;
  return span;
}

std::vector<std::string> sorted_unique(std::vector<std::string> values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  return values;
}

// Texts that templates of a macro may see are only known once it runs; what it names stands in its text.
void note_reach(const MacroTable& macros, const std::string& package, const tmpl::Template& file, Node& node,
                const Capture& capture) {
  MacroTable::Reach reach;
  macros.reach(package, file.called_names(), file.dispatched(), reach);
  node.queries_while_rendering = node.queries_while_rendering || reach.queries || capture.queries;
  node.reads_clock = node.reads_clock || reach.clock || capture.clock;
}

// The key of dbt_project.yml whose tree unrendered_config takes for nodes of a kind. Functions have one of their own,
// but what dbt writes down of them is the models': manifests are compared by that.
std::string written_key(ResourceType type) {
  if (type == ResourceType::seed) return "seeds";
  if (type == ResourceType::snapshot) return "snapshots";
  if (type == ResourceType::source) return "sources";
  if (type == ResourceType::test) return "data_tests";
  if (type == ResourceType::unit_test) return "unit_tests";
  return "models";
}

}  // namespace

const ProjectFile& NodeParser::project_of(const Node& node) const {
  for (const ProjectFile& project : packages_)
    if (project.name == node.package) return project;
  return packages_.front();
}

const Json& NodeParser::tree(const ProjectFile& project, ResourceType type) const {
  switch (type) {
    case ResourceType::seed:
      return project.seeds;
    case ResourceType::snapshot:
      return project.snapshots;
    case ResourceType::source:
      return project.sources;
    case ResourceType::test:
      return project.data_tests;
    case ResourceType::unit_test:
      return project.unit_tests;
    case ResourceType::function:
      return project.functions;
    default:
      return project.models;
  }
}

Json NodeParser::merged_config(const Node& node, const Json& patch, const Json& called) const {
  Json out = Json::object();
  const ProjectFile& own = project_of(node);
  for (const Json& level : tree_levels(tree(own, node.type), node.fqn)) merge_config(out, level);
  merge_config(out, patch);
  merge_config(out, called);
  if (&own != &packages_.front())
    for (const Json& level : tree_levels(tree(packages_.front(), node.type), node.fqn)) merge_config(out, level);
  settle_grants(out);
  return out;
}

// dbt's unrendered_config: dbt_project.yml and YAML as written, the file's own config() as it was called. Unlike the
// configuration that holds, what is said nearer takes the place of what is said farther away, lists and mappings too.
Json NodeParser::unrendered_config(const Node& node, const Json& patch, const Json& called) const {
  Json out = Json::object();
  const std::string key = written_key(node.type);
  const auto put = [&](const Json& said) {
    for (const auto& [name, value] : said.as_object()) out.set(name, value);
  };
  const auto lay = [&](const ProjectFile& project) {
    if (const Json* written = project.written.find(key))
      for (const Json& level : tree_levels(*written, node.fqn)) put(level);
  };
  const ProjectFile& own = project_of(node);
  lay(own);
  put(patch);
  put(called);
  if (&own != &packages_.front()) lay(packages_.front());
  return out;
}

ParsedNode NodeParser::begin(const SourceFile& file, ResourceType type, const std::string& name) const {
  ParsedNode out;
  Node& node = out.node;
  node.type = type;
  node.package = file.package;
  node.name = name;
  node.unique_id = std::string(resource_type_text(type)) + "." + file.package + "." + name;
  node.fqn = {file.package};
  if (type == ResourceType::analysis) node.fqn.push_back("analysis");
  for (const std::string& folder : file.folders()) node.fqn.push_back(folder);
  node.fqn.push_back(name);
  node.path = file.below;
  node.file = file.file;
  node.span = start_of(file);
  node.database = rendering_.target.database;
  return out;
}

void NodeParser::apply_patch(Node& node, const Patch* patch) const {
  if (!patch) return;
  node.patch_file = patch->file.file;
  node.description = patch->description;
  node.columns = patch->columns;
  node.described = patch->described;
  node.unrendered_config = patch->written_config;
}

// A version is a node of its own: its name is the model's, its id, alias and place in the tree tell it apart.
void NodeParser::apply_version(Node& node, const Patch& patch, const Patch::Version& version) {
  node.name = patch.name;
  node.version = version.version;
  node.latest_version = patch.latest_version;
  node.unique_id = "model." + node.package + "." + node.name + ".v" + node.version;
  node.fqn.back() = node.name;
  node.fqn.push_back("v" + node.version);
  if (!version.description.empty()) node.description = version.description;
  node.columns = version.columns;
  merge_config(node.unrendered_config, version.written_config);
}

// Renders with what is known before the file's own config() calls, then settles the configuration.
void NodeParser::render(ParsedNode& parsed, Capture& capture, const Json& patch_config) const {
  Node& node = parsed.node;
  node.config = typed_config(merged_config(node, patch_config, Json::object()), node.type, node.span);
  node.alias = node.config->alias.value_or(node.name);
  node.schema = node.config->schema ? rendering_.target.schema + "_" + *node.config->schema : rendering_.target.schema;
  if (parsed.file && !parsed.file->is_plain_text()) {
    ProjectHost host(rendering_, RenderMode::parse, node.package);
    host.node = &node;
    host.capture = &capture;
    parsed.file->render(host);
  }
  finish(parsed, capture, patch_config, capture.config);
}

void NodeParser::finish(ParsedNode& parsed, Capture& capture, const Json& own, const Json& called) const {
  Node& node = parsed.node;
  const Span& config_span = capture.config_span.known() ? capture.config_span : node.span;
  node.config = typed_config(merged_config(node, own, called), node.type, config_span);
  // As in dbt the project's rule is no rule for sources.
  node.quoting = node.type == ResourceType::source ? quoting_of({}, node.described.find("quoting"))
                                                   : quoting_of(rendering_.quoting, node.config->all.find("quoting"));
  node.microbatch = microbatch_config(node, config_span);
  // A generic test's call of config() is what YAML says of it.
  const bool generic = node.test && !node.test->singular();
  Json as_called = generic ? Json::object() : called;
  const Json* as_written = packages_.front().flags.find("state_modified_compare_more_unrendered_values");
  if (!generic && !node.is_python_model() && as_written && *as_written == Json(true)) {
    const Json computed = written_config_calls(node.raw);
    for (const auto& [key, value] : computed.as_object())
      if (as_called.find(key)) as_called.set(key, value);
  }
  node.unrendered_config = unrendered_config(node, node.unrendered_config, as_called);
  node.asset_config = asset_config(node.config->meta, config_span);
  std::vector<std::string> tags = node.tags;
  tags.insert(tags.end(), node.config->tags.begin(), node.config->tags.end());
  node.tags = sorted_unique(std::move(tags));
  make_names(parsed);
  render_hooks(parsed, capture);
  if (node.type == ResourceType::snapshot) check_snapshot_rules(node, config_span);
  if (node.type == ResourceType::model) {
    check_model_rules(node, config_span);
    render_foreign_keys(parsed, capture);
  }
  record(parsed, capture);
  if (node.unsupported.empty()) node.unsupported = why_unsupported(node, rendering_.target.kind);
}

void NodeParser::render_beside(ParsedNode& parsed, const std::string& text, const std::string& label,
                               Capture& capture) const {
  ProjectHost host(rendering_, RenderMode::parse, parsed.node.package);
  host.node = &parsed.node;
  host.capture = &capture;
  const auto compiled = rendering_.environment.compile(parsed.node.span.file, text);
  try {
    compiled->render(host);
  } catch (Error& error) {
    error.with_span(parsed.node.span).add_context(label);
    throw;
  }
  note_reach(rendering_.macros, parsed.node.package, *compiled, parsed.node, capture);
}

void NodeParser::render_hooks(ParsedNode& parsed, Capture& capture) const {
  for (const auto* hooks : {&parsed.node.config->pre_hook, &parsed.node.config->post_hook})
    for (const Hook& hook : *hooks)
      if (has_jinja(hook.sql)) render_beside(parsed, hook.sql, "hook " + hook.sql.substr(0, 60), capture);
}

// A foreign key is to a table that must be there before: a dependency like any other.
void NodeParser::render_foreign_keys(ParsedNode& parsed, Capture& capture) const {
  const auto each = [&](const Json* constraints) {
    if (!constraints || !constraints->is_array()) return;
    for (const Json& constraint : constraints->as_array())
      if (const std::string text = foreign_key_template(constraint); !text.empty())
        render_beside(parsed, text, "foreign key to " + *constraint.get_string("to"), capture);
  };
  for (const Column& column : parsed.node.columns) each(&column.constraints);
  each(parsed.node.described.find("constraints"));
}

void NodeParser::record(ParsedNode& parsed, Capture& capture) const {
  Node& node = parsed.node;
  if (parsed.file) note_reach(rendering_.macros, node.package, *parsed.file, node, capture);
  parsed.of_this_call = parsed.of_this_call || capture.looks_at_the_call();
  std::set<std::string> macros;
  for (const MacroEntry* entry : capture.macros) macros.insert(entry->unique_id);
  if (parsed.file)
    for (const MacroEntry* entry :
         rendering_.macros.direct(node.package, parsed.file->called_names(), parsed.file->dispatched()))
      macros.insert(entry->unique_id);
  node.depends_on_macros.assign(macros.begin(), macros.end());
  if (!capture.metrics.empty()) node.described.set("metrics", Json::strings(capture.metrics));
  node.vars = capture.vars;
  node.env = capture.env;
  node.called_macros = std::move(capture.called);
  node.refs = std::move(capture.each_ref);
  node.sources = std::move(capture.each_source);
  for (const RefCall& call : capture.functions) node.functions.push_back(call.ref);
  parsed.logged = std::move(capture.logged);
  parsed.refs = std::move(capture.refs);
  parsed.sources = std::move(capture.sources);
  parsed.functions = std::move(capture.functions);
}

// A program begins where its text does: blank lines before a function are not carried into the target.
void NodeParser::take_text(ParsedNode& parsed, std::string text) const {
  Node& node = parsed.node;
  node.raw = std::move(text);
  if (node.is_function()) {
    const size_t begin = std::min(node.raw.find_first_not_of(" \t\r\n"), node.raw.size());
    node.span.line +=
        static_cast<int>(std::count(node.raw.begin(), node.raw.begin() + static_cast<std::ptrdiff_t>(begin), '\n'));
    node.raw = std::string(trim(node.raw));
  }
  node.raw_sha256 = sha256_hex(trim(node.raw));
}

ParsedNode NodeParser::sql_file(const SourceFile& file, ResourceType type, std::string text, const Patch* patch,
                                const Patch::Version* version) const {
  ParsedNode out = begin(file, type, file.stem());
  Node& node = out.node;
  node.python = lower(file.path).ends_with(".py");
  node.sql = !node.is_python_model();
  take_text(out, std::move(text));
  apply_patch(node, patch);
  if (version) apply_version(node, *patch, *version);
  if (type == ResourceType::test) node.test = TestInfo{};
  Capture capture;
  if (node.sql) out.file = rendering_.environment.compile(file.label, node.raw, node.span.line);
  try {
    Json described = patch ? patch->config : Json::object();
    if (version) merge_config(described, version->config);
    if (node.is_python_model()) {
      // As in dbt: a Python model is a table, whatever the trees of dbt_project.yml say.
      if (!described.find("materialized")) described.set("materialized", "table");
      out.errors = take_python_source(node, capture);
    }
    render(out, capture, described);
    if (type == ResourceType::test) settle_test(node, rendering_.store_failures);
  } catch (Error& error) {
    rendering_.explain_missing_package(error);
    error.add_context(std::string(resource_type_text(type)) + " " + node.name);
    throw;
  }
  return out;
}

ParsedNode NodeParser::seed(const SourceFile& file, const std::string& text, const Patch* patch) const {
  ParsedNode out = begin(file, ResourceType::seed, file.stem());
  out.node.raw_sha256 = sha256_hex(trim(text));
  apply_patch(out.node, patch);
  Capture capture;
  render(out, capture, patch ? patch->config : Json::object());
  if (!out.refs.empty())
    throw Error(ErrorCode::bad_config, "Seeds cannot depend on other nodes, and a hook of " + out.node.name +
                                           " has ref('" + out.refs.front().ref.name + "')")
        .with_span(out.node.span);
  return out;
}

std::vector<ParsedNode> NodeParser::snapshots(const SourceFile& file, const std::vector<const Patch*>& patches) const {
  std::vector<ParsedNode> out;
  const auto whole = rendering_.environment.compile(file.label, file.read());
  for (const tmpl::Block& block : whole->blocks()) {
    if (block.kind != tmpl::BlockKind::snapshot) continue;
    ParsedNode parsed = begin(file, ResourceType::snapshot, block.name);
    Node& node = parsed.node;
    node.fqn.insert(node.fqn.end() - 1, file.stem());
    node.span = block.span;
    node.raw = std::string(block.body);
    node.raw_sha256 = sha256_hex(block.source);
    node.sql = true;
    const auto match = [&](const Patch* patch) { return patch->name == node.name; };
    const auto found = std::find_if(patches.begin(), patches.end(), match);
    const Patch* patch = found == patches.end() ? nullptr : *found;
    apply_patch(node, patch);
    parsed.file = rendering_.environment.compile(file.label, node.raw, block.body_line);
    Capture capture;
    render(parsed, capture, patch ? patch->config : Json::object());
    out.push_back(std::move(parsed));
  }
  return out;
}

ParsedNode NodeParser::yaml_snapshot(const Patch& patch) const {
  ParsedNode out = begin(patch.file, ResourceType::snapshot, patch.name);
  Node& node = out.node;
  node.path += "/" + node.name + ".sql";
  node.span = patch.span;
  node.raw = "select * from {{ " + patch.relation + " }}";
  node.raw_sha256 = sha256_hex(node.raw);
  node.sql = true;
  apply_patch(node, &patch);
  out.file = rendering_.environment.compile(patch.file.label, node.raw, patch.span.line);
  Capture capture;
  render(out, capture, patch.config);
  return out;
}

ParsedNode NodeParser::source(const SourceTable& table) const {
  ParsedNode out = begin(table.file, ResourceType::source, table.name);
  Node& node = out.node;
  node.unique_id = "source." + table.file.package + "." + table.source + "." + table.name;
  node.fqn.insert(node.fqn.end() - 1, table.source);
  node.source_name = table.source;
  node.schema = table.schema;
  node.alias = table.identifier;
  if (rendering_.target.kind == TargetKind::database && !table.database.empty()) node.database = table.database;
  node.path = table.file.file;
  node.span = table.span;
  node.description = table.description;
  node.columns = table.columns;
  node.described = table.described;
  node.unrendered_config = table.written_config;
  Capture capture;
  finish(out, capture, table.config, Json::object());
  // What dbt writes of every source, said or not.
  for (const auto& [key, otherwise] : {std::pair("loaded_at_field", Json()), std::pair("loaded_at_query", Json()),
                                       std::pair("meta", Json::object()), std::pair("tags", Json::array())})
    if (!node.unrendered_config.find(key)) node.unrendered_config.set(key, otherwise);
  if (node.config->meta.find("plugin")) node.unsupported = "sources that a plugin of dbt-duckdb reads";
  node.external = source_location(node);
  const auto ingest_key = table.ingest_spans.find("");
  node.ingest =
      ingest_config(node.config->meta, ingest_key == table.ingest_spans.end() ? table.config_span : ingest_key->second);
  if (node.ingest) node.ingest->key_spans = table.ingest_spans;
  node.raw_sha256 = sha256_hex(node.config->all.dump_sorted());
  return out;
}

ParsedNode NodeParser::generic_test(const TestEntry& entry, const TestTarget& target, const SourceFile& file) const {
  GenericTest made = make_generic_test(entry, target, file, rendering_);
  ParsedNode out;
  out.node = std::move(made.node);
  out.warnings = std::move(made.warnings);
  const Json own = out.node.config->all;
  out.node.database = rendering_.target.database;
  Json by_macro = Json::object();
  if (!out.node.test->macro.empty()) {
    made.capture.macros.insert(rendering_.macros.by_id(out.node.test->macro));
    note_test_macro(out.node, rendering_, made.capture);
    std::swap(by_macro, made.capture.config);
  }
  finish(out, made.capture, by_macro, own);  // the YAML's word is the last
  settle_test(out.node, rendering_.store_failures);
  return out;
}

}  // namespace weir::project
