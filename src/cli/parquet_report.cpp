#include "cli/parquet_report.h"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>

#include "base/text.h"
#include "cli/print.h"
#include "cli/query_output.h"

namespace weir::cli {

namespace {

std::string column_lines(const std::string& file) {
  return "SELECT path_in_schema AS \"column\", any_value(type) AS type, string_agg(DISTINCT lower(compression), '/') "
         "AS codec, "
         "string_agg(DISTINCT encodings, '/') AS encodings, sum(total_compressed_size)::BIGINT AS bytes, "
         "sum(total_uncompressed_size)::BIGINT AS uncompressed, sum(stats_null_count)::BIGINT AS nulls, "
         "min(stats_min_value) AS min, max(stats_max_value) AS max FROM parquet_metadata(" +
         file + ") GROUP BY path_in_schema, column_id ORDER BY column_id";
}

std::string row_group_lines(const std::string& file) {
  return "SELECT row_group_id AS \"group\", row_group_num_rows AS rows, path_in_schema AS \"column\", "
         "lower(compression) AS codec, "
         "encodings, total_compressed_size AS bytes, total_uncompressed_size AS uncompressed, stats_null_count AS "
         "nulls, "
         "stats_min_value AS min, stats_max_value AS max FROM parquet_metadata(" +
         file + ") ORDER BY row_group_id, column_id";
}

void print_head(const Call& call, engine::Session& session, const std::string& path, const std::string& file,
                const std::string& name) {
  const auto head = session.query(
      "SELECT num_rows, num_row_groups, coalesce(created_by, 'unknown'), format_version FROM "
      "parquet_file_metadata(" +
      file + ")");
  const auto sizes = session.query(
      "SELECT coalesce(sum(total_compressed_size), 0)::BIGINT, "
      "coalesce(sum(total_uncompressed_size), 0)::BIGINT FROM parquet_metadata(" +
      file + ")");
  const auto text = [&](const engine::Rows& rows, size_t column) {
    return engine::cell_text(rows.rows.at(0).at(column));
  };
  const auto bytes = static_cast<double>(parse_int(text(sizes, 0)).value_or(0));
  const auto unpacked = static_cast<double>(parse_int(text(sizes, 1)).value_or(0));
  const auto groups = parse_int(text(head, 1)).value_or(0);
  print(call.terminal.out.bold(name) + fmt::format("  {}  parquet v{} by {}\n",
                                                   human_bytes(std::filesystem::file_size(path)), text(head, 3),
                                                   text(head, 2)));
  print(fmt::format("{} rows in {} row group{}, pages {:.0f} % of their unpacked size\n\n",
                    human_count(static_cast<uint64_t>(parse_int(text(head, 0)).value_or(0))), groups,
                    groups == 1 ? "" : "s", unpacked > 0 ? 100 * bytes / unpacked : 100.0));
}

}  // namespace

void print_parquet(const Call& call, engine::Session& session, const std::string& path, const std::string& name) {
  const std::string file = quote_literal(path);
  const std::string output = call.options.text("output");
  if (output == "table" || output == "text") print_head(call, session, path, file, name);
  const auto writer = table_writer(table_form(call), stdout);
  write_query(session, call.options.boolean("row-groups") ? row_group_lines(file) : column_lines(file), *writer,
              std::nullopt);
}

}  // namespace weir::cli
