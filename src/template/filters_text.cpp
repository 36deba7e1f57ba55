// Filters that make text of text.
#include "template/builtins.h"
#include "template/cells.h"
#include "template/failure.h"
#include "template/format.h"
#include "template/methods.h"
#include "template/operators.h"
#include "template/unicode.h"

namespace weir::tmpl {

namespace {

// A method of str called on the printed value.
Value text_method(Evaluation& evaluation, const Value& value, std::string_view method,
                  std::vector<Value> arguments = {}) {
  return evaluation.call_method(soft_text(value), method, Arguments{std::move(arguments), {}});
}

Value upper(Evaluation& evaluation, const Arguments& arguments) {
  return text_method(evaluation, Binder("upper", arguments, {"s"}, 1)[0], "upper");
}

Value lower(Evaluation& evaluation, const Arguments& arguments) {
  return text_method(evaluation, Binder("lower", arguments, {"s"}, 1)[0], "lower");
}

Value capitalize(Evaluation& evaluation, const Arguments& arguments) {
  return text_method(evaluation, Binder("capitalize", arguments, {"s"}, 1)[0], "capitalize");
}

Value trim(Evaluation& evaluation, const Arguments& arguments) {
  Binder bind("trim", arguments, {"value", "chars"}, 1);
  return text_method(evaluation, bind[0], "strip", {bind[1]});
}

Value center(Evaluation& evaluation, const Arguments& arguments) {
  Binder bind("center", arguments, {"value", "width"}, 1);
  return text_method(evaluation, bind[0], "center", {bind.or_default(1, 80)});
}

// Words begin after blanks and the characters - ( { [ <.
Value title(Evaluation& evaluation, const Arguments& arguments) {
  Value text = soft_text(Binder("title", arguments, {"s"}, 1)[0]);
  std::string_view rest = text.as_string();
  std::string out;
  auto separates = [](char32_t c) {
    return has_flag(c, char_space) || c == '-' || c == '(' || c == '{' || c == '[' || c == '<';
  };
  for (size_t at = 0; at < rest.size();) {
    size_t start = at;
    char32_t c = next_char(rest, at);
    if (separates(c)) {
      append_char(out, c);
      continue;
    }
    size_t tail = at, end = at;
    while (end < rest.size() && !separates(next_char(rest, end))) at = end;
    append_case(out, to_chars(rest.substr(start, tail - start))[0], CaseForm::upper);
    out += to_lower(rest.substr(tail, at - tail));
  }
  evaluation.charge_bytes(out.size());
  return out;
}

Value replace(Evaluation& evaluation, const Arguments& arguments) {
  Binder bind("replace", arguments, {"s", "old", "new", "count"}, 3);
  Value count = bind[3].is_none() ? Value(-1) : bind[3];
  if (evaluation.escapes()) {
    bool escaped = bind[1].is_markup() || (bind[2].is_markup() && !bind[0].is_markup());
    Value text = escaped ? escape_value(bind[0]) : soft_text(bind[0]);
    return evaluation.call_method(text, "replace", Arguments{{soft_text(bind[1]), soft_text(bind[2]), count}, {}});
  }
  return evaluation.call_method(bind[0].str(), "replace", Arguments{{bind[1].str(), bind[2].str(), count}, {}});
}

Value format(Evaluation& evaluation, const Arguments& arguments) {
  if (arguments.positional.empty()) call_error("format() missing 1 required positional argument: 'value'");
  std::vector<Value> rest(arguments.positional.begin() + 1, arguments.positional.end());
  if (!rest.empty() && !arguments.named.empty())
    call_error("can't handle positional and keyword arguments at the same time");
  Dict named;
  for (const auto& [name, value] : arguments.named) named.set(name, value);
  Value values = named.empty() ? Value::tuple(std::move(rest)) : Value::dict(std::move(named));
  return format_percent(evaluation, soft_text(arguments.positional[0]), values);
}

std::vector<Value> lines_of(Evaluation& evaluation, const Value& text) {
  return evaluation.call_method(text, "splitlines", {}).items();
}

Value indent(Evaluation& evaluation, const Arguments& arguments) {
  Binder bind("indent", arguments, {"s", "width", "first", "blank"}, 1);
  const Value& text = bind[0];
  if (text.is_undefined()) throw_undefined(text);
  if (text.is_list()) type_error("'list' object has no attribute 'splitlines'");
  if (!text.is_string()) type_error("unsupported operand type(s) for +=: '" + text.type_name() + "' and 'str'");
  Value width = bind.or_default(1, 4);
  std::string margin =
      width.is_string() ? width.as_string() : binary(evaluation, BinaryOp::multiply, " ", width).as_string();
  std::vector<Value> lines = lines_of(evaluation, text_like(text, text.as_string() + "\n"));
  std::string out;
  for (size_t i = 0; i < lines.size(); ++i) {
    const std::string& line = lines[i].as_string();
    if (i) out.push_back('\n');
    bool indented = i == 0 ? bind[2].truth() : bind[3].truth() || !line.empty();
    if (indented) out += margin;
    out += line;
    evaluation.charge_bytes(margin.size());
  }
  return text_like(text, std::move(out));
}

Value truncate(Evaluation& evaluation, const Arguments& arguments) {
  Binder bind("truncate", arguments, {"s", "length", "killwords", "end", "leeway"}, 1);
  const Value& text = bind[0];
  Value end = bind.or_default(3, "...");
  int64_t length = bind.or_default(1, 255).as_int(), leeway = bind[4].is_none() ? 5 : bind[4].as_int();
  auto tail = static_cast<int64_t>(evaluation.length(end));
  if (length < tail) value_error("expected length >= " + std::to_string(tail) + ", got " + std::to_string(length));
  if (leeway < 0) value_error("expected leeway >= 0, got " + std::to_string(leeway));
  if (static_cast<int64_t>(evaluation.length(text)) <= length + leeway) return text;
  Value head = slice(evaluation, text, Value(), length - tail, Value());
  if (!bind[2].truth()) head = evaluation.call_method(head, "rsplit", Arguments{{" ", 1}, {}}).items()[0];
  return binary(evaluation, BinaryOp::add, head, end);
}

Value word_count(Evaluation&, const Arguments& arguments) {
  Value text = soft_text(Binder("wordcount", arguments, {"s"}, 1)[0]);
  int64_t count = 0;
  bool inside = false;
  for (char32_t c : to_chars(text.as_string())) {
    bool word = c == '_' || has_flag(c, char_word);
    count += word && !inside ? 1 : 0;
    inside = word;
  }
  return count;
}

Value word_wrap(Evaluation& evaluation, const Arguments& arguments) {
  Binder bind("wordwrap", arguments, {"s", "width", "break_long_words", "wrapstring", "break_on_hyphens"}, 1);
  if (bind[0].is_undefined()) throw_undefined(bind[0]);
  if (!bind[0].is_string()) type_error(in_quotes(bind[0].type_name()) + " object has no attribute 'splitlines'");
  WrapOptions options;
  options.width = bind.or_default(1, 79).as_int();
  options.break_long_words = bind.or_default(2, true).truth();
  options.break_on_hyphens = bind.or_default(4, true).truth();
  std::string separator = bind[3].is_none() ? "\n" : bind[3].as_string(), out;
  bool first = true;
  for (const Value& line : lines_of(evaluation, bind[0].str())) {
    if (!std::exchange(first, false)) out += separator;
    bool first_piece = true;
    for (const std::string& piece : wrap_text(evaluation, line.as_string(), options)) {
      if (!std::exchange(first_piece, false)) out += separator;
      out += piece;
      evaluation.charge_bytes(piece.size() + separator.size());
    }
  }
  return out;
}

Value string(Evaluation&, const Arguments& arguments) {
  return soft_text(Binder("string", arguments, {"value"}, 1)[0]);
}

Value pretty(Evaluation& evaluation, const Arguments& arguments) {
  return pretty_text(evaluation, Binder("pprint", arguments, {"value"}, 1)[0]);
}

}  // namespace

Value soft_text(const Value& value) { return value.is_string() ? value : Value(value.str()); }

void add_text_filters(Environment& environment) {
  environment.add_filter("upper", upper);
  environment.add_filter("lower", lower);
  environment.add_filter("capitalize", capitalize);
  environment.add_filter("title", title);
  environment.add_filter("trim", trim);
  environment.add_filter("center", center);
  environment.add_filter("replace", replace);
  environment.add_filter("format", format);
  environment.add_filter("indent", indent);
  environment.add_filter("truncate", truncate);
  environment.add_filter("wordcount", word_count);
  environment.add_filter("wordwrap", word_wrap);
  environment.add_filter("string", string);
  environment.add_filter("pprint", pretty);
}

}  // namespace weir::tmpl
