#include "lake/features.h"

#include <fmt/format.h>

#include <array>
#include <functional>

#include "base/error.h"
#include "base/text.h"

namespace weir::lake {

namespace {

constexpr int table_features_reader = 3;
constexpr int table_features_writer = 7;

// name, reader feature?, readable?, legacy writer version
constexpr std::array<Feature, 33> known = {{{"appendOnly", false, true, 2},
                                            {"invariants", false, true, 2},
                                            {"checkConstraints", false, true, 3},
                                            {"changeDataFeed", false, true, 4},
                                            {"generatedColumns", false, true, 4},
                                            {"columnMapping", true, true, 5},
                                            {"identityColumns", false, true, 6},
                                            {"timestampNtz", true, true, 0},
                                            {"timestampWithoutTimezone", true, true, 0},
                                            {"domainMetadata", false, true, 0},
                                            {"allowColumnDefaults", false, true, 0},
                                            {"inCommitTimestamp", false, true, 0},
                                            {"inCommitTimestamp-preview", false, true, 0},
                                            {"rowTracking", false, true, 0},
                                            {"clustering", false, true, 0},
                                            {"icebergCompatV1", false, true, 0},
                                            {"icebergCompatV2", false, true, 0},
                                            {"icebergCompatV3", false, true, 0},
                                            {"materializePartitionColumns", false, true, 0},
                                            {"checkpointProtection", false, true, 0},
                                            {"deletionVectors", true, true, 0},
                                            {"v2Checkpoint", true, true, 0},
                                            {"vacuumProtocolCheck", true, true, 0},
                                            {"typeWidening", true, true, 0},
                                            {"typeWidening-preview", true, true, 0},
                                            {"variantType", true, true, 0},
                                            {"variantType-preview", true, true, 0},
                                            {"variantShredding", true, true, 0},
                                            {"variantShredding-preview", true, true, 0},
                                            {"catalogManaged", true, false, 0},
                                            {"catalogOwned", true, false, 0},
                                            {"catalogOwned-preview", true, false, 0},
                                            {"geospatial", true, false, 0}}};

[[noreturn]] void refuse(const std::string& table, std::string_view feature, std::string_view why = {}) {
  std::string more = why.empty() ? std::string() : fmt::format(" ({})", why);
  throw Error(
      ErrorCode::reader_feature,
      fmt::format("table {} needs the reader feature \"{}\", which weir does not support{}", table, feature, more));
}

void check_versions(const Protocol& protocol, const std::string& table) {
  int reader = protocol.min_reader_version;
  if (reader < 1 || reader > table_features_reader)
    throw Error(ErrorCode::reader_feature, fmt::format("table {} needs reader version {}; weir reads versions 1 to {}",
                                                       table, reader, table_features_reader));
  if (reader == table_features_reader && !protocol.reader_features)
    throw Error(ErrorCode::bad_log,
                fmt::format("table {}: the protocol has reader version 3 but names no reader features", table));
  if (reader == table_features_reader && protocol.min_writer_version != table_features_writer)
    throw Error(ErrorCode::bad_log, fmt::format("table {}: the protocol has reader version 3 but writer version {}",
                                                table, protocol.min_writer_version));
}

// The first column, at any depth of structs, that the test finds; nullptr if none.
const Field* find_struct_field(const DataType& type, const std::function<bool(const Field&)>& test) {
  for (const auto& field : type.fields) {
    if (type.kind == TypeKind::struct_ && test(field)) return &field;
    if (const Field* below = find_struct_field(field.type, test)) return below;
  }
  return nullptr;
}

void check_column_mapping(const Metadata& metadata, const std::string& table) {
  auto mode = metadata.configuration.find("delta.columnMapping.mode");
  if (mode == metadata.configuration.end() || lower(mode->second) == "none") return;
  if (metadata.column_mapping() == ColumnMapping::none)
    refuse(table, "columnMapping", fmt::format("delta.columnMapping.mode is {}", valid_utf8(mode->second)));
  const DataType row{TypeKind::struct_, 0, 0, metadata.schema.fields};
  const Field* without = find_struct_field(row, [&](const Field& field) {
    return field.mapped_name.empty() || (!field.id() && metadata.column_mapping() == ColumnMapping::by_id);
  });
  if (without)
    throw Error(ErrorCode::bad_delta_schema,
                fmt::format("table {}: its columns are mapped, but column {} has no {}", table, without->name,
                            without->mapped_name.empty() ? "physical name" : "id"));
}

void check_schema(const Metadata& metadata, const std::string& table) {
  if (metadata.schema.fields.empty()) {
    if (metadata.schema_string.empty())
      throw Error(ErrorCode::bad_delta_schema, fmt::format("table {}: the metadata holds no schema", table));
    try {
      Schema::parse(metadata.schema_string);
    } catch (Error& error) {
      throw std::move(error.add_context(fmt::format("table {}", table)));
    }
  }
  for (const auto& column : metadata.partition_columns)
    if (!metadata.schema.find(column))
      throw Error(ErrorCode::bad_delta_schema,
                  fmt::format("table {}: the partition column {} is not in the schema", table, column));
}

}  // namespace

const Feature* find_feature(std::string_view name) {
  for (const auto& feature : known)
    if (feature.name == name) return &feature;
  return nullptr;
}

std::set<std::string> writer_features(const Protocol& protocol) {
  std::set<std::string> features;
  if (protocol.min_writer_version < table_features_writer) {
    for (const auto& feature : known)
      if (feature.legacy_writer_version > 0 && feature.legacy_writer_version <= protocol.min_writer_version)
        features.emplace(feature.name);
  }
  if (protocol.writer_features) features.insert(protocol.writer_features->begin(), protocol.writer_features->end());
  return features;
}

bool supports(const Protocol& protocol, std::string_view feature) {
  return writer_features(protocol).contains(std::string(feature));
}

bool is_true(const Metadata& metadata, const std::string& property) {
  auto found = metadata.configuration.find(property);
  return found != metadata.configuration.end() && iequals(trim(found->second), "true");
}

bool in_commit_timestamps(const Protocol& protocol, const Metadata& metadata) {
  return is_true(metadata, "delta.enableInCommitTimestamps") &&
         (supports(protocol, "inCommitTimestamp") || supports(protocol, "inCommitTimestamp-preview"));
}

bool deletion_vectors(const Protocol& protocol, const Metadata& metadata) {
  return is_true(metadata, "delta.enableDeletionVectors") && supports(protocol, "deletionVectors");
}

bool change_data_feed(const Protocol& protocol, const Metadata& metadata) {
  return is_true(metadata, "delta.enableChangeDataFeed") && supports(protocol, "changeDataFeed");
}

void check_readable(const Protocol& protocol, const Metadata& metadata, const std::string& table) {
  check_versions(protocol, table);
  check_column_mapping(metadata, table);
  for (const auto& name : protocol.reader_features.value_or(std::vector<std::string>())) {
    const Feature* feature = find_feature(name);
    if (!feature || !feature->readable) refuse(table, valid_utf8(name));
  }
  if (metadata.format_provider != "parquet")
    throw Error(ErrorCode::reader_feature, fmt::format("table {} stores its rows as {}; weir reads parquet only", table,
                                                       valid_utf8(metadata.format_provider)));
  check_schema(metadata, table);
}

}  // namespace weir::lake
