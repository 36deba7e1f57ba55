#include "lake/catalog_json.h"

#include <fmt/format.h>

#include "base/error.h"

namespace weir::lake {

namespace {

constexpr int64_t catalog_format = 1;

[[noreturn]] void bad_catalog(const std::string& place, const std::string& problem) {
  throw Error(ErrorCode::bad_catalog, fmt::format("{}: {}", place, problem));
}

}  // namespace

std::string catalog_text(const CatalogContent& content) {
  Json views = Json::object();
  for (const auto& [name, view] : content.views) {
    Json entry = Json::object();
    entry.set("sql", view.sql).set("properties", view.properties);
    views.set(name, std::move(entry));
  }
  Json json = Json::object();
  json.set("format", catalog_format).set("views", std::move(views));
  return json.set("locations", Json::strings(content.locations)).dump();
}

CatalogContent parse_catalog(std::string_view text, int64_t number, const std::string& place) {
  try {
    Json json = Json::parse(text);
    int64_t format = json.at("format").as_int();
    if (format > catalog_format) bad_catalog(place, fmt::format("it has format {}, which a newer weir wrote", format));
    CatalogContent content;
    content.number = number;
    for (const auto& [name, entry] : json.at("views").as_object()) {
      const Json* properties = entry.find("properties");
      content.views[name] = {entry.at("sql").as_string(), properties ? *properties : Json::object()};
    }
    for (const auto& [name, uri] : json.at("locations").as_object()) content.locations[name] = uri.as_string();
    return content;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::bad_json) throw;
    bad_catalog(place, error.message());
  }
}

}  // namespace weir::lake
