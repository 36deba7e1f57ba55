#include "store/s3/listing.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "base/time.h"
#include "store/xml.h"

namespace weir::store::s3 {

namespace {

// As the answer's EncodingType says: percent-encoded, with '+' for a space.
std::string decoded(const std::string& text, bool is_encoded) {
  return is_encoded ? percent_decode(replace_all(text, "+", " ")) : text;
}

ObjectInfo object_of(const XmlNode& node, bool is_encoded) {
  ObjectInfo info;
  info.key = decoded(node.child_text("Key"), is_encoded);
  const auto size = parse_int(node.child_text("Size"));
  if (info.key.empty() || !size || *size < 0)
    throw Error(ErrorCode::store_io, "the listing has an object without size");
  info.size = static_cast<uint64_t>(*size);
  info.modified_ms = parse_iso_us(node.child_text("LastModified")).value_or(0) / 1000;
  info.etag = node.child_text("ETag");
  return info;
}

// Others may have put keys that no store of ours would: they cannot be named here, so they are passed over.
bool can_be_named(const std::string& key) {
  try {
    check_key(key);
    return true;
  } catch (const Error&) {
    return false;
  }
}

ListingPage list_page(Bucket& bucket, const std::string& prefix, const std::string& start_after, bool by_folder,
                      const std::string& token) {
  BucketCall call;
  call.query = {{"list-type", "2"}, {"prefix", bucket.config().prefix + prefix}, {"encoding-type", "url"}};
  if (by_folder) call.query.emplace_back("delimiter", "/");
  if (!token.empty())
    call.query.emplace_back("continuation-token", token);
  else if (!start_after.empty())
    call.query.emplace_back("start-after", bucket.config().prefix + start_after);
  try {
    return parse_listing(bucket.ask(call, "list").body);
  } catch (Error& error) {
    throw error.add_context("listing " + bucket.uri(prefix));
  }
}

}  // namespace

ListingPage parse_listing(std::string_view xml) {
  const XmlNode root = parse_xml(xml);
  if (root.name != "ListBucketResult") throw Error(ErrorCode::store_io, "the answer to a listing is a " + root.name);
  const bool is_encoded = root.child_text("EncodingType") == "url";
  ListingPage page;
  for (const XmlNode& node : root.children) {
    if (node.name == "Contents") page.objects.push_back(object_of(node, is_encoded));
    if (node.name == "CommonPrefixes") page.folders.push_back(decoded(node.child_text("Prefix"), is_encoded));
  }
  if (root.child_text("IsTruncated") == "true") {
    page.next = root.child_text("NextContinuationToken");
    if (page.next.empty()) throw Error(ErrorCode::store_io, "the listing goes on, but does not say from where");
  }
  return page;
}

void list_objects(Bucket& bucket, const std::string& prefix, const std::string& start_after,
                  const std::function<bool(const ObjectInfo&)>& visit) {
  const std::string& root = bucket.config().prefix;
  std::string last, token;
  do {
    ListingPage page = list_page(bucket, prefix, start_after, false, token);
    for (ObjectInfo& info : page.objects) {
      if (!info.key.starts_with(root + prefix) || info.key <= last)
        throw Error(ErrorCode::store_io, bucket.uri(prefix) + " is not listed in the order of keys",
                    "this server cannot hold a lake: the log of a table is read in order");
      last = info.key;
      info.key.erase(0, root.size());
      if (info.key <= start_after || !can_be_named(info.key)) continue;
      if (!visit(info)) return;
    }
    token = page.next;
  } while (!token.empty());
}

std::vector<std::string> list_bucket_folders(Bucket& bucket, const std::string& prefix) {
  const std::string full = bucket.config().prefix + prefix;
  std::vector<std::string> names;
  std::string token;
  do {
    ListingPage page = list_page(bucket, prefix, "", true, token);
    for (const std::string& folder : page.folders) {
      if (!folder.starts_with(full) || !folder.ends_with('/')) continue;
      std::string name = folder.substr(full.size(), folder.size() - full.size() - 1);
      if (can_be_named(prefix + name)) names.push_back(std::move(name));
    }
    token = page.next;
  } while (!token.empty());
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace weir::store::s3
