#include "lake/commit.h"

#include <thread>

#include "lake/checksum.h"
#include "lake_fixture.h"
#include "store/fault_store.h"

namespace weir::lake {
namespace {

class CommitTest : public TableTest {
 protected:
  static CommitDraft draft_of(std::vector<Action> actions) {
    CommitDraft draft;
    draft.actions = std::move(actions);
    return draft;
  }
  Transaction transaction(std::vector<Action> actions, std::shared_ptr<const Snapshot> base) {
    Transaction made(table, std::move(base), parquet);
    made.draft().actions = std::move(actions);
    return made;
  }
  static int64_t version_of(const CommitOutcome& outcome) {
    const auto* committed = std::get_if<Committed>(&outcome);
    return committed ? committed->version : -1;
  }
};

TEST_F(CommitTest, the_bytes_are_commit_info_and_then_the_actions) {
  create();
  CommitDraft draft = draft_of({Txn{"a", 1, 2}, plain_add("x")});
  draft.operation_parameters.set("mode", "Append").set("partitionBy", Json::array());
  draft.operation_metrics.set("numFiles", 1);
  draft.extra_commit_info.set("weir", Json::object());
  auto base = open();
  std::string bytes = commit_bytes(draft, base.get(), 1, 77);
  EXPECT_EQ(bytes, commit_bytes(draft, base.get(), 1, 77));
  EXPECT_EQ(bytes.substr(0, bytes.find('\n')),
            R"({"commitInfo":{"timestamp":77,"operation":"WRITE","operationParameters":{"mode":"Append",)"
            R"("partitionBy":"[]"},"readVersion":0,"isolationLevel":"WriteSerializable","isBlindAppend":true,)"
            R"("operationMetrics":{"numFiles":"1"},"engineInfo":"weir/)" WEIR_VERSION R"(","weir":{}}})");
  auto actions = parse_commit(bytes, "x");
  ASSERT_EQ(actions.size(), 3U);
  EXPECT_EQ(std::get<Add>(actions[2]).path, "x");
  EXPECT_EQ(code_of([&] { commit_bytes(draft, base.get(), 2, 77); }), ErrorCode::internal);
  EXPECT_EQ(code_of([&] { commit_bytes(draft, nullptr, 1, 77); }), ErrorCode::internal);
}

TEST_F(CommitTest, creates_a_table_once) {
  auto first = transaction({Protocol(), plain_metadata(), plain_add("a")}, nullptr);
  EXPECT_EQ(version_of(first.commit(clock.now_ms())), 0);
  EXPECT_EQ(paths(*open()), std::vector<std::string>{"a"});
  auto second = transaction({Protocol(), plain_metadata()}, nullptr);
  auto outcome = second.commit(clock.now_ms());
  ASSERT_TRUE(std::holds_alternative<Conflict>(outcome));
  EXPECT_EQ(code_of([&] { transaction({plain_add("a")}, nullptr).commit(1); }), ErrorCode::internal);
}

TEST_F(CommitTest, an_append_goes_behind_commits_that_won) {
  create();
  auto base = open();
  append("a");
  append("b");
  auto late = transaction({plain_add("c")}, base);
  EXPECT_EQ(version_of(late.commit(clock.now_ms())), 3);
  EXPECT_EQ(paths(*open()), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(read_commit(table, 3)->commit_info()->fields.at("readVersion").as_int(), 0) << "it was planned on that";
}

TEST_F(CommitTest, a_conflict_writes_nothing) {
  create();
  append("a");
  auto base = open();
  auto removal = transaction({remove_of(plain_add("a"), 1)}, base);
  auto again = transaction({remove_of(plain_add("a"), 1)}, base);
  EXPECT_EQ(version_of(removal.commit(clock.now_ms())), 2);
  auto outcome = again.commit(clock.now_ms());
  ASSERT_TRUE(std::holds_alternative<Conflict>(outcome));
  EXPECT_EQ(std::get<Conflict>(outcome).rule, "ConcurrentDeleteDelete");
  EXPECT_EQ(std::get<Conflict>(outcome).version, 2);
  EXPECT_EQ(latest_version(table), 2);
}

// The same through a store that loses answers.
class LostAnswerTest : public CommitTest {
 protected:
  void SetUp() override {
    create();
    table.store = faulty;
  }
  std::shared_ptr<store::FaultStore> faulty = std::make_shared<store::FaultStore>(store, store::FaultPlan());
  void plan(store::FaultKind kind, uint64_t operation) { faulty->set_plan({kind, faulty->operations() + operation}); }
};

TEST_F(LostAnswerTest, a_commit_that_landed_without_an_answer_is_found) {
  auto committing = transaction({plain_add("a")}, open());
  plan(store::FaultKind::lose_answer, 1);
  EXPECT_EQ(version_of(committing.commit(clock.now_ms())), 1);
  EXPECT_EQ(paths(*open()), std::vector<std::string>{"a"});
  EXPECT_EQ(latest_version(table), 1);
}

TEST_F(LostAnswerTest, one_that_did_not_land_is_sent_again_to_the_same_version) {
  auto committing = transaction({plain_add("a")}, open());
  plan(store::FaultKind::late, 1);
  EXPECT_EQ(version_of(committing.commit(clock.now_ms())), 1);
  faulty->set_plan({});
  faulty->release_late();
  EXPECT_EQ(paths(*open()), std::vector<std::string>{"a"}) << "the late request found its place taken";
  EXPECT_EQ(latest_version(table), 1);
}

TEST_F(LostAnswerTest, the_version_may_have_gone_to_another_writer) {
  auto base = open();
  auto committing = transaction({plain_add("a")}, base);
  store->put(commit_key(table, 1), write_commit({plain_add("theirs")}));
  EXPECT_EQ(version_of(committing.commit(clock.now_ms())), 2);
  EXPECT_EQ(paths(*open()), (std::vector<std::string>{"theirs", "a"}));
}

// A store whose every put of a commit stays without an answer and does nothing.
class DeafStore : public store::ObjectStore {
 public:
  explicit DeafStore(std::shared_ptr<store::ObjectStore> inner) : inner_(std::move(inner)) {}
  std::string read(const std::string& key) override { return inner_->read(key); }
  std::string read(const std::string& key, uint64_t offset, uint64_t length) override {
    return inner_->read(key, offset, length);
  }
  uint64_t read_into(const std::string& key, uint64_t offset, char* out, uint64_t length) override {
    return inner_->read_into(key, offset, out, length);
  }
  std::optional<store::ObjectInfo> head(const std::string& key) override { return inner_->head(key); }
  void list_from(const std::string& prefix, const std::string& start_after,
                 const std::function<bool(const store::ObjectInfo&)>& visit) override {
    inner_->list_from(prefix, start_after, visit);
  }
  std::vector<std::string> list_folders(const std::string& prefix) override { return inner_->list_folders(prefix); }
  void put(const std::string& key, std::string_view bytes) override { inner_->put(key, bytes); }
  store::PutResult put_if_absent(const std::string& key, std::string_view bytes) override {
    puts.emplace_back(key, bytes);
    throw Error(ErrorCode::store_unknown, "no answer");
  }
  std::unique_ptr<store::ObjectWriter> open_write(const std::string& key) override { return inner_->open_write(key); }
  void remove(const std::string& key) override { inner_->remove(key); }
  std::string uri() const override { return inner_->uri(); }

  std::vector<std::pair<std::string, std::string>> puts;

 protected:
  store::ObjectStore& inner() { return *inner_; }

 private:
  std::shared_ptr<store::ObjectStore> inner_;
};

TEST_F(CommitTest, without_any_answer_the_outcome_is_unknown_and_no_other_version_was_tried) {
  create();
  auto deaf = std::make_shared<DeafStore>(store);
  table.store = deaf;
  auto committing = transaction({plain_add("a")}, open());
  auto outcome = committing.commit(clock.now_ms());
  ASSERT_TRUE(std::holds_alternative<Unknown>(outcome));
  EXPECT_EQ(std::get<Unknown>(outcome).version, 1);
  ASSERT_GT(deaf->puts.size(), 1U);
  for (const auto& put : deaf->puts) EXPECT_EQ(put, deaf->puts[0]) << "same bytes, same version";
  EXPECT_EQ(deaf->puts[0].first, commit_key(table, 1));
}

// A put without an answer that happened, and then no connection for a while.
class LostConnectionStore final : public DeafStore {
 public:
  using DeafStore::DeafStore;
  store::PutResult put_if_absent(const std::string& key, std::string_view bytes) override {
    if (!puts.empty()) throw Error(ErrorCode::store_io, "no connection");
    inner().put_if_absent(key, bytes);
    return DeafStore::put_if_absent(key, bytes);
  }
  std::optional<store::ObjectInfo> head(const std::string& key) override {
    if (!puts.empty()) throw Error(ErrorCode::store_io, "no connection");
    return DeafStore::head(key);
  }
};

TEST_F(CommitTest, errors_after_a_lost_answer_do_not_say_that_nothing_happened) {
  create();
  auto lost = std::make_shared<LostConnectionStore>(store);
  table.store = lost;
  auto committing = transaction({plain_add("a")}, open());
  EXPECT_TRUE(std::holds_alternative<Unknown>(committing.commit(clock.now_ms())));
  table.store = store;
  EXPECT_EQ(paths(*open()), std::vector<std::string>{"a"}) << "so its files must stay";
}

TEST_F(CommitTest, an_error_of_the_first_put_is_one) {
  create();
  auto base = open();
  auto faulty = std::make_shared<store::FaultStore>(store, store::FaultPlan{store::FaultKind::fail, 1});
  table.store = faulty;
  EXPECT_EQ(code_of([&] { transaction({plain_add("a")}, base).commit(1); }), ErrorCode::store_io);
}

TEST_F(CommitTest, in_commit_timestamps_say_since_when) {
  create();
  append("a");
  Protocol protocol{1, 7, std::nullopt, std::vector<std::string>{"appendOnly", "invariants", "inCommitTimestamp"}};
  auto change = transaction({protocol, plain_metadata({{"delta.enableInCommitTimestamps", "true"}})}, open());
  append("b");
  ASSERT_EQ(version_of(change.commit(5000)), 3);
  EXPECT_EQ(open()->property("delta.inCommitTimestampEnablementVersion"), "3") << "where it went after the race";
  EXPECT_EQ(open()->property("delta.inCommitTimestampEnablementTimestamp"), std::to_string(open()->timestamp_ms()));
}

TEST_F(CommitTest, in_commit_timestamps_rise) {
  Protocol protocol{1, 7, std::nullopt, std::vector<std::string>{"inCommitTimestamp"}};
  Metadata metadata = plain_metadata({{"delta.enableInCommitTimestamps", "true"}});
  auto first = transaction({protocol, metadata}, nullptr);
  ASSERT_EQ(version_of(first.commit(1000)), 0);
  auto base = open();
  EXPECT_EQ(base->timestamp_ms(), 1000);
  for (int64_t now : {5, 1001, 3000}) {
    auto next = transaction({plain_add(fmt::format("f{}", now))}, open());
    next.commit(now);
  }
  EXPECT_EQ(open(1)->timestamp_ms(), 1001) << "the clock stood behind";
  EXPECT_EQ(open(2)->timestamp_ms(), 1002);
  EXPECT_EQ(open(3)->timestamp_ms(), 3000);
  EXPECT_TRUE(read_commit(table, 1)->bytes.starts_with(R"({"commitInfo":{"inCommitTimestamp":1001,)"));
  EXPECT_EQ(read_checksum(table, 2)->in_commit_timestamp_ms, 1002);
}

class WritableTest : public CommitTest {
 protected:
  // The slug of the refusal, or "".
  std::string refusal(const CommitDraft& draft) {
    try {
      check_writable(*open(), draft);
    } catch (const Error& error) {
      message = error.message();
      return std::string(info(error.code()).slug);
    }
    return "";
  }
  std::string refusal(std::vector<Action> actions, const std::string& operation = "WRITE") {
    CommitDraft draft = draft_of(std::move(actions));
    draft.operation = operation;
    return refusal(draft);
  }
  void table_with(Protocol protocol, std::map<std::string, std::string> configuration = {},
                  const std::string& field_metadata = "{}") {
    Metadata metadata = plain_metadata(std::move(configuration));
    metadata.schema.fields[0].metadata = Json::parse(field_metadata);
    metadata.schema_string = metadata.schema.to_string();
    commit(0, {protocol, metadata});
  }
  static Protocol features(std::vector<std::string> names) { return {1, 7, std::nullopt, std::move(names)}; }
  Action add = plain_add("new");
  Action remove = remove_of(plain_add("old"), 1);
  std::string message;
};

TEST_F(WritableTest, append_only) {
  table_with(Protocol(), {{"delta.appendOnly", "true"}});
  EXPECT_EQ(refusal({add}), "");
  EXPECT_EQ(refusal({add, remove}), "append-only");
  EXPECT_EQ(refusal({remove_of(plain_add("old"), 1, false)}), "") << "rearranging is allowed";
  EXPECT_EQ(refusal({plain_metadata(), remove}), "append-only") << "not in the commit that lifts it";
  table_with(Protocol(), {{"delta.appendOnly", "false"}});
  EXPECT_EQ(refusal({remove}), "");
}

TEST_F(WritableTest, unknown_features_by_name) {
  for (const char* feature :
       {"somethingNew", "icebergCompatV1", "checkpointProtection", "materializePartitionColumns"}) {
    table_with(features({"appendOnly", feature}));
    EXPECT_EQ(refusal({add}), "writer-feature") << feature;
    EXPECT_NE(message.find(feature), std::string::npos) << message;
    EXPECT_EQ(refusal({Txn{"a", 1, 1}}), "writer-feature") << feature;
  }
  table_with({1, 8, std::nullopt, std::nullopt});
  EXPECT_EQ(refusal({add}), "writer-feature");
  table_with({1, 7, std::nullopt, std::nullopt});
  EXPECT_EQ(refusal({add}), "bad-log");
}

TEST_F(WritableTest, features_that_are_listed_but_not_used_are_no_obstacle) {
  table_with(
      features({"appendOnly", "invariants", "checkConstraints", "changeDataFeed", "generatedColumns", "identityColumns",
                "allowColumnDefaults", "domainMetadata", "inCommitTimestamp", "columnMapping"}));
  EXPECT_EQ(refusal({add, remove}, "MERGE"), "") << message;
  table_with({1, 6, std::nullopt, std::nullopt});
  EXPECT_EQ(refusal({add, remove}, "MERGE"), "") << message;
}

TEST_F(WritableTest, what_rows_must_obey_is_the_engine_s_task) {
  for (std::string note : {R"({"delta.invariants":"{}"})", R"({"delta.generationExpression":"1"})",
                           R"({"delta.identity.start":1})", R"({"CURRENT_DEFAULT":"1"})"}) {
    table_with({1, 6, std::nullopt, std::nullopt}, {{"delta.constraints.positive", "id > 0"}}, note);
    EXPECT_EQ(refusal({add}), "") << note;
  }
}

TEST_F(WritableTest, change_data_feed_allows_what_needs_no_change_files) {
  table_with({1, 4, std::nullopt, std::nullopt}, {{"delta.enableChangeDataFeed", "true"}});
  EXPECT_EQ(refusal({add}), "");
  EXPECT_EQ(refusal({remove}, "DELETE"), "");
  EXPECT_EQ(refusal({add, remove}), "") << "an overwrite takes whole files";
  EXPECT_EQ(refusal({add, remove}, "UPDATE"), "writer-feature");
  EXPECT_EQ(refusal({add, remove, Cdc{"_change_data/x", {}, 1}}, "UPDATE"), "");
  Add marked = std::get<Add>(add);
  marked.deletion_vector = DeletionVector{"u", "x", 1, 1, 1};
  EXPECT_EQ(refusal({marked, remove}, "DELETE"), "") << "the vectors tell";
}

TEST_F(WritableTest, files_of_tables_with_row_tracking_get_row_ids) {
  table_with(features({"rowTracking", "domainMetadata"}));
  EXPECT_EQ(refusal({add}), "");
  auto bytes = [&](std::vector<Action> actions) {
    CommitDraft draft;
    draft.actions = std::move(actions);
    auto base = open();
    return commit_bytes(draft, base.get(), base->version() + 1, 1);
  };
  EXPECT_THAT(bytes({plain_add("a", 7), plain_add("b", 2)}),
              testing::AllOf(testing::HasSubstr("\"baseRowId\":0"), testing::HasSubstr("\"baseRowId\":7"),
                             testing::HasSubstr("{\\\"rowIdHighWaterMark\\\":8}")));
  Add marked = plain_add("c", 3);
  marked.base_row_id = 40;
  marked.default_row_commit_version = 1;
  EXPECT_THAT(bytes({marked}), testing::Not(testing::HasSubstr("rowIdHighWaterMark"))) << "it has its ids";
  Add untold = plain_add("d");
  untold.stats.reset();
  EXPECT_EQ(code_of([&] { bytes({untold}); }), ErrorCode::writer_feature);
}

TEST_F(WritableTest, new_metadata_must_be_covered_and_readable) {
  create();
  Metadata ntz = plain_metadata();
  ntz.schema.fields.push_back({"t", DataType::primitive(TypeKind::timestamp_ntz), true, Json::object()});
  ntz.schema_string = ntz.schema.to_string();
  EXPECT_EQ(refusal({ntz}), "internal");
  EXPECT_EQ(refusal({upgraded_protocol(Protocol(), ntz), ntz}), "");
  EXPECT_EQ(refusal({plain_metadata({{"delta.columnMapping.mode", "by-magic"}})}), "reader-feature");
  Metadata timed = plain_metadata({{"delta.enableInCommitTimestamps", "true"}});
  EXPECT_EQ(refusal({upgraded_protocol(Protocol(), timed), timed}), "") << "the commit says since when";
}

TEST_F(CommitTest, the_gate_holds_for_every_rebase) {
  create();
  auto base = open();
  commit(1, {Protocol{1, 7, std::nullopt, std::vector<std::string>{"appendOnly", "invariants", "domainMetadata"}}});
  auto fine = transaction({plain_add("a")}, base);
  EXPECT_EQ(version_of(fine.commit(clock.now_ms())), 2) << "the new protocol is adopted";
  commit(3, {Protocol{3, 7, std::vector<std::string>{"catalogManaged"},
                      std::vector<std::string>{"appendOnly", "invariants", "domainMetadata", "catalogManaged"}}});
  auto refused = transaction({plain_add("b")}, base);
  EXPECT_EQ(code_of([&] { refused.commit(clock.now_ms()); }), ErrorCode::reader_feature);
}

TEST_F(CommitTest, threads_append_each_commit_once) {
  create();
  constexpr int writers = 6, commits = 20;
  std::vector<std::thread> threads;
  std::atomic<int> done = 0;
  for (int w = 0; w < writers; ++w)
    threads.emplace_back([&, w] {
      MemoryParquet own;
      for (int i = 0; i < commits; ++i) {
        Transaction appending(table, Snapshot::open(table, own), own);
        appending.draft().actions.emplace_back(plain_add(fmt::format("w{}-{}", w, i)));
        if (std::holds_alternative<Committed>(appending.commit(1))) ++done;
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(done.load(), writers * commits);
  EXPECT_EQ(latest_version(table), writers * commits);
  CommitRange range = read_commits(table, 0, writers * commits);
  EXPECT_EQ(range.first_missing, std::nullopt);
  std::set<std::string> seen;
  for (const auto& commit : range.commits) {
    ASSERT_EQ(commit.actions.size(), 2U);
    EXPECT_TRUE(seen.insert(std::get<Add>(commit.actions[1]).path).second) << commit.version;
  }
  EXPECT_EQ(seen.size(), static_cast<size_t>(writers * commits));
}

}  // namespace
}  // namespace weir::lake
