// Types and values in Iceberg's forms (Iceberg specification, "Schemas and Data Types", "Appendix A: Avro",
// "Appendix D: Single-value serialization").
#pragma once

#include <optional>
#include <string>

#include "base/json.h"
#include "format/avro.h"
#include "lake/predicate.h"
#include "lake/schema.h"

namespace weir::lake::iceberg {

// The fields of a schema whose fields have ids at every depth (field_ids.h), as metadata has them.
Json schema_fields(const Schema& schema);

// A bound in binary form; nullopt for what has none. Zeros are signed so that they bound both zeros.
std::optional<std::string> bound_bytes(const DataType& type, const Scalar& value, bool upper);

// A partition value: its type in a manifest's schema, and itself. nullopt if the text is no value of the type.
Json partition_type(const DataType& type);
std::optional<format::avro::Value> partition_value(const DataType& type, const std::optional<std::string>& text);
// A value of before the type got wider, as it is one of the type.
void widen_partition_value(const DataType& type, format::avro::Value& value);

}  // namespace weir::lake::iceberg
