#include "project/host.h"

#include <algorithm>
#include <functional>
#include <unordered_map>

#include "base/text.h"
#include "base/time.h"
#include "project/dbt_version.h"
#include "project/input_relation.h"
#include "project/node_values.h"
#include "project/python_datetime.h"
#include "project/relation.h"
#include "project/unit_tests.h"
#include "template/object.h"

namespace weir::project {

using tmpl::Evaluation;
using tmpl::Value;

namespace {

// A package's macros as attributes: dbt_utils.star, dbt.current_timestamp.
class PackageObject final : public tmpl::Object {
 public:
  explicit PackageObject(std::string package) : package_(std::move(package)) {}
  std::string type_name() const override { return "package " + package_; }
  std::optional<Value> get_attr(Evaluation& evaluation, std::string_view name) override {
    const ProjectHost& host = host_of(evaluation);
    if (host.unit)  // its names may stand for a package's macros too
      if (const Value* found = host.unit->names.find(package_ + "." + std::string(name))) return *found;
    const MacroEntry* entry = host.rendering.macros.find(package_, name);
    if (!entry) return std::nullopt;
    return evaluation.macro(entry->file, entry->name);
  }
  std::optional<Value> get_item(Evaluation& evaluation, const Value& key) override {
    return key.is_string() ? get_attr(evaluation, key.as_string()) : std::nullopt;
  }

 private:
  std::string package_;
};

// context['name']: whatever the name means here.
class ContextObject final : public tmpl::Object {
 public:
  std::string type_name() const override { return "context"; }
  std::optional<Value> get_attr(Evaluation& evaluation, std::string_view name) override {
    if (auto found = host_of(evaluation).lookup(evaluation, name)) return found;
    if (const Value* global = evaluation.environment().global(name)) return *global;
    return std::nullopt;
  }
  std::optional<Value> get_item(Evaluation& evaluation, const Value& key) override {
    return key.is_string() ? get_attr(evaluation, key.as_string()) : std::nullopt;
  }
  std::optional<Value> call_method(Evaluation& evaluation, std::string_view name,
                                   const tmpl::Arguments& arguments) override {
    if (name != "get") return std::nullopt;
    tmpl::Binder bind("get", arguments, {"name", "default"}, 1);
    if (auto found = get_item(evaluation, bind[0])) return found;
    return bind.or_default(1, Value());
  }
  std::optional<bool> contains(Evaluation& evaluation, const Value& item) override {
    return get_item(evaluation, item).has_value();
  }
};

Value this_relation(const ProjectHost& host) {
  if (!host.node) return Value();
  const Node& node = *host.node;
  Value value = make_relation(node.place(), relation_kind(node));
  if (host.unit && !host.unit->this_cte.empty()) {
    value.as<Relation>()->cte = host.unit->this_cte;
    host.rendered->ctes.emplace_back("this");
  }
  return value;
}

// Where a materialisation runs, with the SQL that it is of.
Value with_compiled(const ProjectHost& host, Value model) {
  const Value* code = host.extra ? host.extra->find("compiled_code") : nullptr;
  if (!code) return model;
  tmpl::Dict members = model.as_dict();
  members.set(Value("compiled"), Value(true));
  members.set(Value("compiled_code"), *code);
  return Value::dict(std::move(members));
}

// With the batch that is built, if it is a microbatch model's.
Value model_value(const ProjectHost& host) {
  if (!host.node) return Value();
  Value whole = with_compiled(host, node_value(*host.node));
  if (!host.node->microbatch || !host.state || !host.state->batch) return whole;
  const TimeWindow& window = *host.state->batch;
  tmpl::Dict batch;
  batch.set(Value("id"), Value(batch_id(window.start_us, host.node->microbatch->batch_size)));
  batch.set(Value("event_time_start"), datetime_value(window.start_us, 0));
  batch.set(Value("event_time_end"), datetime_value(window.end_us, 0));
  tmpl::Dict members = whole.as_dict();
  members.set(Value("batch"), Value::dict(std::move(batch)));
  return Value::dict(std::move(members));
}

// What came of a node, or the node in it: result.status, result.node.name, result.to_dict().
class ResultObject final : public tmpl::Object {
 public:
  explicit ResultObject(Value whole) : whole_(std::move(whole)) {}
  std::string type_name() const override { return "RunResult"; }
  std::optional<Value> get_attr(Evaluation&, std::string_view name) override {
    const Value* found = whole_.as_dict().find(name);
    if (!found) return std::nullopt;
    return name == "node" && found->is_dict() ? Value::object(tmpl::make<ResultObject>(*found)) : *found;
  }
  std::optional<Value> call_method(Evaluation&, std::string_view name, const tmpl::Arguments&) override {
    return name == "to_dict" ? std::optional(whole_) : std::nullopt;
  }
  std::string repr() const override { return whole_.repr(); }
  std::optional<Value> plain() const override { return whole_; }
  void release_children(std::vector<Value>& out) override { out.push_back(std::move(whole_)); }

 private:
  Value whole_;
};

// What an on-run-end hook sees of the run; empty elsewhere.
Value of_end(const ProjectHost& host, const char* key) {
  const Json* found = host.state && host.state->results ? host.state->results->find(key) : nullptr;
  return found ? Value(*found) : Value::list();
}

Value results_of_end(const ProjectHost& host) {
  const Value results = of_end(host, "results");
  std::vector<Value> out;
  for (const Value& result : results.items()) out.push_back(Value::object(tmpl::make<ResultObject>(result)));
  return Value::list(std::move(out));
}

using Maker = std::function<Value(ProjectHost&)>;

// Names that are values depending on the node or the invocation; functions are globals (add_globals).
const std::unordered_map<std::string_view, Maker>& makers() {
  static const std::unordered_map<std::string_view, Maker> table = {
      {"this", this_relation},
      {"execute", [](ProjectHost& host) { return Value(host.mode == RenderMode::final); }},
      {"target", [](ProjectHost& host) { return host.rendering.target_value; }},
      {"flags", [](ProjectHost& host) { return host.rendering.flags_value; }},
      {"project_name", [](ProjectHost& host) { return Value(host.rendering.macros.root_package()); }},
      {"schema", [](ProjectHost& host) { return host.node ? Value(host.node->schema) : Value(); }},
      {"database", [](ProjectHost& host) { return host.node ? Value(host.node->database) : Value(); }},
      {"model", model_value},
      {"graph", [](ProjectHost& host) { return host.project ? graph_value(*host.project) : Value::dict(); }},
      {"invocation_id",
       [](ProjectHost& host) {
         if (host.capture) host.capture->clock = true;
         return Value(host.rendering.invocation_id);
       }},
      {"run_started_at",
       [](ProjectHost& host) {
         if (host.capture) host.capture->clock = true;
         return datetime_value(host.rendering.started_at_ms * 1000, 0);
       }},
      {"invocation_args_dict", [](ProjectHost& host) { return Value(host.rendering.arguments); }},
      {"dbt_metadata_envs", [](ProjectHost&) { return Value(custom_environment()); }},
      {"thread_id", [](ProjectHost&) { return Value("Thread-1"); }},
      {"dbt_version", [](ProjectHost&) { return Value(dbt_version); }},
      {"selected_resources",
       [](ProjectHost& host) {
         if (!host.state || !host.state->selected) return Value::list();
         return Value::list({host.state->selected->begin(), host.state->selected->end()});
       }},
      {"results", [](ProjectHost& host) { return results_of_end(host); }},
      {"schemas", [](ProjectHost& host) { return of_end(host, "schemas"); }},
      {"database_schemas", [](ProjectHost& host) { return of_end(host, "database_schemas"); }},
      {"pre_hooks", [](ProjectHost& host) { return host.node ? hooks_value(host.node->config->pre_hook) : Value(); }},
      {"post_hooks", [](ProjectHost& host) { return host.node ? hooks_value(host.node->config->post_hook) : Value(); }},
      {"context", [](ProjectHost&) { return Value::object(tmpl::make<ContextObject>()); }},
  };
  return table;
}

// What of these is there when values of YAML files are rendered.
bool in_yaml(std::string_view name) {
  return name == "target" || name == "flags" || name == "project_name" || name == "dbt_version" ||
         name == "invocation_id" || name == "run_started_at";
}

}  // namespace

namespace {

void add_new(std::vector<RefCall>& calls, RefCall call) {
  const auto same = [&](const RefCall& other) { return other.ref == call.ref; };
  if (std::none_of(calls.begin(), calls.end(), same)) calls.push_back(std::move(call));
}

}  // namespace

void Capture::add_ref(RefCall call) {
  each_ref.push_back(call.ref);
  add_new(refs, std::move(call));
}

void Capture::add_called(std::string id) {
  if (std::find(called.begin(), called.end(), id) == called.end()) called.push_back(std::move(id));
}

void Capture::add_function(RefCall call) { add_new(functions, std::move(call)); }

bool Capture::looks_at_the_call() const {
  return clock || std::any_of(macros.begin(), macros.end(), [](const MacroEntry* macro) { return macro->names_call; });
}

void Capture::add_source(SourceCall call) {
  each_source.emplace_back(call.source, call.table);
  const auto same = [&](const SourceCall& other) { return other.source == call.source && other.table == call.table; };
  if (std::none_of(sources.begin(), sources.end(), same)) sources.push_back(std::move(call));
}

std::optional<Value> ProjectHost::lookup(Evaluation& evaluation, std::string_view name) {
  if (extra)
    if (const Value* found = extra->find(name)) return *found;
  if (mode != RenderMode::yaml) {
    if (const MacroEntry* entry = rendering.macros.lookup(package, name))
      return evaluation.macro(entry->file, entry->name);
    if (rendering.macros.is_package(name)) return Value::object(tmpl::make<PackageObject>(std::string(name)));
  } else if (!in_yaml(name)) {
    return std::nullopt;
  }
  const auto maker = makers().find(name);
  if (maker == makers().end()) return std::nullopt;
  return maker->second(*this);
}

void ProjectHost::macro_entered(const tmpl::Template& file, std::string_view macro, bool nested) {
  if (!capture) return;
  const auto note = [&](const MacroEntry* entry) {
    capture->macros.insert(entry);
    if (!nested) capture->add_called(dbts_macro_id(*entry));
  };
  for (const std::string_view place :
       {std::string_view(package), std::string_view(rendering.macros.root_package()), standard_package})
    if (const MacroEntry* entry = rendering.macros.find(place, macro); entry && entry->file.get() == &file)
      return note(entry);
  for (const MacroEntry& entry : rendering.macros.all())
    if (entry.file.get() == &file && entry.name == macro) return note(&entry);
}

ProjectHost& host_of(Evaluation& evaluation) {
  auto* host = dynamic_cast<ProjectHost*>(&evaluation.host());
  require(host != nullptr, "templates of a project are rendered with a ProjectHost");
  return *host;
}

Warehouse& warehouse_of(Evaluation& evaluation, std::string_view what) {
  ProjectHost& host = host_of(evaluation);
  if (host.rendered) host.rendered->asked_warehouse = true;
  if (host.state && host.state->warehouse) return *host.state->warehouse;
  throw Error(ErrorCode::needs_warehouse,
              std::string(what) + " asks the target, which is not opened here: connection never acquired for thread")
      .with_span(evaluation.position());
}

}  // namespace weir::project
