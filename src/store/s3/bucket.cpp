#include "store/s3/bucket.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"
#include "store/remote/failure.h"
#include "store/xml.h"

namespace weir::store::s3 {

namespace {

template <size_t N>
bool is_one_of(std::string_view code, const std::array<std::string_view, N>& codes) {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

constexpr std::array<std::string_view, 4> expired = {"ExpiredToken", "ExpiredTokenException", "RequestExpired",
                                                     "TokenRefreshRequired"};
constexpr std::array<std::string_view, 4> bad_keys = {"InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken",
                                                      "AuthorizationHeaderMalformed"};
// Turned away before anything was done: too many requests, or another conditional write of the key under way.
constexpr std::array<std::string_view, 3> turned_away = {"SlowDown", "ConditionalRequestConflict", "OperationAborted"};

std::string remedy_of(const http::Answer& answer, const std::string& code, const Config& config) {
  const std::string region = answer.header("x-amz-bucket-region");
  if (!region.empty() && region != config.region)
    return "the bucket is in another region: set AWS_REGION=" + valid_utf8(region);
  if (code == "RequestTimeTooSkewed") return "set this machine's clock right";
  if (code == "NoSuchBucket") return "make the bucket first, or mend its name; weir makes no buckets";
  if (code == "NotImplemented") return "the server lacks a part of S3 that weir needs (docs/stores.md)";
  if (answer.status == 403) return "give the credentials the permissions that docs/stores.md lists";
  return "";
}

}  // namespace

Complaint complaint_of(const http::Answer& answer) {
  if (answer.body.find("<Error") == std::string::npos) return {};
  try {
    const XmlNode root = parse_xml(answer.body);
    if (root.name != "Error") return {};
    return {root.child_text("Code"), root.child_text("Message")};
  } catch (const Error&) {
    return {};
  }
}

Bucket::Bucket(Config config, std::shared_ptr<http::Client> http, FetchCredentials credentials, Clock& clock)
    : config_(std::move(config)),
      endpoint_(config_.bucket_endpoint()),
      http_(std::move(http)),
      credentials_(std::move(credentials), clock),
      clock_(clock) {}

std::string Bucket::uri(const std::string& key) const { return "s3://" + config_.bucket + "/" + config_.prefix + key; }

http::Verdict Bucket::judge(const BucketCall& call, const http::Answer& answer, const Credentials& used,
                            bool& renewed) {
  if (answer.successful())
    return call.error_in_success && !complaint_of(answer).code.empty() ? http::Verdict::doubtful : http::Verdict::final;
  const std::string code = complaint_of(answer).code;
  if (is_one_of(code, turned_away)) return http::Verdict::refused;
  if (code == "RequestTimeout") return http::Verdict::doubtful;
  // An answer to HEAD has no body that would tell whether the keys have expired.
  const bool may_have_expired =
      is_one_of(code, expired) || (call.method == "HEAD" && (answer.status == 400 || answer.status == 403));
  if (may_have_expired && !renewed) {
    renewed = true;
    if (credentials_.renew(used)) return http::Verdict::refused;
  }
  return http::usual_verdict(answer);
}

http::Outcome Bucket::send(const BucketCall& asked) {
  Call call;
  call.method = asked.method;
  call.endpoint = endpoint_;
  call.path = "/" + encode_path(asked.key.empty() ? "" : config_.prefix + asked.key);
  if (asked.key.empty() && config_.bucket_in_path) call.path.clear();
  call.query = asked.query;
  call.headers = asked.headers;
  call.body = asked.body;
  call.body_sha256 = sha256_hex(asked.body);
  call.repeatable = asked.repeatable;
  call.into = asked.into;
  call.into_bytes = asked.into_bytes;
  Credentials used;
  bool renewed = false;
  return http_->send(
      [&] {
        used = credentials_.get();
        return signed_request(call, used, {config_.region, "s3"}, clock_.now_ms());
      },
      [&](const http::Answer& answer) { return judge(asked, answer, used, renewed); });
}

http::Outcome Bucket::get(const std::string& key, const Ask& ask) {
  BucketCall call;
  call.key = key;
  if (!ask.range.empty()) call.headers.emplace_back("range", ask.range);
  if (!ask.etag.empty()) call.headers.emplace_back("if-match", ask.etag);
  call.into = ask.into;
  call.into_bytes = ask.into_bytes;
  return send(call);
}

http::Answer Bucket::ask(const BucketCall& call, std::string_view verb) {
  http::Outcome outcome = send(call);
  if (!outcome.settled() || !outcome.last.answer.successful()) fail(verb, call.key, outcome);
  return std::move(outcome.last.answer);
}

void Bucket::fail(std::string_view verb, const std::string& key, const http::Outcome& outcome, bool is_put) const {
  remote::Failure failure;
  if (outcome.last.kind == http::Attempt::Kind::answered) {
    const http::Answer& answer = outcome.last.answer;
    const auto [code, message] = complaint_of(answer);
    failure.why = remote::complaint_text(answer.status, code, message);
    failure.hint = remedy_of(answer, code, config_);
    if (is_one_of(code, expired) || is_one_of(code, bad_keys)) failure.code = ErrorCode::store_credentials;
    if (answer.status == 404 && code != "NoSuchBucket" && !key.empty() && !is_put)
      failure.code = ErrorCode::store_not_found;
  }
  remote::throw_failure(verb, uri(key), outcome, failure, is_put);
}

}  // namespace weir::store::s3
