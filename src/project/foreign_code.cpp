#include "project/foreign_code.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <tuple>

#include "base/file.h"
#include "base/hash.h"
#include "base/parallel.h"
#include "base/text.h"
#include "project/foreign_statement.h"
#include "project/python_source.h"
#include "project/rendering.h"

namespace weir::project {

namespace {

constexpr const char* target_owner = "target";  // of what every command reaches that opens the target

class CodeSearch {
 public:
  explicit CodeSearch(const Project& project) : project_(project) {}

  std::vector<ForeignCode> all() {
    std::vector<std::vector<ForeignStatement>> found(project_.nodes.size());
    parallel_pieces(found.size(), [&](size_t i) {
      if (const Node& node = project_.nodes[i]; node.sql && !node.python && node.type != ResourceType::analysis)
        found[i] = foreign_statements(node.raw, project_.root);
    });
    for (size_t i = 0; i < found.size(); i++) of_node(project_.nodes[i], found[i]);
    for (const MacroEntry& macro : project_.rendering->macros.all())
      if (macro.package != standard_package && wanted(macro)) {
        Span span = macro.block->span;
        statements(macro.block->source, macro.unique_id, span);
      }
    for (const auto* hooks : {&project_.on_run_start, &project_.on_run_end})
      for (const Hook& hook : *hooks) statements(hook.sql, "", place_of(hook.sql, {}));
    interpreter();
    databases();
    std::sort(out_.begin(), out_.end(), [](const ForeignCode& a, const ForeignCode& b) {
      return std::tie(a.span.file, a.span.line, a.span.column, a.kind, a.text) <
             std::tie(b.span.file, b.span.line, b.span.column, b.kind, b.text);
    });
    return std::move(out_);
  }

 private:
  // Macros of packages that nothing here calls run never; those of the project may be called by name.
  bool wanted(const MacroEntry& macro) {
    if (macro.package == project_.name) return true;
    if (!reached_) {
      reached_.emplace();
      for (const Node& node : project_.nodes) add_reached(node.depends_on_macros);
      for (const Macro& own : project_.macros)
        if (own.package == project_.name) add_reached(own.depends_on_macros);
    }
    return reached_->contains(macro.unique_id);
  }

  void add_reached(const std::vector<std::string>& ids) {
    for (const std::string& id : ids)
      if (reached_->insert(id).second)
        for (const Macro& macro : project_.macros)
          if (macro.unique_id == id) add_reached(macro.depends_on_macros);
  }

  void add(const std::string& kind, const std::string& owner, const std::string& text, std::string_view content,
           Span span) {
    const std::string digest = sha256_hex(kind + "\n" + span.file + "\n" + std::string(content));
    // The hook of a config() is met in the file's text too.
    for (const ForeignCode& other : out_)
      if (other.owner == owner && other.digest == digest) return;
    ForeignCode made;
    made.kind = kind;
    made.owner = owner;
    made.text = on_one_line(text);
    made.digest = digest;
    made.span = std::move(span);
    out_.push_back(std::move(made));
  }

  // `span` is where the text begins.
  void statements(std::string_view text, const std::string& owner, const Span& span) {
    if (!text.empty()) add(foreign_statements(text, project_.root), text, owner, span);
  }

  void add(const std::vector<ForeignStatement>& statements, std::string_view text, const std::string& owner,
           const Span& span) {
    for (const ForeignStatement& found : statements) {
      const std::string_view before = text.substr(0, found.at);
      Span place = span;
      const auto lines = static_cast<int>(std::count(before.begin(), before.end(), '\n'));
      const size_t start = lines == 0 ? 0 : before.rfind('\n') + 1;
      place.line += lines;
      place.column = static_cast<int>(found.at - start) + (lines == 0 ? std::max(span.column, 1) : 1);
      place.length = 0;
      place.line_text.clear();
      add(found.kind, owner, found.text, found.text, place);
    }
  }

  // Hooks have no place of their own: that of their text in dbt_project.yml, else the node's.
  Span place_of(const std::string& text, const Span& otherwise) {
    if (!project_file_) {
      project_file_ = read_file_if_exists(std::filesystem::path(project_.root) / "dbt_project.yml").value_or("");
    }
    Span span = otherwise;
    const std::string first = std::string(trim(text.substr(0, text.find('\n'))));
    const size_t found = first.empty() ? std::string::npos : project_file_->find(first);
    if (found == std::string::npos) {
      if (!span.known()) span.file = "dbt_project.yml";
      return span;
    }
    const std::string_view before = std::string_view(*project_file_).substr(0, found);
    span.file = "dbt_project.yml";
    span.line = static_cast<int>(std::count(before.begin(), before.end(), '\n')) + 1;
    span.column =
        static_cast<int>(found - (before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1)) + 1;
    span.line_text.clear();
    return span;
  }

  void of_node(const Node& node, const std::vector<ForeignStatement>& in_sql) {
    if (node.is_python_model()) add("Python model", node.unique_id, "", node.raw, model_place(node));
    add(in_sql, node.raw, node.unique_id, node.span);
    statements(node.config->sql_header, node.unique_id, node.span);
    for (const auto* hooks : {&node.config->pre_hook, &node.config->post_hook})
      for (const Hook& hook : *hooks) statements(hook.sql, node.unique_id, place_of(hook.sql, node.span));
    for (const std::string& path : files(node))
      if (leads_outside(path, project_.root)) add("file outside the project", node.unique_id, path, path, node.span);
  }

  static Span model_place(const Node& node) {
    const Span found = read_python_source(node.raw, node.span.file).model;
    return found.known() ? found : node.span;
  }

  // That its configuration names.
  std::vector<std::string> files(const Node& node) const {
    std::vector<std::string> out;
    if (node.type == ResourceType::source && !node.external.empty())
      for (const ForeignStatement& found : foreign_statements("select * from " + node.external, project_.root))
        out.push_back(found.text);
    if (node.config->materialized == "external" && project_.target.kind == TargetKind::database)
      out.push_back(node.config->all.get_string("location")
                        .value_or(project_.target.extra.get_string("external_root").value_or(".") + "/" + node.alias));
    return out;
  }

  // That weir.yml names for them.
  void interpreter() {
    const bool python = std::any_of(project_.nodes.begin(), project_.nodes.end(),
                                    [](const Node& node) { return node.is_python_model(); });
    if (!python || !project_.settings.is_set("python") ||
        project_.settings.entry("python").origin.rfind("weir.yml", 0) != 0)
      return;
    Span span;
    span.file = "weir.yml";
    const std::string name = project_.settings.text("python");
    for (const Node& node : project_.nodes)
      if (node.is_python_model()) {
        add("interpreter", node.unique_id, name, name, span);
        return;
      }
  }

  bool given_by_environment(const std::string& path) const {
    return std::any_of(project_.rendering->env.begin(), project_.rendering->env.end(), [&](const auto& variable) {
      return !variable.second.empty() &&
             (variable.second == path ||
              std::filesystem::absolute(variable.second).lexically_normal().string() == path);
    });
  }

  // That a profiles.yml names which came with the project.
  void databases() {
    const Target& target = project_.target;
    if (!target.of_project) return;
    Span span;
    span.file = "profiles.yml";
    std::vector<std::string> paths{target.path};
    for (const Attachment& other : target.attach) paths.push_back(other.path);
    for (const std::string& path : paths)
      if (!path.empty() && leads_outside(path, project_.root) && !given_by_environment(path))
        add("database outside the project", target_owner, path, path, span);
  }

  const Project& project_;
  std::vector<ForeignCode> out_;
  std::optional<std::set<std::string>> reached_;
  std::optional<std::string> project_file_;
};

}  // namespace

std::vector<ForeignCode> foreign_code(const Project& project) { return CodeSearch(project).all(); }

namespace {

// Whose queries become part of a node's, through one another.
std::vector<const Node*> ephemeral_inputs(const Project& project, const Node& node) {
  std::vector<const Node*> found, open{&node};
  while (!open.empty()) {
    const Node* next = open.back();
    open.pop_back();
    for (const std::string& id : next->depends_on)
      if (const Node* input = project.find(id); input && (input->is_ephemeral() || input->is_function()) &&
                                                std::find(found.begin(), found.end(), input) == found.end()) {
        found.push_back(input);
        open.push_back(input);
      }
  }
  return found;
}

}  // namespace

std::vector<ForeignCode> reached_code(const Project& project, std::vector<ForeignCode> all, const ToRun& to_run) {
  if (all.empty()) return all;
  std::set<std::string> owners;
  owners.insert(target_owner);
  if (to_run.hooks) owners.insert("");
  std::vector<std::string> open;
  const auto reach = [&](const std::vector<std::string>& ids) {
    for (const std::string& id : ids)
      if (owners.insert(id).second) open.push_back(id);
  };
  bool python = false;
  for (const Node* node : to_run.nodes) {
    owners.insert(node->unique_id);
    python = python || node->is_python_model();
    for (const std::string& id : node->depends_on)
      if (const Node* read = project.find(id); read && !read->external.empty()) owners.insert(id);
    for (const Node* inlined : ephemeral_inputs(project, *node)) {
      owners.insert(inlined->unique_id);
      reach(inlined->depends_on_macros);
      for (const std::string& id : inlined->depends_on)
        if (const Node* read = project.find(id); read && !read->external.empty()) owners.insert(id);
    }
    reach(node->depends_on_macros);
    if (node->test && !node->test->macro.empty()) reach({node->test->macro});
  }
  const MacroTable& macros = project.rendering->macros;
  for (const auto* hooks : {&project.on_run_start, &project.on_run_end})
    for (const Hook& hook : *hooks) try {
        if (!to_run.hooks) continue;
        const auto compiled = project.rendering->environment.compile("hook", hook.sql);
        for (const MacroEntry* entry : macros.direct(project.name, compiled->called_names(), compiled->dispatched()))
          reach({entry->unique_id});
      } catch (const Error&) {
        continue;  // told when it runs
      }
  for (const Macro& macro : project.macros)
    if (const std::string& name = to_run.operation;
        !name.empty() && (macro.name == name || macro.package + "." + macro.name == name))
      reach({macro.unique_id});
  while (!open.empty()) {
    const std::string id = open.back();
    open.pop_back();
    for (const Macro& macro : project.macros)
      if (macro.unique_id == id) reach(macro.depends_on_macros);
  }
  std::erase_if(all, [&](const ForeignCode& code) {
    return code.kind == "interpreter" ? !python : !owners.contains(code.owner);
  });
  return all;
}

}  // namespace weir::project
