#include "store/s3/listing.h"

#include "base/error.h"
#include "base/text.h"
#include "base/time.h"
#include "store/remote/in_order.h"
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
  remote::OrderedVisit ordered(bucket.config().prefix, prefix, start_after, visit, bucket.uri(prefix));
  std::string token;
  do {
    ListingPage page = list_page(bucket, prefix, start_after, false, token);
    for (ObjectInfo& info : page.objects)
      if (!ordered.give(std::move(info))) return;
    token = page.next;
  } while (!token.empty());
}

std::vector<std::string> list_bucket_folders(Bucket& bucket, const std::string& prefix) {
  std::vector<std::string> folders;
  std::string token;
  do {
    ListingPage page = list_page(bucket, prefix, "", true, token);
    folders.insert(folders.end(), page.folders.begin(), page.folders.end());
    token = page.next;
  } while (!token.empty());
  return remote::folder_names(folders, bucket.config().prefix + prefix);
}

}  // namespace weir::store::s3
