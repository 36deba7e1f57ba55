#include "cli/source_look.h"

#include <fmt/format.h>

#include "base/text.h"
#include "connectors/files/file_source.h"

namespace weir::cli {

namespace {

std::string described(const files::Diff& diff) {
  std::string text;
  uint64_t bytes = 0;
  for (const auto& file : diff.fresh) bytes += file.size;
  if (!diff.fresh.empty())
    text = fmt::format("{} new file{} ({})", diff.fresh.size(), diff.fresh.size() == 1 ? "" : "s", human_bytes(bytes));
  if (!diff.changed.empty()) text += fmt::format("{}{} changed", text.empty() ? "" : ", ", diff.changed.size());
  return text;
}

}  // namespace

std::string look_at_source(Workspace& workspace, const project::Node& source) {
  try {
    const auto asset = workspace.asset(source);
    const auto head = workspace.publisher().look(asset).head;
    const auto listing = files::list_files(files::ingest_spec_of(workspace.project(), source));
    const auto ledger = lake::publish::Ledger::read(asset.anchor().location, asset.id,
                                                    head ? head->cursor_after : Json(), workspace.engine().parquet());
    return described(files::diff(listing, ledger.entries()));
  } catch (const Error& error) {
    return error.message();
  }
}

}  // namespace weir::cli
