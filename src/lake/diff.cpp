#include "lake/diff.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "lake/file_list.h"
#include "lake/history.h"

namespace weir::lake {

namespace {

int64_t deleted_rows(const FileList& files, size_t i) {
  const DeletionVector* vector = files.deletion_vector(i);
  return vector ? vector->cardinality : 0;
}

std::optional<int64_t> rows_of(const FileList& files) {
  files.read_records();
  int64_t rows = 0;
  for (size_t i = 0; i < files.size(); ++i) {
    const auto records = files.records(i);
    if (!records) return std::nullopt;
    rows += *records - deleted_rows(files, i);
  }
  return rows;
}

// Columns with their position-independent description.
void describe(const std::vector<Field>& fields, const std::string& parent, std::map<std::string, std::string>& out,
              std::vector<std::string>& order) {
  for (const auto& field : fields) {
    std::string path = parent.empty() ? field.name : parent + "." + field.name;
    bool nested = field.type.kind == TypeKind::struct_;
    out[path] = (nested ? std::string("struct") : type_name(field.type)) + (field.nullable ? "" : " not null");
    order.push_back(path);
    if (nested) describe(field.type.fields, path, out, order);
  }
}

std::vector<ColumnChange> column_changes(const Schema& from, const Schema& to) {
  std::map<std::string, std::string> before, after;
  std::vector<std::string> order, later;
  describe(from.fields, {}, before, order);
  describe(to.fields, {}, after, later);
  for (const auto& path : later)
    if (!before.contains(path)) order.push_back(path);
  std::vector<ColumnChange> changes;
  for (const auto& path : order)
    if (before[path] != after[path]) changes.push_back({path, before[path], after[path]});
  return changes;
}

std::vector<PropertyChange> property_changes(const std::map<std::string, std::string>& from,
                                             const std::map<std::string, std::string>& to) {
  std::set<std::string> keys;
  for (const auto& [key, value] : from) keys.insert(key);
  for (const auto& [key, value] : to) keys.insert(key);
  std::vector<PropertyChange> changes;
  auto get = [](const auto& map, const auto& key) {
    auto found = map.find(key);
    return found == map.end() ? std::nullopt : std::optional(found->second);
  };
  for (const auto& key : keys)
    if (get(from, key) != get(to, key)) changes.push_back({key, get(from, key), get(to, key)});
  return changes;
}

// Files of `files` that are not in `others`, and the rows that are live in `files` only. A file that both have counts
// with the rows that one of them has deleted.
void collect(const FileList& files, const FileList& others, std::vector<std::string>& paths, int64_t& bytes,
             std::optional<int64_t>& rows) {
  std::unordered_map<std::string, int64_t> known;
  for (size_t i = 0; i < others.size(); ++i)
    known.emplace(logical_path(std::string(others.path(i))), deleted_rows(others, i));
  rows = 0;
  for (size_t i = 0; i < files.size(); ++i) {
    std::string path(files.path(i));
    if (auto other = known.find(logical_path(path)); other != known.end()) {
      if (rows) *rows += std::max<int64_t>(0, other->second - deleted_rows(files, i));
      continue;
    }
    paths.push_back(path);
    bytes += files.size_bytes(i);
    const auto records = files.records(i);
    rows = rows && records ? std::optional(*rows + *records - deleted_rows(files, i)) : std::nullopt;
  }
}

}  // namespace

std::optional<int64_t> row_count(const Snapshot& snapshot) { return rows_of(*snapshot.file_list()); }

TableDiff diff(const Snapshot& from, const Snapshot& to) {
  TableDiff result;
  result.from = from.version();
  result.to = to.version();
  auto before = from.file_list(), after = to.file_list();
  collect(*after, *before, result.files_added, result.bytes_added, result.rows_added);
  collect(*before, *after, result.files_removed, result.bytes_removed, result.rows_removed);
  result.rows_before = rows_of(*before);
  result.rows_after = rows_of(*after);
  result.columns = column_changes(from.metadata().schema, to.metadata().schema);
  result.properties = property_changes(from.metadata().configuration, to.metadata().configuration);
  result.replaced = from.metadata().id != to.metadata().id;
  return result;
}

}  // namespace weir::lake
