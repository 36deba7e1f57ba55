#include "project/unit_tests.h"

#include <algorithm>

#include "base/text.h"

namespace weir::project {

namespace {

Error bad_unit(const std::string& message, const Span& span) {
  return Error(ErrorCode::bad_schema_yaml, message).with_span(span);
}

// A line of CSV as Python's csv module reads it: quoted fields may hold commas, quotes doubled and line breaks.
class CsvText {
 public:
  explicit CsvText(std::string_view text) : text_(text) {}
  bool next(std::vector<std::string>& fields) {
    fields.clear();
    while (at_ < text_.size() && (text_[at_] == '\n' || text_[at_] == '\r')) at_++;
    if (at_ >= text_.size()) return false;
    fields.push_back(field());
    while (at_ < text_.size() && text_[at_] == ',') {
      at_++;
      fields.push_back(field());
    }
    return true;
  }

 private:
  std::string field() {
    std::string out;
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) at_++;
    if (at_ < text_.size() && text_[at_] == '"') {
      for (at_++; at_ < text_.size(); at_++) {
        if (text_[at_] != '"') {
          out += text_[at_];
        } else if (at_ + 1 < text_.size() && text_[at_ + 1] == '"') {
          out += '"';
          at_++;
        } else {
          at_++;
          break;
        }
      }
    }
    const size_t end = std::min(text_.find_first_of(",\r\n", at_), text_.size());
    out += text_.substr(at_, end - at_);
    at_ = end;
    return out;
  }
  std::string_view text_;
  size_t at_ = 0;
};

void take_csv(UnitTestRows& out, std::string_view text, const Span& span) {
  CsvText csv(text);
  std::vector<std::string> fields;
  if (!csv.next(out.columns)) return;
  for (std::string& column : out.columns) column = trim(column);
  out.rows = Json::array();
  while (csv.next(fields)) {
    if (fields.size() > out.columns.size()) throw bad_unit("a row has more values than the header", span);
    Json row = Json::object();
    for (size_t i = 0; i < out.columns.size(); i++) {
      const bool none = i >= fields.size() || fields[i].empty() || lower(fields[i]) == "null";
      row.set(out.columns[i], none ? Json() : Json(fields[i]));
    }
    out.rows.push_back(std::move(row));
  }
}

const SourceFile& fixture_file(const std::string& name, const std::string& format,
                               const std::vector<SourceFile>& fixtures, const Span& span) {
  std::vector<std::string> names;
  for (const SourceFile& file : fixtures) {
    const bool fits = file.path.ends_with("." + format);
    if (fits && file.stem() == name) return file;
    if (fits) names.push_back(file.stem());
  }
  throw bad_unit("there is no fixture " + name + "." + format + did_you_mean(name, names), span)
      .with_hint("fixtures lie below fixtures/ of a test path: tests/fixtures/" + name + "." + format);
}

UnitTestRows read_rows(const Yaml& yaml, const std::vector<SourceFile>& fixtures) {
  UnitTestRows out;
  if (const Yaml* format = yaml.find("format"); format && !format->is_null()) out.format = format->as_string();
  if (out.format != "dict" && out.format != "csv" && out.format != "sql")
    throw bad_unit("format may be dict, csv or sql, not \"" + out.format + "\"", yaml.find("format")->span);
  const Yaml* rows = yaml.find("rows");
  if (rows && rows->is_null()) rows = nullptr;
  if (out.format == "dict") {
    if (rows && rows->kind != Yaml::Kind::sequence) throw bad_unit("rows of format dict must be a list", rows->span);
    if (rows)
      for (const Yaml& row : rows->items)
        if (row.kind != Yaml::Kind::mapping) throw bad_unit("a row must be a mapping of columns to values", row.span);
    if (rows) out.rows = rows->to_json();
    return out;
  }
  std::string text;
  if (const Yaml* fixture = yaml.find("fixture"); fixture && !fixture->is_null()) {
    text = fixture_file(fixture->as_string(), out.format, fixtures, fixture->span).read();
  } else if (rows) {
    if (rows->kind != Yaml::Kind::scalar)
      throw bad_unit("rows of format " + out.format + " must be a text", rows->span);
    text = rows->text;
  }
  if (out.format == "csv")
    take_csv(out, text, rows ? rows->span : yaml.span);
  else
    out.sql = text;
  return out;
}

bool is_given(const Yaml& yaml, const char* key) {
  const Yaml* found = yaml.find(key);
  return found && !found->is_null();
}

std::string literal_of(const Json& value, const std::string& type) {
  if (value.is_null()) return "cast(null as " + type + ")";
  std::string text = value.is_string() ? value.as_string()
                     : value.is_bool() ? (value.as_bool() ? "True" : "False")
                                       : value.dump();
  const std::string kind = lower(type);
  const bool nested = kind.ends_with("]") || kind.starts_with("struct") || kind.starts_with("map");
  if (nested && value.is_string()) return text;  // an expression, as dbt takes it
  return "cast(" + quote_literal(text) + " as " + type + ")";
}

}  // namespace

UnitTest read_unit_test(const Yaml& yaml, const std::vector<SourceFile>& fixtures, const SeedText& seed_text) {
  UnitTest out;
  if (const Yaml* given = yaml.find("given"); given && !given->is_null()) {
    if (given->kind != Yaml::Kind::sequence) throw bad_unit("given must be a list", given->span);
    for (const Yaml& item : given->items) {
      const Yaml* input = item.find("input");
      if (!input) throw bad_unit("an entry of given lacks its input", item.span);
      UnitTestInput one{std::string(trim(input->as_string())), read_rows(item, fixtures)};
      if (one.rows.format == "dict" && !is_given(item, "rows") && !is_given(item, "fixture")) {
        take_csv(one.rows, seed_text(one.input, input->span), input->span);
        one.rows.columns.clear();
      }
      out.given.push_back(std::move(one));
    }
  }
  const Yaml* expect = yaml.find("expect");
  if (!expect || expect->kind != Yaml::Kind::mapping)
    throw bad_unit("a unit test needs expect, a mapping with rows", expect ? expect->span : yaml.span);
  out.expect = read_rows(*expect, fixtures);
  if (const Yaml* overrides = yaml.find("overrides"); overrides && overrides->kind == Yaml::Kind::mapping) {
    const auto take = [&](const char* key, Json& into) {
      if (const Yaml* found = overrides->find(key); found && found->kind == Yaml::Kind::mapping)
        into = found->to_json();
    };
    take("macros", out.macros);
    take("vars", out.vars);
    take("env_vars", out.env_vars);
  }
  return out;
}

std::string rows_query(const UnitTestRows& rows, const std::vector<RelationColumn>& columns, const Node& test) {
  std::vector<std::string> names;
  names.reserve(columns.size());
  for (const RelationColumn& column : columns) names.push_back(column.name);
  std::vector<std::string> selects;
  for (const Json& row : rows.rows.as_array()) {
    for (const auto& given : row.as_object()) {
      const auto same = [&](const std::string& name) { return iequals(name, given.first); };
      if (std::none_of(names.begin(), names.end(), same))
        throw Error(ErrorCode::bad_schema_yaml, "unit test " + test.name + " gives column \"" + given.first +
                                                    "\", which is not there" + did_you_mean(given.first, names))
            .with_span(test.span);
    }
    std::vector<std::string> cells;
    for (const RelationColumn& column : columns) {
      Json value;
      for (const auto& [key, given] : row.as_object())
        if (iequals(key, column.name)) value = given;
      cells.push_back(literal_of(value, column.type) + " as " + quote_identifier(column.name));
    }
    selects.push_back("select " + join(cells, ", "));
  }
  if (!selects.empty()) return join(selects, "\nunion all\n");
  std::vector<std::string> cells;
  cells.reserve(columns.size());
  for (const RelationColumn& column : columns)
    cells.push_back("cast(null as " + column.type + ") as " + quote_identifier(column.name));
  return "select " + join(cells, ", ") + " where false";
}

}  // namespace weir::project
