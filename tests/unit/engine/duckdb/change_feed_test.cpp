// The change data feed and row ids in SQL.
#include <filesystem>

#include "base/file.h"
#include "base/hash.h"
#include "base/text.h"
#include "format/row_bitmap.h"
#include "lake/action_json.h"
#include "lake_fixture.h"

namespace weir::engine {

namespace {

using ::testing::HasSubstr;

class ChangesTest : public LakeTest {
 protected:
  // Copies a table of the conformance suite into the lake as main.t.
  void take(const std::string& folder_name) {
    const auto folder = std::filesystem::path(WEIR_SOURCE_DIR) / "tests/conformance/delta" / folder_name;
    for (auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
      if (!entry.is_regular_file() || entry.path().filename().string().front() == '.') continue;
      store->put("main/t/" + std::filesystem::relative(entry.path(), folder).generic_string(), read_file(entry.path()));
    }
  }
  static std::string log(int64_t version, const std::string& end = ".json") {
    auto digits = std::to_string(version);
    return "main/t/_delta_log/" + std::string(20 - digits.size(), '0') + digits + end;
  }
  // Makes the first commit of main.t record changes, as another writer would.
  void record_changes() {
    auto text = replace_all(store->read(log(0)), R"("configuration":{})",
                            R"("configuration":{"delta.enableChangeDataFeed":"true"})");
    store->put(log(0), text);
    for (int64_t version = 0; version < 100; ++version) store->remove(log(version, ".crc"));
    session = engine().session(lake);
    ASSERT_NE(text.find("enableChangeDataFeed"), std::string::npos) << text;
  }
  void commit(int64_t version, const std::vector<lake::Action>& actions) {
    store->put(log(version), lake::write_commit(actions));
    session = engine().session(lake);
  }
  lake::Add add_of(size_t i) {
    return lake::Snapshot::open(lake->location({"main", "t"}), engine().parquet())->files()[i];
  }
  // A deletion vector in a file of its own.
  lake::DeletionVector vector_with(const std::string& name, const std::vector<uint64_t>& rows) {
    format::RowBitmap bitmap;
    for (auto row : rows) bitmap.add(row);
    auto big_endian = [](uint32_t number) {
      std::string bytes;
      for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(number >> shift & 0xFF);
      return bytes;
    };
    auto data = std::string("\xd1\xd3\x39\x64", 4) + bitmap.serialize();
    auto size = static_cast<uint32_t>(data.size());
    store->put("main/t/" + name, "\1" + big_endian(size) + data + big_endian(crc32_of(data)));
    return {"p", store->uri() + "/main/t/" + name, 1, size, static_cast<int64_t>(rows.size())};
  }
  size_t opened(const std::string& sql, const Table& expected) {
    store->files_read();
    EXPECT_EQ(rows(sql), expected) << sql;
    return store->files_read().size();
  }
};

TEST_F(ChangesTest, of_a_table_of_sparks_have_kind_version_and_time) {
  take("spark/cdf/delta");
  EXPECT_EQ(
      rows("SELECT id, name, _change_type, _commit_version FROM table_changes('main.t', 2, 3) ORDER BY ALL"),
      (Table{{"2", "n2", "update_preimage", "2"}, {"2", "u", "update_postimage", "2"}, {"3", "n3", "delete", "3"}}));
  EXPECT_EQ(one("SELECT count(*) FROM table_changes('t', 0)"), "18");
  EXPECT_EQ(one("SELECT count(*) FROM table_changes('lake.main.T', 0, NULL)"), "18");
  std::vector<std::string> types;
  for (auto& column : session->describe("SELECT * FROM table_changes('t', 0)"))
    types.push_back(column.name + " " + column.type);
  EXPECT_EQ(types, (std::vector<std::string>{"id BIGINT", "name VARCHAR", "v DOUBLE", "_change_type VARCHAR",
                                             "_commit_version BIGINT", "_commit_timestamp TIMESTAMP WITH TIME ZONE"}));
  EXPECT_EQ(one("SELECT bool_and(_commit_timestamp > TIMESTAMPTZ '2020-01-01') FROM table_changes('t', 0)"), "true");
  auto tables = session->tables_of("SELECT * FROM table_changes('t', 0)");
  ASSERT_EQ(tables.size(), 1u);
  EXPECT_EQ(tables[0].text(), "main.t");
}

TEST_F(ChangesTest, are_a_relation_like_others) {
  take("spark/cdf/delta");
  EXPECT_EQ(rows("SELECT c.id, t.v FROM table_changes('t', 4) c JOIN t ON t.id = c.id WHERE c._change_type = "
                 "'update_postimage' ORDER BY 1"),
            (Table{{"6", "100.0"}, {"7", "100.0"}}));
  EXPECT_EQ(rows("SELECT b FROM table_changes('t', 3) AS x(a, b) WHERE a = 3"), (Table{{"n3"}}));
  run("CREATE TABLE copy AS SELECT * FROM table_changes('t', 0)");
  EXPECT_EQ(rows("(FROM copy EXCEPT ALL FROM table_changes('t', 0)) UNION ALL (FROM table_changes('t', 0) EXCEPT ALL "
                 "FROM copy)"),
            Table());
  EXPECT_EQ(rows("SELECT id, _change_type FROM table_changes('t', 0) ORDER BY _commit_version DESC, id DESC, "
                 "_change_type LIMIT 2"),
            (Table{{"9", "insert"}, {"8", "insert"}}));
  EXPECT_EQ(
      rows("SELECT a._commit_version, count(*) FROM table_changes('t', 0) a, table_changes('t', 4) b WHERE a.id = "
           "b.id GROUP BY 1 ORDER BY 1"),
      (Table{{"1", "5"}, {"4", "11"}}));
  run("CREATE VIEW changed AS SELECT id FROM table_changes('main.t', 3) WHERE _change_type = 'delete'");
  EXPECT_EQ(rows("SELECT * FROM changed ORDER BY 1"), (Table{{"0"}, {"3"}}));
}

TEST_F(ChangesTest, open_only_the_files_that_a_filter_leaves) {
  take("spark/cdf/delta");
  const std::string of = " FROM table_changes('t', 0) ";
  // Each file once: what was read before is read from the engine's cache.
  EXPECT_EQ(opened("SELECT id" + of + "WHERE _commit_version = 3", {{"3"}}), 1u);
  EXPECT_EQ(opened("SELECT id" + of + "WHERE _commit_version = 1 AND id > 7", {}), 0u);
  EXPECT_EQ(opened("SELECT count(id)" + of + "WHERE _commit_version > 17", {{"0"}}), 0u);
  EXPECT_EQ(opened("SELECT count(id)" + of + "WHERE _commit_timestamp < TIMESTAMPTZ '2001-01-01'", {{"0"}}), 0u);
  EXPECT_EQ(opened("SELECT id" + of + "WHERE _commit_version = 1 AND id > 6", {{"7"}}), 1u);
  EXPECT_EQ(opened("SELECT count(id)" + of + "WHERE _commit_version IN (2, 17)", {{"2"}}), 1u);
  EXPECT_EQ(opened("SELECT count(id)" + of + "JOIN (SELECT 4 AS v) k ON _commit_version = k.v", {{"7"}}), 1u);
}

// What a change data file holds only it can tell; a data file is left out.
TEST_F(ChangesTest, of_one_kind_are_looked_for_in_change_data_files) {
  take("spark/cdf/delta");
  const std::string of = " FROM table_changes('t', 0) ";
  EXPECT_EQ(opened("SELECT id" + of + "WHERE _change_type = 'delete' ORDER BY id", {{"0"}, {"3"}}), 3u);
  EXPECT_EQ(one("SELECT count(id)" + of + "WHERE _change_type LIKE 'update%'"), "6");
  EXPECT_EQ(one("SELECT count(id)" + of + "WHERE _change_type IN ('insert', 'update_preimage')"), "13");
  EXPECT_EQ(one("SELECT count(id)" + of + "WHERE reverse(_change_type) = 'eteled'"), "2");
  EXPECT_EQ(one("SELECT count(id)" + of + "WHERE _change_type IS NULL"), "0");
  EXPECT_EQ(one("SELECT count(id)" + of + "WHERE coalesce(_change_type, 'x') <> 'insert' AND _commit_version < 4"),
            "3");
}

TEST_F(ChangesTest, of_deletion_vectors_are_the_rows_in_which_they_differ) {
  run("CREATE TABLE t AS SELECT i AS id FROM range(10000) r(i)");
  record_changes();
  auto add = add_of(0);
  auto before = vector_with("one.bin", {0, 1, 4000, 9999});
  auto after = vector_with("two.bin", {1, 2, 4001, 9998, 9999});
  auto first = add, second = add;
  first.deletion_vector = before;
  second.deletion_vector = after;
  commit(1, {lake::remove_of(add, 1), first});
  commit(2, {lake::remove_of(first, 1), second});
  commit(3, {lake::remove_of(second, 1), add});
  const std::string list = "SELECT _commit_version, _change_type, id FROM table_changes('t', 1) ";
  EXPECT_EQ(rows(list + "ORDER BY ALL"), (Table{{"1", "delete", "0"},
                                                {"1", "delete", "1"},
                                                {"1", "delete", "4000"},
                                                {"1", "delete", "9999"},
                                                {"2", "delete", "2"},
                                                {"2", "delete", "4001"},
                                                {"2", "delete", "9998"},
                                                {"2", "insert", "0"},
                                                {"2", "insert", "4000"},
                                                {"3", "insert", "1"},
                                                {"3", "insert", "2"},
                                                {"3", "insert", "4001"},
                                                {"3", "insert", "9998"},
                                                {"3", "insert", "9999"}}));
  EXPECT_EQ(rows(list + "WHERE id > 5000 AND _change_type = 'insert' ORDER BY ALL"),
            (Table{{"3", "insert", "9998"}, {"3", "insert", "9999"}}));
  EXPECT_EQ(one("SELECT count(*) FROM table_changes('t', 0)"), "10014");
  EXPECT_EQ(rows("SELECT id, rowid & 1099511627775 = id FROM table_changes('t', 2, 2) WHERE id < 3 ORDER BY 1"),
            (Table{{"0", "true"}, {"2", "true"}}));
  commit(4, {lake::remove_of(add, 1)});
  EXPECT_EQ(rows("SELECT _change_type, count(*), sum(id) FROM table_changes('t', 4) GROUP BY 1"),
            (Table{{"delete", "10000", "49995000"}}));
  commit(5, {second});
  EXPECT_EQ(one("SELECT count(*) FROM table_changes('t', 5)"), "9995");
}

TEST_F(ChangesTest, before_a_column_was_added_have_it_null) {
  run("CREATE TABLE t(id BIGINT, part VARCHAR) PARTITIONED BY (part)");
  record_changes();
  run("INSERT INTO t VALUES (1, 'a'), (2, NULL)");
  run("ALTER TABLE t ADD COLUMN extra VARCHAR");
  run("INSERT INTO t VALUES (3, 'a', 'x')");
  EXPECT_EQ(rows("SELECT id, part, extra, _commit_version FROM table_changes('t', 0) ORDER BY id"),
            (Table{{"1", "a", "NULL", "1"}, {"2", "NULL", "NULL", "1"}, {"3", "a", "x", "3"}}));
  EXPECT_EQ(session->describe("SELECT * FROM table_changes('t', 0, 1)").size(), 5u);
  EXPECT_EQ(opened("SELECT id FROM table_changes('t', 0) WHERE part = 'a' AND _commit_version < 3", {{"1"}}), 1u);
  EXPECT_EQ(rows("SELECT id FROM table_changes('t', 0) WHERE extra IS NULL ORDER BY id"), (Table{{"1"}, {"2"}}));
}

TEST_F(ChangesTest, between_two_times_are_those_of_the_commits_between) {
  run("CREATE TABLE t(id BIGINT)");
  record_changes();
  run("INSERT INTO t VALUES (1)");
  run("INSERT INTO t VALUES (2)");
  auto time = one("SELECT _commit_timestamp::VARCHAR FROM table_changes('t', 2)");
  EXPECT_EQ(rows("SELECT id FROM table_changes('t', '" + time + "')"), (Table{{"2"}}));
  EXPECT_EQ(rows("SELECT id FROM table_changes('t', 1, TIMESTAMPTZ '" + time + "' - INTERVAL 1 MICROSECOND)"),
            (Table{{"1"}}));
  EXPECT_EQ(rows("SELECT id FROM table_changes('t', DATE '2001-01-01', now()) ORDER BY 1"), (Table{{"1"}, {"2"}}));
  EXPECT_EQ(error_of("FROM table_changes('t', now() + INTERVAL 1 DAY)").code(), ErrorCode::no_such_version);
  auto error = error_of("FROM table_changes('t', 'soon')");
  EXPECT_EQ(error.code(), ErrorCode::sql_types);
  EXPECT_THAT(error.message(), HasSubstr("\"soon\""));
  EXPECT_EQ(error_of("FROM table_changes('t', 1.5)").code(), ErrorCode::sql_types);
}

TEST_F(ChangesTest, that_cannot_be_told_are_refused_by_name) {
  run("CREATE TABLE t(id BIGINT)");
  run("CREATE VIEW v AS SELECT 1 AS one");
  EXPECT_EQ(error_of("FROM table_changes('t', 0)").code(), ErrorCode::change_feed_off);
  record_changes();
  run("INSERT INTO t VALUES (1)");
  for (auto& [sql, code] : std::vector<std::pair<std::string, ErrorCode>>{
           {"FROM table_changes('nope', 0)", ErrorCode::sql_unknown_table},
           {"FROM table_changes('other.t', 0)", ErrorCode::sql_unknown_table},
           {"FROM table_changes('memory.main.t', 0)", ErrorCode::sql_unsupported},
           {"FROM table_changes('v', 0)", ErrorCode::sql_unsupported},
           {"FROM table_changes('t', 7)", ErrorCode::no_such_version},
           {"FROM table_changes('t', 0, 7)", ErrorCode::no_such_version},
           {"FROM table_changes('t', 1, 0)", ErrorCode::change_range},
           {"FROM table_changes('t', NULL)", ErrorCode::sql_binder},
           {"FROM table_changes(NULL, 1)", ErrorCode::sql_binder},
           {"FROM table_changes('t')", ErrorCode::sql_types}})
    EXPECT_EQ(error_of(sql).code(), code) << sql;
  EXPECT_EQ(one("SELECT count(*) FROM table_changes('t', 0)"), "1");
  session->begin(uuid_v4());
  run("CREATE TABLE fresh(i INT)");
  EXPECT_EQ(error_of("FROM table_changes('fresh', 0)").code(), ErrorCode::no_such_version);
  session->rollback();
  run("ALTER TABLE t ADD COLUMN _change_type VARCHAR");
  EXPECT_EQ(error_of("FROM table_changes('t', 0)").code(), ErrorCode::sql_unsupported);
}

TEST_F(ChangesTest, of_removed_files_are_gone_by_name) {
  take("spark/cdf/delta");
  for (auto& key : data_files())
    if (key.find("_change_data") != std::string::npos) store->remove(key);
  EXPECT_EQ(one("SELECT count(*) FROM table_changes('t', 0, 1)"), "8");
  for (auto* sql : {"SELECT id FROM table_changes('t', 0)", "SELECT count(*) FROM table_changes('t', 0)"}) {
    auto error = error_of(sql);
    EXPECT_EQ(error.code(), ErrorCode::files_gone) << error.what();
    EXPECT_THAT(error.message(), HasSubstr("at version"));
  }
  EXPECT_EQ(one("SELECT count(*) FROM t"), "8");
}

TEST_F(ChangesTest, of_pinned_and_staged_tables_are_those_of_the_pinned_version) {
  run("CREATE TABLE t(id BIGINT)");
  record_changes();
  run("INSERT INTO t VALUES (1)");
  run("INSERT INTO t VALUES (2)");
  session->begin(uuid_v4(), {{{"main", "t"}, 1}});
  EXPECT_EQ(rows("SELECT id FROM table_changes('t', 0)"), (Table{{"1"}}));
  session->rollback();
  session->begin(uuid_v4());
  run("INSERT INTO t VALUES (3)");
  EXPECT_EQ(rows("SELECT id FROM table_changes('t', 2)"), (Table{{"2"}}));
  session->rollback();
}

class RowIdTest : public ChangesTest {
 protected:
  void SetUp() override { take("spark/row_tracking/delta"); }
};

TEST_F(RowIdTest, stay_when_rows_move_and_new_rows_get_new_ones) {
  EXPECT_EQ(rows("SELECT id, _row_id, _row_commit_version FROM t ORDER BY id"), (Table{{"0", "0", "1"},
                                                                                       {"1", "1", "1"},
                                                                                       {"2", "2", "2"},
                                                                                       {"3", "3", "1"},
                                                                                       {"4", "4", "1"},
                                                                                       {"5", "5", "1"},
                                                                                       {"50", "12", "3"},
                                                                                       {"51", "13", "3"}}));
  EXPECT_EQ(rows("SELECT id, _row_id, _row_commit_version FROM t AT (VERSION => 1) WHERE id = 2"),
            (Table{{"2", "2", "1"}}));
  EXPECT_EQ(rows("SELECT * FROM t WHERE id = 2"), (Table{{"2", "u", "3.0"}}));
}

// In version 2 one file holds ids, in version 3 another has none.
TEST_F(RowIdTest, can_be_filtered_joined_and_ordered_by) {
  for (const std::string of : {"t", "t AT (VERSION => 3)"}) {
    const std::string from = " FROM " + of + " ";
    EXPECT_EQ(rows("SELECT id" + from + "WHERE _row_id = 12"), (Table{{"50"}}));
    EXPECT_EQ(rows("SELECT id" + from + "WHERE _row_id IN (2, 13, 77) ORDER BY id"), (Table{{"2"}, {"51"}}));
    EXPECT_EQ(rows("SELECT id" + from + "WHERE _row_id BETWEEN 1 AND 2 ORDER BY id"), (Table{{"1"}, {"2"}}));
    EXPECT_EQ(rows("SELECT id" + from + "WHERE _row_id < 1 OR _row_id > 12 ORDER BY id"), (Table{{"0"}, {"51"}}));
    EXPECT_EQ(rows("SELECT _row_id" + from + "WHERE _row_commit_version = 2"), (Table{{"2"}}));
    EXPECT_EQ(rows("SELECT id, _row_id" + from + "WHERE _row_commit_version > 1 AND id < 51 ORDER BY id"),
              (Table{{"2", "2"}, {"50", "12"}}));
    EXPECT_EQ(one("SELECT count(*)" + from + "WHERE _row_id IS NULL OR _row_id % 2 = 1"), "4");
    EXPECT_EQ(rows("SELECT id" + from + "JOIN (VALUES (13), (3)) k(i) ON _row_id = k.i ORDER BY id"),
              (Table{{"3"}, {"51"}}));
    EXPECT_EQ(rows("SELECT id, name, v, _row_id" + from + "ORDER BY _row_id DESC LIMIT 2"),
              (Table{{"51", "b", "0.0", "13"}, {"50", "b", "0.0", "12"}}));
    EXPECT_EQ(rows("SELECT id, name, v, _row_id, _row_commit_version" + from + "ORDER BY id DESC LIMIT 1"),
              (Table{{"51", "b", "0.0", "13", "3"}}));
    EXPECT_EQ(
        rows("SELECT max(_row_id), min(_row_commit_version), count(DISTINCT rowid), max(file_row_number) >= 1" + from),
        (Table{{"13", "1", "8", "true"}}));
    EXPECT_EQ(rows("SELECT _row_id, _row_id AS again, rowid & 1099511627775 < 8, id" + from + "WHERE id = 51"),
              (Table{{"13", "13", "true", "51"}}));
  }
  EXPECT_EQ(
      rows("SELECT now.id, now.name, before.name FROM t now JOIN t before AT (VERSION => 1) USING (_row_id) WHERE "
           "now._row_commit_version <> before._row_commit_version"),
      (Table{{"2", "u", "n2"}}));
}

TEST_F(RowIdTest, are_there_for_tables_with_row_tracking_only) {
  run("CREATE TABLE plain(id BIGINT)");
  EXPECT_EQ(error_of("SELECT _row_id FROM plain").code(), ErrorCode::sql_unknown_column);
  EXPECT_EQ(error_of("SELECT _row_commit_version FROM plain").code(), ErrorCode::sql_unknown_column);
  run("CREATE TABLE own(_row_id BIGINT)");
  run("INSERT INTO own VALUES (77)");
  EXPECT_EQ(rows("SELECT _row_id FROM own"), (Table{{"77"}}));
}

TEST_F(RowIdTest, that_the_log_does_not_give_are_damage) {
  auto text = store->read(log(4));
  store->put(log(4), replace_all(text, R"("baseRowId":14,)", ""));
  store->remove(log(4, ".crc"));
  auto error = error_of("SELECT _row_id FROM t");
  EXPECT_EQ(error.code(), ErrorCode::bad_log);
  EXPECT_THAT(error.message(), HasSubstr("baseRowId"));
  EXPECT_EQ(one("SELECT count(id) FROM t"), "8");
  store->put(log(4), text);
  auto first = replace_all(store->read(log(0)), R"(\"name\":\"v\",)",
                           R"(\"name\":\"_row-id-col-7965ea12-0b02-4c42-a15d-3d6a0ac7f9c4\",)");
  store->put(log(0), first);
  for (int64_t version = 0; version < 5; ++version) store->remove(log(version, ".crc"));
  session = engine().session(lake);
  EXPECT_EQ(error_of("SELECT _row_id FROM t").code(), ErrorCode::bad_log);
}

}  // namespace

}  // namespace weir::engine
