// "{0} {name.attribute[item]!r:>{width}}".format(...), within the sandbox.
#include "template/cells.h"
#include "template/failure.h"
#include "template/format.h"
#include "template/operators.h"
#include "template/text.h"

namespace weir::tmpl {

namespace {

class BraceFormatter {
 public:
  BraceFormatter(Evaluation& evaluation, bool markup, const std::vector<Value>& positional,
                 std::function<std::optional<Value>(std::string_view)> named)
      : evaluation_(evaluation), markup_(markup), positional_(positional), named_(std::move(named)) {}

  std::string run(std::string_view text, int depth = 2) {
    if (depth < 0) value_error("Max string recursion exceeded");
    std::string out;
    for (size_t at = 0; at < text.size();) {
      char c = text[at];
      if ((c == '{' || c == '}') && at + 1 < text.size() && text[at + 1] == c) {
        out.push_back(c);
        at += 2;
      } else if (c == '}') {
        value_error("Single '}' encountered in format string");
      } else if (c == '{') {
        size_t end = field_end(text, at + 1);
        out += field(text.substr(at + 1, end - at - 1), depth);
        at = end + 1;
      } else {
        out.push_back(c);
        ++at;
      }
    }
    return out;
  }

 private:
  static size_t field_end(std::string_view text, size_t start) {
    if (start >= text.size()) value_error("Single '{' encountered in format string");
    int depth = 1;
    bool bracket = false, in_spec = false;
    for (size_t at = start; at < text.size(); ++at) {
      char c = text[at];
      if (bracket) {
        bracket = c != ']';
      } else if (c == '[' && !in_spec) {
        bracket = true;
      } else if (c == '{') {
        if (!in_spec) value_error("unexpected '{' in field name");
        ++depth;
      } else if (c == '}') {
        if (--depth == 0) return at;
      } else if (c == ':' || c == '!') {
        in_spec = true;
      }
    }
    value_error("expected '}' before end of string");
  }

  // Splits name!conversion:spec; brackets in the name protect their content.
  static size_t name_end(std::string_view field) {
    bool bracket = false;
    for (size_t at = 0; at < field.size(); ++at) {
      if (field[at] == '[') bracket = true;
      if (field[at] == ']') bracket = false;
      if (!bracket && (field[at] == '!' || field[at] == ':')) return at;
    }
    return field.size();
  }

  std::string field(std::string_view text, int depth) {
    size_t end = name_end(text);
    std::string_view name = text.substr(0, end), rest = text.substr(end);
    char conversion = 0;
    if (!rest.empty() && rest[0] == '!') {
      if (rest.size() < 2) value_error("end of string while looking for conversion specifier");
      conversion = rest[1];
      if (rest.size() > 2 && rest[2] != ':') value_error("expected ':' after conversion specifier");
      rest.remove_prefix(2);
    }
    Value value = lookup(name);
    if (conversion) value = convert(value, conversion);
    std::string spec = rest.empty() ? "" : run(rest.substr(1), depth - 1);
    return shown(value, spec);
  }

  static Value convert(const Value& value, char conversion) {
    std::string text;
    switch (conversion) {
      case 's':
        return value.str();
      case 'r':
        return value.repr();
      case 'a':
        if (!value.is_string()) return value.repr();
        append_repr(text, value.as_string(), true);
        return text;
      default:
        value_error(std::string("Unknown conversion specifier ") + conversion);
    }
  }

  std::string shown(const Value& value, const std::string& spec) {
    if (!markup_) return format_value(evaluation_, value, spec);
    if (value.is_markup()) {
      if (!spec.empty()) value_error("Unsupported format specification for Markup.");
      return value.as_string();
    }
    return escape_value(format_value(evaluation_, value, spec)).as_string();
  }

  Value lookup(std::string_view name) {
    size_t end = std::min(name.find_first_of(".["), name.size());
    Value value = first(name.substr(0, end), end == name.size());
    while (end < name.size()) {
      if (name[end] == '.') {
        size_t stop = std::min(name.find_first_of(".[", end + 1), name.size());
        if (stop == end + 1) value_error("Empty attribute in format string");
        value = evaluation_.get_attr(value, name.substr(end + 1, stop - end - 1));
        end = stop;
      } else if (name[end] == '[') {
        size_t stop = name.find(']', end);
        if (stop == std::string_view::npos) value_error("Missing ']' in format string");
        if (stop == end + 1) value_error("Empty attribute in format string");
        value = evaluation_.get_item(value, key_of(name.substr(end + 1, stop - end - 1)));
        end = stop + 1;
      } else {
        value_error("Only '.' or '[' may follow ']' in format field specifier");
      }
    }
    return value;
  }

  static Value key_of(std::string_view text) {
    if (text.find_first_not_of("0123456789") == std::string_view::npos)
      if (auto number = parse_int(text, 10)) return *number;
    return text;
  }

  // `alone`: no attribute or item of it is asked for. Only then an empty name is the next number, and only then the two
  // ways of numbering exclude each other.
  Value first(std::string_view name, bool alone) {
    bool numbered = name.find_first_not_of("0123456789") == std::string_view::npos && (alone || !name.empty());
    if (!numbered) {
      if (auto found = named_(name)) return *found;
      value_error("no such key: " + in_quotes(name));
    }
    if (alone) {
      if (name.empty() ? manual_ : automatic_)
        value_error("cannot switch between manual field specification and automatic field numbering");
      (name.empty() ? automatic_ : manual_) = true;
    }
    Value index = name.empty() ? Value(next_++) : *parse_int(name, 10);
    if (!index.is_small_int() || static_cast<size_t>(index.as_int()) >= positional_.size())
      value_error("Replacement index " + index.str() + " out of range for positional args tuple");
    return positional_[static_cast<size_t>(index.as_int())];
  }

  Evaluation& evaluation_;
  bool markup_;
  const std::vector<Value>& positional_;
  std::function<std::optional<Value>(std::string_view)> named_;
  size_t next_ = 0;
  bool automatic_ = false, manual_ = false;
};

Value finished(Evaluation& evaluation, const Value& text, std::string out) {
  evaluation.charge_bytes(out.size());
  return text_like(text, std::move(out));
}

}  // namespace

Value format_braces(Evaluation& evaluation, const Value& text, const Arguments& arguments) {
  auto named = [&](std::string_view name) {
    const Value* found = arguments.find(name);
    return found ? std::optional<Value>(*found) : std::nullopt;
  };
  BraceFormatter formatter(evaluation, text.is_markup(), arguments.positional, named);
  return finished(evaluation, text, formatter.run(text.as_string()));
}

Value format_braces_map(Evaluation& evaluation, const Value& text, const Value& mapping) {
  auto named = [&](std::string_view name) {
    if (mapping.is_undefined()) throw_undefined(mapping);
    return subscript(evaluation, mapping, name);
  };
  std::vector<Value> none;
  BraceFormatter formatter(evaluation, text.is_markup(), none, named);
  return finished(evaluation, text, formatter.run(text.as_string()));
}

}  // namespace weir::tmpl
