#include "lake/publish/verify.h"

#include "lake/action.h"

namespace weir::lake::publish {

std::vector<std::string> missing_files(const TableLocation& table, const std::vector<Action>& actions,
                                       const std::set<std::string>& gone_since) {
  std::vector<std::string> missing;
  for (const Action& action : actions) {
    const auto* add = std::get_if<Add>(&action);
    if (add == nullptr || gone_since.contains(file_key(*add))) continue;
    const std::string path = decoded_path(*add);
    if (path.find("://") != std::string::npos) continue;  // files elsewhere (shallow clones) are not ours to judge
    const auto object = table.store->head(table.key(path));
    if (!object || object->size != static_cast<uint64_t>(add->size_bytes)) missing.push_back(table.key(path));
  }
  return missing;
}

}  // namespace weir::lake::publish
