// What weir refuses to write, by name (check_writable in commit.h).
#include "lake/writable.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/text.h"
#include "lake/clustering.h"
#include "lake/commit.h"
#include "lake/features.h"
#include "lake/hudi/compat.h"
#include "lake/iceberg/compat.h"

namespace weir::lake {

namespace {

constexpr int max_writer_version = 7;

// Features that are honoured, or whose use is found out and refused below.
constexpr std::array<std::string_view, 26> honoured = {"appendOnly",
                                                       "invariants",
                                                       "checkConstraints",
                                                       "changeDataFeed",
                                                       "generatedColumns",
                                                       "identityColumns",
                                                       "columnMapping",
                                                       "allowColumnDefaults",
                                                       "icebergCompatV2",
                                                       "icebergCompatV3",
                                                       "timestampNtz",
                                                       "timestampWithoutTimezone",
                                                       "domainMetadata",
                                                       "inCommitTimestamp",
                                                       "inCommitTimestamp-preview",
                                                       "rowTracking",
                                                       "clustering",
                                                       "deletionVectors",
                                                       "typeWidening",
                                                       "typeWidening-preview",
                                                       "v2Checkpoint",
                                                       "vacuumProtocolCheck",
                                                       "variantType",
                                                       "variantType-preview",
                                                       "variantShredding",
                                                       "variantShredding-preview"};

// A commit as check_writable sees it: what it does, and the table's protocol and metadata after it.
struct Write {
  std::string table;
  const CommitDraft& draft;
  Protocol protocol;
  Metadata metadata;
  bool new_metadata = false;
  bool removes_rows = false;
  bool rewrites_files = false;  // adds rows in files, beside those that get a deletion vector
  bool adds_files = false;      // new ones
  bool tells_changes = false;   // has change data files
  std::optional<DomainMetadata> clustering = std::nullopt;
};

Write describe(const std::string& table, const CommitDraft& draft, const Snapshot* base) {
  Write write{table, draft, base ? base->protocol() : Protocol(), base ? base->metadata() : Metadata()};
  for (const auto& action : draft.actions) {
    if (const auto* protocol = std::get_if<Protocol>(&action)) write.protocol = *protocol;
    if (const auto* metadata = std::get_if<Metadata>(&action)) {
      write.metadata = *metadata;
      write.new_metadata = true;
    }
    if (const auto* add = std::get_if<Add>(&action)) {
      write.rewrites_files |= add->data_change && !add->deletion_vector;
      write.adds_files |= !add->deletion_vector;
    }
    write.tells_changes |= std::holds_alternative<Cdc>(action);
    if (const auto* domain = std::get_if<DomainMetadata>(&action); domain && domain->domain == clustering_domain)
      write.clustering = *domain;
    if (const auto* remove = std::get_if<Remove>(&action)) write.removes_rows |= remove->data_change;
  }
  return write;
}

[[noreturn]] void refuse(const Write& write, std::string_view feature, std::string_view why) {
  throw Error(ErrorCode::writer_feature,
              fmt::format("table {} needs the writer feature \"{}\", which weir does not support{}{}", write.table,
                          feature, why.empty() ? "" : ": ", why));
}

void check_protocol(const Write& write) {
  const Protocol& protocol = write.protocol;
  if (protocol.min_writer_version < 1 || protocol.min_writer_version > max_writer_version)
    throw Error(ErrorCode::writer_feature, fmt::format("table {} needs writer version {}; weir writes versions 1 to {}",
                                                       write.table, protocol.min_writer_version, max_writer_version));
  if (protocol.min_writer_version == max_writer_version && !protocol.writer_features)
    throw Error(ErrorCode::bad_log,
                fmt::format("table {}: the protocol has writer version 7 but names no writer features", write.table));
  for (const auto& name : protocol.writer_features.value_or(std::vector<std::string>()))
    if (std::find(honoured.begin(), honoured.end(), name) == honoured.end()) refuse(write, valid_utf8(name), {});
}

void check_properties(const Write& write) {
  // Rewritten files say nothing of what happened to single rows; whole files taken away or added do.
  bool rewrites =
      write.rewrites_files && write.removes_rows &&
      (write.draft.operation == "UPDATE" || write.draft.operation == "MERGE" || write.draft.operation == "DELETE");
  if (rewrites && !write.tells_changes && is_true(write.metadata, "delta.enableChangeDataFeed"))
    refuse(write, "changeDataFeed", fmt::format("{} without change data files", write.draft.operation));
}

// The Parquet writer shreds variants, which a table must allow.
void check_variants(const Write& write) {
  bool variants = write.metadata.schema.any_type([](const DataType& type) { return type.kind == TypeKind::variant; });
  if (!write.adds_files || !variants || is_true(write.metadata, "delta.enableVariantShredding")) return;
  throw Error(
      ErrorCode::writer_feature,
      fmt::format("table {} has VARIANT columns, which weir writes shredded, but does not allow that", write.table),
      "ALTER TABLE … SET ('delta.enableVariantShredding' = 'true'); readers must then know variantShredding");
}

void check_append_only(const Write& write, const Snapshot& base) {
  if (!write.removes_rows || !is_true(base.metadata(), "delta.appendOnly") || !supports(base.protocol(), "appendOnly"))
    return;
  throw Error(ErrorCode::append_only,
              fmt::format("table {} is append-only: {} would remove rows", write.table, write.draft.operation));
}

void check_new_metadata(const Write& write) {
  if (!write.new_metadata) return;
  check_readable(write.protocol, write.metadata, write.table);
  require(upgraded_protocol(write.protocol, write.metadata) == write.protocol,
          "a commit's protocol covers what its metadata needs");
}

// The columns stay, and with them the statistics by which readers know the files apart.
void check_clustering(const Write& write, const Snapshot* base) {
  if (!supports(write.protocol, "clustering")) {
    require(!write.clustering, "a commit's protocol covers the domains that it sets");
    return;
  }
  if (!write.clustering && !write.new_metadata) return;
  Domains domains;
  if (write.clustering)
    domains[clustering_domain] = *write.clustering;
  else if (base)
    domains = base->domains();
  try {
    clustering_of(write.metadata, clustering_columns(write.metadata, domains));
  } catch (const Error& error) {
    throw Error(
        ErrorCode::sql_unsupported,
        fmt::format("table {} would no longer have what its clustering needs: {}", write.table, error.message()),
        error.hint().empty() ? "ALTER TABLE … SET SORTED BY (…) changes the clustering first" : error.hint());
  }
}

}  // namespace

void check_writable(const Snapshot& base, const CommitDraft& draft) {
  Write write = describe(base.location().uri(), draft, &base);
  check_protocol(write);
  check_new_metadata(write);
  check_clustering(write, &base);
  check_append_only(write, base);
  check_properties(write);
  check_variants(write);
  hudi::check_commit(write.table, &base, draft, write.metadata);
  iceberg::check_commit(write.table, &base, draft, write.metadata);
}

void check_creatable(const TableLocation& table, const CommitDraft& draft) {
  Write write = describe(table.uri(), draft, nullptr);
  bool has_protocol = std::any_of(draft.actions.begin(), draft.actions.end(),
                                  [](const Action& action) { return std::holds_alternative<Protocol>(action); });
  require(has_protocol && write.new_metadata, "a table's first commit holds protocol and metaData");
  check_protocol(write);
  check_new_metadata(write);
  check_clustering(write, nullptr);
  check_properties(write);
  check_variants(write);
  hudi::check_commit(write.table, nullptr, draft, write.metadata);
  iceberg::check_commit(write.table, nullptr, draft, write.metadata);
}

}  // namespace weir::lake
