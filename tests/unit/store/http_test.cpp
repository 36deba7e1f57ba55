#include "store/http/http.h"

#include <gtest/gtest.h>

#include "loopback_server.h"
#include "store/cancel_scope.h"
#include "store/http/curl_transport.h"
#include "store/http/retry.h"
#include "store_fixture.h"

namespace weir::store::http {
namespace {

using Kind = Attempt::Kind;

Request get(const LoopbackServer& server, const std::string& path = "/x") {
  Request request;
  request.url = server.url() + path;
  return request;
}

TEST(HttpEndpoint, IsSchemeHostAndPath) {
  const auto endpoint = Endpoint::parse("HTTPS://Example.org:9000/base/");
  EXPECT_EQ(endpoint.scheme + " " + endpoint.authority + " " + endpoint.path, "https example.org:9000 /base");
  EXPECT_EQ(Endpoint::parse("https://h:443").authority, "h");
  EXPECT_EQ(Endpoint::parse("http://h:443").authority, "h:443");
  for (const char* bad : {"", "h", "ftp://h", "http://", "http://u:p@h", "http://h/x?y", "http://h /", "file:///x"})
    EXPECT_EQ(code_of([&] { Endpoint::parse(bad); }), ErrorCode::bad_option_value) << bad;
}

TEST(HttpTransport, SendsAsToldAndKeepsTheConnection) {
  LoopbackServer server([](const SeenRequest&) { return Reaction::answer(200, "hello", "X-Y: z\r\n"); });
  CurlTransport transport;
  Request put = get(server, "/a/../%C3%A4?x=");
  put.method = "PUT";
  put.body = "body";
  put.headers = {{"x-one", "1"}};
  const Attempt first = transport.send(put);
  ASSERT_EQ(first.kind, Kind::answered);
  EXPECT_EQ(first.answer.status, 200);
  EXPECT_EQ(first.answer.body, "hello");
  EXPECT_EQ(first.answer.header("x-y"), "z");
  EXPECT_EQ(transport.send(get(server)).answer.body, "hello");
  const auto seen = server.seen();
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0].method + " " + seen[0].target + " " + seen[0].body, "PUT /a/../%C3%A4?x= body");
  EXPECT_EQ(seen[0].header("x-one"), "1");
  EXPECT_EQ(seen[0].headers.count("expect") + seen[0].headers.count("content-type"), 0U);
  EXPECT_EQ(seen[1].connection, 1);
}

TEST(HttpTransport, AnswersGoWhereTheyAreWanted) {
  LoopbackServer server(
      in_turn({Reaction::answer(206, "hello"), Reaction::answer(404, "none"), Reaction::answer(200, "too long")}));
  CurlTransport transport;
  char out[5];
  Request request = get(server);
  request.into = out;
  request.into_bytes = 5;
  EXPECT_EQ(transport.send(request).answer.body_bytes, 5U);
  EXPECT_EQ(std::string(out, 5), "hello");
  EXPECT_EQ(transport.send(request).answer.body, "none");
  const Attempt too_long = transport.send(request);
  EXPECT_EQ(too_long.kind, Kind::lost);
  EXPECT_EQ(too_long.cause, "the answer is longer than was asked for");
}

TEST(HttpTransport, TornAnswersAreLost) {
  LoopbackServer server(in_turn({{"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhal", true},
                                 {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhal", true},
                                 {"HTTP/1.1 200 OK\r\n\r\nhalf?", true},
                                 {"HTTP/1.1 20", true},
                                 Reaction::drop()}));
  for (int i = 0; i < 5; ++i) {
    CurlTransport transport;
    const Attempt attempt = transport.send(get(server));
    EXPECT_EQ(attempt.kind, Kind::lost) << i;
    EXPECT_NE(attempt.cause, "") << i;
  }
}

TEST(HttpTransport, WhatNeverLeftIsNotSent) {
  std::string url;
  {
    LoopbackServer gone([](const SeenRequest&) { return Reaction::answer(200); });
    url = gone.url();
  }
  CurlTransport transport;
  Request request;
  request.url = url;
  const Attempt attempt = transport.send(request);
  EXPECT_EQ(attempt.kind, Kind::not_sent);
  EXPECT_FALSE(attempt.hopeless);
  request.url = "http://";
  EXPECT_TRUE(transport.send(request).hopeless);
}

TEST(HttpTransport, WithoutTlsNothingIsSentToAnHttpsAddress) {
  LoopbackServer server([](const SeenRequest&) { return Reaction::answer(200); });
  Request request;
  request.url = "https" + server.url().substr(4);
  CurlOptions options;
  options.connect_timeout_ms = 300;
  EXPECT_EQ(CurlTransport(options).send(request).kind, Kind::not_sent);
  EXPECT_TRUE(server.seen().empty());
}

TEST(HttpTransport, StalledAnswersEnd) {
  LoopbackServer server([](const SeenRequest&) { return Reaction{"HTTP/1.1 200 OK\r\n", false, true}; });
  CurlOptions options;
  options.stall_timeout_ms = 1000;
  const Attempt attempt = CurlTransport(options).send(get(server));
  EXPECT_EQ(attempt.kind, Kind::lost);
}

TEST(HttpTransport, CancelledTransfersEnd) {
  CurlOptions options;
  LoopbackServer server([&](const SeenRequest&) {
    options.cancel.cancel();
    return Reaction{"", false, true};
  });
  CurlTransport transport(options);
  EXPECT_EQ(code_of([&] { transport.send(get(server)); }), ErrorCode::cancelled);
  EXPECT_EQ(code_of([&] { transport.send(get(server)); }), ErrorCode::cancelled);
  EXPECT_EQ(server.seen().size(), 1U);
}

TEST(HttpTransport, TransfersOfAThreadEndWithItsScope) {
  CancelToken wish;
  LoopbackServer server([&](const SeenRequest&) {
    wish.cancel();
    return Reaction{"", false, true};
  });
  CurlTransport transport;
  {
    const CancelScope scope([&] { return wish.cancelled(); });
    EXPECT_EQ(code_of([&] { transport.send(get(server)); }), ErrorCode::cancelled);
    const CancelScope nobodys({});
    server.set_handler([](const SeenRequest&) { return Reaction::answer(200); });
    EXPECT_EQ(transport.send(get(server)).kind, Kind::answered);
  }
  EXPECT_EQ(transport.send(get(server)).kind, Kind::answered);
}

// A kept connection that turns out to be dead: libcurl sends again by itself, which must not happen to a commit.
TEST(HttpTransport, WhatIsNotRepeatableIsSentOnce) {
  for (const auto& [repeatable, own_connection] : {std::pair(true, false), {true, true}, {false, false}}) {
    LoopbackServer server(in_turn({Reaction::answer(200), Reaction::drop(), Reaction::answer(200)}));
    CurlTransport transport;
    transport.send(get(server));
    Request put = get(server);
    put.method = "PUT";
    put.body = "commit";
    put.repeatable = repeatable;
    put.own_connection = own_connection;
    const Attempt attempt = transport.send(put);
    const bool sent_again = repeatable && !own_connection;
    EXPECT_EQ(attempt.kind, sent_again ? Kind::answered : Kind::lost);
    EXPECT_EQ(server.seen().size(), sent_again ? 3U : 2U);
  }
}

// Attempts as told, without a network.
class ScriptedTransport final : public Transport {
 public:
  explicit ScriptedTransport(std::vector<Attempt> attempts) : attempts_(std::move(attempts)) {}
  Attempt send(const Request&) override { return attempts_[std::min(next_++, attempts_.size() - 1)]; }

 private:
  std::vector<Attempt> attempts_;
  size_t next_ = 0;
};

Attempt answered(int status, const std::string& retry_after = {}) {
  Attempt attempt;
  attempt.kind = Kind::answered;
  attempt.answer.status = status;
  if (!retry_after.empty()) attempt.answer.headers["retry-after"] = retry_after;
  return attempt;
}
Attempt broken(Kind kind, bool hopeless = false) {
  Attempt attempt;
  attempt.kind = kind;
  attempt.hopeless = hopeless;
  attempt.cause = "broken";
  return attempt;
}

struct Told {
  Outcome outcome;
  int64_t waited_ms;
};
Told run(std::vector<Attempt> attempts, bool repeatable = true, RetryPolicy policy = {}) {
  ManualClock clock;
  const int64_t start = clock.now_ms();
  Client client(
      std::make_unique<ScriptedTransport>(std::move(attempts)), clock, [] { return 0.5; }, policy);
  Request request;
  request.repeatable = repeatable;
  Outcome outcome = client.send([&] { return request; });
  return {std::move(outcome), clock.now_ms() - start};
}

TEST(HttpRetry, WaitsLongerEachTimeAndStops) {
  const Told told = run({answered(500)});
  EXPECT_EQ(told.outcome.attempts, 8);
  EXPECT_FALSE(told.outcome.settled());
  EXPECT_TRUE(told.outcome.doubtful());
  EXPECT_EQ(told.waited_ms, 50 + 100 + 200 + 400 + 800 + 1600 + 3200);  // half of each ceiling
}

TEST(HttpRetry, EndsWithTheFirstFinalAnswer) {
  for (const int status : {200, 204, 206, 304, 400, 403, 404, 409, 412, 416, 501}) {
    const Told told = run({answered(503), broken(Kind::lost), broken(Kind::not_sent), answered(429), answered(status)});
    EXPECT_EQ(told.outcome.attempts, 5);
    EXPECT_TRUE(told.outcome.settled());
    EXPECT_TRUE(told.outcome.doubt_before);
    EXPECT_EQ(told.outcome.last.answer.status, status);
  }
}

TEST(HttpRetry, OnlyWhatWasSurelyNotDoneIsDoneAgainIfItMustNotBeDoneTwice) {
  for (const Attempt& doubt : {answered(500), answered(502), answered(503), answered(504), broken(Kind::lost)}) {
    const Told told = run({doubt, answered(200)}, false);
    EXPECT_EQ(told.outcome.attempts, 1);
    EXPECT_FALSE(told.outcome.settled());
    EXPECT_TRUE(told.outcome.doubtful());
  }
  const Told told = run({answered(429), broken(Kind::not_sent), answered(200)}, false);
  EXPECT_EQ(told.outcome.attempts, 3);
  EXPECT_TRUE(told.outcome.settled());
  EXPECT_FALSE(told.outcome.doubtful());
}

TEST(HttpRetry, TheServersWishForDelayIsHonoured) {
  EXPECT_EQ(run({answered(503, "7"), answered(200)}).waited_ms, 7000);
  EXPECT_EQ(run({answered(429, "Mon, 05 Jan 2026 09:00:03 GMT"), answered(200)}).waited_ms, 3000);
  EXPECT_EQ(run({answered(503, "soon"), answered(200)}).waited_ms, 50);
  const Told told = run({answered(503, "61"), answered(200)});  // longer than there is time
  EXPECT_EQ(told.outcome.attempts, 1);
  EXPECT_EQ(told.waited_ms, 0);
}

TEST(HttpRetry, EndsWhenTheTimeIsOver) {
  RetryPolicy policy;
  policy.attempts = 1000;
  policy.total_ms = 20'000;
  const Told told = run({answered(500)}, true, policy);
  EXPECT_LE(told.waited_ms, 20'000);
  EXPECT_GE(told.waited_ms, 15'000);
}

TEST(HttpRetry, WhatIsHopelessIsNotTriedAgain) { EXPECT_EQ(run({broken(Kind::not_sent, true)}).outcome.attempts, 1); }

TEST(HttpRetry, ACancelledWaitEnds) {
  ManualClock clock;
  CancelToken cancel;
  Client client(
      std::make_unique<ScriptedTransport>(std::vector{answered(500)}), clock,
      [&] {
        cancel.cancel();
        return 0.5;
      },
      {}, cancel);
  EXPECT_EQ(code_of([&] { client.send([] { return Request(); }); }), ErrorCode::cancelled);
}

}  // namespace
}  // namespace weir::store::http
