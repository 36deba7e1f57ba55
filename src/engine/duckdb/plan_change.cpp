// DELETE, UPDATE and MERGE. The plan is the same for all three:
//
//   LakeWrite <- (sort, if partitioned) <- UNION ALL of  LakeChange <- the statement's scan or join
//                                                        scan of the files to rewrite, without the changed rows
//
// LakeChange gives the new rows and notes which old rows are gone; the second scan starts when the first is through,
// and reads those touched files that get no deletion vector (row_changes.h). A row whose new values equal the old ones
// is no change: if no row changes, no file is written and nothing is staged.
#include <duckdb/execution/operator/join/physical_comparison_join.hpp>
#include <duckdb/execution/operator/scan/physical_table_scan.hpp>
#include <duckdb/execution/operator/set/physical_union.hpp>
#include <duckdb/planner/expression/bound_columnref_expression.hpp>
#include <duckdb/planner/expression/bound_reference_expression.hpp>
#include <duckdb/planner/expression_iterator.hpp>
#include <duckdb/planner/operator/logical_delete.hpp>
#include <duckdb/planner/operator/logical_get.hpp>
#include <duckdb/planner/operator/logical_merge_into.hpp>
#include <duckdb/planner/operator/logical_projection.hpp>
#include <duckdb/planner/operator/logical_update.hpp>

#include "base/text.h"
#include "engine/duckdb/key_filter.h"
#include "engine/duckdb/lake_change.h"
#include "engine/duckdb/lake_write.h"
#include "engine/duckdb/row_ids.h"
#include "lake/row_tracking.h"

namespace weir::engine::duck {

using namespace duckdb;

namespace {

bool keeps_ids(const TableState& state) { return lake::keeps_row_ids(state.protocol, state.metadata); }

// The table's rows again: those to be rewritten, or those of a set.
PhysicalOperator& plan_part(ClientContext& context, PhysicalPlanGenerator& planner, LakeTable& table,
                            const ScanPart& part, bool tracked) {
  duckdb::unique_ptr<FunctionData> bind;
  auto function = lake_scan_function(context, table.state, nullptr, part, bind);
  duckdb::vector<ColumnIndex> ids;
  duckdb::vector<idx_t> projection;
  duckdb::vector<string> names;
  for (idx_t i = 0; i < table.state->columns.size(); ++i) {
    ids.emplace_back(i);
    names.push_back(table.state->columns[i].name);
  }
  auto types = table.GetTypes();
  if (tracked) {
    for (auto id : {stable_row_id, row_commit_version}) {
      ids.emplace_back(id);
      types.push_back(LogicalType::BIGINT);
    }
  }
  return planner.Make<PhysicalTableScan>(types, std::move(function), std::move(bind), types, std::move(ids),
                                         std::move(projection), std::move(names), make_uniq<TableFilterSet>(), idx_t(1),
                                         ExtraOperatorInfo(), duckdb::vector<Value>(), virtual_column_map_t());
}

PhysicalOperator& plan_change(ClientContext& context, PhysicalPlanGenerator& planner, LakeCatalog& catalog,
                              LakeTable& table, WritePlan plan, PhysicalOperator& change) {
  ArenaLinkedList<reference<PhysicalOperator>> parts(planner.ArenaRef());
  parts.push_back(change);
  auto& kept = plan_part(context, planner, table, {plan.changes, nullptr}, plan.tracked);
  if (!plan.feed) {
    parts.push_back(kept);
  } else {
    parts.push_back(with_kind(planner, kept, nullptr));
    auto& before = plan_part(context, planner, table, {plan.changes, plan.changes->got_values}, plan.tracked);
    parts.push_back(with_kind(planner, before, change_before));
    auto& deleted = plan_part(context, planner, table, {plan.changes, plan.changes->left}, plan.tracked);
    parts.push_back(with_kind(planner, deleted, change_delete));
  }
  auto& both = planner.Make<PhysicalUnion>(change.types, std::move(parts), idx_t(1), false);
  return plan_write(planner, catalog, context, std::move(plan), both);
}

// All rows of the table leave it, and none has to be read for that.
class LakeTruncate final : public PhysicalOperator {
 public:
  LakeTruncate(PhysicalPlan& plan, duckdb::vector<LogicalType> types, LakeCatalog& catalog, StatePtr state)
      : PhysicalOperator(plan, PhysicalOperatorType::EXTENSION, std::move(types), 1),
        catalog_(catalog),
        state_(std::move(state)) {}
  string GetName() const override { return "LAKE_TRUNCATE"; }
  bool IsSource() const override { return true; }
  SourceResultType GetDataInternal(ExecutionContext& context, DataChunk& chunk, OperatorSourceInput&) const override {
    auto& transaction = LakeTransaction::of(context.client, catalog_);
    TableChange change;
    change.table = state_->name;
    change.operation = "DELETE";
    change.removed = state_->files().all();
    change.rows_removed = state_->row_count().value_or(0);
    chunk.SetCardinality(1);
    chunk.SetValue(0, 0, Value::BIGINT(change.rows_removed));
    across(&transaction.session().errors, [&] { transaction.apply(std::move(change)); });
    return SourceResultType::FINISHED;
  }

 private:
  LakeCatalog& catalog_;
  StatePtr state_;
};

void refuse_identity(const LakeTable& table, idx_t column) {
  auto& field = table.state->metadata.schema.fields[column];
  if (field.metadata.find("delta.identity.start"))
    throw ConstraintException("column \"%s\" of %s is an identity column: its values stay as they are", field.name,
                              table.state->name.text());
}

// The update's new row in the table's order, then its old row (see BindUpdateConstraints).
void take_update(const LakeTable& table, const duckdb::vector<PhysicalIndex>& columns,
                 duckdb::vector<duckdb::unique_ptr<Expression>>& expressions,
                 const duckdb::vector<duckdb::unique_ptr<Expression>>& defaults, RowAction& action) {
  auto count = table.state->columns.size();
  const bool tracked = keeps_ids(*table.state);
  require(columns.size() == count && expressions.size() == 2 * count + (tracked ? 1 : 0),
          "an update gives new and old values of every column, and the row's id where it is kept");
  if (tracked) action.row_id = expressions.back()->Cast<BoundReferenceExpression>().index;
  action.type = MergeActionType::MERGE_UPDATE;
  action.values.resize(count);
  for (idx_t i = 0; i < count; ++i) {
    auto target = columns[i].index;
    bool is_default = expressions[i]->GetExpressionType() == ExpressionType::VALUE_DEFAULT;
    action.values[target] = is_default ? defaults[target]->Copy() : expressions[i]->Copy();
    if (!is_default && expressions[i]->Equals(*expressions[count + target]))
      action.untouched.push_back(target);
    else
      refuse_identity(table, target);
  }
  for (idx_t i = count; i < 2 * count; ++i) action.before.push_back(expressions[i]->Copy());
}

// Target columns that a join below compares with something: they name a row in messages. Without one, the row's first
// columns.
void find_keys(const PhysicalOperator& plan, const LakeTable& table, std::set<std::string>& names) {
  if (plan.type == PhysicalOperatorType::HASH_JOIN || plan.type == PhysicalOperatorType::PIECEWISE_MERGE_JOIN ||
      plan.type == PhysicalOperatorType::NESTED_LOOP_JOIN) {
    for (auto& condition : plan.Cast<PhysicalComparisonJoin>().conditions) {
      for (auto* side : {condition.left.get(), condition.right.get()}) {
        for (auto& column : table.state->columns) {
          if (iequals(side->GetName(), column.name)) names.insert(column.name);
        }
      }
    }
  }
  for (auto& child : plan.children) find_keys(child.get(), table, names);
}

Keys keys_of(const LakeTable& table, const PhysicalOperator& plan, const Actions& actions) {
  std::set<std::string> names;
  find_keys(plan, table, names);
  const RowAction* update = nullptr;
  for (auto& [when, list] : actions) {
    for (auto& action : list) {
      if (!action.before.empty()) update = &action;
    }
  }
  Keys keys;
  if (!update) return keys;
  constexpr size_t shown_without_keys = 3;
  for (size_t i = 0; i < table.state->columns.size(); ++i) {
    auto& name = table.state->columns[i].name;
    if (names.empty() ? i >= shown_without_keys : names.count(name) == 0) continue;
    if (update->before[i]->GetExpressionClass() == ExpressionClass::BOUND_REF)
      keys.emplace_back(name, update->before[i]->Cast<BoundReferenceExpression>().index);
  }
  return keys;
}

bool only_deletes(const Actions& actions) {
  return std::all_of(actions.begin(), actions.end(), [](auto& entry) {
    return std::all_of(entry.second.begin(), entry.second.end(), [](auto& action) {
      return action.type != MergeActionType::MERGE_UPDATE && action.type != MergeActionType::MERGE_INSERT;
    });
  });
}

// Generated columns that an action does not name get their values; identity columns that take none are not given any.
void fit_to_rules(RowAction& action, const WritePlan& plan) {
  if (action.values.empty()) return;
  for (auto column : action.untouched) {
    if (auto* generated = plan.fresh.rules->of(column)) action.generated.push_back(generated);
  }
  for (auto& identity : plan.fresh.identities) {
    auto& untouched = action.untouched;
    bool named = std::find(untouched.begin(), untouched.end(), identity->column) == untouched.end();
    // That an update keeps all identity columns as they are has been seen to.
    if (action.type == MergeActionType::MERGE_INSERT && named && !identity->takes_values)
      identity->refuse_value(plan.table);
  }
}

PhysicalOperator& plan_rows(ClientContext& context, PhysicalPlanGenerator& planner, LakeCatalog& catalog,
                            LakeTable& table, const std::string& what, Actions actions, idx_t rowid,
                            optional_idx source_marker, PhysicalOperator& child) {
  refuse_unwritable(context, *table.state, true);
  auto& session = SessionState::of(context);
  auto changes = std::make_shared<RowChanges>(table.state, session.rewriting.files);
  changes->only_deletes = only_deletes(actions);
  changes->parameters = session.rewriting.parameters;
  auto plan = write_plan_of(*table.state, changes->moves_only() ? "OPTIMIZE" : what);
  plan.changes = changes;
  plan.tracked = keeps_ids(*table.state);
  plan.feed = plan.feed && !changes->moves_only();
  if (changes->moves_only()) plan.order = session.rewriting.order;
  if (!changes->only_deletes)
    plan.fresh = new_rows_of(context, plan.table, table.state->metadata, table.state->columns);
  auto keys = keys_of(table, child, actions);
  across(&session.errors, [&] {
    for (auto& [when, list] : actions) {
      for (auto& action : list) fit_to_rules(action, plan);
    }
  });
  filter_scans_by_keys(planner, child);
  auto types = table.GetTypes();
  if (plan.tracked) types.insert(types.end(), 2, LogicalType::BIGINT);
  if (plan.feed) types.push_back(LogicalType::VARCHAR);
  auto& change = planner.Make<LakeChange>(std::move(types), what, changes, plan.fresh, std::move(actions),
                                          std::move(keys), rowid, source_marker);
  change.children.push_back(child);
  return plan_change(context, planner, catalog, table, std::move(plan), change);
}

}  // namespace

PhysicalOperator& LakeCatalog::PlanDelete(ClientContext& context, PhysicalPlanGenerator& planner, LogicalDelete& op) {
  if (op.return_chunk)
    throw NotImplementedException("RETURNING is not supported on lake tables; SELECT the rows before");
  auto& table = op.table.Cast<LakeTable>();
  auto& child = *op.children[0];
  if (child.type == LogicalOperatorType::LOGICAL_GET && scans_everything(child.Cast<LogicalGet>()) &&
      table.state->row_count() && table.state->feed.empty()) {
    refuse_unwritable(context, *table.state, true);
    return planner.Make<LakeTruncate>(op.types, *this, table.state);
  }
  return Catalog::PlanDelete(context, planner, op);
}

PhysicalOperator& LakeCatalog::PlanDelete(ClientContext& context, PhysicalPlanGenerator& planner, LogicalDelete& op,
                                          PhysicalOperator& child) {
  Actions actions;
  actions[MergeActionCondition::WHEN_MATCHED].emplace_back().type = MergeActionType::MERGE_DELETE;
  auto rowid = op.expressions[0]->Cast<BoundReferenceExpression>().index;
  return plan_rows(context, planner, *this, op.table.Cast<LakeTable>(), "DELETE", std::move(actions), rowid,
                   optional_idx(), child);
}

// An update writes whole rows, and must know whether they differ: the scan gives every column, and the update's
// expressions are the new values of all columns followed by their old values, and by the row's id where the table keeps
// it. (DuckDB's own BindExtraColumns would add a column to the scan twice, which a scan of several files answers with
// wrong values.)
void LakeTable::BindUpdateConstraints(Binder&, LogicalGet& get, LogicalProjection& projection, LogicalUpdate& update,
                                      ClientContext&) {
  update.update_is_del_and_insert = true;
  duckdb::vector<duckdb::unique_ptr<Expression>> before;
  auto scanned = [&](const string& name, const LogicalType& type, column_t index) {
    auto& ids = get.GetColumnIds();
    idx_t at = 0;
    while (at < ids.size() && (ids[at].GetPrimaryIndex() != index || ids[at].HasChildren())) ++at;
    if (at == ids.size()) get.AddColumnId(index);
    BoundColumnRefExpression value(name, type, ColumnBinding(get.table_index, at));
    idx_t place = 0;
    while (place < projection.expressions.size() && !projection.expressions[place]->Equals(value)) ++place;
    if (place == projection.expressions.size()) projection.expressions.push_back(value.Copy());
    return make_uniq<BoundColumnRefExpression>(name, type, ColumnBinding(projection.table_index, place));
  };
  for (auto& column : columns.Physical())
    before.push_back(scanned(column.Name(), column.Type(), column.Physical().index));
  for (auto& column : columns.Physical()) {
    auto index = column.Physical();
    if (std::find(update.columns.begin(), update.columns.end(), index) != update.columns.end()) continue;
    update.columns.push_back(index);
    update.expressions.push_back(before[index.index]->Copy());
  }
  for (auto& old : before) update.expressions.push_back(std::move(old));
  if (keeps_ids(*state)) update.expressions.push_back(scanned("_row_id", LogicalType::BIGINT, stable_row_id));
}

PhysicalOperator& LakeCatalog::PlanUpdate(ClientContext& context, PhysicalPlanGenerator& planner, LogicalUpdate& op,
                                          PhysicalOperator& child) {
  if (op.return_chunk)
    throw NotImplementedException("RETURNING is not supported on lake tables; SELECT the rows afterwards");
  auto& table = op.table.Cast<LakeTable>();
  RowAction action;
  take_update(table, op.columns, op.expressions, op.bound_defaults, action);
  Actions actions;
  actions[MergeActionCondition::WHEN_MATCHED].push_back(std::move(action));
  auto rowid = child.types.size() - 1;  // the binder puts it last
  return plan_rows(context, planner, *this, table, "UPDATE", std::move(actions), rowid, optional_idx(), child);
}

PhysicalOperator& LakeCatalog::PlanMergeInto(ClientContext& context, PhysicalPlanGenerator& planner,
                                             LogicalMergeInto& op, PhysicalOperator& child) {
  if (op.return_chunk)
    throw NotImplementedException("RETURNING is not supported on lake tables; SELECT the rows afterwards");
  auto& table = op.table.Cast<LakeTable>();
  Actions actions;
  for (auto& [when, bound_actions] : op.actions) {
    for (auto& bound : bound_actions) {
      RowAction action;
      action.type = bound->action_type;
      action.condition = std::move(bound->condition);
      if (bound->action_type == MergeActionType::MERGE_UPDATE) {
        take_update(table, bound->columns, bound->expressions, op.bound_defaults, action);
      } else if (bound->action_type == MergeActionType::MERGE_INSERT) {
        for (auto& column : table.GetColumns().Physical()) {
          auto from =
              bound->column_index_map.empty() ? column.StorageOid() : bound->column_index_map[column.Physical()];
          bool named = from != DConstants::INVALID_INDEX;
          action.values.push_back(named ? bound->expressions[from]->Copy()
                                        : op.bound_defaults[column.StorageOid()]->Copy());
          if (!named) action.untouched.push_back(column.StorageOid());
        }
      } else if (bound->action_type == MergeActionType::MERGE_ERROR && !bound->expressions.empty()) {
        action.message = bound->expressions[0]->Copy();
      }
      actions[when].push_back(std::move(action));
    }
  }
  return plan_rows(context, planner, *this, table, "MERGE", std::move(actions), op.row_id_start, op.source_marker,
                   child);
}

}  // namespace weir::engine::duck
