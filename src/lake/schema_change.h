// Changes of a table's columns and properties, as new metadata. Pure: what the protocol must say afterwards is
// upgraded_protocol's (commit.h), and files are not touched, since column mapping finds old columns by their physical
// names and widened types are read from narrower ones.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lake/action.h"

namespace weir::lake {

// Names from the top, through structs: {"address", "city"}; case-insensitive.
using ColumnPath = std::vector<std::string>;
std::string text_of(const ColumnPath& path);  // "address.city"

// The field there; Error{sql_unknown_column} with the nearest name if there is none.
const Field& field_at(const Metadata& metadata, const ColumnPath& path);

// All throw Error{sql_unsupported} with the remedy where the table does not allow the change.
// A new last field of the struct at `parent` ({} = the table's row). Error{sql_exists} if the name is taken.
Metadata with_column(const Metadata& metadata, const ColumnPath& parent, Field field);
// Need column mapping; refused for columns that constraints, generated columns or clustering mention.
Metadata with_renamed_column(const Metadata& metadata, const ColumnPath& path, const std::string& name);
Metadata without_column(const Metadata& metadata, const ColumnPath& path);
// Needs delta.enableTypeWidening, and a type that holds every value of the present one. Notes the change in the field.
Metadata with_wider_column(const Metadata& metadata, const ColumnPath& path, const DataType& type);
// Whether a column may hold NULL from now on. That none of the rows does is the caller's to see to.
Metadata with_nullability(const Metadata& metadata, const ColumnPath& path, bool nullable);
// An SQL expression in Spark's dialect, for rows that give no value; nullopt = NULL again.
Metadata with_column_default(const Metadata& metadata, const ColumnPath& path, const std::optional<std::string>& sql);
Metadata with_column_comment(const Metadata& metadata, const ColumnPath& path, const std::optional<std::string>& text);

// Sets properties, or takes them away (nullopt); names as property_name gives them. Turning on column mapping names
// every column by what it is called in the files that are there.
Metadata with_properties(const Metadata& metadata, const std::map<std::string, std::optional<std::string>>& changes);

// Gives an id and a physical name to each column that lacks them, if the table maps its columns: a unique one where
// `fresh_names`, else the present one.
void map_columns(Metadata& metadata, bool fresh_names);

// Whether the columns are the same ones to a user: names, types, nullability and what they mean, but not what column
// mapping and identity columns note in them.
bool same_columns(const Schema& a, const Schema& b);

// Whether every value of one type is a value of the other, as Delta's type widening has it.
bool widens(const DataType& from, const DataType& to);

}  // namespace weir::lake
