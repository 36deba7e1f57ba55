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
void check_object(const TableLocation& table, const std::string& path, int64_t size_bytes,
                  std::vector<std::string>& missing) {
  if (is_absolute_path(path)) return;
  std::string key = table.key(decoded_path(path));
  const auto object = table.store->head(key);
  if (!object || object->size != static_cast<uint64_t>(size_bytes)) missing.push_back(std::move(key));
}

void find_missing(const TableLocation& table, const Add& add, std::vector<std::string>& missing) {
  check_object(table, add.path, add.size_bytes, missing);
  if (!add.deletion_vector || add.deletion_vector->storage_type != "u") return;
  std::string key = *deletion_vector_key(table, *add.deletion_vector);
  if (!has_vector(table, key, *add.deletion_vector)) missing.push_back(std::move(key));
}

}  // namespace

std::vector<std::string> missing_files(const TableLocation& table, const std::vector<Action>& actions,
                                       const std::set<std::string>& gone_since) {
  std::vector<std::string> missing;
  for (const Action& action : actions) {
    if (const auto* add = std::get_if<Add>(&action); add && !gone_since.contains(file_key(*add)))
      find_missing(table, *add, missing);
    if (const auto* cdc = std::get_if<Cdc>(&action)) check_object(table, cdc->path, cdc->size_bytes, missing);
  }
  return missing;
}

}  // namespace weir::lake::publish
