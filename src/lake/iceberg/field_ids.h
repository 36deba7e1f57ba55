// Ids of the elements of lists and of the keys and values of maps, which Iceberg wants and column mapping does not give
// (Delta protocol, "Iceberg Compatibility V2"). They are kept in the nearest named field, in the form of Delta's own
// writer: {"col-1.element": 7, "col-1.element.element": 8}.
#pragma once

#include <cstdint>

#include "lake/action.h"

namespace weir::lake::iceberg {

// Of the columns in which files keep row ids and the versions of their rows (Iceberg specification, "Reserved Field
// IDs").
inline constexpr int64_t row_id_field = 2147483540;
inline constexpr int64_t row_version_field = 2147483539;

inline constexpr const char* nested_ids_key = "delta.columnMapping.nested.ids";

// Gives ids to what lies in the lists and maps of a mapped field and has none, counting on from `highest`; returns the
// highest id after it. Structs in them have fields of their own, which are not touched.
int64_t give_nested_ids(Field& field, int64_t highest);

// The same schema in which elements, keys and values carry their ids as named fields do (Field::id).
Schema with_nested_ids(const Schema& schema);

}  // namespace weir::lake::iceberg
