// Where a node is built: its database, schema and alias, by the macros that name them.
#include "base/text.h"
#include "project/node_parser.h"
#include "project/node_values.h"

namespace weir::project {

namespace {

// Of a node that something is built for. What lies outside of the target's own database is an asset of another name.
void settle_relation(Node& node, const std::string& own_database) {
  for (const auto& [part, text] :
       {std::pair("schema", &node.schema), std::pair("alias", &node.alias), std::pair("database", &node.database)})
    if (text->empty())
      throw Error(ErrorCode::bad_config, node.unique_id + " has no " + (text == &node.alias ? "name" : part))
          .with_span(node.span)
          .with_hint(std::string("see what generate_") + part + "_name returns for it");
  node.relation = {node.schema, node.alias};
  const bool elsewhere = !iequals(node.database, own_database);
  const std::string asset = (elsewhere ? node.database + "." : std::string()) + node.schema + "." + node.alias;
  node.asset = node.asset_config.asset.empty() ? lower(asset) : node.asset_config.asset;
  // A function may have a table's name: it is found where something is called, a table where something is read.
  if (node.is_function()) node.asset = lower(asset) + "()";
}

}  // namespace

// As in dbt a package's own macro names its nodes; of a package without one they are named as the project's are.
std::string NodeParser::naming_macro(const std::string& macro, ParsedNode& parsed,
                                     const std::optional<std::string>& custom, std::string otherwise) const {
  const Node& node = parsed.node;
  const std::string& root = rendering_.macros.root_package();
  const MacroEntry* entry = rendering_.macros.find(node.package, macro);
  bool overridden = entry != nullptr;
  for (const char* prefix : {"", "weir__", "duckdb__", "default__"})
    overridden = overridden || rendering_.macros.find(root, prefix + macro) != nullptr;
  if (!overridden) return otherwise;
  const std::string& asked = entry ? node.package : root;
  if (!entry) entry = rendering_.macros.lookup(root, macro);
  Capture capture;
  ProjectHost host(rendering_, RenderMode::parse, asked);
  host.needs_vars = true;
  host.node = &node;
  host.capture = &capture;
  tmpl::Evaluation evaluation(rendering_.environment, host);
  tmpl::Arguments arguments;
  arguments.positional = {custom ? tmpl::Value(*custom) : tmpl::Value(), node_value(node)};
  try {
    std::string name(trim(evaluation.call(evaluation.macro(entry->file, entry->name), arguments).str()));
    parsed.of_this_call = parsed.of_this_call || capture.looks_at_the_call();
    return name;
  } catch (Error& error) {
    error.add_context("macro " + macro + " for " + node.unique_id, node.span);
    throw;
  }
}

void NodeParser::make_names(ParsedNode& parsed) const {
  Node& node = parsed.node;
  const std::string& base = rendering_.target.schema;
  if (node.type == ResourceType::source) {
    node.relation = {node.schema, node.alias};
    node.asset = node.asset_config.asset.empty() ? lower(node.schema + "." + node.alias) : node.asset_config.asset;
    return;
  }
  if (node.type == ResourceType::unit_test) {
    node.schema = base;
    node.alias = node.name;
    return;
  }
  const bool in_database = rendering_.target.kind == TargetKind::database;  // the lake is one
  if (in_database)
    node.database = naming_macro("generate_database_name", parsed, node.config->database,
                                 node.config->database.value_or(rendering_.target.database));
  if (node.type == ResourceType::test) {
    node.schema = base + "_" + node.config->schema.value_or("dbt_test__audit");
    node.alias = node.config->alias.value_or(node.name);
    return;
  }
  std::string own_name = node.name;
  if (!node.version.empty()) own_name += "_v" + replace_all(node.version, ".", "_");
  node.alias = node.config->alias.value_or(own_name);
  node.schema = node.config->schema ? base + "_" + *node.config->schema : base;
  node.alias = naming_macro("generate_alias_name", parsed, node.config->alias, node.alias);
  node.schema = naming_macro("generate_schema_name", parsed, node.config->schema, node.schema);
  if (node.type == ResourceType::snapshot) {
    if (const auto schema = node.config->all.get_string("target_schema")) node.schema = *schema;
    if (const auto database = node.config->all.get_string("target_database"); database && in_database)
      node.database = *database;
  }
  if (node.type == ResourceType::analysis || node.is_ephemeral()) return;
  settle_relation(node, rendering_.target.database);
}

}  // namespace weir::project
