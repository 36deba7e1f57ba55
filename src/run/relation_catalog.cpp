#include "run/relation_catalog.h"

#include <set>

#include "base/text.h"
#include "base/time.h"
#include "lake/diff.h"
#include "lake/snapshot.h"

namespace weir::run {

namespace {

using dbt::CatalogColumn;
using dbt::CatalogRelation;
using dbt::CatalogStat;

std::optional<std::string> text_or_none(const engine::Cell& cell) {
  if (std::holds_alternative<std::monostate>(cell)) return std::nullopt;
  return engine::cell_text(cell);
}

// ---- a database

std::string relations_sql(const std::set<std::string>& schemas) {
  std::vector<std::string> quoted;
  quoted.reserve(schemas.size());
  for (const std::string& schema : schemas) quoted.push_back(quote_literal(schema));
  const std::string within = " WHERE lower(schema_name) IN (" + join(quoted, ", ") + ")";
  return "SELECT database_name, schema_name, name, kind, relation.comment, column_name, data_type, columns.comment "
         "FROM ("
         "SELECT database_name, schema_name, table_name AS name, 'BASE TABLE' AS kind, comment FROM duckdb_tables()" +
         within +
         " UNION ALL SELECT database_name, schema_name, view_name AS name, 'VIEW' AS kind, comment FROM "
         "duckdb_views()" +
         within +
         ") AS relation JOIN (SELECT database_name, schema_name, table_name AS name, column_name, column_index, "
         "data_type, comment FROM duckdb_columns()) AS columns USING (database_name, schema_name, name) "
         "ORDER BY database_name, schema_name, name, column_index";
}

RelationCatalog of_database(engine::Session& session, const std::vector<const project::Node*>& nodes) {
  RelationCatalog out;
  std::set<std::string> schemas;
  for (const project::Node* node : nodes) schemas.insert(lower(node->schema));
  if (schemas.empty()) return out;
  for (const auto& row : session.query(relations_sql(schemas)).rows) {
    CatalogRelation relation;
    relation.database = engine::cell_text(row.at(0));
    relation.schema = engine::cell_text(row.at(1));
    relation.name = engine::cell_text(row.at(2));
    const bool same = !out.relations.empty() && out.relations.back().database == relation.database &&
                      out.relations.back().schema == relation.schema && out.relations.back().name == relation.name;
    if (!same) {
      relation.type = engine::cell_text(row.at(3));
      relation.comment = text_or_none(row.at(4));
      out.relations.push_back(std::move(relation));
    }
    out.relations.back().columns.push_back(
        {engine::cell_text(row.at(5)), engine::cell_text(row.at(6)), text_or_none(row.at(7))});
  }
  return out;
}

// ---- the lake

std::vector<CatalogStat> stats_of(const lake::Snapshot& snapshot) {
  std::vector<CatalogStat> out;
  if (const auto rows = lake::row_count(snapshot))
    out.push_back({"row_count", "Rows", *rows, "Number of rows, from the statistics in the table's log"});
  const auto totals = snapshot.totals();
  out.push_back({"bytes", "Size", totals.bytes, "Bytes of the live data files"});
  out.push_back({"files", "Files", totals.files, "Number of live data files"});
  out.push_back({"version", "Version", snapshot.version(), "Version of the Delta table"});
  out.push_back({"last_modified", "Last modified", iso_seconds(snapshot.timestamp_ms()), "Time of that version (UTC)"});
  return out;
}

std::optional<std::string> comment_of(const lake::Snapshot& snapshot, const std::string& column) {
  for (const lake::Field& field : snapshot.metadata().schema.fields)
    if (iequals(field.name, column)) return field.metadata.get_string("comment");
  return std::nullopt;
}

class LakeCatalog {
 public:
  LakeCatalog(engine::Session& session, engine::Engine& engine, const lake::Lake& lake)
      : session_(session), engine_(engine), lake_(lake), content_(lake.catalog()) {}

  void add(const project::Node& node) {
    const lake::TableName name{node.schema, node.alias};
    if (!seen_.insert(lower(name.text())).second) return;
    const bool view = content_.views.contains(lower(name.text()));
    if (!view && !lake_.table_exists(name)) return;
    try {
      out_.relations.push_back(view ? relation(node, "VIEW") : table(node, name));
    } catch (const Error& error) {
      if (error.code() == ErrorCode::cancelled) throw;
      out_.errors.push_back(name.text() + ": " + error.message());
    }
  }
  RelationCatalog take() { return std::move(out_); }

 private:
  CatalogRelation relation(const project::Node& node, const char* type) {
    CatalogRelation out;
    out.database = node.database;
    out.schema = node.schema;
    out.name = node.alias;
    out.type = type;
    for (const engine::ColumnInfo& column : session_.describe("SELECT * FROM " + node.relation_text()))
      out.columns.push_back({column.name, column.type, std::nullopt});
    return out;
  }

  CatalogRelation table(const project::Node& node, const lake::TableName& name) {
    const auto snapshot = lake::Snapshot::open(lake_.location(name, content_), engine_.parquet());
    CatalogRelation out = relation(node, "BASE TABLE");
    out.comment = snapshot->metadata().description;
    out.stats = stats_of(*snapshot);
    for (CatalogColumn& column : out.columns) column.comment = comment_of(*snapshot, column.name);
    return out;
  }

  engine::Session& session_;
  engine::Engine& engine_;
  const lake::Lake& lake_;
  lake::CatalogContent content_;
  std::set<std::string> seen_;
  RelationCatalog out_;
};

}  // namespace

RelationCatalog relation_catalog(engine::Session& session, engine::Engine& engine, const lake::Lake& lake,
                                 const project::Target& target, const std::vector<const project::Node*>& nodes) {
  if (target.kind == project::TargetKind::database) return of_database(session, nodes);
  LakeCatalog catalog(session, engine, lake);
  for (const project::Node* node : nodes) catalog.add(*node);
  return catalog.take();
}

}  // namespace weir::run
