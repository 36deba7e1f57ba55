#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/text.h"
#include "connectors/files/file_source.h"

namespace weir::files {
namespace {

using engine::FileFormat;
using engine::SniffedColumn;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Knows each file's columns; a file it does not know cannot be read.
class FakeSniffer final : public engine::FileSniffer {
 public:
  std::map<std::string, std::vector<SniffedColumn>> known;  // by label
  engine::CsvDialect dialect;
  engine::KnownDialect asked;
  int sniffed = 0, named = 0;

  engine::SniffedFile sniff(FileFormat, engine::Compression, const std::vector<engine::ScanFile>& files,
                            const engine::KnownDialect& given) override {
    asked = given;
    sniffed++;
    return look(files);
  }
  engine::SniffedFile sniff_names(FileFormat, engine::Compression, const std::vector<engine::ScanFile>& files,
                                  const engine::KnownDialect& given) override {
    asked = given;
    named++;
    return look(files);
  }
  engine::SniffedFile look(const std::vector<engine::ScanFile>& files) const {
    engine::SniffedFile result{dialect, {}};
    for (const engine::ScanFile& file : files) {
      if (result.columns.empty()) result.columns = columns(file);
      columns(file);
    }
    return result;
  }
  std::vector<SniffedColumn> header(FileFormat, engine::Compression, const engine::CsvDialect&,
                                    const engine::ScanFile& file) override {
    return columns(file);
  }

 private:
  const std::vector<SniffedColumn>& columns(const engine::ScanFile& file) const {
    auto found = known.find(file.label);
    if (found == known.end()) throw Error(ErrorCode::file_unreadable, file.label + ": no such thing");
    return found->second;
  }
};

FoundFile file(const std::string& label) {
  FoundFile made;
  made.label = label;
  made.place = "/p/" + label;
  made.size = 10;
  made.etag = "e";
  return made;
}

std::vector<std::string> names(const std::vector<engine::ScanColumn>& columns) {
  std::vector<std::string> result;
  for (const engine::ScanColumn& column : columns) {
    result.push_back(column.name + " " + column.type + (column.from_path ? " path" : ""));
  }
  return result;
}

class PlanReadingTest : public ::testing::Test {
 protected:
  PlanReadingTest() {
    spec_.asset = "raw.x";
    spec_.project_dir = "/p";
    spec_.patterns = {"*.csv"};
    listing_.base_rule = ".";
  }
  void arrives(const std::string& label, std::vector<SniffedColumn> columns) {
    diff_.fresh.push_back(file(label));
    sniffer_.known[label] = std::move(columns);
    listing_.files = diff_.fresh;
  }
  ReadPlan plan() { return plan_reading(spec_, listing_, diff_, pin_, table_, sniffer_); }
  std::pair<ErrorCode, std::string> refusal() {
    try {
      plan();
    } catch (const Error& error) {
      return {error.code(), error.message()};
    }
    return {ErrorCode::internal, "accepted"};
  }
  // As after a first load of columns id and name.
  void has_table() {
    pin_ = Pin{};
    pin_->base_rule = ".";
    pin_->dialect.delimiter = ";";
    pin_->columns = {{"id", "BIGINT", std::nullopt, false}, {"name", "VARCHAR", std::nullopt, false}};
    table_ = {{"id", "BIGINT"}, {"name", "VARCHAR"}, {"_file", "VARCHAR"}};
  }
  IngestSpec spec_;
  Listing listing_;
  Diff diff_;
  std::optional<Pin> pin_;
  TableColumns table_;
  FakeSniffer sniffer_;
};

TEST_F(PlanReadingTest, FirstLoadLearnsColumnsAndDialect) {
  arrives("a.csv", {{"id", "BIGINT"}, {"note", "INTEGER", true}});
  sniffer_.dialect.delimiter = "|";
  spec_.dialect.set("null_texts", Json::strings(std::vector<std::string>{"NA"}));
  ReadPlan made = plan();
  EXPECT_THAT(names(made.pin.columns), ElementsAre("id BIGINT", "note VARCHAR"))
      << "nothing is known of a column of nulls";
  EXPECT_EQ(made.scan->dialect.delimiter, "|");
  EXPECT_THAT(made.scan->dialect.null_texts, ElementsAre("NA"));
  EXPECT_THAT(made.added, IsEmpty());
  EXPECT_EQ(made.scan->files.at(0).uri, "/p/a.csv");
}

TEST_F(PlanReadingTest, DeclaredTypesWinAndMissingDeclaredColumnsFollow) {
  arrives("a.csv", {{"ID", "BIGINT"}, {"x", "DOUBLE"}});
  spec_.columns = {{"later", "date", std::nullopt}, {"id", "varchar", std::nullopt}};
  EXPECT_THAT(names(plan().pin.columns), ElementsAre("ID varchar", "x DOUBLE", "later date"));
}

TEST_F(PlanReadingTest, TypesAreNotLookedForWhereAllAreDeclared) {
  arrives("a.csv", {{"ID", "BIGINT"}, {"x", "DOUBLE"}});
  spec_.columns = {{"x", "double", std::nullopt}, {"id", "varchar", std::nullopt}};
  plan();
  EXPECT_EQ(sniffer_.named, 1);
  EXPECT_EQ(sniffer_.sniffed, 0);
  spec_.columns.pop_back();
  plan();
  EXPECT_EQ(sniffer_.sniffed, 1);
}

TEST_F(PlanReadingTest, FilesWithoutHeaderTakeDeclaredNamesByPosition) {
  arrives("a.csv", {{"column0", "BIGINT"}, {"column1", "DOUBLE"}, {"column2", "DATE"}});
  spec_.dialect.set("header", false);
  spec_.columns = {{"id", "bigint", std::nullopt}, {"fare", "decimal(9,2)", std::nullopt}};
  EXPECT_THAT(names(plan().pin.columns), ElementsAre("id bigint", "fare decimal(9,2)", "column2 DATE"));
}

TEST_F(PlanReadingTest, ColumnsOfLaterFilesOfTheFirstLoadBelongToTheTable) {
  arrives("a.csv", {{"id", "BIGINT"}});
  arrives("b.csv", {{"id", "BIGINT"}, {"extra", "DOUBLE"}});
  spec_.columns_contract = Contract::freeze;
  ReadPlan made = plan();
  EXPECT_THAT(names(made.pin.columns), ElementsAre("id BIGINT", "extra DOUBLE"));
  EXPECT_THAT(made.added, IsEmpty());
}

TEST_F(PlanReadingTest, NothingToLearnFromIsAnError) {
  EXPECT_EQ(refusal().first, ErrorCode::no_files);
  EXPECT_THAT(refusal().second, HasSubstr("no file matches *.csv"));
  diff_.fresh = {file("bad.csv")};
  EXPECT_THAT(refusal().second, HasSubstr("no such thing"));
}

TEST_F(PlanReadingTest, DeclaredColumnsAreEnoughForATable) {
  spec_.columns = {{"id", "bigint", std::nullopt}};
  ReadPlan made = plan();
  EXPECT_THAT(names(made.pin.columns), ElementsAre("id bigint"));
  EXPECT_FALSE(made.scan);
}

TEST_F(PlanReadingTest, KnownTableIsReadAsPinned) {
  has_table();
  arrives("b.csv", {{"name", "VARCHAR"}, {"id", "BIGINT"}});
  ReadPlan made = plan();
  EXPECT_EQ(sniffer_.sniffed, 0);
  EXPECT_EQ(made.scan->dialect.delimiter, ";");
  EXPECT_THAT(names(made.scan->columns), ElementsAre("id BIGINT", "name VARCHAR"));
  EXPECT_THAT(made.added, IsEmpty());
}

TEST_F(PlanReadingTest, DeclaredDialectWinsOverThePinned) {
  has_table();
  arrives("b.csv", {{"id", "BIGINT"}});
  spec_.dialect.set("delimiter", ",");
  EXPECT_EQ(plan().scan->dialect.delimiter, ",");
}

TEST_F(PlanReadingTest, EvolveAddsColumnsWithTheirType) {
  has_table();
  arrives("b.csv", {{"id", "BIGINT"}, {"tip", "DOUBLE"}});
  ReadPlan made = plan();
  EXPECT_THAT(names(made.added), ElementsAre("tip DOUBLE"));
  EXPECT_THAT(names(made.scan->columns), ElementsAre("id BIGINT", "name VARCHAR", "tip DOUBLE"));
}

TEST_F(PlanReadingTest, FreezeRefusesWhatIsNotDeclared) {
  has_table();
  arrives("b.csv", {{"id", "BIGINT"}, {"tip", "DOUBLE"}, {"toll", "DOUBLE"}});
  spec_.columns_contract = Contract::freeze;
  spec_.columns = {{"toll", "double", std::nullopt}};
  EXPECT_EQ(refusal().first, ErrorCode::schema_frozen);
  EXPECT_THAT(refusal().second, HasSubstr("b.csv has new columns: tip"));
  spec_.columns.push_back({"tip", "double", std::nullopt});
  EXPECT_THAT(names(plan().added), ElementsAre("tip double", "toll double"));
}

TEST_F(PlanReadingTest, FileOfSomethingElseIsRejectedAndAddsNoColumns) {
  has_table();
  arrives("page.csv", {{"<html>", "VARCHAR"}});
  arrives("b.csv", {{"id", "BIGINT"}});
  ReadPlan made = plan();
  ASSERT_THAT(made.rejected, SizeIs(1));
  EXPECT_EQ(made.rejected[0].file.label, "page.csv");
  EXPECT_THAT(made.rejected[0].reason, HasSubstr("none of its 1 columns (<html>"));
  EXPECT_THAT(made.added, IsEmpty());
  EXPECT_THAT(made.reading, SizeIs(1));
}

TEST_F(PlanReadingTest, UnreadableFileIsRejectedWithItsReason) {
  has_table();
  arrives("b.csv", {{"id", "BIGINT"}});
  diff_.fresh.push_back(file("broken.csv.gz"));
  ReadPlan made = plan();
  ASSERT_THAT(made.rejected, SizeIs(1));
  EXPECT_EQ(made.rejected[0].reason, "broken.csv.gz: no such thing");
}

TEST_F(PlanReadingTest, EmptyCsvFileIsLoadedWithNoRows) {
  has_table();
  FoundFile empty = file("empty.csv");
  empty.size = 0;
  diff_.fresh = {empty};
  ReadPlan made = plan();
  EXPECT_FALSE(made.scan);
  EXPECT_THAT(made.reading, SizeIs(1));
  EXPECT_THAT(made.rejected, IsEmpty());
}

TEST_F(PlanReadingTest, ParquetTypesMustFit) {
  has_table();
  pin_->format = FileFormat::parquet;
  arrives("ok.parquet", {{"id", "INTEGER"}});
  arrives("bad.parquet", {{"id", "VARCHAR"}});
  ReadPlan made = plan();
  ASSERT_THAT(made.rejected, SizeIs(1));
  EXPECT_EQ(made.rejected[0].reason, "column \"id\" is VARCHAR, the table has BIGINT");
  spec_.data_type_contract = Contract::freeze;
  EXPECT_EQ(refusal().first, ErrorCode::schema_frozen);
}

TEST_F(PlanReadingTest, FormatGoesByTheNameUnlessDeclared) {
  arrives("a.PARQUET", {{"id", "INTEGER"}});
  EXPECT_EQ(plan().pin.format, FileFormat::parquet);
  spec_.format = FileFormat::csv;
  EXPECT_EQ(plan().pin.format, FileFormat::csv);
}

TEST_F(PlanReadingTest, ChangedFilesFollowThePolicy) {
  has_table();
  diff_.changed = {file("b.csv")};
  sniffer_.known["b.csv"] = {{"id", "BIGINT"}};
  EXPECT_EQ(refusal().first, ErrorCode::file_changed);
  spec_.on_changed_file = OnChangedFile::reload;
  EXPECT_THAT(plan().reloading, ElementsAre("b.csv"));
  EXPECT_THAT(plan().requarantining, ElementsAre("b.csv"));
  spec_.on_changed_file = OnChangedFile::append;
  EXPECT_THAT(plan().reloading, IsEmpty());
  EXPECT_THAT(plan().reading, SizeIs(1));
}

TEST_F(PlanReadingTest, ReplaceReadsEverythingAgain) {
  has_table();
  arrives("b.csv", {{"id", "BIGINT"}});
  listing_.files = {file("a.csv"), file("b.csv")};
  sniffer_.known["a.csv"] = {{"id", "BIGINT"}};
  spec_.disposition = WriteDisposition::replace;
  ReadPlan made = plan();
  EXPECT_TRUE(made.replace_all);
  EXPECT_THAT(made.reading, SizeIs(2));
}

TEST_F(PlanReadingTest, HiveKeysBecomeColumns) {
  arrives("y=2013/a.csv", {{"id", "BIGINT"}});
  arrives("y=2014/b.csv", {{"id", "BIGINT"}, {"y", "VARCHAR"}});
  diff_.fresh[0].path_values = {{"y", "2013"}};
  diff_.fresh[1].path_values = {{"y", "2014"}};
  EXPECT_THAT(names(plan().pin.columns), ElementsAre("id BIGINT", "y BIGINT path")) << "the folder's value wins";
  spec_.columns = {{"y", "varchar", std::nullopt}};
  EXPECT_THAT(names(plan().pin.columns), ElementsAre("id BIGINT", "y varchar path"));
}

TEST_F(PlanReadingTest, AColumnOfTheTableIsReadFromTheFolderWhereFilesLieInOne) {
  has_table();
  arrives("name=x/b.csv", {{"id", "BIGINT"}});
  diff_.fresh[0].path_values = {{"name", "x"}};
  EXPECT_THAT(names(plan().scan->columns), ElementsAre("id BIGINT", "name VARCHAR path"));
}

TEST_F(PlanReadingTest, MovedBaseIsRefused) {
  has_table();
  listing_.base_rule = "../elsewhere";
  EXPECT_EQ(refusal().first, ErrorCode::base_moved);
}

TEST_F(PlanReadingTest, DeclaredTypeThatDisagreesWithTheTableIsRefused) {
  has_table();
  arrives("b.csv", {{"id", "BIGINT"}});
  spec_.columns = {{"id", "int8", std::nullopt}};
  EXPECT_NO_THROW(plan()) << "another word for the same type";
  spec_.columns = {{"id", "varchar", std::nullopt}};
  EXPECT_EQ(refusal().first, ErrorCode::column_type);
}

TEST_F(PlanReadingTest, ColumnWithTheNameOfOurOwnIsRefused) {
  arrives("a.csv", {{"_FILE", "VARCHAR"}});
  EXPECT_EQ(refusal().first, ErrorCode::column_type);
}

TEST_F(PlanReadingTest, AFileCanBeTakenOutLater) {
  has_table();
  arrives("a.csv", {{"id", "BIGINT"}});
  arrives("b.csv", {{"id", "BIGINT"}});
  ReadPlan made = without_file(plan(), "a.csv", "bad gzip");
  EXPECT_THAT(made.reading, SizeIs(1));
  EXPECT_THAT(made.scan->files, SizeIs(1));
  ASSERT_THAT(made.rejected, SizeIs(1));
  EXPECT_EQ(made.rejected[0].reason, "bad gzip");
  EXPECT_FALSE(without_file(made, "b.csv", "too").scan);
}

TEST_F(PlanReadingTest, PinSurvivesTheCursor) {
  has_table();
  pin_->columns[0].timestamp_format = "%Y";
  pin_->columns[1].from_path = true;
  pin_->compression = engine::Compression::zstd;
  Json cursor = Json::object();
  cursor.set("ledger", Json::array()).set("pin", to_json(*pin_));
  std::optional<Pin> back = pin_of_cursor(Json::parse(cursor.dump()));
  ASSERT_TRUE(back);
  EXPECT_EQ(to_json(*back).dump(), to_json(*pin_).dump());
  EXPECT_EQ(back->compression, engine::Compression::zstd);
  EXPECT_EQ(pin_of_cursor(Json()), std::nullopt);
  EXPECT_EQ(pin_of_cursor(Json::parse(R"({"ledger":[]})")), std::nullopt);
}

}  // namespace
}  // namespace weir::files
