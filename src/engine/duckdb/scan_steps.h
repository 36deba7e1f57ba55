// What a condition of a query can do for a scan, told to people (engine/scan_report.h).
#pragma once

#include <duckdb/common/multi_file/multi_file_list.hpp>
#include <duckdb/planner/expression.hpp>
#include <string>
#include <vector>

#include "engine/duckdb/lake_table.h"
#include "engine/scan_report.h"

namespace weir::engine::duck {

struct FilterFacts {
  const duckdb::Expression* filter;
  std::vector<size_t> columns;  // of the table, each once
  bool partition_only = false;  // it names partition columns and no other
  bool kept_out = false;        // it may not go into the scan (kept_out.h)
};
FilterFacts facts_of(const TableState& table, const duckdb::MultiFilePushdownInfo& info,
                     const duckdb::Expression& filter);

// `steps`: what the parts of the condition did that statistics and partition values could be asked about.
ScanStep step_of(const TableState& table, const FilterFacts& facts, const std::vector<lake::SkipStep>& steps,
                 size_t asked, size_t skipped);

// What is known before the plan is made.
void begin_report(const TableState& table, ScanReport& report);
std::vector<ScanReport::File> read_of(const TableState& table, const std::vector<size_t>& numbers);

}  // namespace weir::engine::duck
