// str's methods that make text.
#include <algorithm>

#include "template/bytes.h"
#include "template/cells.h"
#include "template/failure.h"
#include "template/format.h"
#include "template/methods.h"
#include "template/operators.h"
#include "template/unicode.h"

namespace weir::tmpl {

namespace {

const std::string& text_of(const Value& self) { return self.as_string(); }

Value made(Evaluation& evaluation, const Value& self, std::string text) {
  evaluation.charge_bytes(text.size());
  return text_like(self, std::move(text));
}

void no_arguments(std::string_view name, const Arguments& arguments) { Binder(name, arguments, {}, 0); }

// str.upper and the like.
template <std::string (*function)(std::string_view)>
Value mapped(Evaluation& evaluation, const Value& self, const Arguments& arguments) {
  no_arguments("str method", arguments);
  return made(evaluation, self, function(text_of(self)));
}

std::string capitalized(std::string_view text) {
  std::string out;
  if (text.empty()) return out;
  size_t position = 0;
  append_case(out, next_char(text, position), CaseForm::title);
  // The tail is lowered within the whole text, since a sigma's form depends on what stands before it.
  size_t skipped = 0;
  std::string lowered = to_lower(text), first;
  append_case(first, to_chars(text.substr(0, position))[0], CaseForm::lower);
  skipped = first.size();
  return out + lowered.substr(skipped);
}

std::string titled(std::string_view text) {
  std::string out;
  bool cased_before = false;
  for (size_t position = 0; position < text.size();) {
    char32_t c = next_char(text, position);
    append_case(out, c, cased_before ? CaseForm::lower : CaseForm::title);
    cased_before = has_flag(c, char_cased);
  }
  return out;
}

std::string swapped(std::string_view text) {
  std::string out;
  for (size_t position = 0; position < text.size();) {
    char32_t c = next_char(text, position);
    append_case(out, c, has_flag(c, char_upper) ? CaseForm::lower : CaseForm::upper);
  }
  return out;
}

Value strip(Evaluation& evaluation, const Value& self, const Arguments& arguments, bool left, bool right) {
  Binder bind("strip", arguments, {"chars"}, 0);
  std::string_view text = text_of(self);
  std::vector<char32_t> chars;
  if (!bind[0].is_none()) {
    if (!bind[0].is_string()) type_error("strip arg must be None or str");
    chars = to_chars(bind[0].as_string());
  }
  bool blanks = bind[0].is_none();
  auto drops = [&](char32_t c) {
    return blanks ? has_flag(c, char_space) : std::find(chars.begin(), chars.end(), c) != chars.end();
  };
  size_t start = 0, end = text.size();
  while (left && start < end) {
    size_t next = start;
    if (!drops(next_char(text, next))) break;
    start = next;
  }
  while (right && end > start) {
    size_t before = previous_start(text, end), position = before;
    if (!drops(next_char(text, position))) break;
    end = before;
  }
  return made(evaluation, self, std::string(text.substr(start, end - start)));
}

Value strip_both(Evaluation& e, const Value& self, const Arguments& a) { return strip(e, self, a, true, true); }
Value strip_left(Evaluation& e, const Value& self, const Arguments& a) { return strip(e, self, a, true, false); }
Value strip_right(Evaluation& e, const Value& self, const Arguments& a) { return strip(e, self, a, false, true); }

Value pad(Evaluation& evaluation, const Value& self, const Arguments& arguments, std::string_view name, char align) {
  Binder bind(name, arguments, {"width", "fillchar"}, 1);
  int64_t width = bind[0].as_int();
  std::string fill = bind.given(1) ? bind[1].as_string() : " ";
  if (self.is_markup()) fill = escape_value(fill).as_string();
  if (count_chars(fill) != 1) type_error("The fill character must be exactly one character long");
  size_t position = 0, wanted = width > 0 ? static_cast<size_t>(width) : 0;
  char32_t c = next_char(fill, position);
  size_t length = count_chars(text_of(self));
  if (align == '^' && wanted > length) {
    // Python puts the odd one left when both the gap and the width are odd.
    size_t gap = wanted - length, left = gap / 2 + (gap & wanted & 1);
    std::string shifted = pad_text(evaluation, text_of(self), length + left, c, '>');
    return made(evaluation, self, pad_text(evaluation, std::move(shifted), wanted, c, '<'));
  }
  return made(evaluation, self, pad_text(evaluation, text_of(self), wanted, c, align));
}

Value center(Evaluation& e, const Value& self, const Arguments& a) { return pad(e, self, a, "center", '^'); }
Value ljust(Evaluation& e, const Value& self, const Arguments& a) { return pad(e, self, a, "ljust", '<'); }
Value rjust(Evaluation& e, const Value& self, const Arguments& a) { return pad(e, self, a, "rjust", '>'); }

Value zfill(Evaluation& evaluation, const Value& self, const Arguments& arguments) {
  Binder bind("zfill", arguments, {"width"}, 1);
  std::string_view text = text_of(self);
  size_t width = bind[0].as_int() > 0 ? static_cast<size_t>(bind[0].as_int()) : 0;
  bool sign = !text.empty() && (text[0] == '+' || text[0] == '-');
  std::string head(text.substr(0, sign ? 1 : 0));
  size_t rest = width > head.size() ? width - head.size() : 0;
  return made(evaluation, self, head + pad_text(evaluation, std::string(text.substr(head.size())), rest, '0', '>'));
}

std::string replaced(Evaluation& evaluation, std::string_view text, std::string_view old, std::string_view with,
                     int64_t limit) {
  std::string out;
  auto left = limit < 0 ? SIZE_MAX : static_cast<size_t>(limit);
  if (old.empty()) {
    for (size_t position = 0; position <= text.size(); --left) {
      if (left == 0) return out + std::string(text.substr(position));
      out += with;
      if (position == text.size()) break;
      size_t start = position;
      next_char(text, position);
      out += text.substr(start, position - start);
    }
    return out;
  }
  size_t position = 0;
  for (; left > 0; --left) {
    size_t found = text.find(old, position);
    if (found == std::string_view::npos) break;
    out += text.substr(position, found - position);
    out += with;
    if (out.size() > evaluation.limits().output_bytes) evaluation.charge_bytes(out.size());
    position = found + old.size();
  }
  return out + std::string(text.substr(position));
}

Value replace(Evaluation& evaluation, const Value& self, const Arguments& arguments) {
  Binder bind("replace", arguments, {"old", "new", "count"}, 2);
  for (size_t i = 0; i < 2; ++i)
    if (!bind[i].is_string() && !(i == 1 && self.is_markup()))  // Markup escapes anything
      type_error("replace() argument " + std::to_string(i + 1) + " must be str, not " + bind[i].type_name());
  int64_t limit = bind.given(2) ? bind[2].as_int() : -1;
  std::string with = self.is_markup() ? escape_value(bind[1]).as_string() : bind[1].as_string();
  return made(evaluation, self, replaced(evaluation, text_of(self), bind[0].as_string(), with, limit));
}

Value remove_prefix(Evaluation& evaluation, const Value& self, const Arguments& arguments) {
  Binder bind("removeprefix", arguments, {"prefix"}, 1);
  std::string_view text = text_of(self), part = bind[0].as_string();
  if (text.substr(0, part.size()) == part) text.remove_prefix(part.size());
  return made(evaluation, self, std::string(text));
}

Value remove_suffix(Evaluation& evaluation, const Value& self, const Arguments& arguments) {
  Binder bind("removesuffix", arguments, {"suffix"}, 1);
  std::string_view text = text_of(self), part = bind[0].as_string();
  if (!part.empty() && text.size() >= part.size() && text.substr(text.size() - part.size()) == part)
    text.remove_suffix(part.size());
  return made(evaluation, self, std::string(text));
}

Value expand_tabs(Evaluation& evaluation, const Value& self, const Arguments& arguments) {
  Binder bind("expandtabs", arguments, {"tabsize"}, 0);
  int64_t size = bind.given(0) ? bind[0].as_int() : 8, column = 0;
  std::string_view text = text_of(self);
  std::string out;
  for (size_t position = 0; position < text.size();) {
    char32_t c = next_char(text, position);
    if (c == '\t') {
      int64_t blanks = size > 0 ? size - column % size : 0;
      evaluation.charge_bytes(static_cast<size_t>(blanks));
      out.append(static_cast<size_t>(blanks), ' ');
      column += blanks;
      continue;
    }
    append_char(out, c);
    column = c == '\n' || c == '\r' ? 0 : column + 1;
  }
  return made(evaluation, self, std::move(out));
}

Value join(Evaluation& evaluation, const Value& self, const Arguments& arguments) {
  Binder bind("join", arguments, {"iterable"}, 1);
  std::string out;
  size_t index = 0;
  Value item;
  for (auto items = evaluation.iterate(bind[0]); items->next(item); ++index) {
    if (index) out += text_of(self);
    if (self.is_markup())
      out += escape_value(item).as_string();
    else if (item.is_string())
      out += item.as_string();
    else
      type_error("sequence item " + std::to_string(index) + ": expected str instance, " + item.type_name() + " found");
    evaluation.charge_step();
    if (out.size() > evaluation.limits().output_bytes) evaluation.charge_bytes(out.size());
  }
  return made(evaluation, self, std::move(out));
}

Value translate(Evaluation& evaluation, const Value& self, const Arguments& arguments) {
  Binder bind("translate", arguments, {"table"}, 1);
  std::string_view text = text_of(self);
  std::string out;
  for (size_t position = 0; position < text.size();) {
    char32_t c = next_char(text, position);
    auto found = subscript(evaluation, bind[0], static_cast<int64_t>(c));
    if (!found)
      append_char(out, c);
    else if (found->is_int())
      append_char(out, static_cast<char32_t>(found->as_int()));
    else if (!found->is_none())
      out += found->as_string();
    if (out.size() > evaluation.limits().output_bytes) evaluation.charge_bytes(out.size());
  }
  return made(evaluation, self, std::move(out));
}

Value make_translation(Evaluation&, const Value&, const Arguments& arguments) {
  Binder bind("maketrans", arguments, {"x", "y", "z"}, 1);
  Dict table;
  auto key = [](const Value& value) {
    return value.is_string() ? static_cast<int64_t>(to_chars(value.as_string()).at(0)) : value.as_int();
  };
  if (!bind.given(1)) {
    for (const auto& entry : bind[0].as_dict().entries()) {
      if (entry.key.is_string() && count_chars(entry.key.as_string()) != 1)
        value_error("string keys in translate table must be of length 1");
      table.set(key(entry.key), entry.value);
    }
    return Value::dict(std::move(table));
  }
  auto from = to_chars(bind[0].as_string()), to = to_chars(bind[1].as_string());
  if (from.size() != to.size()) value_error("the first two maketrans arguments must have equal length");
  for (size_t i = 0; i < from.size(); ++i) table.set(static_cast<int64_t>(from[i]), static_cast<int64_t>(to[i]));
  if (bind.given(2))
    for (char32_t c : to_chars(bind[2].as_string())) table.set(static_cast<int64_t>(c), Value());
  return Value::dict(std::move(table));
}

Value format_map(Evaluation& evaluation, const Value& self, const Arguments& arguments) {
  Binder bind("format_map", arguments, {"mapping"}, 1);
  return format_braces_map(evaluation, self, bind[0]);
}

Value encode(Evaluation& evaluation, const Value& self, const Arguments& arguments) {
  Binder bind("encode", arguments, {"encoding", "errors"}, 0);
  evaluation.charge_bytes(text_of(self).size());
  return encode_text(text_of(self), bind.given(0) ? bind[0].as_string() : "utf-8");
}

}  // namespace

const MethodTable& text_methods() {
  static const MethodTable table = {
      {"upper", mapped<to_upper>},
      {"lower", mapped<to_lower>},
      {"casefold", mapped<to_fold>},
      {"capitalize", mapped<capitalized>},
      {"title", mapped<titled>},
      {"swapcase", mapped<swapped>},
      {"strip", strip_both},
      {"lstrip", strip_left},
      {"rstrip", strip_right},
      {"center", center},
      {"ljust", ljust},
      {"rjust", rjust},
      {"zfill", zfill},
      {"replace", replace},
      {"removeprefix", remove_prefix},
      {"removesuffix", remove_suffix},
      {"expandtabs", expand_tabs},
      {"join", join},
      {"translate", translate},
      {"maketrans", make_translation},
      {"encode", encode},
      {"format", format_braces},
      {"format_map", format_map},
  };
  return table;
}

}  // namespace weir::tmpl
