#include "store/s3/s3_store.h"

#include "base/hash.h"
#include "base/text.h"
#include "store/remote/proof.h"
#include "store/s3/listing.h"
#include "store/s3/writer.h"
#include "store/xml.h"

namespace weir::store::s3 {

namespace {

constexpr size_t removed_at_once = 1000;  // what S3 takes in one request

std::string deletion_xml(const std::string& prefix, const std::vector<std::string>& keys) {
  std::string xml = "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Quiet>true</Quiet>";
  for (const auto& key : keys) xml += "<Object><Key>" + xml_escape(prefix + key) + "</Key></Object>";
  return xml + "</Delete>";
}

}  // namespace

std::string S3Store::read(const std::string& key) {
  check_key(key);
  BucketCall call;
  call.key = key;
  return bucket_->ask(call, "read").body;
}

std::string S3Store::read(const std::string& key, uint64_t offset, uint64_t length) {
  check_key(key);
  return remote::read_range(*bucket_, key, offset, length);
}

uint64_t S3Store::read_into(const std::string& key, uint64_t offset, char* out, uint64_t length) {
  check_key(key);
  return remote::read_range_into(*bucket_, key, offset, out, length);
}

std::unique_ptr<ObjectReader> S3Store::open_read(const std::string& key) {
  check_key(key);
  const Config& config = bucket_->config();
  return remote::make_reader(*bucket_, remote::open_by_tail(*bucket_, key, config.tail_bytes), config.read_ahead_bytes);
}

std::optional<ObjectInfo> S3Store::head(const std::string& key) {
  check_key(key);
  BucketCall call;
  call.method = "HEAD";
  call.key = key;
  const http::Outcome outcome = bucket_->send(call);
  if (outcome.settled() && outcome.last.answer.status == 404) return std::nullopt;
  if (!outcome.settled() || !outcome.last.answer.successful()) bucket_->fail("look up", key, outcome);
  auto info = bucket_->describe(outcome.last.answer, key);
  if (!info) throw Error(ErrorCode::store_io, "the server does not say how long " + bucket_->uri(key) + " is");
  return info;
}

void S3Store::list_from(const std::string& prefix, const std::string& start_after,
                        const std::function<bool(const ObjectInfo&)>& visit) {
  check_prefix(prefix);
  list_objects(*bucket_, prefix, start_after, visit);
}

std::vector<std::string> S3Store::list_folders(const std::string& prefix) {
  check_prefix(prefix);
  return list_bucket_folders(*bucket_, prefix);
}

void S3Store::put(const std::string& key, std::string_view bytes) {
  check_key(key);
  put_object(*bucket_, key, bytes);
}

PutResult S3Store::put_once(const std::string& key, std::string_view bytes) {
  BucketCall call;
  call.method = "PUT";
  call.key = key;
  call.headers.emplace_back("if-none-match", "*");
  call.body = bytes;
  call.repeatable = false;
  const http::Outcome outcome = bucket_->send(call);
  if (outcome.settled() && outcome.last.answer.successful()) return PutResult::done;
  if (outcome.settled() && outcome.last.answer.status == 412) return PutResult::exists;
  bucket_->fail("write", key, outcome, true);
}

PutResult S3Store::put_if_absent(const std::string& key, std::string_view bytes) {
  check_key(key);
  const auto once = [this](const std::string& to, std::string_view content) { return put_once(to, content); };
  if (const std::string& server = bucket_->config().endpoint; !server.empty())
    conditions_proven_.call([&] {
      remote::prove_conditions(
          server, "If-None-Match: *",
          {[this](const std::string& to, std::string_view content) { put_object(*bucket_, to, content); }, once,
           [this](const std::string& to) { remove_object(to); }});
    });
  return once(key, bytes);
}

std::unique_ptr<ObjectWriter> S3Store::open_write(const std::string& key) {
  check_key(key);
  return std::make_unique<S3Writer>(*bucket_, key);
}

void S3Store::remove(const std::string& key) {
  check_key(key);
  remove_object(key);
}

void S3Store::remove_object(const std::string& key) {
  BucketCall call;
  call.method = "DELETE";
  call.key = key;
  const http::Outcome outcome = bucket_->send(call);
  const bool gone = outcome.settled() && (outcome.last.answer.successful() || outcome.last.answer.status == 404);
  if (!gone || complaint_of(outcome.last.answer).code == "NoSuchBucket") bucket_->fail("remove", key, outcome);
}

void S3Store::remove_all(const std::vector<std::string>& keys) {
  for (const auto& key : keys) check_key(key);
  std::vector<std::string> batch;
  for (const auto& key : keys) {
    if (!xml_can_say(key)) {
      remove(key);
      continue;
    }
    batch.push_back(key);
    if (batch.size() == removed_at_once) remove_batch(std::exchange(batch, {}));
  }
  if (batch.size() == 1) return remove(batch.front());
  if (!batch.empty()) remove_batch(batch);
}

void S3Store::remove_batch(const std::vector<std::string>& keys) {
  const std::string xml = deletion_xml(bucket_->config().prefix, keys);
  BucketCall call;
  call.method = "POST";
  call.query = {{"delete", ""}};
  call.headers = {{"content-md5", base64(md5_bytes(xml))}, {"content-type", "application/xml"}};
  call.body = xml;
  const XmlNode result = parse_xml(bucket_->ask(call, "remove objects of").body);
  for (const XmlNode& node : result.children) {
    if (node.name != "Error" || node.child_text("Code") == "NoSuchKey") continue;
    throw Error(ErrorCode::store_io, "cannot remove s3://" + bucket_->config().bucket + "/" + node.child_text("Key") +
                                         ": " + node.child_text("Code") + " (" + node.child_text("Message") + ")");
  }
}

std::unique_ptr<ObjectStore> open_s3(const std::string& uri, const Environment& environment, Clock& clock) {
  const Profiles profiles = Profiles::read(environment);
  Config config = configure(uri, environment, profiles);
  auto http = std::make_shared<http::Client>(std::make_unique<http::CurlTransport>(config.curl), clock,
                                             http::system_random(), config.retry);
  auto credentials = find_credentials(environment, profiles, config.region, http, clock);
  return std::make_unique<S3Store>(
      std::make_unique<Bucket>(std::move(config), std::move(http), std::move(credentials), clock));
}

}  // namespace weir::store::s3
