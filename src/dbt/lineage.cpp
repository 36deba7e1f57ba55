#include "dbt/lineage.h"

namespace weir::dbt {

namespace {

Json inputs_json(const std::vector<LineageInput>& inputs) {
  Json out = Json::array();
  for (const LineageInput& input : inputs) out.push_back(input_json(input));
  return out;
}

}  // namespace

Json input_json(const LineageInput& input) {
  Json kinds = Json::array();
  for (const engine::Derivation kind : input.kinds.list()) kinds.push_back(std::string(derivation_text(kind)));
  return Json::object().set("unique_id", input.node).set("column", input.column).set("kinds", std::move(kinds));
}

Json lineage_json(const NodeLineage& lineage) {
  Json columns = Json::array();
  for (const LineageColumn& column : lineage.columns)
    columns.push_back(
        Json::object().set("name", column.name).set("type", column.type).set("inputs", inputs_json(column.inputs)));
  return Json::object()
      .set("unique_id", lineage.unique_id)
      .set("columns", std::move(columns))
      .set("rows", inputs_json(lineage.rows));
}

}  // namespace weir::dbt
