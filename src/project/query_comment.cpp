#include "project/query_comment.h"

#include "base/error.h"
#include "base/text.h"
#include "project/project.h"
#include "project/render.h"

namespace weir::project {

namespace {

constexpr const char* usual_text =
    "{% set told = {'app': 'dbt', 'dbt_version': dbt_version, 'profile_name': target.profile_name, 'target_name': "
    "target.target_name} %}{% do told.update({'node_id': node.unique_id} if node else {'connection_name': "
    "connection_name}) %}{{ return(tojson(told)) }}";

Error bad_comment(const std::string& what, const Span& span) {
  return Error(ErrorCode::bad_project_file, what, "query-comment: a text, or {comment: a text, append: true or false}")
      .with_span(span);
}

}  // namespace

QueryComment::QueryComment() : text(usual_text) {}

QueryComment read_query_comment(const Yaml& value) {
  QueryComment out;
  out.span = value.span;
  if (value.is_null()) {
    out.text.clear();
    return out;
  }
  if (value.kind == Yaml::Kind::scalar) {
    out.text = value.text;
    return out;
  }
  if (value.kind != Yaml::Kind::mapping) throw bad_comment("query-comment is no text", value.span);
  if (const Yaml* text = value.find("comment")) {
    if (text->kind != Yaml::Kind::scalar) throw bad_comment("the comment of query-comment is no text", text->span);
    out.text = text->is_null() ? "" : text->text;
  }
  if (const Yaml* append = value.find("append"); append && !append->is_null()) {
    const Json flag = append->to_json();
    if (!flag.is_bool()) throw bad_comment("append of query-comment is neither true nor false", append->span);
    out.append = flag.as_bool();
  }
  return out;
}

std::string query_comment(const Project& project, const Node* node, const std::string& connection) {
  const QueryComment& wanted = project.query_comment;
  if (wanted.text.empty()) return {};
  // A macro, since the text may return().
  const std::string text = "{%- macro query_comment_macro(connection_name, node) -%}\n" + wanted.text +
                           "\n{%- endmacro -%}{{ query_comment_macro(" + Json(connection).dump() + ", " +
                           (node ? "model" : "none") + ") }}";
  std::string comment(trim(render_text(project, node, text, "query-comment", RenderState{}).sql));
  if (comment.find("*/") != std::string::npos)
    throw bad_comment("the query-comment holds */, which would end it: " + comment, wanted.span);
  return comment;
}

}  // namespace weir::project
