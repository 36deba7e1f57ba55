// The running parts of an evaluation: variables, activations, frames.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "template/ast.h"
#include "template/bound.h"
#include "template/cells.h"
#include "template/evaluation.h"
#include "template/program.h"
#include "template/statements.h"

namespace weir::tmpl {

struct TextHash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};
using VariableMap = std::unordered_map<std::string, Value, TextHash, std::equal_to<>>;

// The variables of one rendering of one template (Jinja's context): what it exports, what was given to it, and whether
// the host is asked for the rest.
class Names final : public Cell, public Bound {
 public:
  Names(Evaluation& evaluation, const Template& file) : Bound(evaluation), file_(file) {}
  std::optional<Value> find(Evaluation& evaluation, std::string_view name) const;
  const Template& file() const { return file_; }
  // A copy that also knows `locals`; for includes, imports and scoped blocks.
  Ref<Names> derived(Evaluation& evaluation, const Template& file, const VariableMap& locals) const;
  void release_children(std::vector<Value>& out) override;
  void expire() override;

  VariableMap own;    // set at the template's top
  VariableMap given;  // from the including template
  std::vector<std::string> exported;
  bool asks_host = true;
  bool autoescape = false;  // inside {% autoescape true %}
  struct BlockEntry {
    const BlockCode* code;
  };
  std::map<std::string, std::vector<BlockEntry>, std::less<>> blocks;  // the most derived first
  std::vector<std::shared_ptr<const Template>> parents;                // kept alive

 private:
  const Template& file_;
};

// The variables of one call of a function.
class Activation final : public Cell, public Bound {
 public:
  Activation(Evaluation& evaluation, Ref<Activation> outer_activation, Ref<Names> context, size_t slot_count)
      : Bound(evaluation),
        outer(std::move(outer_activation)),
        names(std::move(context)),
        slots(slot_count, Raw::missing()) {}
  void release_children(std::vector<Value>& out) override;
  void expire() override;
  Ref<Activation> outer;
  Ref<Names> names;
  std::vector<Value> slots;
  std::shared_ptr<const Template> parent;  // of a root: what it extends
};

// What native rendering collects: the one value, or the text of several.
struct NativeSink {
  size_t pieces = 0;
  Value first;
  void add(const Value& value, std::string& text);
};

class Frame {
 public:
  Frame(Evaluation& owner, Activation* variables, std::string* text)
      : evaluation(owner), activation(variables), out(text) {}
  Value& slot(Slot at) {
    Activation* home = activation;
    for (uint16_t i = 0; i < at.depth; ++i) home = home->outer.get();
    return home->slots[at.index];
  }
  Activation& home(Slot at) {
    Activation* home = activation;
    for (uint16_t i = 0; i < at.depth; ++i) home = home->outer.get();
    return *home;
  }
  Value& own(uint16_t index) { return activation->slots[index]; }
  // Reads a variable, looking an unresolved one up; missing if there is none.
  const Value& read(Slot at, std::string_view name);
  void at(Place place);  // evaluation stands here now

  Evaluation& evaluation;
  Activation* activation;
  std::string* out;
  NativeSink* sink = nullptr;
  const Value* block_text = nullptr;
  Value returned;
};

// Redirects a frame's output while it lives.
class Capture {
 public:
  explicit Capture(Frame& frame) : frame_(frame), out_(frame.out), sink_(frame.sink) {
    frame.out = &text;
    frame.sink = nullptr;
  }
  ~Capture() {
    frame_.out = out_;
    frame_.sink = sink_;
  }
  Capture(const Capture&) = delete;
  std::string text;

 private:
  Frame& frame_;
  std::string* out_;
  NativeSink* sink_;
};

// dbt's return(value) on its way out of what is no macro itself; caught by the macro around it.
struct ReturnSignal {
  Value value;
};

struct CallRecord {
  std::string what;        // "macro cents"; empty for the template that was rendered
  std::string_view macro;  // its name, if it is one
  const Template* file = nullptr;
  const Names* names = nullptr;  // the variables it runs with
  Place called_at;
  bool of_macro = false;  // or of the block of a call
};

struct Evaluation::State {
  explicit State(Evaluation& evaluation);
  ~State();
  Place place;
  std::vector<CallRecord> calls;
  Bound living;  // head of the list
  std::vector<Value> suspects;
  std::map<const Template*, Ref<Activation>> modules;  // roots of files whose macros are used
  std::map<std::pair<const Template*, const MacroCode*>, Value> macros;
  std::vector<std::shared_ptr<const Template>> files;  // kept alive
  std::map<const Template*, Value> imported;           // modules without context
  std::optional<std::minstd_rand> random;              // made when first asked for: few templates do
  bool autoescape() const { return !calls.empty() && calls.back().names && calls.back().names->autoescape; }
  const char* stack_base;
  // Runs `work` as the call described; adds the call to errors that pass.
  template <class Work>
  auto call(Evaluation& evaluation, CallRecord record, Work work);
};

template <class Work>
auto Evaluation::State::call(Evaluation& evaluation, CallRecord record, Work work) {
  evaluation.charge_step();
  evaluation.check_stack();
  if (calls.size() >= evaluation.limits().call_depth)
    throw Error(ErrorCode::template_limit, "calls are nested too deeply: " + std::to_string(calls.size()) + " levels");
  record.called_at = place;
  calls.push_back(std::move(record));
  struct Leave {
    State& state;
    ~Leave() {
      state.place = state.calls.back().called_at;
      state.calls.pop_back();
    }
  } leave{*this};
  try {
    return work();
  } catch (Error& error) {
    evaluation.note_error(error);
    throw;
  }
}

inline void Frame::at(Place place) { evaluation.state().place = place; }

// Runs a template's top into `out` with the given variables; returns its activation.
Ref<Activation> run_root(Evaluation& evaluation, const Template& file, Ref<Names> names, std::string& out,
                         NativeSink* sink);
// Runs a block (the `index`-th implementation) into `out`.
void run_block(Evaluation& evaluation, Ref<Names> names, std::string_view name, size_t index, std::string& out);
// Gives an assignment target a value.
void assign(Frame& frame, const Expr& target, const Value& value);
Value make_macro(Evaluation& evaluation, const MacroCode& code, Activation* closure);
// The variables that a template starts with.
Ref<Names> fresh_names(Evaluation& evaluation, const Template& file);
VariableMap visible_values(Frame& frame, const VisibleNames& visible);

// The module objects of import.
class Module final : public Object, public Bound {
 public:
  Module(Evaluation& evaluation, std::string name, VariableMap exported, std::string text)
      : Bound(evaluation), name_(std::move(name)), exported_(std::move(exported)), text_(std::move(text)) {}
  std::string type_name() const override { return "TemplateModule"; }
  std::optional<Value> get_attr(Evaluation& evaluation, std::string_view name) override;
  const Value* find(std::string_view name) const;
  std::string str() const override { return text_; }
  std::string repr() const override { return "<TemplateModule '" + name_ + "'>"; }
  const std::string& name() const { return name_; }
  void release_children(std::vector<Value>& out) override;
  void expire() override { VariableMap held = std::move(exported_); }

 private:
  std::string name_;
  VariableMap exported_;
  std::string text_;
};

class NamespaceObject final : public Object, public Bound {
 public:
  NamespaceObject(Evaluation& evaluation, Dict members) : Bound(evaluation), members_(std::move(members)) {}
  std::string type_name() const override { return "Namespace"; }
  std::optional<Value> get_attr(Evaluation& evaluation, std::string_view name) override;
  bool set_attr(std::string_view name, Value value) override;
  std::string repr() const override;
  void write_repr(Reprs& reprs) const override;
  void release_children(std::vector<Value>& out) override;
  void expire() override { std::vector<Dict::Entry> held = members_.take_entries(); }

 private:
  Dict members_;
};

}  // namespace weir::tmpl
