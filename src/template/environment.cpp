#include "template/environment.h"

#include <map>
#include <mutex>

#include "template/binder.h"
#include "template/builtins.h"
#include "template/parser.h"
#include "template/program.h"

namespace weir::tmpl {

struct Environment::Tables {
  std::map<std::string, Function, std::less<>> filters, tests;
  std::map<std::string, Value, std::less<>> globals;
  Loader loader;
  std::mutex mutex;  // guards `loaded`
  std::map<std::string, std::shared_ptr<const Template>, std::less<>> loaded;
};

Environment::Environment(EnvironmentOptions options) : options_(options), tables_(std::make_unique<Tables>()) {
  add_builtin_filters(*this);
  add_builtin_tests(*this);
  add_builtin_globals(*this);
}

Environment::~Environment() = default;

void Environment::add_filter(std::string name, Function function) {
  tables_->filters[std::move(name)] = std::move(function);
}

void Environment::add_test(std::string name, Function function) {
  tables_->tests[std::move(name)] = std::move(function);
}

void Environment::add_global(std::string name, Value value) { tables_->globals[std::move(name)] = value.freeze(); }

void Environment::set_loader(Loader loader) { tables_->loader = std::move(loader); }

const Function* Environment::filter(std::string_view name) const {
  auto found = tables_->filters.find(name);
  return found == tables_->filters.end() ? nullptr : &found->second;
}

const Function* Environment::test(std::string_view name) const {
  auto found = tables_->tests.find(name);
  return found == tables_->tests.end() ? nullptr : &found->second;
}

const Value* Environment::global(std::string_view name) const {
  auto found = tables_->globals.find(name);
  return found == tables_->globals.end() ? nullptr : &found->second;
}

namespace {

template <typename T>
std::vector<std::string> keys_of(const std::map<std::string, T, std::less<>>& table) {
  std::vector<std::string> names;
  for (const auto& [name, value] : table) names.push_back(name);
  return names;
}

}  // namespace

std::vector<std::string> Environment::filter_names() const { return keys_of(tables_->filters); }
std::vector<std::string> Environment::test_names() const { return keys_of(tables_->tests); }
std::vector<std::string> Environment::global_names() const { return keys_of(tables_->globals); }

std::shared_ptr<const Template> Environment::compile(std::string name, std::string source, int first_line) const {
  auto program = std::make_unique<Program>();
  program->name = std::move(name);
  program->source = normalize_newlines(source);
  program->first_line = first_line;
  Parser parser(options_, *program);
  parser.run();
  Binding(*this, *program).run();
  if (parser.late_error()) throw *parser.late_error();
  list_called_names(*program);
  return std::make_shared<const Template>(*this, std::move(program));
}

std::shared_ptr<const Template> Environment::load(std::string_view name) const {
  {
    std::lock_guard lock(tables_->mutex);
    if (auto found = tables_->loaded.find(name); found != tables_->loaded.end()) return found->second;
  }
  std::optional<std::string> source = tables_->loader ? tables_->loader(name) : std::nullopt;
  if (!source) throw Error(ErrorCode::template_not_found, std::string(name));
  auto compiled = compile(std::string(name), std::move(*source));
  std::lock_guard lock(tables_->mutex);
  return tables_->loaded.try_emplace(std::string(name), std::move(compiled)).first->second;
}

std::string render_text(const Environment& environment, std::string name, std::string text, Host& host) {
  return environment.compile(std::move(name), std::move(text))->render(host);
}

}  // namespace weir::tmpl
