#include "template/failure.h"

#include "template/text.h"

namespace weir::tmpl {

void type_error(std::string message) { throw Error(ErrorCode::template_type, std::move(message)); }
void value_error(std::string message) { throw Error(ErrorCode::template_value, std::move(message)); }
void limit_error(std::string message) { throw Error(ErrorCode::template_limit, std::move(message)); }
void forbidden_error(std::string message) { throw Error(ErrorCode::template_forbidden, std::move(message)); }
void runtime_error(std::string message) { throw Error(ErrorCode::template_runtime, std::move(message)); }
void call_error(std::string message) { throw Error(ErrorCode::template_call, std::move(message)); }

std::string in_quotes(std::string_view text) {
  std::string out;
  append_repr(out, text);
  return out;
}

void check_value_depth(int depth) {
  if (depth > kMaxValueDepth) limit_error("values are nested too deeply (more than 900 levels)");
}

}  // namespace weir::tmpl
