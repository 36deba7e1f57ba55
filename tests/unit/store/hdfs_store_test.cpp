// What HdfsStore makes of answers, good and bad. The servers are scripted; remote_server_test.cpp has a real one.
#include "store/hdfs/hdfs_store.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "base/text.h"
#include "loopback_server.h"
#include "store_fixture.h"

namespace weir::store::hdfs {
namespace {

using Lines = std::vector<std::string>;
using Values = std::map<std::string, std::string>;

std::string namenodes_of(const std::string& uri, const Values& values = {}) {
  std::string text;
  for (const auto& at : configure(uri, environment_of(values)).namenodes)
    text += (text.empty() ? "" : " ") + at.scheme + "://" + at.authority + at.path;
  return text;
}

TEST(HdfsConfig, UrisNameNamenodes) {
  EXPECT_EQ(namenodes_of("webhdfs://nn:1234/a"), "http://nn:1234/webhdfs/v1");
  EXPECT_EQ(namenodes_of("webhdfs://nn/a"), "http://nn:9870/webhdfs/v1");
  EXPECT_EQ(namenodes_of("swebhdfs://nn/a"), "https://nn:9871/webhdfs/v1");
  EXPECT_EQ(namenodes_of("hdfs://nn:8020/a"), "http://nn:9870/webhdfs/v1");
  EXPECT_EQ(namenodes_of("hdfs://cluster/a", {{"WEIR_WEBHDFS_URL", "http://n1:1, https://n2:2"}}),
            "http://n1:1/webhdfs/v1 https://n2:2/webhdfs/v1");
  EXPECT_EQ(configure("hdfs://cluster/a/b/", environment_of({})).uri(), "hdfs://cluster/a/b");
  for (const char* bad : {"webhdfs://", "webhdfs:///a", "webhdfs://user:secret@nn/a"})
    EXPECT_EQ(code_of([&] { namenodes_of(bad); }), ErrorCode::store_scheme) << bad;
  EXPECT_EQ(code_of([&] { namenodes_of("webhdfs://nn/a,b"); }), ErrorCode::bad_key);
}

Reaction remote_error(int status, const std::string& exception, const std::string& message = "because") {
  return Reaction::answer(status,
                          R"({"RemoteException":{"exception":")" + exception + R"(","message":")" + message + R"("}})");
}

std::string file_status(uint64_t length, int number = 7) {
  return R"({"FileStatus":{"type":"FILE","length":)" + std::to_string(length) +
         R"(,"modificationTime":1767604364123,"fileId":)" + std::to_string(number) + "}}";
}

class HdfsAnswers : public testing::Test {
 protected:
  HdfsAnswers() : server_([](const SeenRequest&) { return Reaction::answer(200); }) { open({server_.url()}); }
  void open(const std::vector<std::string>& namenodes, remote::FetchToken token = {}) {
    Config config;
    for (const auto& url : namenodes) config.namenodes.push_back(http::Endpoint::parse(url + "/webhdfs/v1"));
    config.prefix = "lake/";
    config.shown_root = "webhdfs://nn";
    config.user = token ? "" : "ann";
    config.token = std::move(token);
    config.curl.stall_timeout_ms = 1000;
    config.part_bytes = 10;
    auto http = std::make_shared<http::Client>(
        std::make_unique<http::CurlTransport>(config.curl), clock_, [] { return 0.5; }, config.retry);
    store_ = std::make_unique<HdfsStore>(std::make_unique<Namenode>(config, http, clock_));
  }
  // Answers by operation; what moves bytes is sent on, once, to the same server.
  void operations(std::map<std::string, std::vector<Reaction>> by_operation) {
    auto next = std::make_shared<std::map<std::string, size_t>>();
    server_.set_handler([this, by_operation = std::move(by_operation), next](const SeenRequest& request) {
      const std::string name = operation_of(request);
      const bool moves = name == "CREATE" || name == "OPEN";
      if (moves && request.target.find("&to=datanode") == std::string::npos)
        return Reaction::answer(307, "", "Location: " + server_.url() + request.target + "&to=datanode\r\n");
      const auto found = by_operation.find(name);
      if (found == by_operation.end()) return Reaction::answer(name == "CREATE" ? 201 : 200, R"({"boolean":true})");
      return found->second[std::min((*next)[name]++, found->second.size() - 1)];
    });
  }
  static std::string operation_of(const SeenRequest& request) {
    const size_t start = request.target.find("op=") + 3;
    return request.target.substr(start, request.target.find('&', start) - start);
  }
  Lines operations_seen() const {
    Lines names;
    for (const auto& request : server_.seen()) names.push_back(operation_of(request));
    return names;
  }
  ManualClock clock_;
  LoopbackServer server_;
  std::unique_ptr<HdfsStore> store_;
};

TEST_F(HdfsAnswers, APutIsWrittenAsideAndRenamed) {
  operations({{"RENAME", {Reaction::answer(200)}}});
  store_->put("a b/k", "content");
  const auto seen = server_.seen();
  ASSERT_EQ(seen.size(), 3U);
  EXPECT_TRUE(seen[0].target.starts_with("/webhdfs/v1/lake/a%20b/.tmp-")) << seen[0].target;
  EXPECT_NE(seen[0].target.find("?op=CREATE&overwrite=false&user.name=ann"), std::string::npos) << seen[0].target;
  EXPECT_EQ(seen[0].body + "|" + seen[1].body, "|content");
  EXPECT_NE(seen[2].target.find("&destination=%2Flake%2Fa%20b%2Fk&renameoptions=OVERWRITE"), std::string::npos)
      << seen[2].target;
}

TEST_F(HdfsAnswers, AConditionalPutTellsWhetherItWas) {
  operations({{"RENAME", {remote_error(403, "FileAlreadyExistsException")}}});
  EXPECT_EQ(store_->put_if_absent("k", "x"), PutResult::exists);
  EXPECT_EQ(operations_seen().back(), "DELETE");
  operations({{"RENAME", {Reaction::answer(200)}}});
  EXPECT_EQ(store_->put_if_absent("k", "x"), PutResult::done);
  EXPECT_NE(server_.seen()[2].target.find("renameoptions=NONE"), std::string::npos);
  // A gateway, which does not know the option.
  operations({{"RENAME", {Reaction::answer(200, R"({"boolean":false})")}}});
  EXPECT_EQ(store_->put_if_absent("k", "x"), PutResult::exists);
  EXPECT_NE(error_of([&] { store_->put("k", "x"); }).find("HttpFS"), std::string::npos);
}

TEST_F(HdfsAnswers, ALostAnswerToARenameIsResolvedByLooking) {
  const auto gone = remote_error(404, "FileNotFoundException");
  const auto there = Reaction::answer(200, file_status(1));
  const auto yes = Reaction::answer(200, R"({"boolean":true})"), no = Reaction::answer(200, R"({"boolean":false})");
  for (const auto& doubt : {Reaction::drop(), remote_error(500, "RuntimeException"), Reaction{"", false, true}}) {
    operations({{"RENAME", {doubt}}, {"GETFILESTATUS", {gone}}});
    EXPECT_EQ(store_->put_if_absent("k", "x"), PutResult::done);
    operations({{"RENAME", {doubt, Reaction::answer(200)}}, {"GETFILESTATUS", {there}}, {"DELETE", {yes}}});
    EXPECT_EQ(store_->put_if_absent("k", "x"), PutResult::done);
    EXPECT_EQ(operations_seen(),
              (Lines{"CREATE", "CREATE", "RENAME", "GETFILESTATUS", "DELETE", "CREATE", "CREATE", "RENAME"}));
    operations({{"RENAME", {doubt}}, {"GETFILESTATUS", {there}}, {"DELETE", {no}}});
    EXPECT_EQ(store_->put_if_absent("k", "x"), PutResult::done);  // it came between the two looks
    operations({{"RENAME", {doubt}}, {"GETFILESTATUS", {there}}, {"DELETE", {yes}}});
    EXPECT_EQ(code_of([&] { store_->put_if_absent("k", "x"); }), ErrorCode::store_io);
    operations({{"RENAME", {doubt}}, {"GETFILESTATUS", {there}}, {"DELETE", {Reaction::drop()}}});
    EXPECT_EQ(code_of([&] { store_->put_if_absent("k", "x"); }), ErrorCode::store_unknown);
  }
  // The removal was sent twice: the number of the file tells whose doing it was.
  for (const int number : {7, 8}) {
    operations({{"RENAME", {Reaction::drop(), Reaction::answer(200)}},
                {"GETFILESTATUS", {there, Reaction::answer(200, file_status(1, number))}},
                {"DELETE", {Reaction::drop(), no}}});
    EXPECT_EQ(store_->put_if_absent("k", "x"), PutResult::done);
    const auto seen = operations_seen();
    EXPECT_EQ(std::count(seen.begin(), seen.end(), "RENAME"), number == 7 ? 1 : 2);
  }
}

TEST_F(HdfsAnswers, EachTryToWriteHasAName) {
  operations({{"CREATE", {Reaction::drop(), Reaction::answer(201)}}, {"RENAME", {Reaction::answer(200)}}});
  store_->put("k", "content");
  const auto seen = server_.seen();
  EXPECT_EQ(operations_seen(), (Lines{"CREATE", "CREATE", "CREATE", "CREATE", "DELETE", "RENAME"}));
  EXPECT_NE(seen[0].target, seen[2].target);
  EXPECT_EQ(seen[4].target.substr(0, 40), seen[0].target.substr(0, 40));  // what the first try left
}

TEST_F(HdfsAnswers, TheActiveNamenodeIsFound) {
  LoopbackServer standby([](const SeenRequest&) { return remote_error(403, "StandbyException"); });
  open({standby.url(), "http://127.0.0.1:1", server_.url()});
  server_.set_handler([](const SeenRequest&) { return Reaction::answer(200, file_status(5)); });
  EXPECT_EQ(store_->head("k")->size, 5U);
  EXPECT_EQ(store_->head("k")->size, 5U);
  EXPECT_EQ(standby.seen().size(), 1U);
  EXPECT_EQ(server_.seen().size(), 2U);
}

TEST_F(HdfsAnswers, ANamenodeThatStartsIsWaitedFor) {
  server_.set_handler(in_turn({remote_error(403, "SafeModeException"), remote_error(403, "RetriableException"),
                               Reaction::answer(200, file_status(5))}));
  EXPECT_EQ(store_->head("k")->size, 5U);
}

TEST_F(HdfsAnswers, WhatIsNotThereAndWhatIsForbidden) {
  operations({{"GETFILESTATUS", {remote_error(404, "FileNotFoundException")}}});
  EXPECT_EQ(store_->head("k"), std::nullopt);
  EXPECT_EQ(code_of([&] { store_->open_read("k"); }), ErrorCode::store_not_found);
  EXPECT_EQ(code_of([&] { store_->read("k", 0, 1); }), ErrorCode::store_not_found);
  operations({{"GETFILESTATUS", {Reaction::answer(200, R"({"FileStatus":{"type":"DIRECTORY","length":0}})")}}});
  EXPECT_EQ(store_->head("k"), std::nullopt);
  operations({{"OPEN", {remote_error(404, "FileNotFoundException")}}});
  EXPECT_EQ(code_of([&] { store_->read("k"); }), ErrorCode::store_not_found);
  server_.set_handler(in_turn({remote_error(403, "AccessControlException", "Permission denied: user=ann\\n at x")}));
  EXPECT_EQ(error_of([&] { store_->read("k"); }),
            "cannot read webhdfs://nn/lake/k: 403 AccessControlException (Permission denied: user=ann) [WEIR-E0201 "
            "store-io] hint: give the user the permission, or set HADOOP_USER_NAME");
  for (const char* bad : {"", "{}", "[]", "<html>", R"({"FileStatus":{"type":"FILE"}})"}) {
    server_.set_handler(in_turn({Reaction::answer(200, bad)}));
    EXPECT_EQ(code_of([&] { store_->head("k"); }), ErrorCode::store_io) << bad;
    EXPECT_EQ(code_of([&] { list(*store_, ""); }), ErrorCode::store_io) << bad;
  }
}

TEST_F(HdfsAnswers, TokensAreSentAndNotShown) {
  int fetched = 0;
  open({server_.url()}, [&] { return remote::Token{"very-secret-" + std::to_string(++fetched), std::nullopt}; });
  server_.set_handler(in_turn(
      {remote_error(403, "InvalidToken", "token (owner=ann) has expired"), Reaction::answer(200, file_status(5))}));
  EXPECT_EQ(store_->head("k")->size, 5U);
  EXPECT_EQ(server_.lines()[1], "GET /webhdfs/v1/lake/k?op=GETFILESTATUS&delegation=very-secret-2");
  for (const auto& failure : {remote_error(403, "InvalidToken"), remote_error(401, "SecurityException"),
                              Reaction::drop(), Reaction::answer(307, "", "Location: /very-secret\r\n")}) {
    server_.set_handler(in_turn({failure}));
    const std::string error = error_of([&] { store_->read("k"); }) + error_of([&] { store_->put("k", "x"); });
    EXPECT_NE(error, "");
    EXPECT_EQ(error.find("secret"), std::string::npos) << error;
  }
  server_.set_handler(in_turn({remote_error(403, "InvalidToken")}));
  EXPECT_EQ(code_of([&] { store_->head("k"); }), ErrorCode::store_credentials);
}

TEST_F(HdfsAnswers, LargeFilesAreJoinedFromParts) {
  operations({{"CONCAT", {Reaction::answer(200)}},
              {"GETFILESTATUS", {Reaction::answer(200, file_status(23))}},
              {"RENAME", {Reaction::answer(200)}}});
  const auto write = [&] {
    auto writer = store_->open_write("d/k");
    writer->append("0123456789abcdefghijKLM");
    writer->finish();
  };
  write();
  const Lines whole = {"CREATE", "CREATE",        "CREATE", "CREATE", "CREATE", "CREATE",
                       "CONCAT", "GETFILESTATUS", "MKDIRS", "RENAME", "DELETE"};
  EXPECT_EQ(operations_seen(), whole);
  const auto seen = server_.seen();
  EXPECT_EQ(seen[1].body + "|" + seen[3].body + "|" + seen[5].body, "0123456789|abcdefghij|KLM");
  EXPECT_NE(seen.back().target.find("recursive=true"), std::string::npos);
  // A lost answer to the joining: what is there tells.
  operations({{"CONCAT", {Reaction::drop(), remote_error(404, "FileNotFoundException")}},
              {"GETFILESTATUS", {Reaction::answer(200, file_status(10)), Reaction::answer(200, file_status(23))}},
              {"RENAME", {Reaction::answer(200)}}});
  write();
  operations({{"CONCAT", {remote_error(403, "HadoopIllegalArgumentException")}}});
  EXPECT_EQ(code_of([&] { write(); }), ErrorCode::store_io);
  EXPECT_EQ(operations_seen().back(), "DELETE");
}

TEST_F(HdfsAnswers, ListsPageByPage) {
  const auto page = [](const std::string& entries, int remaining) {
    return Reaction::answer(200, R"({"DirectoryListing":{"partialListing":{"FileStatuses":{"FileStatus":[)" + entries +
                                     R"(]}},"remainingEntries":)" + std::to_string(remaining) + "}}");
  };
  const auto entry = [](const std::string& name, const std::string& type) {
    return R"({"pathSuffix":")" + name + R"(","type":")" + type + R"(","length":3,"modificationTime":1,"fileId":9})";
  };
  server_.set_handler([&](const SeenRequest& request) {
    if (request.target.starts_with("/webhdfs/v1/lake/t?")) return page(entry("1", "FILE"), 0);
    if (request.target.find("startAfter=t-x") != std::string::npos) return page(entry("t0", "FILE"), 0);
    return page(entry(".tmp-1", "FILE") + "," + entry("t", "DIRECTORY") + "," + entry("t-x", "FILE"), 1);
  });
  EXPECT_EQ(keys(*store_), (Lines{"t-x", "t/1", "t0"}));
  EXPECT_EQ(keys(*store_, "", "t-x"), (Lines{"t/1", "t0"}));
  EXPECT_EQ(store_->list_folders(""), Lines{"t"});
}

}  // namespace
}  // namespace weir::store::hdfs
