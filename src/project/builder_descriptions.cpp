// What descriptions become: texts with Jinja, most of it doc().
#include <functional>

#include "base/text.h"
#include "project/builder.h"
#include "project/yaml_values.h"

namespace weir::project {

namespace {

// Whether what stands from `begin` to `end` is all that its braces hold. In {{ doc('x') | upper }} doc() is a part.
bool fills_braces(std::string_view text, size_t begin, size_t end) {
  const auto may_be_between = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '-'; };
  while (begin > 0 && may_be_between(text[begin - 1])) begin--;
  while (end < text.size() && may_be_between(text[end])) end++;
  return begin >= 2 && text.substr(begin - 2, 2) == "{{" && text.substr(end, 2) == "}}";
}

// Keys of the docs blocks that a description names by doc('name') or doc('package', 'name'). As in dbt those are meant
// whose text stands in the description as it is.
std::vector<std::string> blocks_named(const std::string& text, const std::string& package, const Rendering& rendering) {
  std::vector<std::string> out;
  for (size_t at = text.find("doc("); at != std::string::npos; at = text.find("doc(", at + 1)) {
    const size_t end = text.find(')', at);
    if (end == std::string::npos) break;
    if (!fills_braces(text, at, end + 1)) continue;
    std::vector<std::string> names;
    for (const std::string& part : split(text.substr(at + 4, end - at - 4), ',')) {
      const std::string_view quoted = trim(part);
      if (quoted.size() > 2) names.emplace_back(quoted.substr(1, quoted.size() - 2));
    }
    if (names.empty() || names.size() > 2) continue;
    const std::string key = rendering.docs_key(package, names.size() == 2 ? names.front() : "", names.back());
    if (!key.empty()) out.push_back("doc." + key);
  }
  return out;
}

// Texts under `description`, at any depth, as `render` makes them.
void describe_body(Json& at, const std::function<Json(const std::string&)>& render) {
  if (at.is_array())
    for (Json& item : at.as_array()) describe_body(item, render);
  if (!at.is_object()) return;
  for (auto& [key, value] : at.as_object()) {
    if (key == "description" && value.is_string() && value.as_string().find('{') != std::string::npos)
      value = render(value.as_string());
    else if (key != "config" && key != "meta")
      describe_body(value, render);
  }
}

}  // namespace

void ProjectBuilder::describe(Node& node) {
  const auto one = [&](std::string& text, std::vector<std::string>& blocks, const Span& span) {
    if (!text.empty() && text.find('{') != std::string::npos) try {
        blocks = blocks_named(text, node.package, *rendering_);
        const Json rendered = YamlValues(*rendering_, node.package).text(text, span);
        text = rendered.is_string() ? rendered.as_string() : rendered.dump();
      } catch (Error& error) {
        if (error.code() == ErrorCode::bad_schema_yaml)  // a docs block that is not there
          out_.errors.push_back(std::move(error.with_span(span).add_context("description of " + node.unique_id)));
        else
          out_.warnings.push_back({"description of " + node.unique_id + ": " + error.message(), error.hint(), span});
      }
  };
  one(node.description, node.doc_blocks, node.span);
  for (Column& column : node.columns) one(column.description, column.doc_blocks, column.span);
  if (auto of_source = node.described.get_string("source_description")) {
    std::vector<std::string> not_kept;
    one(*of_source, not_kept, node.span);
    node.described.set("source_description", *of_source);
  }
}

void ProjectBuilder::describe(Declared& item) {
  try {
    const YamlValues values(*rendering_, item.package);
    describe_body(item.body, [&](const std::string& text) { return values.text(text, item.span); });
  } catch (const Error& error) {
    out_.warnings.push_back({"description of " + item.unique_id + ": " + error.message(), error.hint(), item.span});
  }
}

}  // namespace weir::project
