#include <fmt/format.h>

#include <algorithm>

#include "base/hash.h"
#include "base/text.h"
#include "lake/action_json.h"
#include "lake/publish/manifest.h"
#include "lake/publish/strict_object.h"

namespace weir::lake::publish {

namespace {

std::string place_of(const TableLocation& table, const std::string& key) {
  return table.uri() + key.substr(table.prefix.empty() ? 0 : table.prefix.size() - 1);
}

std::optional<int64_t> number_of(std::string_view name) {
  if (name.size() != 25 || name.substr(20) != ".json") return std::nullopt;
  const std::string_view digits = name.substr(0, 20);
  if (!std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; })) return std::nullopt;
  return parse_int(digits);
}

std::string note_key(const TableLocation& member, const std::string& asset) {
  return manifest_folder(member, asset) + "anchor.json";
}

void place_actions(const Json& json, const std::string& place, Manifest& manifest) {
  StrictObject top(json, place);
  if (top.number("format") != 1 || top.number("n") != manifest.n)
    throw Error(ErrorCode::manifest_damaged, place + ": format or number is not that of the manifest");
  const Json::Array& lists = top.list("tables");
  top.done();
  if (lists.size() != manifest.tables.size())
    throw Error(ErrorCode::manifest_damaged, place + ": other number of tables than in the manifest");
  for (size_t i = 0; i < lists.size(); ++i) {
    std::vector<Action> actions;
    for (const Json& action : lists[i].as_array()) actions.push_back(action_from_json(action, place));
    manifest.tables[i].actions = std::move(actions);
  }
}

}  // namespace

std::optional<Manifest> read_manifest(const TableLocation& anchor, const std::string& asset, int64_t n) {
  const std::string key = manifest_key(anchor, asset, n);
  const auto bytes = read_if_exists(*anchor.store, key);
  if (!bytes) return std::nullopt;
  Manifest manifest = Manifest::parse(*bytes, place_of(anchor, key));
  if (manifest.n != n)
    throw Error(ErrorCode::manifest_damaged, fmt::format("{}: holds number {}", place_of(anchor, key), manifest.n));
  return manifest;
}

void load_actions(const TableLocation& anchor, Manifest& manifest) {
  if (!manifest.actions_file) return;
  const bool loaded = std::any_of(manifest.tables.begin(), manifest.tables.end(),
                                  [](const ManifestTable& table) { return !table.actions.empty(); });
  if (loaded) return;
  const std::string key = manifest_folder(anchor, manifest.asset) + manifest.actions_file->file;
  const std::string place = place_of(anchor, key);
  const auto bytes = read_if_exists(*anchor.store, key);
  if (!bytes) throw Error(ErrorCode::manifest_damaged, place + ": the list of actions is missing");
  if (sha256_hex(*bytes) != manifest.actions_file->sha256)
    throw Error(ErrorCode::manifest_damaged, place + ": the content is not what the manifest names");
  try {
    place_actions(Json::parse(*bytes, place), place, manifest);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::bad_json && error.code() != ErrorCode::bad_log) throw;
    throw Error(ErrorCode::manifest_damaged, fmt::format("{}: {}", place, error.message()));
  }
}

std::vector<ManifestInfo> list_manifest_infos(const TableLocation& anchor, const std::string& asset, int64_t after) {
  const std::string folder = manifest_folder(anchor, asset);
  const std::string start = after > 0 ? manifest_key(anchor, asset, after) : folder;
  std::vector<ManifestInfo> found;
  anchor.store->list_from(folder, start, [&](const store::ObjectInfo& object) {
    if (const auto n = number_of(std::string_view(object.key).substr(folder.size())))
      found.push_back({*n, object.modified_ms});
    return true;
  });
  return found;
}

std::vector<int64_t> list_manifests(const TableLocation& anchor, const std::string& asset) {
  std::vector<int64_t> numbers;
  for (const ManifestInfo& info : list_manifest_infos(anchor, asset)) numbers.push_back(info.n);
  return numbers;
}

std::optional<AnchorNote> read_anchor_note(const TableLocation& member, const std::string& asset) {
  const std::string key = note_key(member, asset);
  const auto bytes = read_if_exists(*member.store, key);
  if (!bytes) return std::nullopt;
  const std::string place = place_of(member, key);
  try {
    const Json json = Json::parse(*bytes, place);
    StrictObject object(json, place);
    AnchorNote note{object.text("anchor"), object.text("owner")};
    object.done();
    return note;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::bad_json) throw;
    throw Error(ErrorCode::manifest_damaged, fmt::format("{}: {}", place, error.message()));
  }
}

void write_anchor_note(const TableLocation& member, const std::string& asset, const AnchorNote& note, bool replace) {
  const std::string key = note_key(member, asset);
  const std::string bytes = Json::object().set("anchor", note.anchor_uri).set("owner", note.owner).dump() + "\n";
  if (replace) {
    if (read_if_exists(*member.store, key) != bytes) member.store->put(key, bytes);
    return;
  }
  try {
    member.store->put_if_absent(key, bytes);
  } catch (const Error& error) {
    // Whether it landed is seen by whoever reads it; the content is the same from every runner of this asset.
    if (error.code() != ErrorCode::store_unknown) throw;
    member.store->put_if_absent(key, bytes);
  }
}

}  // namespace weir::lake::publish
