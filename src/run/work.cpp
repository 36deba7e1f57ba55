#include "run/work.h"

#include "base/ids.h"
#include "base/text.h"

namespace weir::run {

void Transaction::begin_anew() {
  session_.rollback();
  attempt_ = uuid_v4();
  begin();
}

Error in_node(Error error, const project::Node& node, const project::Rendered* rendered) {
  const std::optional<Span>& span = error.span();
  if (rendered != nullptr && span && span->file.empty() && span->line > 0) {
    Span origin = rendered->origin(span->line, span->column);
    origin.length = span->length;
    if (origin.line > 0) error.with_span(origin);
  }
  std::string what = std::string(project::resource_type_text(node.type)) + " " + node.relation.text();
  return std::move(error.add_context(what, node.span));
}

std::string with_batches(const std::string& code, const std::string& until) {
  return until.empty() ? code : code + ";batches=" + until;
}

std::string with_volatile(const std::string& code, const std::vector<std::string>& functions) {
  return functions.empty() ? code : code + ";volatile=" + join(functions, ",");
}

}  // namespace weir::run
