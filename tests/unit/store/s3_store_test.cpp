// What S3Store makes of answers, good and bad. The server is scripted; s3_server_test.cpp has real ones.
#include "store/s3/s3_store.h"

#include <gtest/gtest.h>

#include "base/hash.h"
#include "s3_fixture.h"

namespace weir::store::s3 {
namespace {

using Lines = std::vector<std::string>;

class S3Answers : public testing::Test {
 protected:
  S3Answers() : server_([](const SeenRequest&) { return Reaction::answer(200); }) {
    store_ = store_of(bucket_at(server_.url()), clock_);
  }
  void script(std::vector<Reaction> reactions) { server_.set_handler(in_turn(std::move(reactions))); }
  // Conditional puts first prove that the server honours them: two requests and the removal.
  void prove() {
    script({Reaction::answer(200), Reaction::error(412, "PreconditionFailed"), Reaction::answer(204),
            Reaction::error(412, "PreconditionFailed")});
    EXPECT_EQ(store_->put_if_absent("proof", ""), PutResult::exists);
    EXPECT_EQ(server_.seen().size(), 4U);
  }
  ManualClock clock_;
  LoopbackServer server_;
  std::unique_ptr<S3Store> store_;
};

const std::vector<Reaction>& passing_failures() {
  static const std::vector<Reaction> all = {
      Reaction::error(500, "InternalError"),
      Reaction::error(502, "x"),
      Reaction::error(503, "SlowDown"),
      Reaction::error(503, "ServiceUnavailable"),
      Reaction::error(504, "x"),
      Reaction::error(429, "TooManyRequests"),
      Reaction::error(400, "RequestTimeout"),
      Reaction::drop(),
      {"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this", true, false},
      {"HTTP/1.1 200 OK\r\nContent-Le", true, false},
  };
  return all;
}

TEST_F(S3Answers, ReadsArePassedOverFailures) {
  for (const auto& failure : passing_failures()) {
    script({failure, failure, Reaction::answer(200, "content")});
    EXPECT_EQ(store_->read("k"), "content");
    EXPECT_EQ(server_.lines(), Lines(3, "GET /bucket/lake/k"));
  }
}

TEST_F(S3Answers, PutsAreSentAgain) {
  for (const auto& failure : passing_failures()) {
    script({failure, Reaction::answer(200)});
    store_->put("k", "content");
    const auto seen = server_.seen();
    ASSERT_EQ(seen.size(), 2U);
    EXPECT_EQ(seen[1].body, "content");
  }
}

TEST_F(S3Answers, APutOfUnknownOutcomeSaysSo) {
  script({Reaction::drop()});
  EXPECT_EQ(code_of([&] { store_->put("k", "x"); }), ErrorCode::store_unknown);
  // Refused in the end, but an earlier sending may have happened.
  script({Reaction::error(500, "InternalError"), Reaction::error(403, "AccessDenied")});
  EXPECT_EQ(code_of([&] { store_->put("k", "x"); }), ErrorCode::store_unknown);
  script({Reaction::error(503, "SlowDown"), Reaction::error(403, "AccessDenied")});
  EXPECT_EQ(code_of([&] { store_->put("k", "x"); }), ErrorCode::store_io);
  script({Reaction::error(503, "SlowDown")});
  EXPECT_EQ(code_of([&] { store_->put("k", "x"); }), ErrorCode::store_io);
  EXPECT_EQ(server_.seen().size(), 8U);
}

TEST_F(S3Answers, AConditionalPutIsSentOnceIfItMayHaveHappened) {
  prove();
  for (const auto& doubt : {Reaction::error(500, "InternalError"), Reaction::error(502, "x"), Reaction::error(504, "x"),
                            Reaction::error(503, "ServiceUnavailable"), Reaction::drop(),
                            Reaction{"HTTP/1.1 200 OK\r\nContent-Len", true, false}, Reaction{"", false, true}}) {
    script({doubt, Reaction::error(412, "PreconditionFailed")});
    EXPECT_EQ(code_of([&] { store_->put_if_absent("k", "x"); }), ErrorCode::store_unknown) << doubt.bytes;
    EXPECT_EQ(server_.lines(), Lines{"PUT /bucket/lake/k"});
    EXPECT_EQ(server_.seen()[0].header("if-none-match"), "*");
  }
}

TEST_F(S3Answers, AConditionalPutThatWasTurnedAwayIsSentAgain) {
  prove();
  script({Reaction::error(503, "SlowDown"), Reaction::error(409, "ConditionalRequestConflict"),
          Reaction::error(429, "TooMany"), Reaction::answer(200)});
  EXPECT_EQ(store_->put_if_absent("k", "x"), PutResult::done);
  EXPECT_EQ(server_.seen().size(), 4U);
  script({Reaction::error(409, "ConditionalRequestConflict"), Reaction::error(412, "PreconditionFailed")});
  EXPECT_EQ(store_->put_if_absent("k", "x"), PutResult::exists);
  script({Reaction::error(409, "ConditionalRequestConflict")});
  EXPECT_EQ(code_of([&] { store_->put_if_absent("k", "x"); }), ErrorCode::store_io);
}

TEST_F(S3Answers, AServerThatIgnoresConditionsIsRefused) {
  const auto error = error_of([&] { store_->put_if_absent("k", "x"); });
  EXPECT_NE(error.find("store-scheme"), std::string::npos) << error;
  const auto lines = server_.lines();
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_TRUE(lines[0].starts_with("PUT /bucket/lake/.tmp-probe-"));
  EXPECT_EQ(lines[2], "DELETE" + lines[0].substr(3));
  // And again, and never is the key itself written.
  EXPECT_NE(error_of([&] { store_->put_if_absent("k", "x"); }), "");
  for (const auto& line : server_.lines()) EXPECT_EQ(line.find("/lake/k"), std::string::npos);
}

TEST_F(S3Answers, WhatIsNotThereAndWhatIsForbidden) {
  script({Reaction::error(404, "NoSuchKey")});
  EXPECT_EQ(code_of([&] { store_->read("k"); }), ErrorCode::store_not_found);
  script({Reaction::error(404, "NoSuchBucket")});
  const auto no_bucket = error_of([&] { store_->read("k"); });
  EXPECT_NE(no_bucket.find("store-io"), std::string::npos) << no_bucket;
  EXPECT_NE(no_bucket.find("hint: make the bucket first"), std::string::npos) << no_bucket;
  EXPECT_NE(error_of([&] { list(*store_, ""); }).find("NoSuchBucket"), std::string::npos);
  script({Reaction::error(403, "AccessDenied")});
  EXPECT_EQ(error_of([&] { store_->read("k"); }),
            "cannot read s3://bucket/lake/k: 403 AccessDenied (because) [WEIR-E0201 store-io] hint: give the "
            "credentials the permissions that docs/stores.md lists");
  script({Reaction::answer(404)});
  EXPECT_EQ(store_->head("k"), std::nullopt);
  store_->remove("k");
  script({Reaction::answer(403)});
  EXPECT_EQ(code_of([&] { store_->head("k"); }), ErrorCode::store_io);
}

TEST_F(S3Answers, AnotherRegionIsNamed) {
  script({Reaction::error(301, "PermanentRedirect", "x-amz-bucket-region: eu-west-1\r\n")});
  EXPECT_NE(error_of([&] { store_->read("k"); }).find("set AWS_REGION=eu-west-1"), std::string::npos);
}

TEST_F(S3Answers, SecretsStandInNoError) {
  Config config = bucket_at(server_.url());
  auto store = store_of(config, clock_, [] {
    return Credentials{"AKIDTEST", "very-secret-key", "secret-session", std::nullopt};
  });
  for (const auto& failure :
       {Reaction::error(403, "SignatureDoesNotMatch"), Reaction::error(403, "InvalidAccessKeyId"),
        Reaction::error(400, "ExpiredToken"), Reaction::drop(), Reaction::error(500, "InternalError")}) {
    script({failure});
    const std::string error = error_of([&] { store->read("k"); }) + error_of([&] { store->put("k", "x"); });
    EXPECT_NE(error, "");
    EXPECT_EQ(error.find("very-secret"), std::string::npos) << error;
    EXPECT_EQ(error.find("secret-session"), std::string::npos) << error;
  }
  script({Reaction::error(403, "SignatureDoesNotMatch")});
  EXPECT_EQ(code_of([&] { store->read("k"); }), ErrorCode::store_credentials);
}

TEST_F(S3Answers, ExpiredTokensAreRenewedOnce) {
  int fetched = 0;
  auto store = store_of(bucket_at(server_.url()), clock_, [&] {
    return Credentials{"AKID" + std::to_string(++fetched), "secret", "token", std::nullopt};
  });
  script({Reaction::error(400, "ExpiredToken"), Reaction::answer(200, "content")});
  EXPECT_EQ(store->read("k"), "content");
  EXPECT_EQ(fetched, 2);
  EXPECT_NE(server_.seen()[1].header("authorization").find("AKID2"), std::string::npos);
  script({Reaction::error(403, "ExpiredToken")});
  EXPECT_EQ(code_of([&] { store->read("k"); }), ErrorCode::store_credentials);
  EXPECT_EQ(fetched, 3);
  EXPECT_EQ(server_.seen().size(), 2U);
  // Keys that stay the same need not be tried again; an answer to HEAD does not say why it is 403.
  script({Reaction::answer(403)});
  EXPECT_EQ(code_of([&] { store_->head("k"); }), ErrorCode::store_io);
  EXPECT_EQ(server_.seen().size(), 1U);
}

TEST_F(S3Answers, RangesThatWereNotAskedForAreRefused) {
  char out[4];
  for (const auto& wrong :
       {Reaction::answer(206, "0123", "Content-Range: bytes 5-8/10\r\n"),
        Reaction::answer(206, "01", "Content-Range: bytes 4-7/10\r\n"), Reaction::answer(200, "4567")}) {
    script({wrong});
    EXPECT_EQ(code_of([&] { store_->read_into("k", 4, out, 4); }), ErrorCode::store_io) << wrong.bytes;
    EXPECT_EQ(code_of([&] { store_->read("k", 4, 4); }), ErrorCode::store_io) << wrong.bytes;
  }
  script({Reaction::answer(206, "89", "Content-Range: bytes 8-9/10\r\n")});
  EXPECT_EQ(store_->read_into("k", 8, out, 4), 2U);
  EXPECT_EQ(server_.seen()[0].header("range"), "bytes=8-11");
  script({Reaction::error(416, "InvalidRange")});
  EXPECT_EQ(store_->read("k", 99, UINT64_MAX), "");
}

std::string page(const std::string& inner, const std::string& next = {}) {
  return "<?xml version=\"1.0\"?><ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">" + inner +
         (next.empty() ? "<IsTruncated>false</IsTruncated>"
                       : "<IsTruncated>true</IsTruncated><NextContinuationToken>" + next + "</NextContinuationToken>") +
         "</ListBucketResult>";
}
std::string object(const std::string& key, int size = 1) {
  return "<Contents><Key>" + key +
         "</Key><LastModified>2026-01-05T09:12:44.123Z</LastModified><ETag>&quot;e&quot;</ETag><Size>" +
         std::to_string(size) + "</Size></Contents>";
}

TEST_F(S3Answers, ListsPageByPage) {
  script({Reaction::answer(200, page(object("lake/a", 3) + object("lake/b/") + object("lake/b//c"), "t/1")),
          Reaction::answer(200, page("<EncodingType>url</EncodingType>" + object("lake/c%2Bd+e%0A")))});
  const auto found = list(*store_, "", "A");
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].key, "a");
  EXPECT_EQ(found[0].size, 3U);
  EXPECT_EQ(found[0].modified_ms, 1767604364123);
  EXPECT_EQ(found[0].etag, "\"e\"");
  EXPECT_EQ(found[1].key, "c+d e\n");
  EXPECT_EQ(server_.lines(),
            (Lines{"GET /bucket?encoding-type=url&list-type=2&prefix=lake%2F&start-after=lake%2FA",
                   "GET /bucket?continuation-token=t%2F1&encoding-type=url&list-type=2&prefix=lake%2F"}));
}

TEST_F(S3Answers, ListingsThatCannotBeTrustedAreRefused) {
  for (const std::string& bad :
       {page(object("lake/b") + object("lake/a")), page(object("other/a")), page(object("lake/a", -1)),
        page(object("lake/a")).substr(0, 200), std::string("<html/>"), std::string(), std::string("not xml"),
        "<!DOCTYPE x [<!ENTITY e \"x\">]>" + page(object("lake/&e;")), std::string(1, '<'),
        std::string("<a>") + std::string(3000, ' ') + "<b>"}) {
    script({Reaction::answer(200, bad)});
    EXPECT_EQ(code_of([&] { list(*store_, ""); }), ErrorCode::store_io) << bad;
  }
  std::string deep;
  for (int i = 0; i < 100; ++i) deep += "<a>";
  script({Reaction::answer(200, deep)});
  EXPECT_NE(error_of([&] { list(*store_, ""); }).find("nested too deeply"), std::string::npos);
}

TEST_F(S3Answers, RemovesManyAtOnce) {
  script({Reaction::answer(200, "<DeleteResult/>")});
  std::vector<std::string> keys;
  for (int i = 0; i < 1500; ++i) keys.push_back("k<" + std::to_string(i));
  store_->remove_all(keys);
  const auto seen = server_.seen();
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0].target, "/bucket?delete=");
  EXPECT_EQ(seen[0].header("content-md5"), base64(md5_bytes(seen[0].body)));
  EXPECT_NE(seen[0].body.find("<Key>lake/k&lt;999</Key>"), std::string::npos);
  EXPECT_NE(seen[1].body.find("<Key>lake/k&lt;1499</Key>"), std::string::npos);
  script({Reaction::answer(200,
                           "<DeleteResult><Error><Key>lake/a</Key><Code>AccessDenied</Code></Error></DeleteResult>")});
  EXPECT_NE(error_of([&] { store_->remove_all({"a", "b"}); }).find("AccessDenied"), std::string::npos);
  // XML cannot name every key.
  script({Reaction::answer(204)});
  store_->remove_all({"a\x01"});
  EXPECT_EQ(server_.lines(), Lines{"DELETE /bucket/lake/a%01"});
}

class S3Uploads : public S3Answers {
 protected:
  S3Uploads() {
    Config config = bucket_at(server_.url());
    config.part_bytes = 10;
    store_ = store_of(config, clock_);
  }
  static Reaction started() {
    return Reaction::answer(200,
                            "<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>");
  }
  static Reaction part() { return Reaction::answer(200, "", "ETag: \"p\"\r\n"); }
  static Reaction completed() { return Reaction::answer(200, "<CompleteMultipartUploadResult/>"); }
  static Reaction failed_ok() {
    return Reaction::answer(200, "<?xml version=\"1.0\"?>\n<Error><Code>InternalError</Code></Error>");
  }
  void write() {
    auto writer = store_->open_write("k");
    writer->append("0123456789012345");
    writer->append("67890");
    writer->finish();
  }
  const Lines whole_ = {"POST /bucket/lake/k?uploads=", "PUT /bucket/lake/k?partNumber=1&uploadId=u1",
                        "PUT /bucket/lake/k?partNumber=2&uploadId=u1", "PUT /bucket/lake/k?partNumber=3&uploadId=u1",
                        "POST /bucket/lake/k?uploadId=u1"};
};

TEST_F(S3Uploads, LargeObjectsGoInParts) {
  script({started(), part(), part(), part(), completed()});
  write();
  EXPECT_EQ(server_.lines(), whole_);
  const auto seen = server_.seen();
  EXPECT_EQ(seen[1].body + "|" + seen[2].body + "|" + seen[3].body, "0123456789|0123456789|0");
  EXPECT_NE(seen[4].body.find("<Part><PartNumber>3</PartNumber><ETag>&quot;p&quot;</ETag></Part>"), std::string::npos);
}

TEST_F(S3Uploads, SmallObjectsGoInOneRequest) {
  script({Reaction::answer(200)});
  auto writer = store_->open_write("k");
  writer->append("0123456789");
  EXPECT_TRUE(server_.seen().empty());
  writer->finish();
  EXPECT_EQ(server_.lines(), Lines{"PUT /bucket/lake/k"});
}

TEST_F(S3Uploads, WhatIsNotFinishedIsAborted) {
  script({started(), part(), Reaction::answer(204)});
  {
    auto writer = store_->open_write("k");
    writer->append("0123456789+");
  }
  EXPECT_EQ(server_.lines().back(), "DELETE /bucket/lake/k?uploadId=u1");
  script({started(), Reaction::error(403, "AccessDenied")});
  {
    auto writer = store_->open_write("k");
    EXPECT_EQ(code_of([&] { writer->append("0123456789+"); }), ErrorCode::store_io);
  }
  EXPECT_EQ(server_.lines().back(), "DELETE /bucket/lake/k?uploadId=u1");
  script({Reaction::answer(200)});
  store_->open_write("k")->append("small");
  EXPECT_TRUE(server_.seen().empty());
}

TEST_F(S3Uploads, ASuccessThatIsAnErrorIsSentAgain) {
  script({started(), part(), part(), part(), failed_ok(), completed()});
  write();
  EXPECT_EQ(server_.seen().size(), 6U);
  script({started(), part(), part(), part(), failed_ok()});
  EXPECT_EQ(code_of([&] { write(); }), ErrorCode::store_unknown);
}

// The completion happened, its answer was lost, and the second one finds no upload any more.
TEST_F(S3Uploads, ACompletionWhoseAnswerWasLostIsRecognised) {
  for (const bool ours : {true, false}) {
    std::string mark;
    int number = 0;
    server_.set_handler([&](const SeenRequest& request) {
      switch (++number) {
        case 1:
          mark = request.header("x-amz-meta-weir-upload");
          return started();
        case 5:
          return Reaction::drop();
        case 6:
          return Reaction::error(404, "NoSuchUpload");
        case 7:
          return Reaction::answer(200, "", "x-amz-meta-weir-upload: " + (ours ? mark : "other") + "\r\n");
        default:
          return part();
      }
    });
    EXPECT_EQ(code_of([&] { write(); }), ours ? std::nullopt : std::optional(ErrorCode::store_unknown));
    EXPECT_NE(mark, "");
  }
}

class S3Reading : public S3Answers {
 protected:
  S3Reading() {
    Config config = bucket_at(server_.url());
    store_ = store_of(config, clock_);
    content_.resize(5'000'000);
    for (uint32_t i = 0; i < content_.size(); ++i) content_[i] = static_cast<char>(i * 7919U >> 5);
    server_.set_handler([this](const SeenRequest& request) { return serve(request); });
  }
  Reaction serve(const SeenRequest& request) const {
    if (const std::string match = request.header("if-match"); !match.empty() && match != etag_)
      return Reaction::error(412, "PreconditionFailed");
    const std::string range = request.header("range").substr(6);
    const size_t dash = range.find('-');
    const size_t size = content_.size();
    size_t first = 0, last = size - 1;
    if (dash == 0) {
      first = size - std::min<size_t>(size, std::stoul(range.substr(1)));
    } else {
      first = std::stoul(range.substr(0, dash));
      last = std::min(size - 1, std::stoul(range.substr(dash + 1)));
    }
    if (first >= size) return Reaction::error(416, "InvalidRange");
    return Reaction::answer(
        206, content_.substr(first, last - first + 1),
        "ETag: " + etag_ + "\r\nLast-Modified: Mon, 05 Jan 2026 09:12:44 GMT\r\nContent-Range: bytes " +
            std::to_string(first) + "-" + std::to_string(last) + "/" + std::to_string(size) + "\r\n");
  }
  std::string read(ObjectReader& reader, uint64_t offset, uint64_t length) {
    std::string out(length, '\0');
    out.resize(reader.read_into(offset, out.data(), length));
    EXPECT_EQ(out, content_.substr(std::min<uint64_t>(offset, content_.size()), length));
    return out;
  }
  std::string content_, etag_ = "\"v1\"";
};

TEST_F(S3Reading, OneRequestOpensAndBringsTheTail) {
  const auto reader = store_->open_read("k");
  EXPECT_EQ(reader->info().size, 5'000'000U);
  EXPECT_EQ(reader->info().modified_ms, 1767604364000);
  EXPECT_EQ(reader->info().etag, etag_);
  read(*reader, 4'999'992, 8);
  read(*reader, 4'950'000, 50'000);
  read(*reader, 4'999'990, 100);
  read(*reader, 5'000'000, 1);
  EXPECT_EQ(server_.lines(), Lines{"GET /bucket/lake/k"});
  EXPECT_EQ(server_.seen()[0].header("range"), "bytes=-65536");
}

TEST_F(S3Reading, SmallReadsInOrderAreFewRequests) {
  const auto reader = store_->open_read("k");
  for (uint64_t at = 0; at < content_.size(); at += 1000) read(*reader, at, 1000);
  EXPECT_EQ(server_.seen().size(), 6U);  // one to open, five of 1 MiB (the last one cut)
}

TEST_F(S3Reading, ReadsHereAndThereAndLargeOnesAreOneRequestEach) {
  const auto reader = store_->open_read("k");
  for (const uint64_t at : {2'000'000U, 1'000'000U, 3'000'000U, 500U}) read(*reader, at, 100);
  read(*reader, 0, 3'000'000);
  const auto seen = server_.seen();
  EXPECT_EQ(seen.size(), 6U);
  EXPECT_EQ(seen[1].header("range"), "bytes=2000000-2000099");
  EXPECT_EQ(seen[5].header("range"), "bytes=0-2999999");
}

TEST_F(S3Reading, WhatWasReplacedIsNotMixed) {
  const auto reader = store_->open_read("k");
  read(*reader, 0, 10);
  etag_ = "\"v2\"";
  EXPECT_EQ(code_of([&] { read(*reader, 2'000'000, 10); }), ErrorCode::store_io);
  char out[10];
  EXPECT_EQ(reader->read_into(5, out, 10), 10U);  // still known
}

TEST_F(S3Reading, SmallAndEmptyObjects) {
  content_ = "tiny";
  EXPECT_EQ(read(*store_->open_read("k"), 0, 100), "tiny");
  EXPECT_EQ(server_.seen().size(), 1U);
  script({Reaction::error(416, "InvalidRange"), Reaction::answer(200, "")});
  const auto empty = store_->open_read("k");
  EXPECT_EQ(empty->info().size, 0U);
  char out[1];
  EXPECT_EQ(empty->read_into(0, out, 1), 0U);
}

TEST_F(S3Reading, ManyThreadsShareAReader) {
  const auto reader = store_->open_read("k");
  std::vector<std::thread> threads;
  for (uint64_t t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (uint64_t at = t * 1000; at < 400'000; at += 4000) read(*reader, at, 1000);
    });
  for (auto& thread : threads) thread.join();
}

}  // namespace
}  // namespace weir::store::s3
