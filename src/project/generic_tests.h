// Test nodes from entries of `data_tests:`: names, ids and arguments as dbt makes them.
#pragma once

#include <string>

#include "project/host.h"
#include "project/project_file.h"
#include "project/schema_yaml.h"

namespace weir::project {

// What a test is attached to.
struct TestTarget {
  bool is_source = false;
  std::string name;  // of the model; of a source: "<source>_<table>" in names
  std::string source, table;
  std::string unique_id;
  std::string version;  // of a versioned model
};

struct GenericTest {
  Node node;        // config not typed yet: node.config->all holds the test's own
  Capture capture;  // refs, sources, vars met in its arguments
  std::vector<Diagnostic> warnings;
};

// Throws Error{bad_schema_yaml} with the entry's place.
GenericTest make_generic_test(const TestEntry& entry, const TestTarget& target, const SourceFile& file,
                              const Rendering& rendering);

// What a test's own macro says by config() and refers to, met by calling it while nothing is known (execute = false).
// Only for tests with TestInfo::macro.
void note_test_macro(const Node& test, const Rendering& rendering, Capture& capture);

// The arguments with Jinja, and texts that are a call of ref, source, var, env_var or doc, evaluated.
tmpl::Dict test_arguments(const Json& written, ProjectHost& host, const Span& span);
// The same as plain data: relations as their text.
Json plain_arguments(const tmpl::Dict& arguments);

}  // namespace weir::project
