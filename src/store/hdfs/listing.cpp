#include "store/hdfs/listing.h"

namespace weir::store::hdfs {

namespace {

// Adds a page's entries. Gives the last name, "" if there is none.
std::string add_page(const Json& statuses, const std::string& prefix, remote::Level& level) {
  std::string last;
  const Json* entries = statuses.find("FileStatus");
  if (!entries) throw Error(ErrorCode::store_io, "the namenode's listing has no entries");
  for (const Json& entry : entries->as_array()) {
    const std::string name = entry.get_string("pathSuffix").value_or("");
    if (name.empty()) continue;  // the listing of a file is the file itself
    last = name;
    if (!remote::can_be_named(name)) continue;
    if (is_folder(entry))
      level.folders.push_back(prefix + name);
    else
      level.objects.push_back(object_of(entry, prefix + name));
  }
  return last;
}

}  // namespace

remote::Level list_folder(Namenode& namenode, const std::string& folder) {
  const std::string prefix = folder.empty() ? "" : folder + "/";
  // The root of the store without its '/', which HDFS refuses.
  std::string path = namenode.path(folder);
  if (path.size() > 1 && path.ends_with('/')) path.pop_back();
  Operation operation{"GET", "LISTSTATUS_BATCH", path, {}, true};
  std::string after;
  remote::Level level;
  while (true) {
    operation.query.clear();
    if (!after.empty()) operation.query.emplace_back("startAfter", after);
    const http::Outcome outcome = namenode.send(operation);
    if (outcome.settled() && outcome.last.answer.status == 404) return {};
    if (has_exception(outcome, "ParentNotDirectoryException")) return {};
    if (!outcome.settled() || !outcome.last.answer.successful()) namenode.fail("list", folder, outcome);
    try {
      const Json answer = Json::parse(outcome.last.answer.body);
      const Json& listing = answer.at("DirectoryListing");
      const std::string last = add_page(listing.at("partialListing").at("FileStatuses"), prefix, level);
      if (listing.get_int("remainingEntries").value_or(0) == 0 || last.empty()) return level;
      after = last;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::bad_json) throw;
      throw Error(ErrorCode::store_io, "the listing of " + namenode.uri(folder) + " is not the JSON it should be");
    }
  }
}

}  // namespace weir::store::hdfs
