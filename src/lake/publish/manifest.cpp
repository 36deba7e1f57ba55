#include "lake/publish/manifest.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/hash.h"
#include "base/text.h"
#include "lake/action_json.h"

namespace weir::lake::publish {

std::string_view kind_text(Kind kind) {
  switch (kind) {
    case Kind::publish:
      return "publish";
    case Kind::rollback:
      return "rollback";
    case Kind::takeback:
      return "takeback";
    case Kind::adopt:
      return "adopt";
    case Kind::fence:
      return "fence";
  }
  throw Error(ErrorCode::internal, "unknown kind of manifest");
}

namespace {

Json parent_json(const std::optional<Parent>& parent) {
  if (!parent) return Json();
  return Json::object().set("n", parent->n).set("sha256", parent->sha256);
}

Json interval_json(const std::optional<std::pair<std::string, std::string>>& interval) {
  if (!interval) return Json();
  return Json(Json::Array{interval->first, interval->second});
}

Json source_json(const Manifest& manifest) {
  if (manifest.source_identity.empty()) return Json();
  return Json::object().set("identity", manifest.source_identity).set("start", manifest.source_start);
}

Json table_json(const ManifestTable& table, bool with_actions) {
  Json out = Json::object();
  out.set("uri", table.uri).set("id", table.id).set("read_version", table.read_version);
  out.set("txn", table.txn_before ? Json(*table.txn_before) : Json()).set("mode", table.mode);
  out.set("blind", table.blind).set("commit_info", table.commit_info);
  if (with_actions) {
    Json actions = Json::array();
    for (const Action& action : table.actions) actions.push_back(to_json(action));
    out.set("actions", std::move(actions));
  }
  out.set("staged_at", table.staged_at_ms == 0 ? Json() : Json(table.staged_at_ms));
  return out;
}

Json restores_json(const std::optional<std::pair<int64_t, std::vector<int64_t>>>& restores) {
  if (!restores) return Json();
  Json versions = Json::array();
  for (int64_t version : restores->second) versions.push_back(version);
  return Json::object().set("n", restores->first).set("versions", std::move(versions));
}

Json check_json(const ManifestCheck& check) {
  Json out = Json::object().set("name", check.name).set("ok", check.ok);
  if (check.detail.size() > 0) out.set("detail", check.detail);
  return out;
}

}  // namespace

std::string Manifest::to_bytes() const {
  Json out = Json::object();
  out.set("format", 1).set("n", n).set("kind", kind_text(kind)).set("asset", asset).set("owner", owner);
  out.set("attempt", attempt).set("parent", parent_json(parent)).set("run", run).set("step", step).set("code", code);
  out.set("interval", interval_json(interval));
  out.set("cursor", Json::object().set("before", cursor_before).set("after", cursor_after));
  out.set("ack_floor", ack_floor).set("source", source_json(*this));
  Json table_list = Json::array();
  for (const ManifestTable& table : tables) table_list.push_back(table_json(table, !actions_file));
  out.set("tables", std::move(table_list));
  if (actions_file)
    out.set("actions_file", Json::object().set("file", actions_file->file).set("sha256", actions_file->sha256));
  Json input_list = Json::array();
  for (const ManifestInput& input : inputs)
    input_list.push_back(Json::object().set("table", input.table).set("id", input.id).set("version", input.version));
  out.set("inputs", std::move(input_list));
  Json file_list = Json::array();
  for (const SourceFile& file : source_files)
    file_list.push_back(Json::object().set("uri", file.uri).set("size", file.size).set("etag", file.etag));
  out.set("source_files", std::move(file_list));
  out.set("restores", restores_json(restores));
  out.set("deadline", deadline_ms == 0 ? Json() : Json(deadline_ms));
  Json check_list = Json::array();
  for (const ManifestCheck& check : checks) check_list.push_back(check_json(check));
  out.set("checks", std::move(check_list));
  return out.dump() + "\n";
}

bool Manifest::has_table_without_append() const {
  return std::any_of(tables.begin(), tables.end(), [](const ManifestTable& table) {
    return table.mode != "append" && !(table.mode == "metadata_only" && table.actions.empty());
  });
}

std::string manifest_folder(const TableLocation& anchor, const std::string& asset) {
  std::string segment = percent_encode(asset, "._-");
  if (segment == "." || segment == "..") segment = replace_all(segment, ".", "%2E");
  return anchor.key("_weir/" + segment + "/");
}

std::string manifest_key(const TableLocation& anchor, const std::string& asset, int64_t n) {
  return fmt::format("{}{:020}.json", manifest_folder(anchor, asset), n);
}

std::string app_id(const std::string& asset) { return "weir:" + asset; }

}  // namespace weir::lake::publish
