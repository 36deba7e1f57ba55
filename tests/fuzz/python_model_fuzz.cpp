// links: weir_project

// Any bytes either are Python in which calls are found, or give errors with a place; and any bytes are searched for
// statements that reach beyond the target, each found within the text.
#include <cstdint>
#include <cstdlib>

#include "base/text.h"
#include "project/foreign_statement.h"
#include "project/python_source.h"

namespace {

void demand(bool ok) {
  if (!ok) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const weir::project::PythonSource source = weir::project::read_python_source(text, "models/m.py");
  for (const auto& call : source.calls) {
    demand(call.span.line > 0 && call.span.column > 0);
    for (const auto& value : call.arguments) weir::Json::parse(value.dump());
  }
  for (const weir::Error& error : source.errors)
    demand(error.code() == weir::ErrorCode::bad_python_model && error.span() && error.span()->line > 0);
  for (const auto& found : weir::project::foreign_statements(text, "/projects/shop"))
    demand(found.at <= size && !found.kind.empty());
  return 0;
}
