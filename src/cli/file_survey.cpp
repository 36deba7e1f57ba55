#include "cli/file_survey.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "base/ids.h"
#include "base/text.h"
#include "cli/table_text.h"

namespace weir::cli {

namespace {

constexpr size_t rejects_shown = 5;
constexpr int widenings = 3;
constexpr double tolerated = 0.01;  // of a column's values that may fail before its type is taken for wrong

// Texts that stand for "no value" in files of the world.
const std::vector<std::string>& null_candidates() {
  static const std::vector<std::string> texts = {"NA", "NULL", "null", "\\N", "N/A", "None"};
  return texts;
}

size_t texts_among(const engine::SniffedFile& file) {
  return static_cast<size_t>(std::count_if(file.columns.begin(), file.columns.end(),
                                           [](const auto& column) { return upper(column.type) == "VARCHAR"; }));
}

// Which of the candidates stand in columns that are texts only because of them.
std::vector<std::string> used_as_null(engine::Session& session, const engine::SniffedFile& as_texts,
                                      const engine::SniffedFile& typed, const std::vector<engine::ScanFile>& files) {
  engine::FileScan scan;
  scan.dialect = as_texts.dialect;
  scan.files = files;
  std::vector<std::string> changed;
  for (size_t i = 0; i < as_texts.columns.size(); ++i) {
    scan.columns.push_back({as_texts.columns[i].name, "VARCHAR", std::nullopt, false});
    if (as_texts.columns[i].type != typed.columns[i].type)
      changed.push_back(quote_identifier(as_texts.columns[i].name));
  }
  session.begin(uuid_v4());
  session.register_scan("surveyed_texts", scan);
  std::vector<std::string> counts;
  for (const auto& candidate : null_candidates()) {
    std::vector<std::string> equal;
    for (const auto& column : changed) equal.push_back(column + " = " + quote_literal(candidate));
    counts.push_back("count(CASE WHEN " + join(equal, " OR ") + " THEN 1 END)");
  }
  const auto rows = session.query("SELECT " + join(counts, ", ") + " FROM surveyed_texts");
  session.rollback();
  std::vector<std::string> used;
  for (size_t i = 0; i < null_candidates().size(); ++i)
    if (engine::cell_text(rows.rows.at(0).at(i)) != "0") used.push_back(null_candidates()[i]);
  return used;
}

// Whether columns that were texts have become something else, and the others are what they were.
bool explains_more(const engine::SniffedFile& now, const engine::SniffedFile& before) {
  if (now.columns.size() != before.columns.size() || texts_among(now) >= texts_among(before)) return false;
  for (size_t i = 0; i < now.columns.size(); ++i)
    if (upper(before.columns[i].type) != "VARCHAR" && now.columns[i].type != before.columns[i].type) return false;
  return true;
}

// Which forms of numbers and days beyond ISO stand among the first texts.
struct Hints {
  bool comma_numbers = false, dotted_days = false, slashed_days = false, minutes = false, seconds = false;
};

Hints hints_of(engine::Session& session, const engine::SniffedFile& sniffed,
               const std::vector<engine::ScanFile>& files) {
  constexpr size_t most_texts = 64;  // a file of more text columns is no list of numbers and days
  engine::FileScan scan;
  scan.dialect = sniffed.dialect;
  scan.files = files;
  std::vector<std::string> texts;
  for (const auto& column : sniffed.columns) {
    scan.columns.push_back({column.name, "VARCHAR", std::nullopt, false});
    if (upper(column.type) == "VARCHAR" && texts.size() < most_texts) texts.push_back(quote_identifier(column.name));
  }
  const std::string patterns[] = {"^\\s*-?[0-9.]*,[0-9]+\\s*$", "^[0-9]{1,2}\\.[0-9]{1,2}\\.[0-9]{4}",
                                  "^[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}", "[0-9]{4} [0-9]{1,2}:[0-9]{2}$",
                                  "[0-9]{4} [0-9]{1,2}:[0-9]{2}:[0-9]{2}$"};
  std::vector<std::string> found;
  for (const auto& pattern : patterns) {
    std::vector<std::string> any;
    for (const auto& text : texts) any.push_back("regexp_matches(" + text + ", " + quote_literal(pattern) + ")");
    found.push_back("count(CASE WHEN " + join(any, " OR ") + " THEN 1 END) > 0");
  }
  session.begin(uuid_v4());
  session.register_scan("surveyed_hints", scan);
  const auto rows = session.query("SELECT " + join(found, ", ") + " FROM (FROM surveyed_hints LIMIT 1000)");
  session.rollback();
  const auto is = [&](size_t i) { return engine::cell_text(rows.rows.at(0).at(i)) == "true"; };
  return {is(0), is(1), is(2), is(3), is(4)};
}

// Files of the world write numbers with a comma and days with the day in front. Such a way of writing is taken if it
// explains columns that are texts without it; 01/02/2024, which may be two days, stays a text if nothing decides.
engine::SniffedFile in_other_forms(engine::FileSniffer& sniffer, engine::Session& session, engine::SniffedFile best,
                                   const std::vector<engine::ScanFile>& files) {
  const Hints hints = hints_of(session, best, files);
  engine::KnownDialect known;
  known.dialect = best.dialect;
  known.delimiter = known.quote = known.escape = known.header = known.skip_lines = known.encoding = true;
  const auto with = [&](const auto& change) {
    engine::KnownDialect changed = known;
    change(changed.dialect);
    return sniffer.sniff(engine::FileFormat::csv, engine::Compression::detect, files, changed);
  };
  const auto take = [&](engine::SniffedFile sniffed) {
    best = std::move(sniffed);
    known.dialect = best.dialect;
  };
  const auto by_days = [&](const std::string& days) {
    return with([&](engine::CsvDialect& dialect) {
      dialect.date_format = days;
      if (hints.minutes || hints.seconds) dialect.timestamp_format = days + (hints.seconds ? " %H:%M:%S" : " %H:%M");
    });
  };
  if (hints.comma_numbers) {
    auto commas = with([](engine::CsvDialect& dialect) {
      dialect.decimal_separator = ",";
      dialect.thousands_separator = ".";
    });
    if (explains_more(commas, best)) take(std::move(commas));
  }
  if (hints.dotted_days) {
    auto dotted = by_days("%d.%m.%Y");
    if (explains_more(dotted, best)) take(std::move(dotted));
  }
  if (hints.slashed_days) {
    auto day_first = by_days("%d/%m/%Y"), month_first = by_days("%m/%d/%Y");
    const size_t with_days = texts_among(day_first), with_months = texts_among(month_first);
    auto& better = with_days < with_months ? day_first : month_first;
    if (with_days != with_months && explains_more(better, best)) take(std::move(better));
  }
  // What no column needs is not written down.
  const auto has = [&](std::string_view type) {
    return std::any_of(best.columns.begin(), best.columns.end(), [&](auto& column) { return column.type == type; });
  };
  if (!has("DATE")) best.dialect.date_format.clear();
  if (!has("TIMESTAMP")) best.dialect.timestamp_format.clear();
  return best;
}

engine::SniffedFile sniff(engine::Engine& engine, const std::shared_ptr<lake::Lake>& nowhere, engine::FileFormat format,
                          const std::vector<engine::ScanFile>& files) {
  const auto sniffer = engine.sniffer();
  auto plain = sniffer->sniff(format, engine::Compression::detect, files, {});
  if (format != engine::FileFormat::csv || texts_among(plain) == 0) return plain;
  // If the files write a missing value as NA or the like, columns become numbers or dates once that is known.
  engine::KnownDialect with_nulls;
  auto& nulls = with_nulls.dialect.null_texts;
  nulls.insert(nulls.end(), null_candidates().begin(), null_candidates().end());
  const auto session = engine.session(nowhere);
  auto typed = sniffer->sniff(format, engine::Compression::detect, files, with_nulls);
  if (typed.columns.size() != plain.columns.size()) return plain;
  if (texts_among(typed) > 0) typed = in_other_forms(*sniffer, *session, std::move(typed), files);
  if (texts_among(typed) >= texts_among(plain)) return plain;
  const auto used = used_as_null(*session, plain, typed, files);
  typed.dialect.null_texts = {""};
  typed.dialect.null_texts.insert(typed.dialect.null_texts.end(), used.begin(), used.end());
  return typed;
}

engine::FileScan scan_of(const Survey& survey) {
  engine::FileScan scan;
  scan.format = survey.format;
  scan.dialect = survey.dialect;
  scan.files = survey.files;
  for (const auto& column : survey.columns) scan.columns.push_back({column.name, column.type, std::nullopt, false});
  return scan;
}

std::string text_at(const engine::Rows& rows, size_t row, size_t column) {
  return engine::cell_text(rows.rows.at(row).at(column));
}
int64_t number_at(const engine::Rows& rows, size_t row, size_t column) {
  return parse_int(text_at(rows, row, column)).value_or(0);
}

// One pass over all rows: counts, bounds, distinct values.
void measure(engine::Session& session, Survey& survey, const std::string& relation) {
  std::string sql = "SELECT count(*)";
  for (const auto& column : survey.columns) {
    const std::string name = quote_identifier(column.name);
    sql += fmt::format(", count({0}), min({0})::VARCHAR, max({0})::VARCHAR, approx_count_distinct({0})", name);
  }
  const auto rows = session.query(sql + " FROM " + relation);
  survey.rows = number_at(rows, 0, 0);
  for (size_t i = 0; i < survey.columns.size(); ++i) {
    SurveyedColumn& column = survey.columns[i];
    const size_t at = 1 + 4 * i;
    column.nulls = survey.rows - number_at(rows, 0, at);
    column.least = column.greatest = std::nullopt;
    if (column.nulls < survey.rows) {
      column.least = text_at(rows, 0, at + 1);
      column.greatest = text_at(rows, 0, at + 2);
    }
    column.distinct = std::min(number_at(rows, 0, at + 3), survey.rows - column.nulls);  // it is an estimate
  }
}

// Widens columns in which too many values failed; true if one was.
bool widen(engine::Session& session, Survey& survey, const std::string& rejects) {
  const auto found = session.query("SELECT _column, count(*) FROM " + rejects + " GROUP BY ALL");
  bool widened = false;
  for (size_t row = 0; row < found.rows.size(); ++row) {
    const auto column = std::find_if(survey.columns.begin(), survey.columns.end(),
                                     [&](const auto& c) { return iequals(c.name, text_at(found, row, 0)); });
    if (column == survey.columns.end() || upper(column->type) == "VARCHAR") continue;
    const double share =
        static_cast<double>(number_at(found, row, 1)) / static_cast<double>(survey.rows + survey.rejected);
    if (share <= tolerated) continue;
    const bool whole = is_number({column->name, column->type}) && upper(column->type) != "DOUBLE";
    column->type = whole ? "DOUBLE" : "VARCHAR";
    widened = true;
  }
  return widened;
}

void read_rejects(engine::Session& session, Survey& survey, const std::string& rejects) {
  const auto count = session.query("SELECT count(*) FROM " + rejects);
  survey.rejected = number_at(count, 0, 0);
  survey.rejects.clear();
  const auto rows = session.query(
      fmt::format("SELECT _file, _line, coalesce(_column, ''), _reason FROM {} ORDER BY _file, _line LIMIT {}", rejects,
                  rejects_shown));
  for (size_t row = 0; row < rows.rows.size(); ++row)
    survey.rejects.push_back(
        {text_at(rows, row, 0), text_at(rows, row, 2), text_at(rows, row, 3), number_at(rows, row, 1)});
}

// Types that make a key: whole numbers, texts, uuids.
bool may_be_key(const Survey& survey, const SurveyedColumn& column) {
  const std::string type = upper(column.type);
  const bool kind = type == "VARCHAR" || type == "UUID" ||
                    (is_number({column.name, column.type}) && type != "DOUBLE" && type != "FLOAT");
  // The approximate count may be a quarter off; who is near is counted exactly.
  return kind && survey.rows > 1 && column.nulls == 0 && column.distinct * 2 > survey.rows;
}

int key_rank(const SurveyedColumn& column) {
  const std::string name = lower(column.name);
  if (name == "id") return 0;
  if (name.ends_with("_id") || name.ends_with("id") || name == "key" || name.ends_with("_key") || name == "uuid")
    return 1;
  if (name.ends_with("code") || name.ends_with("number") || name.ends_with("_no")) return 2;
  return 3;
}

bool needs_quotes(engine::Session& session, const std::string& name) {
  if (name.find_first_of("\n;") != std::string::npos || lower(name) != name) return true;
  try {
    const auto columns = session.describe("SELECT 1,\n" + name + "\nFROM (SELECT 1 AS " + quote_identifier(name) + ")");
    return columns.size() != 2 || columns[1].name != name;
  } catch (const Error& error) {
    if (error.code() == ErrorCode::cancelled) throw;
    return true;  // not as it stands
  }
}

void find_key(engine::Session& session, Survey& survey, const std::string& relation) {
  std::vector<size_t> candidates;
  for (size_t i = 0; i < survey.columns.size(); ++i)
    if (may_be_key(survey, survey.columns[i])) candidates.push_back(i);
  std::stable_sort(candidates.begin(), candidates.end(),
                   [&](size_t a, size_t b) { return key_rank(survey.columns[a]) < key_rank(survey.columns[b]); });
  if (candidates.size() > 3) candidates.resize(3);
  for (const size_t i : candidates) {
    const auto rows = session.query(fmt::format("SELECT count(DISTINCT {0}) = count({0}) FROM {1}",
                                                quote_identifier(survey.columns[i].name), relation));
    // Of all lines whose key can be read: a line that another column rejects is not told apart here.
    if (text_at(rows, 0, 0) != "true") continue;
    survey.columns[i].unique = true;
    survey.columns[i].distinct = survey.rows;
    survey.key = i;
    return;
  }
}

}  // namespace

std::optional<engine::FileFormat> format_by_name(const std::string& name) {
  std::string stem = lower(name);
  for (const std::string_view packed : {".gz", ".zst", ".zstd"})
    if (stem.ends_with(packed)) stem.resize(stem.size() - packed.size());
  for (const std::string_view end : {".csv", ".tsv", ".txt", ".psv"})
    if (stem.ends_with(end)) return engine::FileFormat::csv;
  if (stem.ends_with(".parquet") || stem.ends_with(".pq")) return engine::FileFormat::parquet;
  return std::nullopt;
}

std::string dialect_text(const engine::CsvDialect& dialect) {
  const auto quoted = [](std::string_view text) { return "'" + replace_all(std::string(text), "\t", "\\t") + "'"; };
  std::string text = quoted(dialect.delimiter) + " ";
  text += dialect.quote ? quoted(std::string_view(&*dialect.quote, 1)) : std::string("unquoted");
  text += " " + dialect.encoding + (dialect.header ? ", header" : ", no header");
  if (dialect.decimal_separator != ".") text += ", decimal " + quoted(dialect.decimal_separator);
  if (!dialect.thousands_separator.empty()) text += ", thousands " + quoted(dialect.thousands_separator);
  for (const auto& format : {dialect.date_format, dialect.timestamp_format})
    if (!format.empty()) text += ", " + format;
  if (dialect.skip_lines > 0) text += fmt::format(", {} lines before it", dialect.skip_lines);
  for (const auto& null_text : dialect.null_texts)
    if (!null_text.empty()) text += ", " + quoted(null_text) + " is null";
  return text;
}

Survey survey_files(engine::Engine& engine, engine::FileFormat format, const std::vector<engine::ScanFile>& files,
                    const CancelToken& cancel) {
  Survey survey;
  survey.format = format;
  survey.files = files;
  for (const auto& file : files) survey.bytes += std::filesystem::file_size(file.uri);
  const auto nowhere = std::make_shared<lake::Lake>(store::open("memory:survey"));
  const auto sniffed = sniff(engine, nowhere, format, files);
  survey.dialect = sniffed.dialect;
  for (const auto& column : sniffed.columns)
    survey.columns.push_back({column.name, column.type, 0, {}, {}, 0, false, false});
  for (int attempt = 0;; ++attempt) {
    const auto session = engine.session(nowhere, cancel);
    session->begin(uuid_v4());
    session->register_scan("surveyed", scan_of(survey));
    measure(*session, survey, "surveyed");
    const std::string rejects = session->scan_rejects("surveyed");
    read_rejects(*session, survey, rejects);
    const bool again = attempt < widenings && survey.rejected > 0 && widen(*session, survey, rejects);
    if (!again) find_key(*session, survey, "surveyed");
    session->rollback();
    if (!again)
      for (auto& column : survey.columns) column.quoted = needs_quotes(*session, column.name);
    if (!again) return survey;
  }
}

}  // namespace weir::cli
