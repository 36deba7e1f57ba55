#include "engine/duckdb/errors.h"

#include <algorithm>
#include <cctype>
#include <optional>

#include "base/text.h"

namespace weir::engine::duck {

using duckdb::ErrorData;
using duckdb::ExceptionType;

void ErrorPark::put(const Error& error) {
  std::lock_guard lock(mutex_);
  constexpr size_t most = 64;  // one per thread, and some that DuckDB tried again
  if (errors_.size() < most) errors_.push_back(error);
}

void ErrorPark::clear() {
  std::lock_guard lock(mutex_);
  errors_.clear();
}

bool ErrorPark::holds(std::string_view message) {
  std::lock_guard lock(mutex_);
  return std::any_of(errors_.begin(), errors_.end(),
                     [&](const Error& error) { return message.find(error.message()) != std::string_view::npos; });
}

std::optional<Error> ErrorPark::take(std::string_view message) {
  std::lock_guard lock(mutex_);
  for (const auto& error : errors_) {
    if (message.find(error.message()) == std::string_view::npos) continue;
    Error found = error;
    errors_.clear();
    return found;
  }
  return std::nullopt;
}

Span span_at(std::string_view text, size_t offset) {
  offset = std::min(offset, text.size());
  size_t start = offset == 0 ? std::string_view::npos : text.rfind('\n', offset - 1);
  start = start == std::string_view::npos ? 0 : start + 1;
  size_t end = std::min(text.find('\n', offset), text.size());
  Span span;
  span.line = 1 + static_cast<int>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(start), '\n'));
  span.column = 1 + static_cast<int>(offset - start);
  span.line_text = std::string(text.substr(start, end - start));
  return span;
}

namespace {

std::string extra(const ErrorData& data, const std::string& key) {
  auto found = data.ExtraInfo().find(key);
  return found == data.ExtraInfo().end() ? std::string() : found->second;
}

// The last part of "a"."b" or a.b, without quotes.
std::string last_name(std::string name) {
  if (auto dot = name.rfind('.'); dot != std::string::npos) name = name.substr(dot + 1);
  return replace_all(std::move(name), "\"", "");
}

std::string first_line(const std::string& text) {
  auto line = text.substr(0, text.find('\n'));
  while (!line.empty() && (line.back() == ' ' || line.back() == ':')) line.pop_back();
  return line;
}

// The engine's own tables and functions are nobody's typing mistake.
bool is_internal(const std::string& name) {
  return name.starts_with("pg_") || name.starts_with("duckdb_") || name.starts_with("sqlite_") || name == "tables" ||
         name == "columns" || name == "schemata" || name == "views";
}

std::string suggestion(const std::string& word, const std::string& candidates) {
  std::vector<std::string> names;
  for (auto& name : split(candidates, ',')) {
    const std::string whole(trim(name)), last = last_name(whole);
    if (last.empty() || is_internal(last)) continue;
    if (iequals(last, word) && last != whole)  // it is in another schema
      return "; did you mean \"" + replace_all(whole, "\"", "") + "\"?";
    names.push_back(last);
  }
  return did_you_mean(lower(word), names);
}

std::string candidate(const ErrorData& data, const std::string& word) {
  return suggestion(word, extra(data, "candidates"));
}

// The text between the n-th pair of double quotes.
std::string quoted_part(std::string_view text, int n) {
  for (size_t start = text.find('"'); start != std::string_view::npos; start = text.find('"', start)) {
    const size_t end = text.find('"', start + 1);
    if (end == std::string_view::npos) break;
    if (n-- == 0) return std::string(text.substr(start + 1, end - start - 1));
    start = end + 1;
  }
  return {};
}

// Table "o" does not have a column named "custmer_id" ... Candidate bindings: : "customer_id"
Error missing_in_table(const std::string& raw) {
  const auto table = quoted_part(raw, 0), column = quoted_part(raw, 1);
  const size_t list = raw.find("andidate");
  const auto candidates =
      list == std::string::npos ? std::string() : raw.substr(std::min(raw.find('"', list), raw.size()));
  return Error(ErrorCode::sql_unknown_column,
               "column \"" + column + "\" does not exist in " + table + suggestion(column, candidates));
}

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

// Where `name` stands as a word in the text, from `from` on.
std::optional<size_t> word_at(std::string_view text, const std::string& name, size_t from) {
  if (name.empty()) return std::nullopt;
  const std::string lowered = lower(text), wanted = lower(name);
  for (size_t at = lowered.find(wanted, from); at != std::string::npos; at = lowered.find(wanted, at + 1)) {
    const size_t end = at + wanted.size();
    if ((at == 0 || !is_word(lowered[at - 1])) && (end == lowered.size() || !is_word(lowered[end]))) return at;
  }
  return std::nullopt;
}

// The engine points at the beginning of o.custmer_id, or nowhere: the missing name is what should be seen.
void point_at_name(Error& error, std::string_view sql, std::optional<size_t> position) {
  const bool missing = error.code() == ErrorCode::sql_unknown_column || error.code() == ErrorCode::sql_unknown_table ||
                       error.code() == ErrorCode::sql_unknown_function;
  const std::string name = missing ? quoted_part(error.message(), 0) : std::string();
  const auto found = word_at(sql, name, position.value_or(0));
  const bool here = found && (!position || *found - *position < 64);
  if (here && (position || !word_at(sql, name, *found + name.size()))) position = found;
  if (!position) return;
  Span span = span_at(sql, *position);
  size_t end = *position;
  while (end < sql.size() && is_word(sql[end])) ++end;
  span.length = static_cast<int>(end - *position);
  error.with_span(span);
}

Error missing_entry(const ErrorData& data) {
  auto name = extra(data, "name");
  auto type = lower(extra(data, "type"));
  if (type.find("function") != std::string::npos || type.find("macro") != std::string::npos)
    return Error(ErrorCode::sql_unknown_function, "function \"" + name + "\" does not exist" + candidate(data, name));
  if (type == "table" || type == "view" || type == "schema")
    return Error(ErrorCode::sql_unknown_table, type + " \"" + name + "\" does not exist" + candidate(data, name));
  return Error(ErrorCode::sql_binder, type + " \"" + name + "\" does not exist" + candidate(data, name));
}

Error binder_error(const ErrorData& data) {
  auto subtype = extra(data, "error_subtype");
  auto name = extra(data, "name");
  if (subtype == "COLUMN_NOT_FOUND")
    return Error(ErrorCode::sql_unknown_column, "column \"" + name + "\" does not exist" + candidate(data, name));
  if (subtype == "NO_MATCHING_FUNCTION")
    return Error(ErrorCode::sql_types, "no function matches " + extra(data, "call"),
                 "The function exists for: " + replace_all(extra(data, "candidates"), ",", ", "));
  const auto& raw = data.RawMessage();
  if (raw.find("does not have a column named") != std::string::npos) return missing_in_table(raw);
  if (raw.find("Referenced update column") != std::string::npos)
    return Error(ErrorCode::sql_unknown_column, first_line(raw),
                 trim(raw.substr(first_line(raw).size())).empty()
                     ? std::string()
                     : std::string(trim(raw.substr(first_line(raw).size()))));
  if (raw.rfind("Schema \"", 0) == 0 || raw.rfind("Catalog \"", 0) == 0)
    return Error(ErrorCode::sql_unknown_table, first_line(raw));
  return Error(ErrorCode::sql_binder, std::string(trim(raw)));
}

// "CSV Error on Line: 7", the line, the reason, advice, "  file = …": where and why is what a reader needs.
Error csv_error(const std::string& raw) {
  auto lines = split(raw, '\n');
  std::string file, reason;
  for (auto& line : lines) {
    auto text = std::string(trim(line));
    if (text.rfind("file", 0) == 0 && text.find('=') != std::string::npos)
      file = std::string(trim(text.substr(text.find('=') + 1)));
    else if (reason.empty() && &line != &lines[0] && text.rfind("Original Line", 0) != 0 && !text.empty())
      reason = text;
  }
  auto number = lines[0].substr(lines[0].rfind(' ') + 1);
  return Error(ErrorCode::sql_conversion, file + ", line " + number + ": " + reason);
}

Error by_type(const ErrorData& data) {
  // Its own drawing of the statement is left out: the statement may be one that nobody wrote, and ours has a span.
  const std::string whole = data.RawMessage();
  const std::string raw(trim(std::string_view(whole).substr(0, whole.find("\n\nLINE "))));
  if (raw.rfind("CSV Error on Line", 0) == 0) return csv_error(raw);
  switch (data.Type()) {
    case ExceptionType::PARSER:
    case ExceptionType::SYNTAX:
      return Error(ErrorCode::sql_syntax, first_line(raw));
    case ExceptionType::CATALOG:
      if (extra(data, "error_subtype") == "MISSING_ENTRY") return missing_entry(data);
      if (raw.find("already exists") != std::string::npos) return Error(ErrorCode::sql_exists, first_line(raw));
      if (raw.rfind("Table with name", 0) == 0)
        return Error(ErrorCode::sql_unknown_table, "table \"" + quoted_part(raw, 0) + "\" does not exist");
      return Error(ErrorCode::sql_binder, raw);
    case ExceptionType::BINDER:
    case ExceptionType::PLANNER:
    case ExceptionType::EXPRESSION:
    case ExceptionType::PARAMETER_NOT_RESOLVED:
    case ExceptionType::PARAMETER_NOT_ALLOWED:
    case ExceptionType::DEPENDENCY:
    case ExceptionType::SETTINGS:
    case ExceptionType::INVALID_CONFIGURATION:
      return binder_error(data);
    case ExceptionType::MISMATCH_TYPE:
    case ExceptionType::INVALID_TYPE:
    case ExceptionType::UNKNOWN_TYPE:
      return Error(ErrorCode::sql_types, raw);
    case ExceptionType::CONVERSION:
    case ExceptionType::OUT_OF_RANGE:
    case ExceptionType::DECIMAL:
    case ExceptionType::DIVIDE_BY_ZERO:
      return Error(ErrorCode::sql_conversion, first_line(raw));
    case ExceptionType::CONSTRAINT:
      return Error(ErrorCode::sql_constraint, raw);
    case ExceptionType::NOT_IMPLEMENTED:
    case ExceptionType::PERMISSION:
    case ExceptionType::MISSING_EXTENSION:
    case ExceptionType::AUTOLOAD:
    case ExceptionType::NETWORK:
    case ExceptionType::HTTP:
      return Error(ErrorCode::sql_unsupported, raw);
    case ExceptionType::OUT_OF_MEMORY:
    case ExceptionType::OBJECT_SIZE:
      if (raw.find("max_temp_directory_size") != std::string::npos &&
          raw.find("failed to offload") != std::string::npos)
        return Error(ErrorCode::spill_full, first_line(raw));
      return Error(ErrorCode::out_of_memory, first_line(raw));
    case ExceptionType::INTERRUPT:
      return Error(ErrorCode::cancelled, "the statement was cancelled");
    case ExceptionType::IO:
      return Error(ErrorCode::engine_io, raw);
    case ExceptionType::INTERNAL:
    case ExceptionType::FATAL:
      return Error(ErrorCode::engine_broken, "internal error of DuckDB: " + first_line(raw));
    default:
      return Error(ErrorCode::sql_failed, raw.empty() ? "the statement failed" : raw);
  }
}

}  // namespace

Error translated(const ErrorData& reported, std::string_view sql, ErrorPark* park) {
  // Sessions ask for errors as JSON: the only form that keeps the place in the SQL.
  const bool as_json = !reported.RawMessage().empty() && reported.RawMessage().front() == '{';
  const ErrorData data = as_json ? ErrorData(reported.RawMessage()) : reported;
  if (park) {
    if (auto parked = park->take(data.RawMessage())) return *parked;
  }
  Error error = by_type(data);
  const auto position = parse_int(extra(data, "position"));
  if (!sql.empty())
    point_at_name(error, sql,
                  position && *position >= 0 ? std::optional(static_cast<size_t>(*position)) : std::nullopt);
  return error;
}

Error translated(const std::exception& exception, std::string_view sql, ErrorPark* park) {
  return translated(ErrorData(exception), sql, park);
}

}  // namespace weir::engine::duck
