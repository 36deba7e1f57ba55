// Schemas of Iceberg tables as the lake's own, with columns mapped by their ids (Iceberg specification, "Schemas and
// Data Types", "Column Projection", "Name Mapping Serialization").
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "lake/schema.h"

namespace weir::lake::iceberg {

// In the metadata of a field: the names under which files without field ids may have it, and the value (as JSON) that
// it has in files that lack it.
inline constexpr const char* names_key = "weir.iceberg.names";
inline constexpr const char* default_key = "weir.iceberg.initial-default";
// "uuid" or "time": types that Delta has as texts. Bounds and partition values are in other forms.
inline constexpr const char* type_key = "weir.iceberg.type";

using NameMapping = std::map<int64_t, std::vector<std::string>>;

// Of the property schema.name-mapping.default; nullopt for an empty text: the table has none.
std::optional<NameMapping> read_name_mapping(const std::string& text, const std::string& source);

// `fields` as metadata has them. Throws Error{iceberg_unsupported} naming the column for a type that Delta does not
// have, Error{bad_iceberg} naming `source` for what is no schema.
Schema read_schema_fields(const Json& fields, const std::optional<NameMapping>& names, const std::string& source);

}  // namespace weir::lake::iceberg
