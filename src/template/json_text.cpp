// json.dumps
#include <cmath>
#include <cstdio>

#include "template/builtins.h"
#include "template/cells.h"
#include "template/failure.h"
#include "template/methods.h"
#include "template/object.h"
#include "template/text.h"
#include "template/unicode.h"

namespace weir::tmpl {

namespace {

void append_escaped(std::string& out, std::string_view text) {
  out.push_back('"');
  for (size_t at = 0; at < text.size();) {
    char32_t c = next_char(text, at);
    static constexpr std::string_view kShort = "\"\\\n\r\t\f\b", kLetters = "\"\\nrtfb";
    size_t known = c < 0x80 ? kShort.find(static_cast<char>(c)) : std::string_view::npos;
    if (known != std::string_view::npos) {
      out += {'\\', kLetters[known]};
    } else if (c >= 0x20 && c < 0x7F) {
      out.push_back(static_cast<char>(c));
    } else if (c == 0x7F) {
      out.push_back('\x7f');
    } else {
      char buffer[16];
      if (c > 0xFFFF) {
        char32_t rest = c - 0x10000;
        std::snprintf(buffer, sizeof buffer, "\\u%04x\\u%04x", static_cast<unsigned>(0xD800 + (rest >> 10)),
                      static_cast<unsigned>(0xDC00 + (rest & 0x3FF)));
      } else {
        std::snprintf(buffer, sizeof buffer, "\\u%04x", static_cast<unsigned>(c));
      }
      out += buffer;
    }
  }
  out.push_back('"');
}

class JsonWriter {
 public:
  JsonWriter(Evaluation& evaluation, bool sort_keys, const Value& indent)
      : evaluation_(evaluation), sort_keys_(sort_keys) {
    if (indent.is_none()) return;
    indented_ = true;
    unit_ = indent.is_string() ? indent.as_string()
                               : std::string(static_cast<size_t>(std::max<int64_t>(indent.as_int(), 0)), ' ');
  }

  std::string run(const Value& value) {
    write(value, 0);
    return std::move(out_);
  }

 private:
  void line(int level) {
    if (!indented_) return;
    evaluation_.charge_bytes(unit_.size() * static_cast<size_t>(level) + 1);
    out_.push_back('\n');
    for (int i = 0; i < level; ++i) out_ += unit_;
  }

  void separate(bool& first, int level) {
    if (!std::exchange(first, false)) out_ += indented_ ? "," : ", ";
    line(level);
  }

  static std::string real_text(double real) {
    return std::isnan(real) ? "NaN" : std::isinf(real) ? (real < 0 ? "-Infinity" : "Infinity") : real_repr(real);
  }

  void write(const Value& value, int level) {
    evaluation_.charge_step();
    for (const Cell* open : open_)
      if (open == Raw::cell(value) && Raw::is_container(value)) value_error("Circular reference detected");
    check_value_depth(level);
    switch (value.kind()) {
      case Kind::none:
        out_ += "null";
        return;
      case Kind::boolean:
        out_ += value.as_bool() ? "true" : "false";
        return;
      case Kind::integer:
        out_ += int_text(value);
        return;
      case Kind::real:
        out_ += real_text(value.as_real());
        return;
      case Kind::string:
        append_escaped(out_, value.as_string());
        return;
      case Kind::list:
      case Kind::tuple:
        return write_items(value, level);
      case Kind::dict:
        return write_members(value, level);
      case Kind::object:
        if (auto plain = value.as_object()->plain()) return write(*plain, level);
        break;
      default:
        break;
    }
    type_error("Object of type " + value.type_name() + " is not JSON serializable");
  }

  void write_items(const Value& value, int level) {
    out_.push_back('[');
    open_.push_back(Raw::cell(value));
    bool first = true;
    for (const Value& item : value.items()) {
      separate(first, level + 1);
      write(item, level + 1);
    }
    open_.pop_back();
    if (!first) line(level);
    out_.push_back(']');
  }

  static std::string key_text(const Value& key) {
    if (key.is_string()) return key.as_string();
    if (key.is_none()) return "null";
    if (key.is_bool()) return key.as_bool() ? "true" : "false";
    if (key.is_int()) return int_text(key);
    if (key.is_real()) return real_text(key.as_real());
    type_error("keys must be str, int, float, bool or None, not " + key.type_name());
  }

  void write_members(const Value& value, int level) {
    out_.push_back('{');
    open_.push_back(Raw::cell(value));
    std::vector<Value> keys;
    for (const auto& entry : value.as_dict().entries()) keys.push_back(entry.key);
    if (sort_keys_) sort_values(evaluation_, keys, nullptr, false);
    bool first = true;
    for (const Value& key : keys) {
      separate(first, level + 1);
      append_escaped(out_, key_text(key));
      out_ += ": ";
      write(*value.as_dict().find(key), level + 1);
    }
    open_.pop_back();
    if (!first) line(level);
    out_.push_back('}');
  }

  Evaluation& evaluation_;
  bool sort_keys_, indented_ = false;
  std::string unit_, out_;
  std::vector<const Cell*> open_;
};

}  // namespace

std::string json_text(Evaluation& evaluation, const Value& value, bool sort_keys, const Value& indent) {
  return JsonWriter(evaluation, sort_keys, indent).run(value);
}

}  // namespace weir::tmpl
