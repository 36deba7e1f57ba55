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
// The same two back. A bound as statistics have it (stats_writer.h), also one of before the type got wider; nullopt for
// types without statistics and for bytes that are none. A partition value in Delta's text form; an empty optional for
// NULL. `taken` is false where the text form could not tell the value: empty texts, and what is no whole number, date,
// text, boolean or decimal.
std::optional<std::string> bound_text(const DataType& type, const std::string& bytes);
struct PartitionText {
  std::optional<std::string> text;
  bool taken = true;
};
PartitionText partition_text(const DataType& type, const format::avro::Value& value);

// A partition value in binary form, as a bound of several; nullopt for NULL, NaN and what has none. A value of before
// the type got wider is one, too.
std::optional<std::string> partition_bound(const DataType& type, const format::avro::Value& value, bool upper);
// Whether the first is the lower one of two that partition_bound takes.
bool is_lower(const DataType& type, const format::avro::Value& a, const format::avro::Value& b);

// The digits of an unscaled decimal, as partition values and bounds hold it; nullopt if there are too many.
std::optional<std::string> decimal_text(const std::string& big_endian, int scale);

// A value of before the type got wider, as it is one of the type.
void widen_partition_value(const DataType& type, format::avro::Value& value);

}  // namespace weir::lake::iceberg
