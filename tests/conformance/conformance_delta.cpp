// links: weir_engine_duckdb
// Delta tables of other writers, read through the catalogue and compared with the rows their own engines gave.
//
// conformance_delta PATH: every folder below PATH that holds table/_delta_log with case.json, or delta/_delta_log with
// test_case_info.json (the form of the Delta acceptance tests). A table that needs a reader feature that weir lacks
// must be refused by that feature's name: it is listed as skipped. Everything else passes or fails.
//
// Beside the rows: recorded change feeds (expected_cdf.parquet, expected/cdf, expected_cdf_v<first version>.csv) are
// compared, every change feed that can be read must turn the table's first version into its last, and row ids are
// compared where they are recorded (expected/row_ids) and are unique elsewhere.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "engine/session.h"
#include "store/memory_store.h"

namespace fs = std::filesystem;
using namespace weir;

namespace {

struct Case {
  std::string name;
  fs::path folder, table, expected;
  Json info;                       // case.json
  std::string kind;                // "rows", "literal", "text", "error", "log"
  std::optional<int64_t> earlier;  // version with rows of its own
  fs::path earlier_expected;
};

struct Verdict {
  enum class Kind { passed, failed, skipped } kind = Kind::passed;
  std::string text;
};
Verdict failed(std::string text) { return {Verdict::Kind::failed, std::move(text)}; }

// What was looked at beside rows.
struct Tally {
  int feeds_equal = 0, feeds_replayed = 0, feeds_refused = 0, ids_equal = 0, ids_unique = 0;
};

class Runner {
 public:
  Tally tally;

  Verdict run(const Case& test) {
    lake_ = std::make_shared<lake::Lake>(std::make_shared<store::MemoryStore>());
    lake_->update_catalog([&](lake::CatalogContent& catalog) {
      catalog.locations["main.t"] = "file://" + fs::absolute(test.table).string();
    });
    session_ = engine_->session(lake_);
    try {
      if (test.kind == "error") return expect_error();
      if (test.kind == "log") return expect_log();
      auto* expected = test.info.find("expected");
      bool doubted = expected && expected->find("oracle_doubt");
      auto verdict = test.kind == "literal" ? compare_literal(test)
                     : test.kind == "text"  ? compare_text(test)
                                            : compare("t", test.expected, doubted);
      if (verdict.kind != Verdict::Kind::passed) return verdict;
      if (test.earlier)
        verdict = compare("t AT (VERSION => " + std::to_string(*test.earlier) + ")", test.earlier_expected, doubted);
      if (verdict.kind == Verdict::Kind::passed) verdict = count_versions(test);
      if (verdict.kind == Verdict::Kind::passed) verdict = check_changes(test);
      return verdict.kind == Verdict::Kind::passed ? check_row_ids(test) : verdict;
    } catch (const Error& error) {
      if (error.code() == ErrorCode::reader_feature) return {Verdict::Kind::skipped, error.message()};
      return failed(error.what());
    }
  }

 private:
  static bool named(const Error& error) {
    return error.code() != ErrorCode::internal && error.code() != ErrorCode::engine_broken;
  }

  Verdict expect_error() {
    try {
      auto rows = session_->query("SELECT * FROM t");
      return failed("read without an error: " + std::to_string(rows.rows.size()) + " rows");
    } catch (const Error& error) {
      return named(error) ? Verdict{Verdict::Kind::passed, error.what()} : failed(error.what());
    }
  }

  // The data files are not there: the log is replayed or refused, and rows must not come.
  Verdict expect_log() {
    std::string text;
    try {
      auto snapshot = lake::Snapshot::open(lake_->location({"main", "t"}), engine_->parquet());
      text =
          "version " + std::to_string(snapshot->version()) + ", " + std::to_string(snapshot->files().size()) + " files";
    } catch (const Error& error) {
      return named(error) ? Verdict{Verdict::Kind::passed, error.what()} : failed(error.what());
    }
    try {
      auto rows = session_->query("SELECT * FROM t");
      if (!rows.rows.empty()) return failed("gave rows: " + std::to_string(rows.rows.size()));
    } catch (const Error& error) {
      if (!named(error)) return failed(error.what());
    }
    return {Verdict::Kind::passed, text};
  }

  // A variant is compared as the JSON text that expected rows hold. DuckDB's VARIANT has one null only: a JSON null
  // that is a column's whole value reads as NULL (docs/conformance.md).
  static std::string list(const std::vector<engine::ColumnInfo>& columns, bool cast) {
    std::vector<std::string> names;
    for (auto& column : columns) {
      auto name = quote_identifier(column.name);
      if (column.type == "VARIANT")
        names.push_back("nullif(CAST(" + (cast ? name : "CAST(" + name + " AS JSON)") + " AS VARCHAR), 'null')");
      else
        names.push_back(cast ? "CAST(" + name + " AS " + column.type + ")" : name);
    }
    return join(names, ", ");
  }

  // Expected rows as text: every column cast to VARCHAR.
  Verdict compare_text(const Case& test) {
    std::vector<std::string> casts, names;
    for (auto& column : session_->describe("SELECT * FROM t")) {
      names.push_back(quote_identifier(column.name));
      casts.push_back("CAST(" + names.back() + " AS VARCHAR)");
    }
    auto file = quote_literal((test.table.parent_path() / "expected_varchar.csv").string());
    return compare_rows("SELECT " + join(casts, ", ") + " FROM t",
                        "SELECT " + join(names, ", ") + " FROM read_csv(" + file +
                            ", all_varchar = true, header = true, allow_quoted_nulls = false)");
  }

  Verdict compare_relations(const std::string& table, const std::vector<engine::ColumnInfo>& columns,
                            const std::string& wanted) {
    return compare_rows("SELECT " + list(columns, false) + " FROM " + table, wanted);
  }

  Verdict compare_rows(const std::string& got, const std::string& wanted) {
    auto more = session_->query(got + " EXCEPT ALL " + wanted + " LIMIT 3");
    auto less = session_->query(wanted + " EXCEPT ALL " + got + " LIMIT 3");
    if (more.rows.empty() && less.rows.empty()) return {};
    std::string text = "rows differ";
    auto show = [&](const char* what, const engine::Rows& rows) {
      for (auto& row : rows.rows) {
        text += std::string("\n      ") + what;
        for (auto& cell : row) text += " | " + engine::cell_text(cell).substr(0, 60);
      }
    };
    show("too much", more);
    show("missing ", less);
    return failed(text);
  }

  // `doubted`: the case itself says that its expected instants are wrong (they carry the zone of the machine that wrote
  // them); its other columns are compared.
  Verdict compare(const std::string& table, const fs::path& expected, bool doubted) {
    auto columns = session_->describe("SELECT * FROM " + table);
    auto compared = columns;
    if (doubted) std::erase_if(compared, [](auto& column) { return column.type == "TIMESTAMP WITH TIME ZONE"; });
    std::vector<std::string> files;
    if (fs::exists(expected)) {
      for (auto& entry : fs::recursive_directory_iterator(expected)) {
        if (entry.path().extension() == ".parquet") files.push_back(quote_literal(entry.path().string()));
      }
    }
    if (files.empty()) {
      auto rows = session_->query("SELECT count(*) FROM " + table);
      return engine::cell_text(rows.rows[0][0]) == "0" ? Verdict{} : failed("expected no rows");
    }
    auto source = "read_parquet([" + join(files, ", ") + "], union_by_name = true, hive_partitioning = false)";
    auto shape = session_->describe("SELECT * FROM " + source);
    auto names_of = [](const std::vector<engine::ColumnInfo>& list) {
      std::vector<std::string> names;
      for (auto& column : list) names.push_back(lower(column.name));
      std::sort(names.begin(), names.end());
      return names;
    };
    if (names_of(columns) != names_of(shape))
      return failed("columns differ: " + join(names_of(columns), ",") + " instead of " + join(names_of(shape), ","));
    return compare_relations(table, compared, "SELECT " + list(compared, true) + " FROM " + source);
  }

  Verdict compare_literal(const Case& test) {
    auto columns = session_->describe("SELECT * FROM t");
    std::vector<std::string> tuples, names;
    for (auto& name : test.info.at("expected").at("columns").as_array())
      names.push_back(quote_identifier(name.as_string()));
    for (auto& row : test.info.at("expected").at("values").as_array()) {
      std::vector<std::string> cells;
      for (auto& cell : row.as_array())
        cells.push_back(cell.is_string() ? quote_literal(cell.as_string()) : cell.dump());
      tuples.push_back("(" + join(cells, ", ") + ")");
    }
    return compare_relations(
        "t", columns,
        "SELECT " + list(columns, true) + " FROM (VALUES " + join(tuples, ", ") + ") AS v(" + join(names, ", ") + ")");
  }

  // Of other versions only the number of rows is known.
  Verdict count_versions(const Case& test) {
    auto* versions = test.info.find("versions_by_deltalake");
    if (!versions || !versions->is_object()) return {};
    for (auto& [version, facts] : versions->as_object()) {
      auto wanted = facts.get_int("rows");
      if (!wanted) continue;
      auto rows = session_->query("SELECT count(*) FROM (SELECT * FROM t AT (VERSION => " + version + "))");
      auto got = engine::cell_text(rows.rows[0][0]);
      if (got != std::to_string(*wanted))
        return failed("version " + version + " has " + got + " rows instead of " + std::to_string(*wanted));
    }
    return {};
  }

  // ---- change feeds ----

  // First version -> relation with the recorded changes.
  static std::map<int64_t, std::string> recorded_feeds(const fs::path& folder) {
    std::map<int64_t, std::string> feeds;
    for (auto& file : {folder / "expected_cdf.parquet", folder / "expected" / "cdf"}) {
      if (!fs::exists(file)) continue;
      auto files = fs::is_directory(file) ? (file / "*.parquet").string() : file.string();
      feeds[0] = "read_parquet(" + quote_literal(files) + ", hive_partitioning = false)";
    }
    const std::string prefix = "expected_cdf_v";
    for (auto& entry : fs::directory_iterator(folder)) {
      auto name = entry.path().stem().string();
      if (name.rfind(prefix, 0) != 0) continue;
      feeds[parse_int(name.substr(prefix.size())).value()] =
          "read_csv(" + quote_literal(entry.path().string()) + ", all_varchar = true, header = true)";
    }
    return feeds;
  }

  Verdict check_changes(const Case& test) {
    auto recorded = recorded_feeds(test.folder);
    for (auto& [from, source] : recorded) {
      auto verdict = compare_feed(test, "table_changes('main.t', " + std::to_string(from) + ")", source);
      if (verdict.kind != Verdict::Kind::passed) return failed("change feed: " + verdict.text);
      ++tally.feeds_equal;
    }
    // The first version that has one before it to start from, or none.
    auto range = lake::version_range(lake_->location({"main", "t"}));
    recorded.emplace(range && range->first > 0 ? range->first + 1 : 0, "");
    for (auto& [from, source] : recorded) {
      try {
        auto verdict = replay_feed(from);
        if (verdict.kind != Verdict::Kind::passed) return failed("change feed replayed: " + verdict.text);
        ++tally.feeds_replayed;
      } catch (const Error& error) {
        if (error.code() != ErrorCode::change_feed_off && error.code() != ErrorCode::no_such_version &&
            error.code() != ErrorCode::bad_delta_schema)  // of the first version: it had no columns yet
          throw;
        ++tally.feeds_refused;
      }
    }
    return {};
  }

  // Of commits without a time of their own the store's counts, which copying has changed.
  static bool compared(const Case& test, const std::string& column) {
    if (column != "_commit_timestamp") return true;
    auto* features = test.info.find("features");
    if (!features) return false;
    auto& all = features->as_array();
    return std::any_of(all.begin(), all.end(), [](auto& name) { return name.as_string() == "inCommitTimestamp"; });
  }

  Verdict compare_feed(const Case& test, const std::string& feed, const std::string& source) {
    std::vector<std::string> got, wanted;
    auto columns = session_->describe("SELECT * FROM " + feed);
    std::erase_if(columns, [&](auto& column) { return !compared(test, column.name); });
    for (auto& column : columns) got.push_back(column.name);
    for (auto& column : session_->describe("SELECT * FROM " + source))
      if (compared(test, column.name)) wanted.push_back(column.name);
    std::sort(got.begin(), got.end());
    std::sort(wanted.begin(), wanted.end());
    if (got != wanted) return failed("columns differ: " + join(got, ",") + " instead of " + join(wanted, ","));
    return compare_rows("SELECT " + list(columns, false) + " FROM " + feed,
                        "SELECT " + list(columns, true) + " FROM " + source);
  }

  // What the version before had, with the rows that came and without those that went, is what the table has.
  Verdict replay_feed(int64_t from) {
    const auto columns = list(session_->describe("SELECT * FROM t"), false);
    const auto feed = " FROM table_changes('main.t', " + std::to_string(from) + ") WHERE _change_type IN ";
    auto before = from == 0
                      ? std::string()
                      : "SELECT " + columns + " FROM t AT (VERSION => " + std::to_string(from - 1) + ") UNION ALL ";
    return compare_rows("((" + before + "SELECT " + columns + feed +
                            "('insert', 'update_postimage')) EXCEPT ALL SELECT " + columns + feed +
                            "('delete', 'update_preimage'))",
                        "(SELECT " + columns + " FROM t)");
  }

  // ---- row ids ----

  Verdict check_row_ids(const Case& test) {
    const auto file = test.folder / "expected" / "row_ids";
    try {
      auto facts =
          session_->query("SELECT count(*) - count(DISTINCT _row_id), count(*) - count(_row_commit_version) FROM t");
      for (auto& cell : facts.rows[0])
        if (engine::cell_text(cell) != "0") return failed("row ids are not unique, or some are NULL");
    } catch (const Error& error) {
      if (error.code() != ErrorCode::sql_unknown_column) throw;
      return fs::exists(file) ? failed("has no row ids") : Verdict{};
    }
    ++tally.ids_unique;
    if (!fs::exists(file)) return {};
    auto verdict = compare_rows("SELECT *, _row_id, _row_commit_version FROM t",
                                "SELECT * FROM read_parquet(" + quote_literal((file / "*.parquet").string()) + ")");
    if (verdict.kind != Verdict::Kind::passed) return failed("row ids: " + verdict.text);
    ++tally.ids_equal;
    return {};
  }

  std::unique_ptr<engine::Engine> engine_ = engine::open_duckdb({1ll << 30, 2, "", 0});
  std::shared_ptr<lake::Lake> lake_;
  std::unique_ptr<engine::Session> session_;
};

std::optional<Case> case_at(const fs::path& folder, const fs::path& root) {
  Case test;
  test.folder = folder;
  test.name = fs::relative(folder, root).string();
  if (fs::exists(folder / "case.json")) {
    test.info = Json::parse(read_file(folder / "case.json"));
    test.table = folder / "table";
    test.expected = folder / "expected";
    auto kind = test.info.at("expected").at("kind").as_string();
    test.kind = kind == "error" || kind == "error_or_tolerate" ? "error"
                : kind == "both_peers_fail"                    ? "log"
                : kind == "literal"                            ? "literal"
                : kind == "one_peer_text"                      ? "text"
                                                               : "rows";
    return test;
  }
  if (!fs::exists(folder / "test_case_info.json")) return std::nullopt;
  test.table = folder / "delta";
  test.expected = folder / "expected" / "latest" / "table_content";
  test.kind = "rows";
  for (auto& entry : fs::directory_iterator(folder / "expected")) {
    auto name = entry.path().filename().string();
    auto version = name.rfind('v', 0) == 0 ? parse_int(name.substr(1)) : parse_int(name);
    if (!version) continue;
    test.earlier = *version;
    test.earlier_expected = entry.path() / "table_content";
  }
  return test;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: conformance_delta PATH [part of a case's name]\n");
    return 2;
  }
  fs::path root = argv[1];
  std::vector<Case> cases;
  if (fs::exists(root)) {
    for (auto& entry : fs::recursive_directory_iterator(root)) {
      if (!entry.is_directory()) continue;
      if (auto test = case_at(entry.path(), root); test && (argc < 3 || test->name.find(argv[2]) != std::string::npos))
        cases.push_back(std::move(*test));
    }
  }
  std::sort(cases.begin(), cases.end(), [](auto& a, auto& b) { return a.name < b.name; });
  Runner runner;
  std::map<Verdict::Kind, int> counts;
  std::map<std::string, int> rows;
  for (auto& test : cases) {
    auto verdict = runner.run(test);
    ++counts[verdict.kind];
    if (verdict.kind == Verdict::Kind::passed) ++rows[test.kind];
    if (verdict.kind == Verdict::Kind::failed) std::printf("FAILED  %s: %s\n", test.name.c_str(), verdict.text.c_str());
    if (verdict.kind == Verdict::Kind::skipped)
      std::printf("skipped %s: %s\n", test.name.c_str(), verdict.text.c_str());
    std::fflush(stdout);
  }
  std::printf("rows equal: %d; errors named: %d; logs replayed or refused: %d\n",
              rows["rows"] + rows["literal"] + rows["text"], rows["error"], rows["log"]);
  auto& tally = runner.tally;
  std::printf("change feeds equal: %d; replayed to the table: %d; refused as not recorded: %d\n", tally.feeds_equal,
              tally.feeds_replayed, tally.feeds_refused);
  std::printf("row ids equal: %d; unique: %d\n", tally.ids_equal, tally.ids_unique);
  std::printf("%d passed, %d failed, %d skipped\n", counts[Verdict::Kind::passed], counts[Verdict::Kind::failed],
              counts[Verdict::Kind::skipped]);
  return cases.empty() || counts[Verdict::Kind::failed] > 0 ? 1 : 0;
}
