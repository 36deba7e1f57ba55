// Any bytes as a properties file give entries, or errors each of which has a place; the tests in it become nodes or
// such errors.
// links: weir_project
#include <cstdlib>

#include "project/generic_tests.h"
#include "project/rendering.h"
#include "project/schema_yaml.h"

namespace {

using namespace weir;
using namespace weir::project;

void demand(bool ok) {
  if (!ok) std::abort();
}

const Rendering& rendering() {
  static const Rendering made("fuzz", [] {
    tmpl::Limits limits;
    limits.steps = 20'000;
    limits.output_bytes = size_t{1} << 20;
    limits.range_items = 1000;
    return limits;
  }());
  return made;
}

SourceFile place() {
  SourceFile file;
  file.file = file.label = "models/fuzz.yml";
  file.below = "fuzz.yml";
  file.root = "models";
  file.package = "fuzz";
  return file;
}

void check(const Error& error) {
  demand(error.code() != ErrorCode::internal);
  demand(error.span() && error.span()->known() && error.span()->line > 0);
}

void make(const std::vector<TestEntry>& entries, const TestTarget& target) {
  for (const TestEntry& entry : entries) try {
      const GenericTest test = make_generic_test(entry, target, place(), rendering());
      demand(test.node.unique_id.starts_with("test.fuzz.") && test.node.path.size() <= 64 + 4);
    } catch (const Error& error) {
      check(error);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const SourceFile file = place();
  std::vector<Error> errors;
  std::vector<Diagnostic> warnings;
  const SchemaFile schema = read_schema_file({reinterpret_cast<const char*>(data), size}, file,
                                             YamlValues(rendering(), "fuzz"), errors, warnings);
  for (const Error& error : errors) check(error);
  for (const Patch& patch : schema.patches)
    make(patch.tests, {false, patch.name, "", "", "model.fuzz." + patch.name, ""});
  for (const SourceTable& table : schema.sources)
    make(table.tests, {true, table.source + "_" + table.name, table.source, table.name, "source.fuzz", ""});
  return 0;
}
