#include "run/external_model.h"

#include <array>
#include <filesystem>
#include <map>

#include "base/error.h"
#include "base/text.h"
#include "template/value.h"

namespace weir::run {

namespace {

using Options = std::vector<std::pair<std::string, Json>>;  // in the order in which they were written

constexpr std::array<std::string_view, 3> formats{"csv", "parquet", "json"};

[[noreturn]] void bad(const project::Node& node, const std::string& problem) {
  throw Error(ErrorCode::bad_config, node.name + ": " + problem).with_span(node.span);
}

Json* find(Options& options, std::string_view key) {
  for (auto& [name, value] : options)
    if (name == key) return &value;
  return nullptr;
}

void set(Options& options, const std::string& key, Json value) {
  if (Json* there = find(options, key))
    *there = std::move(value);
  else
    options.emplace_back(key, std::move(value));
}

std::string text_of(const Json& value) {
  if (value.is_string()) return value.as_string();
  if (!value.is_array()) return tmpl::Value(value).str();
  std::vector<std::string> parts;
  for (const Json& part : value.as_array()) parts.push_back(text_of(part));
  return join(parts, ", ");
}

Options options_of(const project::Node& node, const char* key) {
  Options options;
  const Json* given = node.config->all.find(key);
  if (!given || given->is_null()) return options;
  if (!given->is_object()) bad(node, std::string(key) + " must be a mapping");
  for (const auto& [name, value] : given->as_object()) options.emplace_back(name, value);
  return options;
}

Options write_options(const project::Node& node) {
  Options options = options_of(node, "options");
  for (const char* key : {"format", "delimiter"})
    if (auto text = node.config->all.get_string(key)) set(options, key, *text);
  return options;
}

// By the location's ending, that of a packed file being the one before.
void choose_format(Options& options, const std::string& location) {
  if (find(options, "format")) return;
  std::filesystem::path path(location);
  const std::map<std::string, std::string> packed{{".gz", "gzip"}, {".zst", "zstd"}};
  const auto packing = packed.find(lower(path.extension().string()));
  if (packing != packed.end()) path = path.stem();
  const std::string ending = lower(path.extension().string());
  if (ending.empty()) {
    set(options, "format", find(options, "delimiter") ? "csv" : "parquet");
    return;
  }
  set(options, "format", ending.substr(1));
  if (packing != packed.end() && !find(options, "compression")) set(options, "compression", packing->second);
}

std::string copy_options(Options options) {
  if (*find(options, "format") == Json("csv") && !find(options, "header")) options.emplace_back("header", Json(1));
  std::vector<std::string> parts;
  for (const auto& [key, value] : options) {
    std::string text = text_of(value);
    if (key == "partition_by" && text.find(',') != std::string::npos && !text.starts_with('(')) text = "(" + text + ")";
    const std::string name = lower(key);
    const bool quoted = name == "delimiter" || name == "quote" || name == "escape" || name == "null";
    parts.push_back(key + " " + (quoted && !text.starts_with('\'') ? quote_literal(text) : text));
  }
  return join(parts, ", ");
}

// What reads every file that was written.
std::string read_location(const std::string& location, Options& options) {
  const Json* parts = find(options, "partition_by");
  if (!parts && !find(options, "per_thread_output")) return location;
  std::string pattern = location + "/*";
  if (parts)
    for (size_t i = 0; i < split(text_of(*parts), ',').size(); ++i) pattern += "/*";
  return pattern + "." + text_of(*find(options, "format"));
}

}  // namespace

ExternalFile external_file(const project::Node& node, const std::string& root, const std::string& location) {
  for (const char* key : {"plugin", "glue_register"})
    if (node.config->all.find(key))
      bad(node, std::string(key) + " is a matter of dbt-duckdb's plugins, which weir has not");
  ExternalFile file;
  Options options = write_options(node);
  file.location = location;
  if (file.location.empty()) {
    file.location = root + "/" + node.alias;
    if (!find(options, "partition_by"))
      file.location += "." + node.config->all.get_string("format").value_or("parquet");
  }
  choose_format(options, file.location);
  std::string format = lower(text_of(*find(options, "format")));
  const bool known = std::find(formats.begin(), formats.end(), format) != formats.end();
  if (!known && node.config->all.get_string("format"))
    bad(node, "format " + format + " is none of " + join({formats.begin(), formats.end()}, ", "));
  if (!known) format = "parquet";
  file.copy_options = copy_options(options);
  Options reading = options_of(node, (format + "_read_options").c_str());
  if (!node.config->all.find(format + "_read_options"))
    reading.emplace_back(format == "parquet" ? "union_by_name" : "auto_detect", Json(format != "parquet"));
  if (const Json* compression = find(options, "compression");
      compression && format != "parquet" && !find(reading, "compression"))
    reading.emplace_back("compression", *compression);
  file.read = "read_" + format + "(" + quote_literal(read_location(file.location, options));
  for (const auto& [key, value] : reading)
    file.read += ", " + key + "=" + (value.is_string() ? quote_literal(value.as_string()) : tmpl::Value(value).str());
  file.read += ")";
  return file;
}

int64_t build_external(engine::Session& session, engine::Session& main, const project::Node& node,
                       const std::string& view, const ExternalFile& file, const std::string& sql) {
  const std::string rows = quote_identifier("weir_external_" + node.alias);
  const int64_t count = session.query("CREATE OR REPLACE TEMP TABLE " + rows + " AS (\n" + sql + "\n)").changed;
  std::string present;
  if (count == 0) {
    std::vector<std::string> nulls;
    present = "\nwhere 1";
    for (const auto& column : session.describe("SELECT * FROM " + rows)) {
      nulls.push_back("NULL");
      present += " AND " + quote_identifier(column.name) + " is not NULL";
    }
    session.execute("INSERT INTO " + rows + " VALUES (" + join(nulls, ", ") + ")");
  }
  session.query_own("COPY " + rows + " TO " + quote_literal(file.location) + " (" + file.copy_options + ")");
  main.execute("create or replace view " + view + " as (\nselect * from " + file.read + present + "\n)");
  session.execute("DROP TABLE " + rows);
  return count;
}

}  // namespace weir::run
