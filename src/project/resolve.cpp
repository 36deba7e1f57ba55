#include "project/resolve.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <unordered_map>

#include "base/parallel.h"
#include "base/text.h"
#include "project/node_names.h"

namespace weir::project {

namespace {

bool makes_relation(const Node& node) { return is_referable(node) && !node.is_ephemeral(); }

std::string place(const Node& node) {
  return node.span.file + (node.span.line > 1 ? ":" + std::to_string(node.span.line) : "");
}

Error duplicate(const Node& node, const Node& other, const std::string& what, const std::string& remedy) {
  return Error(ErrorCode::duplicate_name, what)
      .with_span(node.span)
      .with_hint("the other one is " + place(other) + "; " + remedy);
}

NodeNames names_of(const ParsedNodes& nodes, const Rendering& rendering) {
  NodeNames out(rendering);
  for (const auto& parsed : nodes) out.add(parsed->node);
  return out;
}

// Of one node, beside others.
class Resolver {
 public:
  Resolver(const NodeNames& enabled, const NodeNames& disabled, const Rendering& rendering)
      : enabled_(enabled), disabled_(disabled), rendering_(rendering) {}

  void resolve(ParsedNode& parsed) {
    Node& node = parsed.node;
    for (const RefCall& call : parsed.refs) keep_ = one_ref(node, call) && keep_;
    for (const SourceCall& call : parsed.sources) keep_ = one_source(node, call) && keep_;
    for (const RefCall& call : parsed.functions) keep_ = one_function(node, call) && keep_;
  }

  // Hands over what it found. False: a test that depends on something disabled.
  bool finish(std::vector<Error>& errors, std::vector<Diagnostic>& warnings) {
    std::move(errors_.begin(), errors_.end(), std::back_inserter(errors));
    std::move(warnings_.begin(), warnings_.end(), std::back_inserter(warnings));
    return keep_;
  }

 private:
  bool one_ref(Node& node, const RefCall& call) {
    if (const Node* target = enabled_.ref(call.ref, node.package)) {
      refuse_rivals(node, call);
      check_access(node, *target, call.span);
      note_root_node(node, *target, call);
      add(node, *target, call.span);
      return true;
    }
    const std::string what =
        "ref('" + call.ref.name + "'" + (call.ref.version ? ", v=" + *call.ref.version : std::string()) + ")";
    if (disabled_.ref(call.ref, node.package)) return on_disabled(node, what, call.span);
    const bool package_known = call.ref.package.empty() || rendering_.macros.is_package(call.ref.package);
    Error error(ErrorCode::unknown_ref,
                package_known ? node.name + " depends on a node named '" + call.ref.name + "'" +
                                    (call.ref.version ? " with version " + *call.ref.version : std::string()) +
                                    " which was not found" +
                                    (call.ref.version ? std::string() : did_you_mean(call.ref.name, enabled_.names()))
                              : "there is no package \"" + call.ref.package + "\"");
    errors_.push_back(std::move(error.with_span(call.span).add_context(node.unique_id)));
    return true;
  }

  // dbt takes none of several packages that it would look in alike.
  void refuse_rivals(const Node& node, const RefCall& call) {
    std::vector<std::string> places;
    for (const Node* rival : enabled_.rivals(call.ref, node.package)) places.push_back(rival->unique_id);
    if (places.empty()) return;
    std::sort(places.begin(), places.end());
    errors_.push_back(
        Error(ErrorCode::unknown_ref, "ref('" + call.ref.name + "') could be any of " + join(places, " and "))
            .with_span(call.span)
            .with_hint("name the package: ref('" + split(places.front(), '.')[1] + "', '" + call.ref.name + "')")
            .add_context(node.unique_id));
  }

  // A private model may be read in its group only, a protected one not from outside of a package that restricts access.
  void check_access(const Node& node, const Node& target, const Span& span) {
    if (target.type != ResourceType::model || node.is_test()) return;
    const std::string access = target.config->all.get_string("access").value_or("protected");
    const bool outside = node.package != target.package && rendering_.restricted_packages.contains(target.package);
    const bool other_group = node.config->all.get_string("group") != target.config->all.get_string("group");
    std::string why;
    if (access == "private" && other_group)
      why = "is private to group " + target.config->all.get_string("group").value_or("none");
    else if (access != "public" && outside)
      why = "is " + access + ", and its package restricts access";
    if (why.empty()) return;
    errors_.push_back(Error(ErrorCode::bad_config, "ref('" + target.name + "'): the model " + why)
                          .with_span(span)
                          .with_hint("give the reader the same group, or the model access: public")
                          .add_context(node.unique_id));
  }

  void note_root_node(const Node& node, const Node& target, const RefCall& call) {
    const std::string& root = rendering_.macros.root_package();
    if (node.package == root || target.package != root || call.ref.package == root) return;
    warnings_.push_back({node.name + " of package " + node.package + " reads " + target.unique_id +
                             ", a node of the project that the package is in",
                         "the flag require_ref_searches_node_package_before_root: true makes ref() look in the "
                         "package first",
                         call.span, "PackageNodeDependsOnRootProjectNode",
                         Json::object()
                             .set("node_name", node.name)
                             .set("package_name", node.package)
                             .set("root_project_unique_id", target.unique_id)});
  }

  bool one_source(Node& node, const SourceCall& call) {
    const std::string name = call.source + "." + call.table;
    if (const Node* target = enabled_.source(call.source, call.table, node.package)) {
      add(node, *target, call.span);
      return true;
    }
    const std::string what = "source('" + call.source + "', '" + call.table + "')";
    if (disabled_.source(call.source, call.table, node.package)) return on_disabled(node, what, call.span);
    errors_.push_back(Error(ErrorCode::unknown_source, node.name + " depends on a source named '" + name +
                                                           "' which was not found" +
                                                           did_you_mean(name, enabled_.source_names()))
                          .with_span(call.span)
                          .with_hint("declare it under `sources:` in a YAML file below model-paths")
                          .add_context(node.unique_id));
    return true;
  }

  bool one_function(Node& node, const RefCall& call) {
    if (const Node* target = enabled_.function(call.ref, node.package)) {
      add(node, *target, call.span);
      return true;
    }
    const std::string& name = call.ref.name;
    if (disabled_.function(call.ref, node.package)) return on_disabled(node, "function('" + name + "')", call.span);
    errors_.push_back(Error(ErrorCode::unknown_ref, node.name + " depends on a function named '" + name +
                                                        "' which was not found" +
                                                        did_you_mean(name, enabled_.function_names()))
                          .with_span(call.span)
                          .with_hint("a function is a file " + name + ".sql below function-paths")
                          .add_context(node.unique_id));
    return true;
  }

  bool on_disabled(Node& node, const std::string& what, const Span& span) {
    if (node.is_test()) {
      warnings_.push_back({"test " + node.name + " is left out: " + what + " is disabled",
                           "disable the test too, or enable that", span, "NodeNotFoundOrDisabled"});
      return false;
    }
    errors_.push_back(Error(ErrorCode::disabled_dependency, node.name + " depends on " + what + " which is disabled")
                          .with_span(span)
                          .add_context(node.unique_id));
    return true;
  }

  void add(Node& node, const Node& target, const Span& span) {
    if (target.unique_id == node.unique_id) {
      errors_.push_back(Error(ErrorCode::dependency_cycle, "found a cycle: " + node.name + " -> " + node.name)
                            .with_span(span)
                            .with_hint(node.is_function() ? "a function cannot call itself"
                                                          : "use {{ this }} for the table as it was before"));
      return;
    }
    auto& all = node.depends_on;
    if (std::find(all.begin(), all.end(), target.unique_id) == all.end()) all.push_back(target.unique_id);
  }

  const NodeNames& enabled_;
  const NodeNames& disabled_;
  const Rendering& rendering_;
  std::vector<Error> errors_;
  std::vector<Diagnostic> warnings_;
  bool keep_ = true;
};

}  // namespace

void resolve_references(ParsedNodes& nodes, ParsedNodes& disabled, const Rendering& rendering,
                        std::vector<Error>& errors, std::vector<Diagnostic>& warnings) {
  const NodeNames enabled = names_of(nodes, rendering), others = names_of(disabled, rendering);
  std::vector<Resolver> resolvers(nodes.size(), Resolver(enabled, others, rendering));
  parallel_pieces(nodes.size(), [&](size_t i) { resolvers[i].resolve(*nodes[i]); });
  std::set<const ParsedNode*> dropped;
  for (size_t i = 0; i < nodes.size(); i++)
    if (!resolvers[i].finish(errors, warnings)) dropped.insert(nodes[i].get());
  if (dropped.empty()) return;
  ParsedNodes kept;
  for (auto& parsed : nodes) (dropped.contains(parsed.get()) ? disabled : kept).push_back(std::move(parsed));
  nodes = std::move(kept);
}

namespace {

std::string plural_of(ResourceType type) {
  if (type == ResourceType::analysis) return "analyses";
  if (type == ResourceType::test) return "data_tests";
  return replace_all(std::string(resource_type_text(type)), "_", " ") + "s";
}

// Of different kinds: dbt takes both, and ref() finds one of them.
void note_same_name(const Node& node, const Node& other, bool unique_names, std::vector<Error>& errors,
                    std::vector<Diagnostic>& warnings) {
  const std::string text = "a " + std::string(resource_type_text(other.type)) + " and a " +
                           std::string(resource_type_text(node.type)) + " are both called \"" + node.name + "\"";
  if (unique_names)
    errors.push_back(duplicate(node, other, text, "rename one of them"));
  else
    warnings.push_back({text, "ref() finds one of them only: rename one; the other one is " + place(other), node.span,
                        "DuplicateNameDistinctNodeTypesDeprecation",
                        Json::object()
                            .set("resource_name", node.name)
                            .set("unique_id1", other.unique_id)
                            .set("unique_id2", node.unique_id)
                            .set("package_name", node.package)});
}

// ref() without a version could not tell them apart.
void refuse_versions_beside_none(const ParsedNodes& nodes, std::vector<Error>& errors) {
  std::unordered_map<std::string, const Node*> unversioned;
  const auto name = [](const Node& node) { return node.package + "." + node.name; };
  for (const auto& parsed : nodes)
    if (is_referable(parsed->node) && parsed->node.version.empty())
      unversioned.emplace(name(parsed->node), &parsed->node);
  for (const auto& parsed : nodes) {
    const Node& node = parsed->node;
    const auto found = node.version.empty() ? unversioned.end() : unversioned.find(name(node));
    if (found == unversioned.end()) continue;
    errors.push_back(duplicate(*found->second, node,
                               "there are versions of \"" + node.name + "\", and " + found->second->unique_id +
                                   " has the same name without one",
                               "rename it, or make it one of the versions"));
    unversioned.erase(found);
  }
}

}  // namespace

void refuse_duplicates(ParsedNodes& nodes, bool unique_names, std::vector<Error>& errors,
                       std::vector<Diagnostic>& warnings) {
  std::unordered_map<std::string, const Node*> names, relations;
  std::set<const ParsedNode*> dropped;
  const Node* last = nullptr;
  for (const auto& parsed : nodes) {
    const Node& node = parsed->node;
    if (last && node.unique_id == last->unique_id) {
      const bool test = node.type == ResourceType::test;
      errors.push_back(duplicate(node, *last,
                                 "found two " + plural_of(node.type) + " with the name \"" + node.name + "\"",
                                 test ? "remove one, or give it a `name`" : "rename one of them"));
      dropped.insert(parsed.get());
      continue;
    }
    last = &node;
    if (is_referable(node)) {
      const std::string version = node.version.empty() ? "" : ".v" + node.version;
      const auto [name, first] = names.emplace(node.package + "." + node.name + version, &node);
      if (!first) note_same_name(node, *name->second, unique_names, errors, warnings);
    }
    const bool loads = node.type == ResourceType::source && node.ingest;
    if (!makes_relation(node) && !loads && !node.is_function()) continue;
    const std::string called = node.is_function() ? "()" : "";  // a table may have its name
    const auto [relation, alone] =
        relations.try_emplace(lower(node.database + "." + node.relation.text()) + called, &node);
    if (!alone && relation->second->asset == node.asset)
      errors.push_back(duplicate(node, *relation->second,
                                 "found two resources with the database representation " + node.relation_text() + ": " +
                                     relation->second->unique_id + " and " + node.unique_id,
                                 "give one another alias or schema"));
  }
  refuse_versions_beside_none(nodes, errors);
  if (dropped.empty()) return;
  ParsedNodes kept;
  for (auto& parsed : nodes)
    if (!dropped.contains(parsed.get())) kept.push_back(std::move(parsed));
  nodes = std::move(kept);
}

}  // namespace weir::project
