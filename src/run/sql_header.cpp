#include "run/sql_header.h"

#include "base/text.h"

namespace weir::run {

std::string begin_sql_header(engine::Session& session, const project::Node& node) {
  const std::string header(trim(node.config->sql_header));
  if (header.empty()) return {};
  if (!header.ends_with(';')) return node.config->sql_header + "\n";
  session.execute(header);
  return {};
}

}  // namespace weir::run
