// {% extends %}, {% block %}, {% include %}, {% import %}.
#include <algorithm>

#include "template/failure.h"
#include "template/interpreter.h"

namespace weir::tmpl {

namespace {

// self.name and super: a block's implementation, called by the template.
class BlockReference final : public Object, public Bound {
 public:
  BlockReference(Evaluation& evaluation, Ref<Names> names, std::string name, size_t index)
      : Bound(evaluation), names_(std::move(names)), name_(std::move(name)), index_(index) {}
  std::string type_name() const override { return "BlockReference"; }
  bool callable() const override { return true; }
  Value call(Evaluation& evaluation, const Arguments& arguments) override {
    Binder("block", arguments, {}, 0);
    std::string text;
    run_block(evaluation, names_, name_, index_, text);
    return names_->autoescape ? Value::markup(std::move(text)) : Value(std::move(text));
  }
  std::optional<Value> get_attr(Evaluation& evaluation, std::string_view name) override;
  void release_children(std::vector<Value>& out) override {
    if (names_) out.push_back(Raw::adopt(Raw::Tag::object, names_.leak()));
  }
  void expire() override { Ref<Names> held = std::move(names_); }

 private:
  Ref<Names> names_;
  std::string name_;
  size_t index_;
};

Value super_of(Evaluation& evaluation, const Ref<Names>& names, const std::string& name, size_t index) {
  if (index + 1 >= names->blocks[name].size())
    return Value::undefined("there is no parent block called " + in_quotes(name) + ".",
                            evaluation.environment().options().undefined);
  return Value::object(make<BlockReference>(evaluation, names, name, index + 1));
}

std::optional<Value> BlockReference::get_attr(Evaluation& evaluation, std::string_view name) {
  if (name != "super") return std::nullopt;
  return super_of(evaluation, names_, name_, index_);
}

// `self`: blocks by name.
class SelfReference final : public Object, public Bound {
 public:
  SelfReference(Evaluation& evaluation, Ref<Names> names) : Bound(evaluation), names_(std::move(names)) {}
  std::string type_name() const override { return "TemplateReference"; }
  std::optional<Value> get_item(Evaluation& evaluation, const Value& key) override {
    if (!key.is_string() || !names_->blocks.count(key.as_string())) return std::nullopt;
    return Value::object(make<BlockReference>(evaluation, names_, key.as_string(), size_t{0}));
  }
  void release_children(std::vector<Value>& out) override {
    if (names_) out.push_back(Raw::adopt(Raw::Tag::object, names_.leak()));
  }
  void expire() override { Ref<Names> held = std::move(names_); }

 private:
  Ref<Names> names_;
};

Value self_of(Evaluation& evaluation, const Ref<Names>& names) {
  return Value::object(make<SelfReference>(evaluation, names));
}

// One of several templates by name: the first that is there.
std::shared_ptr<const Template> select(Evaluation& evaluation, const Value& wanted) {
  if (!wanted.is_list() && !wanted.is_tuple()) return evaluation.environment().load(wanted.as_string());
  std::string names;
  for (const Value& name : wanted.items()) {
    try {
      return evaluation.environment().load(name.as_string());
    } catch (const Error& error) {
      if (error.code() != ErrorCode::template_not_found) throw;
    }
    names += (names.empty() ? "" : ", ") + name.as_string();
  }
  throw Error(ErrorCode::template_not_found, "none of the templates given were found: " + names);
}

CallRecord record_of(const Template& file, const Ref<Names>& names) {
  CallRecord record;
  record.names = names.get();
  record.what = "template " + file.name();
  record.file = &file;
  return record;
}

Value make_module(Evaluation& evaluation, const Template& file, Ref<Names> names) {
  std::string text;
  evaluation.state().call(evaluation, record_of(file, names),
                          [&] { return run_root(evaluation, file, names, text, nullptr); });
  VariableMap exported;
  for (const std::string& name : names->exported) exported[name] = names->own[name];
  return Value::object(make<Module>(evaluation, file.name(), std::move(exported), std::move(text)));
}

// A module without the importing template's variables is made once per evaluation.
Value plain_module(Evaluation& evaluation, const Template& file) {
  auto& imported = evaluation.state().imported;
  if (auto found = imported.find(&file); found != imported.end()) return found->second;
  Ref<Names> names = fresh_names(evaluation, file);
  names->asks_host = false;
  Value module = make_module(evaluation, file, std::move(names));
  imported[&file] = module;
  return module;
}

}  // namespace

Ref<Activation> run_root(Evaluation& evaluation, const Template& file, Ref<Names> names, std::string& out,
                         NativeSink* sink) {
  const RootCode& root = file.program().root;
  auto activation = make<Activation>(evaluation, Ref<Activation>(), names, root.slots);
  Frame frame(evaluation, activation.get(), &out);
  frame.sink = sink;
  root.scope->enter(frame);
  if (root.self_slot >= 0) frame.own(static_cast<uint16_t>(root.self_slot)) = self_of(evaluation, names);
  exec_body(root.body, frame);
  if (activation->parent) {
    std::shared_ptr<const Template> parent = activation->parent;
    evaluation.state().call(evaluation, record_of(*parent, names),
                            [&] { return run_root(evaluation, *parent, names, out, sink); });
  }
  return activation;
}

void run_block(Evaluation& evaluation, Ref<Names> names, std::string_view name, size_t index, std::string& out) {
  auto stack = names->blocks.find(name);
  require(stack != names->blocks.end() && index < stack->second.size(), "a template block is missing");
  const BlockCode& code = *stack->second[index].code;
  CallRecord record;
  record.what = "block " + code.name;
  record.file = code.owner;
  record.names = names.get();
  evaluation.state().call(evaluation, std::move(record), [&] {
    auto activation = make<Activation>(evaluation, Ref<Activation>(), names, code.slots);
    Frame frame(evaluation, activation.get(), &out);
    code.scope->enter(frame);
    if (code.self_slot >= 0) frame.own(static_cast<uint16_t>(code.self_slot)) = self_of(evaluation, names);
    if (code.super_slot >= 0)
      frame.own(static_cast<uint16_t>(code.super_slot)) = super_of(evaluation, names, code.name, index);
    exec_body(*code.body, frame);
    return 0;
  });
}

Flow BlockStmt::exec(Frame& frame) const {
  if (dropped || (check_extended && frame.activation->parent)) return Flow::next;
  Ref<Names> names = frame.activation->names;
  frame.at(place);
  if (required && names->blocks[name].size() <= 1) runtime_error("Required block " + in_quotes(name) + " not found");
  if (scoped) names = names->derived(frame.evaluation, names->file(), visible_values(frame, visible));
  if (frame.sink) {
    std::string text;
    run_block(frame.evaluation, names, name, 0, text);
    frame.sink->add(text, *frame.out);
  } else {
    run_block(frame.evaluation, names, name, 0, *frame.out);
  }
  return Flow::next;
}

Flow Extends::exec(Frame& frame) const {
  frame.at(place);
  if (again || (check_again && frame.activation->parent)) runtime_error("extended multiple times");
  Value wanted = parent->eval(frame);
  frame.at(place);
  std::shared_ptr<const Template> file = frame.evaluation.environment().load(wanted.as_string());
  Names& names = *frame.activation->names;
  for (const auto& block : file->program().inherited) names.blocks[block->name].push_back({block.get()});
  names.parents.push_back(file);
  frame.activation->parent = std::move(file);
  return Flow::next;
}

Flow Include::exec(Frame& frame) const {
  Evaluation& evaluation = frame.evaluation;
  Value wanted = source->eval(frame);
  frame.at(place);
  std::shared_ptr<const Template> file;
  try {
    file = select(evaluation, wanted);
  } catch (const Error& error) {
    if (!ignore_missing || error.code() != ErrorCode::template_not_found) throw;
    return Flow::next;
  }
  evaluation.state().files.push_back(file);
  std::string text;
  if (with_context) {
    Ref<Names> names = frame.activation->names->derived(evaluation, *file, visible_values(frame, visible));
    evaluation.state().call(evaluation, record_of(*file, names),
                            [&] { return run_root(evaluation, *file, names, text, nullptr); });
  } else {
    text = plain_module(evaluation, *file).str();
  }
  if (frame.sink)
    frame.sink->add(text, *frame.out);
  else
    *frame.out += text;
  return Flow::next;
}

Flow Import::exec(Frame& frame) const {
  Evaluation& evaluation = frame.evaluation;
  Value wanted = source->eval(frame);
  frame.at(place);
  std::shared_ptr<const Template> file = evaluation.environment().load(wanted.as_string());
  evaluation.state().files.push_back(file);
  Value module;
  if (with_context) {
    Ref<Names> names = frame.activation->names->derived(evaluation, *file, visible_values(frame, visible));
    module = make_module(evaluation, *file, std::move(names));
  } else {
    module = plain_module(evaluation, *file);
  }
  Names& names = *frame.activation->names;
  auto publish = [&](const std::string& name, const Value& value, Slot slot) {
    frame.slot(slot) = value;
    if (!toplevel) return;
    names.own[name] = value;
    names.exported.erase(std::remove(names.exported.begin(), names.exported.end(), name), names.exported.end());
  };
  if (!whole.empty()) publish(whole, module, slots[0]);
  for (size_t i = 0; i < this->names.size(); ++i) {
    const auto& [name, alias] = this->names[i];
    const Value* found = module.as<Module>()->find(name);
    publish(alias,
            found ? *found
                  : Value::undefined("the template " + in_quotes(file->name()) +
                                         " does not export the requested name " + in_quotes(name),
                                     evaluation.environment().options().undefined),
            slots[i]);
  }
  return Flow::next;
}

}  // namespace weir::tmpl
