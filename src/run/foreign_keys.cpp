#include "run/foreign_keys.h"

#include <algorithm>
#include <map>

#include "base/error.h"
#include "base/text.h"
#include "run/contract.h"

namespace weir::run {

namespace {

using project::Node;

struct Key {
  std::string table, referenced;
};

std::string full_name(const std::string& database, const std::string& schema, const std::string& table) {
  return lower(database + "." + schema + "." + table);
}

std::string sibling(const Node& node, const std::string& table) {
  return quote_identifier(node.database) + "." + quote_identifier(node.schema) + "." + quote_identifier(table);
}

std::string kept_name(const std::string& table) { return table + "__weir_kept"; }

// A key stays within a schema. One that names its own table is in nobody's way.
std::vector<Key> keys_beside(engine::Session& session, const Node& node) {
  const engine::Rows rows = session.query(
      "SELECT DISTINCT table_name, referenced_table FROM duckdb_constraints() WHERE constraint_type = 'FOREIGN KEY' "
      "AND lower(database_name) = " +
      quote_literal(lower(node.database)) + " AND lower(schema_name) = " + quote_literal(lower(node.schema)) +
      " AND lower(table_name) <> lower(referenced_table) ORDER BY ALL");
  std::vector<Key> keys;
  for (const auto& row : rows.rows) keys.push_back({engine::cell_text(row[0]), engine::cell_text(row[1])});
  return keys;
}

std::set<std::string> all_tied(engine::Session& session) {
  const engine::Rows rows = session.query(
      "SELECT database_name, schema_name, unnest([table_name, referenced_table]) FROM duckdb_constraints() WHERE "
      "constraint_type = 'FOREIGN KEY'");
  std::set<std::string> tied;
  for (const auto& row : rows.rows)
    tied.insert(full_name(engine::cell_text(row[0]), engine::cell_text(row[1]), engine::cell_text(row[2])));
  return tied;
}

// Text of the project's own that goes into the statement: "references parent (id)".
bool may_refer(const std::string& sql) { return lower(sql).find("references") != std::string::npos; }

// Whether the contract has a constraint of these kinds; a foreign key also in words of its own.
bool declares(const Node& node, const std::set<std::string>& kinds) {
  const auto among = [&](const Json* constraints) {
    if (!constraints || !constraints->is_array()) return false;
    const auto& all = constraints->as_array();
    return std::any_of(all.begin(), all.end(), [&](const Json& constraint) {
      return constraint.is_object() && (kinds.contains(lower(constraint.get_string("type").value_or(""))) ||
                                        may_refer(constraint.get_string("expression").value_or("")));
    });
  };
  return has_contract(node) && (among(node.described.find("constraints")) ||
                                std::any_of(node.columns.begin(), node.columns.end(),
                                            [&](const project::Column& column) { return among(&column.constraints); }));
}

// Those that refer to `table`, directly or through others; who is referred to comes behind who refers.
void add_referring(const std::string& table, const std::vector<Key>& keys, std::vector<std::string>& found) {
  for (const Key& key : keys) {
    if (!iequals(key.referenced, table) || std::find(found.begin(), found.end(), key.table) != found.end()) continue;
    add_referring(key.table, keys, found);
    found.push_back(key.table);
  }
}

// Why the run would not build such a table from scratch after the node's; "" = it will. `chain`: the models of the
// tables at stake.
std::string objection(const plan::Plan& plan, const std::string& table, const std::vector<Key>& keys,
                      const std::map<std::string, const Node*>& chain) {
  const auto found = chain.find(lower(table));
  if (found == chain.end()) return "no model of the project makes it";
  const Node& node = *found->second;
  const plan::Step* step = plan.find(node);
  if (!step) return "model " + node.name + " is not selected in this run";
  const auto follows = [&](const Key& key) {
    const auto referenced = chain.find(lower(key.referenced));
    return iequals(key.table, table) && referenced != chain.end() &&
           std::find(node.depends_on.begin(), node.depends_on.end(), referenced->second->unique_id) !=
               node.depends_on.end();
  };
  if (std::none_of(keys.begin(), keys.end(), follows))
    return "model " + node.name + " has no ref() to what its key names, so it may run before: to: ref(…) makes one";
  if (step->kind == plan::StepKind::table || (step->kind == plan::StepKind::incremental && step->full_refresh))
    return {};
  return "model " + node.name + " is materialized as " + node.config->materialized +
         " and would lose its data: --full-refresh builds it anew";
}

void refuse_lasting_loss(const project::Project& project, const plan::Plan& plan, const Node& node,
                         const std::vector<Key>& keys, const std::vector<std::string>& referring) {
  std::map<std::string, const Node*> chain{{lower(node.alias), &node}};
  for (const Node& other : project.nodes) {
    const auto same = [&](const std::string& table) { return iequals(table, other.alias); };
    if (other.type == project::ResourceType::model && iequals(other.database, node.database) &&
        iequals(other.schema, node.schema) && std::any_of(referring.begin(), referring.end(), same))
      chain[lower(other.alias)] = &other;
  }
  std::vector<std::string> problems;
  for (const std::string& table : referring)
    if (const std::string why = objection(plan, table, keys, chain); !why.empty())
      problems.push_back(table + " (" + why + ")");
  if (problems.empty()) return;
  throw Error(
      ErrorCode::sql_constraint,
      "the table cannot be replaced: foreign keys of others name it, and this run does not build them behind it: " +
          join(problems, "; "),
      "run the models that refer to it too: -s " + node.name + "+")
      .with_span(node.span);
}

}  // namespace

std::unique_lock<std::mutex> ForeignKeys::hold(engine::Session& session, const Node& node) {
  {
    const std::scoped_lock reading(reading_);
    if (!read_) tied_ = all_tied(session);
    read_ = true;
  }
  const bool known = tied_.contains(full_name(node.database, node.schema, node.alias));
  if (!known && !declares(node, {"primary_key", "unique", "foreign_key"})) return {};
  std::unique_lock lock(mutex_);
  if (known || declares(node, {"foreign_key"})) return lock;
  const auto names_it = [&](const Key& key) { return iequals(key.referenced, node.alias); };
  const std::vector<Key> keys = keys_beside(session, node);
  if (std::none_of(keys.begin(), keys.end(), names_it)) lock.unlock();
  return lock;
}

bool has_foreign_keys(engine::Session& session, const Node& node) {
  if (declares(node, {"foreign_key"})) return true;
  const std::vector<Key> keys = keys_beside(session, node);
  return std::any_of(keys.begin(), keys.end(), [&](const Key& key) { return iequals(key.table, node.alias); });
}

std::vector<std::string> set_aside(engine::Session& session, const project::Project& project, const plan::Plan& plan,
                                   const Node& node) {
  const std::vector<Key> keys = keys_beside(session, node);
  std::vector<std::string> referring;
  add_referring(node.alias, keys, referring);
  if (!referring.empty()) refuse_lasting_loss(project, plan, node, keys, referring);
  for (const std::string& table : referring) {
    session.execute("CREATE OR REPLACE TABLE " + sibling(node, kept_name(table)) + " AS SELECT * FROM " +
                    sibling(node, table));
    session.execute("DROP TABLE " + sibling(node, table));
  }
  session.execute("DROP TABLE " + node.relation_text());
  return referring;
}

void put_back(engine::Session& session, const Node& node, const std::vector<std::string>& tables) {
  for (const std::string& table : tables)
    session.execute("ALTER TABLE " + sibling(node, kept_name(table)) + " RENAME TO " + quote_identifier(table));
}

}  // namespace weir::run
