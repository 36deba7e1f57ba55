#include <fmt/format.h>

#include <array>

#include "base/hash.h"
#include "lake/action_json.h"
#include "lake/publish/manifest.h"
#include "lake/publish/strict_object.h"

namespace weir::lake::publish {

namespace {

[[noreturn]] void damaged(const std::string& place, std::string_view problem) {
  throw Error(ErrorCode::manifest_damaged, fmt::format("{}: {}", place, problem));
}

Kind kind_of(const std::string& text, const std::string& place) {
  for (Kind kind : {Kind::publish, Kind::rollback, Kind::takeback, Kind::adopt, Kind::fence})
    if (kind_text(kind) == text) return kind;
  damaged(place, fmt::format("\"{}\" is no kind of manifest", text));
}

std::optional<Parent> parent_of(StrictObject& top) {
  const Json* json = top.maybe("parent");
  if (json == nullptr) return std::nullopt;
  StrictObject object(*json, top.place_of("parent"));
  Parent parent{object.number("n"), object.text("sha256")};
  object.done();
  return parent;
}

std::optional<std::pair<std::string, std::string>> interval_of(StrictObject& top) {
  const Json* json = top.maybe("interval");
  if (json == nullptr) return std::nullopt;
  if (!json->is_array() || json->size() != 2) damaged(top.place_of("interval"), "two texts are needed");
  return std::pair(json->as_array()[0].as_string(), json->as_array()[1].as_string());
}

void read_source(StrictObject& top, Manifest& manifest) {
  const Json* json = top.maybe("source");
  if (json == nullptr) return;
  StrictObject object(*json, top.place_of("source"));
  manifest.source_identity = object.text("identity");
  manifest.source_start = object.need("start");
  object.done();
}

ManifestTable table_of(const Json& json, const std::string& place, bool with_actions) {
  static constexpr std::array<std::string_view, 4> modes = {"append", "overwrite", "merge", "metadata_only"};
  StrictObject object(json, place);
  ManifestTable table;
  table.uri = object.text("uri");
  table.id = object.text("id");
  table.read_version = object.number("read_version");
  if (object.maybe("txn") != nullptr) table.txn_before = object.number("txn");
  table.mode = object.text("mode");
  if (std::find(modes.begin(), modes.end(), table.mode) == modes.end())
    damaged(place, fmt::format("\"{}\" is no mode", table.mode));
  table.blind = object.flag("blind");
  table.commit_info = object.object("commit_info");
  if (with_actions)
    for (const Json& action : object.list("actions")) table.actions.push_back(action_from_json(action, place));
  if (object.maybe("staged_at") != nullptr) table.staged_at_ms = object.number("staged_at");
  object.done();
  return table;
}

void read_tables(StrictObject& top, Manifest& manifest) {
  if (const Json* json = top.maybe("actions_file")) {
    StrictObject object(*json, top.place_of("actions_file"));
    manifest.actions_file = ActionsFile{object.text("file"), object.text("sha256")};
    object.done();
  }
  for (const Json& json : top.list("tables"))
    manifest.tables.push_back(table_of(json, top.place_of("tables"), !manifest.actions_file));
  if (manifest.tables.empty()) damaged(top.place_of("tables"), "at least one table is needed");
}

void read_origins(StrictObject& top, Manifest& manifest) {
  for (const Json& json : top.list("inputs")) {
    StrictObject object(json, top.place_of("inputs"));
    manifest.inputs.push_back({object.text("table"), object.text("id"), object.number("version")});
    object.done();
  }
  for (const Json& json : top.list("source_files")) {
    StrictObject object(json, top.place_of("source_files"));
    const int64_t size = object.number("size");
    if (size < 0) damaged(top.place_of("source_files"), "a size is negative");
    manifest.source_files.push_back({object.text("uri"), static_cast<uint64_t>(size), object.text("etag")});
    object.done();
  }
  for (const Json& json : top.list("checks")) {
    StrictObject object(json, top.place_of("checks"));
    ManifestCheck check{object.text("name"), object.flag("ok"), Json::object()};
    if (object.maybe("detail") != nullptr) check.detail = object.object("detail");
    manifest.checks.push_back(std::move(check));
    object.done();
  }
}

void read_restores(StrictObject& top, Manifest& manifest) {
  const Json* json = top.maybe("restores");
  if (json == nullptr) return;
  StrictObject object(*json, top.place_of("restores"));
  std::vector<int64_t> versions;
  for (const Json& version : object.list("versions")) versions.push_back(version.as_int());
  manifest.restores = std::pair(object.number("n"), std::move(versions));
  object.done();
  if (manifest.restores->second.size() != manifest.tables.size())
    damaged(top.place_of("restores"), "one version per table is needed");
}

void check_format(StrictObject& top, const std::string& place) {
  const int64_t format = top.number("format");
  if (format > 1)
    throw Error(ErrorCode::newer_format, fmt::format("{}: format {} is newer than this weir knows (1)", place, format));
  if (format != 1) damaged(place, fmt::format("format {} does not exist", format));
}

Manifest parse_known(const Json& json, const std::string& place) {
  StrictObject top(json, place);
  check_format(top, place);
  Manifest out;
  out.n = top.number("n");
  if (out.n < 1) damaged(place, "n must be at least 1");
  out.kind = kind_of(top.text("kind"), place);
  out.asset = top.text("asset");
  out.owner = top.text("owner");
  out.attempt = top.text("attempt");
  out.parent = parent_of(top);
  out.run = top.text("run");
  out.step = top.text("step");
  out.code = top.text("code");
  out.interval = interval_of(top);
  StrictObject cursor(top.object("cursor"), top.place_of("cursor"));
  out.cursor_before = cursor.need("before");
  out.cursor_after = cursor.need("after");
  cursor.done();
  out.ack_floor = top.need("ack_floor");
  read_source(top, out);
  read_tables(top, out);
  if (out.tables[0].txn_before != (out.parent ? std::optional(out.parent->n) : std::nullopt))
    damaged(top.place_of("tables"), "the txn of the first table is not the parent's number");
  read_origins(top, out);
  read_restores(top, out);
  if (top.maybe("deadline") != nullptr) out.deadline_ms = top.number("deadline");
  top.done();
  return out;
}

}  // namespace

Manifest Manifest::parse(std::string_view bytes, const std::string& place) {
  try {
    Manifest out = parse_known(Json::parse(bytes, place), place);
    out.sha256 = sha256_hex(bytes);
    return out;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::bad_json && error.code() != ErrorCode::bad_log) throw;
    throw Error(ErrorCode::manifest_damaged, fmt::format("{}: {}", place, error.message()));
  }
}

}  // namespace weir::lake::publish
