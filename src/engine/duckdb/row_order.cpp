#include "engine/duckdb/row_order.h"

#include <algorithm>
#include <duckdb/function/create_sort_key.hpp>
#include <duckdb/parser/column_list.hpp>
#include <duckdb/parser/parser.hpp>
#include <duckdb/planner/binder.hpp>
#include <duckdb/planner/expression/bound_function_expression.hpp>
#include <duckdb/planner/expression_binder/check_binder.hpp>
#include <span>

#include "base/text.h"
#include "engine/duckdb/types.h"
#include "lake/space_curve.h"

namespace weir::engine::duck {

using namespace duckdb;

namespace {

// Texts are told apart by so many characters.
constexpr int text_prefix = 128;

const OrderModifiers ascending(OrderType::ASCENDING, OrderByNullType::NULLS_FIRST);

std::string column_sql(const lake::ColumnPath& path) {
  auto sql = quote_identifier(path.front());
  for (size_t i = 1; i < path.size(); ++i) sql = "struct_extract(" + sql + ", " + quote_literal(path[i]) + ")";
  return sql;
}

struct Coordinate {
  std::string sql;
  LogicalType type;
};
Coordinate coordinate_of(const TableState& table, const lake::ColumnPath& path) {
  auto type = to_duckdb(lake::field_at(table.metadata, path).type);
  auto sql = column_sql(path);
  if (type.id() == LogicalTypeId::VARCHAR) sql = "left(" + sql + ", " + std::to_string(text_prefix) + ")";
  return {sql, type};
}

// Over the table's columns by position.
duckdb::unique_ptr<Expression> bound(ClientContext& context, const TableState& table, const std::string& sql,
                                     const LogicalType& type) {
  ColumnList columns;
  for (auto& column : table.columns) columns.AddColumn(ColumnDefinition(column.name, column.type));
  auto parsed = Parser::ParseExpressionList(sql);
  auto binder = Binder::CreateBinder(context);
  physical_index_set_t used;
  CheckBinder check(*binder, context, table.name.name, columns, used);
  check.target_type = type;
  return check.Bind(parsed[0]);
}

struct CurveInfo final : FunctionData {
  explicit CurveInfo(std::shared_ptr<const RowOrdering> of)
      : ordering(std::move(of)), bits(lake::curve_bits(ordering->order.columns.size())) {}
  duckdb::unique_ptr<FunctionData> Copy() const override { return make_uniq<CurveInfo>(ordering); }
  bool Equals(const FunctionData& other) const override { return this == &other; }
  std::shared_ptr<const RowOrdering> ordering;
  int bits;
};

uint32_t rank_of(const RowOrdering::Ranks& ranks, std::string_view key) {
  auto above =
      std::upper_bound(ranks.begin(), ranks.end(), key, [](auto& value, auto& entry) { return value < entry.first; });
  return above == ranks.begin() ? 0 : std::prev(above)->second;
}

// Calls visit(row, key) with keys whose bytes are in the order of the values.
template <class Visit>
void each_sort_key(Vector& values, idx_t count, Visit visit) {
  Vector keys(LogicalType::BLOB, count);
  CreateSortKeyHelpers::CreateSortKey(values, count, ascending, keys);
  UnifiedVectorFormat format;
  keys.ToUnifiedFormat(count, format);
  auto* data = UnifiedVectorFormat::GetData<string_t>(format);
  for (idx_t row = 0; row < count; ++row) {
    auto& key = data[format.sel->get_index(row)];
    visit(row, std::string_view(key.GetData(), key.GetSize()));
  }
}

void place_rows(DataChunk& coordinates, ExpressionState& state, Vector& result) {
  auto& info = state.expr.Cast<BoundFunctionExpression>().bind_info->Cast<CurveInfo>();
  const auto count = coordinates.size();
  const auto dimensions = coordinates.ColumnCount();
  std::vector<uint32_t> points(count * dimensions);
  for (idx_t i = 0; i < dimensions; ++i)
    each_sort_key(coordinates.data[i], count, [&](idx_t row, std::string_view key) {
      points[row * dimensions + i] = rank_of(info.ordering->ranks[i], key);
    });
  result.SetVectorType(VectorType::FLAT_VECTOR);
  auto* places = FlatVector::GetData<uint64_t>(result);
  for (idx_t row = 0; row < count; ++row)
    places[row] = lake::place_on_curve(std::span(points).subspan(row * dimensions, dimensions), info.bits);
}

bool needs_ranks(const lake::RowOrder& order) { return order.columns.size() > 1; }

}  // namespace

std::string sample_query(const TableState& table, const lake::RowOrder& order) {
  if (!needs_ranks(order)) return {};
  std::vector<std::string> columns;
  for (auto& path : order.columns) columns.push_back(coordinate_of(table, path).sql);
  return "SELECT " + join(columns, ", ") + " FROM lake." + quote_identifier(table.name.schema) + "." +
         quote_identifier(table.name.name) + " USING SAMPLE reservoir(" + std::to_string(sampled_rows) + " ROWS)";
}

OrderingMaker::OrderingMaker(lake::RowOrder order) : ordering_(std::make_shared<RowOrdering>()) {
  if (needs_ranks(order)) keys_.resize(order.columns.size());
  ordering_->order = std::move(order);
}

void OrderingMaker::add(DataChunk& rows) {
  for (idx_t i = 0; i < keys_.size(); ++i)
    each_sort_key(rows.data[i], rows.size(), [&](idx_t, std::string_view key) { keys_[i].emplace_back(key); });
}

std::shared_ptr<const RowOrdering> OrderingMaker::make() {
  const size_t ranks = size_t{1} << lake::curve_bits(ordering_->order.columns.size());
  for (auto& keys : keys_) {
    std::sort(keys.begin(), keys.end());
    auto& column = ordering_->ranks.emplace_back();
    // A value that many rows have takes the place of them all, so that what is above it stays far from what is below.
    for (size_t rank = 1; rank < ranks && !keys.empty(); ++rank) {
      auto& key = keys[rank * keys.size() / ranks];
      if (column.empty() || column.back().first < key) column.emplace_back(key, static_cast<uint32_t>(rank));
    }
  }
  keys_.clear();
  return ordering_;
}

duckdb::vector<BoundOrderByNode> bound_order(ClientContext& context, const TableState& table,
                                             std::shared_ptr<const RowOrdering> ordering) {
  auto& columns = ordering->order.columns;
  duckdb::vector<BoundOrderByNode> order;
  if (!needs_ranks(ordering->order)) {
    auto type = to_duckdb(lake::field_at(table.metadata, columns[0]).type);
    order.emplace_back(ascending.order_type, ascending.null_type, bound(context, table, column_sql(columns[0]), type));
    return order;
  }
  duckdb::vector<duckdb::unique_ptr<Expression>> coordinates;
  duckdb::vector<LogicalType> types;
  for (auto& path : columns) {
    auto [sql, type] = coordinate_of(table, path);
    coordinates.push_back(bound(context, table, sql, type));
    types.push_back(type);
  }
  ScalarFunction place("place_on_curve", std::move(types), LogicalType::UBIGINT, place_rows);
  place.SetNullHandling(FunctionNullHandling::SPECIAL_HANDLING);
  order.emplace_back(ascending.order_type, ascending.null_type,
                     make_uniq<BoundFunctionExpression>(LogicalType::UBIGINT, std::move(place), std::move(coordinates),
                                                        make_uniq<CurveInfo>(std::move(ordering))));
  return order;
}

}  // namespace weir::engine::duck
