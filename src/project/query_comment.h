// dbt_project.yml's `query-comment`: what stands beside each statement that a database is sent.
#pragma once

#include <string>

#include "base/yaml.h"
#include "project/node.h"

namespace weir::project {

struct Project;

struct QueryComment {
  std::string text;  // a template, which may call macros; "" = no comment
  bool append = false;
  Span span;
  QueryComment();  // dbt's: the program, its version, profile and target, the node
};

// A text, or {comment, append}; nothing or an empty text: no comment. Throws Error{bad_project_file}.
QueryComment read_query_comment(const Yaml& value);

// Of the statements of a node or, with nullptr, of others on this connection. Throws what the template throws, and
// Error{bad_project_file} where it holds what would end the comment.
std::string query_comment(const Project& project, const Node* node, const std::string& connection);

}  // namespace weir::project
