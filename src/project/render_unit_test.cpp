// A unit test's queries: the model rendered over the rows that are given.
#include <algorithm>
#include <set>

#include "base/text.h"
#include "project/cte.h"
#include "project/host.h"
#include "project/render.h"
#include "project/rendering.h"
#include "project/unit_tests.h"

namespace weir::project {

namespace {

Warehouse& asked(const RenderState& state, const Node& test) {
  if (state.warehouse) return *state.warehouse;
  throw Error(ErrorCode::needs_warehouse, "unit test " + test.name + " asks the target for its inputs' columns")
      .with_span(test.span);
}

class UnitTestRenderer {
 public:
  UnitTestRenderer(const Project& project, const Node& test, const RenderState& state)
      : project_(project), test_(test), unit_(*test.unit), warehouse_(asked(state, test)), state_(state) {
    require(test.depends_on.size() == 1, "a unit test depends on its model");
    model_ = &project.at(test.depends_on.front());
    state_.table_exists = false;  // is_incremental() is what the test says
  }

  UnitTestSql render() {
    for (const UnitTestInput& given : unit_.given) add(given);
    override_macros();
    inputs_.vars = &unit_.vars;
    inputs_.env_vars = &unit_.env_vars;
    const Rendered rendered = render_over(project_, *model_, state_, inputs_);
    UnitTestSql out;
    out.actual = rendered.sql;
    out.logged = rendered.logged;
    expect(out);
    return out;
  }

 private:
  // A macro of dbt's own goes by two names, "type_int" and "dbt.type_int": what stands for one stands for the other. If
  // both are given, the short one holds for both.
  void override_macros() {
    static const std::set<std::string> no_functions = {"invocation_id", "run_started_at", "dbt_version", "execute"};
    const auto set = [&](const std::string& name, const Json& value) {
      const auto give = [value](auto&, auto&) { return tmpl::Value(value); };
      inputs_.names.set(tmpl::Value(name),
                        no_functions.contains(name) ? tmpl::Value(value) : tmpl::Value::function(name, give));
    };
    const std::string package = std::string(standard_package) + ".";
    for (const auto& [name, value] : unit_.macros.as_object()) {
      set(name, value);
      if (name.starts_with(package)) set(name.substr(package.size()), value);
    }
    for (const auto& [name, value] : unit_.macros.as_object()) {
      if (name.find('.') != std::string::npos) continue;
      set(name, value);
      if (project_.rendering->macros.find(standard_package, name)) set(package + name, value);
    }
  }

  // The node that "ref('x')" or "source('a', 'b')" means to the model; nullptr for `this`.
  const Node* node_of(const std::string& input) const {
    if (input == "this") return nullptr;
    Capture capture;
    ProjectHost host(*project_.rendering, RenderMode::parse, model_->package);
    host.capture = &capture;
    project_.rendering->environment.compile(test_.span.file, "{{ " + input + " }}", test_.span.line)->render(host);
    for (const std::string& id : model_->depends_on) {
      const Node& node = project_.at(id);
      for (const RefCall& call : capture.refs)
        if (node.type != ResourceType::source && node.name == call.ref.name &&
            (call.ref.package.empty() || call.ref.package == node.package) &&
            (call.ref.version ? node.version == *call.ref.version : node.version == node.latest_version))
          return &node;
      for (const SourceCall& call : capture.sources)
        if (node.type == ResourceType::source && node.source_name == call.source && node.name == call.table)
          return &node;
    }
    const std::string why = is_there(capture) ? model_->name + " does not read" : "was not found in the manifest";
    throw Error(ErrorCode::unknown_ref, "unit test " + test_.name + " gives rows for " + input + ", which " + why)
        .with_span(test_.span);
  }

  bool is_there(const Capture& capture) const {
    const auto meant = [&](const Node& node) {
      const bool source = node.type == ResourceType::source;
      for (const RefCall& call : capture.refs)
        if (!source && !node.is_test() && node.name == call.ref.name) return true;
      for (const SourceCall& call : capture.sources)
        if (source && node.source_name == call.source && node.name == call.table) return true;
      return false;
    };
    return std::any_of(project_.nodes.begin(), project_.nodes.end(), meant);
  }

  std::vector<RelationColumn> columns_of(const Node& node) {
    if (node.is_ephemeral()) {
      RenderState quiet = state_;
      quiet.heard = nullptr;  // only its columns are wanted
      return warehouse_.columns_of_query(project::render(project_, node, quiet).sql);
    }
    if (!node.external.empty()) return warehouse_.columns_of_query("select * from " + node.external);
    std::vector<RelationColumn> found = warehouse_.columns({node.database, node.schema, node.alias});
    if (const auto& other = node.defer_relation; found.empty() && other)
      found = warehouse_.columns({other->database, other->schema, other->alias});
    if (found.empty())
      throw Error(ErrorCode::sql_unknown_table,
                  "unit test " + test_.name + " needs the columns of " + node.relation_text() + ", which is not there")
          .with_span(test_.span)
          .with_hint("build it first; no rows are needed: a unit test reads its columns only");
    return found;
  }

  void add(const UnitTestInput& given) {
    const Node* node = node_of(given.input);
    const std::string query = given.rows.format == "sql"
                                  ? std::string(without_terminator(given.rows.sql))
                                  : rows_query(given.rows, columns_of(node ? *node : *model_), test_);
    if (node) {
      inputs_.queries[node->unique_id] = query;
    } else {
      inputs_.this_cte = cte_name(*model_);
      inputs_.this_query = query;
    }
  }

  void expect(UnitTestSql& out) {
    const std::vector<RelationColumn> actual = warehouse_.columns_of_query(out.actual);
    if (unit_.expect.format == "sql") {
      out.expected = without_terminator(unit_.expect.sql);
      for (const RelationColumn& column : warehouse_.columns_of_query(out.expected)) out.columns.push_back(column.name);
      return;
    }
    std::vector<std::string> named = unit_.expect.columns;
    if (named.empty() && unit_.expect.rows.size() > 0)
      for (const auto& [key, value] : unit_.expect.rows.as_array().front().as_object()) named.push_back(key);
    if (named.empty())
      for (const RelationColumn& column : actual) named.push_back(column.name);
    std::vector<RelationColumn> wanted;
    std::vector<std::string> names;
    names.reserve(actual.size());
    for (const RelationColumn& column : actual) names.push_back(column.name);
    for (const std::string& name : named) {
      const auto same = [&](const RelationColumn& column) { return iequals(column.name, name); };
      const auto found = std::find_if(actual.begin(), actual.end(), same);
      if (found == actual.end())
        throw Error(ErrorCode::bad_schema_yaml, "unit test " + test_.name + " expects column \"" + name + "\", which " +
                                                    model_->name + " does not have" + did_you_mean(name, names))
            .with_span(test_.span);
      wanted.push_back(*found);
      out.columns.push_back(found->name);
    }
    out.expected = rows_query(unit_.expect, wanted, test_);
  }

  const Project& project_;
  const Node& test_;
  const UnitTest& unit_;
  Warehouse& warehouse_;
  RenderState state_;
  const Node* model_ = nullptr;
  UnitInputs inputs_;
};

}  // namespace

UnitTestSql render_unit_test(const Project& project, const Node& test, const RenderState& state) {
  require(test.unit.has_value(), "only unit tests are rendered as such");
  return UnitTestRenderer(project, test, state).render();
}

}  // namespace weir::project
