#include "checks/stored_type.h"

#include <cctype>
#include <map>
#include <utility>

#include "base/text.h"

namespace weir::checks {

namespace {

using Exchange = std::map<std::string, std::string, std::less<>>;

const Exchange& of_the_lake() {
  static const Exchange types = {
      {"UTINYINT", "SMALLINT"},      {"USMALLINT", "INTEGER"},     {"UINTEGER", "BIGINT"},
      {"UBIGINT", "DECIMAL(20,0)"},  {"HUGEINT", "DECIMAL(38,0)"}, {"UHUGEINT", "DECIMAL(38,0)"},
      {"JSON", "VARCHAR"},           {"UUID", "VARCHAR"},          {"ENUM", "VARCHAR"},
      {"TIME", "VARCHAR"},           {"TIMESTAMP_S", "TIMESTAMP"}, {"TIMESTAMP_MS", "TIMESTAMP"},
      {"TIMESTAMP_NS", "TIMESTAMP"}, {"\"NULL\"", "INTEGER"},      {"NULL", "INTEGER"},
  };
  return types;
}

const Exchange& of_carried_files() {
  static const Exchange types = {
      {"HUGEINT", "VARCHAR"},  {"UHUGEINT", "VARCHAR"}, {"BIGNUM", "VARCHAR"}, {"VARINT", "VARCHAR"},
      {"INTERVAL", "VARCHAR"}, {"BIT", "VARCHAR"},      {"TIMETZ", "VARCHAR"}, {"TIME WITH TIME ZONE", "VARCHAR"},
      {"TIME_NS", "VARCHAR"},  {"ENUM", "VARCHAR"},
  };
  return types;
}

// Also what is compared as a text: it must be made in the session that knows the type.
const Exchange& of_compared_files() {
  static const Exchange types = [] {
    Exchange all = {{"UNION", "VARCHAR"},
                    {"VARIANT", "VARCHAR"},
                    {"JSON", "VARCHAR"},
                    {"NULL", "INTEGER"},
                    {"\"NULL\"", "INTEGER"}};
    all.insert(of_carried_files().begin(), of_carried_files().end());
    return all;
  }();
  return types;
}

// Reads a type as DuckDB prints it and writes it with other names. What it does not understand it leaves.
class TypeText {
 public:
  TypeText(std::string_view text, const Exchange& exchange, bool lists_only)
      : text_(text), exchange_(exchange), lists_only_(lists_only) {}

  std::string exchanged() {
    std::string out = type();
    return at_ == text_.size() && !lost_ ? out : std::string(text_);
  }

 private:
  char next() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool take(char wanted) {
    if (next() != wanted) return false;
    at_++;
    return true;
  }
  void skip_spaces() {
    while (next() == ' ') at_++;
  }

  // A name: quoted or not.
  std::string name() {
    const size_t from = at_;
    if (take('"')) {
      while (at_ < text_.size()) {
        if (text_[at_] == '"' && at_ + 1 < text_.size() && text_[at_ + 1] == '"') {
          at_ += 2;
        } else if (text_[at_++] == '"') {
          break;
        }
      }
    } else {
      while (std::isalnum(static_cast<unsigned char>(next())) || next() == '_' || (next() & 0x80)) at_++;
    }
    lost_ = lost_ || at_ == from;
    return std::string(text_.substr(from, at_ - from));
  }

  // From "(" to the ")" that belongs to it, texts in quotes passed over.
  std::string in_parentheses() {
    const size_t from = at_;
    int depth = 0;
    char quote = 0;
    for (; at_ < text_.size(); at_++) {
      const char c = text_[at_];
      if (quote) {
        if (c == quote) quote = 0;
        continue;
      }
      if (c == '\'' || c == '"') quote = c;
      if (c == '(') depth++;
      if (c == ')' && --depth == 0) {
        at_++;
        return std::string(text_.substr(from, at_ - from));
      }
    }
    lost_ = true;
    return {};
  }

  std::string exchanged_name(const std::string& plain) const {
    const auto found = exchange_.find(plain);
    return found == exchange_.end() ? plain : found->second;
  }

  std::string type() {
    const std::string head = name();
    std::string out;
    if (exchange_.contains(head) && next() == '(') {  // ENUM('a', 'b'), UNION(…)
      in_parentheses();
      out = exchanged_name(head);
    } else if ((head == "STRUCT" || head == "UNION") && next() == '(') {
      out = head + "(" + members() + ")";
    } else if (head == "MAP" && take('(')) {
      const std::string key = type();
      lost_ = lost_ || !take(',');
      skip_spaces();
      const std::string value = type();
      lost_ = lost_ || !take(')');
      out = "MAP(" + key + ", " + value + ")";
    } else {
      std::string words = head;
      if (next() == '(') words += in_parentheses();
      while (next() == ' ' && at_ + 1 < text_.size() && std::isupper(static_cast<unsigned char>(text_[at_ + 1]))) {
        at_++;
        words += " " + name();
      }
      out = exchanged_name(words);
    }
    while (take('[')) {
      std::string size;
      while (next() != ']' && next() != '\0') size += text_[at_++];
      lost_ = lost_ || !take(']');
      out += lists_only_ ? "[]" : "[" + size + "]";
    }
    return out;
  }

  std::string members() {
    std::string out;
    take('(');
    do {
      skip_spaces();
      if (!out.empty()) out += ", ";
      out += name();
      lost_ = lost_ || !take(' ');
      out += " " + type();
    } while (!lost_ && take(','));
    lost_ = lost_ || !take(')');
    return out;
  }

  std::string_view text_;
  const Exchange& exchange_;
  bool lists_only_;
  size_t at_ = 0;
  bool lost_ = false;
};

bool begins_with(std::string_view text, std::string_view word) { return text.substr(0, word.size()) == word; }

}  // namespace

std::string stored_type(std::string_view sql_type) { return TypeText(sql_type, of_the_lake(), true).exchanged(); }

std::string carried_type(std::string_view sql_type) {
  return TypeText(sql_type, of_carried_files(), false).exchanged();
}

std::string file_type(std::string_view sql_type) { return TypeText(sql_type, of_compared_files(), false).exchanged(); }

bool is_float_type(std::string_view sql_type) { return sql_type == "FLOAT" || sql_type == "DOUBLE"; }

bool is_numeric_type(std::string_view sql_type) {
  static const Exchange integers = {{"TINYINT", ""}, {"SMALLINT", ""}, {"INTEGER", ""},   {"BIGINT", ""},
                                    {"HUGEINT", ""}, {"UTINYINT", ""}, {"USMALLINT", ""}, {"UINTEGER", ""},
                                    {"UBIGINT", ""}, {"UHUGEINT", ""}};
  const bool nested = !sql_type.empty() && sql_type.back() == ']';
  return !nested && (is_float_type(sql_type) || begins_with(sql_type, "DECIMAL(") || integers.contains(sql_type));
}

bool is_plain_time_type(std::string_view sql_type) {
  return sql_type == "DATE" || sql_type == "TIMESTAMP" || sql_type == "TIMESTAMP_S" || sql_type == "TIMESTAMP_MS" ||
         sql_type == "TIMESTAMP_NS";
}

bool is_compared_as_text(std::string_view sql_type) {
  return sql_type.find("UNION(") != std::string_view::npos || sql_type.find("VARIANT") != std::string_view::npos ||
         sql_type.find("JSON") != std::string_view::npos;
}

}  // namespace weir::checks
