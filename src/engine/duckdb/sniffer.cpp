#include "engine/duckdb/sniffer.h"

#include <algorithm>
#include <cstring>
#include <duckdb/main/connection.hpp>

#include "base/text.h"
#include "engine/duckdb/errors.h"
#include "engine/duckdb/file_relation.h"
#include "engine/duckdb/session_state.h"

namespace weir::engine::duck {

using namespace duckdb;

namespace {

constexpr size_t sample_bytes = 1 << 20;  // of each file, for the dialect
constexpr size_t sample_files = 8;
constexpr size_t sample_records = 4000;
constexpr int64_t typed_rows = 200'000;  // that decide types
constexpr size_t typed_files = 64;
constexpr size_t columns_at_once = 64;       // the time to plan a query grows with the square of its columns
constexpr int64_t sample_cells = 4'000'000;  // of a wider file, which is looked at in several queries
constexpr double tolerated = 0.01;           // of a column's values may be broken, if there are enough to tell
constexpr int64_t enough_rows = 100;
constexpr size_t longest_preamble = 20;  // lines before the header

using Record = std::vector<std::string>;

struct Candidate {
  CsvDialect dialect;
  std::vector<Record> records;  // of the first file
  size_t width = 0;             // the commonest number of fields in it
  double agreement = 0;         // part of the records that have it
};

// ---- dialect ----

struct Sample {
  std::string text;
  bool whole = false;
};

std::vector<Record> records_of(const Sample& sample, const CsvDialect& dialect) {
  std::vector<Record> records;
  std::string_view rest = sample.text;
  while (!rest.empty() && records.size() < sample_records) {
    auto record = next_record(rest, dialect, sample.whole);
    if (!record) break;
    if (record->size() > 1 || !record->front().empty())
      records.push_back(std::move(*record));  // blank lines are nothing
  }
  return records;
}

// The commonest number of fields and how many records have it; of two the greater.
std::pair<size_t, size_t> commonest_width(const std::vector<Record>& records) {
  std::map<size_t, size_t> widths;
  for (auto& record : records) ++widths[record.size()];
  std::pair<size_t, size_t> found{0, 0};
  for (auto& [width, count] : widths) {
    if (count >= found.second) found = {width, count};
  }
  return found;
}

// How well a dialect explains the samples: a few polluted rows lower the agreement a little, a wrong delimiter a lot.
// Files may differ in their columns, so each is measured by itself; the first tells the columns.
Candidate judge(const std::vector<Sample>& samples, CsvDialect dialect) {
  Candidate candidate;
  candidate.dialect = std::move(dialect);
  size_t total = 0, agreeing = 0;
  for (auto& sample : samples) {
    auto records = records_of(sample, candidate.dialect);
    auto [width, count] = commonest_width(records);
    total += records.size();
    agreeing += count;
    if (!candidate.records.empty()) continue;
    candidate.records = std::move(records);
    candidate.width = width;
  }
  candidate.agreement = total == 0 ? 0 : static_cast<double>(agreeing) / static_cast<double>(total);
  return candidate;
}

size_t quoted_fields(const std::string& text, char quote, const std::string& delimiter) {
  size_t count = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != quote) continue;
    bool opens = i == 0 || text[i - 1] == '\n' ||
                 (i >= delimiter.size() && text.compare(i - delimiter.size(), delimiter.size(), delimiter) == 0);
    if (opens) ++count;
  }
  return count;
}

Candidate best_dialect(const std::vector<Sample>& samples, const KnownDialect& known) {
  std::vector<std::string> delimiters = {",", "\t", ";", "|"};
  std::vector<std::optional<char>> quotes = {'"', '\'', std::nullopt};
  if (known.delimiter) delimiters = {known.dialect.delimiter};
  if (known.quote) quotes = {known.dialect.quote};
  Candidate best;
  bool tried = false;  // where nothing tells, the first is the answer
  for (const std::string& delimiter : delimiters) {
    for (const std::optional<char> quote : quotes) {
      bool used = std::any_of(samples.begin(), samples.end(),
                              [&](auto& sample) { return quote && quoted_fields(sample.text, *quote, delimiter) > 0; });
      if (quote == '\'' && !used && !known.quote) continue;  // the usual quote is kept where nothing is quoted
      CsvDialect dialect = known.dialect;
      dialect.delimiter = delimiter;
      dialect.quote = quote;
      if (!known.escape) dialect.escape = quote;
      auto candidate = judge(samples, dialect);
      // One column fits any text: it is the answer only if nothing else is.
      bool better = (candidate.width > 1) != (best.width > 1)
                        ? candidate.width > 1 && candidate.agreement > 0.5
                        : candidate.agreement > best.agreement + 1e-9 ||
                              (candidate.agreement > best.agreement - 1e-9 && candidate.width > best.width);
      if (better || !tried) best = std::move(candidate);
      tried = true;
    }
  }
  return best;
}

// Titles and notes before the header: leading records that do not have the width of the table.
void find_preamble(const Sample& sample, Candidate& found) {
  if (found.width < 2) return;
  size_t lead = 0;
  while (lead < found.records.size() && found.records[lead].size() == 1) ++lead;
  if (lead == 0 || lead > longest_preamble || lead >= found.records.size()) return;
  std::string_view rest = sample.text;
  for (size_t passed = 0; passed < lead;) {  // lines, blank ones included, until that many records went by
    auto end = rest.find('\n');
    auto line = trim(rest.substr(0, end));
    if (!line.empty()) ++passed;
    ++found.dialect.skip_lines;
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  }
  while (!rest.empty() && trim(rest.substr(0, rest.find('\n'))).empty()) {  // blank lines before the header
    ++found.dialect.skip_lines;
    auto end = rest.find('\n');
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  }
  found.records.erase(found.records.begin(), found.records.begin() + static_cast<std::ptrdiff_t>(lead));
}

bool looks_like_value(const std::string& text) {
  return parse_double(text).has_value() || iequals(text, "true") || iequals(text, "false") ||
         (is_valid_utf8(text) && Value(text).DefaultTryCastAs(LogicalType::TIMESTAMP));
}

// Whether values stand below a name that is none: then the first record is a header, whatever names it repeats.
bool names_stand_above_values(const Candidate& found) {
  for (size_t i = 0; i < found.records[0].size(); ++i) {
    size_t texts = 0, values = 0;
    for (size_t row = 1; row < std::min<size_t>(found.records.size(), 50); ++row) {
      if (i >= found.records[row].size() || found.records[row][i].empty()) continue;
      ++(looks_like_value(found.records[row][i]) ? values : texts);
    }
    if (values > texts && !found.records[0][i].empty()) return true;
  }
  return false;
}

bool first_is_header(const Candidate& found, const std::vector<std::string>& null_texts) {
  if (found.records.empty()) return true;
  std::set<std::string> seen;
  bool repeated = false;
  for (auto& name : found.records[0]) {
    bool null = std::find(null_texts.begin(), null_texts.end(), name) != null_texts.end();
    if (looks_like_value(name) || (null && !name.empty())) return false;
    repeated |= !name.empty() && !seen.insert(lower(name)).second;
  }
  return !seen.empty() && (!repeated || names_stand_above_values(found));
}

std::string encoding_of(Connection& connection, const std::string& path, Compression compression) {
  bool whole = false;
  auto text =
      read_beginning(connection, path, compression, "latin-1", sample_bytes, whole);  // every byte, as a character
  if (text.rfind("\xC3\xBF\xC3\xBE", 0) == 0 || text.rfind("\xC3\xBE\xC3\xBF", 0) == 0) return "utf-16";
  return "utf-8";
}

// ---- types ----

struct ColumnFacts {
  int64_t values = 0, booleans = 0, integers = 0, wholes = 0, numbers = 0, dates = 0, times = 0, zoned = 0, padded = 0;
};

// A cast of "12.5" to BIGINT succeeds, rounded: only digits make an integer. Casts are tried only where they may
// succeed, since a failing one costs the making of its message. No FILTER: each one costs buffers for all columns.
const char* const fact_list =
    "count({0}), count(CASE WHEN lower({0}) IN ('true', 'false') THEN 1 END), "
    "count(CASE WHEN regexp_full_match({number}, '\\s*-?[0-9]+\\s*') THEN TRY_CAST({number} AS BIGINT) END), "
    "count(CASE WHEN regexp_full_match({number}, '-?[0-9]{1,38}') THEN 1 END), "
    "count(CASE WHEN regexp_matches({number}, '^\\s*[-+]?[.0-9]') THEN TRY_CAST({number} AS DOUBLE) END), "
    "count({date}), count({time}), "
    "count(CASE WHEN regexp_matches({0}, '[0-9][-/ \\\\][0-9].*(Z|[+-][0-9]{2}(:?[0-9]{2})?)$') THEN "
    "TRY_CAST({0} AS TIMESTAMPTZ) END), "
    "count(CASE WHEN regexp_matches({0}, '^(0[0-9]|\\+)') THEN 1 END)";
const char* const iso_date =
    "CASE WHEN regexp_matches({0}, '[0-9][-/ \\\\][0-9]') AND NOT contains({0}, ':') THEN TRY_CAST({0} AS DATE) END";
const char* const iso_time = "CASE WHEN regexp_matches({0}, '[0-9][-/ \\\\][0-9]') THEN TRY_CAST({0} AS TIMESTAMP) END";

std::string facts_sql(const std::string& column, const CsvDialect& dialect) {
  auto by_format = [](const std::string& format) { return "try_strptime({0}, " + quote_literal(format) + ")"; };
  std::string number = "{0}";
  if (!dialect.thousands_separator.empty())
    number = "replace(" + number + ", " + quote_literal(dialect.thousands_separator) + ", '')";
  if (dialect.decimal_separator != ".")
    number = "replace(" + number + ", " + quote_literal(dialect.decimal_separator) + ", '.')";
  std::string sql = replace_all(fact_list, "{number}", number);
  sql = replace_all(sql, "{date}", dialect.date_format.empty() ? iso_date : by_format(dialect.date_format));
  sql = replace_all(sql, "{time}", dialect.timestamp_format.empty() ? iso_time : by_format(dialect.timestamp_format));
  return replace_all(sql, "{0}", column);
}

bool nearly_all(int64_t good, int64_t all) {
  auto bad = all - good;
  return bad == 0 || (all >= enough_rows && static_cast<double>(bad) <= tolerated * static_cast<double>(all));
}

std::string type_for(const ColumnFacts& facts) {
  if (facts.values == 0) return "VARCHAR";
  if (nearly_all(facts.booleans, facts.values)) return "BOOLEAN";
  if (facts.padded == 0) {  // 01234 is a code, not a number
    if (nearly_all(facts.integers, facts.values)) return "BIGINT";
    if (nearly_all(facts.wholes, facts.values)) return "DECIMAL(38,0)";
    if (nearly_all(facts.numbers, facts.values)) return "DOUBLE";
  }
  if (nearly_all(facts.dates, facts.values)) return "DATE";
  if (nearly_all(facts.zoned, facts.values)) return "TIMESTAMPTZ";
  if (nearly_all(facts.times, facts.values)) return "TIMESTAMP";
  return "VARCHAR";
}

class DuckSniffer final : public FileSniffer {
 public:
  explicit DuckSniffer(std::function<std::shared_ptr<Instance>()> instance) : instance_(std::move(instance)) {}

  SniffedFile sniff(FileFormat format, Compression compression, const std::vector<ScanFile>& files,
                    const KnownDialect& known) override {
    auto sniffed = sniff_names(format, compression, files, known);
    if (format == FileFormat::csv) infer_types(compression, files, sniffed);
    return sniffed;
  }

  SniffedFile sniff_names(FileFormat format, Compression compression, const std::vector<ScanFile>& files,
                          const KnownDialect& known) override {
    if (files.empty()) throw Error(ErrorCode::file_unreadable, "there is no file to look into");
    open();
    return format == FileFormat::parquet ? sniff_parquet(files) : names_of_csv(compression, files, known);
  }

  std::vector<SniffedColumn> header(FileFormat format, Compression compression, const CsvDialect& dialect,
                                    const ScanFile& file) override {
    open();
    if (format == FileFormat::parquet) return sniff_parquet({file}).columns;
    std::vector<SniffedColumn> columns;
    auto written = read_csv_header(*connection_, local_path(file.uri), compression, dialect);
    auto names = unique_names(written);
    for (size_t i = 0; i < names.size(); ++i)
      columns.push_back({dialect.header ? names[i] : "column" + std::to_string(i), "VARCHAR", false, written[i]});
    return columns;
  }

 private:
  void open() {
    if (held_ && !held_->broken()) return;
    held_ = instance_();
    connection_ = std::make_unique<Connection>(held_->db());
    state_ = make_shared_ptr<CallbackState>();
    CallbackState::attach(*connection_->context, state_);
  }

  duckdb::unique_ptr<MaterializedQueryResult> query(const std::string& sql, const std::string& path) {
    auto result = connection_->Query(sql);
    if (result->HasError()) {
      const bool of_store = state_->errors.holds(result->GetErrorObject().RawMessage());
      auto error = translated(result->GetErrorObject(), {}, &state_->errors);
      const auto code = error.code();
      if (of_store || code == ErrorCode::out_of_memory || code == ErrorCode::cancelled || code == ErrorCode::spill_full)
        throw error;
      throw Error(ErrorCode::file_unreadable, path + " cannot be read: " + error.message());
    }
    return result;
  }

  SniffedFile sniff_parquet(const std::vector<ScanFile>& files) {
    std::vector<std::string> paths;
    for (auto& file : files) paths.push_back(quote_literal(literal_pattern(local_path(file.uri))));
    auto shape = query("DESCRIBE SELECT * FROM read_parquet([" + join(paths, ", ") +
                           "], union_by_name = true, hive_partitioning = false)",
                       local_path(files.front().uri));
    SniffedFile sniffed;
    for (idx_t row = 0; row < shape->RowCount(); ++row)
      sniffed.columns.push_back({shape->GetValue(0, row).ToString(), shape->GetValue(1, row).ToString(), false});
    return sniffed;
  }

  SniffedFile names_of_csv(Compression compression, const std::vector<ScanFile>& files, KnownDialect known) {
    auto& encoding = known.dialect.encoding;
    if (!known.encoding) encoding = encoding_of(*connection_, local_path(files.front().uri), compression);
    if (!known.skip_lines) known.dialect.skip_lines = 0;
    std::vector<Sample> samples;
    for (size_t i = 0; i < std::min(files.size(), sample_files); ++i) {
      Sample sample;
      sample.text =
          read_beginning(*connection_, local_path(files[i].uri), compression, encoding, sample_bytes, sample.whole);
      if (i == 0 && !known.encoding && encoding == "utf-8" &&
          !is_valid_utf8(
              std::string_view(sample.text).substr(0, sample.text.size() - std::min<size_t>(sample.text.size(), 3))))
        encoding = mostly_utf8(sample.text) ? "utf-8" : "latin-1";
      if (i == 0 && !known.encoding && encoding == "latin-1")
        sample.text =
            read_beginning(*connection_, local_path(files[i].uri), compression, encoding, sample_bytes, sample.whole);
      refuse_binary(sample.text, local_path(files[i].uri));
      if (known.skip_lines) sample.text = std::string(without_lines(sample.text, known.dialect));
      samples.push_back(std::move(sample));
    }
    auto found = best_dialect(samples, known);
    check_width(local_path(files.front().uri), found.width);
    if (!found.records.empty() && !known.skip_lines) find_preamble(samples.front(), found);
    found.dialect.header = known.header ? known.dialect.header : first_is_header(found, known.dialect.null_texts);
    SniffedFile sniffed;
    sniffed.dialect = found.dialect;
    sniffed.columns = columns_of(found);
    return sniffed;
  }

  // One control character in a hundred is no text of any encoding; a few are pollution.
  static void refuse_binary(const std::string& text, const std::string& path) {
    auto control = [](char c) { return static_cast<unsigned char>(c) < ' ' && !std::strchr("\t\r\n\f", c); };
    auto count = std::count_if(text.begin(), text.end(), [&](char c) { return c == '\0' || control(c); });
    if (static_cast<double>(count) > tolerated * static_cast<double>(text.size()))
      throw Error(ErrorCode::file_unreadable, path + " is not a text file: it holds control characters",
                  "Name CSV files, plain or packed with gzip or zstd under names that end in .gz or .zst.");
  }

  // A few broken characters in a text that is otherwise UTF-8 are pollution; a text of Latin-1 breaks at every accent.
  static bool mostly_utf8(const std::string& text) {
    size_t lines = 0, broken = 0;
    for (auto& line : split(text, '\n')) {
      ++lines;
      if (!is_valid_utf8(line)) ++broken;
    }
    size_t good_accents = 0;
    for (size_t i = 0; i + 1 < text.size(); ++i) {
      auto lead = static_cast<unsigned char>(text[i]), next = static_cast<unsigned char>(text[i + 1]);
      if (lead >= 0xC2 && lead <= 0xF4 && next >= 0x80 && next <= 0xBF) ++good_accents;
    }
    return good_accents > broken || static_cast<double>(broken) <= tolerated * static_cast<double>(lines);
  }

  static std::vector<SniffedColumn> columns_of(const Candidate& found) {
    std::vector<std::string> names;
    if (found.dialect.header && !found.records.empty()) names = found.records[0];
    names.resize(found.width);
    std::vector<SniffedColumn> columns;
    for (auto& name : unique_names(std::move(names))) columns.push_back({name, "VARCHAR", false});
    return columns;
  }

  // Reads the files' beginnings as text and asks which types the values would take.
  void infer_types(Compression compression, const std::vector<ScanFile>& files, SniffedFile& sniffed) {
    if (sniffed.columns.empty()) return;
    std::vector<ColumnFacts> facts(sniffed.columns.size());
    int64_t rows = 0;
    for (size_t i = 0; i < std::min(files.size(), typed_files) && rows < typed_rows; ++i)
      rows += gather(compression, local_path(files[i].uri), sniffed, facts, typed_rows - rows);
    for (size_t i = 0; i < facts.size(); ++i) {
      sniffed.columns[i].type = type_for(facts[i]);
      sniffed.columns[i].all_null = facts[i].values == 0;
    }
  }

  int64_t gather(Compression compression, const std::string& path, const SniffedFile& sniffed,
                 std::vector<ColumnFacts>& facts, int64_t limit) {
    auto header = sniffed.dialect.header
                      ? unique_names(read_csv_header(*connection_, path, compression, sniffed.dialect))
                      : std::vector<std::string>();
    if (sniffed.dialect.header && header.empty()) return 0;
    auto width = sniffed.dialect.header ? header.size() : sniffed.columns.size();
    std::vector<std::string> columns;
    std::vector<size_t> looked_at, of_table;  // a column of the file, and which of the table's it is
    std::vector<bool> taken(sniffed.columns.size());
    for (size_t i = 0; i < width; ++i) {
      columns.push_back("'c" + std::to_string(i) + "': 'VARCHAR'");
      size_t k = sniffed.dialect.header ? 0 : i;
      while (sniffed.dialect.header && k < taken.size() && (taken[k] || !iequals(sniffed.columns[k].name, header[i])))
        ++k;
      if (k >= taken.size()) continue;
      taken[k] = true;
      looked_at.push_back(i);
      of_table.push_back(k);
    }
    if (looked_at.empty()) return 0;
    if (width > columns_at_once) limit = std::min(limit, sample_cells / static_cast<int64_t>(width));
    std::string sample = "(SELECT * FROM read_csv(" + quote_literal(literal_pattern(path)) + ", " +
                         csv_options(sniffed.dialect, compression_of(path, compression)) +
                         ", ignore_errors = true, columns = {" + join(columns, ", ") + "}) LIMIT " +
                         std::to_string(limit) + ")";
    if (width > columns_at_once) {
      query("CREATE OR REPLACE TEMP TABLE weir_sample AS FROM " + sample, path);
      sample = "weir_sample";
    }
    int64_t rows = 0;
    for (size_t first = 0; first < looked_at.size(); first += columns_at_once) {
      const size_t end = std::min(first + columns_at_once, looked_at.size());
      std::vector<std::string> lists;
      for (size_t i = first; i < end; ++i)
        lists.push_back(facts_sql("c" + std::to_string(looked_at[i]), sniffed.dialect));
      auto result = query("SELECT count(*), " + join(lists, ", ") + " FROM " + sample, path);
      rows = result->GetValue(0, 0).GetValue<int64_t>();
      idx_t cell = 1;
      for (size_t i = first; i < end; ++i) {
        auto& fact = facts[of_table[i]];
        for (auto* count : {&fact.values, &fact.booleans, &fact.integers, &fact.wholes, &fact.numbers, &fact.dates,
                            &fact.times, &fact.zoned, &fact.padded})
          *count += result->GetValue(cell++, 0).GetValue<int64_t>();
      }
    }
    if (width > columns_at_once) query("DROP TABLE temp.main.weir_sample", path);
    return rows;
  }

  std::function<std::shared_ptr<Instance>()> instance_;
  std::shared_ptr<Instance> held_;
  duckdb::shared_ptr<CallbackState> state_;  // the connection's
  std::unique_ptr<Connection> connection_;
};

}  // namespace

std::unique_ptr<FileSniffer> make_sniffer(std::function<std::shared_ptr<Instance>()> instance) {
  return std::make_unique<DuckSniffer>(std::move(instance));
}

}  // namespace weir::engine::duck
