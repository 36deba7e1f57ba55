// The metadata of Iceberg tables that others wrote; whole tables are read in tests/conformance/iceberg.py and
// tests/conformance/spark_iceberg.py.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "base/process.h"
#include "lake/iceberg/metadata_read.h"
#include "lake/iceberg/schema_read.h"
#include "lake/iceberg/table_read.h"
#include "lake/iceberg/values.h"

namespace weir::lake::iceberg {

namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string gzipped(const std::string& text) {
  return run_program({"sh", "-c", "printf %s \"$0\" | gzip -c", text})->output;
}

class ForeignIceberg : public testing::Test {
 protected:
  ForeignIceberg() {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_ / "metadata");
  }
  ~ForeignIceberg() override { std::filesystem::remove_all(folder_); }

  std::string path() const { return folder_.string(); }
  void put(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / "metadata" / name, std::ios::binary) << text;
  }
  static std::string named(const std::string& name, const std::string& more = "") {
    return R"({"format-version":2,"location":"s3://old/home/)" + name +
           R"(","current-schema-id":1,"schemas":[
              {"schema-id":0,"fields":[{"id":1,"name":"a","type":"int","required":true}]},
              {"schema-id":1,"fields":[{"id":1,"name":"b","type":"long","required":true}]}],
              "partition-specs":[{"spec-id":0,"fields":[]}])" +
           more + "}";
  }
  std::string location(const std::string& version = "") const {
    return read_metadata(path(), version).json.at("location").as_string();
  }
  template <typename Call>
  static std::string refusal(ErrorCode code, Call&& call) {
    try {
      call();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code) << error.message();
      return error.message() + " " + error.hint();
    }
    ADD_FAILURE() << "nothing was refused";
    return "";
  }

  const std::filesystem::path folder_ =
      std::filesystem::path(testing::TempDir()) /
      (std::string("iceberg_") + testing::UnitTest::GetInstance()->current_test_info()->name());
};

TEST_F(ForeignIceberg, is_what_the_hint_names) {
  put("v2.metadata.json", named("two"));
  put("v10.metadata.json", named("ten"));
  EXPECT_EQ(location(), "s3://old/home/ten");
  put("version-hint.text", "2\n");
  EXPECT_EQ(location(), "s3://old/home/two");
  EXPECT_EQ(location("v10"), "s3://old/home/ten");
  EXPECT_EQ(location("10"), "s3://old/home/ten");
  put("version-hint.text", "7");
  EXPECT_THAT(refusal(ErrorCode::bad_iceberg, [&] { location(); }), HasSubstr("of the version \"7\""));
}

TEST_F(ForeignIceberg, of_a_catalogue_is_the_newest_file_if_there_is_one) {
  EXPECT_THAT(refusal(ErrorCode::bad_iceberg, [&] { location(); }), HasSubstr("no Iceberg table"));
  put("00009-ab.metadata.json", named("nine"));
  put("00010-cd.metadata.json", named("ten"));
  EXPECT_EQ(location(), "s3://old/home/ten");
  put("00010-ef.metadata.json", named("ten too"));
  EXPECT_THAT(refusal(ErrorCode::bad_iceberg, [&] { location(); }), HasSubstr("the table's catalogue"));
  EXPECT_EQ(read_metadata(path() + "/metadata/00009-ab.metadata.json").json.at("location").as_string(),
            "s3://old/home/nine");
  EXPECT_EQ(location("00009-ab"), "s3://old/home/nine");
}

TEST_F(ForeignIceberg, may_be_packed_and_must_be_whole) {
  const std::string packed = gzipped(named("packed"));
  put("v1.gz.metadata.json", packed);
  EXPECT_EQ(location(), "s3://old/home/packed");
  put("v1.gz.metadata.json", packed.substr(0, packed.size() / 2));
  EXPECT_THAT(refusal(ErrorCode::bad_iceberg, [&] { location(); }), HasSubstr("v1.gz.metadata.json"));
  put("v1.gz.metadata.json", "{");
  EXPECT_THAT(refusal(ErrorCode::bad_iceberg, [&] { location(); }), HasSubstr("v1.gz.metadata.json"));
  put("v1.gz.metadata.json", "{}");
  EXPECT_THAT(refusal(ErrorCode::bad_iceberg, [&] { location(); }), HasSubstr("no metadata of an Iceberg table"));
  put("v1.gz.metadata.json", R"({"format-version":4,"schemas":[]})");
  EXPECT_THAT(refusal(ErrorCode::iceberg_unsupported, [&] { location(); }), HasSubstr("format version 4"));
}

TEST_F(ForeignIceberg, tells_snapshots_by_id_time_and_name) {
  put("v1.metadata.json", named("t", R"(,"current-snapshot-id":30,"snapshots":[{"snapshot-id":10,"schema-id":0},
      {"snapshot-id":20,"schema-id":0},{"snapshot-id":30,"schema-id":1}],
      "snapshot-log":[{"timestamp-ms":1000,"snapshot-id":10},{"timestamp-ms":3000,"snapshot-id":30}],
      "refs":{"main":{"snapshot-id":30,"type":"branch"},"old":{"snapshot-id":10,"type":"tag"},
              "work":{"snapshot-id":20,"type":"branch"}})"));
  const ReadMetadata metadata = read_metadata(path());
  const auto id = [&](const SnapshotSpec& spec) { return metadata.snapshot(spec)->at("snapshot-id").as_int(); };
  const auto column = [&](const SnapshotSpec& spec) {
    return metadata.schema(metadata.snapshot(spec), spec).at("fields").as_array()[0].at("name").as_string();
  };
  EXPECT_EQ(id({}), 30);
  EXPECT_EQ(id({.snapshot_id = 20}), 20);
  EXPECT_EQ(id({.at_ms = 2999}), 10);
  EXPECT_EQ(id({.at_ms = 3000}), 30);
  EXPECT_EQ(id({.ref = "work"}), 20);
  EXPECT_EQ(column({.snapshot_id = 20}), "a");
  EXPECT_EQ(column({.ref = "old"}), "a");
  EXPECT_EQ(column({.ref = "work"}), "b") << "a branch is read with the columns of now";
  EXPECT_THAT(refusal(ErrorCode::no_such_version, [&] { id({.snapshot_id = 5}); }), HasSubstr("10, 20, 30"));
  EXPECT_THAT(refusal(ErrorCode::no_such_version, [&] { id({.ref = "wrok"}); }), HasSubstr("main, old, work"));
  EXPECT_THAT(refusal(ErrorCode::no_such_version, [&] { id({.at_ms = 999}); }), HasSubstr("1970-01-01"));
  put("v1.metadata.json", named("t", R"(,"current-snapshot-id":-1)"));
  EXPECT_EQ(read_table(path(), {}).files.size(), 0u);
}

TEST_F(ForeignIceberg, asks_before_it_reads_any_place) {
  put("v1.metadata.json", named("t"));
  std::vector<std::string> asked;
  const PlaceGuard guard = [&](const std::string& uri) {
    asked.push_back(uri);
    if (uri.find("elsewhere") != std::string::npos) throw Error(ErrorCode::not_trusted, uri);
  };
  const ReadMetadata metadata = read_metadata(path(), {}, guard);
  EXPECT_THAT(asked, testing::ElementsAre(path(), metadata.file));
  metadata.uri_of("s3://old/home/t/data/x.parquet");
  EXPECT_EQ(asked.back(), metadata.table.uri() + "/data/x.parquet");
  EXPECT_THROW(metadata.uri_of("/elsewhere/x.parquet"), Error);
  EXPECT_THROW(metadata.place_of("file:///elsewhere/x.parquet"), Error);
  EXPECT_THROW(metadata.read("/elsewhere/snap.avro"), Error);
  EXPECT_THROW(read_table("/elsewhere/t", {}, {}, guard), Error);
  EXPECT_EQ(asked.back(), "/elsewhere/t");
}

TEST_F(ForeignIceberg, finds_the_files_of_a_table_that_was_moved) {
  put("v1.metadata.json", named("t"));
  const ReadMetadata metadata = read_metadata(path());
  EXPECT_EQ(metadata.relative("s3://old/home/t/data/x y.parquet"), "data/x y.parquet");
  EXPECT_EQ(metadata.relative("s3a://old/home/t/data/x"), "data/x");
  EXPECT_EQ(metadata.relative("file://" + path() + "/data/x"), "data/x");
  EXPECT_EQ(metadata.relative("s3://old/home/two/x"), std::nullopt);
  EXPECT_EQ(metadata.uri_of("s3a://other/x"), "s3://other/x");
  EXPECT_EQ(metadata.uri_of("file:/elsewhere/x"), "/elsewhere/x");
}

Json fields(const std::string& text) { return Json::parse(text); }

TEST(IcebergSchema, has_types_names_and_defaults) {
  const Schema schema = read_schema_fields(fields(R"json([
      {"id":1,"name":"Id","type":"long","required":true},
      {"id":2,"name":"ID","type":"decimal(12, 3)","required":false,"initial-default":"1.500"},
      {"id":3,"name":"u","type":"uuid","required":false},
      {"id":4,"name":"l","type":{"type":"list","element-id":5,"element":"time","element-required":true},"required":false},
      {"id":6,"name":"m","type":{"type":"map","key-id":7,"key":"string","value-id":8,"value":
        {"type":"struct","fields":[{"id":9,"name":"x","type":"fixed[4]","required":false}]},"value-required":false},
       "required":false}])json"),
                                           std::nullopt, "file");
  std::vector<std::string> names;
  for (const auto& field : schema.fields) names.push_back(field.name + " " + type_name(field.type));
  EXPECT_THAT(names, ElementsAre("Id long", "ID_1 decimal(12,3)", "u string", "l array<string>", HasSubstr("m map<")));
  EXPECT_EQ(schema.fields[1].id(), 2);
  EXPECT_EQ(schema.fields[1].metadata.at(names_key).dump(), R"(["ID"])");
  EXPECT_EQ(schema.fields[1].metadata.at(default_key).as_string(), "1.500");
  EXPECT_EQ(schema.fields[2].metadata.at(type_key).as_string(), "uuid");
  EXPECT_EQ(schema.fields[3].type.fields[0].metadata.at(type_key).as_string(), "time");
  try {
    read_schema_fields(fields(R"([{"id":1,"name":"s","type":{"type":"struct","fields":[
        {"id":2,"name":"ns","type":"timestamp_ns","required":false}]},"required":false}])"),
                       std::nullopt, "file");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::iceberg_unsupported);
    EXPECT_THAT(error.message(), HasSubstr("\"s.ns\" is of the type timestamp_ns"));
  }
}

TEST(IcebergSchema, files_without_ids_have_the_names_of_the_mapping) {
  const auto names = read_name_mapping(
      R"([{"field-id":1,"names":["a","aa"]},{"names":["s"],"field-id":2,"fields":[{"field-id":3,"names":["x"]}]}])",
      "file");
  EXPECT_EQ(names, (NameMapping{{1, {"a", "aa"}}, {2, {"s"}}, {3, {"x"}}}));
  EXPECT_EQ(read_name_mapping("[]", "file"), NameMapping());
  EXPECT_EQ(read_name_mapping("", "file"), std::nullopt);
  EXPECT_THROW(read_name_mapping("{", "file"), Error);
  const Schema schema = read_schema_fields(fields(R"([{"id":1,"name":"b","type":"int","required":false},
      {"id":9,"name":"new","type":"int","required":false}])"),
                                           names, "file");
  EXPECT_EQ(schema.fields[0].metadata.at(names_key).dump(), R"(["a","aa"])");
  EXPECT_EQ(schema.fields[1].metadata.at(names_key).dump(), "[]");
}

TEST(IcebergValues, are_read_as_they_are_written) {
  const auto there_and_back = [](const DataType& type, const Scalar& value) {
    return bound_text(type, bound_bytes(type, value, false).value());
  };
  EXPECT_EQ(there_and_back(DataType::primitive(TypeKind::long_), int64_t{-5}), "-5");
  EXPECT_EQ(bound_text(DataType::primitive(TypeKind::long_), std::string("\x07\0\0\0", 4)), "7") << "of an int before";
  EXPECT_EQ(there_and_back(DataType::primitive(TypeKind::date), int64_t{-1}), "1969-12-31");
  EXPECT_EQ(there_and_back(DataType::primitive(TypeKind::timestamp), int64_t{-1}), "1969-12-31 23:59:59.999999");
  EXPECT_EQ(there_and_back(DataType::primitive(TypeKind::double_), 1.5), "1.5");
  EXPECT_EQ(there_and_back(DataType::primitive(TypeKind::string), std::string("é")), "é");
  for (const std::string digits : {"0.00", "-0.01", "12.30", "-99999999999999999999.99"})
    EXPECT_EQ(there_and_back(DataType::decimal_of(38, 2), digits), digits);
  EXPECT_EQ(bound_text(DataType::primitive(TypeKind::long_), "abc"), std::nullopt);
  EXPECT_EQ(bound_text(DataType::primitive(TypeKind::string), "\xff"), std::nullopt);
}

}  // namespace

}  // namespace weir::lake::iceberg
