// The operator that DELETE, UPDATE and MERGE have in common: rows of the statement's scan or join in, new rows out, and
// a note of which old rows are gone (row_changes.h). A row whose new values equal the old ones is no change.
#pragma once

#include <duckdb/execution/expression_executor.hpp>
#include <duckdb/execution/physical_operator.hpp>
#include <duckdb/parser/statement/merge_into_statement.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/duckdb/row_changes.h"
#include "engine/duckdb/table_rules.h"

namespace weir::engine::duck {

struct RowAction {
  duckdb::MergeActionType type = duckdb::MergeActionType::MERGE_DO_NOTHING;
  duckdb::unique_ptr<duckdb::Expression> condition;               // nullptr = always
  duckdb::vector<duckdb::unique_ptr<duckdb::Expression>> values;  // the new row, in the table's order
  duckdb::vector<duckdb::unique_ptr<duckdb::Expression>> before;  // UPDATE: the old row
  duckdb::unique_ptr<duckdb::Expression> message;                 // ERROR
  std::optional<duckdb::idx_t> row_id;            // UPDATE: input column of the row's id, where it is kept
  std::vector<duckdb::idx_t> untouched;           // columns that the statement does not name
  std::vector<const GeneratedColumn*> generated;  // of those: computed from the new row
};
using Actions = std::map<duckdb::MergeActionCondition, std::vector<RowAction>>;
// Name and input column of what tells the user which target row is meant.
using Keys = std::vector<std::pair<std::string, duckdb::idx_t>>;

class LakeChange final : public duckdb::PhysicalOperator {
 public:
  LakeChange(duckdb::PhysicalPlan& plan, duckdb::vector<duckdb::LogicalType> types, std::string what,
             std::shared_ptr<RowChanges> changes, NewRows fresh, Actions actions, Keys keys, duckdb::idx_t rowid,
             duckdb::optional_idx source_marker)
      : duckdb::PhysicalOperator(plan, duckdb::PhysicalOperatorType::EXTENSION, std::move(types), 1),
        row_types_(changes->state->columns.size()),
        what_(std::move(what)),
        changes_(std::move(changes)),
        new_rows_(std::move(fresh)),
        actions_(std::move(actions)),
        keys_(std::move(keys)),
        rowid_(rowid),
        source_marker_(source_marker) {
    for (size_t i = 0; i < row_types_.size(); ++i) row_types_[i] = this->types[i];
    auto& matched = actions_[duckdb::MergeActionCondition::WHEN_MATCHED];
    // That several rows ask for the same deletion leaves no doubt.
    repeats_allowed_ = std::all_of(matched.begin(), matched.end(), [](auto& action) {
      return action.type == duckdb::MergeActionType::MERGE_DO_NOTHING ||
             (action.type == duckdb::MergeActionType::MERGE_DELETE && !action.condition);
    });
  }
  duckdb::string GetName() const override { return "LAKE_" + what_; }
  bool ParallelOperator() const override { return true; }
  duckdb::unique_ptr<duckdb::OperatorState> GetOperatorState(duckdb::ExecutionContext& context) const override;
  duckdb::OperatorResultType Execute(duckdb::ExecutionContext& context, duckdb::DataChunk& in, duckdb::DataChunk& out,
                                     duckdb::GlobalOperatorState&, duckdb::OperatorState& state) const override;

 private:
  struct Local final : duckdb::OperatorState {
    std::map<const RowAction*, duckdb::unique_ptr<duckdb::ExpressionExecutor>> conditions, values, before, messages;
    std::map<const GeneratedColumn*, duckdb::unique_ptr<duckdb::ExpressionExecutor>> generated;
    std::optional<RuleJudge> judge;
  };
  void change_rows(duckdb::ClientContext& context, Local& local, duckdb::DataChunk& in, duckdb::DataChunk& out) const;
  void perform(duckdb::ClientContext& context, Local& local, const RowAction& action, duckdb::DataChunk& rows,
               duckdb::DataChunk& out) const;
  void new_rows(duckdb::ClientContext& context, Local& local, const RowAction& action, duckdb::DataChunk& rows,
                duckdb::DataChunk& fresh) const;
  void emit(duckdb::ClientContext& context, Local& local, const RowAction& action, duckdb::DataChunk& rows,
            duckdb::DataChunk& out) const;
  int64_t note_gone(duckdb::DataChunk& rows) const;  // how many were not gone yet
  void keep_differing(duckdb::ClientContext& context, Local& local, const RowAction& action,
                      duckdb::DataChunk& rows) const;
  void refuse_repeats(duckdb::DataChunk& rows) const;
  [[noreturn]] void repeated(duckdb::DataChunk& rows, duckdb::idx_t row) const;

  bool tells_kinds() const {
    return types.back().id() == duckdb::LogicalTypeId::VARCHAR && types.size() > row_types_.size();
  }
  bool keeps_ids() const { return types.size() > row_types_.size() + 1; }

  duckdb::vector<duckdb::LogicalType> row_types_;  // of the table's columns
  std::string what_;
  std::shared_ptr<RowChanges> changes_;
  NewRows new_rows_;  // owns what the actions' `generated` point to
  Actions actions_;
  Keys keys_;
  duckdb::idx_t rowid_;
  duckdb::optional_idx source_marker_;
  bool repeats_allowed_ = false;
  RowSet mutable matched_;
};

}  // namespace weir::engine::duck
