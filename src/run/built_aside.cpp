#include "run/built_aside.h"

#include <array>

#include "base/text.h"

namespace weir::run {

namespace {

// Of the new relation, of an external model's view, and of the one that dbt moves out of the way.
constexpr std::array<const char*, 3> dbts_suffixes = {"__dbt_tmp", "__dbt_int", "__dbt_backup"};

std::string names_list(const project::Node& node) {
  std::string out = quote_literal(lower(node.alias));
  for (const char* suffix : dbts_suffixes) out += ", " + quote_literal(lower(node.alias) + suffix);
  return out;
}

}  // namespace

std::string relation_beside(const project::Node& node, const std::string& suffix) {
  return project::Place{node.database, node.schema, node.alias + suffix, node.quoting}.text();
}

NodeRelations relations_of(engine::Session& session, const project::Node& node) {
  const auto where = [&](const char* name) {
    return " WHERE lower(database_name) = " + quote_literal(lower(node.database)) +
           " AND lower(schema_name) = " + quote_literal(lower(node.schema)) + " AND lower(" + name + ") IN (" +
           names_list(node) + ")";
  };
  const engine::Rows rows =
      session.query("SELECT table_name, 'table' FROM duckdb_tables()" + where("table_name") +
                    " UNION ALL SELECT view_name, 'view' FROM duckdb_views()" + where("view_name"));
  NodeRelations out;
  for (const auto& row : rows.rows) {
    const std::string name = engine::cell_text(row[0]), kind = engine::cell_text(row[1]);
    if (iequals(name, node.alias))
      out.own = kind;
    else
      out.left_behind.emplace_back(name, kind);
  }
  return out;
}

void drop_left_behind(engine::Session& session, const project::Node& node, const NodeRelations& relations) {
  for (const auto& [name, kind] : relations.left_behind)
    session.execute("drop " + kind + " " + project::Place{node.database, node.schema, name}.text());
}

void take_place(engine::Session& session, const project::Node& node, const std::string& suffix, const std::string& kind,
                const std::optional<std::string>& own) {
  if (own) session.execute("drop " + *own + " if exists " + node.relation_text());
  session.execute("alter " + kind + " " + relation_beside(node, suffix) + " rename to " +
                  (node.quoting.identifier ? quote_identifier(node.alias) : node.alias));
}

}  // namespace weir::run
