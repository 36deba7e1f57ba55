#include "lake/iceberg/field_ids.h"

#include <functional>

namespace weir::lake::iceberg {

namespace {

// Elements, keys and values below a named field, without those below a struct, each with its path.
void each_nested(DataType& type, const std::string& path,
                 const std::function<void(Field& field, const std::string& path)>& visit) {
  if (type.kind != TypeKind::array && type.kind != TypeKind::map) return;
  for (auto& field : type.fields) {
    const std::string below = path + "." + field.name;
    visit(field, below);
    each_nested(field.type, below, visit);
  }
}

void each_named(DataType& type, const std::function<void(Field&)>& visit) {
  for (auto& field : type.fields) {
    if (type.kind == TypeKind::struct_) visit(field);
    each_named(field.type, visit);
  }
}

}  // namespace

int64_t give_nested_ids(Field& field, int64_t highest) {
  Json ids = Json::object();
  if (const Json* known = field.metadata.find(nested_ids_key); known && known->is_object()) ids = *known;
  each_nested(field.type, field.physical_name(), [&](Field&, const std::string& path) {
    if (!ids.find(path)) ids.set(path, ++highest);
  });
  if (ids.size() > 0) field.metadata.set(nested_ids_key, std::move(ids));
  return highest;
}

Schema with_nested_ids(const Schema& schema) {
  DataType row{TypeKind::struct_, 0, 0, schema.fields};
  each_named(row, [](Field& named) {
    const Json* found = named.metadata.find(nested_ids_key);
    if (!found) return;
    const Json ids = *found;
    each_nested(named.type, named.physical_name(), [&](Field& field, const std::string& path) {
      if (auto id = ids.get_int(path)) field.metadata.set("delta.columnMapping.id", *id);
    });
  });
  return Schema{std::move(row.fields)};
}

}  // namespace weir::lake::iceberg
