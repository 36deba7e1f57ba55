// What GcsStore makes of answers, good and bad, and where its tokens come from. The servers are scripted;
// remote_server_test.cpp has a real one.
#include "store/gcs/gcs_store.h"

#include <gtest/gtest.h>

#include "../base/test_key.h"
#include "base/base64.h"
#include "base/file.h"
#include "base/text.h"
#include "loopback_server.h"
#include "store/gcs/credentials.h"
#include "store_fixture.h"

namespace weir::store::gcs {
namespace {

using Lines = std::vector<std::string>;
using Values = std::map<std::string, std::string>;

TEST(GcsConfig, TheUriNamesBucketAndFolder) {
  const Config config = configure("gs://bucket/a/b/", environment_of({}));
  EXPECT_EQ(config.bucket + " " + config.prefix + " " + config.uri(), "bucket a/b/ gs://bucket/a/b");
  EXPECT_EQ(config.endpoint.scheme + "://" + config.endpoint.authority, "https://storage.googleapis.com");
  const Config emulated = configure("gs://bucket", environment_of({{"STORAGE_EMULATOR_HOST", "127.0.0.1:9"}}));
  EXPECT_TRUE(emulated.is_emulator);
  EXPECT_EQ(emulated.endpoint.authority, "127.0.0.1:9");
  for (const char* bad :
       {"gs://", "gs:///x", "gs://b", "gs://Bucket/x", "gs://bucket?x", "gs://user:secret@bucket/x"}) {
    const std::string error = error_of([&] { configure(bad, environment_of({})); });
    EXPECT_NE(error.find("store-scheme"), std::string::npos) << bad;
    EXPECT_EQ(error.find("secret"), std::string::npos) << error;
  }
}

Reaction json_error(int status, const std::string& reason, const std::string& message = "because") {
  return Reaction::answer(
      status, R"({"error":{"code":1,"message":")" + message + R"(","errors":[{"reason":")" + reason + R"("}]}})");
}

class GcsAnswers : public testing::Test {
 protected:
  GcsAnswers() : server_([](const SeenRequest&) { return Reaction::answer(200); }) {
    open([] { return token("t1"); });
  }
  static remote::Token token(const std::string& text) { return {text, std::nullopt}; }
  void open(remote::FetchToken fetch) {
    Config config;
    config.bucket = "bucket";
    config.prefix = "lake/";
    config.endpoint = http::Endpoint::parse(server_.url());
    config.curl.stall_timeout_ms = 1000;
    config.part_bytes = 10;
    auto http = std::make_shared<http::Client>(
        std::make_unique<http::CurlTransport>(config.curl), clock_, [] { return 0.5; }, config.retry);
    store_ = std::make_unique<GcsStore>(std::make_unique<Bucket>(config, http, std::move(fetch), clock_));
  }
  void script(std::vector<Reaction> reactions) { server_.set_handler(in_turn(std::move(reactions))); }
  ManualClock clock_;
  LoopbackServer server_;
  std::unique_ptr<GcsStore> store_;
};

TEST_F(GcsAnswers, ReadsArePassedOverFailures) {
  for (const auto& failure : {json_error(500, "backendError"), json_error(503, "x"),
                              json_error(429, "rateLimitExceeded"), json_error(408, "x"), Reaction::drop(),
                              Reaction{"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this", true, false}}) {
    script({failure, failure, Reaction::answer(200, "content")});
    EXPECT_EQ(store_->read("a b/k"), "content");
    EXPECT_EQ(server_.lines(), Lines(3, "GET /storage/v1/b/bucket/o/lake%2Fa%20b%2Fk?alt=media"));
  }
  EXPECT_EQ(server_.seen()[0].header("authorization"), "Bearer t1");
}

TEST_F(GcsAnswers, AConditionalPutIsSentOnceIfItMayHaveHappened) {
  for (const auto& doubt : {json_error(500, "x"), json_error(503, "x"), json_error(408, "x"), Reaction::drop(),
                            Reaction{"", false, true}}) {
    script({doubt, json_error(412, "conditionNotMet")});
    EXPECT_EQ(code_of([&] { store_->put_if_absent("k", "x"); }), ErrorCode::store_unknown) << doubt.bytes;
    EXPECT_EQ(server_.lines(), Lines{"POST /upload/storage/v1/b/bucket/o?uploadType=multipart&ifGenerationMatch=0"});
    EXPECT_NE(server_.seen()[0].body.find("\r\n\r\n{\"name\":\"lake/k\"}\r\n--"), std::string::npos);
    EXPECT_NE(server_.seen()[0].body.find("\r\n\r\nx\r\n--"), std::string::npos);
  }
  script({json_error(429, "rateLimitExceeded"), json_error(412, "conditionNotMet")});
  EXPECT_EQ(store_->put_if_absent("k", "x"), PutResult::exists);
  script({json_error(403, "forbidden")});
  EXPECT_EQ(code_of([&] { store_->put_if_absent("k", "x"); }), ErrorCode::store_io);
}

TEST_F(GcsAnswers, WhatIsNotThereAndWhatIsForbidden) {
  script({Reaction::answer(404, "No such object: bucket/lake/k")});
  EXPECT_EQ(code_of([&] { store_->read("k"); }), ErrorCode::store_not_found);
  script({json_error(404, "notFound", "No such object: bucket/lake/k")});
  EXPECT_EQ(store_->head("k"), std::nullopt);
  store_->remove("k");
  script({json_error(404, "notFound", "The specified bucket does not exist.")});
  EXPECT_EQ(code_of([&] { store_->head("k"); }), ErrorCode::store_io);
  EXPECT_EQ(code_of([&] { store_->remove("k"); }), ErrorCode::store_io);
  EXPECT_NE(error_of([&] { list(*store_, ""); }).find("hint: make the bucket first"), std::string::npos);
  script({json_error(403, "forbidden")});
  EXPECT_EQ(error_of([&] { store_->read("k"); }),
            "cannot read gs://bucket/lake/k: 403 forbidden (because) [WEIR-E0201 store-io] hint: give the account the "
            "role that docs/stores.md names");
}

TEST_F(GcsAnswers, RefusedTokensAreRenewedOnce) {
  int fetched = 0;
  open([&] { return token("secret-" + std::to_string(++fetched)); });
  script({json_error(401, "authError"), Reaction::answer(200, "content")});
  EXPECT_EQ(store_->read("k"), "content");
  EXPECT_EQ(server_.seen()[1].header("authorization"), "Bearer secret-2");
  script({json_error(401, "authError")});
  const std::string error = error_of([&] { store_->read("k"); });
  EXPECT_NE(error.find("store-credentials"), std::string::npos) << error;
  EXPECT_EQ(error.find("secret"), std::string::npos) << error;
  EXPECT_EQ(server_.seen().size(), 2U);
}

TEST_F(GcsAnswers, ListsPageByPage) {
  script({Reaction::answer(200, R"({"items":[{"name":"lake/a","size":"3","generation":"7",
            "timeCreated":"2026-01-05T09:12:44.123Z"},{"name":"lake/b/","size":"0"},{"name":"lake/b//c","size":"0"}],
            "nextPageToken":"t/1"})"),
          Reaction::answer(200, R"({"items":[{"name":"lake/c","size":"1","generation":"8"}]})")});
  const auto found = list(*store_, "", "A");
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].key + " " + found[0].etag, "a 7");
  EXPECT_EQ(found[0].size, 3U);
  EXPECT_EQ(found[0].modified_ms, 1767604364123);
  const auto lines = server_.lines();
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_TRUE(lines[0].ends_with("&prefix=lake%2F")) << lines[0];
  EXPECT_NE(lines[0].find("startOffset=lake%2FA"), std::string::npos) << lines[0];
  EXPECT_NE(lines[1].find("pageToken=t%2F1"), std::string::npos) << lines[1];
  for (const char* bad : {R"({"items":[{"name":"lake/b","size":"1"},{"name":"lake/a","size":"1"}]})",
                          R"({"items":[{"name":"other/a","size":"1"}]})", R"({"items":[{"name":"lake/a"}]})",
                          R"({"items":[{"name":"lake/a","size":"-1"}]})", R"({"items":7})", "<html>", "[]", ""}) {
    script({Reaction::answer(200, bad)});
    EXPECT_EQ(code_of([&] { list(*store_, ""); }), ErrorCode::store_io) << bad;
  }
}

TEST_F(GcsAnswers, WhatWasReplacedIsNotMixed) {
  const std::string tail(65536, 't');
  script({Reaction::answer(206, tail, "Content-Range: bytes 934464-999999/1000000\r\nx-goog-generation: 7\r\n"),
          json_error(412, "conditionNotMet")});
  const auto reader = store_->open_read("k");
  EXPECT_EQ(reader->info().etag, "7");
  char out[4];
  EXPECT_EQ(code_of([&] { reader->read_into(100, out, 4); }), ErrorCode::store_io);
  EXPECT_EQ(server_.lines()[1], "GET /storage/v1/b/bucket/o/lake%2Fk?alt=media&ifGenerationMatch=7");
  EXPECT_EQ(server_.seen()[1].header("range"), "bytes=100-103");
  // A server that does not know the condition.
  script({Reaction::answer(206, "abcd", "Content-Range: bytes 100-103/1000000\r\nx-goog-generation: 8\r\n")});
  EXPECT_EQ(code_of([&] { reader->read_into(100, out, 4); }), ErrorCode::store_io);
}

class GcsUploads : public GcsAnswers {
 protected:
  Reaction started() const {
    return Reaction::answer(200, "", "Location: http://elsewhere:1/upload/x?upload_id=secret-id\r\n");
  }
  static Reaction progress(int last) {
    return Reaction::answer(308, "", last < 0 ? "" : "Range: bytes=0-" + std::to_string(last) + "\r\n");
  }
  void write() {
    auto writer = store_->open_write("k");
    writer->append("0123456789");
    writer->append("abcdefghijKLM");
    writer->finish();
  }
  // "bytes 0-9/*: 0123456789", ...
  Lines parts() const {
    Lines parts;
    for (const auto& request : server_.seen())
      if (request.method == "PUT") parts.push_back(request.header("content-range") + ": " + request.body);
    return parts;
  }
};

TEST_F(GcsUploads, LargeObjectsGoInParts) {
  script({started(), progress(9), progress(19), Reaction::answer(200, "{}")});
  write();
  EXPECT_EQ(parts(), (Lines{"bytes 0-9/*: 0123456789", "bytes 10-19/*: abcdefghij", "bytes 20-22/23: KLM"}));
  // Never to a place that only an answer names.
  EXPECT_EQ(server_.lines()[1], "PUT /upload/x?upload_id=secret-id");
}

TEST_F(GcsUploads, AfterALostAnswerTheUploadGoesOnWhereItStands) {
  script({started(), Reaction::drop(), progress(3), progress(9), Reaction::drop(), progress(19), Reaction::drop(),
          Reaction::answer(200, "{}")});
  write();
  EXPECT_EQ(parts(), (Lines{"bytes 0-9/*: 0123456789", "bytes */*: ", "bytes 4-9/*: 456789",
                            "bytes 10-19/*: abcdefghij", "bytes */*: ", "bytes 20-22/23: KLM", "bytes */23: "}));
}

TEST_F(GcsUploads, UploadsThatGetNowhereEnd) {
  script({started(), progress(-1)});
  EXPECT_EQ(code_of([&] { write(); }), ErrorCode::store_io);
  script({started(), progress(9), progress(3)});
  EXPECT_EQ(code_of([&] { write(); }), ErrorCode::store_io);
  script({started(), progress(9), progress(19), Reaction::drop(), json_error(404, "notFound")});
  EXPECT_EQ(code_of([&] { write(); }), ErrorCode::store_unknown);
  EXPECT_EQ(server_.seen().back().method, "DELETE");
  script({started(), progress(9), json_error(403, "forbidden")});
  const std::string error = error_of([&] { write(); });
  EXPECT_EQ(error.find("secret"), std::string::npos) << error;
}

class GcsCredentials : public FolderTest {
 protected:
  GcsCredentials() : server_([](const SeenRequest&) { return Reaction::answer(500); }) {
    http::RetryPolicy policy;
    policy.attempts = 2;
    http_ = std::make_shared<http::Client>(
        std::make_unique<http::CurlTransport>(), clock_, [] { return 0.5; }, policy);
  }
  remote::FetchToken found(const Values& values) { return find_credentials(environment_of(values), http_, clock_); }
  Values file(const Json& json) {
    write_file(folder_ / "credentials.json", json.dump());
    return {{"GOOGLE_APPLICATION_CREDENTIALS", (folder_ / "credentials.json").string()}};
  }
  static Json of_type(const char* type) { return Json::object().set("type", type); }
  void script(std::vector<Reaction> reactions) { server_.set_handler(in_turn(std::move(reactions))); }
  static Reaction token_answer(const std::string& token = "tok") {
    return Reaction::answer(200, R"({"access_token":")" + token + R"(","expires_in":3600,"token_type":"Bearer"})");
  }
  ManualClock clock_;  // 2026-01-05T09:00:00Z
  LoopbackServer server_;
  std::shared_ptr<http::Client> http_;
};

TEST_F(GcsCredentials, FromAServiceAccountsKey) {
  Json key = of_type("service_account");
  key.set("client_email", "me@project.iam").set("private_key", worthless_rsa_key).set("private_key_id", "k1");
  key.set("token_uri", server_.url() + "/token");
  script({token_answer()});
  const remote::Token token = found(file(key))();
  EXPECT_EQ(token.text, "tok");
  EXPECT_EQ(token.expires_ms, clock_.now_ms() + 3600'000);
  const auto request = server_.seen().at(0);
  const std::string start = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=";
  ASSERT_TRUE(request.body.starts_with(start)) << request.body;
  const auto pieces = split(request.body.substr(start.size()), '.');
  ASSERT_EQ(pieces.size(), 3U);
  EXPECT_EQ(base64_decode(pieces[0]), R"({"kid":"k1","alg":"RS256","typ":"JWT"})");
  const Json claims = Json::parse(base64_decode(pieces[1]).value_or(""));
  EXPECT_EQ(claims.at("iss").as_string(), "me@project.iam");
  EXPECT_EQ(claims.at("aud").as_string(), server_.url() + "/token");
  EXPECT_EQ(claims.at("exp").as_int() - claims.at("iat").as_int(), 3600);
}

TEST_F(GcsCredentials, FromAnAuthorizedUser) {
  Json user = of_type("authorized_user");
  user.set("client_id", "c").set("client_secret", "s").set("refresh_token", "r");
  user.set("token_uri", server_.url());
  std::filesystem::create_directories(folder_ / ".config/gcloud");
  write_file(folder_ / ".config/gcloud/application_default_credentials.json", user.dump());
  script({token_answer()});
  EXPECT_EQ(found({{"HOME", folder_.string()}})().text, "tok");
  EXPECT_EQ(server_.seen().at(0).body, "grant_type=refresh_token&client_id=c&client_secret=s&refresh_token=r");
}

TEST_F(GcsCredentials, FromAWorkloadIdentity) {
  Json source = Json::object().set("file", (folder_ / "subject").string());
  source.set("format", Json::object().set("type", "json").set("subject_token_field_name", "t"));
  Json account = of_type("external_account");
  account.set("audience", "//iam/pool").set("subject_token_type", "urn:jwt").set("token_url", server_.url() + "/sts");
  account.set("credential_source", source);
  write_file(folder_ / "subject", R"({"t":"subject-token"})");
  script({token_answer("exchanged")});
  EXPECT_EQ(found(file(account))().text, "exchanged");
  EXPECT_NE(server_.seen().at(0).body.find("&subject_token=subject-token"), std::string::npos);
  // And then a service account's.
  account.set("service_account_impersonation_url", server_.url() + "/act:generateAccessToken");
  account.set("credential_source",
              Json::object().set("url", server_.url() + "/subject").set("headers", Json::object().set("x-who", "me")));
  script({Reaction::answer(200, "from a url\n"), token_answer("exchanged"),
          Reaction::answer(200, R"({"accessToken":"acting","expireTime":"2026-01-05T10:00:00Z"})")});
  const remote::Token token = found(file(account))();
  EXPECT_EQ(token.text, "acting");
  EXPECT_EQ(token.expires_ms, 1767607200000);
  EXPECT_EQ(server_.lines(), (Lines{"GET /subject", "POST /sts", "POST /act:generateAccessToken"}));
  EXPECT_EQ(server_.seen()[0].header("x-who"), "me");
  EXPECT_NE(server_.seen()[1].body.find("&subject_token=from%20a%20url"), std::string::npos);
  EXPECT_EQ(server_.seen()[2].header("authorization"), "Bearer exchanged");
}

TEST_F(GcsCredentials, FromTheMachineIfItsServiceIsNamed) {
  script({token_answer("machine")});
  EXPECT_EQ(found({{"GCE_METADATA_HOST", server_.url().substr(7)}})().text, "machine");
  EXPECT_EQ(server_.seen().at(0).header("metadata-flavor"), "Google");
}

TEST_F(GcsCredentials, WithoutAnyTheErrorSaysWhatToSet) {
  const std::string error = error_of([&] { found({}); });
  EXPECT_NE(error.find("store-credentials"), std::string::npos);
  EXPECT_NE(error.find("GOOGLE_APPLICATION_CREDENTIALS"), std::string::npos);
  EXPECT_TRUE(server_.seen().empty());
}

TEST_F(GcsCredentials, SecretsStandInNoError) {
  Json key = of_type("service_account");
  key.set("client_email", "me").set("private_key", "very-secret").set("token_uri", server_.url());
  Json far = of_type("authorized_user");
  far.set("client_id", "c").set("client_secret", "very-secret").set("refresh_token", "very-secret");
  Json plain = far;
  plain.set("token_uri", "http://token.example.org/");
  Json unknown = of_type("gdch_service_account");
  far.set("token_uri", server_.url());
  for (const auto& answer : {Reaction::answer(400, R"({"error":"invalid_grant","error_description":"very-secret"})"),
                             Reaction::answer(200, "very-secret"), Reaction::answer(200, R"({"id":"very-secret"})"),
                             Reaction::answer(500, "very-secret"), Reaction::drop()})
    for (const Json& json : {key, far, plain, unknown}) {
      script({answer});
      const std::string error = error_of([&] { found(file(json))(); });
      EXPECT_NE(error.find("store-credentials"), std::string::npos) << error;
      EXPECT_EQ(error.find("secret"), std::string::npos) << error;
    }
  script({Reaction::answer(400, R"({"error":"invalid_grant"})")});
  EXPECT_NE(error_of([&] { found(file(far))(); }).find("400 invalid_grant"), std::string::npos);
  write_file(folder_ / "credentials.json", "very-secret {");
  Values values = {{"GOOGLE_APPLICATION_CREDENTIALS", (folder_ / "credentials.json").string()}};
  const std::string error = error_of([&] { found(values); });
  EXPECT_NE(error.find("no JSON object"), std::string::npos);
  EXPECT_EQ(error.find("very"), std::string::npos) << error;
}

}  // namespace
}  // namespace weir::store::gcs
