// Ids, values, manifests and metadata of Iceberg; whole tables are read by a reader of Iceberg's own in
// tests/conformance/read_as_iceberg.py.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/text.h"
#include "lake/iceberg/compat.h"
#include "lake/iceberg/data_files.h"
#include "lake/iceberg/field_ids.h"
#include "lake/iceberg/table_metadata.h"
#include "lake/iceberg/values.h"
#include "lake/schema_change.h"
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
  const std::string bytes = manifest_bytes(table.manifest_schema(metadata), {entry, old}, 5);
  ManifestFile file = describe({entry, old}, 0, 5, 4);
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
  const auto list = read_manifest_list(manifest_list_bytes({file}, 5, 0, 4), "list.avro");
  ASSERT_EQ(list.size(), 1u);
  EXPECT_EQ(list[0].path, "m.avro");
  EXPECT_EQ(list[0].sequence_number, 4);
  EXPECT_EQ(list[0].added_rows, 7);
  EXPECT_THROW(read_manifest_list(bytes, "m.avro"), Error);
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
