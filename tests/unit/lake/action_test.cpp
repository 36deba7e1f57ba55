#include "lake/action.h"

#include "lake_fixture.h"

namespace weir::lake {
namespace {

TEST(ActionPath, is_decoded_once_and_kept_inside_the_table) {
  EXPECT_EQ(decoded_path("part=a/b.parquet"), "part=a/b.parquet");
  EXPECT_EQ(decoded_path("a%20b%25.parquet"), "a b%.parquet");
  EXPECT_EQ(decoded_path("p=%2520/x"), "p=%20/x") << "twice encoded by hive escaping: decoded once";
  EXPECT_EQ(decoded_path("./a//b/./c"), "a/b/c");
  EXPECT_EQ(decoded_path("d\xC3\xA9p%C3%A4.parquet"), "d\xC3\xA9p\xC3\xA4.parquet");
  EXPECT_EQ(decoded_path("100%"), "100%") << "a malformed escape stays";
  for (const char* bad : {"../x", "a/../../x", "a/%2e%2e/x", "%2e%2e%2fx", "..", "", "/../x/..%00", ".", "a%00b"}) {
    if (is_absolute_path(bad)) continue;
    EXPECT_EQ(code_of([&] { decoded_path(bad); }), ErrorCode::bad_log) << bad;
  }
}

TEST(ActionPath, absolute_ones_stay_as_they_are) {
  for (const char* path : {"/data/t/a%20b", "s3://bucket/x/../y", "file:/x", "abfss://c@acc/x"}) {
    EXPECT_TRUE(is_absolute_path(path)) << path;
    EXPECT_EQ(decoded_path(path), path);
  }
  EXPECT_FALSE(is_absolute_path("a:b/c")) << "a colon alone makes no scheme";
  EXPECT_FALSE(is_absolute_path("x=1/a"));
}

TEST(ActionPath, encoding_comes_back) {
  for (const std::string key :
       {"a b.parquet", "p=100%/x", "x=\xE2\x82\xAC/#?.parquet", "a:b", "p=%20/y", "plus+and&"}) {
    std::string encoded = encode_path(key);
    EXPECT_EQ(encoded.find_first_of(" #?:"), std::string::npos) << encoded;
    EXPECT_EQ(decoded_path(encoded), key);
  }
}

TEST(ActionPath, spellings_of_one_file_are_one_file) {
  EXPECT_EQ(logical_path("a%2Db"), logical_path("a-b"));
  EXPECT_EQ(logical_path("/x/y%20z"), logical_path("file:///x/y z"));
  EXPECT_EQ(logical_path("file:/x"), logical_path("/x"));
  EXPECT_EQ(logical_path("S3://b/x"), logical_path("s3://b/x"));
  EXPECT_NE(logical_path("/x/a"), logical_path("x/a"));
  EXPECT_NE(logical_path("a%2520"), logical_path("a%20"));
  EXPECT_EQ(logical_path("../x"), "../x") << "a name only, nothing is opened by it";
  DeletionVector vector{"u", "abc", 4, 10, 2};
  EXPECT_NE(file_key("a", vector), file_key("a", std::nullopt));
  EXPECT_EQ(vector.unique_id(), "uabc@4");
  vector.offset.reset();
  EXPECT_EQ(vector.unique_id(), "uabc");
}

TEST(Remove, carries_over_what_the_add_said) {
  Add add = plain_add("x", 7);
  add.partition_values["part"] = std::nullopt;
  add.base_row_id = 5;
  add.tags = std::map<std::string, std::string>{{"k", "v"}};
  Remove remove = remove_of(add, 99);
  EXPECT_EQ(remove.deletion_timestamp_ms, 99);
  EXPECT_TRUE(remove.extended_file_metadata && remove.data_change);
  EXPECT_EQ(remove.partition_values, add.partition_values);
  EXPECT_EQ(remove.size_bytes, 100);
  EXPECT_EQ(remove.base_row_id, 5);
  EXPECT_EQ(remove.tags, add.tags);
}

Action full_add() {
  Add add = plain_add("p=a%20b/x.parquet");
  add.partition_values = {{"p", "a b"}, {"q", std::nullopt}};
  add.tags = std::map<std::string, std::string>{{"a", "1"}};
  add.deletion_vector = DeletionVector{"u", "xyz", 1, 2, 3};
  add.base_row_id = 4;
  add.default_row_commit_version = 5;
  add.clustering_provider = "liquid";
  return add;
}

TEST(ActionJson, every_action_survives_writing_and_reading) {
  Remove remove = remove_of(std::get<Add>(full_add()), 10, false);
  Metadata metadata = plain_metadata({{"k", "v \"quoted\""}}, {"part"});
  metadata.name = "n";
  metadata.description = "d";
  Protocol protocol{3, 7, std::vector<std::string>{"timestampNtz"}, std::vector<std::string>{"timestampNtz"}};
  CommitInfo info;
  info.fields.set("operation", "WRITE").set("odd", Json::array());
  std::vector<Action> actions = {info,
                                 protocol,
                                 metadata,
                                 Txn{"app", 3, 4},
                                 full_add(),
                                 remove_of(plain_add("other"), 1),
                                 DomainMetadata{"d", "{}", true},
                                 Cdc{"_change_data/c", {{"p", "1"}}, 3}};
  std::string text = write_commit(actions);
  auto again = parse_commit(text, "x.json");
  ASSERT_EQ(again.size(), actions.size());
  EXPECT_EQ(write_commit(again), text);
  EXPECT_EQ(std::get<Add>(again[4]), std::get<Add>(actions[4]));
  EXPECT_EQ(std::get<Remove>(again[5]), std::get<Remove>(actions[5]));
  EXPECT_EQ(std::get<Metadata>(again[2]).schema, metadata.schema);
  EXPECT_EQ(std::get<Protocol>(again[1]), protocol);
  EXPECT_EQ(std::get<Remove>(action_from_json(to_json(remove), "x")), remove);
}

TEST(ActionJson, blank_lines_and_unknown_things_are_passed_over) {
  EXPECT_TRUE(parse_commit("", "x").empty());
  EXPECT_TRUE(parse_commit("\n \n\r\n", "x").empty());
  auto actions = parse_commit(
      R"({"futureAction":{"a":1}}
{"txn":{"appId":"a","version":1,"future":[1]},"somethingBeside":{}}

{"txn":{"appId":"b","version":2},"add":null}
{})",
      "x");
  ASSERT_EQ(actions.size(), 2U);
  EXPECT_EQ(std::get<Txn>(actions[1]).app_id, "b");
}

TEST(ActionJson, an_empty_partition_value_is_null) {
  auto actions = parse_commit(
      R"({"add":{"path":"a","partitionValues":{"p":"","q":null,"r":"x"},"size":1,"modificationTime":1,"dataChange":true}})",
      "x");
  PartitionValues values = {{"p", std::nullopt}, {"q", std::nullopt}, {"r", "x"}};
  EXPECT_EQ(std::get<Add>(actions[0]).partition_values, values);
}

struct BadLine {
  const char* line;
  const char* says;
};

TEST(ActionJson, what_breaks_the_protocol_is_an_error_with_its_place) {
  const BadLine cases[] = {
      {R"({"add":{"path":"a","partitionValues":{},"size":1,"modificationTime":1,"dataCh)", "malformed JSON"},
      {R"({"add":{"path":"a","partitionValues":{},"size":1,"modificationTime":1,"dataChange":true},"remove":{"path":"b","dataChange":true}})",
       "two actions in one line"},
      {R"({"add":{"path":"a","path":"b"}})", "twice"},
      {R"([1])", "must be an object"},
      {R"("add")", "must be an object"},
      {R"({"add":[]})", "add must be an object"},
      {R"({"commitInfo":7})", "commitInfo must be an object"},
      {R"({"add":{"partitionValues":{},"size":1,"modificationTime":1,"dataChange":true}})", "add has no \"path\""},
      {R"({"add":{"path":"","partitionValues":{},"size":1,"modificationTime":1,"dataChange":true}})", "add.path"},
      {R"({"add":{"path":3,"partitionValues":{},"size":1,"modificationTime":1,"dataChange":true}})", "a string"},
      {R"({"add":{"path":"a","size":1,"modificationTime":1,"dataChange":true}})", "partitionValues"},
      {R"({"add":{"path":"a","partitionValues":{"p":1},"size":1,"modificationTime":1,"dataChange":true}})", "strings"},
      {R"({"add":{"path":"a","partitionValues":{},"size":"1","modificationTime":1,"dataChange":true}})", "an integer"},
      {R"({"add":{"path":"a","partitionValues":{},"size":-1,"modificationTime":1,"dataChange":true}})", "zero or more"},
      {R"({"add":{"path":"a","partitionValues":{},"size":1,"modificationTime":1,"dataChange":"true"}})",
       "true or false"},
      {R"({"add":{"path":"a","partitionValues":{},"size":1,"modificationTime":1,"dataChange":true,"stats":{}}})",
       "a string"},
      {R"({"remove":{"path":"a"}})", "dataChange"},
      {R"({"protocol":{"minReaderVersion":"1","minWriterVersion":2}})", "an integer"},
      {R"({"protocol":{"minReaderVersion":99999999999,"minWriterVersion":2}})", "a version number"},
      {R"({"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":"x"}})", "an array"},
      {R"({"txn":{"appId":"a"}})", "txn has no \"version\""},
      {R"({"domainMetadata":{"domain":"a","configuration":"x"}})", "removed"},
      {R"({"metaData":{"format":{"provider":"parquet"}}})", "metaData has no \"id\""},
      {R"({"metaData":{"id":"x","configuration":{"a":1}}})", "strings"},
  };
  for (const auto& bad : cases) {
    std::string message;
    EXPECT_EQ(code_of([&] { parse_commit(std::string("\n") + bad.line, "t/_delta_log/7.json"); }, &message),
              ErrorCode::bad_log)
        << bad.line;
    EXPECT_NE(message.find("t/_delta_log/7.json:2"), std::string::npos) << message;
    EXPECT_NE(message.find(bad.says), std::string::npos) << message;
  }
}

TEST(ActionJson, actions_that_reconcile_with_each_other_may_not_share_a_commit) {
  const std::string add = to_json_line(plain_add("a%20b"));
  const std::string same_file = to_json_line(plain_add("a b"));
  const std::string remove = to_json_line(remove_of(plain_add("a b"), 1));
  const std::string protocol = R"({"protocol":{"minReaderVersion":1,"minWriterVersion":2}})";
  const std::string metadata = to_json_line(plain_metadata());
  const std::string txn = R"({"txn":{"appId":"a","version":1}})";
  const std::string domain = R"({"domainMetadata":{"domain":"a","configuration":"x","removed":false}})";
  for (const auto& pair :
       {std::pair(add, same_file), std::pair(remove, remove), std::pair(add, remove), std::pair(protocol, protocol),
        std::pair(metadata, metadata), std::pair(txn, txn), std::pair(domain, domain)})
    EXPECT_EQ(code_of([&] { parse_commit(pair.first + "\n" + pair.second, "x"); }), ErrorCode::bad_log) << pair.first;
  Add with_vector = plain_add("a b");
  with_vector.deletion_vector = DeletionVector{"u", "v", 1, 1, 1};
  EXPECT_EQ(parse_commit(to_json_line(with_vector) + "\n" + remove, "x").size(), 2U)
      << "a new deletion vector is a remove and an add of one path";
  EXPECT_EQ(parse_commit(txn + "\n" + R"({"txn":{"appId":"b","version":1}})", "x").size(), 2U);
}

TEST(ActionJson, a_schema_that_is_not_understood_is_left_to_the_opener) {
  auto actions =
      parse_commit(R"({"metaData":{"id":"x","schemaString":"{\"type\":\"struct\",\"fields\":[{\"name\":\"g\",)"
                   R"(\"type\":\"geometry\",\"nullable\":true,\"metadata\":{}}]}"}})",
                   "x");
  EXPECT_TRUE(std::get<Metadata>(actions[0]).schema.fields.empty());
  EXPECT_FALSE(std::get<Metadata>(actions[0]).schema_string.empty());
}

}  // namespace
}  // namespace weir::lake
