#include "run/seed_load.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "project/node_path.h"
#include "run/seed_types.h"

namespace weir::run {

namespace {

constexpr const char* scan_name = "weir_seed";

// The file as a relation of texts. Returns the names of its columns.
std::vector<std::string> register_as_text(engine::Session& session, engine::Engine& engine, const std::string& path,
                                          const project::Node& node) {
  if (node.config->delimiter.empty())
    throw Error(ErrorCode::bad_config, "config delimiter must be the text between two fields, and is empty")
        .with_span(node.span);
  std::vector<std::string> names;
  engine::FileScan scan;
  scan.dialect.delimiter = node.config->delimiter;
  scan.dialect.null_texts.clear();  // infer_seed_types knows what is null
  scan.files.push_back({path, node.span.file, {}});
  scan.collect_rejects = false;
  auto header = engine.sniffer()->header(scan.format, scan.compression, scan.dialect, scan.files.front());
  if (header.empty())
    throw Error(ErrorCode::seed_malformed, node.span.file + " is empty", "a seed needs a header line");
  for (const engine::SniffedColumn& column : header) {
    if (trim(column.in_file).empty())
      throw Error(ErrorCode::seed_malformed, node.span.file + ": a column of the header has no name");
    for (const std::string& known : names)
      if (iequals(known, column.in_file))
        throw Error(ErrorCode::seed_malformed, node.span.file + ": the header names \"" + column.in_file + "\" twice");
    names.push_back(column.name);
    scan.columns.push_back({column.name, "VARCHAR", std::nullopt, false});
  }
  session.register_scan(scan_name, scan);
  return names;
}

std::vector<SeedColumn> typed_columns(engine::Session& session, engine::Engine& engine, const std::string& path,
                                      const project::Node& node) {
  const std::vector<std::string> names = register_as_text(session, engine, path, node);
  std::vector<SeedColumn> columns = infer_seed_types(session, scan_name, names);
  for (SeedColumn& column : columns)
    for (const auto& [name, type] : node.config->column_types)
      if (iequals(name, column.name)) column = declared_seed_column(column.name, type);
  return columns;
}

// " (b, a)" where the file has the table's columns in another order.
std::string order_of_columns(engine::Session& session, engine::Engine& engine, const std::string& path,
                             const project::Node& node) {
  const std::vector<std::string> in_file = register_as_text(session, engine, path, node);
  const std::vector<engine::ColumnInfo> in_table = session.describe("SELECT * FROM " + node.relation_text());
  const auto same = [](const engine::ColumnInfo& column, const std::string& name) {
    return iequals(column.name, name);
  };
  if (std::equal(in_table.begin(), in_table.end(), in_file.begin(), in_file.end(), same)) return {};
  const auto is_there = [&](const engine::ColumnInfo& column) {
    return std::any_of(in_file.begin(), in_file.end(), [&](const std::string& name) { return same(column, name); });
  };
  if (in_file.size() != in_table.size() || !std::all_of(in_table.begin(), in_table.end(), is_there))
    throw Error(ErrorCode::seed_malformed,
                node.span.file + " has the columns " + join(in_file, ", ") + ", its table has others",
                "--full-refresh makes the table anew");
  return " (" + quoted_identifiers(in_file) + ")";
}

}  // namespace

std::string seed_query(engine::Session& session, engine::Engine& engine, const std::string& root,
                       const project::Node& node) {
  std::vector<std::string> values;
  for (const SeedColumn& column : typed_columns(session, engine, project::path_of_node(root, node), node))
    values.push_back(column.value_sql + " AS " + quote_identifier(column.name));
  return "SELECT " + join(values, ",\n") + "\nFROM " + scan_name;
}

int64_t load_seed(engine::Session& session, engine::Engine& engine, const std::string& root,
                  const project::Node& node) {
  const std::string query = seed_query(session, engine, root, node);
  session.execute("CREATE SCHEMA IF NOT EXISTS " + quote_identifier(node.database) + "." +
                  quote_identifier(node.relation.schema));
  return session.query("CREATE OR REPLACE TABLE " + node.relation_text() + " AS " + query).changed;
}

int64_t copy_seed(engine::Session& session, engine::Session& main, engine::Engine& engine, const std::string& root,
                  const project::Node& node, bool refills) {
  const std::string path = project::path_of_node(root, node), relation = node.relation_text();
  std::string order;
  if (refills) {
    order = order_of_columns(session, engine, path, node);
    main.execute("truncate table " + relation);
  } else {
    std::vector<std::string> definitions;
    const bool quoted = node.config->quote_columns.value_or(true);
    for (const SeedColumn& column : typed_columns(session, engine, path, node))
      definitions.push_back((quoted ? quote_identifier(column.name) : column.name) + " " + column.type);
    try {
      main.execute("create table " + relation + " (" + join(definitions, ", ") + ")");
    } catch (Error& error) {
      if (!quoted && error.code() == ErrorCode::sql_syntax && error.hint().empty())
        error.with_hint("quote_columns: true puts the names of " + node.span.file +
                        " in quotes; is the delimiter right?");
      throw;
    }
  }
  return main
      .query_own("-- dbt seed --\nCOPY " + relation + order + " FROM " + quote_literal(path) +
                 " (FORMAT CSV, HEADER TRUE, DELIMITER " + quote_literal(node.config->delimiter) + ")")
      .changed;
}

}  // namespace weir::run
