// str's methods that look at text: tests, searches, splitting.
#include <algorithm>

#include "template/cells.h"
#include "template/failure.h"
#include "template/methods.h"
#include "template/operators.h"
#include "template/unicode.h"

namespace weir::tmpl {

namespace {

template <class Test>
bool all_chars(const Value& self, Test test, bool if_empty = false) {
  std::string_view text = self.as_string();
  if (text.empty()) return if_empty;
  for (size_t position = 0; position < text.size();)
    if (!test(next_char(text, position))) return false;
  return true;
}

// str.isalpha and the like: every character has one of the flags.
template <uint16_t flags, bool if_empty>
Value has_flags(Evaluation&, const Value& self, const Arguments& arguments) {
  Binder("str method", arguments, {}, 0);
  return all_chars(
      self, [](char32_t c) { return has_flag(c, flags); }, if_empty);
}

Value is_ascii_text(Evaluation&, const Value& self, const Arguments&) { return is_ascii(self.as_string()); }
Value is_identifier_text(Evaluation&, const Value& self, const Arguments&) { return is_identifier(self.as_string()); }

// Some cased character, and none of the other case.
template <uint16_t wanted, uint16_t refused>
Value is_case(Evaluation&, const Value& self, const Arguments& arguments) {
  Binder("str method", arguments, {}, 0);
  bool found = false;
  bool fits = all_chars(
      self,
      [&](char32_t c) {
        found = found || has_flag(c, wanted);
        return !has_flag(c, refused);
      },
      true);
  return found && fits;
}

Value is_title(Evaluation&, const Value& self, const Arguments& arguments) {
  Binder("istitle", arguments, {}, 0);
  bool found = false, cased_before = false;
  bool fits = all_chars(
      self,
      [&](char32_t c) {
        bool capital = has_flag(c, char_upper | char_title), small = has_flag(c, char_lower);
        bool ok = capital ? !cased_before : !small || cased_before;
        cased_before = capital || small;
        found = found || cased_before;
        return ok;
      },
      true);
  return found && fits;
}

// The part of the text that the optional arguments `start` and `end` (code points) leave, as byte offsets.
struct Window {
  size_t start_char, start, end;
  bool valid;  // start is not beyond the end
};

Window window(const Value& self, const Value& start, const Value& end) {
  const std::string& text = self.as_string();
  bool ascii = Raw::string(self).ascii();
  size_t size = ascii ? text.size() : count_chars(text);
  auto bound = [&](const Value& value, size_t absent) {
    if (value.is_none()) return absent;
    int64_t at = value.as_int();
    if (at < 0) at = std::max<int64_t>(at + static_cast<int64_t>(size), 0);
    return static_cast<size_t>(at);
  };
  size_t from = bound(start, 0), to = std::min(bound(end, size), size);
  auto offset = [&](size_t index) { return ascii ? std::min(index, text.size()) : char_offset(text, index); };
  return {from, offset(from), offset(to), from <= to};
}

const Value& part_of(const Binder& bind, std::string_view name) {
  if (!bind[0].is_string()) type_error(std::string(name) + "() argument must be str, not " + bind[0].type_name());
  return bind[0];
}

std::optional<int64_t> position_of(const Value& self, const Arguments& arguments, std::string_view name, bool last) {
  Binder bind(name, arguments, {"sub", "start", "end"}, 1);
  std::string_view part = part_of(bind, name).as_string();
  Window in = window(self, bind[1], bind[2]);
  if (!in.valid) return std::nullopt;
  std::string_view text = std::string_view(self.as_string()).substr(in.start, in.end - in.start);
  size_t found = last ? text.rfind(part) : text.find(part);
  if (found == std::string_view::npos) return std::nullopt;
  return static_cast<int64_t>(in.start_char + count_chars(text.substr(0, found)));
}

Value find(Evaluation&, const Value& self, const Arguments& a) {
  return position_of(self, a, "find", false).value_or(-1);
}
Value rfind(Evaluation&, const Value& self, const Arguments& a) {
  return position_of(self, a, "rfind", true).value_or(-1);
}

Value index(Evaluation&, const Value& self, const Arguments& arguments) {
  auto found = position_of(self, arguments, "index", false);
  if (!found) value_error("substring not found");
  return *found;
}

Value rindex(Evaluation&, const Value& self, const Arguments& arguments) {
  auto found = position_of(self, arguments, "rindex", true);
  if (!found) value_error("substring not found");
  return *found;
}

Value count(Evaluation&, const Value& self, const Arguments& arguments) {
  Binder bind("count", arguments, {"sub", "start", "end"}, 1);
  std::string_view part = part_of(bind, "count").as_string();
  Window in = window(self, bind[1], bind[2]);
  if (!in.valid) return 0;
  std::string_view text = std::string_view(self.as_string()).substr(in.start, in.end - in.start);
  if (part.empty()) return count_chars(text) + 1;
  int64_t times = 0;
  for (size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + part.size())) ++times;
  return times;
}

Value ends(const Value& self, const Arguments& arguments, std::string_view name, bool front) {
  Binder bind(name, arguments, {"prefix", "start", "end"}, 1);
  Window in = window(self, bind[1], bind[2]);
  std::string_view text = in.valid ? std::string_view(self.as_string()).substr(in.start, in.end - in.start) : "";
  auto matches = [&](const Value& part) {
    if (!part.is_string())
      type_error(std::string(name) + " first arg must be str or a tuple of str, not " + part.type_name());
    std::string_view wanted = part.as_string();
    if (!in.valid || wanted.size() > text.size()) return false;
    return text.substr(front ? 0 : text.size() - wanted.size(), wanted.size()) == wanted;
  };
  if (!bind[0].is_tuple()) return matches(bind[0]);
  return std::any_of(bind[0].items().begin(), bind[0].items().end(), matches);
}

Value starts_with(Evaluation&, const Value& self, const Arguments& a) { return ends(self, a, "startswith", true); }
Value ends_with(Evaluation&, const Value& self, const Arguments& a) { return ends(self, a, "endswith", false); }

using Parts = std::vector<std::string_view>;

Parts split_blanks(std::string_view text, size_t limit) {
  Parts parts;
  for (size_t position = 0; position < text.size();) {
    size_t start = position;
    if (has_flag(next_char(text, position), char_space)) continue;
    if (parts.size() == limit) {
      parts.push_back(text.substr(start));
      return parts;
    }
    size_t end = position;
    while (position < text.size() && !has_flag(next_char(text, position), char_space)) end = position;
    parts.push_back(text.substr(start, end - start));
  }
  return parts;
}

Parts rsplit_blanks(std::string_view text, size_t limit) {
  Parts parts;
  size_t end = text.size();
  while (end > 0) {
    size_t start = previous_start(text, end), at = start;
    if (has_flag(next_char(text, at), char_space)) {
      end = start;
      continue;
    }
    if (parts.size() == limit) {
      parts.push_back(text.substr(0, end));
      break;
    }
    size_t stop = end;
    while (start > 0) {
      size_t before = previous_start(text, start), position = before;
      if (has_flag(next_char(text, position), char_space)) break;
      start = before;
    }
    parts.push_back(text.substr(start, stop - start));
    end = start;
  }
  std::reverse(parts.begin(), parts.end());
  return parts;
}

Parts split_at(std::string_view text, std::string_view separator, size_t limit) {
  Parts parts;
  size_t position = 0;
  while (parts.size() < limit) {
    size_t found = text.find(separator, position);
    if (found == std::string_view::npos) break;
    parts.push_back(text.substr(position, found - position));
    position = found + separator.size();
  }
  parts.push_back(text.substr(position));
  return parts;
}

Parts rsplit_at(std::string_view text, std::string_view separator, size_t limit) {
  Parts parts;
  while (parts.size() < limit) {
    size_t found = text.rfind(separator);
    if (found == std::string_view::npos) break;
    parts.push_back(text.substr(found + separator.size()));
    text = text.substr(0, found);
  }
  parts.push_back(text);
  std::reverse(parts.begin(), parts.end());
  return parts;
}

Value list_of(Evaluation& evaluation, const Value& self, const Parts& parts) {
  evaluation.charge_bytes(parts.size() * sizeof(Value) + self.as_string().size());
  std::vector<Value> items;
  items.reserve(parts.size());
  for (std::string_view part : parts) items.push_back(text_like(self, std::string(part)));
  return Value::list(std::move(items));
}

Value split_any(Evaluation& evaluation, const Value& self, const Arguments& arguments, bool right) {
  Binder bind(right ? "rsplit" : "split", arguments, {"sep", "maxsplit"}, 0);
  int64_t limit = bind.given(1) ? bind[1].as_int() : -1;
  size_t most = limit < 0 ? SIZE_MAX : static_cast<size_t>(limit);
  const std::string& text = self.as_string();
  if (bind[0].is_none()) return list_of(evaluation, self, right ? rsplit_blanks(text, most) : split_blanks(text, most));
  if (!bind[0].is_string()) type_error("must be str or None, not " + bind[0].type_name());
  const std::string& separator = bind[0].as_string();
  if (separator.empty()) value_error("empty separator");
  return list_of(evaluation, self, right ? rsplit_at(text, separator, most) : split_at(text, separator, most));
}

Value split(Evaluation& e, const Value& self, const Arguments& a) { return split_any(e, self, a, false); }
Value rsplit(Evaluation& e, const Value& self, const Arguments& a) { return split_any(e, self, a, true); }

bool is_line_end(char32_t c) {
  return (c >= 0x0A && c <= 0x0D) || (c >= 0x1C && c <= 0x1E) || c == 0x85 || c == 0x2028 || c == 0x2029;
}

Value split_lines(Evaluation& evaluation, const Value& self, const Arguments& arguments) {
  Binder bind("splitlines", arguments, {"keepends"}, 0);
  bool keep = bind[0].truth();
  std::string_view text = self.as_string();
  Parts parts;
  size_t start = 0;
  for (size_t position = 0; position < text.size();) {
    size_t end = position;
    char32_t c = next_char(text, position);
    if (!is_line_end(c)) continue;
    if (c == '\r' && position < text.size() && text[position] == '\n') ++position;
    parts.push_back(text.substr(start, (keep ? position : end) - start));
    start = position;
  }
  if (start < text.size()) parts.push_back(text.substr(start));
  return list_of(evaluation, self, parts);
}

Value partition_any(const Value& self, const Arguments& arguments, bool right) {
  Binder bind(right ? "rpartition" : "partition", arguments, {"sep"}, 1);
  if (!bind[0].is_string()) type_error("must be str, not " + bind[0].type_name());
  std::string_view text = self.as_string(), separator = bind[0].as_string();
  if (separator.empty()) value_error("empty separator");
  size_t found = right ? text.rfind(separator) : text.find(separator);
  auto part = [&](std::string_view piece) { return text_like(self, std::string(piece)); };
  if (found == std::string_view::npos)
    return right ? Value::tuple({part(""), part(""), part(text)}) : Value::tuple({part(text), part(""), part("")});
  return Value::tuple({part(text.substr(0, found)), part(separator), part(text.substr(found + separator.size()))});
}

Value partition(Evaluation&, const Value& self, const Arguments& a) { return partition_any(self, a, false); }
Value rpartition(Evaluation&, const Value& self, const Arguments& a) { return partition_any(self, a, true); }

}  // namespace

const MethodTable& text_query_methods() {
  static const MethodTable table = {
      {"isalpha", has_flags<char_alpha, false>},
      {"isalnum", has_flags<char_word, false>},
      {"isdecimal", has_flags<char_decimal, false>},
      {"isdigit", has_flags<char_digit, false>},
      {"isnumeric", has_flags<char_numeric, false>},
      {"isspace", has_flags<char_space, false>},
      {"isprintable", has_flags<char_printable, true>},
      {"isascii", is_ascii_text},
      {"isidentifier", is_identifier_text},
      {"islower", is_case<char_lower, char_upper | char_title>},
      {"isupper", is_case<char_upper, char_lower | char_title>},
      {"istitle", is_title},
      {"find", find},
      {"rfind", rfind},
      {"index", index},
      {"rindex", rindex},
      {"count", count},
      {"startswith", starts_with},
      {"endswith", ends_with},
      {"split", split},
      {"rsplit", rsplit},
      {"splitlines", split_lines},
      {"partition", partition},
      {"rpartition", rpartition},
  };
  return table;
}

}  // namespace weir::tmpl
