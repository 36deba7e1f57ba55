#include "lake/row_tracking.h"

#include <fmt/format.h>

#include <set>

#include "base/ids.h"
#include "lake/features.h"
#include "lake/history.h"

namespace weir::lake {

namespace {

constexpr const char* domain_name = "delta.rowTracking";
constexpr const char* mark_key = "rowIdHighWaterMark";
constexpr const char* row_id_key = "delta.rowTracking.materializedRowIdColumnName";
constexpr const char* commit_version_key = "delta.rowTracking.materializedRowCommitVersionColumnName";

// The highest id given so far; -1 = none.
int64_t high_water_mark(const Snapshot* base) {
  if (!base) return -1;
  auto domain = base->domains().find(domain_name);
  if (domain == base->domains().end()) return -1;
  try {
    return told_highest_row_id(domain->second).value_or(-1);
  } catch (const Error&) {
    throw Error(ErrorCode::bad_log, fmt::format("table {}: the domain {} does not tell the highest row id",
                                                base->location().uri(), domain_name));
  }
}

int64_t rows_of(const Add& add) {
  auto rows = add.stats ? rows_in_stats(*add.stats) : std::nullopt;
  if (!rows)
    throw Error(ErrorCode::writer_feature,
                fmt::format("the file {} cannot get row ids: its statistics do not tell its rows", add.path));
  return *rows;
}

// Live files of the base without row ids that the actions leave as they are.
std::vector<Add> files_without_ids(const std::vector<Action>& actions, const Snapshot& base) {
  std::set<std::string> touched;
  for (const auto& action : actions) {
    if (const auto* add = std::get_if<Add>(&action)) touched.insert(add->path);
    if (const auto* remove = std::get_if<Remove>(&action)) touched.insert(remove->path);
  }
  std::vector<Add> without;
  for (const auto& file : base.files())
    if (!file.base_row_id && !touched.contains(file.path)) without.push_back(file);
  return without;
}

}  // namespace

std::optional<int64_t> told_highest_row_id(const DomainMetadata& domain) {
  if (domain.domain != domain_name || domain.removed) return std::nullopt;
  return Json::parse(domain.configuration).at(mark_key).as_int();
}

bool gives_row_ids(const Protocol& protocol, const Metadata& metadata) {
  return supports(protocol, "rowTracking") && !is_true(metadata, "delta.rowTrackingSuspended");
}

bool keeps_row_ids(const Protocol& protocol, const Metadata& metadata) {
  return gives_row_ids(protocol, metadata) && is_true(metadata, "delta.enableRowTracking");
}

std::optional<RowIdColumns> row_id_columns(const std::map<std::string, std::string>& configuration) {
  auto id = configuration.find(row_id_key), version = configuration.find(commit_version_key);
  if (id == configuration.end() || version == configuration.end()) return std::nullopt;
  return RowIdColumns{id->second, version->second};
}

void name_row_id_columns(Metadata& metadata) {
  metadata.configuration.try_emplace(row_id_key, "_row-id-col-" + uuid_v4());
  metadata.configuration.try_emplace(commit_version_key, "_row-commit-version-col-" + uuid_v4());
}

std::vector<Action> with_row_ids(std::vector<Action> actions, const Snapshot* base, const Protocol& protocol,
                                 const Metadata& metadata, int64_t version) {
  if (!gives_row_ids(protocol, metadata)) return actions;
  if (base && !gives_row_ids(base->protocol(), base->metadata())) {
    for (auto& file : files_without_ids(actions, *base)) {
      file.data_change = false;
      actions.emplace_back(std::move(file));
    }
  }
  const int64_t before = high_water_mark(base);
  int64_t mark = before;
  for (auto& action : actions) {
    auto* add = std::get_if<Add>(&action);
    if (!add) continue;
    if (!add->base_row_id) {
      add->base_row_id = mark + 1;
      mark += rows_of(*add);
    }
    if (!add->default_row_commit_version) add->default_row_commit_version = version;
  }
  if (mark != before)
    actions.emplace_back(DomainMetadata{domain_name, Json::object().set(mark_key, mark).dump(), false});
  return actions;
}

}  // namespace weir::lake
