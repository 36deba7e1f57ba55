#include "store/remote/in_order.h"

#include <algorithm>
#include <set>

namespace weir::store::remote {

namespace {

class LevelWalk {
 public:
  LevelWalk(const ListLevel& list, const std::string& prefix, const std::string& start_after,
            const OrderedVisit::Visit& visit)
      : list_(list), prefix_(prefix), start_after_(start_after), visit_(visit) {}

  bool walk(const std::string& folder) {
    Level level = list_(folder);
    // With a '/' behind folders the order of the names is the order of the keys: "a.b" before "a/b".
    std::vector<std::pair<std::string, const ObjectInfo*>> entries;
    for (const ObjectInfo& info : level.objects)
      if (info.key.starts_with(prefix_) && info.key > start_after_ && can_be_named(info.key))
        entries.emplace_back(info.key, &info);
    for (const std::string& below : level.folders)
      if (may_hold_keys(below + "/") && can_be_named(below)) entries.emplace_back(below + "/", nullptr);
    std::sort(entries.begin(), entries.end());
    for (const auto& [key, info] : entries)
      if (!(info ? visit_(*info) : walk(key.substr(0, key.size() - 1)))) return false;
    return true;
  }

 private:
  bool may_hold_keys(const std::string& folder_key) const {
    const bool near_prefix = folder_key.starts_with(prefix_) || prefix_.starts_with(folder_key);
    return near_prefix && (folder_key > start_after_ || start_after_.starts_with(folder_key));
  }
  const ListLevel& list_;
  const std::string& prefix_;
  const std::string& start_after_;
  const OrderedVisit::Visit& visit_;
};

}  // namespace

bool can_be_named(const std::string& key) {
  try {
    check_key(key);
    return true;
  } catch (const Error&) {
    return false;
  }
}

OrderedVisit::OrderedVisit(std::string root, const std::string& prefix, const std::string& start_after,
                           const Visit& visit, std::string uri, std::string hint)
    : root_(std::move(root)),
      prefix_(prefix),
      start_after_(start_after),
      visit_(visit),
      uri_(std::move(uri)),
      hint_(std::move(hint)) {}

bool OrderedVisit::give(ObjectInfo info) {
  if (!info.key.starts_with(root_ + prefix_) || info.key <= last_)
    throw Error(ErrorCode::store_io, uri_ + " is not listed in the order of keys",
                hint_.empty() ? "this server cannot hold a lake: the log of a table is read in order" : hint_);
  last_ = info.key;
  info.key.erase(0, root_.size());
  return info.key <= start_after_ || !can_be_named(info.key) || visit_(info);
}

std::vector<std::string> folder_names(const std::vector<std::string>& folders, const std::string& full_prefix) {
  std::set<std::string> names;  // a page may begin with the folder that the one before ended with
  for (const std::string& folder : folders) {
    if (!folder.starts_with(full_prefix) || !folder.ends_with('/')) continue;
    std::string name = folder.substr(full_prefix.size(), folder.size() - full_prefix.size() - 1);
    if (can_be_named(name) && name.find('/') == std::string::npos) names.insert(std::move(name));
  }
  return {names.begin(), names.end()};
}

void walk_levels(const ListLevel& list, const std::string& prefix, const std::string& start_after,
                 const OrderedVisit::Visit& visit) {
  const size_t slash = prefix.rfind('/');
  LevelWalk(list, prefix, start_after, visit).walk(slash == std::string::npos ? "" : prefix.substr(0, slash));
}

}  // namespace weir::store::remote
