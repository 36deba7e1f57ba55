#include "project/function_reference.h"

#include <utility>

#include "project/called_node.h"
#include "project/input_relation.h"
#include "project/relation.h"

namespace weir::project {

namespace {

Ref function_named(const tmpl::Arguments& arguments) {
  const auto& given = arguments.positional;
  if (given.empty() || given.size() > 2 || !arguments.named.empty())
    throw Error(ErrorCode::template_call, "function() takes a name, or a package and a name");
  for (const tmpl::Value& value : given)
    if (!value.is_string()) throw Error(ErrorCode::template_call, "function() takes text, not a " + value.type_name());
  Ref out;
  out.name = given.back().as_string();
  if (given.size() == 2) out.package = given.front().as_string();
  return out;
}

}  // namespace

tmpl::Value function_reference(tmpl::Evaluation& evaluation, const tmpl::Arguments& arguments) {
  ProjectHost& host = host_of(evaluation);
  const Ref wanted = function_named(arguments);
  if (host.mode != RenderMode::final) {
    if (host.capture) host.capture->add_function({wanted, call_place(evaluation, "function")});
    return make_relation({host.rendering.target.database, host.node ? host.node->schema : std::string(), wanted.name},
                         "function");
  }
  const Node* found = among_dependencies(host, [&](const Node& node) {
    return node.is_function() && node.name == wanted.name && (wanted.package.empty() || node.package == wanted.package);
  });
  if (!found)
    throw Error(ErrorCode::undeclared_dependency,
                "function('" + wanted.name + "') was not met while the project was read")
        .with_hint(host.node ? "write a comment in the file:  -- depends_on: {{ function('" + wanted.name + "') }}"
                             : "a file of function-paths is called so");
  return input_relation(host, *found);
}

}  // namespace weir::project
