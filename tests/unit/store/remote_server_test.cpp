// Remote stores against real servers, with a network between that fails as networks do. tests/conformance/stores.py
// starts the servers and names them in WEIR_TEST_S3, WEIR_TEST_GCS, WEIR_TEST_AZURE, WEIR_TEST_WEBHDFS; without any of
// them nothing of this runs.
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "relay.h"
#include "store/azure/azure_store.h"
#include "store/gcs/gcs_store.h"
#include "store/hdfs/hdfs_store.h"
#include "store/s3/s3_store.h"
#include "store_fixture.h"

namespace weir::store {
namespace {

std::shared_ptr<http::Client> quick_client(Clock& clock, http::RetryPolicy policy) {
  policy.first_delay_ms = 1;
  return std::make_shared<http::Client>(std::make_unique<http::CurlTransport>(), clock, http::system_random(), policy);
}

// The store of `uri` as the environment says, but asked at `url`; without one at its own place, which is given there.
std::unique_ptr<ObjectStore> s3_at(const std::string& uri, std::string& url, Clock& clock) {
  const auto environment = remote::process_environment();
  const auto profiles = s3::Profiles::read(environment);
  s3::Config config = s3::configure(uri, environment, profiles);
  if (url.empty())
    url = config.endpoint;
  else
    config.endpoint = url;
  auto http = quick_client(clock, config.retry);
  auto keys = s3::find_credentials(environment, profiles, config.region, http, clock);
  return std::make_unique<s3::S3Store>(std::make_unique<s3::Bucket>(config, http, keys, clock));
}

std::unique_ptr<ObjectStore> gcs_at(const std::string& uri, std::string& url, Clock& clock) {
  gcs::Config config = gcs::configure(uri, remote::process_environment());
  if (url.empty())
    url = "http://" + config.endpoint.authority;
  else
    config.endpoint = http::Endpoint::parse(url);
  auto http = quick_client(clock, config.retry);
  return std::make_unique<gcs::GcsStore>(std::make_unique<gcs::Bucket>(config, http, remote::FetchToken(), clock));
}

std::unique_ptr<ObjectStore> azure_at(const std::string& uri, std::string& url, Clock& clock) {
  const auto environment = remote::process_environment();
  azure::Config config = azure::configure(uri, environment);
  if (url.empty())
    url = "http://" + config.service.authority;
  else
    config.service.authority = http::Endpoint::parse(url).authority;
  auto http = quick_client(clock, config.retry);
  auto credentials = azure::find_credentials(environment, http, clock);
  return std::make_unique<azure::AzureStore>(std::make_unique<azure::Container>(config, http, credentials, clock));
}

std::unique_ptr<ObjectStore> webhdfs_at(const std::string& uri, std::string& url, Clock& clock) {
  hdfs::Config config = hdfs::configure(uri, remote::process_environment());
  config.part_bytes = 4U << 20;
  if (url.empty())
    url = "http://" + config.namenodes[0].authority;
  else
    config.namenodes[0].authority = http::Endpoint::parse(url).authority;
  auto http = quick_client(clock, config.retry);
  return std::make_unique<hdfs::HdfsStore>(std::make_unique<hdfs::Namenode>(config, http, clock));
}

using StoreAt = std::unique_ptr<ObjectStore> (*)(const std::string&, std::string&, Clock&);
struct ServerKind {
  const char* name;
  const char* variable;
  StoreAt store_at;
  const char* commit;  // what the request that commits has in its target or, of puts, is
};
constexpr ServerKind all_kinds[] = {{"s3", "WEIR_TEST_S3", s3_at, ""},
                                    {"gcs", "WEIR_TEST_GCS", gcs_at, "ifGenerationMatch=0"},
                                    {"azure", "WEIR_TEST_AZURE", azure_at, ""},
                                    {"webhdfs", "WEIR_TEST_WEBHDFS", webhdfs_at, "op=RENAME"}};

std::vector<ServerKind> kinds_of_the_environment() {
  std::vector<ServerKind> kinds;
  for (const auto& kind : all_kinds)
    if (std::getenv(kind.variable)) kinds.push_back(kind);
  return kinds;
}

class RemoteServer : public testing::TestWithParam<ServerKind> {
 protected:
  RemoteServer() : uri_(std::string(std::getenv(GetParam().variable)) + "/" + uuid_v4()) {
    std::string upstream;
    store_ = GetParam().store_at(uri_, upstream, clock_);
    relay_.set_upstream(upstream);
    std::string through = relay_.url();
    faulty_ = GetParam().store_at(uri_, through, clock_);
    faulty_->put_if_absent("proof", "");  // proves once that the server honours conditions
    relay_.server().set_handler([this](const SeenRequest& request) { return relay_.pass(request); });
  }
  // Commits as `react` says, everything else as it should be.
  void commits(const std::function<Reaction(const SeenRequest&)>& react) {
    relay_.server().set_handler([this, react](const SeenRequest& request) {
      const bool writes = request.method == "PUT" || request.method == "POST";
      const bool is_commit = writes && request.target.find(GetParam().commit) != std::string::npos;
      return is_commit ? react(request) : relay_.pass(request);
    });
  }
  bool resolves_doubts() const { return std::string(GetParam().name) == "webhdfs"; }
  // A lost answer to a commit that happened: stores that cannot tell say so.
  void expect_done_or_unknown(const std::string& key) {
    const auto code = code_of([&] { EXPECT_EQ(faulty_->put_if_absent(key, "commit"), PutResult::done); });
    EXPECT_EQ(code, resolves_doubts() ? std::nullopt : std::optional(ErrorCode::store_unknown));
    EXPECT_EQ(store_->read(key), "commit");
    EXPECT_EQ(store_->put_if_absent(key, "again"), PutResult::exists);
  }
  // Of three requests one is dropped, or its answer lost, torn or a failure; the choices are the same in each run.
  Reaction bad_network(const SeenRequest& request) {
    switch (random_() % 12) {
      case 0:
        return Reaction::drop();
      case 1:
        return relay_.pass_but_lose_the_answer(request);
      case 2:
        return Reaction::error(500, "InternalError");
      case 3:
        return relay_.pass_half(request);
      default:
        return relay_.pass(request);
    }
  }
  SystemClock clock_;
  std::string uri_;
  Relay relay_;
  std::mt19937 random_{7};
  std::unique_ptr<ObjectStore> store_, faulty_;
};

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(RemoteServer);
INSTANTIATE_TEST_SUITE_P(Real, RemoteServer, testing::ValuesIn(kinds_of_the_environment()),
                         [](const auto& info) { return info.param.name; });

TEST_P(RemoteServer, TwoHundredRacesHaveOneWinnerEach) {
  std::string own_place;
  const auto rival = GetParam().store_at(uri_, own_place, clock_);
  for (int round = 0; round < 200; ++round) {
    const std::string key = "log/" + std::to_string(round);
    std::atomic<int> winners{0}, ready{0};
    std::string winner;
    const auto write = [&](ObjectStore& store, const std::string& mine) {
      ++ready;
      while (ready < 2) std::this_thread::yield();
      if (store.put_if_absent(key, mine) != PutResult::done) return;
      ++winners;
      winner = mine;
    };
    std::thread other([&] { write(*rival, "other"); });
    write(*store_, "mine");
    other.join();
    ASSERT_EQ(winners, 1);
    ASSERT_EQ(store_->read(key), winner);
  }
  EXPECT_EQ(keys(*store_, "log/").size(), 200U);
}

TEST_P(RemoteServer, ACommitWhoseAcknowledgementIsLostIsThere) {
  int commits_sent = 0;
  commits([&](const SeenRequest& request) {
    ++commits_sent;
    return relay_.pass_but_lose_the_answer(request);
  });
  expect_done_or_unknown("log/1");
  EXPECT_EQ(commits_sent, 1);
}

TEST_P(RemoteServer, ACommitThatDidNotArriveIsNotThere) {
  commits([](const SeenRequest&) { return Reaction::drop(); });
  EXPECT_EQ(code_of([&] { faulty_->put_if_absent("log/1", "commit"); }),
            resolves_doubts() ? ErrorCode::store_io : ErrorCode::store_unknown);
  EXPECT_EQ(store_->head("log/1"), std::nullopt);
  EXPECT_TRUE(keys(*store_, "log/").empty());
}

TEST_P(RemoteServer, ServerErrorsAfterTheFactAreDoubtsToo) {
  for (const int status : {500, 502, 503, 504}) {
    commits([&](const SeenRequest& request) {
      relay_.pass(request);
      return Reaction::error(status, "InternalError");
    });
    expect_done_or_unknown("log/" + std::to_string(status));
  }
}

TEST_P(RemoteServer, ThrottledCommitsArrive) {
  std::atomic<int> number{0};
  const bool is_s3 = std::string(GetParam().name) == "s3";
  commits([&](const SeenRequest& request) {
    return ++number < 4 ? Reaction::error(is_s3 ? 503 : 429, "SlowDown", "Retry-After: 0\r\n") : relay_.pass(request);
  });
  EXPECT_EQ(faulty_->put_if_absent("log/1", "commit"), PutResult::done);
  EXPECT_EQ(number, 4);
}

TEST_P(RemoteServer, EverythingElseGetsThroughABadNetwork) {
  relay_.server().set_handler([this](const SeenRequest& request) { return bad_network(request); });
  for (int i = 0; i < 5; ++i) {
    const std::string key = "k" + std::to_string(i);
    faulty_->put(key, "content of " + key);
    EXPECT_EQ(faulty_->read(key), "content of " + key);
    EXPECT_EQ(faulty_->open_read(key)->info().size, 13U);
  }
  EXPECT_EQ(keys(*faulty_, "k"), (std::vector<std::string>{"k0", "k1", "k2", "k3", "k4"}));
  faulty_->remove_all({"k0", "k1", "k2"});
  faulty_->remove("k3");
  EXPECT_EQ(keys(*store_, "k"), std::vector<std::string>{"k4"});
  EXPECT_GT(relay_.server().seen().size(), 20U);
}

TEST_P(RemoteServer, LargeObjectsGetThroughABadNetwork) {
  std::string bytes(20'000'000, '\0');
  for (uint32_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 2654435761U >> 24);
  relay_.server().set_handler([this](const SeenRequest& request) { return bad_network(request); });
  auto writer = faulty_->open_write("d/big");
  for (size_t at = 0; at < bytes.size(); at += 1'000'000) writer->append(std::string_view(bytes).substr(at, 1'000'000));
  EXPECT_EQ(store_->head("d/big"), std::nullopt);
  EXPECT_TRUE(keys(*store_, "d/").empty());
  writer->finish();
  EXPECT_EQ(store_->read("d/big"), bytes);
  const auto reader = store_->open_read("d/big");
  std::string part(2'000'000, '\0');
  EXPECT_EQ(reader->read_into(7'500'000, part.data(), part.size()), part.size());
  EXPECT_EQ(part, bytes.substr(7'500'000, part.size()));
  EXPECT_EQ(keys(*store_, "d/"), std::vector<std::string>{"d/big"});
}

TEST_P(RemoteServer, WhatIsReplacedWhileItIsReadIsNotMixed) {
  store_->put("k", std::string(3'000'000, 'a'));
  const auto reader = store_->open_read("k");
  store_->put("k", std::string(3'000'000, 'b'));
  std::string out(10, '\0');
  const auto code = code_of([&] { reader->read_into(1'000'000, out.data(), out.size()); });
  EXPECT_TRUE(code == ErrorCode::store_io || code == ErrorCode::store_not_found || (!code && out == "aaaaaaaaaa"));
}

TEST_P(RemoteServer, ListingsLongerThanAPage) {
  std::vector<std::string> expected;
  for (int i = 0; i < 1050; ++i) {
    const std::string number = std::to_string(i);
    expected.push_back("p/" + std::string(5 - number.size(), '0') + number);
    store_->put(expected.back(), "");
  }
  EXPECT_EQ(keys(*store_, "p/"), expected);
  EXPECT_EQ(keys(*store_, "p/", "p/01048"), std::vector<std::string>{"p/01049"});
  store_->remove_all(expected);
  EXPECT_TRUE(keys(*store_, "p/").empty());
}

}  // namespace
}  // namespace weir::store
