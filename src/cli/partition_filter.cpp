#include "cli/partition_filter.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <set>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "lake/file_list.h"
#include "lake/snapshot.h"

namespace weir::cli {

namespace {

constexpr size_t partitions_at_once = 1000;  // of one query

struct PartitionColumn {
  std::string name, physical, sql_type;
};

std::vector<PartitionColumn> partition_columns(engine::Session& session, const lake::TableName& table,
                                               const lake::Metadata& metadata) {
  std::vector<PartitionColumn> columns;
  std::vector<std::string> names;
  for (const auto& name : metadata.partition_columns) {
    const auto* field = metadata.schema.find(name);
    columns.push_back({name, field ? field->physical_name() : name, {}});
    names.push_back(quote_identifier(name));
  }
  const auto described = session.describe("SELECT " + join(names, ", ") + " FROM lake." +
                                          quote_identifier(table.schema) + "." + quote_identifier(table.name));
  for (size_t i = 0; i < columns.size(); ++i) columns[i].sql_type = described[i].type;
  return columns;
}

std::string row_sql(const std::vector<PartitionColumn>& columns, const lake::PartitionValues& values, size_t number) {
  std::vector<std::string> cells = {std::to_string(number)};
  for (const auto& column : columns) {
    const auto value = values.find(column.physical);
    const bool known = value != values.end() && value->second && !value->second->empty();
    cells.push_back("CAST(" + (known ? quote_literal(*value->second) : "NULL") + " AS " + column.sql_type + ")");
  }
  return "(" + join(cells, ", ") + ")";
}

}  // namespace

std::function<bool(const lake::PartitionValues&)> partitions_where(Workspace& workspace, const lake::TableName& table,
                                                                   const std::string& condition) {
  const auto snapshot = lake::Snapshot::open(workspace.lake()->location(table), workspace.engine().parquet());
  if (snapshot->metadata().partition_columns.empty())
    throw Error(ErrorCode::usage, "--where chooses partitions, and " + table.text() + " has none");
  std::set<lake::PartitionValues> known;
  const auto files = snapshot->file_list();
  for (size_t i = 0; i < files->size(); ++i) known.insert(files->add(i).partition_values);
  const std::vector<lake::PartitionValues> all(known.begin(), known.end());

  const auto session = workspace.engine().session(workspace.lake());
  const auto columns = partition_columns(*session, table, snapshot->metadata());
  std::vector<std::string> names = {"weir_number"};
  for (const auto& column : columns) names.push_back(quote_identifier(column.name));
  auto chosen = std::make_shared<std::set<lake::PartitionValues>>();
  for (size_t from = 0; from < all.size(); from += partitions_at_once) {
    std::vector<std::string> rows;
    for (size_t i = from; i < std::min(all.size(), from + partitions_at_once); ++i)
      rows.push_back(row_sql(columns, all[i], i));
    const auto found =
        session->query(fmt::format("SELECT weir_number FROM (VALUES {}) AS partitions({}) WHERE (\n{}\n)",
                                   join(rows, ", "), join(names, ", "), condition));
    for (const auto& row : found.rows) chosen->insert(all[static_cast<size_t>(std::get<int64_t>(row.at(0)))]);
  }
  return [chosen](const lake::PartitionValues& partition) { return chosen->contains(partition); };
}

}  // namespace weir::cli
