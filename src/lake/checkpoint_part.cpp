#include "lake/checkpoint_part.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "format/arrow_view.h"
#include "lake/checkpoint_stats.h"
#include "lake/stats_struct.h"

namespace weir::lake {

namespace {

using format::ArrowKind;
using format::ArrowView;

enum class AddField : size_t {
  sidecar_path,
  sidecar_size,
  path,
  partition_values,
  size,
  modified,
  data_change,
  tags,
  vector,
  row_id,
  row_version,
  provider,
  stats,
  stats_parsed
};

const std::array<ParquetSelection::Path, 14> add_fields = {{{"sidecar", "path"},
                                                            {"sidecar", "sizeInBytes"},
                                                            {"add", "path"},
                                                            {"add", "partitionValues"},
                                                            {"add", "size"},
                                                            {"add", "modificationTime"},
                                                            {"add", "dataChange"},
                                                            {"add", "tags"},
                                                            {"add", "deletionVector"},
                                                            {"add", "baseRowId"},
                                                            {"add", "defaultRowCommitVersion"},
                                                            {"add", "clusteringProvider"},
                                                            {"add", "stats"},
                                                            {"add", "stats_parsed"}}};

constexpr size_t without_stats = static_cast<size_t>(AddField::stats);

[[noreturn]] void wrong_part(const std::string& shown, std::string_view name, std::string_view wanted) {
  throw Error(ErrorCode::bad_parquet, fmt::format("checkpoint {}: {} must be {}", shown, name, wanted));
}

bool is_text(const ArrowView& view) { return view.kind() == ArrowKind::text || view.kind() == ArrowKind::binary; }
bool is_text_map(const ArrowView& view) {
  return view.kind() == ArrowKind::map && view.keys().kind() == ArrowKind::text &&
         view.values().kind() == ArrowKind::text;
}

// The columns of one batch; a column that is missing or holds nulls only is not there.
class AddBatch {
 public:
  using enum AddField;
  AddBatch(const ArrowView& rows, const std::string& shown) : shown_(shown), row_(rows.find_field("row")) {
    for (size_t i = 0; i < add_fields.size(); ++i) {
      const ArrowView* found = rows.find_field(std::to_string(i));
      if (found && !found->all_null()) columns_[i] = check(static_cast<AddField>(i), *found);
    }
  }
  const ArrowView* column(AddField field, int64_t row) const {
    const ArrowView* found = columns_[static_cast<size_t>(field)];
    return found && !found->is_null(row) ? found : nullptr;
  }
  bool present(int64_t row) const {
    return column(path, row) || column(size, row) || column(modified, row) || column(partition_values, row);
  }
  std::string_view text(AddField field, int64_t row) const { return required(field, row).text(row); }
  int64_t integer(AddField field, int64_t row) const { return required(field, row).integer(row); }
  std::optional<int64_t> optional_integer(AddField field, int64_t row) const {
    const ArrowView* found = column(field, row);
    return found ? std::optional(found->integer(row)) : std::nullopt;
  }
  int64_t position(int64_t row) const { return row_->integer(row); }
  static std::string name(AddField field) { return join(add_fields[static_cast<size_t>(field)], "."); }

 private:
  const ArrowView* check(AddField field, const ArrowView& view) const {
    const auto want = [&](bool right, std::string_view wanted) {
      if (!right) wrong_part(shown_, name(field), wanted);
    };
    switch (field) {
      case path:
      case provider:
      case sidecar_path:
      case stats:
        want(is_text(view), "text");
        break;
      case partition_values:
      case tags:
        want(is_text_map(view), "a map of texts");
        break;
      case data_change:
        want(view.kind() == ArrowKind::boolean, "a boolean");
        break;
      case vector:
      case stats_parsed:
        want(view.kind() == ArrowKind::struct_, "a struct");
        break;
      default:
        want(view.kind() == ArrowKind::integer, "an integer");
    }
    return &view;
  }
  const ArrowView& required(AddField field, int64_t row) const {
    const ArrowView* found = column(field, row);
    if (!found) throw Error(ErrorCode::bad_parquet, fmt::format("checkpoint {}: {} is null", shown_, name(field)));
    return *found;
  }

  const std::string& shown_;
  const ArrowView* row_;
  std::array<const ArrowView*, add_fields.size()> columns_{};
};

DeletionVector deletion_vector(const ArrowView& column, int64_t row, const std::string& shown) {
  const auto field = [&](std::string_view name, bool wants_text) -> const ArrowView* {
    const ArrowView* found = column.find_field(name);
    if (!found || found->is_null(row)) return nullptr;
    if (wants_text ? !is_text(*found) : found->kind() != ArrowKind::integer)
      wrong_part(shown, fmt::format("add.deletionVector.{}", name), wants_text ? "text" : "an integer");
    return found;
  };
  const auto required = [&](std::string_view name, bool wants_text) -> const ArrowView& {
    const ArrowView* found = field(name, wants_text);
    if (!found)
      throw Error(ErrorCode::bad_parquet, fmt::format("checkpoint {}: add.deletionVector.{} is null", shown, name));
    return *found;
  };
  DeletionVector vector;
  vector.storage_type = required("storageType", true).text(row);
  vector.path_or_inline_dv = required("pathOrInlineDv", true).text(row);
  if (const ArrowView* offset = field("offset", false)) vector.offset = offset->integer(row);
  vector.size_bytes = required("sizeInBytes", false).integer(row);
  vector.cardinality = required("cardinality", false).integer(row);
  return vector;
}

// Partition values as numbers of a chunk's partitions: most files repeat those of another file.
class Partitions {
 public:
  uint32_t of(const ArrowView* map, int64_t row, FileChunk& chunk) {
    const bool fresh_chunk = std::exchange(chunk_, &chunk) != &chunk;
    if (fresh_chunk) known_.clear();
    std::swap(key_, last_key_);
    key_.clear();
    const auto [begin, end] = map ? map->range(row) : std::pair<int64_t, int64_t>();
    for (int64_t i = begin; i < end; ++i) {
      append_to_key(map->keys().text(i), false);
      const bool null = map->values().is_null(i);
      append_to_key(null ? std::string_view() : map->values().text(i), null);
    }
    if (!fresh_chunk && key_ == last_key_) return last_;
    auto [found, fresh] = known_.try_emplace(key_, 0);
    if (!fresh) return last_ = found->second;
    PartitionValues values;
    for (int64_t i = begin; i < end; ++i) {
      const bool null = map->values().is_null(i) || map->values().text(i).empty();
      values[std::string(map->keys().text(i))] =
          null ? std::nullopt : std::optional<std::string>(map->values().text(i));
    }
    return last_ = found->second = chunk.partition(values);
  }

 private:
  void append_to_key(std::string_view text, bool null) {
    const size_t size = null ? std::string_view::npos : text.size();
    key_.append(reinterpret_cast<const char*>(&size), sizeof size);
    key_ += text;
  }

  const FileChunk* chunk_ = nullptr;
  std::unordered_map<std::string, uint32_t> known_;
  std::string key_, last_key_;
  uint32_t last_ = 0;
};

std::map<std::string, std::string> tags_at(const ArrowView& map, int64_t row) {
  std::map<std::string, std::string> texts;
  const auto [begin, end] = map.range(row);
  for (int64_t i = begin; i < end; ++i)
    if (!map.values().is_null(i)) texts.emplace(map.keys().text(i), map.values().text(i));
  return texts;
}

std::string stats_of(const AddBatch& batch, int64_t row) {
  using enum AddField;
  if (batch.column(stats, row)) return std::string(batch.text(stats, row));
  const ArrowView* parsed = batch.column(stats_parsed, row);
  return parsed ? stats_text(*parsed, row).value_or(std::string()) : std::string();
}

void append_add(FileListPart& files, Partitions& partitions, const AddBatch& batch, int64_t row,
                const std::string& shown) {
  using enum AddField;
  const std::string_view file_path = batch.text(path, row);
  if (!is_valid_utf8(file_path)) wrong_part(shown, "add.path", "UTF-8 text");
  const ArrowView* change = batch.column(data_change, row);
  FileChunk& chunk = files.chunk();
  const uint32_t partition = partitions.of(batch.column(partition_values, row), row, chunk);
  const bool plain = chunk.append(file_path, batch.integer(size, row), batch.integer(modified, row),
                                  change && change->boolean(row), partition, batch.position(row));
  files.note(plain);
  if (!chunk.source()) chunk.set_stats(stats_of(batch, row));
  if (const ArrowView* map = batch.column(tags, row)) chunk.set_tags(tags_at(*map, row));
  if (const ArrowView* column = batch.column(vector, row))
    chunk.set_deletion_vector(deletion_vector(*column, row, shown));
  const auto base = batch.optional_integer(row_id, row), version = batch.optional_integer(row_version, row);
  if (base || version) chunk.set_row_tracking(base, version);
  if (batch.column(provider, row)) chunk.set_clustering_provider(std::string(batch.text(provider, row)));
}

// Rows that follow each other, read by one thread after another but never by two at once.
struct Piece {
  int64_t first = 0, next = 0;  // positions of its first row, and of the one after its last
  FileListPart files;
  Partitions partitions;
  std::vector<Sidecar> sidecars;
  size_t file_count = 0, other_actions = 0;
};

// What several threads read of one part.
class PartReader {
 public:
  PartReader(const CheckpointPart& part, std::shared_ptr<const StatsSource> statistics)
      : part_(part),
        origin_(std::make_shared<ChunkOrigin>(ChunkOrigin{part.key})),
        statistics_(std::move(statistics)) {}

  void take(const ArrowView& rows) {
    if (rows.size() == 0) return;
    const AddBatch adds(rows, part_.shown);
    auto piece = claim(adds.position(0));
    for (int64_t row = 0; row < rows.size(); ++row) {
      const bool present = adds.present(row);
      if (present) append_add(piece->files, piece->partitions, adds, row, part_.shown);
      ++(present ? piece->file_count : piece->other_actions);
      if (adds.column(AddField::sidecar_path, row))
        piece->sidecars.push_back({std::string(adds.text(AddField::sidecar_path, row)),
                                   adds.optional_integer(AddField::sidecar_size, row).value_or(0)});
    }
    piece->next = adds.position(rows.size() - 1) + 1;
    std::lock_guard lock(mutex_);
    const int64_t next = piece->next;
    pieces_.emplace(next, std::move(piece));
  }

  PartContent content() && {
    std::vector<std::unique_ptr<Piece>> pieces;
    for (auto& [next, piece] : pieces_) pieces.push_back(std::move(piece));
    std::sort(pieces.begin(), pieces.end(), [](auto& a, auto& b) { return a->first < b->first; });
    PartContent content;
    for (auto& piece : pieces) {
      origin_->files += piece->file_count;
      origin_->other_actions += piece->other_actions;
      content.files.push_back(std::move(piece->files));
      std::move(piece->sidecars.begin(), piece->sidecars.end(), std::back_inserter(content.sidecars));
    }
    return content;
  }

 private:
  // The piece that ends before this row, or a new one.
  std::unique_ptr<Piece> claim(int64_t first) {
    {
      std::lock_guard lock(mutex_);
      if (auto node = pieces_.extract(first)) return std::move(node.mapped());
    }
    auto piece = std::make_unique<Piece>();
    piece->first = first;
    piece->files = FileListPart(origin_, statistics_);
    return piece;
  }

  const CheckpointPart& part_;
  std::shared_ptr<ChunkOrigin> origin_;
  std::shared_ptr<const StatsSource> statistics_;
  std::mutex mutex_;
  std::map<int64_t, std::unique_ptr<Piece>> pieces_;  // by the row that comes next
};

}  // namespace

void blame_part(const std::string& shown, const std::function<void()>& read) {
  try {
    read();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::internal) throw;
    throw Error(ErrorCode::bad_parquet, fmt::format("checkpoint {}: {}", shown, error.message()));
  }
}

PartContent read_part(const CheckpointPart& part, ParquetIo& parquet) {
  // To open the part a second time takes longer than this.
  constexpr int64_t small_part_bytes = 1 << 20;
  const bool whole = part.size_bytes <= small_part_bytes;
  ParquetSelection selection;
  selection.fields.assign(add_fields.begin(), whole ? add_fields.end() : add_fields.begin() + without_stats);
  PartReader reader(part, whole ? nullptr : statistics_of(part, parquet));
  blame_part(part.shown, [&] {
    parquet.scan(*part.store, part.key, selection, [&](const ArrowView& rows) { reader.take(rows); });
  });
  return std::move(reader).content();
}

}  // namespace weir::lake
