// Delta's types and values as DuckDB's and back (docs/types.md is the table of it).
#pragma once

#include <duckdb/common/types.hpp>
#include <duckdb/common/types/value.hpp>
#include <optional>
#include <string>

#include "lake/predicate.h"
#include "lake/schema.h"

namespace weir::engine::duck {

// The type in which a column of a Delta table is read. (void reads as INTEGER: all NULL.)
duckdb::LogicalType to_duckdb(const lake::DataType& type);
// The same of a field; one of an Iceberg table may say that it is a UUID or TIME (lake/iceberg/schema_read.h).
duckdb::LogicalType to_duckdb(const lake::Field& field);

// The Delta type that a column of this DuckDB type gets. Throws Error{sql_type_not_in_delta} naming the column and the
// remedy.
lake::DataType to_delta(const duckdb::LogicalType& type, const std::string& column);

// to_duckdb(to_delta(type)): what a value is cast to before it is written, e.g. HUGEINT -> DECIMAL(38,0).
duckdb::LogicalType stored_as(const duckdb::LogicalType& type, const std::string& column);

// True if the type is, or holds at any depth, one of this id.
bool contains_type(const duckdb::LogicalType& type, duckdb::LogicalTypeId id);

// A partition value by Delta's text rules (Delta protocol, "Partition Value Serialization"). An empty text is NULL.
// Throws Error{bad_log} if the text is no value of the type.
duckdb::Value partition_value(const std::optional<std::string>& text, const duckdb::LogicalType& type,
                              const std::string& column);
std::optional<std::string> partition_text(const duckdb::Value& value);

// A bound in the engine-neutral form of lake/stats_writer.h: times without an offset, none outside the years that
// Delta's text form has.
std::optional<std::string> stats_text(const duckdb::Value& value, const duckdb::LogicalType& type);
// A bound from a file's statistics; nullopt if it is unknown or no value of the type.
std::optional<duckdb::Value> bound_value(const lake::Scalar& scalar, const duckdb::LogicalType& type);
// A constant as the lake's predicates hold it; nullopt for types that statistics cannot decide.
std::optional<lake::Scalar> to_scalar(const duckdb::Value& value);

}  // namespace weir::engine::duck
