// Ids, values, manifests and metadata of Iceberg; whole tables are read by a reader of Iceberg's own in
// tests/conformance/read_as_iceberg.py.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/text.h"
#include "lake/deletion_vector.h"
#include "lake/iceberg/change.h"
#include "lake/iceberg/compat.h"
#include "lake/iceberg/data_files.h"
#include "lake/iceberg/field_ids.h"
#include "lake/iceberg/keep_up.h"
#include "lake/iceberg/puffin.h"
#include "lake/iceberg/table_metadata.h"
#include "lake/iceberg/values.h"
#include "lake/schema_change.h"
#include "lake/universal_format.h"
#include "lake_fixture.h"
#include "store/memory_store.h"

namespace weir::lake::iceberg {

namespace {

Field column(const std::string& name, DataType type) {
  Field field;
  field.name = name;
  field.type = std::move(type);
  return field;
}

Metadata mapped(std::vector<Field> fields, std::vector<std::string> partition = {}) {
  Metadata metadata;
  metadata.id = "5fba94ed-9794-4965-ba6e-6ee3c0d22af9";
  metadata.schema.fields = std::move(fields);
  metadata.partition_columns = std::move(partition);
  metadata.configuration["delta.universalFormat.enabledFormats"] = "iceberg";
  add_defaults(metadata.configuration);
  map_columns(metadata, false);
  return metadata;
}

const DataType integer = DataType::primitive(TypeKind::integer);
const DataType text = DataType::primitive(TypeKind::string);

Metadata nested_table() {
  DataType row{TypeKind::struct_, 0, 0, {column("x", DataType::array_of(integer))}};
  return mapped({column("id", integer), column("m", DataType::map_of(text, DataType::array_of(integer))),
                 column("l", DataType::array_of(row, false))});
}

TEST(IcebergIds, elements_keys_and_values_have_some) {
  const Metadata metadata = nested_table();
  EXPECT_EQ(metadata.configuration.at("delta.columnMapping.maxColumnId"), "9");
  EXPECT_EQ(metadata.schema.fields[1].metadata.at(nested_ids_key).dump(),
            R"({"m.key":3,"m.value":4,"m.value.element":5})");
  EXPECT_EQ(metadata.schema.fields[0].metadata.find(nested_ids_key), nullptr);
  Metadata again = metadata;
  map_columns(again, false);
  EXPECT_EQ(again.schema, metadata.schema);
  Schema all = with_nested_ids(metadata.schema);
  std::set<int64_t> ids;
  all.each_field([&](Field& field) { EXPECT_TRUE(ids.insert(field.id().value()).second) << field.name; });
  EXPECT_EQ(ids.size(), 9u);
}

TEST(IcebergSchema, is_that_of_the_specification) {
  EXPECT_EQ(
      schema_fields(with_nested_ids(nested_table().schema)).dump(),
      R"([{"id":1,"name":"id","required":false,"type":"int"},)"
      R"({"id":2,"name":"m","required":false,"type":{"type":"map","key-id":3,"key":"string","value-id":4,)"
      R"("value-required":false,"value":{"type":"list","element-id":5,"element-required":false,"element":"int"}}},)"
      R"({"id":6,"name":"l","required":false,"type":{"type":"list","element-id":7,"element-required":true,)"
      R"("element":{"type":"struct","fields":[{"id":8,"name":"x","required":false,"type":{"type":"list",)"
      R"("element-id":9,"element-required":false,"element":"int"}}]}}}])");
}

std::string bound(const DataType& type, const Scalar& value, bool upper = false) {
  const auto bytes = bound_bytes(type, value, upper);
  return bytes ? hex(*bytes) : "none";
}

TEST(IcebergValues, bounds_have_binary_forms) {
  const auto of = [](TypeKind kind) { return DataType::primitive(kind); };
  EXPECT_EQ(bound(integer, int64_t{34}), "22000000");
  EXPECT_EQ(bound(of(TypeKind::byte), int64_t{-1}), "ffffffff");
  EXPECT_EQ(bound(integer, int64_t{1} << 40), "none");
  EXPECT_EQ(bound(of(TypeKind::long_), int64_t{34}), "2200000000000000");
  EXPECT_EQ(bound(of(TypeKind::boolean), true), "01");
  EXPECT_EQ(bound(of(TypeKind::date), int64_t{17'486}), "4e440000");
  EXPECT_EQ(bound(of(TypeKind::timestamp), int64_t{1'510'871'468'000'000}), "00c3262d215e0500");
  EXPECT_EQ(bound(of(TypeKind::float_), -4.5), "000090c0");
  EXPECT_EQ(bound(of(TypeKind::double_), 6.0), "0000000000001840");
  EXPECT_EQ(bound(of(TypeKind::double_), 0.0, false), "0000000000000080");
  EXPECT_EQ(bound(of(TypeKind::double_), -0.0, true), "0000000000000000");
  EXPECT_EQ(bound(text, std::string("AB")), "4142");
  EXPECT_EQ(bound(text, Scalar()), "none");
  const DataType decimal = DataType::decimal_of(9, 2);
  EXPECT_EQ(bound(decimal, std::string("14.20")), "058c");
  EXPECT_EQ(bound(decimal, std::string("-14.2")), "fa74");
  EXPECT_EQ(bound(decimal, std::string("0")), "00");
  EXPECT_EQ(bound(decimal, std::string("1.28")), "0080");
  EXPECT_EQ(bound(decimal, std::string("-1.28")), "80");
  EXPECT_EQ(bound(decimal, std::string("1.285")), "none");
  EXPECT_EQ(bound(decimal, std::string("1e5")), "none");
  EXPECT_EQ(bound(DataType::decimal_of(38, 0), std::string(38, '9')), "4b3b4ca85a86c47a098a223fffffffff");
}

TEST(IcebergValues, partition_values_have_avro_types) {
  const DataType decimal = DataType::decimal_of(9, 2);
  EXPECT_EQ(partition_type(decimal).at("size").as_int(), 4);
  EXPECT_EQ(partition_type(DataType::decimal_of(38, 0)).at("size").as_int(), 16);
  EXPECT_EQ(hex(*partition_value(decimal, "-0.01")->text()), "ffffffff");
  EXPECT_EQ(*partition_value(DataType::primitive(TypeKind::date), "1970-01-03")->whole(), 2);
  EXPECT_TRUE(partition_value(text, std::nullopt)->is_null());
  EXPECT_FALSE(partition_value(integer, "x"));
  auto narrow = *partition_value(decimal, "-0.01");
  widen_partition_value(DataType::decimal_of(12, 2), narrow);
  EXPECT_EQ(hex(*narrow.text()), "ffffffffffff");
}

TEST(IcebergManifests, what_is_written_is_read) {
  const Metadata metadata =
      mapped({column("id", integer), column("a b", text), column("d", DataType::decimal_of(9, 2))}, {"a b", "d"});
  const auto table = TableMetadata::next(nullptr, metadata, "file:///t", 0, 1);
  Entry entry;
  entry.path = "file:///t/x.parquet";
  entry.partition = {format::avro::Value::List{{std::string("é")}, {}}};
  entry.rows = 7;
  entry.bytes = 1000;
  entry.snapshot_id = 5;
  entry.value_counts = {{1, 7}};
  entry.null_counts = {{1, 2}};
  entry.lower_bounds = {{1, "\x01"}};
  Entry old = entry;
  old.status = EntryStatus::existing;
  old.snapshot_id = 3;
  old.sequence_number = 2;
  const ManifestSchema schema = table.manifest_schema(metadata);
  entry.sequence_number = 4;
  ManifestFile file = describe(schema, {entry, old}, {5, 4});
  const std::string bytes = manifest_bytes(schema, {entry, old}, file);
  EXPECT_EQ(file.added_files, 1);
  EXPECT_EQ(file.existing_rows, 7);
  file.path = "m.avro";
  const auto entries = read_manifest(bytes, file);
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].sequence_number, 4) << "that of the list";
  EXPECT_EQ(entries[1].sequence_number, 2);
  EXPECT_EQ(entries[1].snapshot_id, 3);
  EXPECT_EQ(entries[1].status, EntryStatus::existing);
  EXPECT_EQ(entries[0].partition, entry.partition);
  EXPECT_EQ(entries[0].lower_bounds, entry.lower_bounds);
  EXPECT_EQ(entries[0].null_counts, entry.null_counts);
  const auto list = read_manifest_list(manifest_list_bytes({file}, {2, 5, 0, 4}), "list.avro");
  ASSERT_EQ(list.size(), 1u);
  EXPECT_EQ(list[0].path, "m.avro");
  EXPECT_EQ(list[0].sequence_number, 4);
  EXPECT_EQ(list[0].added_rows, 7);
  EXPECT_EQ(list[0].first_row_id, std::nullopt);
  EXPECT_EQ(list[0].partitions, file.partitions);
  EXPECT_THROW(read_manifest_list(bytes, "m.avro"), Error);
}

// ---- format version 3 ----

std::map<std::string, std::string> with_vectors() {
  return {{"delta.universalFormat.enabledFormats", "iceberg"}, {"delta.enableDeletionVectors", "true"}};
}

Metadata third(std::vector<Field> fields, std::vector<std::string> partition = {}) {
  Metadata metadata = mapped(std::move(fields), std::move(partition));
  metadata.configuration = with_vectors();
  add_defaults(metadata.configuration);
  return metadata;
}

TEST(IcebergCompat, deletion_vectors_come_with_format_version_3) {
  auto configuration = with_vectors();
  add_defaults(configuration);
  EXPECT_EQ(compat_version(configuration), 3);
  EXPECT_EQ(configuration.at("delta.enableRowTracking"), "true");
  EXPECT_EQ(configuration.at("delta.columnMapping.mode"), "name");
  EXPECT_FALSE(configuration.contains(compat_property));
  const auto again = configuration;
  add_defaults(configuration);
  EXPECT_EQ(configuration, again);
  configuration = {{universal_formats_property, "iceberg"}};
  add_defaults(configuration);
  EXPECT_EQ(compat_version(configuration), 2);
  EXPECT_FALSE(configuration.contains("delta.enableRowTracking"));
  configuration = with_vectors();
  configuration[compat_property] = "true";
  add_defaults(configuration);
  EXPECT_EQ(compat_version(configuration), 2) << "what is said goes; the commit refuses it";
  EXPECT_EQ(compat_version({{compat_v3_property, "TRUE"}}), 3);
  EXPECT_EQ(format_version({}), 2);
}

TEST(IcebergCompat, defaults_are_literals_in_format_version_3) {
  const auto refusal = [](Metadata metadata, const std::string& sql) -> std::string {
    metadata.schema.fields[0].metadata.set("CURRENT_DEFAULT", sql);
    try {
      check_commit("t", nullptr, {}, metadata);
    } catch (const Error& error) {
      return error.message();
    }
    return {};
  };
  const Metadata metadata = third({column("id", integer)});
  for (const char* sql :
       {"7", "-1.5", "NULL", "true", "10L", "1.5BD", "'x'", "'it\\'s'", "'it''s'", "\"x\"", "DATE '2026-01-01'",
        "CAST('2026-01-01' AS DATE)", "CAST(CAST('1' AS INT) AS BIGINT)", "X'1F'"})
    EXPECT_EQ(refusal(metadata, sql), "") << sql;
  for (const char* sql : {"current_date()", "(1 + 1)", "'a' || 'b'", "concat('a', 'b')", "CAST(rand() AS INT)", ""})
    EXPECT_THAT(refusal(metadata, sql), testing::HasSubstr("the default of \"id\"")) << sql;
  EXPECT_EQ(refusal(mapped({column("id", integer)}), "current_date()"), "");
}

TEST(IcebergPuffin, blobs_are_found_by_the_footer) {
  const PuffinFile file = puffin_of({{"file:///t/a", 2, "frame"}, {"file:///t/b", 1, "2nd"}});
  EXPECT_EQ(file.offsets, (std::vector<int64_t>{4, 9}));
  const std::string footer =
      R"({"blobs":[{"type":"deletion-vector-v1","fields":[2147483645],"snapshot-id":-1,"sequence-number":-1,)"
      R"("offset":4,"length":5,"properties":{"referenced-data-file":"file:///t/a","cardinality":"2"}},)"
      R"({"type":"deletion-vector-v1","fields":[2147483645],"snapshot-id":-1,"sequence-number":-1,)"
      R"("offset":9,"length":3,"properties":{"referenced-data-file":"file:///t/b","cardinality":"1"}}],)"
      R"("properties":{"created-by":"weir"}})";
  ASSERT_EQ(footer.size(), 0x19aU);
  EXPECT_EQ(file.bytes, "PFA1frame2ndPFA1" + footer + std::string("\x9a\x01\0\0\0\0\0\0", 8) + "PFA1");
  EXPECT_EQ(puffin_of({}).bytes.substr(0, 9), "PFA1PFA1{");
}

Entry data_entry(const std::string& name, int64_t first_row_id, int64_t rows, int64_t sequence_number) {
  Entry entry;
  entry.path = "file:///t/" + name;
  entry.partition = {format::avro::Value::List{}};
  entry.rows = rows;
  entry.snapshot_id = 5;
  entry.sequence_number = sequence_number;
  entry.first_row_id = first_row_id;
  return entry;
}

TEST(IcebergThird, row_ids_are_inherited_where_they_can_be) {
  const Metadata metadata = third({column("id", integer)});
  const auto table = TableMetadata::next(nullptr, metadata, "file:///t", 4, 1);
  EXPECT_EQ(table.format_version(), 3);
  EXPECT_EQ(table.sequence_number(), 4) << "the version of rows that are added";
  const ManifestSchema schema = table.manifest_schema(metadata);
  Entry old = data_entry("old", 3, 2, 1);
  old.status = EntryStatus::existing;
  old.snapshot_id = 2;
  old.file_sequence_number = 2;
  const std::vector<Entry> entries = {old, data_entry("a", 10, 7, 4), data_entry("back", 5, 2, 2),
                                      data_entry("b", 17, 3, 4)};
  ManifestFile file = describe(schema, entries, {5, 4, 10});
  EXPECT_EQ(file.min_sequence_number, 1);
  EXPECT_EQ(rows_given_ids(entries, file), 10);
  const std::string bytes = manifest_bytes(schema, entries, file);
  std::vector<std::string> ids, numbers;
  format::avro::read(bytes, "m.avro", [&](const format::avro::Type& type, const format::avro::Value& row) {
    const auto text = [](const format::avro::Value& value) {
      return value.whole() ? std::to_string(*value.whole()) : "null";
    };
    const auto& values = *row.list();
    const size_t place = *type.find(2, "data_file");
    ids.push_back(text((*values[place].list())[*type.fields[place].type.find(142, "first_row_id")]));
    numbers.push_back(text(values[*type.find(3, "")]) + " " + text(values[*type.find(4, "")]));
  });
  EXPECT_EQ(ids, (std::vector<std::string>{"3", "null", "5", "null"}));
  EXPECT_EQ(numbers, (std::vector<std::string>{"1 2", "null null", "2 null", "null null"}));
  const auto read = read_manifest(bytes, file);
  ASSERT_EQ(read.size(), entries.size());
  for (size_t i = 0; i < read.size(); ++i) {
    EXPECT_EQ(read[i].first_row_id, entries[i].first_row_id) << i;
    EXPECT_EQ(read[i].sequence_number, entries[i].sequence_number) << i;
  }
  EXPECT_EQ(read[0].file_sequence_number, 2);
  EXPECT_EQ(read[2].file_sequence_number, 4);
  const auto list = read_manifest_list(manifest_list_bytes({file}, {3, 5, 0, 4, 10}), "list.avro");
  EXPECT_EQ(list.at(0).first_row_id, 10);
}

TEST(IcebergThird, deletion_vectors_are_named_by_delete_manifests) {
  const Metadata metadata = third({column("id", integer), column("p", text)}, {"p"});
  const TableLocation table{std::make_shared<store::MemoryStore>("ice"), "main/t/"};
  const auto next = TableMetadata::next(nullptr, metadata, table.uri(), 4, 1);
  Add add;
  add.path = "p=a%20b/x.parquet";
  add.partition_values["p"] = "a b";
  add.stats = R"({"numRecords":9})";
  EXPECT_THROW(entry_of(table, add, metadata), Error) << "no row ids";
  add.base_row_id = 20;
  add.default_row_commit_version = 3;
  add.deletion_vector = DeletionVector{"i", "", {}, 40, 6};
  EXPECT_EQ(entry_of(table, add, metadata).first_row_id, 20);
  EXPECT_EQ(entry_of(table, add, metadata).sequence_number, 3);
  EXPECT_THROW(entry_of(table, add, mapped({column("id", integer), column("p", text)}, {"p"})), Error) << "version 2";
  Entry vector = vector_entry_of(table, add, metadata);
  vector.path = table.uri() + "/metadata/deletes-1.puffin";
  vector.snapshot_id = 5;
  vector.sequence_number = 4;
  vector.blob_offset = 4;
  vector.blob_bytes = 48;
  const ManifestSchema schema = next.manifest_schema(metadata);
  ManifestFile file = describe(schema, {vector}, {5, 4});
  EXPECT_TRUE(file.of_deletes);
  EXPECT_EQ(file.added_rows, 6);
  const std::string bytes = manifest_bytes(schema, {vector}, file);
  const auto header = format::avro::read(bytes, "m.avro", [](const format::avro::Type&, const format::avro::Value&) {});
  EXPECT_EQ(header.properties.at("content"), "deletes");
  EXPECT_EQ(header.properties.at("format-version"), "3");
  const Entry read = read_manifest(bytes, file).at(0);
  EXPECT_EQ(read.content, Content::position_deletes);
  EXPECT_EQ(read.format, "PUFFIN");
  EXPECT_EQ(read.path, vector.path);
  EXPECT_EQ(read.referenced_file, table.uri() + "/p=a b/x.parquet");
  EXPECT_EQ(read.rows, 6);
  EXPECT_EQ(read.blob_offset, 4);
  EXPECT_EQ(read.blob_bytes, 48);
  EXPECT_EQ(read.sequence_number, 4);
  EXPECT_EQ(read.first_row_id, std::nullopt);
  EXPECT_EQ(read.partition, (format::avro::Value{format::avro::Value::List{{std::string("a b")}}}));
  EXPECT_TRUE(read_manifest_list(manifest_list_bytes({file}, {3, 5, 0, 4, 0}), "list.avro").at(0).of_deletes);
}

TEST(IcebergThird, a_snapshot_takes_its_row_ids) {
  const Metadata metadata = third({column("id", integer)});
  auto table = TableMetadata::next(nullptr, metadata, "file:///t", 0, 1);
  EXPECT_EQ(table.next_row_id(), 0);
  Json snapshot = Json::object().set("snapshot-id", 1).set("timestamp-ms", 1);
  table.add_snapshot(std::move(snapshot.set("first-row-id", 0).set("added-rows", 12)), 0);
  EXPECT_EQ(TableMetadata::next(&table, metadata, "file:///t", 1, 2).next_row_id(), 12);
}

CommitFile commit_of(std::vector<Action> actions) {
  CommitFile commit;
  commit.version = 7;
  commit.actions = std::move(actions);
  return commit;
}

Add file_of(const std::string& path, int64_t rows_gone = 0) {
  Add add;
  add.path = path;
  if (rows_gone > 0) add.deletion_vector = DeletionVector{"i", "", {}, 40, rows_gone};
  return add;
}

Remove removal_of(const std::string& path) {
  Remove remove;
  remove.path = path;
  return remove;
}

TEST(IcebergChange, a_file_with_another_vector_stays) {
  const TableLocation table{std::make_shared<store::MemoryStore>("ice"), "main/t/"};
  const auto uri = [&](const std::string& path) { return table.uri() + "/" + path; };
  const CommitFile commit = commit_of({removal_of("changed"), removal_of("gone"), removal_of("back"),
                                       file_of("changed", 2), file_of("new", 1), file_of("back"), file_of("plain"),
                                       DomainMetadata{"delta.rowTracking", R"({"rowIdHighWaterMark":41})", false}});
  const Change change = change_of(table, commit, 3);
  const auto paths = [](const std::vector<const Add*>& adds) {
    std::vector<std::string> names;
    for (const auto* add : adds) names.push_back(add->path);
    return names;
  };
  EXPECT_EQ(paths(change.added), (std::vector<std::string>{"new", "plain"}));
  EXPECT_EQ(paths(change.vectors), (std::vector<std::string>{"changed", "new"}));
  EXPECT_EQ(change.gone, (std::set<std::string>{uri("gone")}));
  EXPECT_EQ(change.bare, (std::set<std::string>{uri("back"), uri("changed"), uri("gone")}));
  EXPECT_EQ(change.highest_row_id, 41);
  EXPECT_EQ(paths(change_of(table, commit_of({removal_of("a"), file_of("a")}), 2).added), std::vector<std::string>{"a"})
      << "version 2 has no vectors that could be another one";
  Add told_again = file_of("b", 3);
  told_again.data_change = false;
  const CommitFile again = commit_of({told_again});
  EXPECT_EQ(change_of(table, again, 3).gone, (std::set<std::string>{uri("b")}));
  EXPECT_EQ(change_of(table, again, 3).bare, (std::set<std::string>{uri("b")}));
}

// The summary of a column's values, as a manifest list has it.
FieldSummary summary(const DataType& type, const std::vector<std::optional<std::string>>& values) {
  const Metadata metadata = mapped({column("id", integer), column("p", type)}, {"p"});
  const auto table = TableMetadata::next(nullptr, metadata, "file:///t", 0, 1);
  std::vector<Entry> entries;
  for (const auto& value : values) {
    Entry entry;
    entry.partition = {format::avro::Value::List{*partition_value(type, value)}};
    entries.push_back(std::move(entry));
  }
  return describe(table.manifest_schema(metadata), entries, {}).partitions->at(0);
}

std::string text_of(const FieldSummary& summary) {
  const auto bytes = [](const std::optional<std::string>& bound) { return bound ? hex(*bound) : "none"; };
  return fmt::format("{}{}{} {}", summary.contains_null ? "null " : "",
                     summary.contains_nan.value_or(true) ? "nan " : "", bytes(summary.lower), bytes(summary.upper));
}

TEST(IcebergSummaries, bound_the_partition_values) {
  const auto of = [](TypeKind kind) { return DataType::primitive(kind); };
  EXPECT_EQ(text_of(summary(integer, {"7", "-1", "300"})), "ffffffff 2c010000");
  EXPECT_EQ(text_of(summary(of(TypeKind::long_), {std::nullopt, "7"})), "null 0700000000000000 0700000000000000");
  EXPECT_EQ(text_of(summary(text, {std::nullopt})), "null none none");
  EXPECT_EQ(text_of(summary(text, {"b", "é", "abc"})), "616263 c3a9");
  EXPECT_EQ(text_of(summary(of(TypeKind::boolean), {"true", "false"})), "00 01");
  EXPECT_EQ(text_of(summary(of(TypeKind::date), {"1970-01-03", "1969-12-31"})), "ffffffff 02000000");
  EXPECT_EQ(text_of(summary(DataType::decimal_of(9, 2), {"-0.01", "1.28", "-300.00"})), "8ad0 0080");
  EXPECT_EQ(text_of(summary(of(TypeKind::double_), {"NaN", "0.0"})), "nan 0000000000000080 0000000000000000");
  EXPECT_EQ(text_of(summary(of(TypeKind::float_), {"-4.5", "6"})), "000090c0 0000c040");
}

// A table whose log has deletion vectors, of which the metadata is kept.
class IcebergVectorsTest : public TableTest {
 protected:
  void SetUp() override {
    Metadata metadata = plain_metadata(with_vectors());
    add_defaults(metadata.configuration);
    map_columns(metadata, false);
    metadata.schema_string = metadata.schema.to_string();
    commit(0, {lowest_protocol(metadata), metadata});
    commit(1, {file("a", 0), file("b", 10)});
  }
  static Add file(const std::string& path, int64_t base_row_id) {
    Add add = plain_add(path, 10);
    add.base_row_id = base_row_id;
    add.default_row_commit_version = 1;
    return add;
  }
  // With the rows of these positions gone.
  Add with_vector(Add add, const std::vector<uint64_t>& gone) {
    format::RowBitmap rows;
    for (const uint64_t row : gone) rows.add(row);
    const std::string uuid = fmt::format("01234567-89ab-cdef-0123-{:012}", ++objects_);
    auto written = write_deletion_vectors({rows}, "", uuid);
    store->put(table.key(written.key), written.bytes);
    add.deletion_vector = written.vectors[0];
    frames_[file_uri(table, add.path)] = deletion_vector_frame(table, *add.deletion_vector);
    return add;
  }
  static Remove removal(const Add& add) {
    Remove remove = removal_of(add.path);
    remove.deletion_vector = add.deletion_vector;
    return remove;
  }
  std::string object(const std::string& uri) { return store->read(table.key(uri.substr(table.uri().size() + 1))); }
  // The entries of the newest snapshot, of data files or of deletion vectors.
  std::vector<Entry> entries(int64_t version, bool of_vectors) {
    keep_up(*open(version), parquet);
    const TableMetadata kept{
        Json::parse(store->read(table.key(fmt::format("metadata/v{}.metadata.json", version + 1))))};
    std::vector<Entry> found;
    for (const auto& manifest : read_manifest_list(object(kept.manifest_list()), "list")) {
      EXPECT_EQ(manifest.first_row_id.has_value(), !manifest.of_deletes);
      if (manifest.of_deletes != of_vectors) continue;
      for (auto& entry : read_manifest(object(manifest.path), manifest)) found.push_back(std::move(entry));
    }
    std::sort(found.begin(), found.end(),
              [](auto& a, auto& b) { return a.path + a.referenced_file < b.path + b.referenced_file; });
    return found;
  }
  // Which files have vectors, with how many rows and since which version. Their blobs must be those of the log.
  std::string vectors(int64_t version) {
    std::vector<std::string> told;
    for (const auto& entry : entries(version, true)) {
      const std::string puffin = object(entry.path);
      EXPECT_EQ(static_cast<int64_t>(puffin.size()), entry.bytes);
      EXPECT_EQ(puffin.substr(static_cast<size_t>(entry.blob_offset), static_cast<size_t>(entry.blob_bytes)),
                frames_.at(entry.referenced_file));
      told.push_back(fmt::format("{} {} {}", entry.referenced_file.substr(table.uri().size() + 1), entry.rows,
                                 entry.sequence_number));
    }
    std::sort(told.begin(), told.end());
    return join(told, ", ");
  }
  std::map<std::string, std::string> frames_;
  int objects_ = 0;
};

TEST_F(IcebergVectorsTest, are_those_of_the_log) {
  EXPECT_EQ(vectors(1), "");
  const Add a1 = with_vector(file("a", 0), {3}), b1 = with_vector(file("b", 10), {0, 9});
  commit(2, {removal(file("a", 0)), removal(file("b", 10)), a1, b1});
  EXPECT_EQ(vectors(2), "a 1 2, b 2 2");
  const Add a2 = with_vector(file("a", 0), {3, 4});
  commit(3, {removal(a1), a2});
  EXPECT_EQ(vectors(3), "a 2 3, b 2 2");
  const auto files = entries(3, false);
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(files[0].status, EntryStatus::added) << "the manifest of data files stays as it was";
  EXPECT_EQ(files[1].first_row_id, 10);
  EXPECT_EQ(files[1].sequence_number, 1);
  commit(4, {removal(a2)});
  EXPECT_EQ(vectors(4), "b 2 2");
  commit(5, {removal(b1), file("b", 10)});
  EXPECT_EQ(vectors(5), "");
  EXPECT_EQ(entries(5, false).size(), 1U);
}

TEST_F(IcebergVectorsTest, in_the_log_itself_are_told_too) {
  // The bitmap of row 3, in Z85.
  Add add = file("a", 0);
  add.deletion_vector = DeletionVector{"i", "^Bg9^0rr910000000000iXQKl0rr91000005c8Xg##093", std::nullopt, 34, 1};
  frames_[file_uri(table, "a")] = deletion_vector_frame(table, *add.deletion_vector);
  commit(2, {removal(file("a", 0)), add});
  EXPECT_EQ(vectors(2), "a 1 2");
}

TEST_F(IcebergVectorsTest, are_told_at_once_where_manifests_are_damaged) {
  const Add a1 = with_vector(file("a", 0), {3});
  commit(2, {removal(file("a", 0)), a1});
  EXPECT_EQ(vectors(2), "a 1 2");
  for (const auto& entry : store::list(*store, table.key("metadata/"))) {
    if (entry.key.ends_with(".avro")) store->put(entry.key, "");
    if (entry.key.ends_with(".puffin")) store->put(entry.key, "PFA1");
  }
  const Add b1 = with_vector(file("b", 10), {5});
  commit(3, {removal(file("b", 10)), b1});
  EXPECT_EQ(vectors(3), "a 1 3, b 1 3") << "a vector's own number only says that it is not older than its file";
}

TEST_F(IcebergVectorsTest, that_stay_leave_a_file_whose_other_rows_come_back) {
  const Add a1 = with_vector(file("a", 0), {3}), b1 = with_vector(file("b", 10), {0, 9});
  commit(2, {removal(file("a", 0)), removal(file("b", 10)), a1, b1});
  const std::string together = entries(2, true).at(0).path;
  const Add b0 = with_vector(file("b", 10), {0});
  commit(3, {removal(b1), b0});
  EXPECT_EQ(vectors(3), "a 1 2, b 1 3");
  for (const auto& entry : entries(3, true)) EXPECT_NE(entry.path, together) << "it has the rows of b that are back";
}

TEST(IcebergMetadata, schemas_and_specs_are_kept_and_found_again) {
  Metadata metadata = mapped({column("id", integer), column("p", text)}, {"p"});
  const auto first = TableMetadata::next(nullptr, metadata, "file:///t", 0, 1);
  EXPECT_EQ(first.version(), 0);
  EXPECT_EQ(first.spec().dump(),
            R"({"spec-id":0,"fields":[{"source-id":2,"field-id":1000,"name":"p","transform":"identity"}]})");
  const auto second = TableMetadata::next(&first, with_column(metadata, {}, column("x", integer)), "file:///t", 1, 2);
  EXPECT_EQ(second.schema().at("schema-id").as_int(), 1);
  EXPECT_EQ(second.json.at("last-column-id").as_int(), 3);
  const auto back = TableMetadata::next(&second, metadata, "file:///t", 2, 3);
  EXPECT_EQ(back.schema(), first.schema());
  EXPECT_EQ(back.json.at("last-column-id").as_int(), 3);
  const auto renamed = TableMetadata::next(&back, with_renamed_column(metadata, {"p"}, "q"), "file:///t", 3, 4);
  EXPECT_EQ(renamed.spec().at("fields").as_array()[0].at("name").as_string(), "q");
  EXPECT_EQ(renamed.json.at("partition-specs").size(), 1u);
}

TEST(IcebergMetadata, old_snapshots_go) {
  const Metadata metadata = mapped({column("id", integer)});
  auto table = TableMetadata::next(nullptr, metadata, "file:///t", 0, 1);
  for (int64_t time : {10, 20, 30})
    table.add_snapshot(Json::object().set("snapshot-id", time).set("timestamp-ms", time), time - 10);
  EXPECT_EQ(table.json.at("snapshots").size(), 2u);
  EXPECT_EQ(table.json.at("snapshot-log").size(), 2u);
  EXPECT_EQ(table.snapshot_id(), 30);
}

TEST(IcebergFiles, have_absolute_addresses) {
  const TableLocation table{std::make_shared<store::MemoryStore>("ice"), "main/t/"};
  EXPECT_EQ(file_uri(table, "p=a%2520b/x.parquet"), table.uri() + "/p=a%20b/x.parquet");
  EXPECT_EQ(file_uri(table, "/other/x%20y.parquet"), "file:///other/x y.parquet");
  Add add;
  add.path = "x.parquet";
  EXPECT_THROW(entry_of(table, add, mapped({column("id", integer)})), Error);
  add.stats = R"({"numRecords":3,"minValues":{"id":1},"maxValues":{"id":2},"nullCount":{"id":1}})";
  const Entry entry = entry_of(table, add, mapped({column("id", integer)}));
  EXPECT_EQ(entry.rows, 3);
  EXPECT_EQ(entry.null_counts.at(1), 1);
  EXPECT_EQ(hex(entry.upper_bounds.at(1)), "02000000");
}

}  // namespace

}  // namespace weir::lake::iceberg
