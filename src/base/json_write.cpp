// Writing JSON text (declared in json.h).
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/json.h"
#include "base/text.h"

namespace weir {

namespace {

void append_real(std::string& out, const Json::Real& number) {
  if (!number.text.empty()) {
    out += number.text;
  } else if (!std::isfinite(number.value)) {
    out += "null";
  } else {
    const size_t start = out.size();
    fmt::format_to(std::back_inserter(out), "{}", number.value);
    // Read again it must be a Real again.
    if (out.find_first_of(".e", start) == std::string::npos) out += ".0";
  }
}

struct Style {
  int indent = -1;  // < 0: compact
  bool sorted = false;
};

class Writer {
 public:
  Writer(std::string& out, Style style) : out_(out), style_(style) {}

  void write(const Json& value, int depth) {
    if (value.is_null())
      out_ += "null";
    else if (value.is_bool())
      out_ += value.as_bool() ? "true" : "false";
    else if (value.is_int())
      fmt::format_to(std::back_inserter(out_), "{}", value.as_int());
    else if (value.is_number())
      append_real(out_, *value.real());
    else if (value.is_string())
      append_json_string(out_, value.as_string());
    else if (value.is_array())
      write_array(value.as_array(), depth);
    else
      write_object(value.as_object(), depth);
  }

 private:
  void new_line(int depth) {
    if (style_.indent < 0) return;
    out_ += '\n';
    out_.append(static_cast<size_t>(style_.indent * depth), ' ');
  }

  void write_array(const Json::Array& array, int depth) {
    out_ += '[';
    for (size_t i = 0; i < array.size(); ++i) {
      if (i > 0) out_ += ',';
      new_line(depth + 1);
      write(array[i], depth + 1);
    }
    if (!array.empty()) new_line(depth);
    out_ += ']';
  }

  void write_member(const Json::Member& member, int depth) {
    new_line(depth + 1);
    append_json_string(out_, member.first);
    out_ += style_.indent < 0 ? ":" : ": ";
    write(member.second, depth + 1);
  }

  void write_object(const Json::Object& object, int depth) {
    std::vector<const Json::Member*> members;
    members.reserve(object.size());
    for (const auto& member : object) members.push_back(&member);
    if (style_.sorted)
      std::sort(members.begin(), members.end(), [](const auto* a, const auto* b) { return a->first < b->first; });
    out_ += '{';
    for (size_t i = 0; i < members.size(); ++i) {
      if (i > 0) out_ += ',';
      write_member(*members[i], depth);
    }
    if (!object.empty()) new_line(depth);
    out_ += '}';
  }

  std::string& out_;
  Style style_;
};

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  if (!is_valid_utf8(text)) return append_json_string(out, valid_utf8(text));
  out += '"';
  size_t plain = 0;  // start of what needs no escape
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\') continue;
    out += text.substr(plain, i - plain);
    plain = i + 1;
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\b':
        out += "\\b";
        break;
      case '\f':
        out += "\\f";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
        break;
    }
  }
  out += text.substr(plain);
  out += '"';
}

void Json::dump_to(std::string& out) const { Writer(out, {}).write(*this, 0); }

std::string Json::dump() const {
  std::string out;
  dump_to(out);
  return out;
}

std::string Json::dump(int indent) const {
  std::string out;
  Writer(out, {indent, false}).write(*this, 0);
  return out;
}

std::string Json::dump_sorted() const {
  std::string out;
  Writer(out, {-1, true}).write(*this, 0);
  return out;
}

}  // namespace weir
