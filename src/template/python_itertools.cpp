#include "template/python_itertools.h"

#include <algorithm>
#include <numeric>

#include "base/error.h"
#include "template/arguments.h"
#include "template/evaluation.h"
#include "template/object.h"

namespace weir::tmpl {

namespace {

using Values = std::vector<Value>;

class ChainFunction final : public Object {
 public:
  std::string type_name() const override { return "type"; }
  bool callable() const override { return true; }
  Value call(Evaluation& evaluation, const Arguments& arguments) override {
    return joined(evaluation, arguments.positional);
  }
  std::optional<Value> call_method(Evaluation& evaluation, std::string_view name, const Arguments& arguments) override {
    if (name != "from_iterable") return std::nullopt;
    return joined(evaluation, evaluation.to_vector(Binder("from_iterable", arguments, {"iterable"}, 1)[0]));
  }

 private:
  static Value joined(Evaluation& evaluation, const Values& iterables) {
    Values out;
    for (const Value& iterable : iterables)
      for (Value& item : evaluation.to_vector(iterable)) out.push_back(std::move(item));
    return Value::list(std::move(out));
  }
};

Value product(Evaluation& evaluation, const Arguments& arguments) {
  std::vector<Values> pools;
  for (const Value& iterable : arguments.positional) pools.push_back(evaluation.to_vector(iterable));
  if (const Value* repeat = arguments.find("repeat")) {
    const std::vector<Values> once = pools;
    pools.clear();
    for (int64_t i = 0; i < repeat->as_int(); i++) pools.insert(pools.end(), once.begin(), once.end());
  }
  std::vector<Values> rows = {{}};
  for (const Values& pool : pools) {
    std::vector<Values> longer;
    for (const Values& row : rows)
      for (const Value& item : pool) {
        evaluation.charge_step();
        longer.push_back(row);
        longer.back().push_back(item);
      }
    rows = std::move(longer);
  }
  Values out;
  for (Values& row : rows) out.push_back(Value::tuple(std::move(row)));
  return Value::list(std::move(out));
}

// Choices of `size` items by position, in the order Python gives them.
void add_choices(Evaluation& evaluation, const Values& pool, size_t size, bool ordered, std::vector<size_t>& taken,
                 Values& out) {
  if (taken.size() == size) {
    Values row;
    for (const size_t i : taken) row.push_back(pool[i]);
    evaluation.charge_step();
    out.push_back(Value::tuple(std::move(row)));
    return;
  }
  for (size_t i = ordered || taken.empty() ? 0 : taken.back() + 1; i < pool.size(); i++) {
    if (std::find(taken.begin(), taken.end(), i) != taken.end()) continue;
    taken.push_back(i);
    add_choices(evaluation, pool, size, ordered, taken, out);
    taken.pop_back();
  }
}

Value choices(Evaluation& evaluation, const Arguments& arguments, bool ordered) {
  Binder bind(ordered ? "permutations" : "combinations", arguments, {"iterable", "r"}, ordered ? 1 : 2);
  const Values pool = evaluation.to_vector(bind[0]);
  const int64_t size = bind.given(1) ? bind[1].as_int() : static_cast<int64_t>(pool.size());
  Values out;
  std::vector<size_t> taken;
  if (size >= 0 && static_cast<size_t>(size) <= pool.size())
    add_choices(evaluation, pool, static_cast<size_t>(size), ordered, taken, out);
  return Value::list(std::move(out));
}

Value zip_longest(Evaluation& evaluation, const Arguments& arguments) {
  const Value* fill = arguments.find("fillvalue");
  std::vector<Values> columns;
  size_t rows = 0;
  for (const Value& iterable : arguments.positional) {
    columns.push_back(evaluation.to_vector(iterable));
    rows = std::max(rows, columns.back().size());
  }
  Values out;
  for (size_t i = 0; i < rows; i++) {
    Values row;
    for (const Values& column : columns) row.push_back(i < column.size() ? column[i] : fill ? *fill : Value());
    out.push_back(Value::tuple(std::move(row)));
  }
  return Value::list(std::move(out));
}

Value islice(Evaluation& evaluation, const Arguments& arguments) {
  Binder bind("islice", arguments, {"iterable", "start", "stop", "step"}, 2);
  const Values items = evaluation.to_vector(bind[0]);
  const bool only_stop = !bind.given(2);
  const int64_t size = static_cast<int64_t>(items.size());
  const int64_t start = only_stop || bind[1].is_none() ? 0 : bind[1].as_int();
  const Value& end = only_stop ? bind[1] : bind[2];
  const int64_t stop = end.is_none() ? size : std::min(size, end.as_int());
  const int64_t step = bind.given(3) && !bind[3].is_none() ? bind[3].as_int() : 1;
  if (start < 0 || step < 1) throw Error(ErrorCode::template_call, "islice() takes no negative numbers");
  Values out;
  for (int64_t i = start; i < stop; i += step) out.push_back(items[static_cast<size_t>(i)]);
  return Value::list(std::move(out));
}

Value accumulate(Evaluation& evaluation, const Arguments& arguments) {
  Binder bind("accumulate", arguments, {"iterable", "func"}, 1);
  Values out;
  for (const Value& item : evaluation.to_vector(bind[0])) {
    if (out.empty()) {
      out.push_back(item);
    } else if (bind.given(1)) {
      Arguments two;
      two.positional = {out.back(), item};
      out.push_back(evaluation.call(bind[1], two));
    } else if (out.back().is_small_int() && item.is_small_int()) {
      out.push_back(Value(out.back().as_int() + item.as_int()));
    } else {
      out.push_back(Value(out.back().as_real() + item.as_real()));
    }
  }
  return Value::list(std::move(out));
}

Value repeat(Evaluation& evaluation, const Arguments& arguments) {
  Binder bind("repeat", arguments, {"object", "times"}, 2);
  Values out;
  for (int64_t i = 0; i < bind[1].as_int(); i++) {
    evaluation.charge_step();
    out.push_back(bind[0]);
  }
  return Value::list(std::move(out));
}

}  // namespace

Value itertools_module() {
  Dict members;
  members.set(Value("chain"), Value::object(make<ChainFunction>()));
  const auto add = [&members](const char* name, Function function) {
    members.set(Value(name), Value::function(name, std::move(function)));
  };
  add("product", product);
  add("permutations", [](Evaluation& e, const Arguments& a) { return choices(e, a, true); });
  add("combinations", [](Evaluation& e, const Arguments& a) { return choices(e, a, false); });
  add("zip_longest", zip_longest);
  add("islice", islice);
  add("accumulate", accumulate);
  add("repeat", repeat);
  return Value::object(make<Record>("module itertools", std::move(members)));
}

}  // namespace weir::tmpl
