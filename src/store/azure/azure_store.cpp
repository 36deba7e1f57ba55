#include "store/azure/azure_store.h"

#include <algorithm>
#include <array>

#include "base/json.h"
#include "base/parallel.h"
#include "store/azure/listing.h"
#include "store/azure/writer.h"
#include "store/remote/proof.h"

namespace weir::store::azure {

namespace {

constexpr int removals_at_once = 16;
// What Azure answers to a conditional put when there is an object: which one depends on the permissions and policies.
constexpr std::array<std::string_view, 5> exists_codes = {"BlobAlreadyExists", "ConditionNotMet", "LeaseIdMissing",
                                                          "BlobImmutableDueToPolicy", "UnauthorizedBlobOverwrite"};

// Azure turns a backslash into a slash and drops the dots at the end of a segment: then two keys would be one object.
void check_name(const std::string& key) {
  check_key(key);
  const bool ends_in_dot = key.ends_with('.') || key.find("./") != std::string::npos;
  if (!ends_in_dot && key.find('\\') == std::string::npos) return;
  std::string shown;
  append_json_string(shown, key);
  throw Error(ErrorCode::bad_key, "Azure does not keep a name with a backslash, or with a dot at its end: " + shown);
}

bool says_exists(const http::Answer& answer) {
  const std::string code = error_code_of(answer);
  return std::find(exists_codes.begin(), exists_codes.end(), code) != exists_codes.end();
}

bool is_absent(const http::Answer& answer) {
  return answer.status == 404 && error_code_of(answer) != "ContainerNotFound";
}

}  // namespace

std::string AzureStore::read(const std::string& key) {
  check_name(key);
  http::Outcome outcome = container_->get(key, {});
  if (!outcome.settled() || !outcome.last.answer.successful()) container_->fail("read", key, outcome);
  return std::move(outcome.last.answer.body);
}

std::string AzureStore::read(const std::string& key, uint64_t offset, uint64_t length) {
  check_name(key);
  return remote::read_range(*container_, key, offset, length);
}

uint64_t AzureStore::read_into(const std::string& key, uint64_t offset, char* out, uint64_t length) {
  check_name(key);
  return remote::read_range_into(*container_, key, offset, out, length);
}

// Azure knows no ranges of last bytes.
std::unique_ptr<ObjectReader> AzureStore::open_read(const std::string& key) {
  check_name(key);
  const Config& config = container_->config();
  return remote::make_reader(*container_, remote::open_by_head(*container_, key, config.tail_bytes),
                             config.read_ahead_bytes);
}

std::optional<ObjectInfo> AzureStore::head(const std::string& key) {
  check_name(key);
  ContainerCall call;
  call.method = "HEAD";
  call.key = key;
  const http::Outcome outcome = container_->send(call);
  const http::Answer& answer = outcome.last.answer;
  if (outcome.settled() && (is_absent(answer) || is_folder(answer))) return std::nullopt;
  if (!outcome.settled() || !answer.successful()) container_->fail("look up", key, outcome);
  auto info = container_->describe(answer, key);
  if (!info) throw Error(ErrorCode::store_io, "the server does not say how long " + container_->uri(key) + " is");
  return info;
}

void AzureStore::list_from(const std::string& prefix, const std::string& start_after,
                           const std::function<bool(const ObjectInfo&)>& visit) {
  check_prefix(prefix);
  list_blobs(*container_, prefix, start_after, visit);
}

std::vector<std::string> AzureStore::list_folders(const std::string& prefix) {
  check_prefix(prefix);
  return list_blob_folders(*container_, prefix);
}

void AzureStore::put(const std::string& key, std::string_view bytes) {
  check_name(key);
  put_blob(*container_, key, bytes);
}

PutResult AzureStore::put_if_absent(const std::string& key, std::string_view bytes) {
  check_name(key);
  const auto once = [this](const std::string& to, std::string_view content) { return put_once(to, content); };
  if (container_->config().is_other_server)
    conditions_proven_.call([&] {
      remote::prove_conditions(
          container_->config().service.authority, "If-None-Match: *",
          {[this](const std::string& to, std::string_view content) { put_blob(*container_, to, content); }, once,
           [this](const std::string& to) { remove_object(to); }});
    });
  return once(key, bytes);
}

PutResult AzureStore::put_once(const std::string& key, std::string_view bytes) {
  const http::Outcome outcome = send_blob(*container_, key, bytes, true);
  if (outcome.settled() && outcome.last.answer.successful()) return PutResult::done;
  if (outcome.settled() && says_exists(outcome.last.answer)) return PutResult::exists;
  container_->fail("write", key, outcome, true);
}

std::unique_ptr<ObjectWriter> AzureStore::open_write(const std::string& key) {
  check_name(key);
  return std::make_unique<AzureWriter>(*container_, key);
}

void AzureStore::remove(const std::string& key) {
  check_name(key);
  remove_object(key);
}

void AzureStore::remove_object(const std::string& key) {
  ContainerCall call;
  call.method = "DELETE";
  call.key = key;
  call.headers = {{"x-ms-delete-snapshots", "include"}};
  const http::Outcome outcome = container_->send(call);
  const http::Answer& answer = outcome.last.answer;
  const bool gone =
      outcome.settled() && (answer.successful() || is_absent(answer) || error_code_of(answer) == "DirectoryIsNotEmpty");
  if (!gone) container_->fail("remove", key, outcome);
}

void AzureStore::remove_all(const std::vector<std::string>& keys) {
  for (const auto& key : keys) check_name(key);
  parallel_for(keys.size(), removals_at_once, [&](size_t i) { remove(keys[i]); });
}

std::unique_ptr<ObjectStore> open_azure(const std::string& uri, const Environment& environment, Clock& clock) {
  Config config = configure(uri, environment);
  auto http = std::make_shared<http::Client>(std::make_unique<http::CurlTransport>(config.curl), clock,
                                             http::system_random(), config.retry);
  Credentials credentials = find_credentials(environment, http, clock);
  return std::make_unique<AzureStore>(
      std::make_unique<Container>(std::move(config), std::move(http), std::move(credentials), clock));
}

}  // namespace weir::store::azure
