#include "store/gcs/bucket.h"

#include "base/text.h"
#include "base/time.h"
#include "store/remote/failure.h"

namespace weir::store::gcs {

namespace {

constexpr std::string_view unreserved = "-._~";

// {"error":{"message":…,"errors":[{"reason":…}]}}; of media only a line of text.
struct Complaint {
  std::string reason, message;
};

Complaint complaint_of(const http::Answer& answer) {
  try {
    const Json json = Json::parse(answer.body);
    const Json* error = json.find("error");
    if (!error || !error->is_object()) return {};
    Complaint complaint{"", error->get_string("message").value_or("")};
    if (const Json* errors = error->find("errors"); errors && errors->is_array() && errors->size() > 0)
      complaint.reason = errors->as_array()[0].get_string("reason").value_or("");
    return complaint;
  } catch (const Error&) {
    const std::string_view line = trim(std::string_view(answer.body).substr(0, answer.body.find('\n')));
    return {"", line.size() <= 300 && !line.starts_with('<') ? std::string(line) : ""};
  }
}

http::Verdict verdict_of(const http::Answer& answer) {
  return answer.status == 408 ? http::Verdict::doubtful : http::usual_verdict(answer);
}

std::string remedy_of(const http::Answer& answer) {
  if (is_missing_bucket(answer)) return "make the bucket first, or mend its name; weir makes no buckets";
  if (answer.status == 403) return "give the account the role that docs/stores.md names";
  return "";
}

}  // namespace

bool is_missing_bucket(const http::Answer& answer) {
  return answer.status == 404 && complaint_of(answer).message.find("bucket does not exist") != std::string::npos;
}

ObjectInfo object_of(const Json& resource) {
  const auto text_in = [&](const char* name) {
    const Json* text = resource.find(name);
    return text && text->is_string() ? text->as_string() : std::string();
  };
  ObjectInfo info;
  info.key = text_in("name");
  const auto size = parse_int(text_in("size"));
  if (info.key.empty() || !size || *size < 0)
    throw Error(ErrorCode::store_io, "the server describes an object without name or size");
  info.size = static_cast<uint64_t>(*size);
  info.modified_ms = parse_iso_us(text_in("timeCreated")).value_or(0) / 1000;
  info.etag = text_in("generation");
  return info;
}

Bucket::Bucket(Config config, std::shared_ptr<http::Client> http, remote::FetchToken token, Clock& clock)
    : config_(std::move(config)), http_(std::move(http)) {
  if (token) token_.emplace(std::move(token), clock);
}

std::string Bucket::objects_url() const {
  const http::Endpoint& at = config_.endpoint;
  return at.scheme + "://" + at.authority + at.path + "/storage/v1/b/" + percent_encode(config_.bucket, unreserved) +
         "/o";
}

std::string Bucket::object_url(const std::string& key) const {
  return objects_url() + "/" + percent_encode(config_.prefix + key, unreserved);
}

std::string Bucket::upload_url() const {
  const http::Endpoint& at = config_.endpoint;
  return at.scheme + "://" + at.authority + at.path + "/upload/storage/v1/b/" +
         percent_encode(config_.bucket, unreserved) + "/o";
}

std::string Bucket::session_url(const std::string& location) const {
  const size_t start = location.find("://");
  const size_t path = start == std::string::npos ? std::string::npos : location.find('/', start + 3);
  if (path == std::string::npos) return "";
  const std::string authority = lower(location.substr(start + 3, path - start - 3));
  if (location.starts_with("https://") && authority.ends_with(".googleapis.com") &&
      authority.find('@') == std::string::npos)
    return location;
  return config_.endpoint.scheme + "://" + config_.endpoint.authority + location.substr(path);
}

std::string Bucket::uri(const std::string& key) const { return "gs://" + config_.bucket + "/" + config_.prefix + key; }

http::Outcome Bucket::send(const BucketCall& call) {
  http::Request request;
  request.method = call.method;
  request.url = call.url;
  if (!call.query.empty())
    request.url += (call.url.find('?') == std::string::npos ? "?" : "&") + remote::encode_form(call.query);
  request.body = call.body;
  request.repeatable = call.repeatable;
  request.into = call.into;
  request.into_bytes = call.into_bytes;
  remote::Token used;
  bool renewed = false;
  return http_->send(
      [&] {
        request.headers = call.headers;
        if (token_) {
          used = token_->get();
          request.headers.emplace_back("authorization", "Bearer " + used.text);
        }
        return request;
      },
      [&](const http::Answer& answer) {
        if (answer.status == 401 && token_ && !renewed) {
          renewed = true;
          if (token_->renew(used)) return http::Verdict::refused;
        }
        return verdict_of(answer);
      });
}

http::Answer Bucket::ask(const BucketCall& call, std::string_view verb, const std::string& key) {
  http::Outcome outcome = send(call);
  if (!outcome.settled() || !outcome.last.answer.successful()) fail(verb, key, outcome);
  return std::move(outcome.last.answer);
}

http::Outcome Bucket::get(const std::string& key, const Ask& ask) {
  BucketCall call;
  call.url = object_url(key);
  call.query = {{"alt", "media"}};
  if (!ask.etag.empty()) call.query.emplace_back("ifGenerationMatch", ask.etag);
  // Else what was put compressed would be unpacked on its way, and ranges of it would be of something else.
  call.headers = {{"accept-encoding", "gzip"}};
  if (!ask.range.empty()) call.headers.emplace_back("range", ask.range);
  call.into = ask.into;
  call.into_bytes = ask.into_bytes;
  http::Outcome outcome = send(call);
  http::Answer& answer = outcome.last.answer;
  // Should a server not know the condition.
  const std::string generation = answer.header("x-goog-generation");
  if (outcome.settled() && answer.successful() && !ask.etag.empty() && !generation.empty() && generation != ask.etag)
    answer.status = 412;
  return outcome;
}

std::optional<ObjectInfo> Bucket::describe(const http::Answer& answer, const std::string& key) const {
  auto info = ByteSource::describe(answer, key);
  if (info) info->etag = answer.header("x-goog-generation");
  return info;
}

void Bucket::fail(std::string_view verb, const std::string& key, const http::Outcome& outcome, bool is_put) const {
  remote::Failure failure;
  if (outcome.last.kind == http::Attempt::Kind::answered) {
    const http::Answer& answer = outcome.last.answer;
    const auto [reason, message] = complaint_of(answer);
    failure.why = remote::complaint_text(answer.status, reason, message);
    failure.hint = remedy_of(answer);
    if (answer.status == 401) failure.code = ErrorCode::store_credentials;
    if (answer.status == 404 && !is_missing_bucket(answer) && !key.empty() && !is_put)
      failure.code = ErrorCode::store_not_found;
  }
  remote::throw_failure(verb, uri(key), outcome, failure, is_put);
}

}  // namespace weir::store::gcs
