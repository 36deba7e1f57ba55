#include "store/hdfs/namenode.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "store/remote/failure.h"

namespace weir::store::hdfs {

namespace {

template <size_t N>
bool is_among(std::string_view name, const std::array<std::string_view, N>& names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Another namenode is the active one.
constexpr std::array<std::string_view, 2> elsewhere = {"StandbyException", "ObserverRetryOnActiveException"};
// Turned away before anything was done, but not for good.
constexpr std::array<std::string_view, 2> turned_away = {"RetriableException", "SafeModeException"};

bool is_redirect(const http::Outcome& outcome) { return outcome.settled() && outcome.last.answer.status == 307; }

http::Verdict verdict_of(const http::Answer& answer) {
  if (answer.successful() || answer.status == 307) return http::Verdict::final;
  return is_among(complaint_of(answer).exception, turned_away) ? http::Verdict::refused : http::usual_verdict(answer);
}

Json parsed(const http::Answer& answer) {
  if (trim(answer.body).empty()) return Json();
  try {
    return Json::parse(answer.body);
  } catch (const Error&) {
    throw Error(ErrorCode::store_io, "the answer of the namenode is not the JSON it should be");
  }
}

int64_t number_in(const Json& status, const char* name, int64_t otherwise = 0) {
  const Json* number = status.find(name);
  return number && number->is_int() ? number->as_int() : otherwise;
}

}  // namespace

Complaint complaint_of(const http::Answer& answer) {
  try {
    const Json json = Json::parse(answer.body);
    const Json* remote = json.find("RemoteException");
    if (!remote || !remote->is_object()) return {};
    const std::string message = remote->get_string("message").value_or("");
    return {remote->get_string("exception").value_or(""), std::string(trim(message.substr(0, message.find('\n'))))};
  } catch (const Error&) {
    return {};
  }
}

bool has_exception(const http::Outcome& outcome, std::string_view exception) {
  return outcome.settled() && complaint_of(outcome.last.answer).exception == exception;
}

std::optional<bool> boolean_in(const http::Answer& answer) {
  try {
    return Json::parse(answer.body).get_bool("boolean");
  } catch (const Error&) {
    return std::nullopt;
  }
}

// The number of a file in the namespace and its times: a file put in another's place has others.
ObjectInfo object_of(const Json& status, const std::string& key) {
  ObjectInfo info;
  info.key = key;
  const int64_t length = number_in(status, "length", -1);
  if (length < 0) throw Error(ErrorCode::store_io, "the namenode describes a file without length");
  info.size = static_cast<uint64_t>(length);
  info.modified_ms = number_in(status, "modificationTime");
  info.etag = std::to_string(number_in(status, "fileId")) + "-" + std::to_string(info.modified_ms) + "-" +
              std::to_string(info.size);
  return info;
}

bool is_folder(const Json& status) {
  const Json* type = status.find("type");
  return type && type->is_string() && type->as_string() == "DIRECTORY";
}

Namenode::Namenode(Config config, std::shared_ptr<http::Client> http, Clock& clock)
    : config_(std::move(config)), http_(std::move(http)) {
  if (config_.token) token_.emplace(config_.token, clock);
}

std::string Namenode::path(const std::string& key) const { return "/" + config_.prefix + key; }

std::string Namenode::uri(const std::string& key) const { return config_.shown_root + path(key); }

http::Request Namenode::request_of(const Operation& operation, size_t namenode, const std::string& token) const {
  const http::Endpoint& at = config_.namenodes[namenode];
  remote::Form query = {{"op", operation.op}};
  query.insert(query.end(), operation.query.begin(), operation.query.end());
  if (!token.empty())
    query.emplace_back("delegation", token);
  else if (!config_.user.empty())
    query.emplace_back("user.name", config_.user);
  http::Request request;
  request.method = operation.method;
  request.url = at.scheme + "://" + at.authority + at.path + percent_encode(operation.path, "-._~/") + "?" +
                remote::encode_form(query);
  request.repeatable = operation.repeatable;
  request.own_connection = operation.own_connection;
  return request;
}

http::Outcome Namenode::send(const Operation& operation) {
  remote::Token used;
  bool renewed = false, was_answered = true;
  const auto to_the_next = [this](size_t from) {
    active_.compare_exchange_strong(from, (from + 1) % config_.namenodes.size());
  };
  size_t namenode = 0;
  return http_->send(
      [&] {
        if (!was_answered) to_the_next(namenode);
        was_answered = false;
        namenode = active_;
        if (token_) used = token_->get();
        return request_of(operation, namenode, used.text);
      },
      [&](const http::Answer& answer) {
        was_answered = true;
        const std::string exception = complaint_of(answer).exception;
        if (is_among(exception, elsewhere)) {
          to_the_next(namenode);
          return http::Verdict::refused;
        }
        if (exception == "InvalidToken" && token_ && !renewed) {
          renewed = true;
          if (token_->renew(used)) return http::Verdict::refused;
        }
        return verdict_of(answer);
      });
}

Json Namenode::ask(const Operation& operation, std::string_view verb, const std::string& key) {
  const http::Outcome outcome = send(operation);
  if (!outcome.settled() || !outcome.last.answer.successful()) fail(verb, key, outcome);
  return parsed(outcome.last.answer);
}

std::optional<Json> Namenode::status(const std::string& path, const std::string& key) {
  const http::Outcome outcome = send({"GET", "GETFILESTATUS", path, {}, true});
  if (outcome.settled() && outcome.last.answer.status == 404) return std::nullopt;
  // A folder of the path is a file: then there is nothing below it.
  if (has_exception(outcome, "ParentNotDirectoryException")) return std::nullopt;
  if (!outcome.settled() || !outcome.last.answer.successful()) fail("look up", key, outcome);
  const Json answer = parsed(outcome.last.answer);
  const Json* found = answer.find("FileStatus");
  if (!found) throw Error(ErrorCode::store_io, "the namenode says nothing about " + uri(key));
  return *found;
}

std::string Namenode::redirect(const Operation& operation, std::string_view verb, const std::string& key) {
  const http::Outcome outcome = send(operation);
  if (!is_redirect(outcome)) fail(verb, key, outcome);
  std::string location = outcome.last.answer.header("location");
  if (!location.starts_with("http://") && !location.starts_with("https://"))
    throw Error(ErrorCode::store_io, "the namenode names no datanode for " + uri(key));
  return location;
}

http::Outcome Namenode::read(const Operation& operation, const std::string& key, char* into, uint64_t into_bytes) {
  http::Request request;
  // The namenode is asked anew for each try: it may name another datanode.
  return http_->send(
      [&] {
        request.url = redirect(operation, "read", key);
        request.into = into;
        request.into_bytes = into_bytes;
        return request;
      },
      verdict_of);
}

std::string Namenode::write(const std::function<std::string()>& name, std::string_view bytes, const std::string& key) {
  std::vector<std::string> tried;
  const http::Outcome outcome = http_->send(
      [&] {
        tried.push_back(name());
        http::Request request;
        request.method = "PUT";
        request.url = redirect({"PUT", "CREATE", tried.back(), {{"overwrite", "false"}}, true}, "write", key);
        request.headers = {{"content-type", "application/octet-stream"}};
        request.body = bytes;
        request.own_connection = true;
        return request;
      },
      verdict_of);
  const bool written = outcome.settled() && outcome.last.answer.successful();
  std::string last = tried.back();
  if (written) tried.pop_back();
  for (const std::string& path : tried) discard(path, false);
  if (!written) fail("write", key, outcome);
  return last;
}

void Namenode::discard(const std::string& path, bool recursive) noexcept {
  try {
    send({"DELETE", "DELETE", path, {{"recursive", recursive ? "true" : "false"}}, true});
  } catch (...) {  // its name begins with .tmp-, so nobody sees it
  }
}

void Namenode::fail(std::string_view verb, const std::string& key, const http::Outcome& outcome, bool is_put) const {
  remote::Failure failure;
  if (outcome.last.kind == http::Attempt::Kind::answered) {
    const http::Answer& answer = outcome.last.answer;
    const auto [exception, message] = complaint_of(answer);
    failure.why = remote::complaint_text(answer.status, exception, message);
    if (answer.status == 401 || exception == "InvalidToken") {
      failure.code = ErrorCode::store_credentials;
      failure.hint = "set HADOOP_USER_NAME or a delegation token (docs/stores.md)";
    }
    if (exception == "AccessControlException") failure.hint = "give the user the permission, or set HADOOP_USER_NAME";
    if (answer.status == 404 && !key.empty() && !is_put) failure.code = ErrorCode::store_not_found;
  }
  remote::throw_failure(verb, uri(key), outcome, failure, is_put);
}

}  // namespace weir::store::hdfs
