// Selection by selectors.yml, versions and exposures, and against an earlier state.
#include <gmock/gmock.h>

#include <filesystem>

#include "../project/temp_project.h"
#include "base/file.h"
#include "base/hash.h"
#include "plan/select.h"
#include "project/node_values.h"
#include "project/rendering.h"

namespace weir::plan {
namespace {

using project::Project;
using project::TempProject;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Files = TempProject::Files;

Files shop_before() {
  return {{"models/a.sql", "{{ config(tags=['nightly']) }}select {{ one() }} as id"},
          {"models/b.sql", "select * from {{ ref('a') }}"},
          {"models/c_v1.sql", "select 1 as id"},
          {"models/c_v2.sql", "select 2 as id"},
          {"models/m.yml",
           "models:\n"
           "  - {name: a, description: first, config: {persist_docs: {relation: true}}}\n"
           "  - {name: c, latest_version: 1, versions: [{v: 1}, {v: 2}]}\n"
           "exposures:\n"
           "  - {name: board, type: dashboard, owner: {name: x}, depends_on: [ref('b')], tags: [weekly]}\n"},
          {"macros/one.sql", "{% macro one() %}{{ two() }}{% endmacro %}{% macro two() %}1{% endmacro %}"}};
}

std::vector<std::string> selected_names(const Project& project, const Selection& selection) {
  std::vector<std::string> out;
  const Selected selected = select(project, selection);
  for (const project::Node* node : selected.nodes)
    out.push_back(node->version.empty() ? node->name : node->name + ".v" + node->version);
  for (const project::Declared* item : selected.declared) out.push_back(item->kind + ":" + item->name);
  std::sort(out.begin(), out.end());
  return out;
}

std::vector<std::string> selected_names(const Project& project, const std::string& criteria) {
  Selection selection;
  selection.select = {criteria};
  return selected_names(project, selection);
}

TEST(Select, VersionsAndWhatIsNotBuilt) {
  const Project project = TempProject(shop_before()).project();
  EXPECT_THAT(selected_names(project, "c"), ElementsAre("c.v1", "c.v2"));
  EXPECT_THAT(selected_names(project, "c.v2"), ElementsAre("c.v2"));
  EXPECT_THAT(selected_names(project, "c_v2"), ElementsAre("c.v2"));
  EXPECT_THAT(selected_names(project, "version:latest"), ElementsAre("c.v1"));
  EXPECT_THAT(selected_names(project, "version:prerelease"), ElementsAre("c.v2"));
  EXPECT_THAT(selected_names(project, "version:none"), ElementsAre("a", "b"));
  EXPECT_THAT(selected_names(project, "+exposure:board"), ElementsAre("a", "b", "exposure:board"));
  EXPECT_THAT(selected_names(project, "a+"), ElementsAre("a", "b", "exposure:board"));
  EXPECT_THAT(selected_names(project, "tag:weekly"), ElementsAre("exposure:board"));
  EXPECT_THAT(selected_names(project, "access:protected,b"), ElementsAre("b"));
}

TEST(Select, SelectorsOfTheProject) {
  Files files = shop_before();
  files.push_back({"selectors.yml",
                   "selectors:\n"
                   "  - {name: nightly, definition: 'tag:nightly'}\n"
                   "  - name: all_but_c\n"
                   "    default: true\n"
                   "    definition:\n"
                   "      union:\n"
                   "        - {method: selector, value: nightly}\n"
                   "        - {method: fqn, value: a, children: true, children_depth: 1}\n"
                   "        - c\n"
                   "        - exclude: [{method: version, value: old}, 'c.v2', 'c.v1']\n"
                   "  - name: both\n"
                   "    definition: {intersection: ['a+', {tag: nightly}]}\n"});
  const Project project = TempProject(files).project();
  EXPECT_THAT(selected_names(project, Selection()), ElementsAre("a", "b"));
  EXPECT_THAT(selected_names(project, "selector:both"), ElementsAre("a"));
  Selection selection;
  selection.selector = "nightly";
  EXPECT_THAT(selected_names(project, selection), ElementsAre("a"));
  selection.selector = "nigthly";
  EXPECT_THROW(select(project, selection), Error);
}

TEST(Select, MistakesInSelectorsHaveTheirPlace) {
  const auto message = [](const std::string& definition) {
    Files files = shop_before();
    files.push_back({"selectors.yml", "selectors:\n  - name: x\n    definition: " + definition + "\n"});
    const Project project = TempProject(files).project();
    try {
      select(project, Selection());
      return std::string("no error");
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::bad_selector);
      return error.span()->file + ":" + std::to_string(error.span()->line) + " " + error.message();
    }
  };
  EXPECT_THAT(message("{method: tagg, value: y}"), HasSubstr("selectors.yml:3"));
  EXPECT_THAT(message("{method: tagg, value: y}"), HasSubstr("did you mean \"tag\"?"));
  EXPECT_THAT(message("{method: tag}"), HasSubstr("needs method and value"));
  EXPECT_THAT(message("{method: tag, value: y, parent: true}"), HasSubstr("did you mean \"parents\"?"));
  EXPECT_THAT(message("[a, b]"), HasSubstr("must be a text or a mapping"));
  EXPECT_THAT(message("{union: a}"), HasSubstr("must be a list"));
  EXPECT_THAT(message("{union: [a], tag: b}"), HasSubstr("only key"));
  EXPECT_THAT(message("{method: selector, value: y}"), HasSubstr("no selector \"y\""));
}

// As a manifest has it.
Json manifest_of(const Project& project) {
  Json nodes = Json::object(), macros = Json::object();
  for (const project::Node& node : project.nodes) nodes.set(node.unique_id, project::node_json(node));
  for (const project::Declared& item : project.declared) nodes.set(item.unique_id, project::declared_json(item));
  for (const project::Macro& macro : project.macros)
    macros.set(
        macro.unique_id,
        Json::object().set("macro_sql", std::string(project.rendering->macros.by_id(macro.unique_id)->block->source)));
  return Json::object().set("nodes", std::move(nodes)).set("macros", std::move(macros));
}

// What is selected by `word` after `files` became what they are now, with the state of shop_before().
std::vector<std::string> against_shop(const Files& files, const std::string& word) {
  const std::string folder = testing::TempDir() + "/state";
  std::filesystem::create_directories(folder);
  write_file(folder + "/manifest.json", manifest_of(TempProject(shop_before()).project()).dump());
  Selection selection;
  selection.select = {word};
  selection.state = std::make_shared<PreviousState>(folder, folder);
  return selected_names(TempProject(files).project(), selection);
}

Files with(const std::string& file, const std::string& text) {
  Files files = shop_before();
  for (auto& [name, content] : files)
    if (name == file) {
      content = text;
      return files;
    }
  files.push_back({file, text});
  return files;
}

TEST(Select, StateOfBefore) {
  EXPECT_THAT(against_shop(shop_before(), "state:modified"), IsEmpty());
  EXPECT_THAT(against_shop(shop_before(), "state:old"), ElementsAre("a", "b", "c.v1", "c.v2", "exposure:board"));
  const Files body = with("models/b.sql", "select 2 as id from {{ ref('a') }}");
  EXPECT_THAT(against_shop(body, "state:modified"), ElementsAre("b"));
  EXPECT_THAT(against_shop(body, "state:modified+"), ElementsAre("b", "exposure:board"));
  EXPECT_THAT(against_shop(body, "state:modified.body"), ElementsAre("b"));
  EXPECT_THAT(against_shop(body, "state:modified.configs"), IsEmpty());
  EXPECT_THAT(against_shop(body, "state:unmodified,fqn:*"), ElementsAre("a", "c.v1", "c.v2", "exposure:board"));
  EXPECT_THAT(against_shop(with("models/b.sql", "select * from {{ ref('a') }}\n\n"), "state:modified"), IsEmpty());
  const Files added = with("models/d.sql", "select * from {{ ref('b') }}");
  EXPECT_THAT(against_shop(added, "state:new"), ElementsAre("d"));
  EXPECT_THAT(against_shop(added, "state:modified"), ElementsAre("d"));
}

// dbt hashes a seed without the blanks around it, and knows a large one by its path.
TEST(Select, SeedsOfAStateThatDbtWrote) {
  const Files files{{"seeds/s.csv", "id\n1\n\n"}};
  const auto modified = [&](const std::string& name, const std::string& checksum) {
    Json manifest = manifest_of(TempProject(files).project());
    for (auto& [id, node] : manifest.find("nodes")->as_object())
      node.set("checksum", Json::object().set("name", name).set("checksum", checksum));
    const std::string folder = testing::TempDir() + "/state_of_dbt";
    std::filesystem::create_directories(folder);
    write_file(folder + "/manifest.json", manifest.dump());
    Selection selection;
    selection.select = {"state:modified"};
    selection.state = std::make_shared<PreviousState>(folder, folder);
    return selected_names(TempProject(files).project(), selection);
  };
  EXPECT_THAT(modified("sha256", sha256_hex("id\n1")), IsEmpty());
  EXPECT_THAT(modified("sha256", sha256_hex("id\n2")), ElementsAre("s"));
  EXPECT_THAT(modified("path", "seeds/s.csv"), IsEmpty());
  EXPECT_THAT(modified("path", "seeds/t.csv"), ElementsAre("s"));
}

TEST(Select, AStateOfDbtTellsOfConfigCallsBySyntaxTrees) {
  const Files files = {{"models/m.sql", "{{ config(materialized='table') }}select 1 as id"}};
  Json manifest = manifest_of(TempProject(files).project());
  manifest.find("nodes")
      ->find("model.shop.m")
      ->find("unrendered_config")
      ->set("materialized", "Keyword(key='materialized', value=Const(value='table'))");
  const std::string folder = testing::TempDir() + "/state_of_trees";
  std::filesystem::create_directories(folder);
  write_file(folder + "/manifest.json", manifest.dump());
  Selection selection;
  selection.select = {"state:modified"};
  selection.state = std::make_shared<PreviousState>(folder, folder);
  EXPECT_THAT(selected_names(TempProject(files).project(), selection), IsEmpty());
  const Files changed = {{"models/m.sql", "{{ config(materialized='view') }}select 1 as id"}};
  EXPECT_THAT(selected_names(TempProject(changed).project(), selection), ElementsAre("m"));
}

TEST(Select, StateOfConfigurationMacrosAndDescriptions) {
  const Files config =
      with("models/b.sql", "{{ config(materialized='table', tags=['x']) }}select * from {{ ref('a') }}");
  EXPECT_THAT(against_shop(config, "state:modified.configs"), ElementsAre("b"));
  const Files macro =
      with("macros/one.sql", "{% macro one() %}{{ two() }}{% endmacro %}{% macro two() %}2{% endmacro %}");
  EXPECT_THAT(against_shop(macro, "state:modified"), ElementsAre("a"));
  EXPECT_THAT(against_shop(macro, "state:modified.macros"), ElementsAre("a"));
  EXPECT_THAT(against_shop(macro, "state:modified.body"), IsEmpty());
  const Files described = with("models/m.yml",
                               "models: [{name: a, description: other, "
                               "config: {persist_docs: {relation: true}}}, "
                               "{name: c, description: new, latest_version: 1, versions: [{v: 1}, {v: 2}]}]");
  EXPECT_THAT(against_shop(described, "state:modified"), ElementsAre("a"));
  EXPECT_THAT(against_shop(described, "state:modified.persisted_descriptions"), ElementsAre("a"));
}

TEST(Select, ResultsOfBefore) {
  const std::string folder = testing::TempDir() + "/results";
  std::filesystem::create_directories(folder);
  write_file(folder + "/run_results.json", R"({"results": [{"unique_id": "model.shop.a", "status": "error"}, )"
                                           R"({"unique_id": "model.shop.b", "status": "skipped"}]})");
  Selection selection;
  selection.state = std::make_shared<PreviousState>(folder, folder);
  const Project project = TempProject(shop_before()).project();
  selection.select = {"result:error"};
  EXPECT_THAT(selected_names(project, selection), ElementsAre("a"));
  selection.select = {"result:skipped+"};
  EXPECT_THAT(selected_names(project, selection), ElementsAre("b", "exposure:board"));
  selection.select = {"state:modified"};
  EXPECT_THROW(select(project, selection), Error);  // the folder holds no manifest
}

TEST(Select, SourcesThatBecameFresher) {
  const std::string then = testing::TempDir() + "/then", now = testing::TempDir() + "/now";
  const auto sources = [](const std::string& folder, const std::string& t, const std::string& u) {
    std::filesystem::create_directories(folder);
    write_file(folder + "/sources.json", R"({"results": [{"unique_id": "source.shop.raw.t", "max_loaded_at": ")" + t +
                                             R"("}, {"unique_id": "source.shop.raw.u", "max_loaded_at": ")" + u +
                                             R"("}]})");
  };
  sources(then, "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z");
  sources(now, "2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z");
  Files files = shop_before();
  files.push_back({"models/s.yml", "sources: [{name: raw, tables: [{name: t}, {name: u}]}]"});
  files.push_back({"models/e.sql", "select * from {{ source('raw', 't') }}"});
  Selection selection;
  selection.state = std::make_shared<PreviousState>(then, now);
  selection.select = {"source_status:fresher+"};
  EXPECT_THAT(selected_names(TempProject(files).project(), selection), ElementsAre("e", "t"));
}

}  // namespace
}  // namespace weir::plan
