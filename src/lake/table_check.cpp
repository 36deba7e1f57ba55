#include "lake/table_check.h"

#include <fmt/format.h>

#include <unordered_map>

#include "base/error.h"
#include "lake/deletion_vector.h"
#include "lake/file_list.h"

namespace weir::lake {

namespace {

constexpr const char* put_back =
    "put it back from a backup; without one, go back to a version that does not need it (weir table history, weir "
    "table "
    "restore) or take the file's rows out and load them again";
constexpr const char* rewrite_stats =
    "readers may skip rows of this file: write it anew, for instance by an UPDATE or OPTIMIZE that takes it in";

std::string bytes_text(int64_t bytes) { return fmt::format("{} bytes", bytes); }

class FileChecker {
 public:
  FileChecker(const Snapshot& snapshot, TableCheck& check)
      : snapshot_(snapshot), table_(snapshot.location()), check_(check) {
    table_.store->list_from(table_.prefix, {}, [&](const store::ObjectInfo& info) {
      sizes_[info.key] = info.size;
      return true;
    });
  }

  void look_at(const Add& add) {
    ++check_.files;
    const auto key = key_of(add.path);
    if (!key) return;
    const auto size = size_of_object(*key);
    const std::string says = bytes_text(add.size_bytes);
    if (!size)
      report("missing", *key, says, "nothing", put_back);
    else if (*size != static_cast<uint64_t>(add.size_bytes))
      report("size", *key, says, bytes_text(static_cast<int64_t>(*size)), put_back);
    if (add.deletion_vector) look_at_vector(add, *key);
  }

 private:
  std::optional<std::string> key_of(const std::string& path) {
    if (!is_absolute_path(path)) return table_.key(decoded_path(path));
    auto key = key_inside(table_.store->uri(), path);
    if (!key)
      report("outside", path, "a file outside of the lake", "not looked at: weir reads no file there",
             "copy the table with the engine that made it (a deep clone)");
    return key;
  }

  // A listing is no snapshot, and files may lie outside of the folder: the store is asked before one counts as missing.
  std::optional<uint64_t> size_of_object(const std::string& key) const {
    if (auto listed = sizes_.find(key); listed != sizes_.end()) return listed->second;
    const auto info = table_.store->head(key);
    return info ? std::optional(info->size) : std::nullopt;
  }

  void look_at_vector(const Add& add, const std::string& file) {
    ++check_.deletion_vectors;
    const DeletionVector& vector = *add.deletion_vector;
    const std::string says = fmt::format("{} deleted rows of {}", vector.cardinality, file);
    std::string object = "in the log, of " + file;
    try {
      if (const auto key = deletion_vector_key(table_, vector)) object = *key;
      const auto rows = read_deletion_vector(table_, vector);
      const auto records = parse_stats(add, snapshot_.metadata()).num_records;
      if (!records || rows.empty() || rows.last() < static_cast<uint64_t>(*records)) return;
      report("deletion vector", object, fmt::format("{} has {} rows", file, *records),
             fmt::format("row {} is deleted", rows.last()), put_back);
    } catch (const Error& error) {
      if (error.code() == ErrorCode::store_not_found)
        report("deletion vector", object, says, "nothing", put_back);
      else if (error.code() == ErrorCode::bad_deletion_vector || error.code() == ErrorCode::path_outside)
        report("deletion vector", object, says, error.message(), put_back);
      else
        throw;
    }
  }

  void report(std::string what, std::string file, std::string log, std::string found, std::string remedy) {
    check_.findings.push_back({std::move(what), std::move(file), std::move(log), std::move(found), std::move(remedy)});
  }

  const Snapshot& snapshot_;
  const TableLocation& table_;
  TableCheck& check_;
  std::unordered_map<std::string, uint64_t> sizes_;
};

std::string scalar_text(const Scalar& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return '"' + *text + '"';
  if (const auto* number = std::get_if<int64_t>(&value)) return std::to_string(*number);
  if (const auto* number = std::get_if<double>(&value)) return fmt::format("{}", *number);
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  return "nothing";
}

class StatsChecker {
 public:
  StatsChecker(const Add& add, std::string file, const Snapshot& snapshot, TableCheck& check)
      : file_(std::move(file)),
        metadata_(snapshot.metadata()),
        stats_(parse_stats(add, metadata_)),
        deleted_(add.deletion_vector ? add.deletion_vector->cardinality : 0),
        check_(check) {}

  void compare(const MeasuredFile& measured) {
    if (stats_.num_records && *stats_.num_records - deleted_ != measured.rows)
      return report("rows", fmt::format("{} rows, {} of them deleted", *stats_.num_records, deleted_),
                    fmt::format("{} rows are left", measured.rows));
    for (const auto& [name, column] : measured.columns) {
      const auto said = stats_.columns.find(name);
      if (said == stats_.columns.end()) continue;
      compare_nulls(name, said->second, column, measured.rows);
      compare_bounds(name, said->second, column);
    }
  }

 private:
  void compare_nulls(const std::string& name, const ColumnBounds& said, const MeasuredColumn& column, int64_t rows) {
    if (!said.null_count) return;
    // With a deletion vector, and below structs, only what a reader concludes from the count must hold.
    const bool none = *said.null_count == 0 && column.nulls > 0;
    const bool all = stats_.num_records && *said.null_count == *stats_.num_records && column.nulls < rows;
    const bool differs = !column.nested && deleted_ == 0 && *said.null_count != column.nulls;
    if (none || all || differs)
      report("statistics", fmt::format("{} nulls in {}", *said.null_count, name), fmt::format("{}", column.nulls));
  }

  void compare_bounds(const std::string& name, const ColumnBounds& said, const MeasuredColumn& column) {
    const Field* field = metadata_.schema.find_leaf(name);
    if (!field) return;
    const auto low = compare_scalars(said.min, column.min, field->type);
    const auto high = compare_scalars(said.max, column.max, field->type);
    if (low && *low > 0)
      report("statistics", fmt::format("{} is at least {}", name, scalar_text(said.min)),
             fmt::format("the least is {}", scalar_text(column.min)));
    if (high && *high < 0)
      report("statistics", fmt::format("{} is at most {}", name, scalar_text(said.max)),
             fmt::format("the greatest is {}", scalar_text(column.max)));
  }

  void report(std::string what, std::string log, std::string found) {
    check_.findings.push_back({std::move(what), file_, std::move(log), std::move(found), rewrite_stats});
  }

  std::string file_;
  const Metadata& metadata_;
  FileStats stats_;
  int64_t deleted_;
  TableCheck& check_;
};

}  // namespace

void check_files(const Snapshot& snapshot, TableCheck& check) {
  FileChecker checker(snapshot, check);
  const auto files = snapshot.file_list();
  for (size_t i = 0; i < files->size(); ++i) checker.look_at(files->add(i));
}

void check_stats(const Add& add, const std::string& file, const Snapshot& snapshot, const MeasuredFile& measured,
                 TableCheck& check) {
  StatsChecker(add, file, snapshot, check).compare(measured);
}

}  // namespace weir::lake
