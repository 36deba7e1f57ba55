#include "lake/checkpoint_read.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <limits>
#include <mutex>

#include "base/error.h"
#include "base/parallel.h"
#include "base/text.h"
#include "format/arrow_view.h"
#include "lake/action_json.h"
#include "lake/checkpoint_part.h"
#include "lake/log_names.h"

namespace weir::lake {

namespace {

using format::ArrowKind;
using format::ArrowView;

// One struct column of a checkpoint, e.g. "add", with typed access to its fields; fields that are missing read as null.
class ActionColumn {
 public:
  ActionColumn(const ArrowView& column, std::string name, std::string key)
      : column_(column), name_(std::move(name)), key_(std::move(key)) {
    if (column_.kind() != ArrowKind::struct_) wrong("", "a struct");
  }
  bool present(int64_t row) const { return !column_.is_null(row); }
  const ArrowView* field(std::string_view name, int64_t row) const {
    const ArrowView* found = column_.find_field(name);
    return found && !found->is_null(row) ? found : nullptr;
  }

  std::optional<std::string> optional_text(std::string_view name, int64_t row) const {
    const ArrowView* found = field(name, row);
    if (!found) return std::nullopt;
    if (found->kind() != ArrowKind::text && found->kind() != ArrowKind::binary) wrong(name, "text");
    std::string_view text = found->text(row);
    if (!is_valid_utf8(text)) wrong(name, "UTF-8 text");
    return std::string(text);
  }
  std::optional<int64_t> optional_integer(std::string_view name, int64_t row) const {
    const ArrowView* found = field(name, row);
    if (!found) return std::nullopt;
    if (found->kind() != ArrowKind::integer) wrong(name, "an integer");
    return found->integer(row);
  }
  std::optional<bool> optional_flag(std::string_view name, int64_t row) const {
    const ArrowView* found = field(name, row);
    if (!found) return std::nullopt;
    if (found->kind() != ArrowKind::boolean) wrong(name, "a boolean");
    return found->boolean(row);
  }
  std::string text(std::string_view name, int64_t row) const { return required(name, optional_text(name, row)); }
  int64_t integer(std::string_view name, int64_t row) const { return required(name, optional_integer(name, row)); }
  std::optional<ActionColumn> nested(std::string_view name, int64_t row) const {
    const ArrowView* found = field(name, row);
    if (!found) return std::nullopt;
    return ActionColumn(*found, fmt::format("{}.{}", name_, name), key_);
  }

  std::optional<PartitionValues> optional_map(std::string_view name, int64_t row) const {
    const ArrowView* found = field(name, row);
    if (!found) return std::nullopt;
    if (found->kind() != ArrowKind::map || found->keys().kind() != ArrowKind::text ||
        found->values().kind() != ArrowKind::text)
      wrong(name, "a map of texts");
    PartitionValues map;
    auto [begin, end] = found->range(row);
    for (int64_t i = begin; i < end; ++i) {
      bool null = found->values().is_null(i);
      map[std::string(found->keys().text(i))] =
          null ? std::nullopt : std::optional<std::string>(found->values().text(i));
    }
    return map;
  }
  std::optional<std::map<std::string, std::string>> optional_text_map(std::string_view name, int64_t row) const {
    auto map = optional_map(name, row);
    if (!map) return std::nullopt;
    std::map<std::string, std::string> texts;
    for (auto& [key, value] : *map)
      if (value) texts.emplace(key, std::move(*value));
    return texts;
  }
  std::optional<std::vector<std::string>> optional_list(std::string_view name, int64_t row) const {
    const ArrowView* found = field(name, row);
    if (!found) return std::nullopt;
    if (found->kind() != ArrowKind::list || found->items().kind() != ArrowKind::text) wrong(name, "a list of texts");
    std::vector<std::string> list;
    auto [begin, end] = found->range(row);
    for (int64_t i = begin; i < end; ++i) list.emplace_back(found->items().text(i));
    return list;
  }

 private:
  [[noreturn]] void wrong(std::string_view name, std::string_view wanted) const {
    throw Error(ErrorCode::bad_parquet,
                fmt::format("checkpoint {}: {}{}{} must be {}", key_, name_, name.empty() ? "" : ".", name, wanted));
  }
  template <typename T>
  T required(std::string_view name, std::optional<T> value) const {
    if (!value) throw Error(ErrorCode::bad_parquet, fmt::format("checkpoint {}: {}.{} is null", key_, name_, name));
    return std::move(*value);
  }
  const ArrowView& column_;
  std::string name_, key_;
};

// To open a larger object a second time takes less than to read all of it.
constexpr size_t small_object_bytes = 1 << 20;

using Visit = std::function<void(const std::string& name, const ActionColumn& column, int64_t row)>;

// Where the actions of these names are. In a large checkpoint they are a few rows, and the lists and maps of protocol
// and metaData take long to read in all the others: whether they are there is told by fields without which they are
// worth nothing. nullopt = nowhere, unless the object lacks even those fields: then anywhere.
std::optional<ParquetSelection::Rows> rows_of(const TableLocation& table, const std::string& object, ParquetIo& parquet,
                                              const std::vector<std::string>& names) {
  ParquetSelection selection;
  for (const auto& name : names) {
    if (name == "metaData")
      selection.fields.insert(selection.fields.end(), {{name, "id"}, {name, "schemaString"}});
    else if (name == "protocol")
      selection.fields.push_back({name, "minReaderVersion"});
    else
      selection.fields.push_back({name});
  }
  selection.present = selection.fields;
  std::optional<ParquetSelection::Rows> found;
  std::mutex mutex;
  const bool any_field = parquet.scan(*table.store, object, selection, [&](const ArrowView& rows) {
    if (rows.size() == 0) return;
    const ArrowView* position = rows.find_field("row");
    std::lock_guard lock(mutex);
    if (!found) found = {position->integer(0), position->integer(0)};
    found->first = std::min(found->first, position->integer(0));
    found->last = std::max(found->last, position->integer(rows.size() - 1));
  });
  if (!any_field) return ParquetSelection::Rows{0, std::numeric_limits<int64_t>::max()};
  return found;
}

// Calls visit(name, column, row) for each row of each object in which the action of one of these names is present.
// `look_first`: such rows are few, and looked for by themselves.
void visit_rows(const TableLocation& table, const std::vector<std::string>& keys, ParquetIo& parquet,
                const std::vector<std::string>& names, const Visit& visit, bool look_first = false) {
  ParquetSelection selection;
  for (const auto& name : names) selection.fields.push_back({name});
  selection.present = selection.fields;
  for (const auto& object : keys) {
    std::string key = shown(table, object);
    blame_part(key, [&] {
      if (look_first) {
        selection.rows = rows_of(table, object, parquet, names);
        if (!selection.rows) return;
      }
      auto stream = parquet.select(*table.store, object, selection);
      while (auto batch = stream ? stream->next() : std::nullopt) {
        ArrowView rows(stream->schema().c_schema(), batch->c_array());
        for (size_t i = 0; i < names.size(); ++i) {
          const ArrowView* found = rows.find_field(std::to_string(i));
          if (!found) continue;
          ActionColumn column(*found, names[i], key);
          for (int64_t row = 0; row < rows.size(); ++row)
            if (column.present(row)) visit(names[i], column, row);
        }
      }
    });
  }
}

std::optional<DeletionVector> read_deletion_vector(const ActionColumn& file, int64_t row) {
  auto column = file.nested("deletionVector", row);
  if (!column) return std::nullopt;
  DeletionVector vector;
  vector.storage_type = column->text("storageType", row);
  vector.path_or_inline_dv = column->text("pathOrInlineDv", row);
  vector.offset = column->optional_integer("offset", row);
  vector.size_bytes = column->integer("sizeInBytes", row);
  vector.cardinality = column->integer("cardinality", row);
  return vector;
}

void empty_is_null(PartitionValues& values) {
  for (auto& [name, value] : values)
    if (value && value->empty()) value = std::nullopt;
}

Remove read_remove(const ActionColumn& column, int64_t row) {
  Remove remove;
  remove.path = column.text("path", row);
  remove.deletion_timestamp_ms = column.optional_integer("deletionTimestamp", row);
  remove.data_change = column.optional_flag("dataChange", row).value_or(false);
  remove.extended_file_metadata = column.optional_flag("extendedFileMetadata", row).value_or(false);
  remove.partition_values = column.optional_map("partitionValues", row);
  if (remove.partition_values) empty_is_null(*remove.partition_values);
  remove.size_bytes = column.optional_integer("size", row);
  remove.deletion_vector = read_deletion_vector(column, row);
  remove.base_row_id = column.optional_integer("baseRowId", row);
  remove.default_row_commit_version = column.optional_integer("defaultRowCommitVersion", row);
  return remove;
}

Metadata read_metadata(const ActionColumn& column, int64_t row) {
  Metadata metadata;
  metadata.id = column.optional_text("id", row).value_or("");
  metadata.name = column.optional_text("name", row);
  metadata.description = column.optional_text("description", row);
  if (auto format = column.nested("format", row)) {
    metadata.format_provider = format->optional_text("provider", row).value_or("parquet");
    metadata.format_options = format->optional_text_map("options", row).value_or(std::map<std::string, std::string>());
  }
  metadata.schema_string = column.optional_text("schemaString", row).value_or("");
  metadata.partition_columns = column.optional_list("partitionColumns", row).value_or(std::vector<std::string>());
  metadata.configuration =
      column.optional_text_map("configuration", row).value_or(std::map<std::string, std::string>());
  metadata.created_time_ms = column.optional_integer("createdTime", row);
  metadata.read_schema();
  return metadata;
}

Protocol read_protocol(const ActionColumn& column, int64_t row) {
  auto version = [&](std::string_view name) {
    int64_t value = column.integer(name, row);
    constexpr int64_t max = std::numeric_limits<int>::max();
    return static_cast<int>(std::clamp<int64_t>(value, -1, max));
  };
  Protocol protocol;
  protocol.min_reader_version = version("minReaderVersion");
  protocol.min_writer_version = version("minWriterVersion");
  protocol.reader_features = column.optional_list("readerFeatures", row);
  protocol.writer_features = column.optional_list("writerFeatures", row);
  return protocol;
}

std::vector<std::string> keys_of(const LogCheckpoint& checkpoint) {
  std::vector<std::string> keys;
  for (const auto& part : checkpoint.parts) keys.push_back(part.key);
  return keys;
}

std::string sidecar_key(const TableLocation& table, const LogCheckpoint& checkpoint, const std::string& path) {
  std::string key;
  try {
    key = decoded_path(path);
  } catch (const Error& error) {
    throw Error(ErrorCode::bad_parquet,
                fmt::format("checkpoint {}: sidecar: {}", shown(table, checkpoint.id()), error.message()));
  }
  if (!is_absolute_path(path)) return log_folder(table) + "_sidecars/" + key;
  // An absolute path is followed only into the table that it is part of.
  if (auto inside = key_inside(table.uri(), path)) return table.key(*inside);
  throw Error(ErrorCode::bad_checkpoint, fmt::format("checkpoint {}: the sidecar {} is not in the table's log",
                                                     shown(table, checkpoint.id()), valid_utf8(path)));
}

CheckpointLines read_lines(const TableLocation& table, const LogCheckpoint& checkpoint) {
  try {
    return parse_checkpoint(table.store->read(checkpoint.id()), shown(table, checkpoint.id()));
  } catch (const Error& error) {
    if (error.code() != ErrorCode::bad_log) throw;
    throw Error(ErrorCode::bad_parquet, fmt::format("checkpoint {}", error.message()));
  }
}

CheckpointHead head_of_lines(CheckpointLines lines) {
  CheckpointHead head;
  for (auto& action : lines.actions) {
    if (auto* value = std::get_if<Protocol>(&action)) head.protocol = std::move(*value);
    if (auto* value = std::get_if<Metadata>(&action)) head.metadata = std::move(*value);
    if (auto* value = std::get_if<Txn>(&action)) head.txns.push_back(std::move(*value));
    if (auto* value = std::get_if<DomainMetadata>(&action)) head.domains.push_back(std::move(*value));
  }
  return head;
}

std::vector<CheckpointPart> as_parts(const TableLocation& table, const LogCheckpoint& checkpoint,
                                     const std::vector<Sidecar>& sidecars) {
  std::vector<CheckpointPart> parts;
  for (const auto& sidecar : sidecars) {
    std::string key = sidecar_key(table, checkpoint, sidecar.path);
    parts.push_back({table.store, key, shown(table, key), sidecar.size_bytes});
  }
  return parts;
}

// In parallel, in order.
std::vector<PartContent> read_parts(const std::vector<CheckpointPart>& parts, ParquetIo& parquet) {
  std::vector<PartContent> read(parts.size());
  parallel_for(parts.size(), 0, [&](size_t i) { read[i] = read_part(parts[i], parquet); });
  return read;
}

}  // namespace

CheckpointHead read_checkpoint_head(const TableLocation& table, const LogCheckpoint& checkpoint, ParquetIo& parquet) {
  if (checkpoint.is_json()) return head_of_lines(read_lines(table, checkpoint));
  CheckpointHead head;
  const bool large = std::any_of(checkpoint.parts.begin(), checkpoint.parts.end(),
                                 [](const auto& part) { return part.size > small_object_bytes; });
  visit_rows(
      table, keys_of(checkpoint), parquet, {"protocol", "metaData", "txn", "domainMetadata"},
      [&](const std::string& name, const ActionColumn& column, int64_t row) {
        if (name == "protocol") head.protocol = read_protocol(column, row);
        if (name == "metaData") head.metadata = read_metadata(column, row);
        if (name == "txn")
          head.txns.push_back(
              {column.text("appId", row), column.integer("version", row), column.optional_integer("lastUpdated", row)});
        if (name == "domainMetadata")
          head.domains.push_back({column.text("domain", row), column.optional_text("configuration", row).value_or(""),
                                  column.optional_flag("removed", row).value_or(false)});
      },
      large);
  return head;
}

std::shared_ptr<const FileList> read_checkpoint_files(const TableLocation& table, const LogCheckpoint& checkpoint,
                                                      ParquetIo& parquet) {
  std::vector<FileListPart> files;
  std::vector<Sidecar> sidecars;
  if (checkpoint.is_json()) {
    auto lines = read_lines(table, checkpoint);
    files.emplace_back();
    for (const auto& action : lines.actions)
      if (const auto* add = std::get_if<Add>(&action)) files.back().append(*add);
    sidecars = std::move(lines.sidecars);
  } else {
    std::vector<CheckpointPart> parts;
    for (const auto& part : checkpoint.parts)
      parts.push_back({table.store, part.key, shown(table, part.key), static_cast<int64_t>(part.size)});
    for (auto& read : read_parts(parts, parquet)) {
      std::move(read.files.begin(), read.files.end(), std::back_inserter(files));
      sidecars.insert(sidecars.end(), read.sidecars.begin(), read.sidecars.end());
    }
  }
  for (auto& read : read_parts(as_parts(table, checkpoint, sidecars), parquet))
    std::move(read.files.begin(), read.files.end(), std::back_inserter(files));
  return FileListBuilder::join(std::move(files));
}

std::vector<Sidecar> read_sidecars(const TableLocation& table, const LogCheckpoint& checkpoint, ParquetIo& parquet) {
  if (checkpoint.is_json()) return read_lines(table, checkpoint).sidecars;
  std::vector<Sidecar> sidecars;
  visit_rows(table, keys_of(checkpoint), parquet, {"sidecar"},
             [&](const auto&, const ActionColumn& column, int64_t row) {
               sidecars.push_back({column.text("path", row), column.optional_integer("sizeInBytes", row).value_or(0),
                                   column.optional_integer("modificationTime", row).value_or(0),
                                   column.optional_text_map("tags", row)});
             });
  return sidecars;
}

std::vector<std::string> checkpoint_sidecars(const TableLocation& table, const LogCheckpoint& checkpoint,
                                             ParquetIo& parquet) {
  std::vector<std::string> keys;
  for (const auto& part : as_parts(table, checkpoint, read_sidecars(table, checkpoint, parquet)))
    keys.push_back(part.key);
  return keys;
}

std::vector<Remove> read_checkpoint_tombstones(const TableLocation& table, const LogCheckpoint& checkpoint,
                                               ParquetIo& parquet) {
  std::vector<Remove> tombstones;
  auto keys = checkpoint_sidecars(table, checkpoint, parquet);
  if (checkpoint.is_json()) {
    for (auto& action : read_lines(table, checkpoint).actions)
      if (auto* remove = std::get_if<Remove>(&action)) tombstones.push_back(std::move(*remove));
  } else {
    const auto own = keys_of(checkpoint);
    keys.insert(keys.begin(), own.begin(), own.end());
  }
  visit_rows(table, keys, parquet, {"remove"}, [&](const auto&, const ActionColumn& column, int64_t row) {
    tombstones.push_back(read_remove(column, row));
  });
  return tombstones;
}

}  // namespace weir::lake
