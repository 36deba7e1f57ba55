// links: weir_base

// Any bytes either are a JSON value that is written and read again as the same, or give Error{bad_json} with a place.
#include <cstdlib>

#include "base/json.h"
#include "base/text.h"

namespace {

void demand(bool ok) {
  if (!ok) std::abort();
}

std::optional<weir::Json> parse(std::string_view text) {
  try {
    return weir::Json::parse(text, "fuzz");
  } catch (const weir::Error& error) {
    demand(error.code() == weir::ErrorCode::bad_json && error.span() && error.span()->line > 0);
    return std::nullopt;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto value = parse({reinterpret_cast<const char*>(data), size});
  if (!value) return 0;
  const std::string text = value->dump();
  demand(weir::is_valid_utf8(text));
  demand(parse(text).value().dump() == text);
  demand(parse(value->dump(2)).value().dump() == text);
  demand(parse(value->dump_sorted()).value().dump_sorted() == value->dump_sorted());
  return 0;
}
