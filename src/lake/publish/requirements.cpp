#include "lake/publish/requirements.h"

#include <fmt/format.h>

#include "base/text.h"
#include "base/time.h"

namespace weir::lake::publish {

namespace {

constexpr int64_t day_ms = 24LL * 3600 * 1000;

[[noreturn]] void too_short(const std::string& uri, std::string_view property, int64_t has_ms, int64_t needs_ms,
                            std::string_view because) {
  throw Error(ErrorCode::retention_too_short,
              fmt::format("{}: {} is {}, but {} needs at least {}", uri, property, human_duration_ms(has_ms), because,
                          human_duration_ms(needs_ms)));
}

}  // namespace

void check_requirements(const Asset& asset, const Metadata& metadata, const std::string& uri) {
  if (metadata.configuration.contains("delta.setTransactionRetentionDuration"))
    throw Error(ErrorCode::txn_retention,
                fmt::format("{}: delta.setTransactionRetentionDuration is set ({})", uri,
                            metadata.configuration.at("delta.setTransactionRetentionDuration")));
  const int64_t files_ms = deleted_file_retention_ms(metadata);
  constexpr std::string_view files = "delta.deletedFileRetentionDuration";
  if (files_ms < day_ms) too_short(uri, files, files_ms, day_ms, "weir");
  if (files_ms < asset.rollback_keep_ms) too_short(uri, files, files_ms, asset.rollback_keep_ms, "rollback.keep");
  const int64_t log_ms = log_retention_ms(metadata);
  if (log_ms < 2 * asset.schedule_period_ms)
    too_short(uri, "delta.logRetentionDuration", log_ms, 2 * asset.schedule_period_ms, "twice the schedule's period");
}

}  // namespace weir::lake::publish
