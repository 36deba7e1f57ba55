#include "template/evaluation.h"

#include <algorithm>

#include "template/failure.h"
#include "template/interpreter.h"
#include "template/recycle.h"

namespace weir::tmpl {

Bound::Bound(Evaluation& evaluation) { insert_after(evaluation.state().living); }

Evaluation::State::State(Evaluation&) : stack_base(static_cast<const char*>(__builtin_frame_address(0))) {}

Evaluation::State::~State() {
  macros.clear();
  modules.clear();
  imported.clear();
  while (Bound* first = living.next()) {
    first->unlink();
    first->expire();  // may end the life of `first` itself, and of others in the list
  }
  clear_circles(std::move(suspects));
}

Evaluation::Evaluation(const Environment& environment, Host& host)
    : environment_(environment),
      host_(host),
      max_steps_(environment.options().limits.steps),
      max_bytes_(environment.options().limits.output_bytes),
      state_(std::make_unique<State>(*this)) {}

Evaluation::~Evaluation() = default;

namespace {

CallRecord top_record(const Template& file, const Ref<Names>& names) {
  CallRecord record;
  record.file = &file;
  record.names = names.get();
  return record;
}

}  // namespace

std::string Evaluation::render(const Template& file) {
  std::string out;
  Ref<Names> names = fresh_names(*this, file);
  state_->call(*this, top_record(file, names), [&] {
    try {
      run_root(*this, file, names, out, nullptr);
    } catch (ReturnSignal&) {
      runtime_error("return(...) can only be used inside a macro");
    }
    return 0;
  });
  return out;
}

Value Evaluation::render_native(const Template& file) {
  std::string out;
  NativeSink sink;
  Ref<Names> names = fresh_names(*this, file);
  state_->call(*this, top_record(file, names), [&] {
    try {
      run_root(*this, file, names, out, &sink);
    } catch (ReturnSignal&) {
      runtime_error("return(...) can only be used inside a macro");
    }
    return 0;
  });
  return sink.pieces == 1 ? sink.first : Value(std::move(out));
}

Value Evaluation::macro(std::shared_ptr<const Template> file, std::string_view macro_name) {
  const auto& macros = file->program().macros;
  auto found = macros.find(macro_name);
  if (found == macros.end()) return undefined_name(macro_name);
  auto key = std::make_pair(file.get(), found->second);
  if (auto made = state_->macros.find(key); made != state_->macros.end()) return made->second;
  Ref<Activation>& root = state_->modules[file.get()];
  if (!root) {
    state_->files.push_back(file);
    Ref<Names> names = fresh_names(*this, *file);
    root = make<Activation>(*this, Ref<Activation>(), names, file->program().root.slots);
    bool top_used =
        std::any_of(macros.begin(), macros.end(), [](const auto& entry) { return entry.second->uses_root; });
    if (top_used) {
      Ref<Activation> made = root;  // the run may ask for this file's macros itself
      std::string ignored;
      CallRecord record = top_record(*file, names);
      record.what = "top of " + file->name();
      state_->call(*this, std::move(record), [&] {
        Frame frame(*this, made.get(), &ignored);
        file->program().root.scope->enter(frame);
        exec_body(file->program().root.body, frame);
        return 0;
      });
    }
  }
  Value value = make_macro(*this, *found->second, state_->modules[file.get()].get());
  state_->macros[key] = value;
  return value;
}

Value Evaluation::undefined_name(std::string_view name) const {
  return Value::undefined(in_quotes(name) + " is undefined", environment_.options().undefined);
}

Value Evaluation::undefined_member(const Value& object, const Value& key) const {
  std::string what = object.is_none() ? "None" : object.type_name() + " object";
  std::string message =
      key.is_string() ? in_quotes(what) + " has no attribute " + key.repr() : what + " has no element " + key.repr();
  return Value::undefined(std::move(message), environment_.options().undefined);
}

const Template* Evaluation::current_template() const {
  for (auto call = state_->calls.rbegin(); call != state_->calls.rend(); ++call)
    if (call->file) return call->file;
  return nullptr;
}

bool Evaluation::escapes() const { return state_->autoescape(); }

bool Evaluation::in_call() const {
  return std::any_of(state_->calls.begin(), state_->calls.end(), [](const CallRecord& call) { return call.of_macro; });
}

std::string_view Evaluation::current_macro() const {
  for (auto call = state_->calls.rbegin(); call != state_->calls.rend(); ++call)
    if (!call->macro.empty()) return call->macro;
  return {};
}

namespace {

Span span_in(const Template* file, Place place) {
  if (!file) return {};
  const Program& program = file->program();
  return span_at(program.source, program.name, place.line ? place : Place{static_cast<uint32_t>(program.first_line), 1},
                 program.first_line);
}

// The file from which the call at `index` was made.
const Template* caller_of(const std::vector<CallRecord>& calls, size_t index) {
  while (index-- > 0)
    if (calls[index].file) return calls[index].file;
  return nullptr;
}

}  // namespace

Span Evaluation::position() const { return span_in(current_template(), state_->place); }

std::vector<Error::Context> Evaluation::call_stack() const {
  std::vector<Error::Context> stack;
  for (size_t i = state_->calls.size(); i-- > 0;) {
    const CallRecord& call = state_->calls[i];
    if (!call.what.empty()) stack.push_back({call.what, span_in(caller_of(state_->calls, i), call.called_at)});
  }
  return stack;
}

void Evaluation::note_error(Error& error) const {
  if (!error.span()) error.with_span(position());
  const CallRecord& call = state_->calls.back();
  if (call.what.empty() || error.contexts().size() >= 20) return;
  error.add_context(call.what, span_in(caller_of(state_->calls, state_->calls.size() - 1), call.called_at));
}

void Evaluation::throw_step_limit() const {
  limit_error("the template takes too many steps (more than " + std::to_string(max_steps_) + ")");
}

void Evaluation::throw_byte_limit() const {
  limit_error("the template makes too much text (more than " + std::to_string(max_bytes_) + " bytes)");
}

void Evaluation::check_stack() const {
  const char* here = static_cast<const char*>(__builtin_frame_address(0));
  auto used = static_cast<size_t>(here < state_->stack_base ? state_->stack_base - here : here - state_->stack_base);
  if (used > limits().stack_bytes) limit_error("calls are nested too deeply");
}

void Evaluation::note_stored(const Value& container, const Value& item) {
  if (!Raw::is_container(item)) return;
  bool& suspect = container.is_list() ? Raw::list(container).suspect : Raw::dict(container).suspect;
  if (!std::exchange(suspect, true)) state_->suspects.push_back(container);
}

}  // namespace weir::tmpl
