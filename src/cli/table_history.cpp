#include "cli/table_history.h"

#include <fmt/format.h>

#include <cstdio>

#include "base/text.h"
#include "base/time.h"
#include "cli/exit_code.h"
#include "cli/query_output.h"
#include "cli/table_text.h"
#include "cli/workspace.h"
#include "lake/history.h"
#include "lake/publish/manifest.h"

namespace weir::cli {

namespace {

using lake::publish::Manifest;

std::optional<int64_t> row_change(const lake::HistoryEntry& entry) {
  if (!entry.rows_added || !entry.rows_removed) return std::nullopt;
  return *entry.rows_added - *entry.rows_removed;
}

std::string asset_in(const lake::CommitFile& commit) {
  for (const auto& action : commit.actions)
    if (const auto* txn = std::get_if<lake::Txn>(&action); txn && txn->app_id.rfind("weir:", 0) == 0)
      return txn->app_id.substr(5);
  return {};
}

std::optional<Manifest> manifest_of(const lake::TableLocation& table, const lake::CommitFile& commit,
                                    const Json& note) {
  const std::string asset = asset_in(commit);
  const auto n = note.is_object() ? note.get_int("n") : std::nullopt;
  if (asset.empty() || !n) return std::nullopt;
  try {
    return lake::publish::read_manifest(table, asset, *n);  // a member's manifest lies in its anchor: absent here
  } catch (const Error&) {
    return std::nullopt;  // history is shown as far as it can be read
  }
}

std::string checks_text(const Manifest& manifest) {
  if (manifest.checks.empty()) return "-";
  size_t ok = 0;
  for (const auto& check : manifest.checks) ok += check.ok ? 1 : 0;
  if (ok == manifest.checks.size()) return fmt::format("{} ok", ok);
  return fmt::format("{} ok, {} warned", ok, manifest.checks.size() - ok);
}

std::string short_table(const std::string& uri) {
  const auto parts = split(uri, '/');
  if (parts.size() < 2) return uri;
  return parts[parts.size() - 2] + "." + parts.back();
}

std::string from_text(const Manifest& manifest) {
  if (manifest.restores && !manifest.restores->second.empty())
    return fmt::format("v{}", manifest.restores->second.front());
  std::vector<std::string> parts;
  for (const auto& input : manifest.inputs) {
    std::string table = input.table;
    if (table.find('/') != std::string::npos) table = short_table(table);
    parts.push_back(fmt::format("{} v{}", table, input.version));
  }
  if (!manifest.source_files.empty())
    parts.push_back(
        fmt::format("{} file{}", manifest.source_files.size(), manifest.source_files.size() == 1 ? "" : "s"));
  return join(parts, ", ");
}

std::string by_text(const lake::HistoryEntry& entry) {
  const auto run = entry.weir.is_object() ? entry.weir.get_string("run") : std::nullopt;
  if (run) return "run " + *run;
  return entry.engine;
}

std::string what_text(const lake::HistoryEntry& entry, const std::optional<Manifest>& manifest) {
  if (manifest) return std::string(lake::publish::kind_text(manifest->kind));
  return entry.weir.is_object() ? "publish" : lower(entry.operation);
}

TableCell signed_count(std::optional<int64_t> change) {
  if (!change) return std::nullopt;
  const std::string digits = human_count(static_cast<uint64_t>(std::abs(*change)));
  return *change == 0 ? std::string() : (*change > 0 ? "+" : "-") + digits;
}

TableRow row_of(const lake::TableLocation& table, const lake::CommitFile& commit, bool for_people) {
  const lake::HistoryEntry entry = lake::summary_of(commit);
  const auto manifest = manifest_of(table, commit, entry.weir);
  const auto n = entry.weir.is_object() ? entry.weir.get_int("n") : std::nullopt;
  const std::string time = iso_seconds(entry.time_ms);
  const auto change = row_change(entry);
  TableCell shown_change;
  if (change) shown_change = for_people ? signed_count(change) : TableCell(std::to_string(*change));
  return {std::to_string(entry.version),
          n ? TableCell(std::to_string(*n)) : std::nullopt,
          for_people ? replace_all(time.substr(0, 16), "T", " ") : time,
          what_text(entry, manifest),
          shown_change,
          by_text(entry),
          manifest ? checks_text(*manifest) : "",
          manifest ? from_text(*manifest) : ""};
}

}  // namespace

int show_history(Call& call) {
  Workspace workspace(call);
  const auto name = workspace.existing_table(call.argument(0));
  const auto location = workspace.lake()->location(name);
  const int64_t newest = lake::latest_version(location).value_or(-1);
  const int64_t limit = call.options.integer("limit");
  const bool for_people = call.options.text("output") == "table" || call.options.text("output") == "text";
  std::vector<TableRow> rows;
  for (int64_t version = newest; version >= 0; --version) {
    if (limit > 0 && static_cast<int64_t>(rows.size()) >= limit) break;
    const auto commit = lake::read_commit(location, version);
    if (!commit) break;  // older ones were cleaned away
    rows.push_back(row_of(location, *commit, for_people));
  }
  const std::vector<TableColumn> columns = {{"v", "BIGINT"},       {"n", "BIGINT"},    {"when", "VARCHAR"},
                                            {"what", "VARCHAR"},   {"rows", "BIGINT"}, {"by", "VARCHAR"},
                                            {"checks", "VARCHAR"}, {"from", "VARCHAR"}};
  if (for_people) {
    std::fputs(list_text(columns, rows, call.terminal.out).c_str(), stdout);
    return exit_done;
  }
  const auto writer = table_writer(table_form(call), stdout);
  writer->begin(columns);
  for (const auto& row : rows) writer->row(row);
  writer->finish();
  return exit_done;
}

}  // namespace weir::cli
