// Where a bucket is and whose keys are used: URIs, variables, profiles and the services that give credentials.
#include <gtest/gtest.h>

#include "base/file.h"
#include "s3_fixture.h"
#include "store/s3/config.h"

namespace weir::store::s3 {
namespace {

using Values = std::map<std::string, std::string>;

Config configured(const std::string& uri, const Values& values = {}) {
  const Environment environment = environment_of(values);
  return configure(uri, environment, Profiles::read(environment));
}

std::string address(const Config& config) {
  const auto at = config.bucket_endpoint();
  return at.scheme + "://" + at.authority + at.path;
}

TEST(S3Config, TheUriNamesBucketAndFolder) {
  const Config config = configured("s3://bucket/a/b/");
  EXPECT_EQ(config.bucket + " " + config.prefix, "bucket a/b/");
  EXPECT_EQ(config.uri(), "s3://bucket/a/b");
  EXPECT_EQ(configured("s3a://bucket").uri(), "s3://bucket");
  for (const char* bad : {"s3://", "s3:///x", "s3://a", "s3://b u/x", "s3://bucket?x", "s3://user:secret@bucket/x",
                          "s3://fast--usw2-az1--x-s3/x"})
    EXPECT_EQ(code_of([&] { configured(bad); }), ErrorCode::store_scheme) << bad;
  EXPECT_EQ(code_of([&] { configured("s3://bucket/a//b"); }), ErrorCode::bad_key);
  EXPECT_EQ(code_of([&] { configured("s3://bucket/../b"); }), ErrorCode::bad_key);
}

TEST(S3Config, AmazonsAddresses) {
  EXPECT_EQ(address(configured("s3://bucket/x")), "https://bucket.s3.us-east-1.amazonaws.com");
  EXPECT_EQ(address(configured("s3://bucket/x", {{"AWS_REGION", "cn-north-1"}})),
            "https://bucket.s3.cn-north-1.amazonaws.com.cn");
  EXPECT_EQ(address(configured("s3://my.bucket/x", {{"AWS_DEFAULT_REGION", "eu-west-1"}})),
            "https://s3.eu-west-1.amazonaws.com/my.bucket");
  for (const char* bad : {"EU", "eu west", "x.evil.org/"})
    EXPECT_EQ(code_of([&] { configured("s3://bucket", {{"AWS_REGION", bad}}); }), ErrorCode::bad_option_value) << bad;
}

TEST(S3Config, CompatibleServers) {
  const Config config = configured("s3://bucket/x", {{"AWS_ENDPOINT_URL", "http://localhost:9000/"}});
  EXPECT_EQ(address(config), "http://localhost:9000/bucket");
  EXPECT_EQ(
      address(configured("s3://bucket/x", {{"AWS_ENDPOINT_URL", "http://a"}, {"AWS_ENDPOINT_URL_S3", "http://b"}})),
      "http://b/bucket");
  EXPECT_EQ(address(configured("s3://bucket/x",
                               {{"AWS_ENDPOINT_URL", "http://a"}, {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"}})),
            "https://bucket.s3.us-east-1.amazonaws.com");
  EXPECT_EQ(code_of([&] {
              configured("s3://bucket", {{"AWS_ENDPOINT_URL", "localhost"}});
            }),
            ErrorCode::bad_option_value);
}

class S3Files : public FolderTest {
 protected:
  Values files(const std::string& config, const std::string& credentials = {}) {
    write_file(folder_ / "config", config);
    write_file(folder_ / "credentials", credentials);
    return {{"AWS_CONFIG_FILE", (folder_ / "config").string()},
            {"AWS_SHARED_CREDENTIALS_FILE", (folder_ / "credentials").string()}};
  }
};

TEST_F(S3Files, ProfilesSayRegionAndEndpoint) {
  Values values = files(R"(
# a comment
[default]
region = eu-central-1   ; another
[profile far]
region=us-west-2
endpoint_url = http://far
services = mine
s3 =
  addressing_style = virtual
  max_concurrent_requests = 20
ca_bundle = /tmp/ca.pem
[services mine]
s3 =
  endpoint_url = http://far-s3
)");
  EXPECT_EQ(configured("s3://bucket", values).region, "eu-central-1");
  values["AWS_PROFILE"] = "far";
  const Config far = configured("s3://bucket", values);
  EXPECT_EQ(far.region, "us-west-2");
  EXPECT_EQ(address(far), "http://bucket.far-s3");
  EXPECT_EQ(far.curl.ca_file, "/tmp/ca.pem");
  values["AWS_REGION"] = "eu-north-1";
  EXPECT_EQ(configured("s3://bucket", values).region, "eu-north-1");
}

TEST_F(S3Files, HomeIsWhereTheFilesAre) {
  std::filesystem::create_directory(folder_ / ".aws");
  write_file(folder_ / ".aws/config", "[default]\nregion = sa-east-1\n");
  EXPECT_EQ(configured("s3://bucket", {{"HOME", folder_.string()}}).region, "sa-east-1");
}

TEST_F(S3Files, BrokenFilesAreNamedWithoutTheirText) {
  for (const char* bad : {"secret-without-section = x\n", "[default]\nvery-secret\n"}) {
    const Values values = files("", bad);
    const std::string error = error_of([&] { configured("s3://bucket", values); });
    EXPECT_NE(error.find("credentials:"), std::string::npos) << error;
    EXPECT_EQ(error.find("secret"), std::string::npos) << error;
  }
}

class S3Credentials : public S3Files {
 protected:
  S3Credentials() : server_([](const SeenRequest&) { return Reaction::answer(500); }) {
    http::RetryPolicy policy;
    policy.attempts = 2;
    http_ = std::make_shared<http::Client>(
        std::make_unique<http::CurlTransport>(), clock_, [] { return 0.5; }, policy);
  }
  FetchCredentials found(const Values& values) {
    const Environment environment = environment_of(values);
    return find_credentials(environment, Profiles::read(environment), "eu-west-1", http_, clock_);
  }
  static std::string shown(const Credentials& keys) {
    return keys.access_key_id + "/" + keys.secret_access_key + "/" + keys.session_token;
  }
  std::string keys(const Values& values) { return shown(found(values)()); }
  static Reaction sts(const std::string& action, const std::string& id = "ASIA") {
    return Reaction::answer(200, "<" + action + "Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><" +
                                     action + "Result><Credentials><AccessKeyId>" + id +
                                     "</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>"
                                     "<Expiration>2026-01-05T10:00:00Z</Expiration></Credentials></" +
                                     action + "Result></" + action + "Response>");
  }
  static Reaction json_keys(const std::string& id = "ASIA") {
    return Reaction::answer(200, R"({"AccessKeyId":")" + id +
                                     R"(","SecretAccessKey":"s","Token":"t","Expiration":"2026-01-05T10:00:00Z"})");
  }
  ManualClock clock_;  // 2026-01-05T09:00:00Z
  LoopbackServer server_;
  std::shared_ptr<http::Client> http_;
};

TEST_F(S3Credentials, FromTheEnvironment) {
  EXPECT_EQ(keys({{"AWS_ACCESS_KEY_ID", "a"}, {"AWS_SECRET_ACCESS_KEY", "b"}}), "a/b/");
  EXPECT_EQ(keys({{"AWS_ACCESS_KEY_ID", "a"}, {"AWS_SECRET_ACCESS_KEY", "b"}, {"AWS_SESSION_TOKEN", "c"}}), "a/b/c");
  EXPECT_EQ(code_of([&] { found({{"AWS_ACCESS_KEY_ID", "a"}}); }), ErrorCode::store_credentials);
  EXPECT_EQ(error_of([&] { found({{"AWS_SECRET_ACCESS_KEY", "hidden"}}); }).find("hidden"), std::string::npos);
}

TEST_F(S3Credentials, WithoutAnyTheErrorSaysWhatToSet) {
  const std::string error = error_of([&] { found({}); });
  EXPECT_NE(error.find("store-credentials"), std::string::npos);
  EXPECT_NE(error.find("AWS_PROFILE"), std::string::npos);
  // Nothing was asked on the network: the metadata service is only asked when it is configured.
  EXPECT_EQ(code_of([&] {
              found({{"AWS_EC2_METADATA_SERVICE_ENDPOINT", server_.url()}});
            }),
            ErrorCode::store_credentials);
  EXPECT_TRUE(server_.seen().empty());
}

TEST_F(S3Credentials, FromAProfile) {
  Values values = files("[profile b]\naws_access_key_id = c1\naws_secret_access_key = c2\n",
                        "[default]\naws_access_key_id = d1\naws_secret_access_key = d2\n"
                        "[b]\naws_access_key_id = b1\naws_secret_access_key = b2/+=\naws_session_token = b3\n");
  EXPECT_EQ(keys(values), "d1/d2/");
  values["AWS_PROFILE"] = "b";
  const auto fetch = found(values);
  EXPECT_EQ(shown(fetch()), "b1/b2/+=/b3");
  files("", "[b]\naws_access_key_id = new\naws_secret_access_key = b2\n");  // another tool renews them
  EXPECT_EQ(shown(fetch()), "new/b2/");
  values["AWS_PROFILE"] = "absent";
  EXPECT_NE(error_of([&] { found(values); }).find("\"absent\""), std::string::npos);
  EXPECT_EQ(keys({{"AWS_ACCESS_KEY_ID", "a"}, {"AWS_SECRET_ACCESS_KEY", "b"}, {"AWS_PROFILE", "absent"}}), "a/b/");
}

TEST_F(S3Credentials, FromAWebIdentity) {
  write_file(folder_ / "token", "web token\n");
  server_.set_handler(in_turn({sts("AssumeRoleWithWebIdentity")}));
  Values values = {{"AWS_WEB_IDENTITY_TOKEN_FILE", (folder_ / "token").string()},
                   {"AWS_ROLE_ARN", "arn:aws:iam::1:role/r"},
                   {"AWS_ROLE_SESSION_NAME", "me"},
                   {"AWS_ENDPOINT_URL_STS", server_.url()}};
  const Credentials got = found(values)();
  EXPECT_EQ(shown(got), "ASIA/s/t");
  EXPECT_EQ(got.expires_ms, 1767607200000);
  const auto request = server_.seen().at(0);
  EXPECT_EQ(request.body,
            "Action=AssumeRoleWithWebIdentity&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr&RoleSessionName=me&"
            "Version=2011-06-15&WebIdentityToken=web%20token");
  EXPECT_EQ(request.header("authorization"), "");
  values.erase("AWS_ROLE_ARN");
  EXPECT_EQ(code_of([&] { found(values); }), ErrorCode::store_credentials);
}

TEST_F(S3Credentials, FromARole) {
  Values values = files(
      "[profile r]\nrole_arn = arn:r\nsource_profile = base\nexternal_id = e\nrole_session_name = n\n"
      "[profile base]\naws_access_key_id = b1\naws_secret_access_key = b2\n"
      "[profile circle]\nrole_arn = arn:c\nsource_profile = other\n"
      "[profile other]\nrole_arn = arn:o\nsource_profile = circle\n"
      "[profile bare]\nrole_arn = arn:x\n"
      "[profile sso]\nsso_session = s\n");
  values["AWS_PROFILE"] = "r";
  values["AWS_ENDPOINT_URL_STS"] = server_.url();
  server_.set_handler(in_turn({sts("AssumeRole")}));
  EXPECT_EQ(keys(values), "ASIA/s/t");
  const auto request = server_.seen().at(0);
  EXPECT_EQ(request.body, "Action=AssumeRole&ExternalId=e&RoleArn=arn%3Ar&RoleSessionName=n&Version=2011-06-15");
  EXPECT_NE(request.header("authorization").find("Credential=b1/20260105/eu-west-1/sts/aws4_request"),
            std::string::npos);
  for (const char* bad : {"circle", "bare", "sso"}) {
    values["AWS_PROFILE"] = bad;
    EXPECT_EQ(code_of([&] { found(values); }), ErrorCode::store_credentials) << bad;
  }
}

TEST_F(S3Credentials, FromAContainer) {
  server_.set_handler(in_turn({json_keys()}));
  write_file(folder_ / "auth", "Bearer x\n");
  Values values = {{"AWS_CONTAINER_CREDENTIALS_FULL_URI", server_.url() + "/creds?id=1"},
                   {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", (folder_ / "auth").string()}};
  EXPECT_EQ(keys(values), "ASIA/s/t");
  EXPECT_EQ(server_.seen().at(0).target, "/creds?id=1");
  EXPECT_EQ(server_.seen().at(0).header("authorization"), "Bearer x");
  for (const char* bad : {"http://evil.example/x", "http://127.0.0.1.evil.example/x"}) {
    values["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = bad;
    EXPECT_EQ(code_of([&] { found(values); }), ErrorCode::store_credentials) << bad;
  }
}

TEST_F(S3Credentials, FromTheInstanceIfTheProfileSaysSo) {
  server_.set_handler([](const SeenRequest& request) {
    const bool has_token = request.header("x-aws-ec2-metadata-token") == "tok";
    if (request.method == "PUT" && request.target == "/latest/api/token") return Reaction::answer(200, "tok");
    if (has_token && request.target.ends_with("/security-credentials/")) return Reaction::answer(200, "my-role\n");
    if (has_token && request.target.ends_with("/security-credentials/my-role")) return json_keys("INST");
    return Reaction::answer(401);
  });
  Values values = files(
      "[default]\ncredential_source = Ec2InstanceMetadata\n"
      "[profile odd]\ncredential_source = Moon\n");
  values["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = server_.url();
  EXPECT_EQ(keys(values), "INST/s/t");
  values["AWS_PROFILE"] = "odd";
  EXPECT_EQ(code_of([&] { found(values); }), ErrorCode::store_credentials);
}

TEST_F(S3Credentials, ServicesThatRefuseAreNamedWithoutWhatTheySaid) {
  write_file(folder_ / "token", "web-secret");
  const Values values = {{"AWS_WEB_IDENTITY_TOKEN_FILE", (folder_ / "token").string()},
                         {"AWS_ROLE_ARN", "arn:r"},
                         {"AWS_ENDPOINT_URL_STS", server_.url()}};
  for (const auto& answer :
       {Reaction::answer(
            403,
            "<ErrorResponse><Error><Code>AccessDenied</Code><Message>web-secret</Message></Error></ErrorResponse>"),
        Reaction::answer(200, "<x>web-secret</x>"), Reaction::answer(500, "web-secret"), Reaction::drop()}) {
    server_.set_handler(in_turn({answer}));
    const std::string error = error_of([&] { found(values)(); });
    EXPECT_NE(error.find("STS AssumeRoleWithWebIdentity gave no credentials"), std::string::npos) << error;
    EXPECT_EQ(error.find("web-secret"), std::string::npos) << error;
  }
}

TEST_F(S3Credentials, AreKeptUntilShortlyBeforeTheyExpire) {
  int fetched = 0;
  bool failing = false;
  CredentialCache cache(
      [&] {
        if (failing) throw Error(ErrorCode::store_credentials, "down");
        return Credentials{"id" + std::to_string(++fetched), "s", "t", clock_.now_ms() + 3600'000};
      },
      clock_);
  EXPECT_EQ(cache.get().access_key_id, "id1");
  clock_.advance(54 * 60'000);
  EXPECT_EQ(cache.get().access_key_id, "id1");
  clock_.advance(2 * 60'000);
  failing = true;
  EXPECT_EQ(cache.get().access_key_id, "id1");  // four minutes are left
  failing = false;
  EXPECT_EQ(cache.get().access_key_id, "id2");
  clock_.advance(3600'000);
  failing = true;
  EXPECT_EQ(code_of([&] { cache.get(); }), ErrorCode::store_credentials);
  failing = false;
  const Credentials third = cache.get();
  EXPECT_TRUE(cache.renew(third));
  EXPECT_TRUE(cache.renew(third));  // done already
  EXPECT_EQ(fetched, 4);
}

}  // namespace
}  // namespace weir::store::s3
