#include "cli/new_project.h"

#include <gtest/gtest.h>

#include "base/ids.h"
#include "base/yaml.h"

namespace weir::cli {
namespace {

SourceFiles odd_source() {
  SourceFiles source;
  source.group = {"orders", "in/orders-*.csv", {"in/orders-1.csv"}};
  source.survey.dialect.delimiter = "\t";
  source.survey.dialect.quote = std::nullopt;
  source.survey.dialect.null_texts = {"", "NA", "-"};
  const auto column = [](const std::string& name, const std::string& type, bool quoted) {
    SurveyedColumn made;
    made.name = name;
    made.type = type;
    made.quoted = quoted;
    return made;
  };
  source.survey.columns = {column("id", "BIGINT", false), column("no", "DECIMAL(9,2)", false),
                           column("say \"x\": {y}", "VARCHAR", true)};
  source.survey.key = 0;
  return source;
}

TEST(source_files, yaml_reads_back_what_was_meant) {
  const auto files = source_files({odd_source()});
  const Yaml yaml = Yaml::parse(files.at("models/sources.yml"), "sources.yml");
  const Yaml& table = yaml.find("sources")->items[0].find("tables")->items[0];
  const Json ingest = table.find("config")->find("meta")->find("weir")->find("ingest")->to_json();
  EXPECT_EQ(ingest.at("files").as_string(), "in/orders-*.csv");
  EXPECT_EQ(ingest.at("format").at("delimiter").as_string(), "\t");
  EXPECT_EQ(ingest.at("format").at("quote").as_string(), "");
  EXPECT_EQ(ingest.at("format").at("null_texts").dump(), R"(["","NA","-"])");
  const Json columns = table.find("columns")->to_json();
  EXPECT_EQ(columns.as_array()[0].at("data_tests").dump(), R"(["unique","not_null"])");
  EXPECT_EQ(columns.as_array()[1].at("name").as_string(), "no");  // and not false
  EXPECT_EQ(columns.as_array()[1].at("data_type").as_string(), "decimal(9,2)");
  EXPECT_EQ(columns.as_array()[2].at("name").as_string(), "say \"x\": {y}");
  EXPECT_NE(files.at("models/orders.sql").find("  \"say \"\"x\"\": {y}\"\nfrom {{ source('raw', 'orders') }}"),
            std::string::npos);
}

TEST(base_files, every_project_has_an_id_of_its_own) {
  const auto id = [] { return Yaml::parse(base_files("shop").at("weir.yml"), "weir.yml").find("id")->text; };
  EXPECT_TRUE(is_uuid(id()));
  EXPECT_NE(id(), id());
}

}  // namespace
}  // namespace weir::cli
