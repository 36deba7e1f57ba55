#include "lake/catalog_json.h"

#include <fmt/format.h>

#include "base/error.h"

namespace weir::lake {

namespace {

// 2: there are functions. A weir that does not know them must not write the content anew without them.
constexpr int64_t catalog_format = 2, format_without_functions = 1;

[[noreturn]] void bad_catalog(const std::string& place, const std::string& problem) {
  throw Error(ErrorCode::bad_catalog, fmt::format("{}: {}", place, problem));
}

Json entries_json(const std::map<std::string, ViewEntry>& entries) {
  Json out = Json::object();
  for (const auto& [name, view] : entries) {
    Json entry = Json::object();
    entry.set("sql", view.sql).set("properties", view.properties);
    out.set(name, std::move(entry));
  }
  return out;
}

std::map<std::string, ViewEntry> entries_of(const Json& json) {
  std::map<std::string, ViewEntry> out;
  for (const auto& [name, entry] : json.as_object()) {
    const Json* properties = entry.find("properties");
    out[name] = {entry.at("sql").as_string(), properties ? *properties : Json::object()};
  }
  return out;
}

}  // namespace

std::string catalog_text(const CatalogContent& content) {
  Json json = Json::object();
  json.set("format", content.functions.empty() ? format_without_functions : catalog_format);
  json.set("views", entries_json(content.views));
  if (!content.functions.empty()) json.set("functions", entries_json(content.functions));
  return json.set("locations", Json::strings(content.locations)).dump();
}

CatalogContent parse_catalog(std::string_view text, int64_t number, const std::string& place) {
  try {
    Json json = Json::parse(text);
    int64_t format = json.at("format").as_int();
    if (format > catalog_format) bad_catalog(place, fmt::format("it has format {}, which a newer weir wrote", format));
    CatalogContent content;
    content.number = number;
    content.views = entries_of(json.at("views"));
    if (const Json* functions = json.find("functions")) content.functions = entries_of(*functions);
    for (const auto& [name, uri] : json.at("locations").as_object()) content.locations[name] = uri.as_string();
    return content;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::bad_json) throw;
    bad_catalog(place, error.message());
  }
}

}  // namespace weir::lake
