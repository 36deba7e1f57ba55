#include "cli/assessment.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

#include "base/file.h"
#include "base/text.h"
#include "base/yaml.h"
#include "checks/check_sql.h"
#include "checks/project_checks.h"
#include "cli/dialects.h"
#include "cli/node_places.h"
#include "cli/parsed_sql.h"
#include "cli/placeholder_warehouse.h"
#include "project/early_look.h"
#include "project/render.h"
#include "project/rendering.h"
#include "run/incremental.h"

namespace weir::cli {

namespace {

using project::Node;
using project::ResourceType;

// Of a file whose node could not be made: by where such files lie.
std::string kind_of_file(const std::string& file) {
  if (file.ends_with(".yml") || file.ends_with(".yaml")) return "project";
  if (file.ends_with(".csv")) return "seed";
  const std::filesystem::path path(file);
  for (const auto& part : path.parent_path()) {
    if (part == "macros") return "macro";
    if (part == "snapshots") return "snapshot";
    if (part == "tests") return "test";
    if (part == "analyses" || part == "analysis") return "analysis";
  }
  return "model";
}

std::string name_of(const Node& node) {
  return node.type == ResourceType::source ? node.source_name + "." + node.name : node.name;
}

class Assessor {
 public:
  Assessor(const std::string& root, const project::LoadFlags& flags, const project::Loaded& loaded,
           engine::Session& session)
      : root_(root), flags_(flags), loaded_(loaded), parser_(session) {}

  Assessment run() {
    if (loaded_.project) {
      out_.project = loaded_.project->name;
      list_nodes();
    }
    look_at_profile();
    take_errors();
    if (loaded_.project) {
      PlaceholderWarehouse warehouse(*loaded_.project);
      warehouse_ = &warehouse;
      missing_packages();
      for (const Node& node : loaded_.project->nodes)
        if (node.type != ResourceType::source || !node.unsupported.empty()) look_at(node);
      look_at_hooks("on-run-start", loaded_.project->on_run_start, nullptr, item("project", out_.project, ""));
      look_at_hooks("on-run-end", loaded_.project->on_run_end, nullptr, item("project", out_.project, ""));
      look_at_macros();
      tell_inherited_configs();
    }
    for (auto& [key, assessed] : items_) out_.items.push_back(std::move(assessed));
    return std::move(out_);
  }

 private:
  using Key = std::pair<std::string, std::pair<std::string, std::string>>;  // file, kind, name

  Assessed& item(const std::string& kind, const std::string& name, const std::string& file) {
    Assessed& found = items_[{file, {kind, name}}];
    found.kind = kind;
    found.name = name;
    found.file = file;
    return found;
  }

  Assessed& item(const Node& node) {
    return item(std::string(project::resource_type_text(node.type)), name_of(node), place_of(node).file);
  }

  void list_nodes() {
    for (const Node& node : loaded_.project->nodes)
      if (node.type != ResourceType::source) item(node);
    for (const project::Macro& macro : loaded_.project->macros)
      if (macro.package == loaded_.project->name) item("macro", macro.name, macro.file);
  }

  // ---- what the files say by themselves

  void look_at_profile() {
    try {
      const auto path = project::find_profiles(root_, flags_);
      const auto project_text = read_file_if_exists(std::filesystem::path(root_) / "dbt_project.yml");
      if (!path || !project_text) return;
      const Yaml project_yaml = Yaml::parse(*project_text, "dbt_project.yml"),
                 all = Yaml::parse(read_file(*path), *path);
      const Yaml* name = project_yaml.find("profile");
      const Yaml* profile = name ? all.find(name->text) : nullptr;
      const Yaml* outputs = profile ? profile->find("outputs") : nullptr;
      if (!outputs) return;
      const Yaml* target = profile->find("target");
      const Yaml* output = target ? outputs->find(target->text) : nullptr;
      if (!output && !outputs->members.empty()) output = &outputs->members.front().value;
      const Yaml* type = output ? output->find("type") : nullptr;
      if (type) out_.adapter = type->text;
      if (target && outputs->find(target->text)) out_.target = target->text;
    } catch (const Error&) {
      return;  // a profile that cannot be read is none: the lake needs none
    }
  }

  void take_errors() {
    std::set<std::string> broken;  // names of nodes that could not be made
    for (const Error& error : loaded_.errors)
      if (error.span() && !node_of_file(error.span()->file))
        broken.insert(std::filesystem::path(error.span()->file).stem().string());
    for (const Error& error : loaded_.errors) {
      Finding finding = finding_of(error, Verdict::blocked);
      if (error.code() == ErrorCode::unknown_ref)
        for (const std::string& name : broken)
          if (error.message().find("named '" + name + "'") != std::string::npos) {
            finding.message = "reads " + name + ", which cannot be read itself";
            finding.remedy = "mend that first";
            finding.code = "follows";
          }
      // A macro that is met by many is told once.
      auto& findings = owner_of(error).findings;
      const bool told = std::any_of(findings.begin(), findings.end(), [&](const Finding& other) {
        return other.message == finding.message && other.span.line == finding.span.line &&
               other.span.column == finding.span.column;
      });
      if (!told) findings.push_back(std::move(finding));
    }
  }

  static Finding finding_of(const Error& error, Verdict verdict) {
    Finding finding{verdict, std::string(info(error.code()).slug), error.message(), error.hint(), {}};
    if (error.span()) finding.span = *error.span();
    return finding;
  }

  const Node* node_of_file(const std::string& file) const {
    if (!loaded_.project) return nullptr;
    for (const Node& node : loaded_.project->nodes)
      if (node.type != ResourceType::source && node.span.file == file && !node.file.ends_with(".yml")) return &node;
    return nullptr;
  }

  // A mistake belongs to the node that it was found at, or to what its file would be.
  Assessed& owner_of(const Error& error) {
    if (loaded_.project)
      for (const auto& context : error.contexts())
        if (const Node* node = loaded_.project->find(context.what)) return item(*node);
    const std::string file = error.span() ? error.span()->file : "";
    if (const Node* node = node_of_file(file)) return item(*node);
    for (const auto& context : error.contexts())
      if (context.what.starts_with("test of ")) return item("test", context.what, file);
    const std::string kind = file.empty() ? "project" : kind_of_file(file);
    return item(kind,
                kind == "project" ? file.empty() ? out_.project : file : std::filesystem::path(file).stem().string(),
                file);
  }

  void missing_packages() {
    const auto& there = loaded_.project->packages;
    for (const std::string& name : loaded_.project->rendering->declared_packages)
      if (std::find(there.begin(), there.end(), name) == there.end())
        item("project", out_.project, "")
            .findings.push_back(
                {Verdict::blocked, "package", "package " + name + " is not installed", "weir deps fetches it", {}});
  }

  // ---- one node

  void look_at(const Node& node) {
    Assessed& assessed = item(node);
    const bool had_errors = assessed.verdict() == Verdict::blocked;
    if (!node.unsupported.empty())
      add(assessed, {Verdict::blocked, "unsupported", "not supported here: " + node.unsupported, "", place_of(node)});
    look_at_config(node, assessed);
    if (had_errors || !node.unsupported.empty() || node.unit || node.type == ResourceType::seed) return;
    if (!node.is_function())
      look_at_sql(node, assessed);
    else if (project::function_macro(*loaded_.project, node).empty())
      add(assessed, {Verdict::blocked, "function", "functions of this type and language are not made here",
                     "write it as a scalar or aggregate function in SQL", place_of(node)});
    look_at_hooks("pre-hook", node.config->pre_hook, &node, assessed);
    look_at_hooks("post-hook", node.config->post_hook, &node, assessed);
  }

  static void add(Assessed& assessed, Finding finding) { assessed.findings.push_back(std::move(finding)); }

  void look_at_config(const Node& node, Assessed& assessed) {
    if (node.type == ResourceType::test || node.type == ResourceType::unit_test) return;
    for (const auto& [key, value] : node.config->all.as_object()) {
      if (value.is_null()) continue;
      const ForeignConfig foreign = foreign_config(key);
      if (foreign.adapter.empty()) continue;
      const Span place = place_of_key(node, key);
      if (place.line == 0)
        inherited_configs_[key]++;
      else
        add(assessed, foreign_finding(key, foreign, "", place));
    }
    if (const Json* partition = node.config->all.find("partition_by"); partition && partition->is_object())
      add(assessed,
          {Verdict::noted, "config", "partition_by as BigQuery writes it is ignored",
           "here: partition_by: [" + partition->get_string("field").value_or("column") + "], columns with few values",
           place_of_key(node, "partition_by")});
    look_at_strategy(node, assessed);
  }

  static Finding foreign_finding(const std::string& key, const ForeignConfig& foreign, const std::string& where,
                                 Span place) {
    return {Verdict::noted, "config", "config " + key + " is of " + foreign.adapter + " and is ignored" + where,
            foreign.instead.empty() ? "" : "here: " + foreign.instead, std::move(place)};
  }

  // What dbt_project.yml or other YAML says of many nodes is told once.
  void tell_inherited_configs() {
    for (const auto& [key, count] : inherited_configs_)
      add(item("project", out_.project, ""),
          foreign_finding(key, foreign_config(key), " (" + std::to_string(count) + (count == 1 ? " node)" : " nodes)"),
                          {}));
  }

  // A macro of the project comes before what is built in, as in the build.
  void look_at_strategy(const Node& node, Assessed& assessed) const {
    if (node.config->materialized != "incremental" || !node.config->incremental_strategy) return;
    const std::string& strategy = *node.config->incremental_strategy;
    if (!project::find_incremental_macro(*loaded_.project, node, strategy).empty()) return;
    const auto& known = run::lake_strategies();
    if (std::find(known.begin(), known.end(), strategy) == known.end())
      add(assessed, {Verdict::blocked, "strategy", "incremental_strategy \"" + strategy + "\" is not supported",
                     join({known.begin(), known.end() - 1}, ", ") + " and " + known.back() +
                         " are, or write a macro get_incremental_" + replace_all(strategy, "+", "_") + "_sql",
                     place_of_key(node, strategy)});
    else if (strategy == "insert_overwrite" && node.config->partition_by.empty())
      add(assessed,
          {Verdict::blocked, "strategy", "insert_overwrite needs partition_by with columns",
           "name the columns as a list, or use merge with a unique_key", place_of_key(node, "insert_overwrite")});
  }

  project::RenderState state() const {
    project::RenderState state;
    state.warehouse = warehouse_;
    return state;
  }

  void look_at_sql(const Node& node, Assessed& assessed) {
    warehouse_->take_asked();
    std::vector<bool> ways{false};
    // The SQL that adds to the table is another one.
    if (node.type == ResourceType::model && node.config->materialized == "incremental") ways.push_back(true);
    for (const bool table_exists : ways) {
      project::Rendered rendered;
      try {
        project::RenderState state = this->state();
        state.table_exists = table_exists;
        if (node.is_test())
          rendered.sql = checks::failing_rows_sql(checks::check_of(*loaded_.project, node, node.asset, state));
        else
          rendered = project::render(*loaded_.project, node, state);
      } catch (const Error& error) {
        // What is met at run time only is met by way of the graph, which is not whole here.
        const bool asked = warehouse_->take_asked() || error.code() == ErrorCode::undeclared_dependency;
        Finding finding = finding_of(error, asked ? Verdict::unsure : Verdict::blocked);
        if (asked) finding.message = "what it compiles to depends on what tables hold: " + finding.message;
        if (!finding.span.known()) finding.span = place_of(node);
        return add(assessed, std::move(finding));
      }
      const bool asked = warehouse_->take_asked();
      for (const SqlProblem& problem : parser_.problems(rendered.sql))
        add_problem(assessed, problem, rendered, node, asked);
      if (table_exists) look_at_own_strategy(node, assessed);
    }
  }

  // The statements of a macro by which the project adds rows in a way of its own.
  void look_at_own_strategy(const Node& node, Assessed& assessed) {
    const std::string strategy = node.config->incremental_strategy.value_or(run::default_lake_strategy(node));
    const std::string macro = project::find_incremental_macro(*loaded_.project, node, strategy);
    if (macro.empty()) return;
    try {
      project::RenderState state = this->state();
      state.table_exists = true;
      const project::Rendered rendered =
          project::render_incremental(*loaded_.project, node, macro, run::lake_rows_table, state);
      const bool asked = warehouse_->take_asked();
      for (const SqlProblem& problem : parser_.problems(rendered.sql)) {
        Finding finding = described(problem);
        if (asked && problem.kind == SqlProblem::Kind::syntax) finding = unsure(std::move(finding));
        finding.message = macro + ": " + finding.message;
        finding.span = place_of_key(node, strategy);
        add(assessed, std::move(finding));
      }
    } catch (const Error& error) {
      Finding finding = finding_of(error, warehouse_->take_asked() ? Verdict::unsure : Verdict::blocked);
      finding.message = macro + ": " + finding.message;
      if (!finding.span.known()) finding.span = place_of_key(node, strategy);
      add(assessed, std::move(finding));
    }
  }

  void add_problem(Assessed& assessed, const SqlProblem& problem, const project::Rendered& rendered, const Node& node,
                   bool asked) {
    const auto [line, column] = line_and_column(rendered.sql, problem.offset);
    Span span;
    if (!rendered.file.empty()) span = rendered.origin(line, column);
    if (span.line == 0 && problem.kind != SqlProblem::Kind::syntax) span = place_of_word(node, problem.name);
    Finding finding = described(problem);
    if (span.line == 0) {
      const std::string text(trim(line_at(rendered.sql, line)));
      if (!text.empty()) finding.message += ", in the compiled line: " + shortened(text);
      span = place_of(node);
    }
    finding.span = span;
    // Other rows would have made other SQL.
    if (asked && problem.kind == SqlProblem::Kind::syntax) finding = unsure(std::move(finding));
    const bool told = std::any_of(assessed.findings.begin(), assessed.findings.end(), [&](const Finding& other) {
      return other.message == finding.message && other.span.line == finding.span.line;
    });
    if (!told) add(assessed, std::move(finding));
  }

  static Finding unsure(Finding finding) {
    finding.verdict = Verdict::unsure;
    finding.message = "what it compiles to depends on what tables hold; with placeholders: " + finding.message;
    return finding;
  }

  static Finding described(const SqlProblem& problem) {
    switch (problem.kind) {
      case SqlProblem::Kind::syntax:
        return {Verdict::blocked, "syntax", "DuckDB cannot parse it: " + problem.message, "", {}};
      case SqlProblem::Kind::function: {
        const std::string instead = remedy_for_function(problem.name);
        return {
            Verdict::blocked,
            "function",
            "DuckDB has no function " + problem.name,
            instead.empty() ? "define it as a macro of SQL in on-run-start, or rewrite the call" : "here: " + instead,
            {}};
      }
      case SqlProblem::Kind::type: {
        const std::string instead = remedy_for_type(problem.name);
        return {Verdict::blocked,
                "type",
                "DuckDB has no type " + problem.name,
                instead.empty() ? "" : "here: " + instead,
                {}};
      }
      case SqlProblem::Kind::date_part:
        break;
    }
    return {Verdict::blocked,
            "date-part",
            problem.name + "() takes the part of a date in quotes; " + problem.message + " is a column here",
            "here: " + problem.name + "('" + lower(problem.message) + "', …)",
            {}};
  }

  template <class Hooks>
  void look_at_hooks(const char* label, const Hooks& hooks, const Node* node, Assessed& assessed) {
    for (const project::Hook& hook : hooks) {
      try {
        const project::Rendered rendered =
            project::render_text(*loaded_.project, node, hook.sql, std::string(label), state());
        if (trim(rendered.sql).empty()) continue;
        for (const SqlProblem& problem : parser_.problems(rendered.sql)) {
          Finding finding = described(problem);
          finding.code = "hook";
          finding.message = std::string(label) + ": " + finding.message;
          if (node) finding.span = place_of(*node);
          finding.remedy = finding.remedy.empty() ? "leave it out where target.type is 'duckdb': " +
                                                        std::string(trim(rendered.sql)).substr(0, 80)
                                                  : finding.remedy;
          add(assessed, std::move(finding));
        }
      } catch (const Error& error) {
        const bool asked = warehouse_->take_asked();
        Finding finding = finding_of(error, asked ? Verdict::unsure : Verdict::blocked);
        finding.message = std::string(label) + ": " + finding.message;
        if (!finding.span.known() && node) finding.span = place_of(*node);
        add(assessed, std::move(finding));
      }
    }
  }

  // ---- macros

  // Variants for adapters: weir dispatches to weir__, duckdb__ and default__.
  void look_at_macros() {
    std::set<std::string> names;
    for (const project::Macro& macro : loaded_.project->macros)
      if (macro.package == loaded_.project->name) names.insert(macro.name);
    for (const project::Macro& macro : loaded_.project->macros) {
      if (macro.package != loaded_.project->name) continue;
      for (const char* adapter : {"snowflake", "bigquery", "redshift", "postgres", "databricks", "spark"}) {
        const std::string prefix = std::string(adapter) + "__";
        if (!macro.name.starts_with(prefix)) continue;
        const std::string base = macro.name.substr(prefix.size());
        const bool other = names.contains("duckdb__" + base) || names.contains("default__" + base);
        // Overrides of dbt's own macros have dbt's own for DuckDB beside them.
        const bool of_dbt = !names.contains(base);
        Span span;
        span.file = macro.file;
        span.line = macro.line;
        if (!other && !of_dbt)
          add(item("macro", macro.name, macro.file),
              {Verdict::blocked, "dispatch", base + " has a variant for " + adapter + " and none for DuckDB",
               "add default__" + base + " or duckdb__" + base, span});
        else
          add(item("macro", macro.name, macro.file),
              {Verdict::noted, "dispatch", "is for " + std::string(adapter) + " and is not called here", "", span});
      }
    }
  }

  const std::string& root_;
  const project::LoadFlags& flags_;
  const project::Loaded& loaded_;
  SqlParser parser_;
  PlaceholderWarehouse* warehouse_ = nullptr;
  Assessment out_;
  std::map<Key, Assessed> items_;
  std::map<std::string, int> inherited_configs_;  // key -> nodes that have it from YAML
};

}  // namespace

Assessment assess(const std::string& root, const project::LoadFlags& flags, const project::Loaded& loaded,
                  engine::Session& session) {
  return Assessor(root, flags, loaded, session).run();
}

}  // namespace weir::cli
