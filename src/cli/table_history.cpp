#include "cli/table_history.h"

#include <fmt/format.h>

#include <cstdio>

#include "base/text.h"
#include "base/time.h"
#include "cli/exit_code.h"
#include "cli/query_output.h"
#include "cli/table_text.h"
#include "cli/workspace.h"
#include "lake/publish/manifest.h"

namespace weir::cli {

namespace {

using lake::publish::Manifest;

// What a commit did to the number of rows; nullopt if a file does not say.
std::optional<int64_t> row_change(const lake::CommitFile& commit) {
  int64_t change = 0;
  const auto count = [](const std::optional<std::string>& stats) -> std::optional<int64_t> {
    return stats ? Json::parse(*stats).get_int("numRecords") : std::nullopt;
  };
  for (const auto& action : commit.actions) {
    if (const auto* add = std::get_if<lake::Add>(&action)) {
      const auto rows = count(add->stats);
      if (!rows) return std::nullopt;
      change += *rows - (add->deletion_vector ? add->deletion_vector->cardinality : 0);
    } else if (const auto* remove = std::get_if<lake::Remove>(&action)) {
      const auto rows = count(remove->stats);
      if (!rows) return std::nullopt;
      change -= *rows - (remove->deletion_vector ? remove->deletion_vector->cardinality : 0);
    }
  }
  return change;
}

// The "weir" object of a commit of ours.
const Json* weir_note(const lake::CommitFile& commit) {
  const auto* info = commit.commit_info();
  return info ? info->fields.find("weir") : nullptr;
}

std::string asset_in(const lake::CommitFile& commit) {
  for (const auto& action : commit.actions)
    if (const auto* txn = std::get_if<lake::Txn>(&action); txn && txn->app_id.rfind("weir:", 0) == 0)
      return txn->app_id.substr(5);
  return {};
}

std::optional<Manifest> manifest_of(const lake::TableLocation& table, const lake::CommitFile& commit) {
  const Json* note = weir_note(commit);
  const std::string asset = asset_in(commit);
  if (!note || asset.empty()) return std::nullopt;
  const auto n = note->get_int("n");
  const auto anchor = note->get_string("anchor");
  if (!n || (anchor && *anchor != table.uri())) return std::nullopt;  // a member's manifest lies in its anchor
  try {
    return lake::publish::read_manifest(table, asset, *n);
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

std::string by_text(const lake::CommitFile& commit, const std::optional<Manifest>& manifest) {
  if (manifest) return manifest->run.empty() ? "weir" : "run " + manifest->run;
  if (const Json* note = weir_note(commit))
    if (const auto run = note->get_string("run")) return "run " + *run;
  const auto* info = commit.commit_info();
  if (!info) return "";
  return info->fields.get_string("engineInfo").value_or("");
}

int64_t commit_time(const lake::CommitFile& commit) {
  const auto* info = commit.commit_info();
  if (info)
    if (const auto time = info->fields.get_int("timestamp")) return *time;
  return commit.modified_ms;
}

TableCell signed_count(std::optional<int64_t> change) {
  if (!change) return std::nullopt;
  const std::string digits = human_count(static_cast<uint64_t>(std::abs(*change)));
  return *change == 0 ? std::string() : (*change > 0 ? "+" : "-") + digits;
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
    const auto manifest = manifest_of(location, *commit);
    const std::string what = manifest             ? std::string(lake::publish::kind_text(manifest->kind))
                             : weir_note(*commit) ? "publish"
                                                  : lower(commit->operation());
    const std::string time = iso_seconds(commit_time(*commit));
    const auto change = row_change(*commit);
    rows.push_back(
        {std::to_string(version),
         manifest ? TableCell(std::to_string(manifest->n)) : TableCell(for_people ? "" : std::optional<std::string>()),
         for_people ? replace_all(time.substr(0, 16), "T", " ") : time, what,
         for_people ? signed_count(change)
         : change   ? TableCell(std::to_string(*change))
                    : std::nullopt,
         by_text(*commit, manifest), manifest ? checks_text(*manifest) : "", manifest ? from_text(*manifest) : ""});
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
