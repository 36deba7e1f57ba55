// Known answers: the examples of the "Amazon S3 API Reference" (header-based auth) and cases of AWS's public SigV4 test
// suite.
#include <gtest/gtest.h>

#include "base/hash.h"
#include "store/s3/signer.h"

namespace weir::store::s3 {
namespace {

constexpr int64_t may_2013_ms = 1369353600000;     // 2013-05-24T00:00:00Z
constexpr int64_t august_2015_ms = 1440938160000;  // 2015-08-30T12:36:00Z

std::string header(const http::Request& request, const std::string& name) {
  for (const auto& [key, value] : request.headers)
    if (key == name) return value;
  return {};
}

std::string signature(const http::Request& request) {
  const std::string text = header(request, "Authorization");
  return text.substr(text.rfind('=') + 1);
}

std::string s3_signature(const Call& call) {
  const Credentials keys{"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "", {}};
  return signature(signed_request(call, keys, {"us-east-1", "s3"}, may_2013_ms));
}

Call s3_call(const std::string& method, const std::string& path) {
  Call call;
  call.method = method;
  call.endpoint = {"https", "examplebucket.s3.amazonaws.com", ""};
  call.path = encode_path(path);
  return call;
}

TEST(S3Signer, ExamplesOfTheS3Reference) {
  Call get = s3_call("GET", "/test.txt");
  get.headers = {{"Range", "bytes=0-9"}};
  EXPECT_EQ(s3_signature(get), "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");

  Call put = s3_call("PUT", "/test$file.text");
  put.headers = {{"Date", "Fri, 24 May 2013 00:00:00 GMT"}, {"x-amz-storage-class", "REDUCED_REDUNDANCY"}};
  put.body = "Welcome to Amazon S3.";
  EXPECT_EQ(s3_signature(put), "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");

  Call lifecycle = s3_call("GET", "/");
  lifecycle.query = {{"lifecycle", ""}};
  EXPECT_EQ(s3_signature(lifecycle), "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");

  Call list = s3_call("GET", "/");
  list.query = {{"prefix", "J"}, {"max-keys", "2"}};
  EXPECT_EQ(s3_signature(list), "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

http::Request suite_request(Call call) {
  call.endpoint = {"https", "example.amazonaws.com", ""};
  const Credentials keys{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "", {}};
  return signed_request(call, keys, {"us-east-1", "service"}, august_2015_ms);
}

TEST(S3Signer, CasesOfTheTestSuite) {
  Call call;
  EXPECT_EQ(header(suite_request(call), "Authorization"),
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
            "SignedHeaders=host;x-amz-date, "
            "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
  call.query = {{"Param2", "value2"}, {"Param1", "value1"}};
  EXPECT_EQ(signature(suite_request(call)), "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500");
  call.query.clear();
  call.method = "POST";
  EXPECT_EQ(signature(suite_request(call)), "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b");
  call.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
  call.body = "Param1=value1";
  EXPECT_EQ(signature(suite_request(call)), "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a");
  Call trimmed;
  trimmed.headers = {{"My-Header1", " value1"}, {"My-Header2", " \"a   b   c\""}};
  EXPECT_EQ(signature(suite_request(trimmed)), "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736");
  Call unreserved;
  unreserved.path = encode_path("/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
  EXPECT_EQ(signature(suite_request(unreserved)), "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f");
}

TEST(S3Signer, SessionTokensAndBodiesAreSigned) {
  Call call = s3_call("PUT", "/x");
  call.body = "abc";
  const Credentials keys{"id", "secret", "token", {}};
  const auto request = signed_request(call, keys, {"eu-west-1", "s3"}, may_2013_ms);
  EXPECT_EQ(header(request, "x-amz-security-token"), "token");
  EXPECT_EQ(header(request, "x-amz-content-sha256"), sha256_hex("abc"));
  EXPECT_NE(
      header(request, "Authorization").find("SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token"),
      std::string::npos);
  EXPECT_EQ(request.url, "https://examplebucket.s3.amazonaws.com/x");
}

TEST(S3Signer, PathsAndQueriesAreEncodedOnce) {
  EXPECT_EQ(encode_path("a b/c%20d+e=f~ü"), "a%20b/c%2520d%2Be%3Df~%C3%BC");
  EXPECT_EQ(canonical_query({{"b", "1 2"}, {"a", ""}, {"a-", "/"}}), "a=&a-=%2F&b=1%202");
}

}  // namespace
}  // namespace weir::store::s3
