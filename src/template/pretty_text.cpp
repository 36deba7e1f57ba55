// pprint.pformat at its usual width of 80.
#include <algorithm>

#include "template/builtins.h"
#include "template/cells.h"
#include "template/compare.h"
#include "template/failure.h"
#include "template/methods.h"
#include "template/unicode.h"

namespace weir::tmpl {

namespace {

constexpr int kWidth = 80;

int width_of(std::string_view text) { return static_cast<int>(count_chars(text)); }

// The order in which pprint shows keys: by value where that is possible, else by type.
bool shown_before(const Value& a, const Value& b) {
  try {
    return ordered(Order::less, a, b);
  } catch (const Error&) {
    return a.type_name() < b.type_name();
  }
}

class PrettyPrinter {
 public:
  explicit PrettyPrinter(Evaluation& evaluation) : evaluation_(evaluation) {}

  std::string run(const Value& value) {
    format(value, 0, 0, 0);
    return std::move(out_);
  }

 private:
  bool is_open(const Value& value) const {
    return Raw::is_container(value) && std::find(open_.begin(), open_.end(), Raw::cell(value)) != open_.end();
  }

  static std::vector<Value> sorted_keys(const Dict& dict) {
    std::vector<Value> keys;
    for (const auto& entry : dict.entries()) keys.push_back(entry.key);
    std::stable_sort(keys.begin(), keys.end(), shown_before);
    return keys;
  }

  // repr(), but with the keys of dicts in order.
  std::string flat(const Value& value) {
    evaluation_.charge_step();
    check_value_depth(static_cast<int>(open_.size()));
    if (is_open(value)) return "<Recursion on " + value.type_name() + ">";
    if (!value.is_dict() && !value.is_list() && !is_plain_tuple(value)) return value.repr();
    open_.push_back(Raw::cell(value));
    std::string text;
    if (value.is_dict()) {
      for (const Value& key : sorted_keys(value.as_dict()))
        text += (text.empty() ? "" : ", ") + flat(key) + ": " + flat(*value.as_dict().find(key));
      text = "{" + text + "}";
    } else {
      for (const Value& item : value.items()) text += (text.empty() ? "" : ", ") + flat(item);
      bool single = value.is_tuple() && value.items().size() == 1;
      text = value.is_list() ? "[" + text + "]" : "(" + text + (single ? ",)" : ")");
    }
    open_.pop_back();
    evaluation_.charge_bytes(text.size());
    return text;
  }

  static bool is_plain_tuple(const Value& value) { return value.is_tuple() && Raw::tuple(value).names.empty(); }

  void format(const Value& value, int indent, int allowance, int level) {
    std::string text = flat(value);
    bool container = value.is_dict() || value.is_list() || is_plain_tuple(value) || value.is_set();
    bool splits = container || (value.is_string() && !value.is_markup());
    if (width_of(text) <= kWidth - indent - allowance || !splits || is_open(value)) {
      out_ += text;
      return;
    }
    open_.push_back(Raw::cell(value));
    if (value.is_string())
      format_text(value.as_string(), indent, allowance, level + 1);
    else if (value.is_dict())
      format_dict(value, indent, allowance + 1, level + 1);
    else
      format_sequence(value, indent, allowance, level + 1);
    open_.pop_back();
  }

  void new_line(int indent) {
    evaluation_.charge_bytes(static_cast<size_t>(indent) + 1);
    out_ += "\n" + std::string(static_cast<size_t>(indent), ' ');
  }

  void format_dict(const Value& value, int indent, int allowance, int level) {
    out_.push_back('{');
    std::vector<Value> keys = sorted_keys(value.as_dict());
    for (size_t i = 0; i < keys.size(); ++i) {
      std::string key = flat(keys[i]);
      out_ += key + ": ";
      bool last = i + 1 == keys.size();
      format(*value.as_dict().find(keys[i]), indent + 1 + width_of(key) + 2, last ? allowance : 1, level);
      if (last) break;
      out_.push_back(',');
      new_line(indent + 1);
    }
    out_.push_back('}');
  }

  void format_sequence(const Value& value, int indent, int allowance, int level) {
    std::vector<Value> items = value.is_set() ? sorted_keys(value.as_set()) : value.items();
    std::string end = value.is_list() ? "]" : value.is_set() ? "}" : items.size() == 1 ? ",)" : ")";
    out_.push_back(value.is_list() ? '[' : value.is_set() ? '{' : '(');
    for (size_t i = 0; i < items.size(); ++i) {
      if (i) {
        out_.push_back(',');
        new_line(indent + 1);
      }
      bool last = i + 1 == items.size();
      format(items[i], indent + 1, last ? allowance + width_of(end) : 1, level);
    }
    out_ += end;
  }

  // Pieces of text, each with the blanks behind it.
  static std::vector<std::string> words(std::string_view line) {
    std::vector<std::string> parts;
    size_t start = 0;
    bool blank = false;
    for (size_t at = 0; at < line.size();) {
      size_t begin = at;
      bool is_blank = has_flag(next_char(line, at), char_space);
      if (blank && !is_blank) {
        parts.emplace_back(line.substr(start, begin - start));
        start = begin;
      }
      blank = is_blank;
    }
    parts.emplace_back(line.substr(start));
    return parts;
  }

  void format_text(const std::string& text, int indent, int allowance, int level) {
    std::vector<Value> lines = evaluation_.call_method(text, "splitlines", Arguments{{true}, {}}).items();
    if (level == 1) {
      ++indent;
      ++allowance;
    }
    std::vector<std::string> chunks;
    int room = kWidth - indent;
    for (size_t i = 0; i < lines.size(); ++i) {
      bool last_line = i + 1 == lines.size();
      std::string shown = lines[i].repr();
      if (width_of(shown) <= room - (last_line ? allowance : 0)) {
        chunks.push_back(std::move(shown));
        continue;
      }
      std::string current;
      std::vector<std::string> parts = words(lines[i].as_string());
      for (size_t j = 0; j < parts.size(); ++j) {
        int limit = room - (last_line && j + 1 == parts.size() ? allowance : 0);
        if (width_of(in_quotes(current + parts[j])) > limit) {
          if (!current.empty()) chunks.push_back(in_quotes(current));
          current = parts[j];
        } else {
          current += parts[j];
        }
      }
      if (!current.empty()) chunks.push_back(in_quotes(current));
    }
    bool wrapped = level == 1 && chunks.size() > 1;
    if (wrapped) out_.push_back('(');
    for (size_t i = 0; i < chunks.size(); ++i) {
      if (i) new_line(indent);
      out_ += chunks[i];
    }
    if (wrapped) out_.push_back(')');
  }

  Evaluation& evaluation_;
  std::string out_;
  std::vector<const Cell*> open_;
};

}  // namespace

std::string pretty_text(Evaluation& evaluation, const Value& value) { return PrettyPrinter(evaluation).run(value); }

}  // namespace weir::tmpl
