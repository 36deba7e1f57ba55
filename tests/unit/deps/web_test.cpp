#include "deps/web.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "base/error.h"
#include "deps/hub.h"

namespace weir::deps {
namespace {

using store::http::Answer;
using store::http::Attempt;
using store::http::Request;
using testing::ElementsAre;
using testing::HasSubstr;

// Answers by address: status and body; of a redirect the body is where it leads.
class Played final : public store::http::Transport {
 public:
  explicit Played(std::map<std::string, std::pair<int, std::string>> answers, std::vector<std::string>& asked)
      : answers_(std::move(answers)), asked_(asked) {}
  Attempt send(const Request& request) override {
    asked_.push_back(request.url);
    Attempt out;
    const auto found = answers_.find(request.url);
    out.kind = Attempt::Kind::answered;
    out.answer.status = found == answers_.end() ? 404 : found->second.first;
    if (out.answer.status / 100 == 3)
      out.answer.headers["location"] = found->second.second;
    else if (found != answers_.end())
      out.answer.body = found->second.second;
    return out;
  }

 private:
  std::map<std::string, std::pair<int, std::string>> answers_;
  std::vector<std::string>& asked_;
};

class WebTest : public testing::Test {
 protected:
  HttpWeb web(std::map<std::string, std::pair<int, std::string>> answers) {
    return HttpWeb(clock_, std::make_unique<Played>(std::move(answers), asked_));
  }
  static std::string refusal(HttpWeb web, const std::string& url) {
    try {
      web.get(url);
    } catch (const Error& error) {
      return error.message();
    }
    return "none";
  }
  store::SystemClock clock_;
  std::vector<std::string> asked_;
};

TEST_F(WebTest, FollowsRedirects) {
  EXPECT_EQ(web({{"http://a/x", {302, "/y"}}, {"http://a/y", {301, "https://b/z"}}, {"https://b/z", {200, "it"}}})
                .get("http://a/x"),
            "it");
  EXPECT_EQ(web({}).get("http://a/x"), std::nullopt);
}

TEST_F(WebTest, GivesUpWhereThereIsNoSense) {
  EXPECT_THAT(refusal(web({{"http://a/x", {302, "/x"}}}), "http://a/x"), HasSubstr("again and again"));
  EXPECT_THAT(refusal(web({{"https://a/x", {302, "http://a/x"}}}), "https://a/x"),
              HasSubstr("redirects to http://a/x"));
  EXPECT_THAT(refusal(web({{"http://a/x", {302, "file:///etc/passwd"}}}), "http://a/x"), HasSubstr("no http"));
  EXPECT_THAT(refusal(web({{"http://a/x", {302, ""}}}), "http://a/x"), HasSubstr("nowhere"));
  EXPECT_THAT(refusal(web({{"http://me:secret@a/x", {403, ""}}}), "http://me:secret@a/x"),
              testing::AllOf(HasSubstr("answered 403"), testing::Not(HasSubstr("secret"))));
  EXPECT_THAT(refusal(web({}), "file:///etc/passwd"), HasSubstr("no http"));
}

TEST_F(WebTest, TheHubIsAskedOnceForAPackage) {
  const std::string body = R"({"name": "utils", "namespace": "acme", "redirectname": "tools", "versions": {
    "1.0.0": {"name": "utils", "packages": [{"package": "acme/base", "version": [">=1.0.0"]}],
              "downloads": {"tarball": "http://files/u.tar.gz"}, "require_dbt_version": [">=1.0.0", "<2.0.0"]},
    "2.0.0": {"name": "utils", "packages": [], "downloads": {"tarball": "x"}, "require_dbt_version": ">=9.0.0"}}})";
  HttpWeb from =
      web({{"http://hub/api/v1/acme/utils.json", {200, body}}, {"http://hub/api/v1/acme/odd.json", {200, "[]"}}});
  Hub hub(from, "http://hub/");
  EXPECT_EQ(hub.package("acme/utils").moved_to, "acme/tools");
  EXPECT_EQ(hub.package("acme/utils").versions.at("1.0.0").packages.front().versions.front(), ">=1.0.0");
  EXPECT_THAT(hub.compatible("acme/utils", "1.11.16"), ElementsAre("1.0.0"));
  EXPECT_THAT(hub.compatible("acme/utils", ""), ElementsAre("1.0.0", "2.0.0"));
  EXPECT_EQ(asked_.size(), 1u);
  EXPECT_THROW(hub.package("acme/nothing"), Error);
  EXPECT_THROW(hub.package("acme/odd"), Error);
  EXPECT_THROW(hub.package("acme/../../x?y"), Error);
}

TEST(HubAddress, IsDbtsUnlessTheEnvironmentNamesAnother) {
  EXPECT_EQ(hub_address({{"DBT_PACKAGE_HUB_URL", "http://127.0.0.1:1"}}), "http://127.0.0.1:1/");
  EXPECT_THAT(hub_address({}), testing::MatchesRegex("https://hub[.].*[.]com/"));
}

TEST(Web, APasswordInAnAddressIsNotShown) {
  EXPECT_EQ(without_password("https://me:s3@cret@h/x@y"), "https://*****@h/x@y");
  EXPECT_EQ(without_password("https://h/x@y"), "https://h/x@y");
  EXPECT_EQ(without_password("git@h:x/y.git"), "git@h:x/y.git");
}

}  // namespace
}  // namespace weir::deps
