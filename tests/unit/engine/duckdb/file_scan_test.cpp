// Raw files as relations, and what becomes of lines that do not fit.
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/text.h"
#include "lake_fixture.h"

namespace weir::engine {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class FileScanTest : public LakeTest {
 protected:
  void SetUp() override { fs::create_directories(folder); }
  void TearDown() override { fs::remove_all(folder); }

  ScanFile file(const std::string& label, const std::string& content, std::map<std::string, std::string> values = {}) {
    auto path = folder / label;
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << content;
    return {path.string(), label, std::move(values)};
  }
  ScanFile packed(const std::string& label, const std::string& content, const std::string& tool) {
    auto plain = file(label, content);
    auto out = plain.uri + (tool == "gzip" ? ".gz" : ".zst");
    EXPECT_EQ(std::system((tool + " -q -c '" + plain.uri + "' > '" + out + "'").c_str()), 0);
    return {out, label, {}};
  }
  FileScan scan(std::vector<ScanFile> files, std::vector<ScanColumn> columns) {
    FileScan scan;
    scan.files = std::move(files);
    scan.columns = std::move(columns);
    return scan;
  }
  // Loads the scan into t, as a step does.
  void load(const FileScan& what) {
    session->begin(uuid_v4());
    session->register_scan("raw", what);
    run("CREATE TABLE t AS SELECT * FROM raw");
    loaded = rows("SELECT * FROM t ORDER BY ALL");
    rejected = rows("SELECT _file, _line, _column, _raw::VARCHAR, _reason FROM " + session->scan_rejects("raw") +
                    " ORDER BY ALL");
    session->rollback();
  }

  const fs::path folder = fs::path(::testing::TempDir()) / ("weir-scan-" + uuid_v4());
  const std::vector<ScanColumn> id_name = {{"id", "BIGINT", std::nullopt, false},
                                           {"name", "VARCHAR", std::nullopt, false}};
  Table loaded, rejected;
};

TEST_F(FileScanTest, ReadsByNameWhateverTheOrder) {
  load(scan({file("a.csv", "id,name\n1,x\n"), file("b.csv", "NAME,extra,id\ny,?,2\n"), file("c.csv", "id\n3\n"),
             file("empty.csv", ""), file("only_header.csv", "id,name\n")},
            id_name));
  EXPECT_EQ(loaded, (Table{{"1", "x", "a.csv"}, {"2", "y", "b.csv"}, {"3", "NULL", "c.csv"}}));
  EXPECT_EQ(rejected, Table{});
}

TEST_F(FileScanTest, UnpacksGzipAndZstd) {
  load(scan({packed("a.csv", "id,name\n1,x\n", "gzip"), packed("b.csv", "id,name\n2,y\n", "zstd"),
             file("c.csv", "id,name\n3,z\n")},
            id_name));
  EXPECT_EQ(loaded, (Table{{"1", "x", "a.csv"}, {"2", "y", "b.csv"}, {"3", "z", "c.csv"}}));
}

TEST_F(FileScanTest, OneRejectPerBadLine) {
  load(scan({file("bad.csv",
                  "id,name,day\n1,a,2024-01-01\nx,b,no "
                  "day\n3,c\n4,d,2024-01-02,more\n5,\xff\xfe,2024-01-03\n6,f,2024-01-04\n")},
            {{"id", "BIGINT", std::nullopt, false},
             {"name", "VARCHAR", std::nullopt, false},
             {"day", "DATE", std::nullopt, false}}));
  EXPECT_EQ(loaded, (Table{{"1", "a", "2024-01-01", "bad.csv"}, {"6", "f", "2024-01-04", "bad.csv"}}));
  ASSERT_EQ(rejected.size(), 4u);
  EXPECT_EQ(rejected[0][0], "bad.csv");
  EXPECT_EQ(rejected[0][1], "3");
  EXPECT_EQ(rejected[0][2], "id");  // the first column that failed
  EXPECT_EQ(rejected[0][3], "x,b,no day");
  EXPECT_THAT(rejected[0][4], HasSubstr("BIGINT"));
  EXPECT_EQ(rejected[1][1], "4");
  EXPECT_EQ(rejected[2][1], "5");
  EXPECT_EQ(rejected[3][1], "6");
  EXPECT_EQ(rejected[3][3], "5,\\xFF\\xFE,2024-01-03");  // the bytes as they stand in the file
}

TEST_F(FileScanTest, ReadingTwiceDoesNotDoubleRejects) {
  session->begin(uuid_v4());
  session->register_scan("raw", scan({file("a.csv", "id,name\nx,1\n2,b\n")}, id_name));
  for (int i = 0; i < 2; ++i) EXPECT_EQ(rows("SELECT id, name FROM raw"), (Table{{"2", "b"}}));
  EXPECT_EQ(one("SELECT count(*) FROM " + session->scan_rejects("raw")), "1");
  session->rollback();
  session->begin(uuid_v4());  // and the next transaction starts afresh
  session->register_scan("raw", scan({file("b.csv", "id,name\n1,b\n")}, id_name));
  EXPECT_EQ(rows("SELECT id FROM raw"), (Table{{"1"}}));
  EXPECT_EQ(one("SELECT count(*) FROM " + session->scan_rejects("raw")), "0");
  session->rollback();
}

TEST_F(FileScanTest, NumbersAreNotRounded) {
  load(scan({file("a.csv", "id,name\n12.5,a\n1e3,b\n 7,c\n9223372036854775808,d\n")}, id_name));
  EXPECT_EQ(loaded.size() + rejected.size(), 4u);
  for (auto& row : loaded) EXPECT_EQ(row[0], "7");
  EXPECT_EQ(rejected.size(), 3u);
}

// Each column its own precision and scale, and a type of each width that is carried.
TEST_F(FileScanTest, EveryTypeHoldsWhatTheTextSays) {
  const std::vector<std::string> types = {
      "TINYINT",       "UTINYINT",    "SMALLINT",   "USMALLINT",    "INTEGER",      "UINTEGER",
      "BIGINT",        "UBIGINT",     "HUGEINT",    "DECIMAL(4,1)", "DECIMAL(9,2)", "DECIMAL(18,3)",
      "DECIMAL(38,4)", "NUMERIC",     "decimal(5)", "DATE",         "TIMESTAMP",    "TIMESTAMP_S",
      "TIMESTAMP_MS",  "TIMESTAMPTZ", "TIME",       "UHUGEINT"};
  const std::vector<std::string> texts = {"-128",
                                          "255",
                                          "-32768",
                                          "65535",
                                          "-2147483648",
                                          "4294967295",
                                          "-9223372036854775808",
                                          "18446744073709551615",
                                          "-12345678901234567890123456789012345678",
                                          "-123.4",
                                          "1234567.89",
                                          "-123456789012345.678",
                                          "1234567890123456789012345678901234.5678",
                                          "0.125",
                                          "12345",
                                          "2024-02-29",
                                          "2024-02-29 10:00:00.123456",
                                          "1969-12-31 23:59:58",
                                          "2024-02-29 10:00:00.123",
                                          "2024-02-29 10:00:00+00",
                                          "10:00:00.5",
                                          "99999999999999999999999999999999999999"};
  std::vector<ScanColumn> columns;
  std::string header;
  for (size_t i = 0; i < types.size(); ++i) {
    columns.push_back({"c" + std::to_string(i), types[i], std::nullopt, false});
    header += (i ? ",c" : "c") + std::to_string(i);
  }
  load(scan({file("a.csv", header + "\n" + join(texts, ",") + "\n" + std::string(types.size() - 1, ',') + "\n")},
            columns));
  ASSERT_EQ(rejected, Table{});
  ASSERT_EQ(loaded.size(), 2u);
  for (size_t i = 0; i < types.size(); ++i) {
    EXPECT_EQ(loaded[0][i], texts[i]) << types[i];
    EXPECT_EQ(loaded[1][i], "NULL") << types[i];
  }
}

TEST_F(FileScanTest, WhatATypeWouldRoundOrCutIsRejected) {
  load(scan({file("a.csv",
                  "id,price,day,at\n1,1.50,2024-01-31,2024-01-31 10:00:00\n2,1.505,,\n3,,2024-01-31 10:00:00,\n"
                  "4,,,2024-01-31 10:00:00+02:00\n5,,,2024-01-31 10:00:00.1234567\n6,1234.5,,\n"
                  "7,2e-1,2024-01-31 00:00,2024-01-31T10:00:00Z\n8,dear,soon,later\n")},
            {{"id", "BIGINT", std::nullopt, false},
             {"price", "DECIMAL(5,2)", std::nullopt, false},
             {"day", "DATE", std::nullopt, false},
             {"at", "TIMESTAMP", std::nullopt, false}}));
  EXPECT_EQ(loaded, (Table{{"1", "1.50", "2024-01-31", "2024-01-31 10:00:00", "a.csv"},
                           {"7", "0.20", "2024-01-31", "2024-01-31 10:00:00", "a.csv"}}));
  std::vector<std::string> reasons;
  for (auto& row : rejected) reasons.push_back(row[2] + ": " + row[4]);
  EXPECT_THAT(reasons,
              ElementsAre("price: \"1.505\" is no DECIMAL(5,2): it cannot hold that number exactly",
                          "day: \"2024-01-31 10:00:00\" is no DATE: its time of day would be lost",
                          "at: \"2024-01-31 10:00:00+02:00\" is no TIMESTAMP: its offset from UTC would be lost",
                          "at: \"2024-01-31 10:00:00.1234567\" is no TIMESTAMP: it cannot hold that time exactly",
                          "price: \"1234.5\" is no DECIMAL(5,2): it cannot hold that number exactly",
                          "price: \"dear\" is no DECIMAL(5,2)"));
}

// DuckDB's reader makes NULL of a text that is no TIMESTAMPTZ, and with a format of every text.
TEST_F(FileScanTest, TextsThatAreNoInstantAreRejected) {
  const std::vector<ScanColumn> columns = {{"id", "BIGINT", std::nullopt, false},
                                           {"at", "TIMESTAMP WITH TIME ZONE", std::nullopt, false}};
  load(scan({file("a.csv",
                  "id,at\n1,2013-01-01T10:00:00Z\n2,yesterday\n3,\n4,2013-01-01 10:00:00.5+02:00\n"
                  "5,2013-01-01 10:00:00\n6,2013-02-30 10:00:00Z\n7,infinity\n8,2013-01-01 10:00:00 Europe/Oslo\n")},
            columns));
  EXPECT_EQ(loaded, (Table{{"1", "2013-01-01 10:00:00+00", "a.csv"},
                           {"3", "NULL", "a.csv"},
                           {"4", "2013-01-01 08:00:00.5+00", "a.csv"},
                           {"5", "2013-01-01 10:00:00+00", "a.csv"}}));
  ASSERT_EQ(rejected.size(), 4u);
  EXPECT_EQ(rejected[0][1], "3");
  EXPECT_EQ(rejected[0][2], "at");
  EXPECT_EQ(rejected[0][3], "2,yesterday");
  EXPECT_THAT(rejected[0][4], HasSubstr("yesterday"));
}

TEST_F(FileScanTest, InstantsAreReadByTheirFormat) {
  load(scan({file("a.csv", "id,at\n1,05/01/2013 10:00:00 +0200\n2,soon\n3,\n")},
            {{"id", "BIGINT", std::nullopt, false}, {"at", "TIMESTAMPTZ", "%d/%m/%Y %H:%M:%S %z", false}}));
  EXPECT_EQ(loaded, (Table{{"1", "2013-01-05 08:00:00+00", "a.csv"}, {"3", "NULL", "a.csv"}}));
  ASSERT_EQ(rejected.size(), 1u);
  EXPECT_EQ(rejected[0][3], "2,soon");
}

TEST_F(FileScanTest, TheFirstBadRowIsAnErrorIfNothingIsCollected) {
  auto strict = scan({file("a.csv", "id,name\nx,1\n")}, id_name);
  strict.collect_rejects = false;
  session->register_scan("raw", strict);
  auto error = error_of("SELECT * FROM raw");
  EXPECT_THAT(error.message(), HasSubstr("a.csv"));
}

TEST_F(FileScanTest, DialectIsPinned) {
  auto odd = scan({file("a.txt", "# note\nid;name;when\n1;'semi;colon';31.12.2024\nNA;NA;NA\n")},
                  {{"id", "BIGINT", std::nullopt, false},
                   {"name", "VARCHAR", std::nullopt, false},
                   {"when", "DATE", "%d.%m.%Y", false}});
  odd.dialect.delimiter = ";";
  odd.dialect.quote = odd.dialect.escape = '\'';
  odd.dialect.comment = "#";
  odd.dialect.null_texts = {"", "NA"};
  load(odd);
  EXPECT_EQ(loaded, (Table{{"1", "semi;colon", "2024-12-31", "a.txt"}, {"NULL", "NULL", "NULL", "a.txt"}}));
  EXPECT_EQ(rejected, Table{});
}

TEST_F(FileScanTest, WithoutHeaderByPositionAndPadded) {
  auto plain = scan({file("a.csv", "1,x\n2\n")}, id_name);
  plain.dialect.header = false;
  plain.dialect.null_padding = true;
  load(plain);
  EXPECT_EQ(loaded, (Table{{"1", "x", "a.csv"}, {"2", "NULL", "a.csv"}}));
}

TEST_F(FileScanTest, Latin1AndUtf16) {
  auto old = scan({file("a.csv", "id,n\xe9\n1,\xe9t\xe9\n")},
                  {{"id", "BIGINT", std::nullopt, false}, {"né", "VARCHAR", std::nullopt, false}});
  old.dialect.encoding = "latin-1";
  load(old);
  EXPECT_EQ(loaded, (Table{{"1", "été", "a.csv"}}));
}

TEST_F(FileScanTest, HiveValuesComeFromThePath) {
  load(scan({file("year=2024/p=a%20b/x.csv", "id,name\n1,x\n", {{"year", "2024"}, {"p", "a b"}}),
             file("year=2025/x.csv", "id,name\n2,y\n", {{"year", "2025"}})},
            {{"id", "BIGINT", std::nullopt, false},
             {"name", "VARCHAR", std::nullopt, false},
             {"year", "INTEGER", std::nullopt, true},
             {"p", "VARCHAR", std::nullopt, true}}));
  EXPECT_EQ(loaded, (Table{{"1", "x", "2024", "a b", "year=2024/p=a%20b/x.csv"},
                           {"2", "y", "2025", "NULL", "year=2025/x.csv"}}));
}

TEST_F(FileScanTest, OddFileNamesAreLiteral) {
  auto odd = file("a[1]*?.csv", "id,name\n1,x\n");
  file("a1.csv", "id,name\n99,wrong\n");
  auto quoted = file("it's.csv", "id,name\n2,y\n");
  load(scan({odd, quoted}, id_name));
  EXPECT_EQ(loaded, (Table{{"1", "x", "a[1]*?.csv"}, {"2", "y", "it's.csv"}}));
}

TEST_F(FileScanTest, NulBytesAndOpenQuotesAreNoCrash) {
  load(scan({file("nul.csv", std::string("id,name\n1,a\0b\n2,c\n", 18)),
             file("open.csv", "id,name\n3,x\n4,\"never closed\n5,y\n")},
            id_name));
  EXPECT_GE(loaded.size(), 2u);
  EXPECT_EQ(loaded.size() + rejected.size() >= 4, true);
  EXPECT_EQ(one("SELECT 1"), "1");
}

// What an open quote swallows is in one reject as long as that holds it; beyond, the file is no CSV.
TEST_F(FileScanTest, AnOpenQuoteLosesNoLines) {
  auto content = [](int lines) {
    std::string text = "id,name\n1,a\n2,\"b\n";
    for (int i = 0; i < lines; ++i) text += std::to_string(i + 3) + ",c\n";
    return text;
  };
  load(scan({file("short.csv", content(100)), packed("packed.csv", content(100), "gzip")}, id_name));
  ASSERT_EQ(loaded.size(), 2u);
  ASSERT_EQ(rejected.size(), 2u);
  const size_t escapes = 101 + 1;  // \\x0A for each line end, \\x22 for the quote: three characters more
  for (auto& reject : rejected) EXPECT_EQ(reject[3].size(), content(100).size() - 12 + escapes * 3);
  for (const std::string tool : {"", "gzip", "zstd"}) {
    auto large = tool.empty() ? file("large.csv", content(20'000)) : packed("large", content(20'000), tool);
    session->begin(uuid_v4());
    session->register_scan("raw", scan({file("good.csv", "id,name\n1,\"a\nb\"\n"), large}, id_name));
    run("CREATE TABLE t AS SELECT * FROM raw");
    try {
      session->scan_rejects("raw");
      ADD_FAILURE() << "lines were lost: " << tool;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::file_unreadable);
      EXPECT_THAT(error.message(), HasSubstr(large.uri + ":3: a quote opens and is not closed"));
    }
    session->rollback();
  }
}

// DuckDB counts such a line as the 0th.
TEST_F(FileScanTest, LinesAreCountedFromOne) {
  auto bare = scan({file("a.csv", ",3,d,1,15\",\"6")}, id_name);
  bare.dialect.header = false;
  bare.dialect.encoding = "latin-1";
  bare.dialect.null_padding = true;
  bare.dialect.comment = "#";
  session->begin(uuid_v4());
  session->register_scan("raw", bare);
  run("CREATE TABLE t AS SELECT * FROM raw");
  try {
    for (auto& reject : rows("SELECT _line FROM " + session->scan_rejects("raw"))) EXPECT_EQ(reject[0], "1");
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::file_unreadable);
    EXPECT_THAT(error.message(), HasSubstr("a.csv:1:"));
  }
  session->rollback();
}

// A quoted field that is closed far away, then more such fields: one reader goes through the file once.
TEST_F(FileScanTest, BadQuotesAllOverAFile) {
  std::string text = "id,name\n";
  for (int i = 0; i < 3000; ++i) text += std::to_string(i) + (i % 3 == 0 ? ",\"a\"b\n" : ",ok\n");
  for (const std::string tool : {"", "gzip"}) {
    load(scan({tool.empty() ? file("a.csv", text) : packed("a.csv", text, tool)}, id_name));
    EXPECT_EQ(loaded.size(), 2000u);
    EXPECT_EQ(rejected.size(), 1000u);
  }
}

TEST_F(FileScanTest, AHugeFieldIsRejectedOrNamed) {
  auto path = folder / "huge.csv";
  {
    std::ofstream out(path, std::ios::binary);
    out << "id,name\n1,a\n2,";
    const std::string piece(1 << 20, 'x');
    for (int i = 0; i < 40; ++i) out << piece;
    out << "\n3,c\n";
  }
  session->begin(uuid_v4());
  session->register_scan("raw", scan({{path.string(), "huge.csv", {}}}, id_name));
  try {
    auto got = rows("SELECT id FROM raw");
    EXPECT_LE(got.size(), 3u);
    EXPECT_GE(rows("FROM " + session->scan_rejects("raw")).size() + got.size(), 2u);
  } catch (const Error& error) {
    EXPECT_NE(error.code(), ErrorCode::engine_broken);
    EXPECT_THAT(error.message(), HasSubstr("huge.csv"));
  }
  session->rollback();
}

TEST_F(FileScanTest, ParquetByNameWithCasts) {
  auto one_path = (folder / "a.parquet").string(), two_path = (folder / "b[2].parquet").string();
  run("COPY (SELECT 1::INTEGER AS id, 'x' AS name) TO '" + one_path + "'");
  run("COPY (SELECT 'y' AS NAME, 9 AS other, 2::SMALLINT AS id) TO '" + two_path + "'");
  auto parquet =
      scan({{one_path, "a.parquet", {}}, {two_path, "b[2].parquet", {}}}, {{"id", "BIGINT", std::nullopt, false},
                                                                           {"name", "VARCHAR", std::nullopt, false},
                                                                           {"later", "DATE", std::nullopt, false}});
  parquet.format = FileFormat::parquet;
  load(parquet);
  EXPECT_EQ(loaded, (Table{{"1", "x", "NULL", "a.parquet"}, {"2", "y", "NULL", "b[2].parquet"}}));
  EXPECT_EQ(rejected, Table{});
}

TEST_F(FileScanTest, ManyFilesOfManyShapes) {
  std::vector<ScanFile> files;
  for (int i = 0; i < 300; ++i)
    files.push_back(file(
        "f" + std::to_string(i) + ".csv",
        (i % 2 ? "id,name\n" : "name,id\n") + (i % 2 ? std::to_string(i) + ",n" : "n," + std::to_string(i)) + "\n"));
  session->begin(uuid_v4());
  session->register_scan("raw", scan(files, id_name));
  EXPECT_EQ(rows("SELECT count(*), sum(id), count(DISTINCT _file) FROM raw"), (Table{{"300", "44850", "300"}}));
  session->rollback();
}

class SnifferTest : public FileScanTest {
 protected:
  SniffedFile sniff(const std::string& content, const std::vector<std::string>& nulls = {""}) {
    KnownDialect known;
    known.dialect.null_texts = nulls;
    return sniff(content, known);
  }
  SniffedFile sniff(const std::string& content, const KnownDialect& known) {
    return engine().sniffer()->sniff(FileFormat::csv, Compression::detect, {file("s.csv", content)}, known);
  }
  static std::string shape(const SniffedFile& sniffed) {
    std::string text;
    for (auto& column : sniffed.columns) text += column.name + " " + column.type + ", ";
    return text;
  }
};

TEST_F(SnifferTest, FindsDialectAndTypes) {
  auto sniffed = sniff(
      "id;name;price;day;at;flag;code\n1;a;1.5;2024-01-01;2024-01-01 "
      "10:00:00;true;007\n2;\"b;c\";2;2024-01-02;2024-01-02T11:00:00;false;010\n");
  EXPECT_EQ(sniffed.dialect.delimiter, ";");
  EXPECT_TRUE(sniffed.dialect.header);
  EXPECT_EQ(shape(sniffed),
            "id BIGINT, name VARCHAR, price DOUBLE, day DATE, at TIMESTAMP, flag BOOLEAN, code VARCHAR, ");
}

TEST_F(SnifferTest, SurvivesPollutedRows) {
  std::string content = "id,name,price\n";
  for (int i = 0; i < 500; ++i)
    content += std::to_string(i) + ",name " + std::to_string(i) + ",1." + std::to_string(i) + "\n";
  content += "oops\n501,too,many,columns,here\nx,not a number,y\n\xff\xfe,,\n";
  auto sniffed = sniff(content);
  EXPECT_EQ(sniffed.dialect.delimiter, ",");
  EXPECT_EQ(sniffed.dialect.encoding, "utf-8");
  EXPECT_EQ(shape(sniffed), "id BIGINT, name VARCHAR, price DOUBLE, ");
}

TEST_F(SnifferTest, SkipsATitleAndReadsWithoutHeader) {
  auto titled = sniff("Report of 2024\n\na|b\n1|x\n2|y\n");
  EXPECT_EQ(titled.dialect.skip_lines, 2);
  EXPECT_EQ(shape(titled), "a BIGINT, b VARCHAR, ");
  auto bare = sniff("1,x,2.5\n2,y,3.5\n");
  EXPECT_FALSE(bare.dialect.header);
  EXPECT_EQ(shape(bare), "column0 BIGINT, column1 VARCHAR, column2 DOUBLE, ");
}

TEST_F(SnifferTest, FilesOfOneSourceMayDifferInTheirColumns) {
  auto first = file("1.csv", "id,name\n1,a\n"), second = file("2.csv", "id,name,\"x;y\",z,w\n2,b,1,2,3\n");
  auto sniffed = engine().sniffer()->sniff(FileFormat::csv, Compression::detect, {first, second}, {});
  EXPECT_EQ(sniffed.dialect.delimiter, ",");
  EXPECT_EQ(shape(sniffed), "id BIGINT, name VARCHAR, ");
}

TEST_F(SnifferTest, BrokenTextInTheFirstRecordIsNoCrash) {
  EXPECT_EQ(sniff("abs_file_n\xe7oe").columns.size(), 1u);
  EXPECT_EQ(sniff("id,n\xe7\n1,2\n").columns.size(), 2u);
}

TEST_F(SnifferTest, TooManyColumnsAreNoTable) {
  std::string header = "id", row = "1";
  for (int i = 0; i < 60'000; ++i) {
    header += ",c" + std::to_string(i);
    row += ",1";
  }
  try {
    sniff(header + "\n" + row + "\n");
    ADD_FAILURE() << "60,001 columns were taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::file_unreadable);
    EXPECT_THAT(error.message(), HasSubstr("60001 columns"));
  }
}

TEST_F(SnifferTest, AnEmptyFileHasTheUsualDialect) {
  const auto sniffed = sniff("");
  EXPECT_EQ(sniffed.dialect.delimiter, ",");
  EXPECT_EQ(sniffed.dialect.quote, '"');
  EXPECT_EQ(sniffed.dialect.escape, '"');
}

TEST_F(SnifferTest, WhatIsKnownIsNotGuessed) {
  KnownDialect known;
  known.delimiter = known.header = known.skip_lines = true;
  known.dialect.delimiter = ":";
  known.dialect.header = false;
  known.dialect.skip_lines = 1;
  known.dialect.decimal_separator = ",";
  known.dialect.thousands_separator = ".";
  known.dialect.date_format = "%d.%m.%Y";
  auto sniffed = sniff("a,b\nx,y:1.234,5:7:31.12.2024\nz,y:2,25:1.008:01.01.2025\n", known);
  EXPECT_EQ(sniffed.dialect.delimiter, ":");
  EXPECT_FALSE(sniffed.dialect.header);
  EXPECT_EQ(sniffed.dialect.skip_lines, 1);
  std::vector<std::string> types;
  for (auto& column : sniffed.columns) types.push_back(column.type);
  EXPECT_THAT(types, ElementsAre("VARCHAR", "DOUBLE", "BIGINT", "DATE"));
}

TEST_F(SnifferTest, NullTextsAndEmptyColumns) {
  auto sniffed = sniff("id,v,w\n1,NA,\n2,5,\n", {"", "NA"});
  EXPECT_EQ(shape(sniffed), "id BIGINT, v BIGINT, w VARCHAR, ");
  EXPECT_TRUE(sniffed.columns[2].all_null);
}

TEST_F(SnifferTest, Headers) {
  auto sniffer = engine().sniffer();
  CsvDialect dialect;
  auto csv =
      sniffer->header(FileFormat::csv, Compression::detect, dialect, file("h.csv", "\xEF\xBB\xBFid,\"na,me\"\n1,2\n"));
  ASSERT_EQ(csv.size(), 2u);
  EXPECT_EQ(csv[0].name, "id");
  EXPECT_EQ(csv[1].name, "na,me");
  auto path = (folder / "h.parquet").string();
  run("COPY (SELECT 1::INTEGER AS id, 'x' AS name) TO '" + path + "'");
  auto parquet = sniffer->header(FileFormat::parquet, Compression::detect, dialect, {path, "h.parquet", {}});
  EXPECT_EQ(parquet[0].type, "INTEGER");
  EXPECT_THROW(sniffer->header(FileFormat::parquet, Compression::detect, dialect, file("no.parquet", "no")), Error);
  EXPECT_THROW(
      sniffer->header(FileFormat::csv, Compression::detect, dialect, {(folder / "absent.csv").string(), "", {}}),
      Error);
}

}  // namespace weir::engine
