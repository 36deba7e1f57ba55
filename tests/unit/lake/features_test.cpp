#include "lake/features.h"

#include <fstream>

#include "lake_fixture.h"

namespace weir::lake {
namespace {

TEST(ReaderGate, accepts_what_it_can_read_and_nothing_else) {
  std::ifstream in(WEIR_SOURCE_DIR "/tests/unit/lake/data/reader_gate.jsonl");
  ASSERT_TRUE(in.good());
  int tables = 0, readable_tables = 0, spark = 0, readable_spark = 0;
  for (std::string line; std::getline(in, line);) {
    Json json = Json::parse(line);
    std::string name = json.at("case").as_string();
    auto action = [&](const char* key) {
      Json wrapped = Json::object();
      wrapped.set(key, json.at(key));
      return action_from_json(wrapped, name);
    };
    bool readable = true;
    std::string message;
    try {
      check_readable(std::get<Protocol>(action("protocol")), std::get<Metadata>(action("metaData")), name);
    } catch (const Error& error) {
      readable = false;
      message = error.message();
      bool no_schema = json.at("metaData").at("schemaString").as_string().empty();
      EXPECT_EQ(error.code(), no_schema ? ErrorCode::bad_delta_schema : ErrorCode::reader_feature)
          << name << ": " << message;
      EXPECT_NE(message.find(name), std::string::npos) << message;
    }
    if (!json.at("rows").as_bool()) continue;
    EXPECT_EQ(readable, json.at("readable").as_bool()) << name << ": " << message;
    bool by_spark = name.starts_with("spark/");
    ++(by_spark ? spark : tables);
    if (readable) ++(by_spark ? readable_spark : readable_tables);
  }
  RecordProperty("readable", readable_tables);
  fmt::print("reader gate: {} of {} tables, {} of {} of Spark's\n", readable_tables, tables, readable_spark, spark);
  EXPECT_EQ(readable_tables, 141);
  EXPECT_EQ(tables, 141);
  EXPECT_EQ(readable_spark, 36);
  EXPECT_EQ(spark, 36);
}

Protocol reader3(std::vector<std::string> features) { return {3, 7, features, features}; }

TEST(ReaderGate, names_the_feature) {
  struct Case {
    Protocol protocol;
    std::string says;
  };
  const Case cases[] = {{reader3({"timestampNtz", "catalogManaged"}), "\"catalogManaged\""},
                        {reader3({"geospatial"}), "\"geospatial\""},
                        {reader3({"somethingNew"}), "\"somethingNew\""},
                        {{4, 7, std::nullopt, std::nullopt}, "reader version 4"},
                        {{0, 2, std::nullopt, std::nullopt}, "reader version 0"}};
  for (const auto& refused : cases) {
    std::string message;
    EXPECT_EQ(code_of([&] { check_readable(refused.protocol, plain_metadata(), "t"); }, &message),
              ErrorCode::reader_feature);
    EXPECT_NE(message.find(refused.says), std::string::npos) << message;
  }
}

TEST(ReaderGate, lets_unused_column_mapping_and_writer_features_pass) {
  check_readable(reader3({"timestampNtz", "columnMapping", "timestampWithoutTimezone"}), plain_metadata(), "t");
  check_readable({2, 5, std::nullopt, std::nullopt}, plain_metadata({{"delta.columnMapping.mode", "none"}}), "t");
  check_readable({1, 7, std::nullopt, std::vector<std::string>{"rowTracking", "somethingNew"}}, plain_metadata(), "t");
}

Metadata mapped(const std::string& mode, const std::string& column_metadata) {
  Metadata metadata = plain_metadata({{"delta.columnMapping.mode", mode}});
  metadata.schema_string =
      R"({"type":"struct","fields":[{"name":"a","type":"long","nullable":true,"metadata":)" + column_metadata + "}]}";
  metadata.read_schema();
  return metadata;
}

TEST(ReaderGate, wants_physical_names_and_ids_of_mapped_columns) {
  const char* name = R"({"delta.columnMapping.physicalName":"col-1"})";
  const char* both = R"({"delta.columnMapping.physicalName":"col-1","delta.columnMapping.id":1})";
  check_readable(Protocol(), mapped("name", name), "t");
  check_readable(Protocol(), mapped("ID", both), "t");
  EXPECT_EQ(mapped("Name", both).schema.fields[0].physical_name(), "col-1");
  EXPECT_EQ(mapped("none", both).schema.fields[0].physical_name(), "a");
  EXPECT_EQ(code_of([&] { check_readable(Protocol(), mapped("name", "{}"), "t"); }), ErrorCode::bad_delta_schema);
  EXPECT_EQ(code_of([&] { check_readable(Protocol(), mapped("id", name), "t"); }), ErrorCode::bad_delta_schema);
  EXPECT_EQ(code_of([&] { check_readable(Protocol(), mapped("by-magic", both), "t"); }), ErrorCode::reader_feature);
}

TEST(ReaderGate, a_protocol_that_contradicts_itself_is_damage) {
  EXPECT_EQ(code_of([&] {
              check_readable({3, 7, std::nullopt, std::nullopt}, plain_metadata(), "t");
            }),
            ErrorCode::bad_log);
  EXPECT_EQ(code_of([&] {
              check_readable({3, 2, std::vector<std::string>{}, std::nullopt}, plain_metadata(), "t");
            }),
            ErrorCode::bad_log);
}

Metadata with_column(const std::string& type, const std::string& metadata = "{}", bool nullable = true) {
  Metadata table = plain_metadata();
  table.schema_string =
      fmt::format(R"({{"type":"struct","fields":[{{"name":"c","type":{},"nullable":{},"metadata":{}}}]}})", type,
                  nullable, metadata);
  table.schema = Schema::parse(table.schema_string);
  return table;
}

TEST(ReaderGate, looks_at_the_schema_too) {
  check_readable(Protocol(), with_column("\"variant\""), "t");
  check_readable(Protocol(), with_column("\"long\"", R"({"delta.typeChanges":[]})"), "t");
  Metadata metadata = plain_metadata();
  metadata.partition_columns = {"nowhere"};
  EXPECT_EQ(code_of([&] { check_readable(Protocol(), metadata, "t"); }), ErrorCode::bad_delta_schema);
  metadata.partition_columns = {"PART"};
  check_readable(Protocol(), metadata, "t");
  metadata.format_provider = "orc";
  EXPECT_EQ(code_of([&] { check_readable(Protocol(), metadata, "t"); }), ErrorCode::reader_feature);
  metadata = plain_metadata();
  metadata.schema = Schema();
  metadata.schema_string = R"({"type":"struct","fields":[{"name":"g","type":"geometry","nullable":true}]})";
  EXPECT_EQ(code_of([&] { check_readable(Protocol(), metadata, "t"); }), ErrorCode::bad_delta_schema);
  EXPECT_EQ(code_of([&] { check_readable(reader3({"geospatial"}), metadata, "t"); }), ErrorCode::reader_feature)
      << "the feature is named before its type is found unknown";
}

TEST(Protocol, legacy_versions_imply_features) {
  EXPECT_EQ(writer_features({1, 1, std::nullopt, std::nullopt}), std::set<std::string>());
  EXPECT_EQ(writer_features(Protocol()), (std::set<std::string>{"appendOnly", "invariants"}));
  EXPECT_EQ(writer_features({2, 5, std::nullopt, std::nullopt}),
            (std::set<std::string>{"appendOnly", "invariants", "checkConstraints", "changeDataFeed", "generatedColumns",
                                   "columnMapping"}));
  EXPECT_EQ(writer_features({1, 7, std::nullopt, std::vector<std::string>{"x"}}), std::set<std::string>{"x"});
}

TEST(LowestProtocol, is_no_higher_than_the_metadata_needs) {
  using Features = std::vector<std::string>;
  EXPECT_EQ(lowest_protocol(plain_metadata()), (Protocol{1, 2, std::nullopt, std::nullopt}));
  EXPECT_EQ(lowest_protocol(plain_metadata({{"delta.appendOnly", "true"}})),
            (Protocol{1, 2, std::nullopt, std::nullopt}));
  EXPECT_EQ(lowest_protocol(plain_metadata({{"delta.constraints.c", "id > 0"}})).min_writer_version, 3);
  EXPECT_EQ(lowest_protocol(plain_metadata({{"delta.enableChangeDataFeed", "true"}})).min_writer_version, 4);
  EXPECT_EQ(lowest_protocol(with_column("\"timestamp_ntz\"")),
            (Protocol{3, 7, Features{"timestampNtz"}, Features{"timestampNtz"}}));
  EXPECT_EQ(lowest_protocol(with_column(R"({"type":"array","elementType":"timestamp_ntz","containsNull":true})")),
            (Protocol{3, 7, Features{"timestampNtz"}, Features{"timestampNtz"}}));
  EXPECT_EQ(lowest_protocol(with_column("\"timestamp_ntz\"", "{}", false)),
            (Protocol{3, 7, Features{"timestampNtz"}, Features{"invariants", "timestampNtz"}}));
  EXPECT_EQ(lowest_protocol(plain_metadata({{"delta.enableInCommitTimestamps", "true"}})),
            (Protocol{1, 7, std::nullopt, Features{"inCommitTimestamp"}}));
  EXPECT_EQ(lowest_protocol(with_column("\"long\"", R"({"delta.identity.start":1})")).min_writer_version, 6);
}

TEST(UpgradedProtocol, keeps_what_there_was) {
  using Features = std::vector<std::string>;
  Metadata ntz = with_column("\"timestamp_ntz\"");
  EXPECT_EQ(upgraded_protocol(Protocol(), plain_metadata()), Protocol());
  EXPECT_EQ(upgraded_protocol(Protocol(), ntz),
            (Protocol{3, 7, Features{"timestampNtz"}, Features{"appendOnly", "invariants", "timestampNtz"}}));
  EXPECT_EQ(upgraded_protocol({1, 7, std::nullopt, Features{"domainMetadata"}}, ntz),
            (Protocol{3, 7, Features{"timestampNtz"}, Features{"domainMetadata", "timestampNtz"}}));
  EXPECT_EQ(upgraded_protocol({1, 7, std::nullopt, Features{"appendOnly"}}, with_column("\"long\"", "{}", false)),
            (Protocol{1, 7, std::nullopt, Features{"appendOnly", "invariants"}}));
  Protocol has_it{3, 7, Features{"timestampNtz"}, Features{"timestampNtz", "invariants"}};
  EXPECT_EQ(upgraded_protocol(has_it, ntz), has_it);
  EXPECT_EQ(upgraded_protocol(Protocol(), plain_metadata({{"delta.constraints.c", "x"}})),
            (Protocol{1, 3, std::nullopt, std::nullopt}));
  EXPECT_EQ(upgraded_protocol({3, 7, Features{}, Features{}}, with_column("\"long\"", "{}", false)),
            (Protocol{3, 7, Features{}, Features{"invariants"}}));
}

}  // namespace
}  // namespace weir::lake
