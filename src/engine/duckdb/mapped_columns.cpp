#include "engine/duckdb/mapped_columns.h"

#include <algorithm>
#include <duckdb/parser/expression/constant_expression.hpp>

#include "base/text.h"
#include "engine/duckdb/types.h"
#include "lake/iceberg/schema_read.h"

namespace weir::engine::duck {

using namespace duckdb;

namespace {

bool has_mapped_names(const lake::DataType& type) {
  return std::any_of(type.fields.begin(), type.fields.end(), [](const lake::Field& field) {
    return !field.mapped_name.empty() || has_mapped_names(field.type);
  });
}

class MappedColumns {
 public:
  using Columns = duckdb::vector<MultiFileColumnDefinition>;

  explicit MappedColumns(const lake::Metadata& metadata)
      : metadata_(metadata), by_id_(metadata.column_mapping() == lake::ColumnMapping::by_id) {}

  Columns in_file(const Columns& stored) const {
    Columns columns;
    for (auto& field : metadata_.schema.fields) columns.push_back(resolve(field, find(field, stored)));
    return columns;
  }

 private:
  using Stored = const MultiFileColumnDefinition*;  // nullptr: the file does not have it

  static bool has_id(const MultiFileColumnDefinition& column) {
    return !column.identifier.IsNull() && column.identifier.type().id() == LogicalTypeId::INTEGER;
  }

  Stored find(const lake::Field& field, const Columns& stored) const {
    auto* names = field.metadata.find(lake::iceberg::names_key);
    if (names && std::none_of(stored.begin(), stored.end(), has_id)) return find_by_name(*names, stored);
    for (auto& column : stored) {
      bool found = by_id_ && field.id() ? has_id(column) && column.identifier.GetValue<int32_t>() == field.id()
                                        : iequals(column.name, field.physical_name());
      if (found) return &column;
    }
    return nullptr;
  }

  static Stored find_by_name(const Json& names, const Columns& stored) {
    for (auto& name : names.as_array()) {
      for (auto& column : stored)
        if (column.name == name.as_string()) return &column;
    }
    return nullptr;
  }

  // The value in files that lack the column.
  static Value default_of(const lake::Field& field, const LogicalType& type) {
    auto* value = field.metadata.find(lake::iceberg::default_key);
    if (!value || type.IsNested()) return Value(type);
    auto text = value->is_string() ? value->as_string() : value->dump();
    if (type.id() == LogicalTypeId::BLOB) {
      std::string escaped;
      for (size_t i = 0; i + 1 < text.size(); i += 2) escaped += "\\x" + text.substr(i, 2);
      return Value::BLOB(escaped);
    }
    return Value(text).DefaultCastAs(type);
  }

  MultiFileColumnDefinition resolve(const lake::Field& field, Stored stored) const {
    MultiFileColumnDefinition column(field.name, to_duckdb(field));
    column.identifier = Value(stored ? stored->name : string(1, '\0'));
    column.default_expression = make_uniq<ConstantExpression>(default_of(field, column.type));
    auto& type = field.type;
    if (type.kind == lake::TypeKind::struct_) {
      for (auto& child : type.fields)
        column.children.push_back(resolve(child, stored ? find(child, stored->children) : nullptr));
    } else if (stored && has_mapped_names(type)) {
      // The names of elements, keys and values are the writer's choice.
      auto& parts = type.kind == lake::TypeKind::map ? stored->children.at(0).children : stored->children;
      for (idx_t i = 0; i < type.fields.size(); ++i) column.children.push_back(resolve(type.fields[i], &parts.at(i)));
    }
    return column;
  }

  const lake::Metadata& metadata_;
  bool by_id_;
};

}  // namespace

duckdb::vector<MultiFileColumnDefinition> columns_in_file(const lake::Metadata& metadata,
                                                          const duckdb::vector<MultiFileColumnDefinition>& stored) {
  return MappedColumns(metadata).in_file(stored);
}

}  // namespace weir::engine::duck
