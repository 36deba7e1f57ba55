// Filters that go through an iterable item by item and only as far as they are asked: map, select, batch, ...
#include "template/builtins.h"
#include "template/cells.h"
#include "template/failure.h"
#include "template/operators.h"
#include "template/views.h"

namespace weir::tmpl {

namespace {

using Held = std::vector<Value>;

// The iteration over held[0], begun when the first item is wanted; empty (and nothing else is looked at) if it is
// false.
class Source {
 public:
  explicit Source(Evaluation& evaluation) : evaluation_(&evaluation) {}
  // Is this the first call?
  bool begin(const Value& iterable, bool even_if_false = false) {
    if (begun_) return false;
    begun_ = true;
    if (even_if_false || iterable.truth()) items_ = evaluation_->iterate(iterable);
    return items_ != nullptr;
  }
  bool next(Value& out) {
    if (!items_) return false;
    evaluation_->charge_step();
    return items_->next(out);
  }
  Evaluation& evaluation() const { return *evaluation_; }

 private:
  Evaluation* evaluation_;
  std::shared_ptr<Iteration> items_;
  bool begun_ = false;
};

Value lazily(Evaluation& evaluation, Held held, std::function<bool(Held&, Value&)> next) {
  return generator(evaluation, iteration_of(std::move(held), std::move(next)));
}

// All values of a call, to be held by a generator, and how to get the arguments of a filter or test back.
struct HeldCall {
  std::vector<std::string> names;  // of the last held values
  static Held hold(const Arguments& arguments) {
    Held held = arguments.positional;
    for (const auto& [name, value] : arguments.named) held.push_back(value);
    return held;
  }
  explicit HeldCall(const Arguments& arguments) {
    for (const auto& [name, value] : arguments.named) names.push_back(name);
  }
  size_t positional(const Held& held) const { return held.size() - names.size(); }
  Arguments with(const Value& item, const Held& held, size_t skip) const {
    Arguments arguments;
    arguments.positional.push_back(item);
    size_t end = positional(held);
    for (size_t i = skip; i < end; ++i) arguments.positional.push_back(held[i]);
    for (size_t i = 0; i < names.size(); ++i) arguments.named.emplace_back(names[i], held[end + i]);
    return arguments;
  }
};

const Value& source_of(std::string_view filter, const Arguments& arguments) {
  if (arguments.positional.empty())
    call_error(std::string(filter) + "() missing 1 required positional argument: 'value'");
  return arguments.positional[0];
}

// map(attribute=..., default=...) or map(filter, arguments...)
Value map(Evaluation& evaluation, const Arguments& arguments) {
  source_of("map", arguments);
  bool by_attribute = arguments.positional.size() == 1 && arguments.find("attribute");
  HeldCall call(arguments);
  Arguments options{{}, arguments.named};
  Source source(evaluation);
  std::optional<AttributePath> path;
  bool has_default = false;
  return lazily(evaluation, HeldCall::hold(arguments), [=](Held& held, Value& out) mutable {
    if (source.begin(held[0])) {
      if (by_attribute) {
        Arguments named = call.with(Value(), held, held.size());
        named.positional.clear();
        Binder bind("map", named, {"attribute", "default"}, 1);
        path.emplace(bind[0]);
        has_default = !bind[1].is_none();
      } else if (call.positional(held) < 2) {
        call_error("map requires a filter argument");
      }
    }
    if (!source.next(out)) return false;
    if (!path) {
      out = source.evaluation().filter(held[1].str(), call.with(out, held, 2));
      return true;
    }
    size_t at = 0;
    while (has_default && call.names[at] != "default") ++at;
    out = path->of(source.evaluation(), out, has_default ? &held[call.positional(held) + at] : nullptr);
    return true;
  });
}

Value choose(Evaluation& evaluation, const Arguments& arguments, const char* filter, bool wanted, bool by_attribute) {
  source_of(filter, arguments);
  HeldCall call(arguments);
  Source source(evaluation);
  std::optional<AttributePath> path;
  return lazily(evaluation, HeldCall::hold(arguments), [=](Held& held, Value& out) mutable {
    size_t test = by_attribute ? 2 : 1;
    if (source.begin(held[0]) && by_attribute) {
      if (call.positional(held) < 2) call_error("Missing parameter for attribute name");
      path.emplace(held[1]);
    }
    while (source.next(out)) {
      Value tested = path ? path->of(source.evaluation(), out) : out;
      bool holds = call.positional(held) > test
                       ? source.evaluation().test(held[test].str(), call.with(tested, held, test + 1))
                       : tested.truth();
      if (holds == wanted) return true;
    }
    return false;
  });
}

Value select(Evaluation& e, const Arguments& a) { return choose(e, a, "select", true, false); }
Value reject(Evaluation& e, const Arguments& a) { return choose(e, a, "reject", false, false); }
Value select_attr(Evaluation& e, const Arguments& a) { return choose(e, a, "selectattr", true, true); }
Value reject_attr(Evaluation& e, const Arguments& a) { return choose(e, a, "rejectattr", false, true); }

Value unique(Evaluation& evaluation, const Arguments& arguments) {
  Binder bind("unique", arguments, {"value", "case_sensitive", "attribute"}, 1);
  AttributePath path(bind[2]);
  bool case_sensitive = bind[1].truth();
  Source source(evaluation);
  // held[1] is the dict of the keys seen.
  return lazily(evaluation, {bind[0], Value::dict()}, [=](Held& held, Value& out) mutable {
    source.begin(held[0], true);
    while (source.next(out)) {
      Value key = fold_case(path.of(source.evaluation(), out), case_sensitive);
      Dict& seen = held[1].as_dict();
      if (seen.find(key)) continue;
      seen.set(key, Value());
      return true;
    }
    return false;
  });
}

Value batch(Evaluation& evaluation, const Arguments& arguments) {
  Binder bind("batch", arguments, {"value", "linecount", "fill_with"}, 2);
  Source source(evaluation);
  // held: the iterable, the size, the filler, and the item that began the next batch, if any, in a list.
  return lazily(evaluation, {bind[0], bind[1], bind[2], Value::list()}, [=](Held& held, Value& out) mutable {
    source.begin(held[0], true);
    std::vector<Value> items = held[3].items();
    held[3].list_items().clear();
    Value item;
    bool more = true;
    while ((more = source.next(item))) {
      if (Value(items.size()).equals(held[1])) break;
      items.push_back(item);
    }
    if (more) held[3].list_items().push_back(item);
    if (!more && items.empty()) return false;
    if (!more && !held[2].is_none()) {
      int64_t missing = held[1].as_int() - static_cast<int64_t>(items.size());
      for (; missing > 0; --missing) {
        source.evaluation().charge_step();
        items.push_back(held[2]);
      }
    }
    out = Value::list(std::move(items));
    return true;
  });
}

Value slices(Evaluation& evaluation, const Arguments& arguments) {
  Binder bind("slice", arguments, {"value", "slices", "fill_with"}, 2);
  Source source(evaluation);
  int64_t number = 0, offset = 0;
  return lazily(evaluation, {bind[0], bind[1], bind[2], Value()}, [=](Held& held, Value& out) mutable {
    if (held[3].is_none()) held[3] = Value::list(source.evaluation().to_vector(held[0]));
    const std::vector<Value>& items = held[3].items();
    Value size(items.size());
    // With the operators' own errors for a count that is zero or no number.
    Value each = binary(source.evaluation(), BinaryOp::floor_divide, size, held[1]);
    int64_t extra = binary(source.evaluation(), BinaryOp::modulo, size, held[1]).as_int();
    if (number >= held[1].as_int()) return false;
    source.evaluation().charge_step();
    int64_t start = offset + number * each.as_int();
    if (number < extra) ++offset;
    int64_t end = offset + (number + 1) * each.as_int();
    std::vector<Value> part(items.begin() + start, items.begin() + end);
    if (!held[2].is_none() && number >= extra) part.push_back(held[2]);
    ++number;
    out = Value::list(std::move(part));
    return true;
  });
}

Value items(Evaluation& evaluation, const Arguments& arguments) {
  Binder bind("items", arguments, {"value"}, 1);
  Source source(evaluation);
  bool started = false;
  return lazily(evaluation, {bind[0], Value()}, [=](Held& held, Value& out) mutable {
    if (held[0].is_undefined()) return false;
    bool mapping = held[0].is_dict() || (held[0].is_object() && held[0].as_object()->is_mapping());
    if (!mapping) type_error("Can only get item pairs from a mapping.");
    if (!std::exchange(started, true)) held[1] = source.evaluation().call_method(held[0], "items", {});
    source.begin(held[1], true);
    return source.next(out);
  });
}

}  // namespace

void add_selection_filters(Environment& environment) {
  environment.add_filter("map", map);
  environment.add_filter("select", select);
  environment.add_filter("reject", reject);
  environment.add_filter("selectattr", select_attr);
  environment.add_filter("rejectattr", reject_attr);
  environment.add_filter("unique", unique);
  environment.add_filter("batch", batch);
  environment.add_filter("slice", slices);
  environment.add_filter("items", items);
}

void add_builtin_filters(Environment& environment) {
  add_text_filters(environment);
  add_markup_filters(environment);
  add_number_filters(environment);
  add_sequence_filters(environment);
  add_selection_filters(environment);
}

}  // namespace weir::tmpl
