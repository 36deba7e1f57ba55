// What AzureStore makes of answers, good and bad, and how its requests show who sends them. The servers are scripted;
// remote_server_test.cpp has a real one.
#include "store/azure/azure_store.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/text.h"
#include "loopback_server.h"
#include "store_fixture.h"

namespace weir::store::azure {
namespace {

using Lines = std::vector<std::string>;
using Values = std::map<std::string, std::string>;

std::string service_of(const std::string& uri, const Values& values = {}) {
  const Config config = configure(uri, environment_of(values));
  return config.service.scheme + "://" + config.service.authority + config.service.path + " " + config.account + " " +
         config.container + " " + config.prefix;
}

TEST(AzureConfig, UrisNameAccountContainerAndFolder) {
  EXPECT_EQ(service_of("abfss://data@account1.dfs.core.windows.net/a/b/"),
            "https://account1.blob.core.windows.net account1 data a/b/");
  EXPECT_EQ(service_of("abfs://data@account1/a"), "https://account1.blob.core.windows.net account1 data a/");
  EXPECT_EQ(service_of("abfss://data@account1.dfs.core.chinacloudapi.cn"),
            "https://account1.blob.core.chinacloudapi.cn account1 data ");
  EXPECT_EQ(service_of("az://data/a", {{"AZURE_STORAGE_ACCOUNT", "account1"}}),
            "https://account1.blob.core.windows.net account1 data a/");
  EXPECT_EQ(
      service_of("az://data", {{"AZURE_STORAGE_CONNECTION_STRING",
                                "AccountName=account1;AccountKey=a2V5;BlobEndpoint=http://127.0.0.1:9/account1;"}}),
      "http://127.0.0.1:9/account1 account1 data ");
  EXPECT_EQ(configure("abfss://data@account1.dfs.core.windows.net/a/b/", environment_of({})).uri(),
            "abfss://data@account1.dfs.core.windows.net/a/b");
  for (const char* bad : {"az://", "az://Data/x", "abfss://data@account1.evil.org/x", "abfss://data@/x", "az://data?x"})
    EXPECT_EQ(code_of([&] {
                service_of(bad, {{"AZURE_STORAGE_ACCOUNT", "account1"}});
              }),
              ErrorCode::store_scheme)
        << bad;
  EXPECT_NE(error_of([&] { service_of("az://data/x"); }).find("AZURE_STORAGE_ACCOUNT"), std::string::npos);
  const std::string error = error_of([&] {
    service_of("az://data", {{"AZURE_STORAGE_CONNECTION_STRING", "very-secret"}});
  });
  EXPECT_NE(error.find("bad-option-value"), std::string::npos) << error;
  EXPECT_EQ(error.find("secret"), std::string::npos) << error;
}

Reaction azure_error(int status, const std::string& code) {
  return Reaction::answer(status,
                          "\xEF\xBB\xBF<?xml version=\"1.0\"?><Error><Code>" + code +
                              "</Code><Message>because\nRequestId:1</Message><AuthenticationErrorDetail>MAC signature "
                              "very-secret</AuthenticationErrorDetail></Error>",
                          "x-ms-error-code: " + code + "\r\n");
}

class AzureAnswers : public testing::Test {
 protected:
  AzureAnswers() : server_([](const SeenRequest&) { return Reaction::answer(200); }) { open({"very-secret", "", {}}); }
  void open(Credentials credentials, bool by_folder = false) {
    Config config;
    config.account = "account1";
    config.container = "data";
    config.prefix = "lake/";
    config.shown_root = "az://data";
    config.by_folder = by_folder;
    config.service = http::Endpoint::parse(server_.url());
    config.curl.stall_timeout_ms = 1000;
    config.block_bytes = 10;
    auto http = std::make_shared<http::Client>(
        std::make_unique<http::CurlTransport>(config.curl), clock_, [] { return 0.5; }, config.retry);
    store_ = std::make_unique<AzureStore>(std::make_unique<Container>(config, http, std::move(credentials), clock_));
  }
  void script(std::vector<Reaction> reactions) { server_.set_handler(in_turn(std::move(reactions))); }
  ManualClock clock_;
  LoopbackServer server_;
  std::unique_ptr<AzureStore> store_;
};

// The example of the documentation's form, computed by hand: every part of what is signed stands in it.
TEST_F(AzureAnswers, RequestsAreSignedWithTheSharedKey) {
  script({Reaction::answer(201)});
  store_->put("a b", "content");
  const auto seen = server_.seen().at(0);
  EXPECT_EQ(seen.target, "/data/lake/a%20b");
  EXPECT_EQ(seen.header("content-md5"), base64(md5_bytes("content")));
  const std::string text = "PUT\n\n\n7\n" + base64(md5_bytes("content")) +
                           "\n\n\n\n\n\n\n\nx-ms-blob-type:BlockBlob\nx-ms-date:Mon, 05 Jan 2026 09:00:00 GMT\n"
                           "x-ms-version:2021-12-02\n/account1/data/lake/a%20b";
  EXPECT_EQ(seen.header("authorization"), "SharedKey account1:" + base64(hmac_sha256_bytes("very-secret", text)));
  EXPECT_EQ(seen.header("x-ms-date"), "Mon, 05 Jan 2026 09:00:00 GMT");
}

TEST_F(AzureAnswers, ReadsArePassedOverFailures) {
  for (const auto& failure :
       {azure_error(500, "InternalError"), azure_error(503, "ServerBusy"), azure_error(500, "OperationTimedOut"),
        Reaction::drop(), Reaction{"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this", true, false}}) {
    script({failure, failure, Reaction::answer(200, "content")});
    EXPECT_EQ(store_->read("k"), "content");
    EXPECT_EQ(server_.lines(), Lines(3, "GET /data/lake/k"));
  }
}

TEST_F(AzureAnswers, AConditionalPutIsSentOnceIfItMayHaveHappened) {
  for (const auto& doubt : {azure_error(500, "InternalError"), azure_error(503, "ServerBusy"), Reaction::drop(),
                            Reaction{"", false, true}}) {
    script({doubt, azure_error(409, "BlobAlreadyExists")});
    EXPECT_EQ(code_of([&] { store_->put_if_absent("k", "x"); }), ErrorCode::store_unknown) << doubt.bytes;
    EXPECT_EQ(server_.lines(), Lines{"PUT /data/lake/k"});
    EXPECT_EQ(server_.seen()[0].header("if-none-match"), "*");
  }
  for (const auto& exists : {azure_error(409, "BlobAlreadyExists"), azure_error(412, "ConditionNotMet"),
                             azure_error(412, "LeaseIdMissing"), azure_error(403, "UnauthorizedBlobOverwrite")}) {
    script({exists});
    EXPECT_EQ(store_->put_if_absent("k", "x"), PutResult::exists);
  }
  for (const auto& other : {azure_error(409, "ContainerBeingDeleted"), azure_error(404, "ContainerNotFound"),
                            azure_error(403, "AuthorizationPermissionMismatch")}) {
    script({other});
    EXPECT_EQ(code_of([&] { store_->put_if_absent("k", "x"); }), ErrorCode::store_io) << other.bytes;
  }
}

TEST_F(AzureAnswers, WhatIsNotThereAndWhatIsForbidden) {
  script({azure_error(404, "BlobNotFound")});
  EXPECT_EQ(code_of([&] { store_->read("k"); }), ErrorCode::store_not_found);
  script({Reaction::answer(404, "", "x-ms-error-code: BlobNotFound\r\n")});
  EXPECT_EQ(store_->head("k"), std::nullopt);
  store_->remove("k");
  script({Reaction::answer(404, "", "x-ms-error-code: ContainerNotFound\r\n")});
  EXPECT_EQ(code_of([&] { store_->head("k"); }), ErrorCode::store_io);
  EXPECT_EQ(code_of([&] { store_->remove("k"); }), ErrorCode::store_io);
  script({Reaction::answer(200, "", "x-ms-meta-hdi_isfolder: true\r\n")});
  EXPECT_EQ(store_->head("k"), std::nullopt);
  EXPECT_EQ(code_of([&] { store_->open_read("k"); }), ErrorCode::store_not_found);
  EXPECT_EQ(code_of([&] { store_->read("k"); }), ErrorCode::store_not_found);
  script({azure_error(403, "AuthorizationFailure")});
  EXPECT_EQ(error_of([&] { store_->read("k"); }),
            "cannot read az://data/lake/k: 403 AuthorizationFailure (because) [WEIR-E0201 store-io] hint: give the "
            "credentials the role or permissions that docs/stores.md lists");
}

TEST_F(AzureAnswers, SecretsStandInNoError) {
  open({"", "sv=2021&sig=very-secret", {}});
  for (const auto& failure :
       {azure_error(403, "AuthenticationFailed"), azure_error(500, "InternalError"), Reaction::drop()}) {
    script({failure});
    const std::string error = error_of([&] { store_->read("k"); }) + error_of([&] { store_->put("k", "x"); });
    EXPECT_NE(error, "");
    EXPECT_EQ(error.find("secret"), std::string::npos) << error;
  }
  EXPECT_TRUE(server_.lines().back().ends_with(" /data/lake/k?sv=2021&sig=very-secret")) << server_.lines().back();
  script({azure_error(403, "AuthenticationFailed")});
  EXPECT_EQ(code_of([&] { store_->read("k"); }), ErrorCode::store_credentials);
}

TEST_F(AzureAnswers, RefusedTokensAreRenewedOnce) {
  int fetched = 0;
  open({"", "", [&] { return remote::Token{"t" + std::to_string(++fetched), std::nullopt}; }});
  script({azure_error(401, "InvalidAuthenticationInfo"), Reaction::answer(200, "content")});
  EXPECT_EQ(store_->read("k"), "content");
  EXPECT_EQ(server_.seen()[1].header("authorization"), "Bearer t2");
}

std::string page(const std::string& blobs, const std::string& next = {}) {
  return "\xEF\xBB\xBF<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults><Blobs>" + blobs +
         "</Blobs><NextMarker>" + next + "</NextMarker></EnumerationResults>";
}
std::string blob(const std::string& name, const std::string& more = {}) {
  return "<Blob><Name>" + name +
         "</Name><Properties><Last-Modified>Mon, 05 Jan 2026 09:12:44 GMT</Last-Modified><Etag>0x1</Etag>"
         "<Content-Length>3</Content-Length>" +
         more + "</Properties></Blob>";
}

TEST_F(AzureAnswers, ListsPageByPage) {
  script({Reaction::answer(200, page(blob("lake/A") + blob("lake/a") + blob("lake/b/"), "m/1")),
          Reaction::answer(200, page("<Blob><Name Encoded=\"true\">lake%2Fc%01</Name><Properties><Content-Length>1"
                                     "</Content-Length></Properties></Blob>"))});
  const auto found = list(*store_, "", "A");
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].key + " " + found[0].etag, "a \"0x1\"");
  EXPECT_EQ(found[0].modified_ms, 1767604364000);
  EXPECT_EQ(found[1].key, "c\x01");
  EXPECT_EQ(server_.lines(), (Lines{"GET /data?restype=container&comp=list&prefix=lake%2F",
                                    "GET /data?restype=container&comp=list&prefix=lake%2F&marker=m%2F1"}));
  for (const std::string& bad : {page(blob("lake/b") + blob("lake/a")), page(blob("other/a")), page("<Blob/>"),
                                 std::string("<html/>"), std::string(), page(blob("lake/a")).substr(0, 150)}) {
    script({Reaction::answer(200, bad)});
    EXPECT_EQ(code_of([&] { list(*store_, ""); }), ErrorCode::store_io) << bad;
  }
}

// In the order of names a hierarchical account lists "t" before "t-x"; in that of keys "t-x" comes before "t/…".
TEST_F(AzureAnswers, AHierarchyIsWalkedInTheOrderOfKeys) {
  open({"key", "", {}}, true);
  const auto prefix = [](const std::string& name) { return "<BlobPrefix><Name>" + name + "</Name></BlobPrefix>"; };
  server_.set_handler([&](const SeenRequest& request) {
    const bool is_root = request.target.find("prefix=lake%2F&") != std::string::npos;
    return Reaction::answer(200, is_root ? page(blob("lake/t", "<ResourceType>directory</ResourceType>") +
                                                prefix("lake/t/") + blob("lake/t-x") + blob("lake/t0"))
                                         : page(blob("lake/t/1") + blob("lake/t/2")));
  });
  EXPECT_EQ(keys(*store_), (Lines{"t-x", "t/1", "t/2", "t0"}));
  EXPECT_EQ(keys(*store_, "", "t/1"), (Lines{"t/2", "t0"}));
  EXPECT_EQ(keys(*store_, "", "t/9"), (Lines{"t0"}));
  EXPECT_EQ(store_->list_folders(""), Lines{"t"});
}

TEST_F(AzureAnswers, OpeningBringsBothEnds) {
  std::string content(200'000, '\0');
  for (size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(i * 7919 >> 5);
  server_.set_handler([&](const SeenRequest& request) {
    const std::string range = request.header("range").substr(6);
    const size_t first = std::stoul(range),
                 last = std::min(content.size() - 1, std::stoul(range.substr(range.find('-') + 1)));
    if (first >= content.size()) return azure_error(416, "InvalidRange");
    return Reaction::answer(206, content.substr(first, last - first + 1),
                            "ETag: \"e\"\r\nContent-Range: bytes " + std::to_string(first) + "-" +
                                std::to_string(last) + "/" + std::to_string(content.size()) + "\r\n");
  });
  const auto reader = store_->open_read("k");
  std::string out(1000, '\0');
  for (const uint64_t at : {199'000U, 140'000U, 0U, 1000U}) {
    EXPECT_EQ(reader->read_into(at, out.data(), 1000), 1000U);
    EXPECT_EQ(out, content.substr(at, 1000));
  }
  EXPECT_EQ(server_.seen().size(), 2U);
  EXPECT_EQ(server_.seen()[1].header("if-match"), "\"e\"");
  content.resize(100'000);  // both ends overlap
  const auto smaller = store_->open_read("k");
  EXPECT_EQ(smaller->read_into(60'000, out.data(), 1000), 1000U);
  EXPECT_EQ(out, content.substr(60'000, 1000));
}

TEST_F(AzureAnswers, LargeObjectsGoInBlocks) {
  script({Reaction::answer(201), Reaction::answer(201), Reaction::drop(), Reaction::answer(201), Reaction::drop(),
          Reaction::answer(201)});
  auto writer = store_->open_write("k");
  writer->append("0123456789abcdefghijKLM");
  writer->finish();
  const auto seen = server_.seen();
  ASSERT_EQ(seen.size(), 6U);
  EXPECT_EQ(seen[0].body + "|" + seen[1].body + "|" + seen[3].body, "0123456789|abcdefghij|KLM");
  EXPECT_EQ(seen[2].target, seen[3].target);
  EXPECT_EQ(seen[5].target, "/data/lake/k?comp=blocklist");
  EXPECT_EQ(split(seen[5].body, '/').size(), 5U) << seen[5].body;  // three ids, each with its end
  script({Reaction::answer(201), Reaction::answer(201), Reaction::answer(201), azure_error(500, "InternalError")});
  writer = store_->open_write("k");
  writer->append("0123456789abcdefghijKLM");
  EXPECT_EQ(code_of([&] { writer->finish(); }), ErrorCode::store_unknown);
}

class AzureCredentials : public FolderTest {
 protected:
  AzureCredentials() : server_([](const SeenRequest&) { return Reaction::answer(500); }) {
    http::RetryPolicy policy;
    policy.attempts = 2;
    http_ = std::make_shared<http::Client>(
        std::make_unique<http::CurlTransport>(), clock_, [] { return 0.5; }, policy);
  }
  Credentials found(const Values& values) { return find_credentials(environment_of(values), http_, clock_); }
  static Reaction token_answer() {
    return Reaction::answer(200, R"({"access_token":"tok","expires_in":"3600","token_type":"Bearer"})");
  }
  ManualClock clock_;
  LoopbackServer server_;
  std::shared_ptr<http::Client> http_;
};

TEST_F(AzureCredentials, KeysAndSignatures) {
  EXPECT_EQ(found({{"AZURE_STORAGE_KEY", "a2V5"}}).account_key, "key");
  EXPECT_EQ(found({{"AZURE_STORAGE_ACCOUNT_KEY", "a2V5"}}).account_key, "key");
  EXPECT_EQ(found({{"AZURE_STORAGE_SAS_TOKEN", "?sv=1&sig=x"}}).sas, "sv=1&sig=x");
  const std::string connection = "AccountName=a;AccountKey=a2V5==;EndpointSuffix=core.windows.net";
  EXPECT_EQ(found({{"AZURE_STORAGE_CONNECTION_STRING", connection}}).account_key, "key");
  EXPECT_EQ(found({{"AZURE_STORAGE_CONNECTION_STRING", "SharedAccessSignature=sv=1&sig=x="}}).sas, "sv=1&sig=x=");
  for (const Values& bad : {Values{{"AZURE_STORAGE_KEY", "!very-secret!"}},
                            Values{{"AZURE_STORAGE_SAS_TOKEN", "very-secret"}}, Values{{"AZURE_CLIENT_ID", "c"}},
                            Values{{"AZURE_CLIENT_ID", "c"}, {"AZURE_CLIENT_SECRET", "very-secret"}}, Values{}}) {
    const std::string error = error_of([&] { found(bad); });
    EXPECT_NE(error.find("store-credentials"), std::string::npos) << error;
    EXPECT_EQ(error.find("very-secret"), std::string::npos) << error;
  }
}

TEST_F(AzureCredentials, TokensOfAnApplication) {
  Values values = {{"AZURE_TENANT_ID", "tenant"},
                   {"AZURE_CLIENT_ID", "client"},
                   {"AZURE_CLIENT_SECRET", "secret"},
                   {"AZURE_AUTHORITY_HOST", server_.url() + "/"}};
  server_.set_handler(in_turn({token_answer()}));
  const remote::Token token = found(values).token();
  EXPECT_EQ(token.text, "tok");
  EXPECT_EQ(token.expires_ms, clock_.now_ms() + 3600'000);
  EXPECT_EQ(server_.lines(), Lines{"POST /tenant/oauth2/v2.0/token"});
  EXPECT_EQ(server_.seen()[0].body,
            "grant_type=client_credentials&client_id=client&scope=https%3A%2F%2Fstorage.azure.com%2F.default&"
            "client_secret=secret");
  values.erase("AZURE_CLIENT_SECRET");
  values["AZURE_FEDERATED_TOKEN_FILE"] = (folder_ / "token").string();
  write_file(folder_ / "token", "federated\n");
  EXPECT_EQ(found(values).token().text, "tok");
  EXPECT_TRUE(server_.seen()[1].body.ends_with("&client_assertion=federated")) << server_.seen()[1].body;
  server_.set_handler(
      in_turn({Reaction::answer(401, R"({"error":"invalid_client","error_description":"federated"})")}));
  const std::string error = error_of([&] { found(values).token(); });
  EXPECT_NE(error.find("401 invalid_client"), std::string::npos) << error;
  EXPECT_EQ(error.find("federated"), std::string::npos) << error;
  values["AZURE_AUTHORITY_HOST"] = "http://login.example.org";
  EXPECT_EQ(code_of([&] { found(values); }), ErrorCode::store_credentials);
}

TEST_F(AzureCredentials, TheMachinesIdentityIfThatIsSaid) {
  server_.set_handler(in_turn({token_answer()}));
  Values values = {{"AZURE_POD_IDENTITY_AUTHORITY_HOST", server_.url()}};
  EXPECT_EQ(code_of([&] { found(values); }), ErrorCode::store_credentials);
  EXPECT_TRUE(server_.seen().empty());
  values["AZURE_TOKEN_CREDENTIALS"] = "ManagedIdentityCredential";
  EXPECT_EQ(found(values).token().text, "tok");
  EXPECT_EQ(server_.lines()[0],
            "GET /metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fstorage.azure.com%2F");
  EXPECT_EQ(server_.seen()[0].header("metadata"), "true");
  values["IDENTITY_ENDPOINT"] = server_.url() + "/msi";
  values["IDENTITY_HEADER"] = "h";
  EXPECT_EQ(found(values).token().text, "tok");
  EXPECT_EQ(server_.seen()[1].header("x-identity-header"), "h");
}

}  // namespace
}  // namespace weir::store::azure
