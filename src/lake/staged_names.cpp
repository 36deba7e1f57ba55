#include "lake/staged_names.h"

#include "base/ids.h"
#include "lake/deletion_vector.h"

namespace weir::lake {

namespace {

constexpr size_t uuid_length = 36, version_digit = 14;

}  // namespace

std::string staged_file_name(const std::string& attempt, int64_t k, const std::string& ending) {
  return attempt + "-" + std::to_string(k) + ending + ".parquet";
}

std::string staged_vectors_uuid(const std::string& attempt) {
  std::string uuid = attempt;
  uuid.at(version_digit) = '8';
  return uuid;
}

std::string attempt_of(const std::string& key) {
  if (std::string uuid = uuid_of_deletion_vectors(key); !uuid.empty()) {
    if (uuid[version_digit] != '8') return {};
    uuid[version_digit] = '4';
    return uuid;
  }
  const std::string name = key.substr(key.rfind('/') + 1);
  if (name.size() <= uuid_length || name[uuid_length] != '-' || !name.ends_with(".parquet")) return {};
  const std::string attempt = name.substr(0, uuid_length);
  return is_uuid(attempt) ? attempt : std::string();
}

}  // namespace weir::lake
