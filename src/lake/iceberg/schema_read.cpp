#include "lake/iceberg/schema_read.h"

#include <fmt/format.h>

#include <charconv>
#include <set>

#include "base/error.h"
#include "base/text.h"

namespace weir::lake::iceberg {

namespace {

void read_mapped(const Json& fields, NameMapping& names) {
  for (const auto& field : fields.as_array()) {
    if (auto id = field.get_int("field-id"))
      for (const auto& name : field.at("names").as_array()) names[*id].push_back(name.as_string());
    if (const auto* inner = field.find("fields")) read_mapped(*inner, names);
  }
}

class SchemaReader {
 public:
  SchemaReader(const std::optional<NameMapping>& names, const std::string& source) : names_(names), source_(source) {}

  std::vector<Field> fields(const Json& list, const std::string& above) const {
    std::vector<Field> fields;
    std::set<std::string> taken;
    for (const auto& json : list.as_array()) {
      Field field;
      const std::string& name = json.at("name").as_string();
      // SQL does not tell names by their case.
      field.name = name;
      for (int next = 1; !taken.insert(lower(field.name)).second; ++next) field.name = fmt::format("{}_{}", name, next);
      const std::string path = above.empty() ? field.name : above + "." + field.name;
      field.type = type(json.at("type"), path);
      field.nullable = !json.get_bool("required").value_or(false);
      identify(field, name, json.at("id").as_int());
      keep_type(field, json.at("type"));
      if (auto comment = json.get_string("doc")) field.metadata.set("comment", *comment);
      if (const auto* value = json.find("initial-default"); value && !value->is_null())
        field.metadata.set(default_key, *value);
      fields.push_back(std::move(field));
    }
    return fields;
  }

 private:
  static void keep_type(Field& field, const Json& type) {
    if (type == Json("uuid") || type == Json("time")) field.metadata.set(type_key, type);
  }

  void identify(Field& field, const std::string& name, int64_t id) const {
    field.mapped_name = field.name;
    field.metadata.set("delta.columnMapping.id", id).set("delta.columnMapping.physicalName", field.name);
    // Without a mapping a file without ids is taken by the names that columns have now.
    std::vector<std::string> names;
    if (!names_) names.push_back(name);
    if (names_ && names_->contains(id)) names = names_->at(id);
    field.metadata.set(names_key, Json::strings(names));
  }

  DataType type(const Json& json, const std::string& path) const {
    if (json.is_string()) return primitive(json.as_string(), path);
    const std::string& kind = json.at("type").as_string();
    DataType type;
    if (kind == "struct") {
      type.kind = TypeKind::struct_;
      type.fields = fields(json.at("fields"), path);
      return type;
    }
    if (kind == "list") {
      type = DataType::array_of(this->type(json.at("element"), path + ".element"),
                                !json.get_bool("element-required").value_or(false));
      keep_type(type.fields.at(0), json.at("element"));
      return type;
    }
    if (kind == "map") {
      type = DataType::map_of(this->type(json.at("key"), path + ".key"), this->type(json.at("value"), path + ".value"),
                              !json.get_bool("value-required").value_or(false));
      keep_type(type.fields.at(0), json.at("key"));
      keep_type(type.fields.at(1), json.at("value"));
      return type;
    }
    unsupported(kind, path);
  }

  DataType primitive(const std::string& word, const std::string& path) const {
    static const std::map<std::string_view, TypeKind> kinds{{"boolean", TypeKind::boolean},
                                                            {"int", TypeKind::integer},
                                                            {"long", TypeKind::long_},
                                                            {"float", TypeKind::float_},
                                                            {"double", TypeKind::double_},
                                                            {"date", TypeKind::date},
                                                            {"string", TypeKind::string},
                                                            {"time", TypeKind::string},
                                                            {"uuid", TypeKind::string},
                                                            {"binary", TypeKind::binary},
                                                            {"timestamp", TypeKind::timestamp_ntz},
                                                            {"timestamptz", TypeKind::timestamp},
                                                            {"variant", TypeKind::variant}};
    if (auto found = kinds.find(word); found != kinds.end()) return DataType::primitive(found->second);
    if (word.starts_with("fixed[")) return DataType::primitive(TypeKind::binary);
    constexpr std::string_view decimal = "decimal(";
    if (!word.starts_with(decimal)) unsupported(word, path);
    int precision = 0, scale = 0;
    const char *at = word.data() + decimal.size(), *end = word.data() + word.size();
    at = std::from_chars(at, end, precision).ptr;
    while (at < end && (*at == ',' || *at == ' ')) ++at;
    std::from_chars(at, end, scale);
    constexpr int most_digits = 38;
    if (precision < 1 || precision > most_digits || scale < 0 || scale > precision) unsupported(word, path);
    return DataType::decimal_of(precision, scale);
  }

  [[noreturn]] void unsupported(const std::string& type, const std::string& path) const {
    throw Error(
        ErrorCode::iceberg_unsupported,
        fmt::format("{}: column \"{}\" is of the type {}, which Delta tables do not have", source_, path, type));
  }

  const std::optional<NameMapping>& names_;
  const std::string& source_;
};

}  // namespace

std::optional<NameMapping> read_name_mapping(const std::string& text, const std::string& source) {
  if (text.empty()) return std::nullopt;
  NameMapping names;
  try {
    read_mapped(Json::parse(text), names);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::bad_json) throw;
    throw Error(ErrorCode::bad_iceberg, fmt::format("{}: schema.name-mapping.default: {}", source, error.message()));
  }
  return names;
}

Schema read_schema_fields(const Json& fields, const std::optional<NameMapping>& names, const std::string& source) {
  Schema schema;
  schema.fields = SchemaReader(names, source).fields(fields, "");
  return schema;
}

}  // namespace weir::lake::iceberg
