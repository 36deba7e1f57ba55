// Any bytes as a template give text, the same text again, or an error of the template with a place in it. The first
// byte chooses the syntax options.
// links: weir_template
#include <cstdlib>
#include <string>
#include <string_view>

#include "template/environment.h"
#include "template/evaluation.h"
#include "template/object.h"

namespace {

using namespace weir;
using namespace weir::tmpl;

void demand(bool ok) {
  if (!ok) std::abort();
}

EnvironmentOptions options_of(uint8_t choice) {
  EnvironmentOptions options;
  options.trim_blocks = choice & 1;
  options.lstrip_blocks = choice & 2;
  options.keep_trailing_newline = choice & 4;
  options.dbt_blocks = choice & 8;
  options.undefined = choice & 16   ? UndefinedMode::strict
                      : choice & 32 ? UndefinedMode::chainable
                                    : UndefinedMode::standard;
  options.limits.steps = 20'000;
  options.limits.output_bytes = size_t{1} << 20;
  options.limits.range_items = 1000;
  return options;
}

Dict names() {
  Value row = Value::dict({{"id", 1}, {"name", "bob"}, {"tags", Value::list({"a", "b"})}});
  return {{"s", "text <b> \u00e9"},
          {"n", 42},
          {"f", 2.5},
          {"b", true},
          {"xs", Value::list({3, 1, 2})},
          {"d", Value::dict({{"a", 1}, {"k", "v"}})},
          {"rows", Value::list({row, row})}};
}

// Text, or the code of the error.
std::string outcome(const Environment& environment, const std::string& source, bool native) {
  TableHost host(names());
  try {
    auto file = environment.compile("main", source);
    for (const Block& block : file->blocks()) demand(block.source.find(block.body) != std::string_view::npos);
    if (!native) return file->render(host);
    Value value = file->render_native(host);
    return value.is_object() ? "object" : value.repr();
  } catch (const Error& error) {
    int code = static_cast<int>(error.code());
    demand(code > 400 && code < 500);
    demand(error.span() && error.span()->line > 0 && !error.message().empty());
    return code_text(error.code());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  Environment environment(options_of(data[0]));
  std::string source(reinterpret_cast<const char*>(data) + 1, size - 1);
  environment.set_loader([&](std::string_view name) -> std::optional<std::string> {
    return name == "self" ? std::optional<std::string>(source) : std::nullopt;
  });
  std::string first = outcome(environment, source, false);
  // What is taken by chance may differ; all else is the same each time.
  bool by_chance = source.find("random") != std::string::npos || first.find(" at 0x") != std::string::npos;
  demand(by_chance || outcome(environment, source, false) == first);
  outcome(environment, source, true);
  (void)parse_python_literal(source);
  return 0;
}
