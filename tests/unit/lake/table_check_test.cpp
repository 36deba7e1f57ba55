#include "lake/table_check.h"

#include "base/hash.h"
#include "format/row_bitmap.h"
#include "lake/checksum.h"
#include "lake_fixture.h"

namespace weir::lake {
namespace {

using Paths = std::vector<std::string>;

class TableCheckTest : public TableTest {
 protected:
  void file(const std::string& path, size_t size = 100) { store->put(table.key(path), std::string(size, 'x')); }
  static Paths told(const TableCheck& check) {
    Paths told;
    for (const auto& finding : check.findings)
      told.push_back(finding.what + " " + finding.file + ": " + finding.log + " / " + finding.found);
    return told;
  }
  Paths files(std::optional<int64_t> version = {}) {
    TableCheck check;
    check_files(*Snapshot::open(table, parquet, {version, std::nullopt}), check);
    for (const auto& finding : check.findings) EXPECT_FALSE(finding.remedy.empty());
    return told(check);
  }
  TableCheck log(std::optional<int64_t> version = {}) {
    TableCheck check;
    check_log(*Snapshot::open(table, parquet, {version, std::nullopt}), parquet, check);
    return check;
  }
};

TEST_F(TableCheckTest, files_must_be_there_with_their_size) {
  create();
  commit(1, {plain_add("a"), plain_add("p=1/b%20c"), plain_add("gone")});
  commit(2, {remove_of(plain_add("gone"), 1)});
  file("a");
  file("p=1/b c");
  EXPECT_EQ(files(), Paths{});
  EXPECT_EQ(files(1), Paths{"missing raw/t/gone: 100 bytes / nothing"});
  file("a", 99);
  EXPECT_EQ(files(), (Paths{"size raw/t/a: 100 bytes / 99 bytes"}));
  commit(3, {plain_add("s3://elsewhere/e")});
  EXPECT_EQ(files().back().substr(0, 25), "outside s3://elsewhere/e:");
}

TEST_F(TableCheckTest, deletion_vectors_must_be_whole_and_fit_their_file) {
  const std::string name = "deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin";
  format::RowBitmap rows;
  for (uint64_t row : {3U, 4U, 29U}) rows.add(row);
  const std::string data = "\xd1\xd3\x39\x64" + rows.serialize();
  const auto four_bytes = [](uint32_t number) {
    std::string bytes;
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(number >> shift & 0xFF);
    return bytes;
  };
  const std::string object =
      "\x01" + four_bytes(static_cast<uint32_t>(data.size())) + data + four_bytes(crc32_of(data));
  Protocol protocol;
  protocol.min_reader_version = 3;
  protocol.min_writer_version = 7;
  protocol.reader_features = protocol.writer_features = {"deletionVectors"};
  file("a");
  Add vectored = plain_add("a", 30);
  vectored.deletion_vector = DeletionVector{"u", "^-aqEH.-t@S}K{vb[*k^", 1, static_cast<int64_t>(data.size()), 3};
  commit(0, {protocol, plain_metadata({{"delta.enableDeletionVectors", "true"}}), vectored});
  EXPECT_EQ(files(), Paths{"deletion vector raw/t/" + name + ": 3 deleted rows of raw/t/a / nothing"});
  store->put(table.key(name), object);
  EXPECT_EQ(files(), Paths{});
  store->put(table.key(name), object.substr(0, object.size() - 1) + "x");
  EXPECT_EQ(files().size(), 1U) << "its checksum";
  store->put(table.key(name), object);
  Add short_one = vectored;
  short_one.stats = plain_add("a", 29).stats;
  commit(0, {protocol, plain_metadata(), short_one});
  EXPECT_EQ(files(), Paths{"deletion vector raw/t/" + name + ": raw/t/a has 29 rows / row 29 is deleted"});
  Add wrong_count = vectored;
  wrong_count.deletion_vector->cardinality = 2;
  commit(0, {protocol, plain_metadata(), wrong_count});
  EXPECT_EQ(files().size(), 1U);
}

TEST_F(TableCheckTest, a_checkpoint_says_what_the_commits_say) {
  create();
  commit(1, {plain_add("a"), plain_add("b", 2), Txn{"app", 1, 1}, DomainMetadata{"d", "one", false}});
  commit(2, {remove_of(plain_add("a"), 1), plain_add("c", 3)});
  write_checkpoint(*open(), parquet, clock.now_ms());
  commit(3, {plain_add("e")});
  EXPECT_EQ(told(log()), Paths{});
  // Another table's history with the same checkpoint.
  commit(1, {plain_add("a"), plain_add("b", 2, 77), Txn{"app", 2, 1}});
  commit(2, {plain_add("c", 3), plain_add("f"), plain_metadata({{"k", "v"}})});
  auto check = log();
  ASSERT_EQ(check.findings.size(), 5U);
  EXPECT_EQ(check.findings[0].file, "raw/t/_delta_log/00000000000000000002.checkpoint.parquet");
  EXPECT_NE(check.findings[0].log.find("\"k\":\"v\""), std::string::npos) << "the properties";
  EXPECT_NE(check.findings[1].log.find("\"version\":2"), std::string::npos) << "the txn";
  EXPECT_EQ(check.findings[2].log, "no domain d");
  EXPECT_EQ(check.findings[3].log + " / " + check.findings[3].found, "2 files, such as a / it lacks them");
  EXPECT_NE(check.findings[4].log.find("\"size\":77"), std::string::npos);
}

TEST_F(TableCheckTest, a_checkpoint_that_cannot_be_read_or_compared) {
  create();
  commit(1, {plain_add("a")});
  write_checkpoint(*open(), parquet, clock.now_ms());
  commit(2, {plain_add("b")});
  store->remove(commit_key(table, 0));
  EXPECT_EQ(told(log()), Paths{});
  ASSERT_EQ(log().notes.size(), 1U);
  EXPECT_NE(log().notes[0].find("could not be compared"), std::string::npos);
  create();
  store->put(checkpoint_key(table, 1), "damaged");
  ASSERT_EQ(log().findings.size(), 1U);
  EXPECT_EQ(log().findings[0].log, "a checkpoint that can be read");
}

TEST_F(TableCheckTest, a_checksum_says_what_the_log_says) {
  create();
  append("a");
  append("b");
  EXPECT_EQ(told(log()), Paths{}) << "as weir writes them";
  EXPECT_EQ(told(log(1)), Paths{});
  auto checksum = *read_checksum(table, 2);
  checksum.file_count = 3;
  checksum.table_size_bytes = 1;
  checksum.txns = std::vector<Txn>{{"app", 1, 1}};
  store->put(checksum_key(table, 2), checksum_text(checksum));
  EXPECT_EQ(told(log()).size(), 3U);
  EXPECT_EQ(log().findings.back().log + " / " + log().findings.back().found, "200 bytes / 1 bytes");
  store->put(checksum_key(table, 2), R"({"tableSizeBytes":1,"numFiles":9,"numMetadata":1,"numProtocol":1})");
  EXPECT_EQ(told(log()), Paths{}) << "of an older form, passed over";
  EXPECT_EQ(log().notes.size(), 1U);
  store->put(checksum_key(table, 2), "{");
  EXPECT_EQ(told(log()), Paths{"checksum raw/t/_delta_log/00000000000000000002.crc: a checksum / it is not valid"});
}

class StatsCheckTest : public TableCheckTest {
 protected:
  // Of a file with the statistics of plain_add: rows as said, "id" between 0 and 9, no nulls.
  Paths against(int64_t rows, int64_t min, int64_t max, int64_t nulls, Add add = plain_add("a", 5)) {
    if (!store->head(commit_key(table, 0))) create();
    MeasuredFile measured;
    measured.rows = rows;
    measured.columns["id"] = {min, max, nulls, false};
    TableCheck check;
    check_stats(add, "a", *open(), measured, check);
    return told(check);
  }
};

TEST_F(StatsCheckTest, what_would_make_a_reader_skip_or_miscount_is_found) {
  EXPECT_EQ(against(5, 0, 9, 0), Paths{});
  EXPECT_EQ(against(5, 3, 4, 0), Paths{}) << "bounds may be wider";
  EXPECT_EQ(against(4, 0, 9, 0), Paths{"rows a: 5 rows, 0 of them deleted / 4 rows are left"});
  EXPECT_EQ(against(5, -1, 9, 0), Paths{"statistics a: id is at least 0 / the least is -1"});
  EXPECT_EQ(against(5, 0, 10, 0), Paths{"statistics a: id is at most 9 / the greatest is 10"});
  EXPECT_EQ(against(5, 0, 9, 1), Paths{"statistics a: 0 nulls in id / 1"});
}

TEST_F(StatsCheckTest, rows_that_a_deletion_vector_takes_away_are_counted_out) {
  Add vectored = plain_add("a", 5);
  vectored.stats =
      R"({"numRecords":5,"minValues":{"id":0},"maxValues":{"id":9},"nullCount":{"id":2},"tightBounds":false})";
  vectored.deletion_vector = DeletionVector{"i", "x", {}, 1, 2};
  EXPECT_EQ(against(3, 4, 5, 1, vectored), Paths{}) << "one of the nulls may be deleted";
  EXPECT_EQ(against(5, 4, 5, 1, vectored), Paths{"rows a: 5 rows, 2 of them deleted / 5 rows are left"});
}

}  // namespace
}  // namespace weir::lake
