#include "store/gcs/gcs_store.h"

#include "base/parallel.h"
#include "store/gcs/credentials.h"
#include "store/gcs/writer.h"
#include "store/remote/in_order.h"
#include "store/remote/proof.h"

namespace weir::store::gcs {

namespace {

constexpr int removals_at_once = 16;

BucketCall object_call(const Bucket& bucket, const std::string& method, const std::string& key) {
  BucketCall call;
  call.method = method;
  call.url = bucket.object_url(key);
  return call;
}

struct ListingPage {
  std::vector<ObjectInfo> objects;   // full keys
  std::vector<std::string> folders;  // common prefixes, with their '/'
  std::string next;                  // page token; "" after the last page
};

ListingPage parse_page(const std::string& body) {
  const Json json = Json::parse(body);
  ListingPage page;
  if (const Json* items = json.find("items"))
    for (const Json& item : items->as_array()) page.objects.push_back(object_of(item));
  if (const Json* prefixes = json.find("prefixes"))
    for (const Json& folder : prefixes->as_array()) page.folders.push_back(folder.as_string());
  if (!json.is_object()) throw Error(ErrorCode::store_io, "the answer to a listing is no JSON object");
  page.next = json.get_string("nextPageToken").value_or("");
  return page;
}

// Page by page until `use` has seen enough (false).
void for_each_page(Bucket& bucket, const std::string& prefix, const remote::Form& query,
                   const std::function<bool(ListingPage&)>& use) {
  std::string token;
  do {
    BucketCall call;
    call.url = bucket.objects_url();
    call.query = query;
    call.query.emplace_back("prefix", bucket.config().prefix + prefix);
    if (!token.empty()) call.query.emplace_back("pageToken", token);
    ListingPage page;
    try {
      page = parse_page(bucket.ask(call, "list", "").body);
    } catch (Error& error) {
      if (error.code() == ErrorCode::bad_json)
        error = Error(ErrorCode::store_io, "the answer to a listing is not the JSON it should be");
      throw error.add_context("listing " + bucket.uri(prefix));
    }
    if (!use(page)) return;
    token = page.next;
  } while (!token.empty());
}

}  // namespace

std::string GcsStore::read(const std::string& key) {
  check_key(key);
  http::Outcome outcome = bucket_->get(key, {});
  if (!outcome.settled() || !outcome.last.answer.successful()) bucket_->fail("read", key, outcome);
  return std::move(outcome.last.answer.body);
}

std::string GcsStore::read(const std::string& key, uint64_t offset, uint64_t length) {
  check_key(key);
  return remote::read_range(*bucket_, key, offset, length);
}

uint64_t GcsStore::read_into(const std::string& key, uint64_t offset, char* out, uint64_t length) {
  check_key(key);
  return remote::read_range_into(*bucket_, key, offset, out, length);
}

std::unique_ptr<ObjectReader> GcsStore::open_read(const std::string& key) {
  check_key(key);
  const Config& config = bucket_->config();
  return remote::make_reader(*bucket_, remote::open_by_tail(*bucket_, key, config.tail_bytes), config.read_ahead_bytes);
}

std::optional<ObjectInfo> GcsStore::head(const std::string& key) {
  check_key(key);
  BucketCall call = object_call(*bucket_, "GET", key);
  call.query = {{"fields", "name,size,generation,timeCreated"}};
  const http::Outcome outcome = bucket_->send(call);
  const http::Answer& answer = outcome.last.answer;
  if (outcome.settled() && answer.status == 404 && !is_missing_bucket(answer)) return std::nullopt;
  if (!outcome.settled() || !answer.successful()) bucket_->fail("look up", key, outcome);
  try {
    ObjectInfo info = object_of(Json::parse(answer.body));
    info.key = key;
    return info;
  } catch (const Error&) {
    throw Error(ErrorCode::store_io, "the server does not say how long " + bucket_->uri(key) + " is");
  }
}

void GcsStore::list_from(const std::string& prefix, const std::string& start_after,
                         const std::function<bool(const ObjectInfo&)>& visit) {
  check_prefix(prefix);
  const std::string& root = bucket_->config().prefix;
  remote::OrderedVisit ordered(root, prefix, start_after, visit, bucket_->uri(prefix));
  remote::Form query = {{"fields", "items(name,size,generation,timeCreated),nextPageToken"}};
  // This offset counts itself, so the last object seen comes again and is passed over.
  if (!start_after.empty()) query.emplace_back("startOffset", root + start_after);
  for_each_page(*bucket_, prefix, query, [&](ListingPage& page) {
    for (ObjectInfo& info : page.objects)
      if (!ordered.give(std::move(info))) return false;
    return true;
  });
}

std::vector<std::string> GcsStore::list_folders(const std::string& prefix) {
  check_prefix(prefix);
  std::vector<std::string> folders;
  for_each_page(*bucket_, prefix, {{"delimiter", "/"}, {"fields", "prefixes,nextPageToken"}}, [&](ListingPage& page) {
    folders.insert(folders.end(), page.folders.begin(), page.folders.end());
    return true;
  });
  return remote::folder_names(folders, bucket_->config().prefix + prefix);
}

void GcsStore::put(const std::string& key, std::string_view bytes) {
  check_key(key);
  put_object(*bucket_, key, bytes);
}

PutResult GcsStore::put_if_absent(const std::string& key, std::string_view bytes) {
  check_key(key);
  const auto once = [this](const std::string& to, std::string_view content) { return put_once(to, content); };
  if (bucket_->config().is_emulator)
    conditions_proven_.call([&] {
      remote::prove_conditions(
          bucket_->config().endpoint.authority, "ifGenerationMatch=0",
          {[this](const std::string& to, std::string_view content) { put_object(*bucket_, to, content); }, once,
           [this](const std::string& to) { remove_object(to); }});
    });
  return once(key, bytes);
}

PutResult GcsStore::put_once(const std::string& key, std::string_view bytes) {
  const http::Outcome outcome = put_object_if_absent(*bucket_, key, bytes);
  if (outcome.settled() && outcome.last.answer.successful()) return PutResult::done;
  if (outcome.settled() && outcome.last.answer.status == 412) return PutResult::exists;
  bucket_->fail("write", key, outcome, true);
}

std::unique_ptr<ObjectWriter> GcsStore::open_write(const std::string& key) {
  check_key(key);
  return std::make_unique<GcsWriter>(*bucket_, key);
}

void GcsStore::remove(const std::string& key) {
  check_key(key);
  remove_object(key);
}

void GcsStore::remove_object(const std::string& key) {
  const http::Outcome outcome = bucket_->send(object_call(*bucket_, "DELETE", key));
  const http::Answer& answer = outcome.last.answer;
  const bool gone = outcome.settled() && (answer.successful() || (answer.status == 404 && !is_missing_bucket(answer)));
  if (!gone) bucket_->fail("remove", key, outcome);
}

void GcsStore::remove_all(const std::vector<std::string>& keys) {
  for (const auto& key : keys) check_key(key);
  parallel_for(keys.size(), removals_at_once, [&](size_t i) { remove(keys[i]); });
}

std::unique_ptr<ObjectStore> open_gcs(const std::string& uri, const Environment& environment, Clock& clock) {
  Config config = configure(uri, environment);
  auto http = std::make_shared<http::Client>(std::make_unique<http::CurlTransport>(config.curl), clock,
                                             http::system_random(), config.retry);
  remote::FetchToken token;
  if (!config.is_emulator) token = find_credentials(environment, http, clock);
  return std::make_unique<GcsStore>(
      std::make_unique<Bucket>(std::move(config), std::move(http), std::move(token), clock));
}

}  // namespace weir::store::gcs
