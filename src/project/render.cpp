#include "project/render.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"
#include "project/cte.h"
#include "project/generic_tests.h"
#include "project/host.h"
#include "project/input_relation.h"
#include "project/line_map.h"
#include "project/python_model.h"
#include "project/relation.h"
#include "project/rendering.h"
#include "project/unit_tests.h"

namespace weir::project {

namespace {

constexpr std::string_view blanks = " \t\r\n\f\v";

// How many blanks stand in front of what a node's template writes because its file begins with them: dbt takes files
// without. Where the first tag has a `-` they are gone already; the block of a snapshot is taken as it stands.
size_t blanks_of_file(const Node& node, std::string_view written) {
  const std::string_view raw = node.raw;
  const size_t begin = std::min(raw.find_first_not_of(blanks), raw.size());
  const std::string_view first = raw.substr(begin, 3);
  if (node.type == ResourceType::snapshot || first == "{{-" || first == "{%-" || first == "{#-") return 0;
  size_t most = 0;  // a line's end is one character, however it is written
  for (size_t i = 0; i < begin; i++) most += raw[i] == '\r' && raw.substr(i + 1, 1) == "\n" ? 0 : 1;
  return std::min({most, written.find_first_not_of(blanks), written.size()});
}

// Where the first line begins that is not blank.
size_t first_line_of(std::string_view text) {
  const size_t begin = std::min(text.find_first_not_of(blanks), text.size());
  const size_t line = begin == 0 ? std::string_view::npos : text.rfind('\n', begin - 1);
  return line == std::string_view::npos ? 0 : line + 1;
}

class Renderer {
 public:
  Renderer(const Project& project, const RenderState& state, Rendered& out, const UnitInputs* unit = nullptr)
      : project_(project), state_(state), out_(out), unit_(unit) {}

  ProjectHost host(const Node* node, Rendered& into) const {
    ProjectHost made(*project_.rendering, RenderMode::final, node ? node->package : project_.name);
    made.node = node;
    made.project = &project_;
    made.state = &state_;
    made.rendered = &into;
    made.unit = unit_;
    if (unit_) made.extra = &unit_->names;
    return made;
  }

  // The node's own query. Ephemeral models it uses are noted in `into.ctes`.
  std::string query(const Node& node, Rendered& into) const {
    const auto file = project_.rendering->nodes.find(node);
    require(file != nullptr, "a node with SQL has a template");
    ProjectHost here = host(&node, into);
    std::string out = file->render(here);
    out.erase(0, blanks_of_file(node, out));
    return out;
  }

  // The SQL with the ephemeral models it uses in front, these with theirs.
  void finish(const std::string& sql, const std::vector<std::string>& used) {
    std::vector<std::pair<std::string, std::string>> ctes;
    for (const std::string& id : used) collect(id, ctes);
    const std::string_view query = without_terminator(sql);
    out_.terminator = terminator_of(sql);
    if (!state_.inject_ctes) {
      out_.sql = query;
      return;
    }
    Injected injected = inject_ctes(query, ctes);
    out_.sql = std::move(injected.sql);
    out_.injected_at = injected.at_line;
    out_.injected_lines = injected.lines;
  }

 private:
  void collect(const std::string& id, std::vector<std::pair<std::string, std::string>>& ctes) {
    if (std::find(out_.ctes.begin(), out_.ctes.end(), id) != out_.ctes.end()) return;
    if (unit_) {
      out_.ctes.push_back(id);
      if (id == "this")
        ctes.emplace_back(unit_->this_cte, unit_->this_query);
      else
        ctes.emplace_back(cte_name(project_.at(id)), unit_->queries.at(id));
      return;
    }
    const Node& node = project_.at(id);
    Rendered own;
    std::string sql = query(node, own);
    out_.asked_warehouse = out_.asked_warehouse || own.asked_warehouse;
    out_.logged.insert(out_.logged.end(), own.logged.begin(), own.logged.end());
    for (const std::string& below : own.ctes) collect(below, ctes);
    out_.ctes.push_back(id);
    ctes.emplace_back(cte_name(node), std::string(without_terminator(sql)));
    if (!state_.inject_ctes) own.ctes.clear();  // neither is anything put in front of it
    out_.injected.push_back({id, ctes.back().first, ctes.back().second, terminator_of(sql), std::move(own.ctes)});
  }

  const Project& project_;
  const RenderState& state_;
  Rendered& out_;
  const UnitInputs* unit_;
};

template <class Work>
Rendered rendered(const Project& project, const Node* node, const RenderState& state, const Work& work,
                  const UnitInputs* unit = nullptr) {
  Rendered out;
  Renderer renderer(project, state, out, unit);
  try {
    std::vector<std::string> used;
    const std::string sql = work(renderer, out);
    std::swap(used, out.ctes);
    renderer.finish(sql, used);
  } catch (Error& error) {
    project.rendering->explain_missing_package(error);
    if (node) error.add_context(std::string(resource_type_text(node->type)) + " " + node->name, node->span);
    throw;
  }
  return out;
}

// A function that is a program: what its template writes, as it stands.
Rendered function_program(const Project& project, const Node& node, const RenderState& state) {
  Rendered out;
  try {
    out.sql = Renderer(project, state, out).query(node, out);
  } catch (Error& error) {
    project.rendering->explain_missing_package(error);
    throw error.add_context("function " + node.name, node.span);
  }
  out.file = node.span.file;
  return out;
}

// The macro of a generic test called with the tested relation and its arguments.
std::string call_test_macro(const Project& project, const Node& test, ProjectHost& host) {
  const TestInfo& info = *test.test;
  const MacroTable& macros = project.rendering->macros;
  const MacroEntry* macro =
      info.macro.empty() ? macros.find(standard_package, "test_" + info.kind) : macros.by_id(info.macro);
  if (!macro) throw Error(ErrorCode::unknown_test, "there is no test \"" + info.kind + "\"").with_span(test.span);
  const Node& target = project.at(info.attached_node);
  tmpl::Evaluation evaluation(project.rendering->environment, host);
  tmpl::Arguments call;
  // Before the tested relation, as in dbt: in this order ephemeral models become CTEs.
  const tmpl::Dict arguments = test_arguments(info.written, host, test.span);
  tmpl::Value relation = input_relation(host, target);
  if (target.is_ephemeral()) host.rendered->ctes.push_back(target.unique_id);
  const MacroEntry* subquery = macros.lookup(test.package, "get_where_subquery");
  tmpl::Arguments over;
  over.positional = {relation};
  call.named.emplace_back("model", evaluation.call(evaluation.macro(subquery->file, subquery->name), over));
  if (!info.column.empty()) call.named.emplace_back("column_name", tmpl::Value(info.column));
  for (const auto& entry : arguments.entries()) call.named.emplace_back(entry.key.str(), entry.value);
  return evaluation.call(evaluation.macro(macro->file, macro->name), call).str();
}

}  // namespace

bool is_incremental(const Node& node, const RenderState& state) {
  return node.type == ResourceType::model && node.config->materialized == "incremental" && state.table_exists &&
         !node.config->full_refresh.value_or(state.full_refresh);
}

Rendered render(const Project& project, const Node& node, const RenderState& state) {
  if (node.test && !node.test->singular()) return render_test(project, node, state);
  if (node.is_python_model()) {
    Rendered program;
    program.sql = python_program(project, node, state);
    program.file = node.span.file;
    return program;
  }
  require(node.sql, "only nodes with SQL are rendered");
  if (node.python) return function_program(project, node, state);
  Rendered out =
      rendered(project, &node, state, [&](Renderer& renderer, Rendered& into) { return renderer.query(node, into); });
  out.file = node.span.file;
  const size_t begin = node.type == ResourceType::snapshot ? 0 : first_line_of(node.raw);
  const auto skipped = node.raw.begin() + static_cast<std::ptrdiff_t>(begin);
  out.raw = node.raw.substr(begin);
  out.raw_line = std::max(node.span.line, 1) + static_cast<int>(std::count(node.raw.begin(), skipped, '\n'));
  return out;
}

Rendered render_over(const Project& project, const Node& model, const RenderState& state, const UnitInputs& inputs) {
  return rendered(
      project, &model, state, [&](Renderer& renderer, Rendered& into) { return renderer.query(model, into); }, &inputs);
}

Rendered render_text(const Project& project, const Node* node, std::string_view text, const std::string& label,
                     const RenderState& state) {
  Rendered out = rendered(project, node, state, [&](Renderer& renderer, Rendered& into) {
    ProjectHost host = renderer.host(node, into);
    host.is_hook = true;
    return project.rendering->environment.compile(label, std::string(text))->render(host);
  });
  out.file = label;
  out.raw = text;
  return out;
}

std::string render_source(const Project& project, const Node& node, const std::string& text, const RenderState& state) {
  Rendered out;
  Renderer renderer(project, state, out, nullptr);
  ProjectHost host = renderer.host(&node, out);
  try {
    return project.rendering->environment.compile(node.span.file, text)->render(host);
  } catch (Error& error) {
    project.rendering->explain_missing_package(error);
    throw;
  }
}

Rendered render_test(const Project& project, const Node& test, const RenderState& state) {
  require(test.test.has_value(), "only tests are rendered as tests");
  if (test.test->singular()) return render(project, test, state);
  Rendered out = rendered(project, &test, state, [&](Renderer& renderer, Rendered& into) {
    ProjectHost host = renderer.host(&test, into);
    return call_test_macro(project, test, host);
  });
  out.file = test.span.file;
  return out;
}

std::string cte_name(const Node& node) {
  const bool source = node.type == ResourceType::source;
  return "__dbt__cte__" + (source ? node.source_name + "__" + node.name : node.alias);
}

Span Rendered::origin(int line, int column) const {
  Span span;
  span.file = file;
  if (raw.empty() || line < 1) return span;
  std::vector<std::string> output = split(sql, '\n');
  if (static_cast<size_t>(line) > output.size()) return span;
  if (injected_lines > 0 && line > injected_at && line <= injected_at + injected_lines) return span;
  const std::vector<std::string> source = split(raw, '\n');
  const std::string wanted = output[static_cast<size_t>(line - 1)];
  output.erase(output.begin() + injected_at, output.begin() + injected_at + injected_lines);
  const int own = line > injected_at ? line - injected_lines : line;
  const int found = match_lines(source, output)[static_cast<size_t>(own - 1)];
  if (found < 0) return span;
  const std::string& text = source[static_cast<size_t>(found)];
  span.line = raw_line + found;
  span.line_text = text;
  span.column = column > 0 ? std::max(1, match_column(text, wanted, column)) : 0;
  return span;
}

}  // namespace weir::project
