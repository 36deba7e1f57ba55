#include "format/avro.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace weir::format::avro {

namespace {

const char* const schema_text = R"json({"type":"record","name":"row","fields":[
  {"name":"id","type":"long","field-id":1},
  {"name":"name","type":["null","string"],"default":null,"field-id":2},
  {"name":"small","type":"int"},
  {"name":"ok","type":"boolean"},
  {"name":"f","type":"float"},
  {"name":"d","type":"double"},
  {"name":"raw","type":"bytes"},
  {"name":"four","type":{"type":"fixed","name":"four","size":4}},
  {"name":"color","type":{"type":"enum","name":"color","symbols":["red","green"]}},
  {"name":"list","type":{"type":"array","items":{"type":"record","name":"pair","fields":[
    {"name":"k","type":"int","field-id":7},{"name":"v","type":"bytes","field-id":8}]}}},
  {"name":"map","type":{"type":"map","values":"long"}},
  {"name":"again","type":["null","four"]}]})json";

Value text(const char* value) { return {std::string(value)}; }
Value whole(int64_t value) { return {value}; }
Value list(Value::List values) { return {std::move(values)}; }

Value some_row(int64_t id) {
  return list({whole(id), id % 2 == 0 ? Value{} : text("é"), whole(-7), Value{true}, Value{0.5}, Value{1e300},
               Value{std::string("\0\xFF", 2)}, text("abcd"), text(id % 2 == 0 ? "red" : "green"),
               list({list({whole(1), text("one")}), list({whole(2), text("")})}),
               list({text("k"), whole(INT64_MIN), text("l"), whole(INT64_MAX)}), id % 2 == 0 ? Value{} : text("wxyz")});
}

std::vector<Value> rows_of(const std::string& bytes, const Limits& limits = {}) {
  std::vector<Value> rows;
  read(
      bytes, "file.avro", [&](const Type&, Value row) { rows.push_back(std::move(row)); }, limits);
  return rows;
}

std::string problem_of(const std::string& bytes, const Limits& limits = {}) {
  try {
    rows_of(bytes, limits);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::bad_avro);
    return error.message();
  }
  return "none";
}

std::string bytes_of(Codec codec, int64_t count = 3) {
  std::vector<Value> rows;
  for (int64_t i = 0; i < count; ++i) rows.push_back(some_row(i));
  return write(Json::parse(schema_text), {{"format-version", "2"}}, rows, codec);
}

TEST(Avro, what_is_written_is_read) {
  for (const Codec codec : {Codec::null, Codec::deflate}) {
    const std::string bytes = bytes_of(codec, 600);
    EXPECT_EQ(bytes, bytes_of(codec, 600));
    const auto rows = rows_of(bytes);
    ASSERT_EQ(rows.size(), 600u);
    for (int64_t i = 0; i < 600; ++i) ASSERT_EQ(rows[static_cast<size_t>(i)], some_row(i)) << i;
  }
  EXPECT_LT(bytes_of(Codec::deflate, 600).size(), bytes_of(Codec::null, 600).size());
  EXPECT_TRUE(rows_of(bytes_of(Codec::deflate, 0)).empty());
}

TEST(Avro, header_keeps_properties_and_field_ids) {
  const Header header = read(bytes_of(Codec::null), "file.avro", [](const Type&, Value) {});
  EXPECT_EQ(header.properties.at("format-version"), "2");
  EXPECT_EQ(header.schema, Json::parse(schema_text));
  EXPECT_EQ(header.type.find(2, "other"), 1u);
  EXPECT_EQ(header.type.find(99, "id"), std::nullopt);
  const Type& pair = header.type.fields[9].type.parts.front();
  EXPECT_EQ(pair.find(8, ""), 1u);
  EXPECT_EQ(header.type.fields[10].type.find(1, ""), std::nullopt);
}

// The bytes of the specification's own examples, put together by hand.
TEST(Avro, bytes_are_those_of_the_specification) {
  const Json schema = Json::parse(R"({"type":"record","name":"test","fields":[{"name":"a","type":"long"},)"
                                  R"({"name":"b","type":"string"}]})");
  const std::string bytes = write(schema, {}, {list({whole(27), text("foo")})}, Codec::null);
  const std::string block(
      "\x02\x0A\x36\x06"
      "foo",
      7);
  ASSERT_GT(bytes.size(), 2 * 16 + block.size());
  EXPECT_EQ(bytes.substr(bytes.size() - 16 - block.size(), block.size()), block);
  EXPECT_EQ(bytes.substr(bytes.size() - 16), bytes.substr(bytes.size() - 16 - block.size() - 16, 16));
  EXPECT_TRUE(bytes.starts_with(std::string("Obj\x01", 4)));
}

TEST(Avro, every_cut_and_every_changed_byte_is_met) {
  for (const Codec codec : {Codec::null, Codec::deflate}) {
    const std::string bytes = bytes_of(codec);
    size_t cuts_that_read = 0;
    for (size_t length = 0; length < bytes.size(); ++length)
      if (problem_of(bytes.substr(0, length)) == "none") ++cuts_that_read;
    EXPECT_EQ(cuts_that_read, 1u) << "only the header alone, with no block, is a file";
    for (size_t i = 0; i < bytes.size(); ++i)
      for (const int change : {1, 0x40, 0x80, 0xFF}) {
        std::string damaged = bytes;
        damaged[i] = static_cast<char>(damaged[i] ^ change);
        problem_of(damaged);  // a value or bad_avro
      }
  }
  EXPECT_THAT(problem_of("PAR1"), testing::HasSubstr("file.avro is no Avro file"));
  std::string other_sync = bytes_of(Codec::null);
  other_sync.back() = static_cast<char>(other_sync.back() ^ 1);
  EXPECT_THAT(problem_of(other_sync), testing::HasSubstr("sync marker"));
}

std::string file_with(const std::string& schema, const std::string& block, int count) {
  std::string out = write(Json::parse(R"({"type":"record","name":"r","fields":[]})"), {}, {}, Codec::null);
  const std::string sync = out.substr(out.size() - 16);
  const auto text_of = [](const std::string& text) {
    std::string bytes;
    uint64_t bits = text.size() * 2;
    for (; bits >= 0x80; bits >>= 7) bytes += static_cast<char>(0x80 | (bits & 0x7F));
    return bytes + static_cast<char>(bits) + text;
  };
  std::string file("Obj\x01\x02", 5);
  file += text_of("avro.schema") + text_of(schema) + std::string(1, '\0') + sync;
  return file + static_cast<char>(count * 2) + text_of(block) + sync;
}

TEST(Avro, few_bytes_do_not_become_much) {
  const std::string nulls = R"({"type":"array","items":"null"})";
  // 2^40 nulls in one list.
  EXPECT_THAT(problem_of(file_with(nulls, "\x80\x80\x80\x80\x80\x80\x40", 1)), testing::HasSubstr("more values"));
  EXPECT_THAT(problem_of(file_with(R"("string")", "\xFE\xFF\xFF\xFF\x0F", 1)),
              testing::HasSubstr("more than there are"));
  EXPECT_THAT(problem_of(bytes_of(Codec::deflate, 600), Limits{100}), testing::HasSubstr("more than 100 bytes"));
  EXPECT_THAT(problem_of(bytes_of(Codec::null, 600), Limits{100}), testing::HasSubstr("more than 100 bytes"));
}

TEST(Avro, schemas_that_are_none) {
  std::string deep = R"("int")", wide = R"("int")";
  for (int i = 0; i < 70; ++i) deep = R"({"type":"array","items":)" + deep + "}";
  std::string doubling = R"({"type":"record","name":"r0","fields":[{"name":"a","type":"int"}]})";
  for (int i = 1; i < 30; ++i) {
    const std::string name = "r" + std::to_string(i), before = "r" + std::to_string(i - 1);
    doubling = R"({"type":"record","name":")" + name + R"(","fields":[{"name":"a","type":)" + doubling +
               R"(},{"name":"b","type":")" + before + R"("}]})";
  }
  const std::map<std::string, std::string> cases = {
      {R"({"type":"record","name":"r","fields":[{"name":"next","type":["null","r"]}]})", "holds itself"},
      {R"("decimal")", "unknown type"},
      {R"({"type":"fixed","name":"f"})", "size"},
      {R"({"type":"fixed","name":"f","size":-1})", "size"},
      {R"({"type":"record","fields":[]})", "name"},
      {R"({"type":"record","name":"r"})", "fields"},
      {R"({"type":"record","name":"r","fields":[{"name":"a"}]})", "without \"type\""},
      {R"(["null",{"type":"fixed","name":"f","size":1},{"type":"fixed","name":"f","size":2}])", "twice"},
      {R"({"type":"array"})", "items"},
      {R"(7)", "is a number"},
      {R"({)", "its schema"},
      {deep, "more than 64 levels"},
      {doubling, "10000 parts"}};
  for (const auto& [schema, problem] : cases)
    EXPECT_THAT(problem_of(file_with(schema, "", 0)), testing::HasSubstr(problem)) << schema.substr(0, 100);
  EXPECT_EQ(problem_of(file_with(R"("string")", "\x02x", 1)), "none");
  EXPECT_THAT(problem_of(file_with(R"("string")", "\x02\xFF", 1)), testing::HasSubstr("no UTF-8"));
  EXPECT_THAT(problem_of(file_with(R"("boolean")", "\x02", 1)), testing::HasSubstr("neither 0 nor 1"));
  EXPECT_THAT(problem_of(file_with(R"(["null"])", "\x02", 1)), testing::HasSubstr("branch 1 of 1"));
  EXPECT_THAT(problem_of(file_with(R"("null")", "x", 1)), testing::HasSubstr("longer than its rows"));
}

}  // namespace

}  // namespace weir::format::avro
