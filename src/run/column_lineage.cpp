#include "run/column_lineage.h"

#include <algorithm>
#include <set>

#include "base/hash.h"
#include "base/text.h"
#include "project/node_path.h"
#include "run/snapshot.h"
#include "run/work.h"

namespace weir::run {

namespace {

using engine::StandInColumn;
using project::Node;
using project::ResourceType;

engine::NamedRelation place_of(const Node& node) {
  const project::Place place = node.read_place();
  return {lower(place.database), lower(place.schema), lower(place.alias)};
}

bool has_query(const Node& node) {
  return node.sql && node.unsupported.empty() &&
         (node.type == ResourceType::model || node.type == ResourceType::snapshot ||
          node.type == ResourceType::analysis);
}

// Columns that a snapshot has beside the `own` ones of its query. Where its configuration is not right yet, by their
// usual types.
std::vector<StandInColumn> version_columns(const Node& node, engine::Session& session, const std::string& sql,
                                           const engine::StandIns& stand_ins, size_t own) {
  std::vector<StandInColumn> out;
  try {
    const auto whole = session.column_lineage(Snapshot(node, session).first_versions(sql), stand_ins);
    for (size_t i = own; i < whole.columns.size(); i++) out.push_back({whole.columns[i].name, whole.columns[i].type});
    return out;
  } catch (const Error& error) {
    if (error.code() == ErrorCode::cancelled) throw;
  }
  const Json* names = node.config->all.find("snapshot_meta_column_names");
  for (const auto& [name, type] : {std::pair("dbt_scd_id", "VARCHAR"), std::pair("dbt_updated_at", "TIMESTAMP"),
                                   std::pair("dbt_valid_from", "TIMESTAMP"), std::pair("dbt_valid_to", "TIMESTAMP")})
    out.push_back({names ? names->get_string(name).value_or(name) : name, type});
  return out;
}

void add_snapshot_columns(const Node& node, const std::vector<StandInColumn>& versions,
                          std::vector<StandInColumn>& columns, dbt::NodeLineage& lineage) {
  std::vector<dbt::LineageInput> keys;
  const auto updated = node.config->all.get_string("updated_at");
  for (const dbt::LineageColumn& column : lineage.columns) {
    const bool key = std::any_of(node.config->unique_key.begin(), node.config->unique_key.end(),
                                 [&](const std::string& name) { return iequals(name, column.name); });
    if (!key && !(updated && iequals(*updated, column.name))) continue;
    keys.insert(keys.end(), column.inputs.begin(), column.inputs.end());
  }
  for (auto& key : keys) key.kinds = engine::Derivations(engine::Derivation::transformation);
  for (const StandInColumn& column : versions) {
    columns.push_back(column);
    lineage.columns.push_back({column.name, column.type, keys});
  }
}

std::vector<StandInColumn> declared(const Node& node) {
  std::vector<StandInColumn> out;
  for (const project::Column& column : node.columns) out.push_back({column.name, column.data_type});
  return out;
}

}  // namespace

void ProjectLineage::place_nodes() {
  for (const Node& node : project_.nodes) {
    if (node.is_test() || node.is_ephemeral() || node.is_function() || node.type == ResourceType::analysis ||
        !node.external.empty())
      continue;
    at_[place_of(node)].push_back(&node);
  }
}

const ProjectLineage::Found& ProjectLineage::of(const Node& node) { return known(node).found; }

const std::vector<StandInColumn>& ProjectLineage::columns(const Node& node) { return known(node).columns; }

ProjectLineage::Known& ProjectLineage::known(const Node& node) {
  std::vector<const Node*> waiting{&node};
  std::set<std::string> entered;
  while (!waiting.empty()) {
    const Node& next = *waiting.back();
    if (known_.contains(next.unique_id)) {
      waiting.pop_back();
      continue;
    }
    if (entered.insert(next.unique_id).second) {
      for (const std::string& id : next.depends_on)
        if (const Node* input = project_.find(id); input && !known_.contains(id)) waiting.push_back(input);
      continue;
    }
    Known found = look(next);
    if (!next.is_test() && !next.is_ephemeral() && !next.is_function() && next.external.empty() &&
        !found.columns.empty())
      stand_ins_[place_of(next)] = found.columns;
    known_.emplace(next.unique_id, std::move(found));
    waiting.pop_back();
  }
  return known_.at(node.unique_id);
}

ProjectLineage::Known ProjectLineage::look(const Node& node) {
  if (has_query(node)) return look_at_sql(node);
  Known out;
  if (!node.is_test()) out.columns = columns_outside(node);
  for (const StandInColumn& column : out.columns) out.key += column.name + "\n" + column.type + "\n";
  return out;
}

std::string ProjectLineage::untyped_input(const Node& node) const {
  for (const std::string& id : node.depends_on) {
    const auto found = known_.find(id);
    if (found == known_.end()) continue;
    for (const StandInColumn& column : found->second.columns)
      if (column.type.empty()) return project_.at(id).name;
  }
  return "";
}

std::string ProjectLineage::key_of(const Node& node, const std::string& sql) const {
  std::string all = sql;
  if (node.type == ResourceType::snapshot) all += "\n" + node.config->all.dump();
  for (const std::string& id : node.depends_on)
    if (const auto found = known_.find(id); found != known_.end()) all += "\n" + id + "\n" + found->second.key;
  return sha256_hex(all);
}

ProjectLineage::Known ProjectLineage::look_at_sql(const Node& node) {
  Known out;
  project::Rendered sql;
  try {
    sql = sql_of_(node);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::cancelled) throw;
    out.found.error = error;
    out.columns = columns_outside(node);
    return out;
  }
  const std::string key = key_of(node, sql.sql);
  const auto before = memory_ ? memory_->find(node.unique_id) : Memory::iterator();
  if (memory_ && before != memory_->end() && before->second.key == key) {
    out = before->second;
  } else {
    out = bound(node, sql.sql);
    out.key = key;
    if (memory_) memory_->insert_or_assign(node.unique_id, out);
  }
  if (!out.refused) return out;
  // Where the mistake stands in the node's files, and what is known of its columns elsewhere, is no matter of the SQL.
  out.found.error = in_node(*out.refused, node, &sql);
  const ErrorCode code = out.refused->code();
  if (const std::string input = untyped_input(node);
      !input.empty() && (code == ErrorCode::sql_types || code == ErrorCode::sql_binder))
    out.found.error->with_hint("the types of " + input + "'s columns are not known: give them a data_type");
  out.columns = columns_outside(node);
  for (const StandInColumn& column : out.columns) out.key += "\n" + column.name + "\n" + column.type;
  return out;
}

// All that the SQL alone says.
ProjectLineage::Known ProjectLineage::bound(const Node& node, const std::string& sql) {
  Known out;
  try {
    const engine::ColumnLineage lineage = session_.column_lineage(sql, stand_ins_);
    out.found.lineage = named(node, lineage);
    for (const auto& column : lineage.columns) out.columns.push_back({column.name, column.type});
    if (node.type == ResourceType::snapshot)
      add_snapshot_columns(node, version_columns(node, session_, sql, stand_ins_, lineage.columns.size()), out.columns,
                           *out.found.lineage);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::cancelled) throw;
    out = {};
    out.refused = error;
  }
  return out;
}

std::vector<StandInColumn> ProjectLineage::describe(const std::string& from) {
  std::vector<StandInColumn> out;
  try {
    for (const engine::ColumnInfo& column : session_.describe("SELECT * FROM " + from))
      out.push_back({column.name, column.type});
  } catch (const Error& error) {
    if (error.code() == ErrorCode::cancelled) throw;
    out.clear();  // not there
  }
  return out;
}

std::vector<StandInColumn> ProjectLineage::columns_outside(const Node& node) {
  if (node.is_ephemeral()) return declared(node);
  if (outside_) return outside_(node);
  if (!node.external.empty()) {
    // Whose columns come of a call: the reader's lineage then names the call.
    try {
      const auto lineage = session_.column_lineage("SELECT * FROM " + node.external, {});
      std::vector<StandInColumn> out;
      for (const auto& column : lineage.columns) {
        out.push_back({column.name, column.type});
        for (const auto& [input, kinds] : column.origins) {
          auto& nodes = at_[input.relation];
          if (std::find(nodes.begin(), nodes.end(), &node) == nodes.end()) nodes.push_back(&node);
        }
      }
      return out;
    } catch (const Error& error) {
      if (error.code() == ErrorCode::cancelled) throw;
      return declared(node);
    }
  }
  std::vector<StandInColumn> out = describe(node.read_place().text());
  if (out.empty() && node.type == ResourceType::seed) {
    out = describe("read_csv(" + quote_literal(project::path_of_node(project_.root, node)) +
                   ", header = true, delim = " + quote_literal(node.config->delimiter) + ")");
    for (StandInColumn& column : out)
      for (const auto& [name, type] : node.config->column_types)
        if (iequals(name, column.name)) column.type = type;
  }
  return out.empty() ? declared(node) : out;
}

std::string ProjectLineage::name_of(const Node& reader, const engine::NamedRelation& relation) const {
  const bool call = relation.database.empty() && relation.schema.empty();
  const auto found = at_.find(
      call ? relation : engine::NamedRelation{lower(relation.database), lower(relation.schema), lower(relation.name)});
  if (found == at_.end()) return call ? relation.name : relation.database + "." + relation.schema + "." + relation.name;
  for (const Node* node : found->second)
    if (std::find(reader.depends_on.begin(), reader.depends_on.end(), node->unique_id) != reader.depends_on.end())
      return node->unique_id;
  return found->second.front()->unique_id;
}

std::vector<dbt::LineageInput> ProjectLineage::named_inputs(const Node& node, const engine::Origins& origins) const {
  std::vector<dbt::LineageInput> out;
  for (const auto& [input, kinds] : origins) {
    std::string name = name_of(node, input.relation);
    if (name != node.unique_id) out.push_back({std::move(name), input.column, kinds});  // its own rows of before
  }
  std::sort(out.begin(), out.end(),
            [](const auto& a, const auto& b) { return std::tie(a.node, a.column) < std::tie(b.node, b.column); });
  return out;
}

dbt::NodeLineage ProjectLineage::named(const Node& node, const engine::ColumnLineage& lineage) const {
  dbt::NodeLineage out;
  out.unique_id = node.unique_id;
  out.rows = named_inputs(node, lineage.rows);
  for (const auto& column : lineage.columns)
    out.columns.push_back({column.name, column.type, named_inputs(node, column.origins)});
  return out;
}

}  // namespace weir::run
