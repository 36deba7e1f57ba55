// One test per line of the table in docs/conflicts.md.
#include "lake_fixture.h"

namespace weir::lake {
namespace {

class ConflictTest : public TableTest {
 protected:
  // A table of two partitions: "part" a and b, ids 0 to 9 each.
  void SetUp() override { make({}); }

  void make(std::map<std::string, std::string> configuration, Protocol protocol = {}) {
    commit(0, {protocol, plain_metadata(std::move(configuration), {"part"}), file("a1", "a"), file("b1", "b")});
    base = open();
  }

  static Add file(const std::string& path, const std::string& part, int64_t min = 0, int64_t max = 9) {
    Add add = plain_add(path);
    add.partition_values["part"] = part;
    add.stats = fmt::format(
        R"({{"numRecords":1,"minValues":{{"id":{}}},"maxValues":{{"id":{}}},"nullCount":{{"id":0}}}})", min, max);
    return add;
  }
  static Remove gone(const std::string& path, bool data_change = true) {
    return remove_of(plain_add(path), 1, data_change);
  }
  static Action info(bool blind) {
    CommitInfo commit_info;
    commit_info.fields.set("isBlindAppend", blind);
    return commit_info;
  }
  static Predicate part_is(const std::string& value) { return {{{{"part", Compare::equal, value}}}}; }
  static Predicate id_above(int64_t value) { return {{{{"id", Compare::greater, value}}}}; }

  // "" or the rule that the draft breaks against one winner.
  std::string against(const CommitDraft& draft, const std::vector<Action>& winner) {
    std::vector<CommitFile> winners(1);
    winners[0].version = 1;
    winners[0].actions = winner;
    auto verdict = check_conflicts(*base, draft, winners);
    if (std::holds_alternative<NoConflict>(verdict)) return "";
    EXPECT_EQ(std::get<Conflict>(verdict).version, 1);
    EXPECT_NE(std::get<Conflict>(verdict).why, "");
    return std::get<Conflict>(verdict).rule;
  }

  static CommitDraft draft_of(std::vector<Action> actions) {
    CommitDraft draft;
    draft.actions = std::move(actions);
    return draft;
  }
  CommitDraft append() { return draft_of({file("new", "a")}); }
  // An update of partition a by reading it.
  CommitDraft update() {
    CommitDraft draft = draft_of({gone("a1"), file("a2", "a")});
    draft.reads.predicates = {part_is("a")};
    draft.reads.files = {"a1"};
    return draft;
  }
  CommitDraft overwrite() {
    CommitDraft draft = draft_of({gone("a1"), gone("b1"), file("new", "a")});
    draft.reads.whole_table = true;
    return draft;
  }
  CommitDraft optimize() {
    Add packed = file("packed", "a");
    packed.data_change = false;
    CommitDraft draft = draft_of({gone("a1", false), packed});
    draft.reads.predicates = {part_is("a")};
    draft.reads.files = {"a1"};
    return draft;
  }

  std::shared_ptr<const Snapshot> base;
};

TEST_F(ConflictTest, rule_1_protocol) {
  auto with = [](std::vector<std::string> features) {
    return Protocol{3, 7, std::vector<std::string>{}, std::move(features)};
  };
  EXPECT_EQ(against(append(), {Protocol()}), "") << "nothing changes";
  EXPECT_EQ(against(append(), {with({"appendOnly", "invariants", "domainMetadata"})}), "") << "adopted";
  EXPECT_EQ(against(append(), {with({"appendOnly", "invariants", "rowTracking"})}), "ProtocolChanged");
  EXPECT_EQ(against(append(), {with({"appendOnly", "invariants", "unheardOf"})}), "ProtocolChanged");
  EXPECT_EQ(against(append(), {with({"appendOnly"})}), "ProtocolChanged") << "a feature was dropped";
  EXPECT_EQ(against(draft_of({Protocol(), file("x", "a")}), {Protocol()}), "ProtocolChanged") << "both";
}

TEST_F(ConflictTest, rule_2_metadata) {
  auto meta = [](std::map<std::string, std::string> configuration) {
    return plain_metadata(std::move(configuration), {"part"});
  };
  EXPECT_EQ(against(append(), {meta({})}), "") << "nothing changes";
  EXPECT_EQ(against(append(), {meta({{"delta.appendOnly", "true"}})}), "MetadataChanged");
  EXPECT_EQ(against(append(), {meta({{"delta.enableDeletionVectors", "true"}})}), "")
      << "on the list of what may change";
  EXPECT_EQ(against(append(), {meta({{"delta.rowTracking.materializedRowIdColumnName", "x"}})}), "");
  EXPECT_EQ(against(draft_of({meta({{"k", "v"}})}), {meta({})}), "MetadataChanged") << "both";
  Metadata other = meta({});
  other.schema_string = R"({"type":"struct","fields":[{"name":"id","type":"string","nullable":true,"metadata":{}}]})";
  other.schema = Schema::parse(other.schema_string);
  EXPECT_EQ(against(append(), {other}), "MetadataChanged");
  other = meta({});
  other.partition_columns.clear();
  EXPECT_EQ(against(append(), {other}), "MetadataChanged");
  other = meta({});
  other.id = "another";
  EXPECT_EQ(against(append(), {other}), "MetadataChanged");
  other = meta({});
  other.schema.fields[0].metadata.set("delta.identity.highWaterMark", 7);
  other.schema_string = other.schema.to_string();
  EXPECT_EQ(against(append(), {other}), "") << "only a watermark moved";
}

TEST_F(ConflictTest, rule_2_a_removed_property) {
  make({{"delta.enableDeletionVectors", "false"}});
  EXPECT_EQ(against(append(), {plain_metadata({}, {"part"})}), "MetadataChanged");
}

TEST_F(ConflictTest, rule_2_a_feature_that_is_switched_off) {
  make({{"delta.enableDeletionVectors", "true"}});
  EXPECT_EQ(against(update(), {plain_metadata({{"delta.enableDeletionVectors", "false"}}, {"part"})}),
            "MetadataChanged")
      << "the commit may add vectors";
}

TEST_F(ConflictTest, rule_2_is_judged_against_the_commit_before) {
  std::vector<CommitFile> winners(2);
  winners[0].version = 1;
  winners[0].actions = {plain_metadata({{"delta.enableDeletionVectors", "true"}}, {"part"})};
  winners[1].version = 2;
  winners[1].actions = winners[0].actions;
  EXPECT_TRUE(std::holds_alternative<NoConflict>(check_conflicts(*base, append(), winners)));
  winners[1].actions = {plain_metadata({}, {"part"})};
  auto verdict = check_conflicts(*base, append(), winners);
  EXPECT_EQ(std::get<Conflict>(verdict).version, 2) << "the property that version 1 set was removed";
}

TEST_F(ConflictTest, rule_3_domains) {
  CommitDraft draft = draft_of({DomainMetadata{"mine", "x", false}});
  EXPECT_EQ(against(draft, {DomainMetadata{"mine", "y", false}}), "ConcurrentTransaction");
  EXPECT_EQ(against(draft, {DomainMetadata{"other", "y", false}}), "");
  EXPECT_EQ(against(append(), {DomainMetadata{"mine", "y", false}}), "");
  CommitDraft rows = draft_of({DomainMetadata{"delta.rowTracking", "x", false}});
  EXPECT_EQ(against(rows, {DomainMetadata{"delta.rowTracking", "y", false}}), "");
}

TEST_F(ConflictTest, rule_4_transactions) {
  CommitDraft draft = append();
  EXPECT_EQ(against(draft, {Txn{"weir:a", 1, 1}}), "");
  draft.reads.app_ids = {"weir:a"};
  EXPECT_EQ(against(draft, {Txn{"weir:a", 1, 1}}), "ConcurrentTransaction");
  EXPECT_EQ(against(draft, {Txn{"weir:b", 1, 1}}), "");
  CommitDraft writes = draft_of({Txn{"weir:a", 2, 1}, file("x", "a")});
  EXPECT_EQ(against(writes, {Txn{"weir:a", 1, 1}}), "ConcurrentTransaction") << "an id that is written counts as read";
  EXPECT_TRUE(draft.is_blind_append()) << "reading an id is not reading rows";
}

TEST_F(ConflictTest, rule_6_appends_do_not_disturb_appends) {
  EXPECT_EQ(against(append(), {info(true), file("x", "a")}), "");
  EXPECT_EQ(against(append(), {info(false), file("x", "a")}), "");
  EXPECT_EQ(against(append(), {file("x", "a"), gone("a1")}), "");
}

TEST_F(ConflictTest, rule_6_a_blind_append_does_not_disturb_a_reader) {
  EXPECT_EQ(against(update(), {info(true), file("x", "a")}), "");
  EXPECT_EQ(against(overwrite(), {info(true), file("x", "a")}), "");
  EXPECT_EQ(against(update(), {file("x", "a")}), "ConcurrentAppend") << "who does not say blind is not";
  EXPECT_EQ(against(update(), {info(false), file("x", "a")}), "ConcurrentAppend");
}

TEST_F(ConflictTest, rule_6_it_does_when_serializable_or_when_the_metadata_changes) {
  CommitDraft evolves = update();
  evolves.actions.emplace_back(plain_metadata({{"k", "v"}}, {"part"}));
  EXPECT_EQ(against(evolves, {info(true), file("x", "a")}), "ConcurrentAppend");
  make({{"delta.isolationLevel", "Serializable"}});
  EXPECT_EQ(against(update(), {info(true), file("x", "a")}), "ConcurrentAppend");
  EXPECT_EQ(against(append(), {info(true), file("x", "a")}), "");
}

TEST_F(ConflictTest, rule_6_only_files_that_may_hold_what_was_read) {
  EXPECT_EQ(against(update(), {info(false), file("x", "b")}), "") << "another partition";
  CommitDraft draft = update();
  draft.reads.predicates = {id_above(20)};
  EXPECT_EQ(against(draft, {info(false), file("x", "a", 0, 20)}), "") << "by statistics";
  EXPECT_EQ(against(draft, {info(false), file("x", "a", 0, 21)}), "ConcurrentAppend");
  draft.reads.predicates = {id_above(90), part_is("b")};
  EXPECT_EQ(against(draft, {info(false), file("x", "b")}), "ConcurrentAppend") << "either of two reads";
  draft.reads.predicates = {Predicate()};
  EXPECT_EQ(against(draft, {info(false), file("x", "b")}), "ConcurrentAppend") << "an empty predicate reads everything";
  EXPECT_EQ(against(overwrite(), {info(false), file("x", "b")}), "ConcurrentAppend");
}

TEST_F(ConflictTest, rule_6_rearranged_rows_have_been_read_before) {
  Add packed = file("packed", "a");
  packed.data_change = false;
  EXPECT_EQ(against(overwrite(), {info(false), packed}), "");
}

TEST_F(ConflictTest, rule_6_optimize_is_not_disturbed_by_new_rows) {
  EXPECT_EQ(against(optimize(), {info(false), file("x", "a")}), "");
  CommitDraft mixed = optimize();
  mixed.actions.emplace_back(file("y", "a"));
  EXPECT_EQ(against(mixed, {info(false), file("x", "a")}), "ConcurrentAppend") << "it changes rows itself";
  CommitDraft with_txn = optimize();
  with_txn.actions.emplace_back(Txn{"x", 1, 1});
  EXPECT_EQ(against(with_txn, {info(false), file("x", "a")}), "ConcurrentAppend") << "not file actions only";
}

TEST_F(ConflictTest, rule_7_files_that_were_read) {
  EXPECT_EQ(against(update(), {gone("b1")}), "") << "not read";
  CommitDraft draft = update();
  draft.actions = {file("a2", "a")};
  EXPECT_EQ(against(draft, {gone("a1")}), "ConcurrentDeleteRead");
  EXPECT_EQ(against(draft, {gone("a%31")}), "ConcurrentDeleteRead") << "another spelling of a1";
  EXPECT_EQ(against(draft, {gone("a1", false)}), "") << "its rows live on in another file";
  draft.reads.files.clear();
  EXPECT_EQ(against(draft, {gone("a1")}), "ConcurrentDeleteRead") << "in the part that was read";
  EXPECT_EQ(against(draft, {gone("b1")}), "");
  draft.reads.predicates.clear();
  EXPECT_EQ(against(draft, {gone("a1")}), "");
  draft.reads.whole_table = true;
  EXPECT_EQ(against(draft, {gone("never-seen")}), "ConcurrentDeleteRead");
  EXPECT_EQ(against(append(), {gone("a1")}), "");
}

TEST_F(ConflictTest, rule_8_files_that_both_remove) {
  EXPECT_EQ(against(draft_of({gone("a1")}), {gone("a1")}), "ConcurrentDeleteDelete");
  EXPECT_EQ(against(draft_of({gone("a1")}), {gone("a1", false)}), "ConcurrentDeleteDelete") << "compacted away";
  EXPECT_EQ(against(draft_of({gone("a1")}), {gone("b1")}), "");
  EXPECT_EQ(against(optimize(), {gone("a1", false)}), "ConcurrentDeleteDelete") << "two compactions of one file";
  EXPECT_EQ(against(optimize(), {gone("b1", false)}), "");
  Remove with_vector = gone("a1");
  with_vector.deletion_vector = DeletionVector{"u", "x", 1, 1, 1};
  EXPECT_EQ(against(draft_of({gone("a1")}), {with_vector}), "ConcurrentDeleteDelete") << "whatever the vector";
}

TEST_F(ConflictTest, the_first_of_several_winners_is_named) {
  std::vector<CommitFile> winners(3);
  for (size_t i = 0; i < 3; ++i) winners[i].version = static_cast<int64_t>(i) + 1;
  winners[1].actions = {gone("a1")};
  winners[2].actions = {gone("a1")};
  auto verdict = check_conflicts(*base, update(), winners);
  EXPECT_EQ(std::get<Conflict>(verdict).version, 2);
  EXPECT_NE(std::get<Conflict>(verdict).why.find("a1"), std::string::npos);
}

TEST_F(ConflictTest, blind_append_is_said_truthfully) {
  EXPECT_TRUE(append().is_blind_append());
  EXPECT_TRUE(draft_of({Txn{"a", 1, 1}}).is_blind_append());
  EXPECT_FALSE(draft_of({file("x", "a"), gone("a1")}).is_blind_append());
  EXPECT_FALSE(draft_of({Cdc{"c", {}, 1}}).is_blind_append());
  Add moved = file("x", "a");
  moved.data_change = false;
  EXPECT_FALSE(draft_of({moved}).is_blind_append());
  CommitDraft reads = append();
  reads.reads.predicates = {part_is("b")};
  EXPECT_FALSE(reads.is_blind_append());
  reads = append();
  reads.reads.files = {"a1"};
  EXPECT_FALSE(reads.is_blind_append());
  reads = append();
  reads.reads.whole_table = true;
  EXPECT_FALSE(reads.is_blind_append());
}

}  // namespace
}  // namespace weir::lake
