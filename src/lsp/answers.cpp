#include "lsp/answers.h"

#include <algorithm>
#include <cctype>
#include <set>

#include "base/text.h"
#include "base/yaml.h"
#include "lsp/symbols.h"
#include "lsp/text_places.h"
#include "project/config.h"

namespace weir::lsp {

namespace {

using project::Node;
using project::ResourceType;

// CompletionItemKind of LSP 3.17.
constexpr int item_function = 3, item_field = 5, item_variable = 6, item_class = 7, item_module = 9, item_property = 10,
              item_reference = 18;

bool is_yaml(const std::string& path) { return path.ends_with(".yml") || path.ends_with(".yaml"); }

bool can_be_referenced(const Node& node) {
  return node.type == ResourceType::model || node.type == ResourceType::seed || node.type == ResourceType::snapshot;
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

std::string kind_of(const Node& node) {
  const std::string type(project::resource_type_text(node.type));
  return node.type == ResourceType::model ? type + " (" + node.config->materialized + ")" : type;
}

std::string in_table(const std::string& text) { return replace_all(replace_all(text, "\n", " "), "|", "\\|"); }

// The comment that ends right before the place, without its signs.
std::string comment_before(const std::string& text, size_t at) {
  size_t end = at;
  while (end > 0 && (text[end - 1] == ' ' || text[end - 1] == '\n' || text[end - 1] == '\r' || text[end - 1] == '\t'))
    --end;
  if (end < 2 || text.substr(end - 2, 2) != "#}") return "";
  const size_t begin = text.rfind("{#", end);
  if (begin == std::string::npos) return "";
  std::string inside = text.substr(begin + 2, end - 2 - begin - 2);
  while (!inside.empty() && inside.front() == '-') inside.erase(0, 1);
  while (!inside.empty() && inside.back() == '-') inside.pop_back();
  return std::string(trim(inside));
}

// The header of a macro: "cents(column, digits=2)".
std::string header_of(const std::string& text, size_t at) {
  const size_t end = text.find("%}", at);
  std::string header = text.substr(at, end == std::string::npos ? std::string::npos : end - at);
  header = replace_all(header, "{%", "");
  while (!header.empty() && (header.front() == '-' || header.front() == '+' || header.front() == ' '))
    header.erase(0, 1);
  while (!header.empty() && (header.back() == '-' || header.back() == '+' || header.back() == ' ')) header.pop_back();
  return header;
}

// A column's name as SQL has it: in quotes where it is no plain name, or is a word of the language.
std::string as_written(const std::string& column) {
  static const std::set<std::string> words{
      "all",        "analyse",      "analyze",     "and",       "any",       "array",    "as",         "asc",
      "asymmetric", "both",         "case",        "cast",      "check",     "collate",  "column",     "constraint",
      "create",     "default",      "deferrable",  "desc",      "describe",  "distinct", "do",         "else",
      "end",        "except",       "false",       "fetch",     "for",       "foreign",  "from",       "group",
      "having",     "in",           "initially",   "intersect", "into",      "lambda",   "lateral",    "leading",
      "limit",      "not",          "null",        "offset",    "on",        "only",     "or",         "order",
      "pivot",      "pivot_longer", "pivot_wider", "placing",   "primary",   "qualify",  "references", "returning",
      "select",     "show",         "some",        "summarize", "symmetric", "table",    "then",       "to",
      "trailing",   "true",         "union",       "unique",    "unpivot",   "using",    "variadic",   "when",
      "where",      "window",       "with"};
  const bool plain = !column.empty() && std::isdigit(static_cast<unsigned char>(column.front())) == 0 &&
                     std::all_of(column.begin(), column.end(), is_word_part);
  return plain && !words.contains(lower(column)) ? column : quote_identifier(column);
}

}  // namespace

Answers::Answers(LiveProject& project, std::string path, const std::string& text, TextOf text_of)
    : project_(project), path_(std::move(path)), text_(text), text_of_(std::move(text_of)), yaml_(is_yaml(path_)) {}

Json Answers::location(const std::string& path, size_t begin, size_t end) const {
  const std::string text = path == path_ ? text_ : text_of_(path);
  return Json::object().set("uri", uri_of_path(path)).set("range", TextPlaces(text).range(begin, end));
}

Json Answers::location(const Place& place) const {
  const std::string text = place.path == path_ ? text_ : text_of_(place.path);
  const size_t begin = TextPlaces(text).offset_of_span(place.line, place.column);
  return location(place.path, begin, begin + static_cast<size_t>(place.length));
}

std::string Answers::package() const {
  const auto nodes = project_.nodes_in(path_);
  if (!nodes.empty()) return nodes.front()->package;
  return project_.project() ? project_.project()->name : "";
}

const Node* Answers::node_named(const TemplateCall& call) const {
  const TextArgument *first = call.text(0), *second = call.text(1);
  if (!first) return nullptr;
  if (call.name == "source") return second ? project_.find_source(first->text, second->text, package()) : nullptr;
  project::Ref ref{second ? first->text : "", second ? second->text : first->text, std::nullopt};
  if (call.name == "function") return project_.find_function(ref, package());
  if (call.name != "ref") return nullptr;
  for (const char* word : {"v", "version"})
    if (const TextArgument* version = call.keyword(word)) ref.version = version->text;
  return project_.find_ref(ref, package());
}

const Node* Answers::node_at(const Cursor& cursor) const {
  if (cursor.kind == Cursor::Kind::outside) return nullptr;
  return cursor.in_text ? node_named(cursor.call) : nullptr;
}

const project::Macro* Answers::macro_named(const std::string& name) const {
  const project::Project* project = project_.project();
  if (!project || name.empty()) return nullptr;
  const size_t dot = name.find('.');
  const std::string from = dot == std::string::npos ? package() : name.substr(0, dot);
  const auto& macros = project->rendering->macros;
  const auto* entry = dot == std::string::npos ? macros.lookup(from, name) : macros.find(from, name.substr(dot + 1));
  return entry ? project->find_macro(entry->unique_id) : nullptr;
}

// ---- definition

const project::DocsBlock* Answers::docs_named(const TemplateCall& call) const {
  const TextArgument *first = call.text(0), *second = call.text(1);
  if (!first || call.name != "doc" || !project_.project()) return nullptr;
  const project::Rendering& rendering = *project_.project()->rendering;
  return rendering.find_docs(package(), second ? first->text : "", second ? second->text : first->text);
}

Json Answers::doc_place(const TemplateCall& call) const {
  const project::DocsBlock* docs = docs_named(call);
  if (!docs) return {};
  const std::string path = project_.path_of(docs->file), text = text_of_(path), name = call.last_text()->text;
  for (const BlockTag& tag : block_tags(text))
    if (tag.kind == "docs" && text.compare(tag.name_begin, tag.name_end - tag.name_begin, name) == 0)
      return location(path, tag.name_begin, tag.name_end);
  return location({path});
}

Json Answers::var_place(const std::string& name) const {
  const std::string path = project_.path_of("dbt_project.yml");
  try {
    const Yaml document = Yaml::parse(text_of_(path), "dbt_project.yml");
    const Yaml* vars = document.find("vars");
    if (!vars) return {};
    const Yaml* own = vars->find(package());
    const Yaml* key = own ? own->find_key(name) : nullptr;
    if (!key) key = vars->find_key(name);
    if (key) return location({path, key->span.line, key->span.column, static_cast<int>(name.size())});
  } catch (const Error&) {
    // the file is being typed
  }
  return {};
}

Json Answers::definition(size_t offset) {
  const Cursor cursor = cursor_at(text_, offset, yaml_);
  if (const Node* node = node_at(cursor)) {
    const bool spanned = node->type == ResourceType::source || node->type == ResourceType::snapshot;
    return location({project_.path_of(*node), spanned ? node->span.line : 1, spanned ? node->span.column : 1});
  }
  if (cursor.in_text) {
    const TextArgument* first = cursor.call.text(0);
    if (!first) return {};
    if (cursor.call.name == "doc") return doc_place(cursor.call);
    if (cursor.call.name == "var" && cursor.argument == 0) return var_place(first->text);
    return {};
  }
  if (cursor.kind != Cursor::Kind::outside && !yaml_)
    if (const project::Macro* macro = macro_named(cursor.word); macro && !macro->file.empty() && macro->line > 0)
      return location({project_.path_of(macro->file), macro->line});
  if (yaml_) {
    // "- name: orders" of a model's description
    const size_t line = text_.rfind('\n', offset == 0 ? 0 : offset - 1) + 1;
    const std::string said = text_.substr(line, text_.find('\n', line) - line);
    const size_t key = said.find("name:");
    size_t begin = key == std::string::npos ? said.size() : key + 5;
    while (begin < said.size() && !is_word_part(said[begin])) ++begin;
    size_t end = begin;
    while (end < said.size() && is_word_part(said[end])) ++end;
    if (const Node* node = project_.find_ref({"", said.substr(begin, end - begin), std::nullopt}, package()))
      return location({project_.path_of(*node)});
  }
  return {};
}

// ---- hover

std::string Answers::about(const Node& node) const {
  const std::string name = node.type == ResourceType::source ? node.source_name + "." + node.name : node.name;
  std::string out = "**" + name + "** · " + kind_of(node) + "\n\n";
  if (!node.description.empty()) out += node.description + "\n\n";
  const auto columns = project_.columns(node);
  if (!columns.empty()) out += "| column | type | |\n|---|---|---|\n";
  for (const auto& column : columns) {
    std::string said;
    for (const project::Column& each : node.columns)
      if (iequals(each.name, column.name)) said = each.description;
    out += "| " + in_table(column.name) + " | " + in_table(column.type) + " | " + in_table(said) + " |\n";
  }
  return out + "\n`" + node.span.file + "`";
}

std::string Answers::about(const project::Macro& macro) const {
  if (macro.file.empty() || macro.line < 1) return "**" + macro.name + "** · macro of weir";
  const std::string text = text_of_(project_.path_of(macro.file));
  const size_t begin = TextPlaces(text).offset_of_span(macro.line, 1);
  std::string out = "```jinja\n" + header_of(text, begin) + "\n```\n";
  const std::string comment = comment_before(text, begin);
  if (!comment.empty()) out += "\n" + comment + "\n";
  return out + "\n`" + macro.file + "`";
}

std::string Answers::about_column(const std::string& name) const {
  std::string out;
  if (name.empty()) return out;
  for (const Node* node : inputs())
    for (const auto& column : project_.columns(*node)) {
      if (!iequals(column.name, name)) continue;
      const std::string of = node->type == ResourceType::source ? node->source_name + "." + node->name : node->name;
      out += "**" + of + "." + column.name + "** `" + (column.type.empty() ? "?" : column.type) + "`\n\n";
      for (const project::Column& each : node->columns)
        if (iequals(each.name, name) && !each.description.empty()) out += each.description + "\n\n";
    }
  return out;
}

Json Answers::hover(size_t offset) {
  const Cursor cursor = cursor_at(text_, offset, yaml_);
  std::string told;
  if (const Node* node = node_at(cursor)) {
    told = about(*node);
  } else if (cursor.in_text && docs_named(cursor.call)) {
    told = docs_named(cursor.call)->text;
  } else if (cursor.in_text && cursor.call.name == "var" && cursor.call.text(0) && project_.project()) {
    if (const Json* value = project_.project()->rendering->variables.find(package(), cursor.call.text(0)->text))
      told = "`" + value->dump() + "`";
  } else if (!cursor.in_text && cursor.kind != Cursor::Kind::outside && !yaml_) {
    if (const project::Macro* macro = macro_named(cursor.word)) told = about(*macro);
  } else if (!yaml_ && cursor.kind == Cursor::Kind::outside) {
    told = about_column(cursor.part);
  }
  if (told.empty()) return {};
  return Json::object()
      .set("contents", Json::object().set("kind", "markdown").set("value", told))
      .set("range", TextPlaces(text_).range(cursor.begin, cursor.end));
}

// ---- completion

std::vector<const Node*> Answers::inputs() const {
  std::vector<const Node*> out;
  for (const TemplateCall& call : calls_in(text_, yaml_))
    if (const Node* node = node_named(call); node && std::find(out.begin(), out.end(), node) == out.end())
      out.push_back(node);
  return out;
}

Json Answers::item(const std::string& label, int kind, const std::string& detail, const Cursor& cursor,
                   const std::string& text) const {
  Json out = Json::object().set("label", label).set("kind", kind);
  if (!detail.empty()) out.set("detail", detail);
  return out.set("textEdit", Json::object()
                                 .set("range", TextPlaces(text_).range(cursor.begin, cursor.end))
                                 .set("newText", text.empty() ? label : text));
}

void Answers::complete_text(const Cursor& cursor, Json& items) const {
  const project::Project& project = *project_.project();
  const std::string& call = cursor.call.name;
  std::set<std::string> given;
  const auto give = [&](const std::string& name, int kind, const std::string& detail) {
    if (given.insert(name).second) items.push_back(item(name, kind, detail, cursor));
  };
  const TextArgument* first = cursor.call.text(0);
  if (call == "ref" && cursor.keyword.empty()) {
    for (const Node& node : project.nodes) {
      if (!can_be_referenced(node)) continue;
      if (cursor.argument == 1 && first && node.package != first->text) continue;
      give(node.name, item_class,
           kind_of(node) + (node.description.empty() ? "" : " · " + first_line(node.description)));
    }
  } else if (call == "function") {
    for (const Node& node : project.nodes)
      if (node.is_function() && (cursor.argument == 0 || (first && node.package == first->text)))
        give(node.name, item_function, first_line(node.description));
  } else if (call == "source") {
    for (const Node& node : project.nodes) {
      if (node.type != ResourceType::source) continue;
      if (cursor.argument == 0) give(node.source_name, item_module, "source");
      if (cursor.argument == 1 && first && node.source_name == first->text)
        give(node.name, item_class, "table of " + node.source_name);
    }
  } else if (call == "doc" && cursor.argument == 0) {
    for (const auto& [name, text, path, file] : project.docs)
      give(name.starts_with(project.name + ".") ? name.substr(project.name.size() + 1) : name, item_reference,
           first_line(text));
  } else if (call == "var" && cursor.argument == 0) {
    for (const auto& [name, value] : project.vars.as_object()) give(name, item_variable, value.dump());
  }
}

void Answers::complete_names(const Cursor& cursor, Json& items) const {
  const project::Project& project = *project_.project();
  const auto& rendering = *project.rendering;
  if (cursor.after_pipe) {
    for (const std::string& name : rendering.environment.filter_names())
      items.push_back(item(name, item_function, "filter", cursor));
    return;
  }
  if (cursor.call.name == "config" && cursor.keyword.empty())
    for (const std::string& name : project::known_configs())
      items.push_back(item(name, item_property, "config", cursor, replace_all(name, "-", "_") + "="));
  const size_t dot = cursor.word.rfind('.');
  const std::string before = dot == std::string::npos ? "" : cursor.word.substr(0, dot);
  std::set<std::string> given;
  for (const auto& entry : rendering.macros.all()) {
    const bool own = entry.package == project.name || entry.package == package();
    const bool standard = entry.package == project::standard_package;
    if (before.empty() ? !(own || standard) : entry.package != before) continue;
    if (!entry.block || entry.block->kind != tmpl::BlockKind::macro || entry.name.starts_with("_")) continue;
    std::vector<std::string> parameters;
    for (const auto& parameter : entry.block->parameters) parameters.push_back(parameter.name);
    if (given.insert(entry.name).second)
      items.push_back(item(entry.name, item_function, entry.package + " (" + join(parameters, ", ") + ")", cursor));
  }
  if (!before.empty()) return;
  for (const std::string& name : rendering.environment.global_names())
    if (given.insert(name).second) items.push_back(item(name, item_function, "", cursor));
  for (const char* name :
       {"ref", "source", "config", "var", "env_var", "this", "target", "is_incremental", "log", "return"})
    if (given.insert(name).second) items.push_back(item(name, item_function, "", cursor));
  for (const std::string& name : project.packages) items.push_back(item(name, item_module, "package", cursor));
}

void Answers::complete_columns(const Cursor& cursor, Json& items) const {
  std::set<std::string> given;
  const bool quoted = cursor.begin > 0 && text_[cursor.begin - 1] == '"';
  for (const Node* node : inputs())
    for (const auto& column : project_.columns(*node))
      if (given.insert(lower(column.name)).second)
        items.push_back(item(column.name, item_field, column.type + " · " + node->name, cursor,
                             quoted ? "" : as_written(column.name)));
}

Json Answers::completion(size_t offset) {
  Json items = Json::array();
  Json none = Json::object().set("isIncomplete", false).set("items", Json::array());
  if (!project_.project()) return none;
  Cursor cursor = cursor_at(text_, offset, yaml_);
  if (cursor.in_text && cursor.end < offset) cursor.end = offset;
  if (yaml_ && !cursor.in_text) {
    // keys below `config:`
    const size_t line = text_.rfind('\n', offset == 0 ? 0 : offset - 1) + 1;
    const std::string said = text_.substr(line, offset - line);
    if (said.find(':') == std::string::npos || said.find("config: {") != std::string::npos)
      for (const std::string& name : project::known_configs())
        items.push_back(item(name, item_property, "config", cursor));
  } else if (cursor.in_text) {
    complete_text(cursor, items);
  } else if (cursor.kind != Cursor::Kind::outside) {
    complete_names(cursor, items);
  } else if (path_.ends_with(".sql")) {
    complete_columns(cursor, items);
  }
  return Json::object().set("isIncomplete", false).set("items", std::move(items));
}

// ---- references

Json Answers::references(size_t offset) {
  const project::Project* project = project_.project();
  if (!project) return {};
  const Cursor cursor = cursor_at(text_, offset, yaml_);
  const Node* asked = node_at(cursor);
  if (!asked && !yaml_)
    for (const Node* node : project_.nodes_in(path_))
      if (can_be_referenced(*node)) asked = node;
  if (!asked) return {};
  std::set<std::string> paths;
  for (const Node& node : project->nodes) {
    const bool reads =
        std::find(node.depends_on.begin(), node.depends_on.end(), asked->unique_id) != node.depends_on.end();
    if (!reads) continue;
    paths.insert(project_.path_of(node));
    if (!node.patch_file.empty()) paths.insert(project::path_of_patch(project_.root(), node));
  }
  for (const project::Declared& each : project->declared)
    if (std::find(each.depends_on.begin(), each.depends_on.end(), asked->unique_id) != each.depends_on.end())
      paths.insert(project_.path_of(each.span.file));
  Json out = Json::array();
  for (const std::string& path : paths) {
    if (!path.ends_with(".sql") && !is_yaml(path)) continue;
    const std::string text = path == path_ ? text_ : text_of_(path);
    for (const TemplateCall& call : calls_in(text, is_yaml(path))) {
      if (node_named(call) != asked) continue;
      const TextArgument* name = call.last_text();
      out.push_back(location(path, name->begin, name->end));
    }
  }
  return out;
}

// ---- symbols

Json Answers::symbols() { return yaml_ ? yaml_symbols(text_) : template_symbols(text_, path_.ends_with(".sql")); }

}  // namespace weir::lsp
