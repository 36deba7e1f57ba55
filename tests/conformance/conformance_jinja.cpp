// links: weir_template
// Runs template cases (see jinja/NOTICE for their form) and compares text, or phase and line of errors.
//   conformance_jinja PATH        PATH is a .jsonl file or a folder of them
//   conformance_jinja --answer    reads cases from stdin, writes one answer per line (for tools/fuzz_jinja.py)
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "template/environment.h"
#include "template/evaluation.h"
#include "template/failure.h"
#include "template/object.h"

namespace {

using namespace weir;
using namespace weir::tmpl;

Value quoted_name(const std::string& schema, const std::string& name) {
  return "\"db\".\"" + schema + "\".\"" + name + "\"";
}

class Adapter final : public Object {
 public:
  std::string type_name() const override { return "Adapter"; }
  std::optional<Value> call_method(Evaluation&, std::string_view name, const Arguments& arguments) override {
    if (name != "quote") return std::nullopt;
    return "\"" + Binder("quote", arguments, {"s"}, 1)[0].str() + "\"";
  }
};

void add_functions(Environment& environment) {
  auto add = [&](const char* name, Function function) {
    environment.add_global(name, Value::function(name, std::move(function)));
  };
  auto empty = [](Evaluation&, const Arguments&) -> Value { return ""; };
  add("config", empty);
  add("log", empty);
  add("ref",
      [](Evaluation&, const Arguments& arguments) { return quoted_name("main", arguments.positional.back().str()); });
  add("source", [](Evaluation&, const Arguments& arguments) {
    return quoted_name(arguments.positional.at(0).str(), arguments.positional.at(1).str());
  });
  add("var", [](Evaluation&, const Arguments& arguments) { return Binder("var", arguments, {"n", "d"}, 1)[1]; });
  add("is_incremental", [](Evaluation&, const Arguments&) -> Value { return true; });
  add("run_query", [](Evaluation&, const Arguments&) -> Value { return {}; });
  environment.add_global("this", quoted_name("main", "m"));
  environment.add_global("execute", false);
  environment.add_global("target", Value::dict({{"name", "dev"}, {"type", "duckdb"}, {"schema", "main"}}));
  environment.add_global("flags", Value::dict({{"FULL_REFRESH", false}}));
  environment.add_global("adapter", Value::object(make<Adapter>()));
}

struct Answer {
  std::string text;
  std::string phase;  // of an error
  int line = 0;
  std::string message;
};

// jinja2 leaves a repeated keyword to Python's compiler, so its cases count that as an error of rendering.
std::string phase_of(ErrorCode code) {
  return is_parse_error(code) && code != ErrorCode::template_repeated_keyword ? "parse" : "render";
}

Answer answer(const Json& test) {
  EnvironmentOptions options;
  const Json& env = test.at("env");
  options.trim_blocks = env.at("trim_blocks").as_bool();
  options.lstrip_blocks = env.at("lstrip_blocks").as_bool();
  options.keep_trailing_newline = env.at("keep_trailing_newline").as_bool();
  const std::string& undefined = env.at("undefined").as_string();
  options.undefined = undefined == "strict"      ? UndefinedMode::strict
                      : undefined == "chainable" ? UndefinedMode::chainable
                                                 : UndefinedMode::standard;
  Environment environment(options);
  add_functions(environment);
  environment.set_loader([&](std::string_view name) -> std::optional<std::string> {
    const Json* source = test.at("templates").find(name);
    return source ? std::optional<std::string>(source->as_string()) : std::nullopt;
  });
  TableHost host(Value(test.at("context")).as_dict());
  Answer result;
  try {
    result.text = environment.load(test.at("main").as_string())->render(host);
  } catch (const Error& error) {
    result.phase = phase_of(error.code());
    result.line = error.span() ? error.span()->line : 0;
    result.message = error.message();
  }
  return result;
}

// Empty if they agree.
std::string difference(const Json& test, const Answer& got) {
  const Json* error = test.find("error");
  std::string shown = got.phase.empty() ? Json(got.text).dump()
                                        : got.phase + " error at line " + std::to_string(got.line) + ": " + got.message;
  if (!error) {
    const std::string& expected = test.at("expected").as_string();
    if (got.phase.empty() && got.text == expected) return {};
    return "expected " + Json(expected).dump() + "\n  got      " + shown;
  }
  const std::string& phase = error->at("phase").as_string();
  bool line_agrees =
      phase != "parse" || !error->find("line") || error->at("line").is_null() || error->at("line").as_int() == got.line;
  if (got.phase == phase && line_agrees) return {};
  std::string line = error->find("line") ? error->at("line").dump() : "null";
  return "expected " + phase + " error at line " + line + ": " + error->at("message").dump() + "\n  got      " + shown;
}

std::vector<std::string> lines_of(std::istream& in) {
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);)
    if (!line.empty()) lines.push_back(line);
  return lines;
}

int run_suite(const std::filesystem::path& path) {
  std::vector<std::filesystem::path> files;
  if (std::filesystem::is_directory(path)) {
    for (const auto& entry : std::filesystem::directory_iterator(path))
      if (entry.path().extension() == ".jsonl") files.push_back(entry.path());
  } else if (std::filesystem::exists(path)) {
    files.push_back(path);
  }
  std::sort(files.begin(), files.end());
  size_t passed = 0, failed = 0;
  for (const auto& file : files) {
    std::ifstream in(file);
    for (const std::string& line : lines_of(in)) {
      Json test = Json::parse(line, file.string());
      std::string wrong = difference(test, answer(test));
      if (wrong.empty()) {
        ++passed;
        continue;
      }
      ++failed;
      std::cout << test.at("id").as_string() << " (" << test.at("feature").as_string() << ") "
                << test.at("templates").at(test.at("main").as_string()).dump() << "\n  " << wrong << "\n";
    }
  }
  std::cout << passed << " passed, " << failed << " failed, 0 skipped\n";
  if (passed + failed == 0) std::cout << "no cases in " << path.string() << "\n";
  return failed == 0 && passed > 0 ? 0 : 1;
}

int answer_all() {
  for (std::string line; std::getline(std::cin, line);) {
    Answer got = answer(Json::parse(line));
    Json out = Json::object();
    if (got.phase.empty())
      out.set("text", got.text);
    else
      out.set("phase", got.phase).set("line", got.line).set("message", got.message);
    std::cout << out.dump() << "\n" << std::flush;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: conformance_jinja PATH | --answer\n";
    return 2;
  }
  try {
    return std::string(argv[1]) == "--answer" ? answer_all() : run_suite(argv[1]);
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 2;
  }
}
