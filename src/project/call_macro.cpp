// Macros called by the program: operations, and materialisations that a project or a package defines.
#include <algorithm>

#include "base/text.h"
#include "project/host.h"
#include "project/input_relation.h"
#include "project/relation.h"
#include "project/render.h"
#include "project/rendering.h"

namespace weir::project {

namespace {

const MacroEntry& macro_called(const Project& project, const std::string& name) {
  const MacroTable& macros = project.rendering->macros;
  const size_t dot = name.find('.');
  const MacroEntry* found = dot == std::string::npos ? macros.lookup(project.name, name)
                                                     : macros.find(name.substr(0, dot), name.substr(dot + 1));
  if (found) return *found;
  std::vector<std::string> names;
  for (const MacroEntry& entry : macros.all()) {
    if (entry.package == standard_package) continue;
    names.push_back(entry.package == project.name ? entry.name : entry.package + "." + entry.name);
  }
  throw Error(ErrorCode::unknown_macro, "there is no macro \"" + name + "\"" + did_you_mean(name, names));
}

struct Made {
  tmpl::Value value;
  LogLines logged;
};

Made call(const Project& project, const MacroEntry& macro, const tmpl::Arguments& arguments, const Node* node,
          const RenderState& state, const tmpl::Dict& names) {
  Rendered rendered;
  ProjectHost host(*project.rendering, RenderMode::final, node ? node->package : project.name);
  host.node = node;
  host.project = &project;
  host.state = &state;
  host.rendered = &rendered;
  host.is_hook = true;
  host.extra = &names;
  tmpl::Evaluation evaluation(project.rendering->environment, host);
  Made out;
  out.value = evaluation.call(evaluation.macro(macro.file, macro.name), arguments);
  out.logged = std::move(rendered.logged);
  return out;
}

}  // namespace

std::string macro_id(const Project& project, const std::string& name) { return macro_called(project, name).unique_id; }

Called call_macro(const Project& project, const std::string& name, const Json& arguments, const RenderState& state) {
  tmpl::Arguments named;
  for (const auto& [key, value] : arguments.as_object()) named.named.emplace_back(key, tmpl::Value(value));
  const MacroEntry& macro = macro_called(project, name);
  try {
    const Made made = call(project, macro, named, nullptr, state, {});
    return {made.value.str(), made.logged};
  } catch (Error& error) {
    error.add_context("macro " + name, macro.block->span);
    throw;
  }
}

namespace {

// As dbt finds a macro that it calls itself: the project's, that of a package, its own.
const MacroEntry* called_by_dbt(const Project& project, const std::string& name) {
  const MacroTable& macros = project.rendering->macros;
  for (const std::string& package : project.packages)
    if (const MacroEntry* own = macros.find(package, name)) return own;
  return macros.find(standard_package, name);
}

// What somebody has put in the place of one of dbt's macros: `entry` itself, or one that dbt's dispatches to. nullptr:
// nobody has.
const MacroEntry* in_place_of(const Project& project, const MacroEntry* entry) {
  if (!entry || entry->package != standard_package) return entry;
  const MacroEntry* meant = project.rendering->macros.dispatch(project.name, entry->name, standard_package, nullptr);
  return meant && meant->package != standard_package ? meant : nullptr;
}

// {"whole": is it a result, not only its table, "rows": [[…]]}
Json freshness_rows(const Project& project, const tmpl::Value& found, const std::string& label,
                    const RenderState& state) {
  constexpr const char* text =
      "{%- set whole = found is mapping -%}{%- set rows = [] -%}"
      "{%- for row in (found.table if whole else found) -%}{%- do rows.append(row.values()) -%}{%- endfor -%}"
      "{{ tojson({'whole': whole, 'rows': rows}) }}";
  tmpl::Dict names;
  names.set(tmpl::Value("found"), found);
  Rendered rendered;
  ProjectHost host(*project.rendering, RenderMode::final, project.name);
  host.project = &project;
  host.state = &state;
  host.rendered = &rendered;
  host.extra = &names;
  return Json::parse(project.rendering->environment.compile(label, text)->render(host), label);
}

}  // namespace

std::optional<CollectedFreshness> own_freshness(const Project& project, const Node& source, const std::string& field,
                                                const std::string& filter, const std::string& query,
                                                const RenderState& state) {
  CollectedFreshness out;
  out.macro = query.empty() ? "collect_freshness" : "collect_freshness_custom_sql";
  const MacroEntry* called = called_by_dbt(project, out.macro);
  const MacroEntry* own = in_place_of(project, called);
  if (!own) return std::nullopt;
  out.span = own->block->span;
  ProjectHost host(*project.rendering, RenderMode::final, project.name);
  host.project = &project;
  tmpl::Arguments arguments;
  arguments.named.emplace_back("source", input_relation(host, source));
  if (query.empty()) {
    arguments.named.emplace_back("loaded_at_field", tmpl::Value(field));
    arguments.named.emplace_back("filter", filter.empty() ? tmpl::Value() : tmpl::Value(filter));
  } else {
    arguments.named.emplace_back("loaded_at_query", tmpl::Value(query));
  }
  try {
    const Made made = call(project, *called, arguments, nullptr, state, {});
    const Json told = freshness_rows(project, made.value, out.macro + " of " + source.name, state);
    out.whole_result = told.get_bool("whole").value_or(true);
    for (const Json& row : told.at("rows").as_array())
      out.rows.emplace_back(row.as_array().begin(), row.as_array().end());
  } catch (Error& error) {
    error.add_context("macro " + out.macro, out.span);
    throw;
  }
  return out;
}

std::string own_test_sql(const Project& project, const Node& test, const std::string& rows, const RenderState& state) {
  const MacroEntry* called = project.rendering->macros.lookup(project.name, "get_test_sql");
  if (!in_place_of(project, called)) return {};
  const TestInfo& info = *test.test;
  tmpl::Arguments arguments;
  arguments.positional = {tmpl::Value(rows), tmpl::Value(info.fail_calc), tmpl::Value(info.warn_if),
                          tmpl::Value(info.error_if), tmpl::Value(info.limit ? Json(*info.limit) : Json())};
  return call(project, *called, arguments, &test, state, {}).value.str();
}

std::string find_materialization(const Project& project, const std::string& name) {
  const MacroTable& macros = project.rendering->macros;
  const bool of_adapter = name == "table" || name == "incremental",
             built_in = of_adapter || name == "view" || name == "function";
  // As in dbt, only the project itself may put its own in the place of one that is built in.
  const bool of_packages =
      !built_in || !project.rendering->flag("require_explicit_package_overrides_for_builtin_materializations", true);
  for (const char* adapter : {"_duckdb", "_default"}) {
    if (of_adapter && adapter == std::string_view("_default"))
      continue;  // dbt-duckdb has one of its own, which is nearer
    if (const MacroEntry* own = macros.find(project.name, "materialization_" + name + adapter)) return own->unique_id;
    if (!of_packages) continue;
    for (const std::string& package : project.packages)
      if (const MacroEntry* found = macros.find(package, "materialization_" + name + adapter)) return found->unique_id;
  }
  return {};
}

namespace {

void check_language(const Node& node, const MacroEntry& macro) {
  std::vector<std::string> languages = macro.block->supported_languages;
  if (languages.empty()) languages = {"sql"};
  if (std::find(languages.begin(), languages.end(), node.python ? "python" : "sql") != languages.end()) return;
  throw Error(ErrorCode::not_built, "the materialization " + node.config->materialized + " only supports languages " +
                                        join(languages, ", ") + ", and " + node.name + " is " +
                                        (node.python ? "Python" : "SQL"))
      .with_span(node.span)
      .with_hint("{% materialization NAME, adapter='duckdb', supported_languages=['sql', 'python'] %}");
}

// As dbt asks of it: {'relations': [this]}.
void check_materialized(const tmpl::Value& returned, const MacroEntry& macro, const std::string& name) {
  const tmpl::Value* relations = returned.is_dict() ? returned.as_dict().find(tmpl::Value("relations")) : nullptr;
  const auto is_relation = [](const tmpl::Value& value) { return value.as<Relation>() != nullptr; };
  if (relations && relations->is_list() &&
      std::all_of(relations->items().begin(), relations->items().end(), is_relation))
    return;
  throw Error(ErrorCode::not_built, "the materialization " + name + " returned no list of relations")
      .with_span(macro.block->span)
      .with_hint("{{ return({'relations': [this]}) }} at its end");
}

}  // namespace

std::string function_materialization(const Project& project, const Node& node) {
  const std::string& name = node.config->materialized;
  if (std::string own = find_materialization(project, name); !own.empty()) return own;
  if (const MacroEntry* standard =
          project.rendering->macros.find(standard_package, "materialization_" + name + "_default"))
    return standard->unique_id;
  throw Error(ErrorCode::not_built, "there is no materialization \"" + name + "\"")
      .with_span(node.span)
      .with_hint("a function is of the materialization function");
}

namespace {

std::string found_by_dispatch(const Project& project, const Node& node, const std::string& name) {
  std::vector<std::string> tried;
  const MacroEntry* entry = project.rendering->macros.dispatch(node.package, name, standard_package, &tried);
  return entry ? entry->unique_id : std::string();
}

}  // namespace

std::string function_macro(const Project& project, const Node& node) {
  const std::string type = node.config->all.get_string("type").value_or("scalar");
  return found_by_dispatch(project, node, type + "_function_" + (node.python ? "python" : "sql"));
}

std::vector<std::string> function_macros(const Project& project, const Node& node) {
  const MacroTable& macros = project.rendering->macros;
  std::vector<std::string> out;
  for (const char* adapter : {"_duckdb", "_default"})
    for (const std::string& package : project.packages)
      if (const MacroEntry* own = macros.find(package, "materialization_" + node.config->materialized + adapter))
        out.push_back(own->unique_id);
  for (std::string id : {function_macro(project, node), found_by_dispatch(project, node, "function_execute_build_sql")})
    if (!id.empty()) out.push_back(std::move(id));
  return out;
}

namespace {

Made call_for_function(const Project& project, const MacroEntry& macro, const Node& node, const RenderState& state,
                       const tmpl::Dict& names) {
  try {
    return call(project, macro, {}, &node, state, names);
  } catch (Error& error) {
    if (error.code() == ErrorCode::unknown_macro && error.hint().empty())
      error.with_hint(
          "scalar and aggregate functions in SQL are made; a macro of the project with that name and duckdb__ in front "
          "may make another");
    if (error.code() == ErrorCode::sql_binder && error.message().starts_with("Conflicting column names"))
      error.with_hint(
          "an argument and a column have this name: rename the argument, or write the table before the column");
    // A place in dbt's own macros says nothing to who wrote the function.
    if (!error.span() || !error.span()->known() || error.span()->file.starts_with("dbt/")) error.with_span(node.span);
    throw;
  }
}

}  // namespace

Called run_materialization(const Project& project, const Node& node, const std::string& macro, const std::string& sql,
                           const RenderState& state) {
  const MacroEntry* entry = project.rendering->macros.by_id(macro);
  require(entry != nullptr, "a materialisation that was found is there");
  check_language(node, *entry);
  tmpl::Dict names;
  names.set(tmpl::Value("sql"), tmpl::Value(sql));
  names.set(tmpl::Value("compiled_code"), tmpl::Value(sql));
  const Made made = node.is_function() ? call_for_function(project, *entry, node, state, names)
                                       : call(project, *entry, {}, &node, state, names);
  check_materialized(made.value, *entry, node.config->materialized);
  return {made.value.str(), made.logged};
}

std::string find_incremental_macro(const Project& project, const Node& node, const std::string& strategy) {
  const std::string name = "get_incremental_" + replace_all(strategy, "+", "_") + "_sql";
  const MacroEntry* found = project.rendering->macros.lookup(node.package, name);
  return found && found->package != standard_package ? name : std::string();
}

Rendered render_incremental(const Project& project, const Node& node, const std::string& macro, const std::string& rows,
                            const RenderState& state) {
  const std::string call =
      "{{ " + macro +
      "({'target_relation': load_relation(this), "
      "'temp_relation': api.Relation.create(database='temp', schema='main', identifier='" +
      replace_all(replace_all(rows, "\\", "\\\\"), "'", "\\'") +
      "'), 'unique_key': config.get('unique_key'), "
      "'dest_columns': adapter.get_columns_in_relation(this), "
      "'incremental_predicates': config.get('predicates') or config.get('incremental_predicates')}) }}";
  return render_text(project, &node, call, macro + " for " + node.name, state);
}

Json snapshot_strategy(const Project& project, const Node& node, const RenderState& state) {
  const std::string strategy = node.config->all.get_string("strategy").value_or("");
  if (strategy == "timestamp" || strategy == "check") return {};
  const size_t dot = strategy.find('.');
  const std::string name = "snapshot_" + strategy.substr(dot == std::string::npos ? 0 : dot + 1) + "_strategy";
  const MacroTable& macros = project.rendering->macros;
  const MacroEntry* found =
      dot == std::string::npos ? macros.lookup(node.package, name) : macros.find(strategy.substr(0, dot), name);
  if (!found) return {};
  const std::string call = "{{ tojson(" + found->package + "." + name + "(model, 'old', 'rows', model.config, " +
                           (state.table_exists ? "true" : "false") + ")) }}";
  return Json::parse(render_text(project, &node, call, name + " for " + node.name, state).sql, name);
}

}  // namespace weir::project
