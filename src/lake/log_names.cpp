#include "lake/log_names.h"

#include <fmt/format.h>

#include "base/ids.h"
#include "base/text.h"

namespace weir::lake {

namespace {

constexpr size_t version_digits = 20;
constexpr size_t part_digits = 10;

// Takes exactly `count` digits off the front.
std::optional<int64_t> take_number(std::string_view& text, size_t count) {
  if (text.size() < count || text.substr(0, count).find_first_not_of("0123456789") != std::string_view::npos)
    return std::nullopt;
  auto number = parse_int(text.substr(0, count));
  text.remove_prefix(count);
  return number;
}

bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

std::optional<LogName> parse_checkpoint(std::string_view rest, int64_t version) {
  if (rest == "parquet") return LogName{LogKind::classic_checkpoint, version, 0, 0, 0};
  std::string_view id = rest.substr(0, rest.find('.'));
  std::string_view ending = rest.substr(std::min(rest.size(), id.size()));
  if (is_uuid(id) && (ending == ".json" || ending == ".parquet"))
    return LogName{LogKind::v2_checkpoint, version, 0, 0, 0};
  auto part = take_number(rest, part_digits);
  if (!part || !take(rest, ".")) return std::nullopt;
  auto parts = take_number(rest, part_digits);
  if (!parts || rest != ".parquet" || *part < 1 || *part > *parts) return std::nullopt;
  return LogName{LogKind::multipart_checkpoint, version, *part, *parts, 0};
}

}  // namespace

std::optional<LogName> parse_log_name(std::string_view name) {
  auto version = take_number(name, version_digits);
  if (!version || !take(name, ".")) return std::nullopt;
  if (name == "json") return LogName{LogKind::commit, *version, 0, 0, 0};
  if (name == "crc") return LogName{LogKind::checksum, *version, 0, 0, 0};
  if (take(name, "checkpoint.")) return parse_checkpoint(name, *version);
  auto end = take_number(name, version_digits);
  if (!end || name != ".compacted.json") return std::nullopt;
  return LogName{LogKind::compaction, *version, 0, 0, *end};
}

std::string version_text(int64_t version) { return fmt::format("{:020}", version); }
std::string log_folder(const TableLocation& table) { return table.key("_delta_log/"); }
std::string commit_key(const TableLocation& table, int64_t version) {
  return log_folder(table) + version_text(version) + ".json";
}
std::string checkpoint_key(const TableLocation& table, int64_t version) {
  return log_folder(table) + version_text(version) + ".checkpoint.parquet";
}
std::string v2_checkpoint_key(const TableLocation& table, int64_t version) {
  return fmt::format("{}{}.checkpoint.{}.parquet", log_folder(table), version_text(version), uuid_v4());
}
std::string checksum_key(const TableLocation& table, int64_t version) {
  return log_folder(table) + version_text(version) + ".crc";
}
std::string last_checkpoint_key(const TableLocation& table) { return log_folder(table) + "_last_checkpoint"; }

std::string shown(const TableLocation& table, const std::string& key) { return table.store->uri() + "/" + key; }

std::string TableLocation::uri() const {
  std::string folder = prefix;
  while (folder.ends_with('/')) folder.pop_back();
  return folder.empty() ? store->uri() : store->uri() + "/" + folder;
}

}  // namespace weir::lake
