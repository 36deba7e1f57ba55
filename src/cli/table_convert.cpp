#include "cli/table_convert.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "base/failpoint.h"
#include "base/text.h"
#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/print.h"
#include "cli/say.h"
#include "cli/table_text.h"
#include "cli/workspace.h"
#include "lake/convert.h"

namespace weir::cli {

namespace {

namespace fs = std::filesystem;

struct Folder {
  lake::TableLocation location;
  std::optional<lake::TableName> name;  // by which the lake finds it there
};

// The name whose folder this is.
std::optional<lake::TableName> name_of_folder(const std::string& prefix) {
  const auto parts = split(prefix, '/');
  if (parts.size() != 3 || !parts[2].empty()) return std::nullopt;  // "schema/name/"
  const lake::TableName name{percent_decode(parts[0]), percent_decode(parts[1])};
  return lake::Lake::folder_of(name) == prefix ? std::optional(name) : std::nullopt;
}

void check_local(const fs::path& folder) {
  if (!fs::is_directory(folder)) throw Error(ErrorCode::convert_refused, folder.string() + " is no folder");
  for (fs::path above = folder.parent_path(); above.has_relative_path(); above = above.parent_path())
    if (fs::exists(above / "_delta_log"))
      throw Error(ErrorCode::convert_refused,
                  fmt::format("{} lies in the folder of a Delta table, {}", folder.string(), above.string()));
}

Folder folder_of(Workspace& workspace, bool has_lake, const std::string& argument) {
  const bool local = argument.find("://") == std::string::npos;
  std::string place = argument;
  if (local) {
    const auto path = fs::absolute(argument).lexically_normal();
    place = (path.has_filename() ? path : path.parent_path()).string();
    check_local(place);
  }
  while (place.ends_with('/')) place.pop_back();
  if (has_lake) {
    const auto lake = workspace.lake();
    const std::string in_form = local ? "file://" + percent_encode(place, "/-._~") : place;
    if (auto key = lake::key_inside(lake->uri(), in_form)) {
      const std::string prefix = *key + "/";
      return {{lake->shared_store(), prefix}, name_of_folder(prefix)};
    }
  }
  return {{store::open(place), ""}, std::nullopt};
}

// Gives a table that lies anywhere a name in the lake.
void name_table(Workspace& workspace, const lake::TableName& name, const std::string& uri) {
  if (workspace.lake()->catalog().views.contains(lower(name.text())))
    throw Error(ErrorCode::sql_exists, "view \"" + name.text() + "\" already exists");
  const auto known = workspace.lake()->catalog().locations;
  const auto place = known.find(lower(name.text()));
  const bool same = place != known.end() && place->second == uri;
  if (!same && workspace.lake()->table_exists(name))
    throw Error(ErrorCode::sql_exists, "table \"" + name.text() + "\" already exists");
  workspace.lake()->update_catalog([&](lake::CatalogContent& content) { content.locations[lower(name.text())] = uri; });
}

void show_columns(const Call& call, const lake::Conversion& conversion) {
  if (call.quiet()) return;
  std::vector<TableRow> rows;
  const auto& partitions = conversion.metadata.partition_columns;
  for (const auto& field : conversion.metadata.schema.fields) {
    const bool partition = std::find(partitions.begin(), partitions.end(), field.name) != partitions.end();
    rows.push_back({field.name, lake::type_name(field.type), partition ? "partition" : ""});
  }
  print(list_text({{"column", "VARCHAR"}, {"type", "VARCHAR"}, {"", "VARCHAR"}}, rows, call.terminal.out));
}

std::string size_text(const lake::Conversion& conversion) {
  return fmt::format("{} file{}, {} rows ({})", human_count(static_cast<uint64_t>(conversion.files)),
                     conversion.files == 1 ? "" : "s", human_count(static_cast<uint64_t>(conversion.rows)),
                     human_bytes(static_cast<uint64_t>(conversion.bytes)));
}

void commit_log(Workspace& workspace, const lake::TableLocation& place, lake::CommitDraft draft) {
  lake::Transaction transaction(place, nullptr, workspace.engine().parquet());
  transaction.draft() = std::move(draft);
  failpoint("convert.before");
  const auto outcome = transaction.commit(workspace.clock().now_ms());
  failpoint("convert.done");
  if (std::holds_alternative<lake::Conflict>(outcome))
    throw Error(ErrorCode::superseded, place.uri() + " was made a table by another writer meanwhile");
  if (std::holds_alternative<lake::Unknown>(outcome))
    throw Error(ErrorCode::store_unknown, "the store did not say whether the commit arrived", "run it again");
}

int convert(Call& call) {
  Workspace workspace(call);
  const bool named = call.options.is_set("as");
  const bool has_lake = named || workspace.has_project() || call.options.is_set("lake");
  const auto folder = folder_of(workspace, has_lake, call.argument(0));
  const std::string uri = folder.location.uri();
  std::optional<lake::TableName> name = folder.name;
  if (named) name = workspace.table_name(call.options.text("as"));
  const bool place_of_its_own = name && folder.name && lower(name->text()) == lower(folder.name->text());
  const bool dry_run = call.options.boolean("dry-run");

  const bool table_already = lake::latest_version(folder.location).has_value();
  if (!table_already || !named) {
    lake::ConvertOptions options;
    if (call.options.is_set("partition"))
      options.partition_columns = lake::parse_partition_columns(call.options.text("partition"));
    const bool live = !call.quiet() && call.terminal.error_is_terminal;
    options.progress = [live](size_t read, size_t of) {
      if (live) std::fputs(fmt::format("\r{} of {} files\x1b[K", read, of).c_str(), stderr);
    };
    auto conversion =
        lake::plan_conversion(folder.location, workspace.engine().parquet(), options, workspace.clock().now_ms());
    if (live) std::fputs("\r\x1b[K", stderr);
    if (dry_run) {
      show_columns(call, conversion);
      say(call, fmt::format("would make a Delta table of {} in {}", size_text(conversion), uri));
      return exit_done;
    }
    commit_log(workspace, folder.location, std::move(conversion.draft));
    say(call, fmt::format("{} v0: {}, none changed", name ? name->text() : uri, size_text(conversion)));
  }
  if (named && !place_of_its_own && !dry_run) {
    name_table(workspace, *name, uri);
    say(call, fmt::format("{} is {}", name->text(), uri));
  }
  return exit_done;
}

}  // namespace

Verb convert_verb() {
  Verb verb;
  verb.name = "convert";
  verb.summary = "make a Delta table of a folder of Parquet files, in place";
  verb.detail =
      "The files stay as they are; a log is written beside them. Folders named column=value become partition columns. "
      "All files must have the same columns with the same types, but some may lack some.";
  verb.flags = together(
      {project_flags(),
       engine_flags(),
       {value_flag("partition", 0, "COLUMNS",
                   "names and types of the partition columns, e.g. \"day date, region string\" (default: as the "
                   "folders' names look)"),
        value_flag("as", 0, "TABLE", "a name in the lake for a folder that lies elsewhere"),
        switch_flag("dry-run", 0, "tell what would be done, do nothing")}});
  verb.arguments = {{"PATH", "folder or URI", true, false, Completes::folder}};
  verb.run = convert;
  return verb;
}

}  // namespace weir::cli
