#include "lake/publish/verify.h"

#include "lake/deletion_vector.h"

namespace weir::lake::publish {

namespace {

// Whether the vector's object is there and reaches as far as the log says.
bool has_vector(const TableLocation& table, const std::string& key, const DeletionVector& vector) {
  const auto object = table.store->head(key);
  // A size before the bitmap and a checksum behind it.
  return object && object->size >= static_cast<uint64_t>(vector.offset.value_or(1) + vector.size_bytes + 8);
}

// Files elsewhere (shallow clones) are not ours to judge.
void find_missing(const TableLocation& table, const Add& add, std::vector<std::string>& missing) {
  if (const std::string path = decoded_path(add); !is_absolute_path(path)) {
    const auto object = table.store->head(table.key(path));
    if (!object || object->size != static_cast<uint64_t>(add.size_bytes)) missing.push_back(table.key(path));
  }
  if (!add.deletion_vector || add.deletion_vector->storage_type != "u") return;
  std::string key = *deletion_vector_key(table, *add.deletion_vector);
  if (!has_vector(table, key, *add.deletion_vector)) missing.push_back(std::move(key));
}

}  // namespace

std::vector<std::string> missing_files(const TableLocation& table, const std::vector<Action>& actions,
                                       const std::set<std::string>& gone_since) {
  std::vector<std::string> missing;
  for (const Action& action : actions)
    if (const auto* add = std::get_if<Add>(&action); add && !gone_since.contains(file_key(*add)))
      find_missing(table, *add, missing);
  return missing;
}

}  // namespace weir::lake::publish
