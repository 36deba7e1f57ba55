#include "lake/stats_struct.h"

#include <fmt/format.h>

#include <cmath>

#include "base/json.h"
#include "base/text.h"
#include "base/time.h"

namespace weir::lake {

namespace {

using format::ArrowKind;
using format::ArrowView;

// null where there is nothing to say.
Json value_of(const ArrowView& column, int64_t row) {
  if (column.is_null(row)) return {};
  switch (column.kind()) {
    case ArrowKind::struct_: {
      Json object = Json::object();
      for (size_t i = 0; i < column.field_count(); ++i) {
        Json value = value_of(column.field(i), row);
        if (!value.is_null()) object.set(column.field(i).name(), std::move(value));
      }
      return object.size() > 0 ? object : Json();
    }
    case ArrowKind::boolean:
      return Json(column.boolean(row));
    case ArrowKind::integer:
      return Json(column.integer(row));
    case ArrowKind::real:
      return std::isfinite(column.real(row)) ? Json(column.real(row)) : Json();
    case ArrowKind::decimal: {
      std::string text = column.decimal(row);
      return Json(Json::Real{parse_double(text).value_or(0), text});
    }
    case ArrowKind::text:
      return Json(column.text(row));
    case ArrowKind::date:
      return Json(iso_date(column.date_days(row)));
    case ArrowKind::timestamp:
      return Json(iso_us(column.timestamp_us(row), 'T') + (column.has_zone() ? "Z" : ""));
    default:
      return {};
  }
}

}  // namespace

std::optional<std::string> stats_text(const ArrowView& stats_parsed, int64_t row) {
  if (stats_parsed.kind() != ArrowKind::struct_) return std::nullopt;
  Json json = value_of(stats_parsed, row);
  if (json.is_null()) return std::nullopt;
  return json.dump();
}

Scalar typed_scalar(const DataType& type, const ArrowView& column, int64_t row) {
  if (column.is_null(row)) return {};
  switch (type.kind) {
    case TypeKind::long_:
    case TypeKind::integer:
    case TypeKind::short_:
    case TypeKind::byte:
      if (column.kind() == ArrowKind::integer) return column.integer(row);
      break;
    case TypeKind::date:
      if (column.kind() == ArrowKind::date) return column.date_days(row);
      break;
    case TypeKind::timestamp:
    case TypeKind::timestamp_ntz:
      if (column.kind() == ArrowKind::timestamp) return column.timestamp_us(row);
      break;
    case TypeKind::string:
      if (column.kind() == ArrowKind::text) return std::string(column.text(row));
      break;
    default:  // the same way as from a text
      return scalar_from_json(type, value_of(column, row));
  }
  return scalar_from_json(type, value_of(column, row));
}

}  // namespace weir::lake
