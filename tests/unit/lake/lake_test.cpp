#include "lake/lake.h"

#include "base/text.h"
#include "lake/catalog_json.h"
#include "lake_fixture.h"
#include "store/fault_store.h"

namespace weir::lake {
namespace {

using Names = std::vector<std::string>;

class LakeTest : public testing::Test {
 protected:
  void make_table(const TableName& name) {
    store->put(Lake::folder_of(name) + "_delta_log/00000000000000000000.json", "");
  }
  std::shared_ptr<store::MemoryStore> store = std::make_shared<store::MemoryStore>("lake");
  Lake lake{store};
};

TEST_F(LakeTest, folders_are_lower_case_and_encoded) {
  EXPECT_EQ(Lake::folder_of({"Main", "Orders_2.x-y"}), "main/orders_2.x-y/");
  EXPECT_EQ(Lake::folder_of({"a b", "c/d%\xC3\xA4"}), "a%20b/c%2Fd%25%C3%A4/");
  EXPECT_EQ(Lake::folder_of({"..", "."}), "%2E./%2E/");
  EXPECT_EQ(Lake::folder_of({"_weir", "_stage"}), "%5Fweir/_stage/");
  for (const std::string name : {"a b", "x/y", "..", ".hidden", "100%", "%20", "\xE2\x82\xAC", "_weir", "a=b?c#d"}) {
    std::string folder = Lake::folder_of({name, "t"});
    EXPECT_EQ(percent_decode(folder.substr(0, folder.find('/'))), name);
    store::check_key(folder + "x");
  }
}

TEST_F(LakeTest, a_table_exists_when_its_log_holds_a_commit) {
  EXPECT_FALSE(lake.table_exists({"raw", "t"}));
  store->put("raw/t/part-0.parquet", "x");
  store->put("raw/t/_delta_log/_last_checkpoint", "x");
  store->put("raw/t/_delta_log/00000000000000000000.crc", "x");
  EXPECT_FALSE(lake.table_exists({"raw", "t"}));
  make_table({"raw", "t"});
  EXPECT_TRUE(lake.table_exists({"RAW", "T"}));
  store->put("raw/u/_delta_log/00000000000000000010.checkpoint.parquet", "x");
  EXPECT_TRUE(lake.table_exists({"raw", "u"})) << "its first commits were cleaned away";
  EXPECT_EQ(lake.location({"raw", "t"}).uri(), "memory:lake/raw/t");
}

TEST_F(LakeTest, lists_schemas_and_tables) {
  make_table({"raw", "b"});
  make_table({"raw", "A c"});
  make_table({"_weir", "odd"});
  store->put("raw/no_table/file", "x");
  store->put("stage/x/y", "x");
  lake.update_catalog([](CatalogContent& content) {
    content.views["main.v"] = {"select 1", Json::object()};
    content.locations["raw.elsewhere"] = "memory:other";
  });
  EXPECT_EQ(lake.schemas(), (Names{"_weir", "main", "raw", "stage"}));
  EXPECT_EQ(lake.tables("RAW"), (Names{"a c", "b", "elsewhere"}));
  EXPECT_EQ(lake.tables("_weir"), Names{"odd"});
  EXPECT_EQ(lake.tables("main"), Names());
  EXPECT_EQ(lake.location({"raw", "elsewhere"}).prefix, "");
  EXPECT_EQ(lake.location({"raw", "elsewhere"}).store->uri(), "memory:other");
}

TEST_F(LakeTest, the_catalogue_is_whole_objects_and_the_highest_counts) {
  EXPECT_EQ(lake.catalog().number, 0);
  ViewEntry view{"select \"1\"", Json::object()};
  view.properties.set("fingerprint", "abc");
  lake.update_catalog([&](CatalogContent& content) { content.views["main.v"] = view; });
  auto after = lake.update_catalog([](CatalogContent& content) {
    content.views["main.w"] = {"select 2", Json::object()};
  });
  EXPECT_EQ(after.number, 2);
  EXPECT_TRUE(store->head("_weir/catalog/00000000000000000001.json").has_value());
  auto read = lake.catalog();
  EXPECT_EQ(read.number, 2);
  EXPECT_EQ(read.views.at("main.v").sql, "select \"1\"");
  EXPECT_EQ(read.views.at("main.v").properties.at("fingerprint").as_string(), "abc");
  EXPECT_EQ(read.views.size(), 2U);
  store->put("_weir/catalog/notes.txt", "x");
  EXPECT_EQ(lake.catalog().number, 2);
}

TEST_F(LakeTest, a_change_that_alters_nothing_puts_nothing) {
  auto set = [](CatalogContent& content) { content.views["main.v"] = {"select 1", Json::object()}; };
  lake.update_catalog(set);
  EXPECT_EQ(lake.update_catalog(set).number, 1);
  EXPECT_FALSE(store->head("_weir/catalog/00000000000000000002.json").has_value());
}

TEST_F(LakeTest, a_lost_race_is_retried_on_the_new_content) {
  int calls = 0;
  auto content = lake.update_catalog([&](CatalogContent& draft) {
    if (++calls == 1) {
      Lake rival(store);
      rival.update_catalog([](CatalogContent& theirs) { theirs.views["main.theirs"] = {"select 2", Json::object()}; });
    }
    draft.views["main.ours"] = {"select 1", Json::object()};
  });
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(content.number, 2);
  EXPECT_EQ(lake.catalog().views.size(), 2U);
}

TEST_F(LakeTest, a_lost_answer_does_not_apply_a_change_twice) {
  for (auto kind : {store::FaultKind::lose_answer, store::FaultKind::late}) {
    auto faulty = std::make_shared<store::FaultStore>(store, store::FaultPlan{kind, 1});
    Lake through(faulty);
    through.update_catalog([](CatalogContent& content) {
      ViewEntry& view = content.views["main.counted"];
      view.sql += "x";
    });
    faulty->set_plan({});
    faulty->release_late();
  }
  EXPECT_EQ(lake.catalog().views.at("main.counted").sql, "xx");
}

TEST_F(LakeTest, a_catalogue_with_functions_is_refused_by_who_would_lose_them) {
  lake.update_catalog([](CatalogContent& content) { content.views["main.v"] = {"select 1", Json::object()}; });
  EXPECT_EQ(Json::parse(store->read("_weir/catalog/00000000000000000001.json")).get_int("format"), 1);
  lake.update_catalog([](CatalogContent& content) {
    content.functions["s.f"] = {"CREATE MACRO f(x) AS (x)", Json::object()};
  });
  EXPECT_EQ(Json::parse(store->read("_weir/catalog/00000000000000000002.json")).get_int("format"), 2);
  EXPECT_EQ(lake.catalog().functions.at("s.f").sql, "CREATE MACRO f(x) AS (x)");
  EXPECT_EQ(lake.catalog().views.size(), 1U);
  EXPECT_THAT(lake.schemas(), ::testing::Contains("s"));
}

TEST_F(LakeTest, a_catalogue_that_is_not_ours_is_refused) {
  struct Case {
    const char* text;
    const char* says;
  };
  for (const auto& bad : {Case{"", "malformed JSON"},
                          {"[]", "object"},
                          {R"({"format":1})", "views"},
                          {R"({"format":3,"views":{},"locations":{}})", "newer weir"},
                          {R"({"format":1,"views":{"a":{}},"locations":{}})", "sql"},
                          {R"({"format":1,"views":{},"locations":{"a":1}})", "string"}}) {
    store->put("_weir/catalog/00000000000000000001.json", bad.text);
    std::string message;
    EXPECT_EQ(code_of([&] { lake.catalog(); }, &message), ErrorCode::bad_catalog) << bad.text;
    EXPECT_NE(message.find(bad.says), std::string::npos) << message;
    EXPECT_NE(message.find("memory:lake/_weir/catalog/00000000000000000001.json"), std::string::npos) << message;
  }
}

}  // namespace
}  // namespace weir::lake
