#include "engine/duckdb/lake_change.h"

#include "base/text.h"
#include "engine/duckdb/lake_write.h"

namespace weir::engine::duck {

using namespace duckdb;

namespace {

// The rowids of a chunk, in order.
std::vector<int64_t> rowids(DataChunk& rows, idx_t column) {
  UnifiedVectorFormat format;
  rows.data[column].ToUnifiedFormat(rows.size(), format);
  auto* data = UnifiedVectorFormat::GetData<int64_t>(format);
  std::vector<int64_t> ids(rows.size());
  for (idx_t i = 0; i < rows.size(); ++i) ids[i] = data[format.sel->get_index(i)];
  return ids;
}

// A chunk of the rows that `selected` names; the originals stay as they are.
void slice_into(DataChunk& target, DataChunk& source, const SelectionVector& selected, idx_t count) {
  target.InitializeEmpty(source.GetTypes());
  target.Reference(source);
  target.Slice(selected, count);
}

}  // namespace

duckdb::unique_ptr<OperatorState> LakeChange::GetOperatorState(ExecutionContext& context) const {
  auto local = make_uniq<Local>();
  for (auto& [when, actions] : actions_) {
    for (auto& action : actions) {
      if (action.condition)
        local->conditions[&action] = make_uniq<ExpressionExecutor>(context.client, *action.condition);
      if (!action.values.empty()) local->values[&action] = make_uniq<ExpressionExecutor>(context.client, action.values);
      if (!action.before.empty()) local->before[&action] = make_uniq<ExpressionExecutor>(context.client, action.before);
      for (auto* column : action.generated)
        local->generated[column] = make_uniq<ExpressionExecutor>(context.client, *column->value);
      if (action.message) local->messages[&action] = make_uniq<ExpressionExecutor>(context.client, *action.message);
    }
  }
  if (new_rows_.rules) local->judge.emplace(context.client, *new_rows_.rules);
  return local;
}

OperatorResultType LakeChange::Execute(ExecutionContext& context, DataChunk& in, DataChunk& out, GlobalOperatorState&,
                                       OperatorState& state) const {
  auto& local = state.Cast<Local>();
  across(&SessionState::of(context.client).errors, [&] { change_rows(context.client, local, in, out); });
  return OperatorResultType::NEED_MORE_INPUT;
}

void LakeChange::change_rows(ClientContext& context, Local& local, DataChunk& in, DataChunk& out) const {
  UnifiedVectorFormat target, source;
  in.data[rowid_].ToUnifiedFormat(in.size(), target);
  if (source_marker_.IsValid()) in.data[source_marker_.GetIndex()].ToUnifiedFormat(in.size(), source);
  std::map<MergeActionCondition, std::pair<SelectionVector, idx_t>> groups;
  for (auto& [when, actions] : actions_)
    groups.emplace(when, std::pair(SelectionVector(STANDARD_VECTOR_SIZE), idx_t(0)));
  for (idx_t i = 0; i < in.size(); ++i) {
    auto when = MergeActionCondition::WHEN_MATCHED;
    if (source_marker_.IsValid() && !source.validity.RowIsValid(source.sel->get_index(i)))
      when = MergeActionCondition::WHEN_NOT_MATCHED_BY_SOURCE;
    else if (!target.validity.RowIsValid(target.sel->get_index(i)))
      when = MergeActionCondition::WHEN_NOT_MATCHED_BY_TARGET;
    if (auto group = groups.find(when); group != groups.end()) group->second.first.set_index(group->second.second++, i);
  }
  for (auto& [when, group] : groups) {
    if (group.second == 0) continue;
    DataChunk rest;  // rows that no earlier action of this kind took
    slice_into(rest, in, group.first, group.second);
    for (auto& action : actions_.at(when)) {
      if (rest.size() == 0) break;
      DataChunk mine, left;
      if (action.condition) {
        SelectionVector yes(STANDARD_VECTOR_SIZE), no(STANDARD_VECTOR_SIZE);
        auto count = local.conditions.at(&action)->SelectExpression(rest, yes, no, nullptr, rest.size());
        slice_into(mine, rest, yes, count);
        slice_into(left, rest, no, rest.size() - count);
      } else {
        mine.InitializeEmpty(rest.GetTypes());
        mine.Reference(rest);
        left.InitializeEmpty(rest.GetTypes());
      }
      if (mine.size() > 0) perform(context, local, action, mine, out);
      rest.Reference(left);
    }
  }
}

void LakeChange::perform(ClientContext& context, Local& local, const RowAction& action, DataChunk& rows,
                         DataChunk& out) const {
  switch (action.type) {
    case MergeActionType::MERGE_DO_NOTHING:
      return;
    case MergeActionType::MERGE_ERROR: {
      std::string message = what_ + ": a row reached WHEN … THEN ERROR";
      if (action.message) {
        DataChunk text;
        text.Initialize(context, {LogicalType::VARCHAR});
        local.messages.at(&action)->Execute(rows, text);
        if (!text.GetValue(0, 0).IsNull()) message = text.GetValue(0, 0).ToString();
      }
      throw ConstraintException("%s", message);
    }
    case MergeActionType::MERGE_DELETE:
      refuse_repeats(rows);
      changes_->deleted += note_gone(rows);
      if (tells_kinds()) changes_->left->insert(rowids(rows, rowid_));
      return;
    case MergeActionType::MERGE_UPDATE: {
      refuse_repeats(rows);
      changes_->updated += static_cast<int64_t>(rows.size());
      keep_differing(context, local, action, rows);
      if (rows.size() == 0) return;
      changes_->rewritten += static_cast<int64_t>(rows.size());
      note_gone(rows);
      if (tells_kinds()) changes_->got_values->insert(rowids(rows, rowid_));
      return emit(context, local, action, rows, out);
    }
    case MergeActionType::MERGE_INSERT:
      changes_->inserted += static_cast<int64_t>(rows.size());
      return emit(context, local, action, rows, out);
    default:
      throw NotImplementedException("%s: this kind of action is not supported on lake tables", what_);
  }
}

void LakeChange::new_rows(ClientContext& context, Local& local, const RowAction& action, DataChunk& rows,
                          DataChunk& fresh) const {
  fresh.Initialize(context, row_types_);
  local.values.at(&action)->Execute(rows, fresh);
  for (auto* column : action.generated) {
    Vector value(row_types_[column->column]);
    local.generated.at(column)->ExecuteExpression(fresh, value);
    fresh.data[column->column].Reference(value);
  }
}

void LakeChange::emit(ClientContext& context, Local& local, const RowAction& action, DataChunk& rows,
                      DataChunk& out) const {
  DataChunk fresh;
  new_rows(context, local, action, rows, fresh);
  if (action.type == MergeActionType::MERGE_INSERT) {
    for (auto& identity : new_rows_.identities) identity->fill(fresh.data[identity->column], fresh.size());
  }
  if (local.judge) local.judge->judge(fresh, changes_->state->columns);
  DataChunk whole;
  whole.InitializeEmpty(types);
  for (idx_t i = 0; i < row_types_.size(); ++i) whole.data[i].Reference(fresh.data[i]);
  if (keeps_ids()) {
    if (action.row_id)
      whole.data[row_types_.size()].Reference(rows.data[*action.row_id]);
    else
      whole.data[row_types_.size()].Reference(Value(LogicalType::BIGINT));
    whole.data[row_types_.size() + 1].Reference(Value(LogicalType::BIGINT));  // this commit changes the row
  }
  if (tells_kinds())
    whole.data.back().Reference(Value(action.type == MergeActionType::MERGE_INSERT ? change_insert : change_after));
  whole.SetCardinality(fresh.size());
  out.Append(whole, true);  // at most one new row per input row
}

// Leaves those rows whose new values differ from the old ones.
void LakeChange::keep_differing(ClientContext& context, Local& local, const RowAction& action, DataChunk& rows) const {
  DataChunk after, before;
  before.Initialize(context, row_types_);
  new_rows(context, local, action, rows, after);
  local.before.at(&action)->Execute(rows, before);
  std::vector<bool> differs(rows.size());
  Vector different(LogicalType::BOOLEAN);
  for (idx_t column = 0; column < row_types_.size(); ++column) {
    VectorOperations::DistinctFrom(after.data[column], before.data[column], different, rows.size());
    UnifiedVectorFormat format;
    different.ToUnifiedFormat(rows.size(), format);
    auto* data = UnifiedVectorFormat::GetData<bool>(format);
    for (idx_t i = 0; i < rows.size(); ++i) differs[i] = differs[i] || data[format.sel->get_index(i)];
  }
  SelectionVector changed(STANDARD_VECTOR_SIZE);
  idx_t count = 0;
  for (idx_t i = 0; i < rows.size(); ++i) {
    if (differs[i]) changed.set_index(count++, i);
  }
  if (count < rows.size()) rows.Slice(changed, count);
}

int64_t LakeChange::note_gone(DataChunk& rows) const { return changes_->gone->insert(rowids(rows, rowid_)).fresh; }

void LakeChange::refuse_repeats(DataChunk& rows) const {
  if (repeats_allowed_) return;
  if (auto repeat = matched_.insert(rowids(rows, rowid_)).first_repeat) repeated(rows, *repeat);
}

void LakeChange::repeated(DataChunk& rows, idx_t row) const {
  std::vector<std::string> parts;
  for (auto& [name, column] : keys_) {
    auto value = rows.data[column].GetValue(row);
    parts.push_back(name + " = " + (value.IsNull() ? "NULL" : value.ToSQLString()));
  }
  throw Error(ErrorCode::merge_duplicates, what_ + " into " + changes_->state->name.text() +
                                               ": several source rows match the target row with " + join(parts, ", "));
}

}  // namespace weir::engine::duck
