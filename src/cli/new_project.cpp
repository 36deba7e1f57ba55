#include "cli/new_project.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/ids.h"
#include "base/text.h"

namespace weir::cli {

namespace {

// A YAML scalar that is read back as this text by every YAML reader.
std::string scalar(const std::string& text) {
  const bool plain = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '/' || c == '.' || c == '-';
  });
  static const std::vector<std::string> words = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"};
  const bool word = std::find(words.begin(), words.end(), lower(text)) != words.end();
  const bool letter_first =
      plain && (std::isalpha(static_cast<unsigned char>(text[0])) || text[0] == '/' || text[0] == '_');
  if (letter_first && !word) return text;
  std::string quoted;
  append_json_string(quoted, text);
  return quoted;
}

std::string flow_list(const std::vector<std::string>& texts) {
  std::vector<std::string> parts;
  for (const auto& text : texts) parts.push_back(scalar(text));
  return "[" + join(parts, ", ") + "]";
}

// Only what differs from the usual: the rest is pinned with the first load anyway.
std::string format_text(const Survey& survey) {
  if (survey.format == engine::FileFormat::parquet) return "parquet";
  const engine::CsvDialect usual;
  const engine::CsvDialect& dialect = survey.dialect;
  std::vector<std::string> parts = {"type: csv"};
  parts.push_back("delimiter: " + scalar(dialect.delimiter));
  if (dialect.quote != usual.quote)
    parts.push_back("quote: " + scalar(dialect.quote ? std::string(1, *dialect.quote) : ""));
  if (dialect.escape != usual.escape)
    parts.push_back("escape: " + scalar(dialect.escape ? std::string(1, *dialect.escape) : ""));
  parts.push_back(std::string("header: ") + (dialect.header ? "true" : "false"));
  if (dialect.skip_lines > 0) parts.push_back(fmt::format("skip_lines: {}", dialect.skip_lines));
  if (dialect.null_texts != usual.null_texts) parts.push_back("null_texts: " + flow_list(dialect.null_texts));
  if (!dialect.date_format.empty()) parts.push_back("date_format: " + scalar(dialect.date_format));
  if (!dialect.timestamp_format.empty()) parts.push_back("timestamp_format: " + scalar(dialect.timestamp_format));
  if (dialect.decimal_separator != usual.decimal_separator)
    parts.push_back("decimal_separator: " + scalar(dialect.decimal_separator));
  if (!dialect.thousands_separator.empty())
    parts.push_back("thousands_separator: " + scalar(dialect.thousands_separator));
  if (dialect.encoding != usual.encoding) parts.push_back("encoding: " + scalar(dialect.encoding));
  if (!dialect.comment.empty()) parts.push_back("comment: " + scalar(dialect.comment));
  if (dialect.null_padding) parts.push_back("null_padding: true");
  return "{" + join(parts, ", ") + "}";
}

std::string table_yaml(const SourceFiles& source) {
  const Survey& survey = source.survey;
  const size_t count = source.group.files.size();
  std::string text = fmt::format("      - name: {}\n", source.group.name);
  text +=
      fmt::format("        description: {} file{}, {}, {} rows when this was written\n", count, count == 1 ? "" : "s",
                  human_bytes(survey.bytes), human_count(static_cast<uint64_t>(survey.rows)));
  text += "        config:\n          meta:\n            weir:\n              ingest:\n";
  text += "                files: " + scalar(source.group.pattern) + "\n";
  text += "                format: " + format_text(survey) + "\n";
  text += "        columns:\n";
  for (size_t i = 0; i < survey.columns.size(); ++i) {
    const auto& column = survey.columns[i];
    std::string line = fmt::format("{{name: {}, data_type: {}", scalar(column.name), scalar(lower(column.type)));
    if (column.quoted) line += ", quote: true";
    if (survey.key == i) line += ", data_tests: [unique, not_null]";
    text += "          - " + line + "}\n";
  }
  return text;
}

std::string model_sql(const SourceFiles& source) {
  std::vector<std::string> names;
  for (const auto& column : source.survey.columns)
    names.push_back("  " + (column.quoted ? quote_identifier(column.name) : column.name));
  return "select\n" + join(names, ",\n") + "\nfrom {{ source('raw', '" + source.group.name + "') }}\n";
}

}  // namespace

ProjectFiles base_files(const std::string& name) {
  ProjectFiles files;
  files["dbt_project.yml"] = fmt::format(
      "name: {0}\nversion: '1.0'\nconfig-version: 2\nprofile: {0}\nmodel-paths: [models]\nseed-paths: [seeds]\n"
      "test-paths: [tests]\nmacro-paths: [macros]\n",
      name);
  files["weir.yml"] = fmt::format(
      "# What dbt's own files cannot say. `weir config show` prints every setting with its origin.\n"
      "id: {}   # owner of the tables: keep it\ntarget: lake\nlake: lake\n",
      uuid_v4());
  files["profiles.yml"] = fmt::format(
      "# For real dbt, which parses this project too; weir itself uses the built-in target `lake`.\n"
      "{0}:\n  target: dev\n  outputs:\n    dev: {{type: duckdb, path: {0}.duckdb, schema: main}}\n",
      name);
  files[".gitignore"] = "/.weir/\n/lake/\n/target/\n/logs/\n";
  return files;
}

ProjectFiles example_files() {
  ProjectFiles files;
  files["seeds/orders.csv"] =
      "order_id,customer,amount,ordered_on\n1,ann,12.50,2026-01-03\n2,bob,7.00,2026-01-03\n3,ann,30.25,2026-01-04\n";
  files["models/customers.sql"] =
      "{{ config(materialized='table') }}\nselect\n  customer,\n  count(*) as orders,\n  sum(amount) as amount,\n"
      "  max(ordered_on) as last_order\nfrom {{ ref('orders') }}\ngroup by customer\n";
  files["models/schema.yml"] =
      "version: 2\n\nmodels:\n  - name: customers\n    columns:\n      - {name: customer, data_tests: [unique, "
      "not_null]}\n"
      "\nseeds:\n  - name: orders\n    columns:\n      - {name: order_id, data_tests: [unique, not_null]}\n";
  return files;
}

ProjectFiles source_files(const std::vector<SourceFiles>& sources) {
  ProjectFiles files;
  std::string yaml = "version: 2\n\nsources:\n  - name: raw\n    schema: raw\n    tables:\n";
  for (const auto& source : sources) {
    yaml += table_yaml(source);
    files["models/" + source.group.name + ".sql"] = model_sql(source);
  }
  files["models/sources.yml"] = yaml;
  return files;
}

}  // namespace weir::cli
