#include "connectors/files/ingest_spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::files {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

IngestSpec read(const std::string& json, const std::vector<DeclaredColumn>& declared = {}) {
  return read_ingest_spec(Json::parse(json), declared, "raw.trips", "/p", {"sources.yml", 9, 3, 0, ""});
}

std::string refusal(const std::string& json) {
  try {
    read(json);
  } catch (const Error& error) {
    EXPECT_TRUE(error.span() && error.span()->file == "sources.yml") << error.what();
    return error.message();
  }
  return "accepted";
}

TEST(IngestSpec, DefaultsAreTheCarefulOnes) {
  IngestSpec spec = read(R"({"files": "a/*.csv"})");
  EXPECT_THAT(spec.patterns, ElementsAre("a/*.csv"));
  EXPECT_EQ(spec.disposition, WriteDisposition::append);
  EXPECT_EQ(spec.on_changed_file, OnChangedFile::error);
  EXPECT_EQ(spec.columns_contract, Contract::evolve);
  EXPECT_EQ(spec.max_ratio, 0.01);
  EXPECT_EQ(spec.format, std::nullopt);
}

TEST(IngestSpec, ShortAndLongFormsMeanTheSame) {
  EXPECT_EQ(read(R"({"files": "x", "format": "parquet"})").format, engine::FileFormat::parquet);
  IngestSpec spec = read(R"({"files": ["x", "y"], "format": {"type": "csv", "delimiter": ";", "null_texts": ["", "NA"]},
                             "schema_contract": {"columns": "freeze"}})");
  EXPECT_EQ(spec.format, engine::FileFormat::csv);
  EXPECT_EQ(spec.columns_contract, Contract::freeze);
  EXPECT_EQ(spec.data_type_contract, Contract::evolve);
  EXPECT_EQ(read(R"({"files": "x", "schema_contract": "freeze"})").data_type_contract, Contract::freeze);
  engine::CsvDialect dialect = dialect_of(spec.dialect, {});
  EXPECT_EQ(dialect.delimiter, ";");
  EXPECT_THAT(dialect.null_texts, ElementsAre("", "NA"));
  EXPECT_EQ(dialect.quote, '"') << "not declared, so as inferred";
}

TEST(IngestSpec, DeclaredColumnsOfIngestWin) {
  IngestSpec spec = read(R"({"files": "x", "columns": [{"name": "ID", "data_type": "bigint"},
                             {"name": "at", "data_type": "timestamp", "timestamp_format": "%d.%m.%Y"}]})",
                         {{"id", "integer", std::nullopt}, {"note", "varchar", std::nullopt}});
  ASSERT_EQ(spec.columns.size(), 3u);
  EXPECT_EQ(spec.declared("Id")->type, "bigint");
  EXPECT_EQ(spec.declared("at")->timestamp_format, "%d.%m.%Y");
  EXPECT_EQ(spec.columns[1].name, "note");
  EXPECT_EQ(read(R"({"files": "x", "columns": {"a": "double"}})").declared("a")->type, "double");
}

TEST(IngestSpec, MistakesAreNamedWithTheirPlace) {
  EXPECT_THAT(refusal(R"({})"), HasSubstr("ingest.files is missing"));
  EXPECT_THAT(refusal(R"({"files": "x", "on_changed_fil": "reload"})"), HasSubstr("on_changed_file"));
  EXPECT_THAT(refusal(R"({"files": "x", "on_changed_file": "ignore"})"), HasSubstr("error, reload, append"));
  EXPECT_THAT(refusal(R"({"files": "x", "format": "xml"})"), HasSubstr("csv, parquet"));
  EXPECT_THAT(refusal(R"({"files": "x", "format": {"type": "csv", "quote": "ab"}})"), HasSubstr("one character"));
  EXPECT_THAT(refusal(R"({"files": "x", "write_disposition": "merge"})"), HasSubstr("needs primary_key"));
  EXPECT_THAT(refusal(R"({"files": "x", "quarantine": {"max_ratio": 2}})"), HasSubstr("between 0 and 1"));
  EXPECT_THAT(refusal(R"({"files": "x", "columns": {"a": 1}})"), HasSubstr("\"a\" must be a text"));
  EXPECT_THAT(refusal(R"({"files": "x", "columns": [{"name": "a"}]})"), HasSubstr("needs name and data_type"));
  EXPECT_THAT(refusal(R"({"files": "x", "columns": [{"name": "a", "type": "int"}]})"),
              HasSubstr("\"type\" is not an option"));
}

// Where the key stands that is to blame: line 20 and on, a line for each key in the order below.
TEST(IngestSpec, MistakesPointAtTheirKey) {
  std::map<std::string, Span> keys;
  for (const char* name : {"files", "format", "format.quote", "format.thousands_separator", "columns", "columns.a",
                           "write_disposition", "quarantine", "quarantine.max_ratio", "on_changed_fil"})
    keys[name] = {"sources.yml", 20 + static_cast<int>(keys.size()), 3, 0, ""};
  auto line_of = [&](const char* json) {
    try {
      read_ingest_spec(Json::parse(json), {}, "raw.trips", "/p", {"sources.yml", 9, 3, 0, ""}, keys);
    } catch (const Error& error) {
      return error.span().value().line;
    }
    return 0;
  };
  EXPECT_EQ(line_of(R"({})"), 9);
  EXPECT_EQ(line_of(R"({"files": "x", "format": "xml"})"), 21);
  EXPECT_EQ(line_of(R"({"files": "x", "format": {"quote": "ab"}})"), 22);
  EXPECT_EQ(line_of(R"({"files": "x", "format": {"thousands_separator": "."}})"), 23);
  EXPECT_EQ(line_of(R"({"files": "x", "format": {"decimal_separator": ",", "thousands_separator": "."}})"), 0);
  EXPECT_EQ(line_of(R"({"files": "x", "columns": [1]})"), 24);
  EXPECT_EQ(line_of(R"({"files": "x", "columns": {"a": 1}})"), 25);
  EXPECT_EQ(line_of(R"({"files": "x", "write_disposition": "merge"})"), 26);
  EXPECT_EQ(line_of(R"({"files": "x", "quarantine": 1})"), 27);
  EXPECT_EQ(line_of(R"({"files": "x", "quarantine": {"max_ratio": 2}})"), 28);
  EXPECT_EQ(line_of(R"({"files": "x", "on_changed_fil": "reload"})"), 29);
}

TEST(Dialect, SurvivesItsJson) {
  engine::CsvDialect dialect;
  dialect.delimiter = "||";
  dialect.quote = std::nullopt;
  dialect.escape = '\\';
  dialect.header = false;
  dialect.skip_lines = 3;
  dialect.null_texts = {"NULL", "-"};
  dialect.timestamp_format = "%s";
  dialect.comment = "#";
  dialect.null_padding = true;
  EXPECT_EQ(to_json(dialect_from_json(to_json(dialect))).dump(), to_json(dialect).dump());
  EXPECT_EQ(dialect_from_json(to_json(dialect)).quote, std::nullopt);
  EXPECT_EQ(dialect_from_json(to_json(dialect)).skip_lines, 3);
}

}  // namespace
}  // namespace weir::files
