// S3Store against a real server: with WEIR_TEST_S3=s3://bucket in the environment (tests/conformance/stores.py starts
// it), and with a proxy between that fails as networks do.
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/ids.h"
#include "s3_fixture.h"

namespace weir::store::s3 {
namespace {

std::vector<std::string> server_of_the_environment() {
  const char* uri = std::getenv("WEIR_TEST_S3");
  return uri ? std::vector<std::string>{uri} : std::vector<std::string>{};
}

class S3Server : public testing::TestWithParam<std::string> {
 protected:
  S3Server() : proxy_([this](const SeenRequest& request) { return pass(request); }) {
    const Environment environment = process_environment();
    config_ = configure(GetParam() + "/" + uuid_v4(), environment, Profiles::read(environment));
    config_.retry.first_delay_ms = 1;
    upstream_ = config_.endpoint;
    store_ = store_at(config_.endpoint);
    faulty_ = store_at(proxy_.url());
    faulty_->put_if_absent("proof", "");  // proves once that the server honours conditions
    proxy_.set_handler([this](const SeenRequest& request) { return pass(request); });
  }
  std::unique_ptr<S3Store> store_at(const std::string& url) {
    Config config = config_;
    config.endpoint = url;
    const Environment environment = process_environment();
    auto http = std::make_shared<http::Client>(std::make_unique<http::CurlTransport>(), clock_, http::system_random(),
                                               config.retry);
    return store_of(config, clock_, find_credentials(environment, {}, config.region, http, clock_));
  }
  // With the Host header as it was signed.
  Reaction pass(const SeenRequest& request) { return {LoopbackServer::forward(request, upstream_), true, false}; }
  Reaction pass_but_lose_the_answer(const SeenRequest& request) {
    EXPECT_TRUE(pass(request).bytes.starts_with("HTTP/1.1 2"));
    return Reaction::drop();
  }
  Reaction pass_half(const SeenRequest& request) {
    std::string bytes = pass(request).bytes;
    bytes.resize(bytes.size() - 3);
    return {bytes, true, false};
  }
  SystemClock clock_;
  Config config_;
  std::string upstream_;
  LoopbackServer proxy_;
  std::unique_ptr<S3Store> store_, faulty_;
};

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(S3Server);
INSTANTIATE_TEST_SUITE_P(Real, S3Server, testing::ValuesIn(server_of_the_environment()),
                         [](const auto&) { return "s3"; });

TEST_P(S3Server, TwoHundredRacesHaveOneWinnerEach) {
  const auto rival = store_at(config_.endpoint);
  for (int round = 0; round < 200; ++round) {
    const std::string key = "log/" + std::to_string(round);
    std::atomic<int> winners{0}, ready{0};
    std::string winner;
    const auto write = [&](S3Store& store, const std::string& mine) {
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
}

TEST_P(S3Server, ACommitWhoseAcknowledgementIsLostIsUnknownAndThere) {
  proxy_.set_handler([this](const SeenRequest& request) { return pass_but_lose_the_answer(request); });
  EXPECT_EQ(code_of([&] { faulty_->put_if_absent("log/1", "commit"); }), ErrorCode::store_unknown);
  EXPECT_EQ(proxy_.seen().size(), 1U);
  EXPECT_EQ(store_->read("log/1"), "commit");
  EXPECT_EQ(store_->put_if_absent("log/1", "commit"), PutResult::exists);
}

TEST_P(S3Server, ACommitThatDidNotArriveIsUnknownAndNotThere) {
  proxy_.set_handler([](const SeenRequest&) { return Reaction::drop(); });
  EXPECT_EQ(code_of([&] { faulty_->put_if_absent("log/1", "commit"); }), ErrorCode::store_unknown);
  EXPECT_EQ(store_->head("log/1"), std::nullopt);
}

TEST_P(S3Server, ServerErrorsAfterTheFactAreUnknownToo) {
  for (const int status : {500, 502, 503, 504}) {
    const std::string key = "log/" + std::to_string(status);
    proxy_.set_handler([&](const SeenRequest& request) {
      pass(request);
      return Reaction::error(status, "InternalError");
    });
    EXPECT_EQ(code_of([&] { faulty_->put_if_absent(key, "commit"); }), ErrorCode::store_unknown);
    EXPECT_EQ(store_->read(key), "commit");
  }
}

TEST_P(S3Server, ThrottledCommitsArrive) {
  std::atomic<int> number{0};
  proxy_.set_handler([&](const SeenRequest& request) {
    return ++number < 4 ? Reaction::error(503, "SlowDown", "Retry-After: 0\r\n") : pass(request);
  });
  EXPECT_EQ(faulty_->put_if_absent("log/1", "commit"), PutResult::done);
  EXPECT_EQ(number, 4);
}

TEST_P(S3Server, EverythingElseGetsThroughABadNetwork) {
  std::atomic<int> number{0};
  proxy_.set_handler([&](const SeenRequest& request) {
    switch (number++ % 5) {
      case 0:
        return Reaction::drop();
      case 1:
        return pass_but_lose_the_answer(request);
      case 2:
        return Reaction::error(500, "InternalError");
      case 3:
        return pass_half(request);
      default:
        return pass(request);
    }
  });
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
}

TEST_P(S3Server, LargeObjectsGetThroughABadNetwork) {
  std::string bytes(12'000'000, '\0');
  for (uint32_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 2654435761U >> 24);
  std::atomic<int> number{0};
  proxy_.set_handler([&](const SeenRequest& request) {
    switch (number++ % 3) {
      case 0:
        return pass_but_lose_the_answer(request);
      case 1:
        return Reaction::error(503, "SlowDown");
      default:
        return pass(request);
    }
  });
  auto writer = faulty_->open_write("big");
  for (size_t at = 0; at < bytes.size(); at += 1'000'000) writer->append(std::string_view(bytes).substr(at, 1'000'000));
  EXPECT_EQ(store_->head("big"), std::nullopt);
  writer->finish();
  EXPECT_EQ(store_->read("big"), bytes);
  const auto reader = store_->open_read("big");
  std::string part(2'000'000, '\0');
  EXPECT_EQ(reader->read_into(7'500'000, part.data(), part.size()), part.size());
  EXPECT_EQ(part, bytes.substr(7'500'000, part.size()));
}

TEST_P(S3Server, ListingsLongerThanAPage) {
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
}  // namespace weir::store::s3
