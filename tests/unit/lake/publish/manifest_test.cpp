#include "lake/publish/manifest.h"

#include <gtest/gtest.h>

#include "base/hash.h"
#include "world.h"

namespace weir::lake::publish {
namespace {

Manifest full_manifest() {
  Manifest manifest;
  manifest.n = 42;
  manifest.asset = "raw.orders";
  manifest.owner = "project";
  manifest.attempt = "3d0c44a5-30cd-4b8f-9a5e-1f1f5d5a4c11";
  manifest.parent = Parent{40, "9f"};
  manifest.run = "run";
  manifest.step = "raw.orders";
  manifest.code = "hash";
  manifest.interval = std::pair<std::string, std::string>("a", "b");
  manifest.cursor_before = Json::parse(R"({"0":1000})");
  manifest.cursor_after = Json::parse(R"({"0":2000})");
  manifest.ack_floor = Json::parse(R"({"0":1000})");
  manifest.source_identity = "topic";
  manifest.source_start = Json::parse(R"({"0":0})");
  ManifestTable table;
  table.uri = "memory:lake/raw/orders";
  table.id = "id";
  table.read_version = 118;
  table.txn_before = 40;
  table.mode = "append";
  table.blind = true;
  table.commit_info = Json::object().set("operation", "WRITE");
  Add add;
  add.path = "a.parquet";
  add.size_bytes = 1;
  table.actions.emplace_back(add);
  table.staged_at_ms = 1790000000000;
  manifest.tables.push_back(table);
  manifest.inputs = {{"main.a", "id", 7}};
  manifest.source_files = {{"f.csv", 3, "e"}};
  manifest.restores = std::pair(int64_t{3}, std::vector<int64_t>{7});
  manifest.deadline_ms = 1790300000000;
  manifest.checks = {{"unique", true, Json::object()}, {"range", false, Json::object().set("rows", 3)}};
  return manifest;
}

Json with(const std::string& key, Json value) {
  Json json = Json::parse(full_manifest().to_bytes());
  json.set(key, std::move(value));
  return json;
}

ErrorCode parse_error(const Json& json) {
  return code_of([&] { Manifest::parse(json.dump(), "m.json"); }).value_or(ErrorCode::internal);
}

TEST(Manifest, says_the_same_when_read_and_written_again) {
  const Manifest manifest = full_manifest();
  const std::string bytes = manifest.to_bytes();
  const Manifest read = Manifest::parse(bytes, "m.json");
  EXPECT_EQ(read.to_bytes(), bytes);
  EXPECT_EQ(read.sha256, sha256_hex(bytes));
  EXPECT_EQ(read.parent, manifest.parent);
  EXPECT_EQ(read.tables[0].txn_before, 40);
  EXPECT_EQ(std::get<Add>(read.tables[0].actions[0]).path, "a.parquet");
  EXPECT_EQ(read.restores, manifest.restores);
  EXPECT_EQ(read.checks[1].detail.at("rows").as_int(), 3);
}

TEST(Manifest, of_a_newer_format_is_refused_by_name) {
  EXPECT_EQ(parse_error(with("format", 2)), ErrorCode::newer_format);
  Json future = with("format", 2);
  future.set("whatever", true);
  EXPECT_EQ(parse_error(future), ErrorCode::newer_format);
}

TEST(Manifest, is_read_strictly) {
  EXPECT_EQ(parse_error(with("surprise", 1)), ErrorCode::manifest_damaged);
  EXPECT_EQ(parse_error(with("n", "42")), ErrorCode::manifest_damaged);
  EXPECT_EQ(parse_error(with("n", 0)), ErrorCode::manifest_damaged);
  EXPECT_EQ(parse_error(with("kind", "party")), ErrorCode::manifest_damaged);
  EXPECT_EQ(parse_error(with("tables", Json::array())), ErrorCode::manifest_damaged);
  EXPECT_EQ(parse_error(with("format", 0)), ErrorCode::manifest_damaged);
  EXPECT_EQ(parse_error(with("parent", Json())), ErrorCode::manifest_damaged);  // the anchor's txn says 40
  EXPECT_EQ(parse_error(with("restores", Json::parse(R"({"n":1,"versions":[]})"))), ErrorCode::manifest_damaged);
  Json missing = Json::parse(full_manifest().to_bytes());
  missing.erase("owner");
  EXPECT_EQ(parse_error(missing), ErrorCode::manifest_damaged);
}

TEST(Manifest, any_prefix_of_it_is_damaged) {
  const std::string bytes = full_manifest().to_bytes();
  for (size_t length = 0; length + 1 < bytes.size(); ++length)
    ASSERT_EQ(code_of([&] { Manifest::parse(bytes.substr(0, length), "m.json"); }), ErrorCode::manifest_damaged)
        << length;
}

TEST(Manifest, keeps_each_asset_in_its_own_folder) {
  const World world;
  EXPECT_EQ(manifest_folder(world.table(), "raw.orders"), "raw/numbers/_weir/raw.orders/");
  EXPECT_EQ(manifest_folder(world.table(), "a/b c"), "raw/numbers/_weir/a%2Fb%20c/");
  EXPECT_EQ(manifest_folder(world.table(), ".."), "raw/numbers/_weir/%2E%2E/");
  EXPECT_EQ(manifest_key(world.table(), "a", 7), "raw/numbers/_weir/a/00000000000000000007.json");
}

TEST(Manifest, lists_only_names_that_are_numbers) {
  World world;
  for (const char* name : {"00000000000000000007.json", "00000000000000000009.json", "anchor.json", "store-clock-1",
                           "00000000000000000008-0.ledger.parquet", "00000000000000000008.actions.json", "7.json"})
    world.memory->put(manifest_folder(world.table(), "a") + name, "x");
  EXPECT_EQ(list_manifests(world.table(), "a"), (std::vector<int64_t>{7, 9}));
  EXPECT_EQ(list_manifest_infos(world.table(), "a", 7).size(), 1U);
}

TEST(Manifest, under_the_wrong_number_is_damaged) {
  World world;
  world.memory->put(manifest_key(world.table(), "raw.orders", 41), full_manifest().to_bytes());
  EXPECT_EQ(code_of([&] { read_manifest(world.table(), "raw.orders", 41); }), ErrorCode::manifest_damaged);
  EXPECT_FALSE(read_manifest(world.table(), "raw.orders", 43).has_value());
}

TEST(AnchorNote, is_put_once_unless_it_is_replaced) {
  World world;
  EXPECT_FALSE(read_anchor_note(world.table(), "a").has_value());
  write_anchor_note(world.table(), "a", {"uri-1", "me"});
  write_anchor_note(world.table(), "a", {"uri-2", "me"});
  EXPECT_EQ(read_anchor_note(world.table(), "a")->anchor_uri, "uri-1");
  write_anchor_note(world.table(), "a", {"uri-2", "you"}, true);
  EXPECT_EQ(read_anchor_note(world.table(), "a")->owner, "you");
  world.memory->put(manifest_folder(world.table(), "a") + "anchor.json", "{");
  EXPECT_EQ(code_of([&] { read_anchor_note(world.table(), "a"); }), ErrorCode::manifest_damaged);
}

}  // namespace
}  // namespace weir::lake::publish
