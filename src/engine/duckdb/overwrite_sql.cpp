#include "engine/duckdb/overwrite_sql.h"

#include <duckdb/parser/parser.hpp>
#include <optional>

#include "base/error.h"
#include "base/text.h"
#include "engine/duckdb/errors.h"

namespace weir::engine::duck {

namespace {

struct Token {
  size_t start = 0, end = 0;
  std::string text;  // in lower case
};

std::vector<Token> tokens_of(const std::string& sql) {
  std::vector<Token> tokens;
  auto found = duckdb::Parser::Tokenize(sql);
  for (size_t i = 0; i < found.size(); ++i) {
    if (found[i].type == duckdb::SimplifiedTokenType::SIMPLIFIED_TOKEN_COMMENT) continue;
    Token token{found[i].start, i + 1 < found.size() ? found[i + 1].start : sql.size(), {}};
    const auto text = trim(std::string_view(sql).substr(token.start, token.end - token.start));
    token.end = token.start + text.size();
    token.text = lower(text);
    tokens.push_back(std::move(token));
  }
  return tokens;
}

bool begins_query(const std::string& word) {
  return word == "select" || word == "with" || word == "values" || word == "table";
}

class StatementReader {
 public:
  StatementReader(const std::string& sql, const std::vector<Token>& tokens, size_t from, size_t end)
      : sql_(sql), tokens_(tokens), from_(from), end_(end) {}

  // nullopt: the statement is none of these.
  std::optional<OverwriteSql> read() {
    at_ = from_;
    if (!takes("insert")) return std::nullopt;
    const size_t into = at_;
    const bool overwrites = takes("overwrite");
    if (!overwrites && !takes("into")) return std::nullopt;
    if (!takes("table") && overwrites) takes("into");
    const size_t name = at_;
    if (!pass_name()) return std::nullopt;
    const size_t behind_name = at_;
    OverwriteSql made;
    if (overwrites && takes("partition")) made.partitions = partition_names();
    const size_t columns = at_;
    pass_columns();
    const size_t behind_columns = at_;
    size_t condition = at_, query = at_;
    if (!overwrites) {
      if (!takes("replace") || !takes("where")) return std::nullopt;
      condition = at_;
      query = find_query();
      if (query == condition) fail(query, "REPLACE WHERE needs a condition");
      made.condition = sql_.substr(start(condition), tokens_[query - 1].end - start(condition));
    }
    if (query >= end_) fail(query, "INSERT OVERWRITE needs a query");
    made.insert = put(
        put(text({{from_, from_ + 1}, {name, behind_name}, {columns, behind_columns}, {query, end_}}), into, "INTO"),
        from_, "INSERT");
    made.query = text({{query, end_}});
    made.remove = put(put(text({{name, behind_name}}), into, "FROM"), from_, "DELETE");
    if (!overwrites) made.remove = overlaid(made.remove, text({{condition - 1, query}}));
    return made;
  }

 private:
  bool is(const char* word) const { return at_ < end_ && tokens_[at_].text == word; }
  bool takes(const char* word) {
    if (!is(word)) return false;
    ++at_;
    return true;
  }
  size_t start(size_t token) const { return token < end_ ? tokens_[token].start : sql_.size(); }
  [[noreturn]] void fail(size_t token, const std::string& what) const {
    throw Error(ErrorCode::sql_syntax, what,
                "INSERT INTO t REPLACE WHERE condition SELECT …, or INSERT OVERWRITE t SELECT …")
        .with_span(span_at(sql_, start(token)));
  }

  // a, a.b, a.b.c
  bool pass_name() {
    if (at_ >= end_) return false;
    ++at_;
    while (takes(".")) ++at_;
    return at_ <= end_;
  }
  void pass_columns() {
    if (is("by")) {
      at_ += 2;
      return;
    }
    if (!is("(") || (at_ + 1 < end_ && (begins_query(tokens_[at_ + 1].text) || tokens_[at_ + 1].text == "from")))
      return;
    names_in_parentheses();
  }
  std::vector<std::string> names_in_parentheses() {
    std::vector<std::string> names;
    if (!takes("(")) fail(at_, "a list of columns in parentheses is expected");
    while (at_ < end_ && !is(")")) {
      if (!takes(",")) names.push_back(name_at(at_++));
    }
    if (!takes(")")) fail(at_, "\")\" is expected");
    return names;
  }
  std::vector<std::string> partition_names() {
    const size_t first = at_;
    auto names = names_in_parentheses();
    for (size_t i = first; i < at_; ++i) {
      if (tokens_[i].text == "=") fail(i, "PARTITION takes names of columns, whose values come from the query");
    }
    return names;
  }
  std::string name_at(size_t token) const {
    std::string written = sql_.substr(start(token), tokens_[token].end - start(token));
    if (written.size() < 2 || written.front() != '"') return written;
    return replace_all(written.substr(1, written.size() - 2), "\"\"", "\"");
  }
  size_t find_query() const {
    int depth = 0;
    for (size_t i = at_; i < end_; ++i) {
      const std::string& word = tokens_[i].text;
      if (depth == 0 && begins_query(word)) return i;
      if (word == "(" || word == "[" || word == "{") ++depth;
      if (word == ")" || word == "]" || word == "}") --depth;
    }
    fail(end_, "REPLACE WHERE needs a query behind its condition: SELECT, WITH, VALUES or TABLE");
  }

  // The whole text with blanks for all but these tokens.
  std::string text(const std::vector<std::pair<size_t, size_t>>& ranges) const {
    std::string made = sql_;
    for (char& c : made) c = c == '\n' ? '\n' : ' ';
    for (const auto& [first, last] : ranges) {
      if (first < last)
        made.replace(start(first), tokens_[last - 1].end - start(first), sql_, start(first),
                     tokens_[last - 1].end - start(first));
    }
    return made;
  }
  // No word that is put is longer than the one it takes the place of.
  std::string put(std::string made, size_t token, const std::string& word) const {
    return made.replace(start(token), word.size(), word);
  }
  static std::string overlaid(std::string made, const std::string& other) {
    for (size_t i = 0; i < made.size(); ++i) {
      if (other[i] != ' ') made[i] = other[i];
    }
    return made;
  }

  const std::string& sql_;
  const std::vector<Token>& tokens_;
  const size_t from_, end_;
  size_t at_ = 0;
};

}  // namespace

std::vector<SqlPiece> sql_pieces(const std::string& sql) {
  const std::string words = lower(sql);
  const bool asked = words.find("overwrite") != std::string::npos ||
                     (words.find("replace") != std::string::npos && words.find("insert") != std::string::npos);
  if (!asked) return {sql};
  const std::vector<Token> tokens = tokens_of(sql);
  std::vector<SqlPiece> pieces;
  bool any = false;
  for (size_t from = 0; from < tokens.size();) {
    size_t end = from;
    while (end < tokens.size() && tokens[end].text != ";") ++end;
    if (end > from) {
      if (auto overwrite = StatementReader(sql, tokens, from, end).read()) {
        pieces.emplace_back(std::move(*overwrite));
        any = true;
      } else {
        std::string plain = sql;
        for (size_t i = 0; i < plain.size(); ++i) {
          const bool of_it = i >= tokens[from].start && i < tokens[end - 1].end;
          if (!of_it && plain[i] != '\n') plain[i] = ' ';
        }
        pieces.emplace_back(std::move(plain));
      }
    }
    from = end + 1;
  }
  if (!any) return {sql};
  return pieces;
}

}  // namespace weir::engine::duck
