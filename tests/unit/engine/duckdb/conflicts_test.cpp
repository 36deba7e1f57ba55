// Two statements planned on the same version of a table: whether the second can still be committed when the first has
// been (docs/conflicts.md). What a statement has read is decided here; the rules themselves are tested in
// tests/unit/lake/conflict_test.cpp.
#include "lake_fixture.h"

namespace weir::engine {

namespace {

class TwoWritersTest : public LakeTest {
 protected:
  // Three files: ids 0 to 9 and 100 to 109 with p = 'a', 200 to 209 with p = 'b'.
  void make(const std::string& properties = "") {
    run("CREATE OR REPLACE TABLE t (id BIGINT, p VARCHAR, v INTEGER)" +
        (properties.empty() ? "" : " WITH (" + properties + ")"));
    for (auto* first : {"0, 'a'", "100, 'a'", "200, 'b'"}) {
      std::string values = first;
      auto comma = values.find(',');
      run("INSERT INTO t SELECT " + values.substr(0, comma) + " + i, " + values.substr(comma + 2) +
          ", 0 FROM range(10) r(i)");
    }
  }

  // "" or the rule by which `theirs`, committed first, disturbs `mine`. "OPTIMIZE id" is the compaction of the files
  // with that id in them.
  std::string against(const std::string& mine, const std::string& theirs) {
    session->begin(uuid_v4());
    act(*session, mine);
    auto rival = another();
    rival->begin(uuid_v4());
    act(*rival, theirs);
    auto first = rival->commit();
    EXPECT_TRUE(first.size() == 1 && std::holds_alternative<lake::Committed>(first[0])) << theirs << " did not commit";
    auto outcomes = session->commit();
    if (outcomes.size() != 1) return "nothing to commit";
    if (auto* conflict = std::get_if<lake::Conflict>(&outcomes[0])) return conflict->rule;
    EXPECT_TRUE(std::holds_alternative<lake::Committed>(outcomes[0]));
    return "";
  }

  const Json& last_info() {
    auto table = lake->location({"main", "t"});
    last_ = lake::read_commit(table, *lake::latest_version(table));
    return last_->commit_info()->fields;
  }

 private:
  void act(Session& writer, const std::string& what) {
    if (!what.starts_with("OPTIMIZE ")) return writer.execute(what);
    std::vector<std::string> paths;
    for (auto& row : rows(*another(), "SELECT DISTINCT filename FROM t WHERE id IN (" + what.substr(9) + ")"))
      paths.push_back(row.at(0).substr(row.at(0).rfind('/') + 1));
    EXPECT_FALSE(paths.empty());
    writer.rewrite_files({"main", "t"}, {paths, {}});
  }
  std::optional<lake::CommitFile> last_;
};

constexpr const char* merge_low =
    "MERGE INTO t USING (VALUES (3, 'a', 7), (20, 'a', 7)) s(id, p, v) ON t.id = s.id WHEN MATCHED THEN UPDATE SET v = "
    "s.v WHEN NOT MATCHED THEN INSERT VALUES (s.id, s.p, s.v)";
constexpr const char* merge_high =
    "MERGE INTO t USING (VALUES (103, 'a', 8), (120, 'a', 8)) s(id, p, v) ON t.id = s.id WHEN MATCHED THEN UPDATE SET "
    "v "
    "= s.v WHEN NOT MATCHED THEN INSERT VALUES (s.id, s.p, s.v)";

TEST_F(TwoWritersTest, appends_are_never_disturbed_by_rows) {
  const std::string append = "INSERT INTO t VALUES (50, 'a', 1)";
  for (std::string theirs : {append, std::string("DELETE FROM t WHERE id = 3"), std::string("UPDATE t SET v = 9"),
                             std::string(merge_low), std::string("OPTIMIZE 3"), std::string("DELETE FROM t")}) {
    make();
    EXPECT_EQ(against(append, theirs), "") << theirs;
    EXPECT_TRUE(last_info().at("isBlindAppend").as_bool());
    EXPECT_EQ(last_info().at("readVersion").as_int(), version("t") - 2) << "the version it was planned on";
  }
}

TEST_F(TwoWritersTest, changes_of_disjoint_files_go_through) {
  const std::vector<std::pair<std::string, std::string>> pairs = {
      {merge_low, merge_high},
      {merge_low, "DELETE FROM t WHERE id = 203"},
      {merge_low, "UPDATE t SET v = 2 FROM (VALUES (104), (105)) s(k) WHERE t.id = s.k"},
      {"UPDATE t SET v = 2 WHERE id = 4", "DELETE FROM t WHERE id = 104"},
      {"UPDATE t SET v = 2 WHERE id IN (4, 5)", "UPDATE t SET v = 3 WHERE id BETWEEN 102 AND 107"},
      {"DELETE FROM t WHERE p = 'b'", merge_low},
      {"DELETE FROM t WHERE id > 150", "OPTIMIZE 3, 103"},
      {"OPTIMIZE 3, 103", "DELETE FROM t WHERE id > 150"},
      {"MERGE INTO t USING (VALUES (500)) s(id) ON t.id = s.id WHEN NOT MATCHED THEN INSERT (id) VALUES (s.id)",
       "MERGE INTO t USING (VALUES (600)) s(id) ON t.id = s.id WHEN NOT MATCHED THEN INSERT (id) VALUES (s.id)"}};
  for (auto* properties : {"", "'delta.enableDeletionVectors' = 'true'",
                           "'delta.enableRowTracking' = 'true', 'delta.enableDeletionVectors' = 'true'"}) {
    for (auto& [mine, theirs] : pairs) {
      make(properties);
      EXPECT_EQ(against(mine, theirs), "") << mine << "\n" << theirs << "\n" << properties;
      EXPECT_FALSE(last_info().at("isBlindAppend").as_bool());
    }
  }
}

TEST_F(TwoWritersTest, merges_of_disjoint_keys_both_took_effect) {
  make("'delta.enableDeletionVectors' = 'true'");
  EXPECT_EQ(against(merge_low, merge_high), "");
  EXPECT_EQ(rows("SELECT id, v FROM t WHERE v > 0 ORDER BY id"),
            (Table{{"3", "7"}, {"20", "7"}, {"103", "8"}, {"120", "8"}}));
  EXPECT_EQ(one("SELECT count(*) FROM t"), "32");
}

TEST_F(TwoWritersTest, changes_of_one_file_conflict) {
  for (auto* properties : {"", "'delta.enableRowTracking' = 'true', 'delta.enableDeletionVectors' = 'true'"}) {
    auto conflict = [&](const std::string& mine, const std::string& theirs, const std::string& rule) {
      make(properties);
      EXPECT_EQ(against(mine, theirs), rule) << mine << "\n" << theirs << "\n" << properties;
    };
    conflict("DELETE FROM t WHERE id = 3", "UPDATE t SET v = 1 WHERE id = 3", "ConcurrentAppend");
    conflict("DELETE FROM t WHERE id = 3", "OPTIMIZE 3", "ConcurrentDeleteDelete");
    conflict("OPTIMIZE 3", "OPTIMIZE 3, 103", "ConcurrentDeleteDelete");
    conflict("OPTIMIZE 3", "DELETE FROM t WHERE id = 3", "ConcurrentDeleteDelete");
    conflict(merge_low, "UPDATE t SET v = 1 WHERE id = 5", "ConcurrentAppend");
    conflict(merge_low, merge_low, "ConcurrentAppend");
    conflict("DELETE FROM t", "UPDATE t SET v = 1 WHERE id = 3", "ConcurrentAppend");
  }
}

TEST_F(TwoWritersTest, one_new_key_is_inserted_once) {
  make();
  const std::string merge =
      "MERGE INTO t USING (VALUES (500)) s(id) ON t.id = s.id WHEN NOT MATCHED THEN INSERT (id) VALUES (s.id)";
  EXPECT_EQ(against(merge, merge), "ConcurrentAppend");
  const std::string absent = "INSERT INTO t SELECT 700, 'a', 1 WHERE NOT EXISTS (FROM t WHERE id = 700)";
  EXPECT_EQ(against(absent, absent), "ConcurrentAppend");
}

TEST_F(TwoWritersTest, what_was_read_besides_the_changed_rows_counts) {
  make();
  EXPECT_EQ(against("UPDATE t SET v = (SELECT max(v) + 1 FROM t) WHERE id = 3", "UPDATE t SET v = 5 WHERE id = 205"),
            "ConcurrentAppend");
  EXPECT_EQ(against("INSERT INTO t SELECT 300, 'c', count(*) FROM t", "DELETE FROM t WHERE id = 205"),
            "ConcurrentAppend");
  EXPECT_EQ(against("INSERT INTO t SELECT id + 1000, p, v FROM t WHERE id < 10", "DELETE FROM t WHERE id = 204"), "");
  EXPECT_FALSE(last_info().at("isBlindAppend").as_bool());
  run("CREATE TABLE u AS SELECT 1000 AS id");
  EXPECT_EQ(against("INSERT INTO t SELECT id, 'u', 0 FROM u", "DELETE FROM t WHERE id = 203"), "");
  EXPECT_TRUE(last_info().at("isBlindAppend").as_bool()) << "another table was read, not this one";
  EXPECT_EQ(against("INSERT INTO t SELECT id + 2000, p, v FROM t AT (VERSION => 1)", "DELETE FROM t WHERE id = 202"),
            "");
}

TEST_F(TwoWritersTest, blind_appends_come_later_unless_serializable) {
  const std::string remove = "DELETE FROM t WHERE p = 'a'", blind = "INSERT INTO t VALUES (50, 'a', 1)",
                    elsewhere = "INSERT INTO t VALUES (50, 'b', 1)",
                    read = "INSERT INTO t SELECT id + 1000, p, v FROM t WHERE id = 3";
  make();
  EXPECT_EQ(against(remove, blind), "");
  EXPECT_EQ(one("SELECT count(*) FROM t WHERE p = 'a'"), "1") << "the row that came later";
  EXPECT_EQ(last_info().at("isolationLevel").as_string(), "WriteSerializable");
  make();
  EXPECT_EQ(against(remove, read), "ConcurrentAppend");
  make("'delta.isolationLevel' = 'Serializable'");
  EXPECT_EQ(against(remove, blind), "ConcurrentAppend");
  EXPECT_EQ(against(remove, elsewhere), "");
  EXPECT_EQ(last_info().at("isolationLevel").as_string(), "Serializable");
  make("'delta.isolationLevel' = 'Serializable'");
  EXPECT_EQ(against(blind, blind), "") << "appends never conflict";
  EXPECT_EQ(against("OPTIMIZE 3, 103", blind), "");
  EXPECT_EQ(last_info().at("isolationLevel").as_string(), "SnapshotIsolation");
}

TEST_F(TwoWritersTest, metadata) {
  const std::string add = "ALTER TABLE t ADD COLUMN w INTEGER", append = "INSERT INTO t VALUES (50, 'a', 1)";
  make();
  EXPECT_EQ(against(append, add), "MetadataChanged");
  make();
  EXPECT_EQ(against(add, append), "");
  EXPECT_EQ(one("SELECT count(*) FROM t WHERE w IS NULL"), "31");
  make();
  EXPECT_EQ(against(add, "ALTER TABLE t ADD COLUMN x INTEGER"), "MetadataChanged");
  EXPECT_EQ(against("ALTER TABLE t SET ('team.owner' = 'b')", "ALTER TABLE t SET ('team.owner' = 'a')"),
            "MetadataChanged");
  EXPECT_EQ(against("DELETE FROM t WHERE id = 3", "ALTER TABLE t SET ('team.owner' = 'c')"), "MetadataChanged");
  EXPECT_EQ(against("ALTER TABLE t SET ('delta.enableDeletionVectors' = 'true')",
                    "ALTER TABLE t SET ('delta.enableChangeDataFeed' = 'true')"),
            "ProtocolChanged");
  make();
  EXPECT_EQ(against("CREATE OR REPLACE TABLE t AS SELECT 1 AS other", "INSERT INTO t VALUES (51, 'a', 1)"),
            "ConcurrentAppend");
}

TEST_F(TwoWritersTest, in_commit_timestamps_say_since_which_version) {
  make();
  EXPECT_EQ(
      against("ALTER TABLE t SET ('delta.enableInCommitTimestamps' = 'true')", "INSERT INTO t VALUES (50, 'a', 1)"),
      "");
  auto snapshot = lake::Snapshot::open(lake->location({"main", "t"}), engine().parquet());
  EXPECT_EQ(snapshot->property("delta.inCommitTimestampEnablementVersion"), std::to_string(snapshot->version()));
  EXPECT_EQ(snapshot->property("delta.inCommitTimestampEnablementTimestamp"),
            std::to_string(last_info().at("inCommitTimestamp").as_int()));
}

TEST_F(TwoWritersTest, row_ids_stay_unique_after_a_rebase) {
  make("'delta.enableRowTracking' = 'true'");
  EXPECT_EQ(against("INSERT INTO t VALUES (50, 'a', 1), (51, 'a', 1)", "INSERT INTO t VALUES (60, 'a', 1)"), "");
  EXPECT_EQ(against(merge_low, merge_high), "");
  EXPECT_EQ(one("SELECT count(DISTINCT _row_id) FROM t"), one("SELECT count(*) FROM t"));
  EXPECT_EQ(one("SELECT _row_commit_version FROM t WHERE id = 3"), std::to_string(version("t")));
}

}  // namespace

}  // namespace weir::engine
