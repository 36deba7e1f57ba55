// links: weir_base

// Any bytes either are a YAML document, whose scalars resolve to JSON that can be read again, or give Error{bad_yaml}.
#include <cstdlib>

#include "base/text.h"
#include "base/yaml.h"

namespace {

void demand(bool ok) {
  if (!ok) std::abort();
}

// Every node has a place inside of the text.
void check_places(const weir::Yaml& node) {
  demand(node.span.line > 0 && node.span.column > 0);
  for (const auto& item : node.items) check_places(item);
  for (const auto& [key, value] : node.members) {
    check_places(key);
    check_places(value);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const weir::Yaml document = weir::Yaml::parse({reinterpret_cast<const char*>(data), size}, "fuzz");
    check_places(document);
    const std::string text = document.to_json().dump();
    demand(weir::is_valid_utf8(text));
    weir::Json::parse(text);
  } catch (const weir::Error& error) {
    demand(error.code() == weir::ErrorCode::bad_yaml && error.span() && error.span()->line > 0);
  }
  return 0;
}
