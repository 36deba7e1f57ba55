#include "template/bytes.h"

#include <algorithm>
#include <cstdio>

#include "base/text.h"
#include "template/failure.h"
#include "template/operators.h"
#include "template/unicode.h"
#include "template/views.h"

namespace weir::tmpl {

namespace {

// "utf8", "utf-8" and "UTF_8" are one name.
std::string plain_name(std::string_view encoding) {
  std::string name;
  for (char c : to_lower(encoding))
    if (c != '-' && c != '_' && c != ' ') name.push_back(c);
  return name;
}

// The largest code point of a single-byte encoding; 0 for utf-8.
char32_t limit_of(std::string_view encoding) {
  std::string name = plain_name(encoding);
  if (name == "utf8" || name == "u8") return 0;
  if (name == "ascii" || name == "usascii") return 0x7F;
  if (name == "latin1" || name == "iso88591") return 0xFF;
  value_error("unknown encoding: " + std::string(encoding));
}

Value decode(const std::string& bytes, std::string_view encoding) {
  char32_t limit = limit_of(encoding);
  if (limit == 0) {
    if (!is_valid_utf8(bytes)) value_error("'utf-8' codec can't decode the bytes");
    return bytes;
  }
  std::string text;
  for (char c : bytes) {
    auto byte = static_cast<unsigned char>(c);
    if (byte > limit) value_error("'ascii' codec can't decode byte");
    append_char(text, byte);
  }
  return text;
}

}  // namespace

Value encode_text(std::string_view text, std::string_view encoding) {
  char32_t limit = limit_of(encoding);
  if (limit == 0) return Value::object(make<Bytes>(std::string(text)));
  std::string bytes;
  for (char32_t c : to_chars(text)) {
    if (c > limit) value_error("a character of the text is not in the encoding " + std::string(encoding));
    bytes.push_back(static_cast<char>(c));
  }
  return Value::object(make<Bytes>(std::move(bytes)));
}

std::optional<Value> Bytes::get_item(Evaluation&, const Value& key) {
  if (!key.is_small_int() && !key.is_bool()) return std::nullopt;
  auto index = index_of(key.as_int(), bytes_.size());
  return index ? std::optional<Value>(static_cast<int>(static_cast<unsigned char>(bytes_[*index]))) : std::nullopt;
}

std::optional<Value> Bytes::get_attr(Evaluation& evaluation, std::string_view name) {
  if (name != "decode" && name != "hex") return std::nullopt;
  Method method = [](Evaluation&, const Value& self, const Arguments& arguments) {
    Binder bind("decode", arguments, {"encoding", "errors"}, 0);
    return decode(self.as<Bytes>()->bytes_, bind.given(0) ? bind[0].as_string() : "utf-8");
  };
  if (name == "hex")
    method = [](Evaluation&, const Value& self, const Arguments&) { return Value(hex(self.as<Bytes>()->bytes_)); };
  Value self = Value::object(Ref<Bytes>::share(this));
  return Value::object(make<BoundMethod>(evaluation, std::move(self), std::string(name), method));
}

std::unique_ptr<Iteration> Bytes::iterate(Evaluation&) {
  size_t at = 0;
  return iteration_of({Value::object(Ref<Bytes>::share(this))}, [at](std::vector<Value>& held, Value& out) mutable {
    const std::string& bytes = held[0].as<Bytes>()->bytes_;
    if (at >= bytes.size()) return false;
    out = static_cast<int>(static_cast<unsigned char>(bytes[at++]));
    return true;
  });
}

std::string Bytes::repr() const {
  bool single = bytes_.find('\'') != std::string::npos && bytes_.find('"') == std::string::npos;
  char quote = single ? '"' : '\'';
  std::string out = std::string("b") + quote;
  for (char c : bytes_) {
    auto byte = static_cast<unsigned char>(c);
    static constexpr std::string_view kShort = "\\\n\r\t", kLetters = "\\nrt";
    size_t known = kShort.find(c);
    char buffer[8];
    std::snprintf(buffer, sizeof buffer, "\\x%02x", byte);
    if (c == quote)
      out += {'\\', c};
    else if (known != std::string_view::npos)
      out += {'\\', kLetters[known]};
    else if (byte < 0x20 || byte >= 0x7F)
      out += buffer;
    else
      out.push_back(c);
  }
  return out + quote;
}

bool Bytes::equals(const Object& other) const {
  auto* bytes = dynamic_cast<const Bytes*>(&other);
  return bytes && bytes->bytes_ == bytes_;
}

}  // namespace weir::tmpl
