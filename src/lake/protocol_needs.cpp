// The protocol that a table's metadata needs (declared in commit.h).
#include <algorithm>

#include "base/text.h"
#include "lake/commit.h"
#include "lake/features.h"
#include "lake/table_properties.h"

namespace weir::lake {

namespace {

constexpr int features_reader = 3;
constexpr int features_writer = 7;
constexpr int column_mapping_reader = 2;

// Whether a field inside structs only (not in lists or maps) must not be null.
bool has_not_null(const std::vector<Field>& fields) {
  return std::any_of(fields.begin(), fields.end(), [](const Field& field) {
    return !field.nullable || (field.type.kind == TypeKind::struct_ && has_not_null(field.type.fields));
  });
}

bool any_metadata(const Schema& schema, std::string_view key) {
  return schema.any_field([&](const Field& field) { return field.metadata.find(key) != nullptr; });
}

bool any_type(const Schema& schema, TypeKind kind) {
  return schema.any_type([&](const DataType& type) { return type.kind == kind; });
}

std::set<std::string> needed_features(const Metadata& metadata, bool clustered) {
  const Schema& schema = metadata.schema;
  const auto& configuration = metadata.configuration;
  std::set<std::string> needed;
  auto need = [&](bool condition, const char* feature) {
    if (condition) needed.insert(feature);
  };
  auto mode = configuration.find("delta.columnMapping.mode");
  auto policy = configuration.find("delta.checkpointPolicy");
  need(is_true(metadata, "delta.appendOnly"), "appendOnly");
  need(has_not_null(schema.fields) || any_metadata(schema, "delta.invariants"), "invariants");
  need(std::any_of(configuration.begin(), configuration.end(),
                   [](const auto& entry) { return is_constraint(entry.first); }),
       "checkConstraints");
  need(is_true(metadata, "delta.enableChangeDataFeed"), "changeDataFeed");
  need(any_metadata(schema, "delta.generationExpression"), "generatedColumns");
  need(mode != configuration.end() && lower(mode->second) != "none", "columnMapping");
  need(any_metadata(schema, "delta.identity.start"), "identityColumns");
  need(any_metadata(schema, "CURRENT_DEFAULT"), "allowColumnDefaults");
  need(any_type(schema, TypeKind::timestamp_ntz), "timestampNtz");
  need(any_type(schema, TypeKind::variant), "variantType");
  need(is_true(metadata, "delta.enableVariantShredding"), "variantShredding");
  need(is_true(metadata, "delta.enableDeletionVectors"), "deletionVectors");
  need(is_true(metadata, "delta.enableInCommitTimestamps"), "inCommitTimestamp");
  need(is_true(metadata, "delta.enableRowTracking"), "rowTracking");
  need(is_true(metadata, "delta.enableRowTracking"), "domainMetadata");
  need(is_true(metadata, "delta.enableTypeWidening"), "typeWidening");
  need(is_true(metadata, "delta.enableIcebergCompatV1"), "icebergCompatV1");
  need(is_true(metadata, "delta.enableIcebergCompatV2"), "icebergCompatV2");
  need(is_true(metadata, "delta.enableIcebergCompatV3"), "icebergCompatV3");
  need(policy != configuration.end() && lower(policy->second) == "v2", "v2Checkpoint");
  need(clustered, "clustering");
  need(clustered, "domainMetadata");
  return needed;
}

int legacy_writer_version(const std::string& name) {
  const Feature* feature = find_feature(name);
  return feature ? feature->legacy_writer_version : 0;
}

bool is_reader_feature(const std::string& name) {
  const Feature* feature = find_feature(name);
  return feature && feature->reader;
}

// The lowest protocol in which writers honour all of `features`.
Protocol protocol_of(const std::set<std::string>& features) {
  Protocol protocol;
  bool column_mapping = features.contains("columnMapping");
  bool by_version =
      std::all_of(features.begin(), features.end(), [](const auto& name) { return legacy_writer_version(name) > 0; });
  protocol.min_reader_version = column_mapping ? column_mapping_reader : 1;
  if (by_version) {
    for (const auto& name : features)
      protocol.min_writer_version = std::max(protocol.min_writer_version, legacy_writer_version(name));
    return protocol;
  }
  protocol.min_writer_version = features_writer;
  protocol.writer_features.emplace(features.begin(), features.end());
  bool reader = std::any_of(features.begin(), features.end(),
                            [](const auto& name) { return name != "columnMapping" && is_reader_feature(name); });
  if (!reader) return protocol;
  protocol.min_reader_version = features_reader;
  protocol.reader_features.emplace();
  for (const auto& name : features)
    if (is_reader_feature(name)) protocol.reader_features->push_back(name);
  return protocol;
}

}  // namespace

Protocol lowest_protocol(const Metadata& metadata, bool clustered) {
  return protocol_of(needed_features(metadata, clustered));
}

Protocol upgraded_protocol(const Protocol& current, const Metadata& metadata, bool clustered) {
  std::set<std::string> features = writer_features(current);
  auto needed = needed_features(metadata, clustered);
  if (std::includes(features.begin(), features.end(), needed.begin(), needed.end())) return current;
  features.insert(needed.begin(), needed.end());
  // What a legacy version implied may have been used in an older version of the table, so it stays.
  Protocol upgraded = protocol_of(features);
  if (current.min_writer_version == features_writer && upgraded.min_writer_version < features_writer) {
    upgraded.min_writer_version = features_writer;
    upgraded.writer_features.emplace(features.begin(), features.end());
  }
  if (current.min_reader_version == features_reader && upgraded.min_reader_version < features_reader) {
    upgraded.min_reader_version = features_reader;
    upgraded.reader_features = current.reader_features;
  }
  upgraded.min_reader_version = std::max(upgraded.min_reader_version, current.min_reader_version);
  return upgraded;
}

}  // namespace weir::lake
