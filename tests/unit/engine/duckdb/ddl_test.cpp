// CREATE TABLE and ALTER TABLE on lake tables: properties, column mapping, wider types, constraints, defaults,
// generated columns.
#include "lake/snapshot.h"
#include "lake_fixture.h"

namespace weir::engine {

namespace {

using ::testing::HasSubstr;

class DdlTest : public LakeTest {
 protected:
  std::shared_ptr<const lake::Snapshot> newest() {
    return lake::Snapshot::open(lake->location({"main", "t"}), engine().parquet());
  }
  std::optional<std::string> property(const std::string& name) {
    auto configuration = newest()->metadata().configuration;
    auto found = configuration.find(name);
    return found == configuration.end() ? std::nullopt : std::optional(found->second);
  }
  std::string refusal(const std::string& sql) {
    auto error = error_of(sql);
    return error.message() + " " + error.hint();
  }
};

TEST_F(DdlTest, properties_are_set_and_taken_away) {
  run("CREATE TABLE t AS SELECT i FROM range(5) r(i)");
  run("ALTER TABLE t SET ('delta.enabledeletionvectors' = 'TRUE', 'team.owner' = 'sales')");
  EXPECT_EQ(property("delta.enableDeletionVectors"), "true");
  EXPECT_EQ(property("team.owner"), "sales");
  EXPECT_EQ(newest()->protocol().min_reader_version, 3);
  run("ALTER TABLE t SET ('delta.appendOnly' = 'false')");
  run("ALTER TABLE t RESET ('team.owner')");
  EXPECT_EQ(property("team.owner"), std::nullopt);
  auto before = version("t");
  run("ALTER TABLE t SET ('delta.appendOnly' = 'false')");
  EXPECT_EQ(version("t"), before);  // nothing changes, nothing is committed
  run("DELETE FROM t WHERE i = 3");
  EXPECT_TRUE(newest()->files().at(0).deletion_vector);
  EXPECT_EQ(rows("FROM t ORDER BY i"), (Table{{"0"}, {"1"}, {"2"}, {"4"}}));
}

TEST_F(DdlTest, properties_that_are_not_honoured_are_refused) {
  run("CREATE TABLE t AS SELECT 1 AS i");
  EXPECT_THAT(refusal("ALTER TABLE t SET ('delta.apendOnly' = 'true')"), HasSubstr("delta.appendOnly"));
  EXPECT_THAT(refusal("ALTER TABLE t SET ('delta.checkpointInterval' = 'often')"), HasSubstr("whole number"));
  EXPECT_THAT(refusal("ALTER TABLE t SET ('delta.logRetentionDuration' = 'soon')"), HasSubstr("duration"));
  EXPECT_THAT(refusal("ALTER TABLE t SET ('colour' = 'red')"), HasSubstr("colour"));
  EXPECT_EQ(version("t"), 0);
}

TEST_F(DdlTest, columns_are_renamed_and_dropped_without_touching_files) {
  run("CREATE TABLE t AS SELECT i AS a, 'x' || i AS b, {'c': i, 'd': -i} AS s FROM range(4) r(i)");
  EXPECT_THAT(refusal("ALTER TABLE t RENAME COLUMN a TO z"), HasSubstr("columnMapping.mode"));
  EXPECT_THAT(refusal("ALTER TABLE t DROP COLUMN a"), HasSubstr("columnMapping.mode"));
  run("ALTER TABLE t SET ('delta.columnMapping.mode' = 'name')");
  auto files = data_files();
  run("ALTER TABLE t RENAME COLUMN a TO z");
  run("ALTER TABLE t RENAME COLUMN s.c TO e");
  run("ALTER TABLE t DROP COLUMN b");
  run("ALTER TABLE t ADD COLUMN b INTEGER");
  run("ALTER TABLE t ADD COLUMN s.f VARCHAR");
  EXPECT_EQ(data_files(), files);
  EXPECT_EQ(rows("SELECT z, s.e, s.d, s.f, b FROM t ORDER BY z LIMIT 2"),
            (Table{{"0", "0", "0", "NULL", "NULL"}, {"1", "1", "-1", "NULL", "NULL"}}));
  run("INSERT INTO t VALUES (9, {'e': 90, 'd': 91, 'f': 'new'}, 7)");
  run("UPDATE t SET b = 1 WHERE z = 1");
  EXPECT_EQ(rows("SELECT z, s.e, s.d, s.f, b FROM t WHERE b > 0 ORDER BY z"),
            (Table{{"1", "1", "-1", "NULL", "1"}, {"9", "90", "91", "new", "7"}}));
  EXPECT_EQ(rows("SELECT * FROM t AT (VERSION => 0) WHERE a = 1"), (Table{{"1", "x1", "{'c': 1, 'd': -1}"}}));
  EXPECT_THAT(refusal("ALTER TABLE t RENAME COLUMN z TO B"), HasSubstr("already exists"));
  EXPECT_THAT(refusal("ALTER TABLE t RENAME COLUMN zz TO y"), HasSubstr("zz"));
  EXPECT_THAT(refusal("ALTER TABLE t SET ('delta.columnMapping.mode' = 'none')"), HasSubstr("cannot be changed"));
}

TEST_F(DdlTest, mapped_tables_have_physical_names_in_files_statistics_and_partitions) {
  run("CREATE TABLE t(a INTEGER, s STRUCT(b INTEGER), p VARCHAR) PARTITIONED BY (p) "
      "WITH ('delta.columnMapping.mode' = 'id')");
  run("INSERT INTO t VALUES (1, {'b': 2}, 'x'), (3, {'b': 4}, NULL)");
  auto snapshot = newest();
  auto& fields = snapshot->metadata().schema.fields;
  EXPECT_EQ(property("delta.columnMapping.maxColumnId"), "4");
  for (auto& field : fields) EXPECT_THAT(field.physical_name(), ::testing::StartsWith("col-"));
  for (auto& file : snapshot->files()) {
    EXPECT_THAT(*file.stats, HasSubstr(fields[0].physical_name()));
    EXPECT_THAT(*file.stats, HasSubstr(fields[1].type.fields[0].physical_name()));
    EXPECT_EQ(file.partition_values.begin()->first, fields[2].physical_name());
  }
  run("ALTER TABLE t RENAME COLUMN p TO q");
  EXPECT_EQ(newest()->metadata().partition_columns, std::vector<std::string>{"q"});
  EXPECT_EQ(rows("SELECT a, s.b FROM t WHERE q = 'x'"), (Table{{"1", "2"}}));
  EXPECT_THAT(refusal("ALTER TABLE t DROP COLUMN q"), HasSubstr("partitioned by"));
  run("CREATE OR REPLACE TABLE t PARTITIONED BY (q) AS SELECT 5 AS a, 'y' AS q");
  EXPECT_EQ(rows("FROM t"), (Table{{"5", "y"}}));
  EXPECT_EQ(property("delta.columnMapping.maxColumnId"), "6");
}

TEST_F(DdlTest, types_are_widened) {
  run("CREATE TABLE t AS SELECT 1::TINYINT AS a, 1.5::FLOAT AS b, 2.25::DECIMAL(5,2) AS c, DATE '2026-01-02' AS d");
  EXPECT_THAT(refusal("ALTER TABLE t ALTER a TYPE INTEGER"), HasSubstr("enableTypeWidening"));
  run("ALTER TABLE t SET ('delta.enableTypeWidening' = 'true')");
  run("ALTER TABLE t ALTER a TYPE INTEGER");
  run("ALTER TABLE t ALTER a TYPE BIGINT");
  run("ALTER TABLE t ALTER b TYPE DOUBLE");
  run("ALTER TABLE t ALTER c TYPE DECIMAL(10,4)");
  run("ALTER TABLE t ALTER d TYPE TIMESTAMP");
  run("INSERT INTO t VALUES (5000000000, 1e300, 123456.7891, TIMESTAMP '2026-01-02 03:04:05')");
  EXPECT_EQ(rows("FROM t ORDER BY a"), (Table{{"1", "1.5", "2.2500", "2026-01-02 00:00:00"},
                                              {"5000000000", "1e+300", "123456.7891", "2026-01-02 03:04:05"}}));
  EXPECT_EQ(one("SELECT count(*) FROM t WHERE a > 1"), "1");
  EXPECT_THAT(newest()->metadata().schema_string, HasSubstr("{\"fromType\":\"byte\",\"toType\":\"integer\"}"));
  EXPECT_THAT(refusal("ALTER TABLE t ALTER a TYPE INTEGER"), HasSubstr("not every value"));
}

TEST_F(DdlTest, bounds_from_before_a_column_was_widened_lose_no_row) {
  run("CREATE TABLE t(b FLOAT) WITH ('delta.enableTypeWidening' = 'true')");
  run("INSERT INTO t VALUES (3.4)");
  run("ALTER TABLE t ALTER b TYPE DOUBLE");
  EXPECT_EQ(one("SELECT count(*) FROM t WHERE b > 3.4::DOUBLE"), "1");  // the float nearest to 3.4 is above it
}

TEST_F(DdlTest, filters_on_widened_columns_are_not_rounded_to_the_old_type) {
  run("CREATE TABLE t AS SELECT 2::INTEGER AS i, 1.23::DECIMAL(5,2) AS c, DATE '2026-01-02' AS d, {'f': 1.5::FLOAT} AS "
      "s, "
      "2::INTEGER AS n");
  run("ALTER TABLE t SET ('delta.enableTypeWidening' = 'true')");
  run("ALTER TABLE t ALTER i TYPE DOUBLE");
  run("ALTER TABLE t ALTER c TYPE DECIMAL(10,4)");
  run("ALTER TABLE t ALTER d TYPE TIMESTAMP");
  run("ALTER TABLE t ALTER n TYPE BIGINT");
  run("INSERT INTO t VALUES (7, 7, '2027-01-01', NULL, 7)");
  for (std::string condition :
       {"i > 1.7", "i < 2.4", "i BETWEEN 1.6 AND 2.3", "i IN (2.0, 9.5)", "c < 1.2345", "c > 1.2299",
        "d < TIMESTAMP '2026-01-02 03:00:00'", "d > TIMESTAMP '2026-01-01 23:00:00'",
        "n < 5000000000 AND n > -5000000000", "n = 2", "i + 1 = 3"})
    EXPECT_EQ(one("SELECT count(*) FROM t WHERE i = 2 AND " + condition), "1") << condition;
  for (std::string condition :
       {"i = 1.7", "i > 2.2", "c = 1.2345", "d > TIMESTAMP '2026-01-02 03:00:00'", "i IN (1.7, 2.4)"})
    EXPECT_EQ(one("SELECT count(*) FROM t WHERE i <> 7 AND " + condition), "0") << condition;
  run("CREATE TEMP TABLE k AS SELECT 1.7::DOUBLE AS i UNION ALL SELECT 2.0");
  EXPECT_EQ(one("SELECT count(*) FROM t JOIN k USING (i)"), "1");
  EXPECT_EQ(one("SELECT i FROM t ORDER BY i LIMIT 1"), "2.0");
}

TEST_F(DdlTest, constraints_defaults_and_generated_columns_are_kept_and_enforced) {
  run("CREATE TABLE t(id BIGINT, v INTEGER DEFAULT 42, w INTEGER CHECK (w > 0 AND w < 100), "
      "day DATE GENERATED ALWAYS AS (CAST(ts AS DATE)), ts TIMESTAMP, CHECK (v IN (1, 42) OR v IS NULL))");
  EXPECT_EQ(property("delta.constraints.w_check"), "((`w` > 0) AND (`w` < 100))");
  run("INSERT INTO t(id, w, ts) VALUES (1, 5, '2026-03-04 05:06:07')");
  EXPECT_EQ(rows("SELECT id, v, w, day FROM t"), (Table{{"1", "42", "5", "2026-03-04"}}));
  EXPECT_THAT(refusal("INSERT INTO t(id, w) VALUES (2, 100)"), HasSubstr("w_check"));
  EXPECT_THAT(refusal("INSERT INTO t(id, w) VALUES (2, NULL)"), HasSubstr("w = NULL"));  // unknown is not true
  EXPECT_THAT(refusal("INSERT INTO t(id, v, w) VALUES (2, 7, 1)"), HasSubstr("v_check"));
  EXPECT_THAT(refusal("INSERT INTO t(id, w, ts, day) VALUES (2, 1, '2026-03-04', '2026-03-05')"),
              HasSubstr("generated column day"));
  run("UPDATE t SET ts = TIMESTAMP '2026-05-06 00:00:00' WHERE id = 1");
  EXPECT_EQ(one("SELECT day FROM t"), "2026-05-06");
  EXPECT_THAT(refusal("UPDATE t SET w = -1"), HasSubstr("w_check"));
  run("MERGE INTO t USING (SELECT 8 AS id, TIMESTAMP '2026-07-08 01:02:03' AS ts) s ON t.id = s.id "
      "WHEN NOT MATCHED THEN INSERT (id, ts, w) VALUES (s.id, s.ts, 9)");
  EXPECT_EQ(rows("SELECT id, v, w, day FROM t WHERE id = 8"), (Table{{"8", "42", "9", "2026-07-08"}}));
  run("ALTER TABLE t ALTER COLUMN v SET DEFAULT 1");
  run("INSERT INTO t(id, w) VALUES (9, 9)");
  EXPECT_EQ(one("SELECT v FROM t WHERE id = 9"), "1");
  run("ALTER TABLE t ALTER COLUMN v DROP DEFAULT");
  run("INSERT INTO t(id, w) VALUES (10, 9)");
  EXPECT_EQ(one("SELECT v FROM t WHERE id = 10"), "NULL");
}

TEST_F(DdlTest, a_rule_for_rows_that_are_there_is_asked_of_them) {
  run("CREATE TABLE t(id BIGINT, v INTEGER)");
  run("INSERT INTO t VALUES (1, 10), (2, NULL)");
  EXPECT_THAT(refusal("ALTER TABLE t ALTER COLUMN v SET NOT NULL"), HasSubstr("id = 2, v = NULL"));
  auto constraint = [](const std::string& sql) {
    return "ALTER TABLE t SET ('delta.constraints.V_Good' = '" + sql + "')";
  };
  EXPECT_THAT(refusal(constraint("v > 0")),
              HasSubstr("constraint v_good (v > 0) does not hold for the row with id = 2"));
  EXPECT_THAT(refusal(constraint("no_such > 0")), HasSubstr("no_such"));
  EXPECT_THAT(refusal(constraint("soundex(id) = `a`")), HasSubstr("soundex"));
  EXPECT_EQ(newest()->version(), 1);
  run("DELETE FROM t WHERE v IS NULL");
  run("ALTER TABLE t ALTER COLUMN v SET NOT NULL");
  run(constraint("v > 0"));
  EXPECT_EQ(property("delta.constraints.v_good"), "v > 0");
  EXPECT_THAT(refusal("INSERT INTO t VALUES (3, NULL)"), HasSubstr("v"));
  EXPECT_THAT(refusal("INSERT INTO t VALUES (3, 0)"), HasSubstr("v_good"));
  run("ALTER TABLE t ALTER COLUMN v DROP NOT NULL");
  run("ALTER TABLE t RESET ('delta.constraints.v_good')");
  run("INSERT INTO t VALUES (3, NULL), (4, 0)");
}

TEST_F(DdlTest, rows_that_come_in_while_a_rule_is_made_are_a_conflict) {
  run("CREATE TABLE t(v INTEGER)");
  run("INSERT INTO t VALUES (1)");
  session->begin(uuid_v4(), {});
  session->execute("ALTER TABLE t SET ('delta.constraints.positive' = 'v > 0')");
  another()->execute("INSERT INTO t VALUES (-1)");
  EXPECT_FALSE(std::holds_alternative<lake::Committed>(session->commit().front()));
  EXPECT_EQ(one("SELECT count(*) FROM t WHERE v < 0"), "1");
}

TEST_F(DdlTest, defaults_may_be_the_time) {
  run("CREATE TABLE t(i INTEGER, d DATE DEFAULT current_date, a TIMESTAMPTZ DEFAULT current_timestamp, "
      "b TIMESTAMPTZ DEFAULT now(), CHECK (d <= today()))");
  EXPECT_THAT(newest()->metadata().schema_string, HasSubstr("\"CURRENT_DEFAULT\":\"current_date()\""));
  run("INSERT INTO t(i) VALUES (1)");
  EXPECT_EQ(one("SELECT count(*) FROM t WHERE d = current_date AND a = b AND a > now() - INTERVAL 1 MINUTE"), "1");
  EXPECT_THAT(refusal("INSERT INTO t(i, d) VALUES (2, DATE '9999-01-01')"), HasSubstr("d_check"));
}

TEST_F(DdlTest, a_table_whose_policy_says_so_gets_v2_checkpoints) {
  run("CREATE TABLE t(i INTEGER) WITH ('delta.checkpointPolicy' = 'v2', 'delta.checkpointInterval' = '3')");
  for (int i = 1; i <= 4; ++i) run("INSERT INTO t VALUES (" + std::to_string(i) + ")");
  std::vector<std::string> checkpoints;
  for (auto& object : store::list(*store, "main/t/_delta_log/")) {
    if (object.key.find(".checkpoint.") != std::string::npos) checkpoints.push_back(object.key);
  }
  ASSERT_EQ(checkpoints.size(), 1u);
  EXPECT_THAT(checkpoints[0], ::testing::MatchesRegex(".*00000000000000000003.checkpoint.[0-9a-f-]+.parquet"));
  EXPECT_THAT(store->read("main/t/_delta_log/_last_checkpoint"), HasSubstr("v2Checkpoint"));
  for (int i = 0; i <= 3; ++i) store->remove("main/t/_delta_log/0000000000000000000" + std::to_string(i) + ".json");
  EXPECT_EQ(rows(*another(), "SELECT sum(i) FROM t"), (Table{{"10"}}));
}

TEST_F(DdlTest, variants_are_written_shredded_where_the_table_allows_it) {
  run("CREATE TABLE t(id INTEGER, v VARIANT)");
  EXPECT_EQ(property("delta.enableVariantShredding"), "true");
  run("INSERT INTO t SELECT i, {'a': i, 'b': 'x' || i}::VARIANT FROM range(5) r(i)");
  run("INSERT INTO t VALUES (10, 3::VARIANT), (11, NULL), (12, [1, 2]::VARIANT), (13, 'text'::VARIANT)");
  EXPECT_EQ(rows("SELECT id, v::VARCHAR FROM t WHERE id IN (1, 11, 12, 13) ORDER BY id"),
            (Table{{"1", "{'a': 1, 'b': x1}"}, {"11", "NULL"}, {"12", "[1, 2]"}, {"13", "text"}}));
  EXPECT_EQ(one("SELECT sum(variant_extract(v, 'a')::INTEGER) FROM t WHERE id < 5"), "10");
  run("UPDATE t SET v = {'a': 100}::VARIANT WHERE id = 2");
  auto version = newest()->version();
  run("UPDATE t SET v = {'a': 100}::VARIANT WHERE id = 2");
  EXPECT_EQ(newest()->version(), version) << "nothing changes";
  run("ALTER TABLE t SET ('delta.enableVariantShredding' = 'false')");
  EXPECT_THAT(refusal("INSERT INTO t VALUES (20, 1::VARIANT)"),
              HasSubstr("VARIANT columns, which weir writes shredded"));
  EXPECT_THAT(refusal("CREATE TABLE n(s STRUCT(v VARIANT))"), HasSubstr("\"s\""));
}

TEST_F(DdlTest, a_column_in_use_is_not_renamed) {
  run("CREATE TABLE t(a INTEGER CHECK (a > 0), b INTEGER GENERATED ALWAYS AS (c + 1), c INTEGER) "
      "WITH ('delta.columnMapping.mode' = 'name')");
  EXPECT_THAT(refusal("ALTER TABLE t RENAME COLUMN a TO x"), HasSubstr("constraint a_check"));
  EXPECT_THAT(refusal("ALTER TABLE t DROP COLUMN c"), HasSubstr("generated column b"));
}

}  // namespace

}  // namespace weir::engine
