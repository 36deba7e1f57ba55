#include "lake/clone.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/ids.h"
#include "base/text.h"
#include "lake/clustering.h"
#include "lake/deletion_vector.h"
#include "lake/features.h"
#include "lake/file_list.h"
#include "lake/iceberg/compat.h"
#include "lake/iceberg/manifest.h"
#include "lake/row_tracking.h"
#include "lake/universal_format.h"

namespace weir::lake {

namespace {

class CloneFiles {
 public:
  CloneFiles(const TableLocation& source, const std::string& lake_uri) : source_(source), lake_uri_(lake_uri) {}

  Add add_of(Add add) const {
    add.path = absolute(add.path);
    check_inside(add.path);
    if (add.deletion_vector) add.deletion_vector = vector_of(*add.deletion_vector);
    add.data_change = true;
    add.base_row_id.reset();
    add.default_row_commit_version.reset();
    return add;
  }

 private:
  // Both parts are percent-encoded already.
  std::string absolute(const std::string& path) const {
    return is_absolute_path(path) ? path : source_.uri() + "/" + path;
  }

  DeletionVector vector_of(DeletionVector vector) const {
    if (vector.storage_type != "u") {
      if (vector.storage_type == "p") check_inside(vector.path_or_inline_dv);
      return vector;
    }
    const auto key = deletion_vector_key(source_, vector);
    vector.storage_type = "p";
    vector.path_or_inline_dv = source_.store->uri() + "/" + encode_path(*key);
    check_inside(vector.path_or_inline_dv);
    return vector;
  }

  void check_inside(const std::string& path) const {
    if (key_inside(lake_uri_, path)) return;
    throw Error(
        ErrorCode::path_outside,
        fmt::format("table {} has the file \"{}\", which lies outside of the lake {}: a clone could not be read",
                    source_.uri(), valid_utf8(path), lake_uri_),
        "copy the rows: CREATE TABLE … AS SELECT * FROM …");
  }

  const TableLocation& source_;
  const std::string& lake_uri_;
};

// What belongs to the one table only goes: names of hidden columns must be the table's own, or row ids of the source
// would be taken for the clone's; in-commit timestamps begin with the clone.
Metadata metadata_of(const Snapshot& source, int64_t now_ms) {
  Metadata metadata = source.metadata();
  metadata.id = uuid_v4();
  metadata.name.reset();
  metadata.description.reset();
  metadata.created_time_ms = now_ms;
  for (const char* key :
       {"delta.rowTracking.materializedRowIdColumnName", "delta.rowTracking.materializedRowCommitVersionColumnName",
        "delta.inCommitTimestampEnablementVersion", "delta.inCommitTimestampEnablementTimestamp"})
    metadata.configuration.erase(key);
  if (is_true(metadata, "delta.enableRowTracking")) name_row_id_columns(metadata);
  // Readers of Iceberg know hidden columns by ids that are the same in all tables: they would take those of the source.
  if (iceberg::compat_version(metadata.configuration) >= iceberg::format_with_vectors) {
    metadata.configuration.erase(iceberg::compat_v3_property);
    metadata.configuration.erase(universal_formats_property);
  }
  return metadata;
}

}  // namespace

Clone plan_clone(const Snapshot& source, const std::string& source_name, const std::string& lake_uri, int64_t now_ms) {
  Clone clone;
  CommitDraft& draft = clone.draft;
  draft.operation = "CLONE";
  draft.operation_parameters.set("source", source_name).set("sourceVersion", source.version());
  draft.actions.emplace_back(source.protocol());
  draft.actions.emplace_back(metadata_of(source, now_ms));
  if (auto clustering = source.domains().find(clustering_domain); clustering != source.domains().end())
    draft.actions.emplace_back(clustering->second);
  const CloneFiles of_source(source.location(), lake_uri);
  const auto files = source.file_list();
  for (size_t i = 0; i < files->size(); ++i) {
    Add add = of_source.add_of(files->add(i));
    ++clone.files;
    clone.bytes += add.size_bytes;
    draft.actions.emplace_back(std::move(add));
  }
  draft.operation_metrics.set("sourceTableSize", clone.bytes).set("sourceNumOfFiles", clone.files);
  for (const char* none : {"numRemovedFiles", "numCopiedFiles", "removedFilesSize", "copiedFilesSize"})
    draft.operation_metrics.set(none, int64_t{0});
  return clone;
}

}  // namespace weir::lake
