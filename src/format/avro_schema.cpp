#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/error.h"
#include "format/avro.h"

namespace weir::format::avro {

namespace {

constexpr int most_levels = 64;
constexpr size_t most_parts = 10'000;

constexpr std::array<std::pair<std::string_view, Kind>, 8> primitives = {{{"null", Kind::null},
                                                                          {"boolean", Kind::boolean},
                                                                          {"int", Kind::int_},
                                                                          {"long", Kind::long_},
                                                                          {"float", Kind::float_},
                                                                          {"double", Kind::double_},
                                                                          {"bytes", Kind::bytes},
                                                                          {"string", Kind::string}}};

class Parser {
 public:
  explicit Parser(std::string_view file) : file_(file) {}

  Type type(const Json& schema, int level) {
    if (level > most_levels) bad(fmt::format("types inside types, more than {} levels", most_levels));
    count(1);
    if (schema.is_string()) return named(schema.as_string());
    if (schema.is_array()) return union_of(schema.as_array(), level);
    if (!schema.is_object()) bad(fmt::format("a type is a {}", schema.kind()));
    const Json* kind = schema.find("type");
    if (!kind) bad("a type without \"type\"");
    if (!kind->is_string()) return type(*kind, level + 1);
    const std::string& word = kind->as_string();
    if (word == "record" || word == "error") return record(schema, level);
    if (word == "enum") return enumeration(schema);
    if (word == "fixed") return fixed(schema);
    if (word == "array") return holder(Kind::array, schema, "items", level);
    if (word == "map") return holder(Kind::map, schema, "values", level);
    return named(word);
  }

 private:
  [[noreturn]] void bad(const std::string& what) const {
    throw Error(ErrorCode::bad_avro, fmt::format("{}: the schema is not valid Avro: {}", file_, what));
  }

  void count(size_t parts) {
    parts_ += parts;
    if (parts_ > most_parts) bad(fmt::format("more than {} parts", most_parts));
  }

  static size_t parts_of(const Type& type) {
    size_t parts = 1;
    for (const auto& part : type.parts) parts += parts_of(part);
    for (const auto& field : type.fields) parts += parts_of(field.type);
    return parts;
  }

  std::string text(const Json& json, const char* key) const {
    const Json* found = json.find(key);
    if (!found || !found->is_string()) bad(fmt::format("\"{}\" is missing or no text", key));
    return found->as_string();
  }

  const Json::Array& list(const Json& json, const char* key) const {
    const Json* found = json.find(key);
    if (!found || !found->is_array()) bad(fmt::format("\"{}\" is missing or no list", key));
    return found->as_array();
  }

  Type named(const std::string& name) {
    for (const auto& [word, kind] : primitives)
      if (word == name) return Type::of(kind);
    const auto known = known_.find(name);
    if (known == known_.end()) bad(fmt::format("unknown type \"{}\"", name));
    if (!known->second) bad(fmt::format("\"{}\" holds itself", name));
    count(parts_of(*known->second));
    return *known->second;
  }

  std::string new_name(const Json& schema) {
    std::string name = text(schema, "name");
    if (!known_.emplace(name, std::nullopt).second) bad(fmt::format("\"{}\" is declared twice", name));
    return name;
  }

  Type record(const Json& schema, int level) {
    Type result = Type::of(Kind::record);
    result.name = new_name(schema);
    for (const auto& member : list(schema, "fields")) {
      if (!member.is_object() || !member.find("type")) bad("a field without \"type\"");
      Field field{text(member, "name"), std::nullopt, type(member.at("type"), level + 1)};
      if (const Json* id = member.find("field-id"); id && id->is_int()) field.id = id->as_int();
      result.fields.push_back(std::move(field));
    }
    known_[result.name] = result;
    return result;
  }

  Type enumeration(const Json& schema) {
    Type result = Type::of(Kind::enum_);
    result.name = new_name(schema);
    for (const auto& symbol : list(schema, "symbols")) {
      if (!symbol.is_string()) bad("a symbol that is no text");
      result.symbols.push_back(symbol.as_string());
    }
    known_[result.name] = result;
    return result;
  }

  Type fixed(const Json& schema) {
    Type result = Type::of(Kind::fixed);
    result.name = new_name(schema);
    const Json* size = schema.find("size");
    if (!size || !size->is_int() || size->as_int() < 0) bad("\"size\" is missing or no size");
    result.size = static_cast<size_t>(size->as_int());
    known_[result.name] = result;
    return result;
  }

  Type holder(Kind kind, const Json& schema, const char* key, int level) {
    const Json* held = schema.find(key);
    if (!held) bad(fmt::format("\"{}\" is missing", key));
    Type result = Type::of(kind);
    result.parts.push_back(type(*held, level + 1));
    return result;
  }

  Type union_of(const Json::Array& branches, int level) {
    Type result = Type::of(Kind::union_);
    for (const auto& branch : branches) result.parts.push_back(type(branch, level + 1));
    return result;
  }

  std::string file_;
  size_t parts_ = 0;
  std::map<std::string, std::optional<Type>> known_;  // nullopt while it is being read
};

}  // namespace

Type Type::parse(const Json& schema, std::string_view file) { return Parser(file).type(schema, 0); }

std::optional<size_t> Type::find(int64_t id, std::string_view name) const {
  const bool has_ids =
      std::any_of(fields.begin(), fields.end(), [](const Field& field) { return field.id.has_value(); });
  for (size_t i = 0; i < fields.size(); ++i)
    if (has_ids ? fields[i].id == id : fields[i].name == name) return i;
  return std::nullopt;
}

}  // namespace weir::format::avro
