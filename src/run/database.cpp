#include "run/database.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/text.h"
#include "run/confine.h"
#include "run/lake_warehouse.h"

namespace weir::run {

namespace {

std::string attach_sql(const std::string& path, const std::string& name, bool read_only) {
  return "ATTACH IF NOT EXISTS " + quote_literal(path) + " AS " + quote_identifier(name) +
         (read_only ? " (READ_ONLY)" : "");
}

std::string first_text(const engine::Rows& rows) {
  return rows.rows.empty() ? std::string() : engine::cell_text(rows.rows[0][0]);
}

std::vector<std::string> first_column(const engine::Rows& rows) {
  std::vector<std::string> out;
  for (const auto& row : rows.rows) out.push_back(engine::cell_text(row[0]));
  return out;
}

}  // namespace

std::unique_ptr<engine::Session> open_database(engine::Engine& engine, std::shared_ptr<lake::Lake> lake,
                                               const project::Target& target, CancelToken cancel,
                                               const project::Project* project) {
  std::unique_ptr<engine::Session> session = engine.session(std::move(lake), std::move(cancel));
  try {
    if (!target.path.empty()) session->execute(attach_sql(target.path, target.database, false));
    for (const project::Attachment& other : target.attach)
      session->execute(attach_sql(other.path, other.alias, other.read_only));
    session->execute("RESET TimeZone");  // the lake is read in UTC; a database as DuckDB itself does
    session->execute("USE " + quote_identifier(target.database) + ".main");
    if (project && target.of_project) confine(*session, *project);
    for (const auto& [name, value] : target.settings)
      session->execute("SET " + quote_identifier(name) + " = " + quote_literal(value));
    if (project) confine(*session, *project);
  } catch (Error& error) {
    throw error.add_context("opening target " + target.name);
  }
  return session;
}

void annotate(const RunParts& parts, engine::Session& session, const project::Node* node) {
  const project::Project& project = parts.world.project;
  if (project.target.kind != project::TargetKind::database) return;
  const std::string connection = node ? node->unique_id : "master";
  engine::StatementNote note{project::query_comment(project, node, connection), project.query_comment.append, {}};
  if (StepWatcher* watcher = parts.world.watcher)
    note.sent = [watcher, connection](const std::string& sql) { watcher->sent(connection, sql); };
  session.annotate(std::move(note));
}

namespace {

void refuse_unknown_databases(engine::Session& session, const std::map<std::string, const project::Node*>& wanted) {
  const std::vector<std::string> known = first_column(session.query("SELECT database_name FROM duckdb_databases()"));
  for (const auto& wish : wanted) {
    const std::string& database = wish.first;
    const project::Node* node = wish.second;
    const auto same = [&](const std::string& name) { return iequals(name, database); };
    if (std::any_of(known.begin(), known.end(), same)) continue;
    throw Error(ErrorCode::bad_config, node->unique_id + " is built in database " + database +
                                           ", which the target does not have" + did_you_mean(database, known))
        .with_span(node->span)
        .with_hint("name its file in the profile:  attach: [{path: FILE, alias: " + database + "}]");
  }
}

}  // namespace

void make_schemas(RunParts& parts, const plan::Plan& plan) {
  std::set<std::pair<std::string, std::string>> wanted;
  std::map<std::string, const project::Node*> databases;
  for (const plan::Step& step : plan.steps) {
    const project::Node& node = *step.node;
    if (node.is_test() && !(node.test && node.test->store_failures)) continue;
    wanted.emplace(node.database, node.schema);
    databases.emplace(node.database, &node);
  }
  if (wanted.empty()) return;
  const project::Target& target = parts.world.project.target;
  const auto session = open_database(parts.world.engine, parts.world.lake, target, parts.cancel, &parts.world.project);
  annotate(parts, *session, nullptr);
  refuse_unknown_databases(*session, databases);
  for (const auto& [database, schema] : wanted)
    session->execute("CREATE SCHEMA IF NOT EXISTS " + quote_identifier(database) + "." + quote_identifier(schema));
}

project::QueryResult Database::query(std::string_view sql) { return query_result(session_.query(sql)); }

std::optional<std::string> Database::relation_type(const project::RelationName& name) {
  const auto where = [&](const char* what) {
    return " WHERE lower(database_name) = " + quote_literal(lower(or_own(name.database))) +
           " AND lower(schema_name) = " + quote_literal(lower(name.schema)) + " AND lower(" + what +
           ") = " + quote_literal(lower(name.identifier));
  };
  const std::string kind =
      first_text(session_.query("SELECT 'table' FROM duckdb_tables()" + where("table_name") +
                                " UNION ALL SELECT 'view' FROM duckdb_views()" + where("view_name")));
  return kind.empty() ? std::nullopt : std::optional(kind);
}

std::vector<project::RelationColumn> Database::columns(const project::RelationName& name) {
  if (!relation_type(name)) return {};
  return columns_of_query("SELECT * FROM " + quote_identifier(or_own(name.database)) + "." +
                          quote_identifier(name.schema) + "." + quote_identifier(name.identifier));
}

std::vector<project::RelationColumn> Database::columns_of_query(std::string_view sql) {
  return relation_columns(session_.describe(sql));
}

std::vector<project::ListedRelation> Database::relations(const std::string& database, const std::string& schema) {
  const std::string where = " WHERE lower(database_name) = " + quote_literal(lower(or_own(database))) +
                            " AND lower(schema_name) = " + quote_literal(lower(schema));
  std::vector<project::ListedRelation> found;
  for (const auto& row : session_
                             .query("SELECT table_name, 'table' FROM duckdb_tables()" + where +
                                    " UNION ALL SELECT view_name, 'view' FROM duckdb_views()" + where + " ORDER BY 1")
                             .rows)
    found.push_back({engine::cell_text(row[0]), engine::cell_text(row[1])});
  return found;
}

std::vector<std::string> Database::schemas(const std::string& database) {
  return first_column(session_.query("SELECT schema_name FROM duckdb_schemas() WHERE lower(database_name) = " +
                                     quote_literal(lower(or_own(database))) + " ORDER BY 1"));
}

std::vector<std::string> Database::functions(const std::string& database, const std::string& schema) {
  return first_column(session_.query(
      "SELECT DISTINCT function_name FROM duckdb_functions() WHERE NOT internal AND lower(database_name) = " +
      quote_literal(lower(or_own(database))) + " AND lower(schema_name) = " + quote_literal(lower(schema)) +
      " ORDER BY 1"));
}

TargetSession::TargetSession(engine::Engine& engine, const std::shared_ptr<lake::Lake>& lake,
                             const project::Project& project, CancelToken cancel)
    : TargetSession(engine, lake, project.target, &project, std::move(cancel)) {}

TargetSession::TargetSession(engine::Engine& engine, const std::shared_ptr<lake::Lake>& lake,
                             const project::Target& target, CancelToken cancel)
    : TargetSession(engine, lake, target, nullptr, std::move(cancel)) {}

TargetSession::TargetSession(engine::Engine& engine, const std::shared_ptr<lake::Lake>& lake,
                             const project::Target& target, const project::Project* project, CancelToken cancel) {
  if (target.kind == project::TargetKind::database) {
    session_ = open_database(engine, lake, target, std::move(cancel), project);
    warehouse_ = std::make_unique<Database>(*session_, target.database);
  } else {
    session_ = engine.session(lake, std::move(cancel));
    if (project) confine(*session_, *project);
    warehouse_ = std::make_unique<LakeWarehouse>(*session_, *lake);
  }
}

}  // namespace weir::run
