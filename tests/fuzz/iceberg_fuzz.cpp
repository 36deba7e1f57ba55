// links: weir_lake

// Any bytes as metadata, manifest or manifest list of an Iceberg table: what they say, or an error that names the file.
#include <cstdlib>
#include <string>

#include "base/error.h"
#include "format/avro.h"
#include "lake/iceberg/manifest.h"
#include "lake/iceberg/metadata_read.h"
#include "lake/iceberg/schema_read.h"
#include "lake/iceberg/values.h"

namespace {

using namespace weir;
using namespace weir::lake;

void demand(bool ok) {
  if (!ok) std::abort();
}

const DataType types[] = {DataType::primitive(TypeKind::integer),
                          DataType::primitive(TypeKind::long_),
                          DataType::primitive(TypeKind::double_),
                          DataType::primitive(TypeKind::date),
                          DataType::primitive(TypeKind::timestamp),
                          DataType::primitive(TypeKind::string),
                          DataType::decimal_of(38, 10)};

void as_manifests(const std::string& bytes) {
  iceberg::ManifestFile file;
  file.path = "fuzz";
  for (const auto& entry : iceberg::read_manifest(bytes, file)) {
    for (const auto& [id, bound] : entry.lower_bounds)
      for (const auto& type : types) (void)iceberg::bound_text(type, bound);
    if (entry.partition.list())
      for (const auto& value : *entry.partition.list())
        for (const auto& type : types) (void)iceberg::partition_text(type, value);
  }
}

void as_metadata(const std::string& text) {
  iceberg::ReadMetadata metadata;
  metadata.file = "fuzz";
  metadata.json = Json::parse(text);
  const iceberg::SnapshotSpec now;
  const Json* snapshot = metadata.snapshot(now);
  const auto names = iceberg::read_name_mapping(metadata.property("schema.name-mapping.default"), metadata.file);
  const Schema schema = iceberg::read_schema_fields(metadata.schema(snapshot, now).at("fields"), names, metadata.file);
  (void)schema.to_string();
  (void)metadata.spec(0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  const bool avro = bytes.starts_with(format::avro::file_magic);
  for (int as_list = 0; as_list < (avro ? 2 : 1); ++as_list) {
    try {
      if (!avro)
        as_metadata(bytes);
      else if (as_list)
        (void)iceberg::read_manifest_list(bytes, "fuzz");
      else
        as_manifests(bytes);
    } catch (const Error& error) {
      const auto code = error.code();
      demand(code == ErrorCode::bad_avro || code == ErrorCode::bad_json || code == ErrorCode::bad_iceberg ||
             code == ErrorCode::iceberg_unsupported || code == ErrorCode::no_such_version);
    }
  }
  return 0;
}
