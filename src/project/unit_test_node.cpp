// The node of a unit test.
#include "base/hash.h"
#include "project/node_parser.h"
#include "project/unit_tests.h"

namespace weir::project {

// The text of the seed that an input without rows means.
std::string NodeParser::seed_text(const std::string& input, const Span& span, const std::string& package,
                                  const std::vector<const Node*>& seeds, const SourceFiles& files) const {
  Capture capture;
  ProjectHost host(rendering_, RenderMode::parse, package);
  host.capture = &capture;
  if (input != "this") rendering_.environment.compile(span.file, "{{ " + input + " }}", span.line)->render(host);
  if (capture.refs.size() != 1)
    throw Error(ErrorCode::bad_schema_yaml,
                "a unit test gives no rows for " + input + ": only a seed's may be left out")
        .with_span(span);
  const Ref& ref = capture.refs.front().ref;
  const std::string& of = ref.package.empty() ? package : ref.package;
  for (const Node* seed : seeds)
    if (seed->name == ref.name && seed->package == of)
      for (const SourceFile& file : files.seeds)
        if (file.package == of && file.file == seed->file) return file.read();
  throw Error(ErrorCode::unknown_ref, "Unable to find seed '" + of + "." + ref.name +
                                          "' for unit tests: no rows are given, and only a seed has some of its own")
      .with_span(span)
      .with_hint("only a seed's rows may be left out: give rows: [] for none");
}

ParsedNode NodeParser::unit_test(const UnitTestEntry& entry, const Node& model, const std::vector<const Node*>& seeds,
                                 const SourceFiles& files) const {
  ParsedNode out = begin(entry.file, ResourceType::unit_test, entry.name);
  Node& node = out.node;
  node.unique_id = "unit_test." + entry.file.package + "." + entry.model + "." + entry.name;
  if (!model.version.empty()) node.unique_id += "_v" + model.version;
  node.version = model.version;
  node.fqn.back() = entry.model;
  node.fqn.push_back(entry.name);
  node.path = node.file = node.patch_file = entry.file.file;
  node.span = entry.yaml.span;
  node.description = entry.description;
  node.unit = read_unit_test(entry.yaml, files.fixtures, [&](const std::string& input, const Span& span) {
    return seed_text(input, span, entry.file.package, seeds, files);
  });
  node.unit->model = entry.model;
  if (model.python) node.unsupported = "unit tests of Python models";
  node.raw_sha256 = sha256_hex(entry.yaml.to_json().dump_sorted());
  Capture capture;
  const auto version = model.version.empty() ? std::nullopt : std::optional(model.version);
  capture.add_ref({{model.package, entry.model, version}, node.span});
  finish(out, capture, entry.config, Json::object());
  return out;
}

}  // namespace weir::project
