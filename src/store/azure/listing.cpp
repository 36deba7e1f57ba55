#include "store/azure/listing.h"

#include "base/text.h"
#include "base/time.h"
#include "store/remote/in_order.h"
#include "store/xml.h"

namespace weir::store::azure {

namespace {

// What XML cannot say is percent-encoded, which the attribute says.
std::string name_in(const XmlNode& node) {
  const XmlNode* name = node.child("Name");
  if (!name) return "";
  const auto encoded = name->attributes.find("Encoded");
  return encoded != name->attributes.end() && encoded->second == "true" ? percent_decode(name->text) : name->text;
}

// nullopt for the folders that a hierarchical namespace has as objects of their own.
std::optional<ObjectInfo> object_in(const XmlNode& blob) {
  const XmlNode* properties = blob.child("Properties");
  if (!properties) throw Error(ErrorCode::store_io, "the listing has an object without properties");
  if (properties->child_text("ResourceType") == "directory") return std::nullopt;
  if (const XmlNode* metadata = blob.child("Metadata"); metadata && metadata->child_text("hdi_isfolder") == "true")
    return std::nullopt;
  ObjectInfo info;
  info.key = name_in(blob);
  const auto size = parse_int(properties->child_text("Content-Length"));
  if (info.key.empty() || !size || *size < 0)
    throw Error(ErrorCode::store_io, "the listing has an object without name or size");
  info.size = static_cast<uint64_t>(*size);
  info.modified_ms = parse_http_date_ms(properties->child_text("Last-Modified")).value_or(0);
  info.etag = properties->child_text("Etag");
  // Headers have it in quotes, listings have not.
  if (!info.etag.starts_with('"')) info.etag = "\"" + info.etag + "\"";
  return info;
}

void for_each_page(Container& container, const std::string& prefix, bool by_folder,
                   const std::function<bool(ListingPage&)>& use) {
  std::string marker;
  do {
    ContainerCall call;
    call.query = {{"restype", "container"}, {"comp", "list"}, {"prefix", container.config().prefix + prefix}};
    if (container.config().by_folder) call.query.emplace_back("include", "metadata");
    if (by_folder) call.query.emplace_back("delimiter", "/");
    if (!marker.empty()) call.query.emplace_back("marker", marker);
    ListingPage page;
    try {
      page = parse_listing(container.ask(call, "list").body);
    } catch (Error& error) {
      throw error.add_context("listing " + container.uri(prefix));
    }
    if (!use(page)) return;
    marker = page.next;
  } while (!marker.empty());
}

remote::Level level_of(Container& container, const std::string& folder) {
  const std::string& root = container.config().prefix;
  const std::string prefix = folder.empty() ? "" : folder + "/";
  remote::Level level;
  for_each_page(container, prefix, true, [&](ListingPage& page) {
    for (ObjectInfo& info : page.objects) {
      info.key.erase(0, root.size());
      level.objects.push_back(std::move(info));
    }
    for (const std::string& name : remote::folder_names(page.folders, root + prefix))
      level.folders.push_back(prefix + name);
    return true;
  });
  return level;
}

}  // namespace

ListingPage parse_listing(std::string_view xml) {
  const XmlNode root = parse_xml(xml);
  if (root.name != "EnumerationResults") throw Error(ErrorCode::store_io, "the answer to a listing is a " + root.name);
  ListingPage page;
  if (const XmlNode* blobs = root.child("Blobs"))
    for (const XmlNode& node : blobs->children) {
      if (node.name == "Blob")
        if (auto info = object_in(node)) page.objects.push_back(std::move(*info));
      if (node.name == "BlobPrefix") page.folders.push_back(name_in(node));
    }
  page.next = root.child_text("NextMarker");
  return page;
}

void list_blobs(Container& container, const std::string& prefix, const std::string& start_after,
                const std::function<bool(const ObjectInfo&)>& visit) {
  if (container.config().by_folder)
    return remote::walk_levels([&](const std::string& folder) { return level_of(container, folder); }, prefix,
                               start_after, visit);
  remote::OrderedVisit ordered(container.config().prefix, prefix, start_after, visit, container.uri(prefix),
                               "the account may have a hierarchical namespace: write "
                               "abfss://container@account.dfs.core.windows.net/folder");
  for_each_page(container, prefix, false, [&](ListingPage& page) {
    for (ObjectInfo& info : page.objects)
      if (!ordered.give(std::move(info))) return false;
    return true;
  });
}

std::vector<std::string> list_blob_folders(Container& container, const std::string& prefix) {
  std::vector<std::string> folders;
  for_each_page(container, prefix, true, [&](ListingPage& page) {
    folders.insert(folders.end(), page.folders.begin(), page.folders.end());
    return true;
  });
  return remote::folder_names(folders, container.config().prefix + prefix);
}

}  // namespace weir::store::azure
