#include "lint/jinja_reader.h"

#include <memory>

#include "base/text.h"
#include "template/arguments.h"
#include "template/environment.h"
#include "template/evaluation.h"

namespace weir::lint {

namespace {

using tmpl::Arguments;
using tmpl::Value;

tmpl::EnvironmentOptions jinja_options() {
  tmpl::EnvironmentOptions options;
  options.keep_trailing_newline = true;
  options.dbt_blocks = true;
  return options;
}

class JinjaTemplater {
 public:
  JinjaTemplater(const Config& config, std::string label) : environment_(jinja_options()), label_(std::move(label)) {
    if (config.flag("templater:jinja", "apply_dbt_builtins")) add_dbt();
    const auto& sections = config.sections();
    if (const auto context = sections.find("templater:jinja:context"); context != sections.end())
      for (const auto& [name, text] : context->second) {
        auto value = tmpl::parse_python_literal(text);
        host_.names().set(Value(name), value ? *value : Value(text));
      }
    if (const auto macros = sections.find("templater:jinja:macros"); macros != sections.end())
      for (const auto& [name, text] : macros->second) macros_ += trim(text);
  }

  const std::string& label() const { return label_; }
  std::string render(const std::string& text) { return environment_.compile(label_, macros_ + text)->render(host_); }

 private:
  void add(const char* name, tmpl::Function function) {
    host_.names().set(Value(name), Value::function(name, std::move(function)));
  }

  void add_dbt() {
    add("ref", [](tmpl::Evaluation&, const Arguments& arguments) {
      return arguments.positional.empty() ? Value("") : Value(arguments.positional.back().str());
    });
    add("source", [](tmpl::Evaluation&, const Arguments& arguments) {
      std::vector<std::string> parts;
      for (const Value& each : arguments.positional) parts.push_back(each.str());
      return Value(join(parts, "_"));
    });
    add("config", [](tmpl::Evaluation&, const Arguments&) { return Value(""); });
    add("var", [](tmpl::Evaluation&, const Arguments&) { return Value("item"); });
    add("is_incremental", [](tmpl::Evaluation&, const Arguments&) { return Value(true); });
    host_.names().set(Value("this"), Value("this_model"));
  }

  tmpl::Environment environment_;
  tmpl::TableHost host_;
  std::string label_, macros_;
};

}  // namespace

Reader jinja_reader(const Config& config, std::string label) {
  auto templater = std::make_shared<JinjaTemplater>(config, std::move(label));
  return [templater](const std::string& source) {
    return trace_template(
        source, [&](const std::string& text) { return templater->render(text); }, templater->label());
  };
}

Reader raw_reader() {
  return [](const std::string& source) { return std::vector<TemplatedFile>{plain_file(source)}; };
}

}  // namespace weir::lint
