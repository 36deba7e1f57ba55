#include "engine/duckdb/row_taker.h"

#include <duckdb/common/arrow/arrow_appender.hpp>
#include <duckdb/common/arrow/arrow_converter.hpp>
#include <duckdb/function/scalar_function.hpp>
#include <duckdb/function/table/arrow/arrow_duck_schema.hpp>
#include <duckdb/planner/expression/bound_function_expression.hpp>

#include "engine/duckdb/errors.h"
#include "engine/duckdb/session_state.h"

namespace weir::engine::duck {

using namespace duckdb;

namespace {

RowTaker& taker_of(ClientContext& context) {
  auto state = CallbackState::find(context);
  if (!state || !state->taker) throw BinderException("weir_take_rows is for weir's own use");
  return *state->taker;
}

struct TakenRows final : FunctionData {
  TakenRows(vector<LogicalType> types_in, ClientContext& context, const std::vector<std::string>& names)
      : types(std::move(types_in)),
        properties(context.GetClientProperties()),
        extensions(ArrowTypeExtensionData::GetExtensionTypes(context, types)),
        schema(make_schema(names)) {}
  duckdb::unique_ptr<FunctionData> Copy() const override { return make_uniq<TakenRows>(*this); }
  bool Equals(const FunctionData& other) const override { return this == &other; }

  std::shared_ptr<format::BatchSchema> make_schema(const std::vector<std::string>& names) {
    ArrowSchema made{};
    ArrowConverter::ToArrowSchema(&made, types, {names.begin(), names.end()}, properties);
    return std::make_shared<format::BatchSchema>(made);
  }

  vector<LogicalType> types;
  ClientProperties properties;
  unordered_map<idx_t, const duckdb::shared_ptr<ArrowTypeExtensionData>> extensions;
  std::shared_ptr<format::BatchSchema> schema;
};

duckdb::unique_ptr<FunctionData> bind_take_rows(ClientContext& context, ScalarFunction&,
                                                vector<duckdb::unique_ptr<Expression>>& arguments) {
  vector<LogicalType> types;
  for (auto& argument : arguments) types.push_back(argument->return_type);
  return make_uniq<TakenRows>(std::move(types), context, taker_of(context).names);
}

void take_rows(DataChunk& arguments, ExpressionState& state, Vector& result) {
  auto& context = state.GetContext();
  auto& bound = state.expr.Cast<BoundFunctionExpression>().bind_info->Cast<TakenRows>();
  auto& taker = taker_of(context);
  const idx_t rows = arguments.size();
  across(&CallbackState::find(context)->errors, [&] {
    ArrowAppender appender(bound.types, rows, bound.properties, bound.extensions);
    appender.Append(arguments, 0, rows, rows);
    const format::Batch batch(appender.Finalize());
    taker.take(format::ArrowView(bound.schema->c_schema(), batch.c_array()));
  });
  result.Reference(Value::BIGINT(1));
}

}  // namespace

void register_row_taker(ExtensionLoader& loader) {
  ScalarFunction function("weir_take_rows", {}, LogicalType::BIGINT, take_rows, bind_take_rows);
  function.SetVarArgs(LogicalType::ANY);
  function.SetStability(FunctionStability::VOLATILE);
  function.SetNullHandling(FunctionNullHandling::SPECIAL_HANDLING);
  loader.RegisterFunction(std::move(function));
}

}  // namespace weir::engine::duck
