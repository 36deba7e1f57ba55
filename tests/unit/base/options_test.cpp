#include "base/options.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

Options table() {
  return Options({
      {"files", OptionType::text_list, {}, {}, "Globs of the files to read.", false},
      {"format", OptionType::text, "csv", {"csv", "parquet"}, "Format of the files.", false},
      {"delimiter", OptionType::text, {}, {}, "Between fields.", false},
      {"threads", OptionType::integer, 4, {}, "Threads.", false},
      {"quarantine.max_ratio",
       OptionType::number,
       0.01,
       {},
       "Share of bad rows | above it nothing is published.",
       false},
      {"quarantine.enabled", OptionType::boolean, true, {}, "Whether bad rows are kept.", false},
      {"keep", OptionType::duration, "7 days", {}, "How long.", false},
      {"memory", OptionType::bytes, {}, {}, "Memory limit.", false},
      {"columns", OptionType::map, {}, {}, "Types by column.", false},
      {"password", OptionType::text, {}, {"a", "b"}, "Secret.", true},
  });
}

Options read(std::string_view text) {
  Options options = table();
  options.read(Yaml::parse(text, "weir.yml"), "config.meta.weir");
  return options;
}

Error option_error_of(std::string_view text) {
  try {
    read(text);
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "accepted: " << text;
  return Error(ErrorCode::internal, "no error");
}

TEST(Options, DefaultsHold) {
  const Options options = table();
  EXPECT_EQ(options.text("format"), "csv");
  EXPECT_EQ(options.integer("threads"), 4);
  EXPECT_EQ(options.number("quarantine.max_ratio"), 0.01);
  EXPECT_TRUE(options.boolean("quarantine.enabled"));
  EXPECT_EQ(options.duration_ms("keep"), 604800000);
  EXPECT_EQ(options.text("delimiter"), "");
  EXPECT_TRUE(options.list("files").empty());
  EXPECT_FALSE(options.is_set("format"));
  EXPECT_EQ(options.entry("format").origin, "default");
}

TEST(Options, YamlSetsThemWithTheirPlace) {
  const Options options = read(
      "files: [a.csv, 1]\nformat: parquet\ndelimiter: 1\nthreads: 8\nquarantine:\n  max_ratio: 1\n  enabled: no\n"
      "keep: 12h\nmemory: 512MB\ncolumns: {a: INTEGER}\n");
  EXPECT_EQ(options.list("files"), (std::vector<std::string>{"a.csv", "1"}));
  EXPECT_EQ(options.text("delimiter"), "1");
  EXPECT_EQ(options.number("quarantine.max_ratio"), 1.0);
  EXPECT_FALSE(options.boolean("quarantine.enabled"));
  EXPECT_EQ(options.duration_ms("keep"), 43200000);
  EXPECT_EQ(options.bytes("memory"), 512000000);
  EXPECT_EQ(options.value("columns").dump(), R"({"a":"INTEGER"})");
  EXPECT_EQ(options.entry("quarantine.max_ratio").origin, "weir.yml:6");
  EXPECT_EQ(read("files: a.csv").list("files"), std::vector<std::string>{"a.csv"});
}

TEST(Options, LaterSetsWinAndNullMeansTheDefault) {
  Options options = read("threads: 8\nformat: parquet");
  options.set("threads", "2", "--threads");
  EXPECT_EQ(options.integer("threads"), 2);
  EXPECT_EQ(options.entry("threads").origin, "--threads");
  options.read(Yaml::parse("format:\n", "b.yml"), "x");
  EXPECT_EQ(options.text("format"), "csv");
  EXPECT_FALSE(options.is_set("format"));
}

TEST(Options, UnknownKeysNameTheNearest) {
  const Error error = option_error_of("formt: csv");
  EXPECT_EQ(error.code(), ErrorCode::unknown_option);
  EXPECT_NE(error.message().find("\"formt\" is not an option in config.meta.weir; did you mean \"format\"?"),
            std::string::npos)
      << error.message();
  ASSERT_TRUE(error.span());
  EXPECT_EQ(error.span()->line, 1);
  const Error nested = option_error_of("quarantine:\n  max_ration: 1");
  EXPECT_NE(nested.message().find("did you mean \"quarantine.max_ratio\"?"), std::string::npos) << nested.message();
  EXPECT_EQ(nested.span()->line, 2);
  EXPECT_EQ(nested.span()->column, 3);
}

TEST(Options, ValuesOfTheWrongKindAreRefused) {
  for (const char* bad : {"threads: many", "threads: 1.5", "threads: '4'", "format: xml", "quarantine: 1", "keep: 7",
                          "keep: soon", "memory: 1 parsec", "memory: -1", "columns: 1", "files: [[a]]", "files: {a: 1}",
                          "quarantine:\n  enabled: 1", "- a"})
    EXPECT_EQ(option_error_of(bad).code(), ErrorCode::bad_option_value) << bad;
  EXPECT_EQ(option_error_of("format: xml").message(), "\"format\" must be one of csv, parquet, found \"xml\"");
}

TEST(Options, SecretsAreNotShown) {
  EXPECT_EQ(option_error_of("password: hunter2").message().find("hunter2"), std::string::npos);
}

TEST(Options, JsonSetsThem) {
  Options options = table();
  options.read(Json::parse(R"({"quarantine":{"max_ratio":0.5},"threads":3,"files":["a"],"memory":1024})"), "meta",
               "config()");
  EXPECT_EQ(options.number("quarantine.max_ratio"), 0.5);
  EXPECT_EQ(options.bytes("memory"), 1024);
  EXPECT_EQ(options.entry("threads").origin, "config()");
  EXPECT_THROW(options.read(Json::parse(R"({"quarantine":{"max":1}})"), "meta", "config()"), Error);
  EXPECT_THROW(options.read(Json::parse("[1]"), "meta", "config()"), Error);
}

TEST(Options, FlagsAreReadByType) {
  Options options = table();
  options.set("quarantine.enabled", "off", "--x");
  options.set("files", "a.csv, b.csv", "--files");
  options.set("columns", R"({"a":"INT"})", "--columns");
  EXPECT_FALSE(options.boolean("quarantine.enabled"));
  EXPECT_EQ(options.list("files").size(), 2U);
  EXPECT_EQ(options.value("columns").dump(), R"({"a":"INT"})");
  EXPECT_THROW(options.set("threads", "4x", "--threads"), Error);
  EXPECT_THROW(options.set("columns", "{", "--columns"), Error);
  EXPECT_THROW(options.set("thread", "4", "--thread"), Error);
}

TEST(Options, AskingForAnUndeclaredOneIsOurFault) {
  try {
    table().text("nothing");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::internal);
  }
}

TEST(Options, SchemaAndReference) {
  const Json schema = table().json_schema();
  EXPECT_EQ(schema.at("properties").at("format").at("enum").dump(), R"(["csv","parquet"])");
  EXPECT_EQ(schema.at("properties").at("quarantine").at("properties").at("max_ratio").at("default").as_double(), 0.01);
  EXPECT_EQ(schema.at("additionalProperties").as_bool(), false);
  const std::string reference = table().reference_markdown();
  EXPECT_NE(reference.find("| `format` | `csv` or `parquet` | `csv` | Format of the files. |"), std::string::npos);
  EXPECT_NE(reference.find("bad rows \\| above"), std::string::npos);
}

TEST(Options, Sizes) {
  EXPECT_EQ(parse_bytes("512MB"), 512000000);
  EXPECT_EQ(parse_bytes("2 GiB"), 2147483648);
  EXPECT_EQ(parse_bytes("1.5g"), 1500000000);
  EXPECT_EQ(parse_bytes("1048576"), 1048576);
  EXPECT_EQ(parse_bytes("10 bytes"), 10);
  for (const char* bad : {"", "MB", "1 XB", "1 mib b", "-1", "9e9", "99999999999 TB", "1 mbb"})
    EXPECT_EQ(parse_bytes(bad), std::nullopt) << bad;
}

}  // namespace
}  // namespace weir
