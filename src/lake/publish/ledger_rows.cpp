#include "lake/publish/ledger_rows.h"

#include <fmt/format.h>

#include "format/arrow_builder.h"
#include "store/memory_store.h"

namespace weir::lake::publish {

namespace {

using format::arrow_int64;
using format::arrow_text;

// Parquet is made and read here in memory, so that the name, the check of the content and the put are the ledger's own.
constexpr const char* scratch_key = "ledger.parquet";

format::ArrowType row_type() {
  return format::arrow_struct(
      "", {arrow_text("uri"), arrow_int64("size"), arrow_text("etag"), arrow_int64("modified_ms"), arrow_text("status"),
           arrow_int64("rows"), arrow_int64("quarantined"), arrow_int64("n"), arrow_text("sha256")});
}

std::string_view status_text(FileStatus status) {
  switch (status) {
    case FileStatus::loaded:
      return "loaded";
    case FileStatus::rejected:
      return "rejected";
    case FileStatus::superseded:
      return "superseded";
  }
  throw Error(ErrorCode::internal, "unknown status of a file");
}

void append(format::ArrowBuilder& rows, const LedgerEntry& entry) {
  rows.field(0).append_text(entry.uri);
  rows.field(1).append_int(static_cast<int64_t>(entry.size));
  rows.field(2).append_text(entry.etag);
  rows.field(3).append_int(entry.modified_ms);
  rows.field(4).append_text(status_text(entry.status));
  rows.field(5).append_int(entry.rows);
  rows.field(6).append_int(entry.quarantined);
  rows.field(7).append_int(entry.n);
  rows.field(8).append_text(entry.sha256);
  rows.end_row();
}

// The columns of one batch.
class Columns {
 public:
  Columns(const format::BatchSchema& schema, const format::Batch& batch, const std::string& place)
      : schema_(schema), batch_(batch), place_(place) {}

  void read_into(std::vector<LedgerEntry>& out) const {
    const auto uri = column("uri", format::ArrowKind::text), etag = column("etag", format::ArrowKind::text);
    const auto status = column("status", format::ArrowKind::text), sha256 = column("sha256", format::ArrowKind::text);
    const auto size = column("size", format::ArrowKind::integer);
    const auto modified_ms = column("modified_ms", format::ArrowKind::integer);
    const auto rows = column("rows", format::ArrowKind::integer);
    const auto quarantined = column("quarantined", format::ArrowKind::integer),
               n = column("n", format::ArrowKind::integer);
    for (int64_t row = 0; row < batch_.row_count(); ++row) {
      LedgerEntry entry;
      entry.uri = uri.text(row);
      entry.size = static_cast<uint64_t>(size.integer(row));
      entry.etag = etag.text(row);
      entry.modified_ms = modified_ms.integer(row);
      entry.status = status_of(status.text(row));
      entry.rows = rows.integer(row);
      entry.quarantined = quarantined.integer(row);
      entry.n = n.integer(row);
      entry.sha256 = sha256.text(row);
      out.push_back(std::move(entry));
    }
  }

 private:
  format::ArrowView column(std::string_view name, format::ArrowKind kind) const {
    const auto view = format::column_view(schema_, batch_, name);
    if (!view || view->kind() != kind)
      throw Error(ErrorCode::ledger_damaged, fmt::format("{}: column {} is missing or of another type", place_, name));
    return *view;
  }

  FileStatus status_of(std::string_view text) const {
    for (FileStatus status : {FileStatus::loaded, FileStatus::rejected, FileStatus::superseded})
      if (status_text(status) == text) return status;
    throw Error(ErrorCode::ledger_damaged, fmt::format("{}: \"{}\" is no status of a file", place_, text));
  }

  const format::BatchSchema& schema_;
  const format::Batch& batch_;
  const std::string& place_;
};

}  // namespace

std::string ledger_bytes(const std::vector<LedgerEntry>& entries, ParquetIo& parquet) {
  format::ArrowBuilder rows(row_type());
  for (const LedgerEntry& entry : entries) append(rows, entry);
  std::vector<format::Batch> batches;
  batches.push_back(rows.finish_batch());
  format::BatchList stream(format::arrow_schema(rows.type()), std::move(batches));
  store::MemoryStore scratch("ledger");
  parquet.write(scratch, scratch_key, stream);
  return scratch.read(scratch_key);
}

std::vector<LedgerEntry> ledger_entries(const std::string& bytes, const std::string& place, ParquetIo& parquet) {
  store::MemoryStore scratch("ledger");
  scratch.put(scratch_key, bytes);
  std::vector<LedgerEntry> entries;
  try {
    const auto stream = parquet.read(scratch, scratch_key);
    while (auto batch = stream->next()) Columns(stream->schema(), *batch, place).read_into(entries);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::bad_parquet) throw;
    throw Error(ErrorCode::ledger_damaged, fmt::format("{}: {}", place, error.message()));
  }
  return entries;
}

}  // namespace weir::lake::publish
