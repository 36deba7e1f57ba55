#include "lint/parser.h"

#include <algorithm>

#include "base/text.h"

namespace weir::lint {

Parser::Parser(Tree& tree, const TreeOptions& options)
    : options_(options), duckdb_(options.dialect == Dialect::duckdb) {
  for (Segment* raw : tree.raws)
    if (raw->is(K::code)) words_.push_back(raw);
  events_.reserve(words_.size() * 4);
  closed_.resize(words_.size());
  std::vector<size_t> open;
  for (size_t i = 0; i < words_.size(); ++i) {
    if (words_[i]->kind != K::symbol) continue;
    if (words_[i]->text == ";") open.clear();
    if (words_[i]->text == "(") open.push_back(i);
    if (words_[i]->text != ")" || open.empty()) continue;
    closed_[open.back()] = true;
    open.pop_back();
  }
}

bool Parser::is(std::string_view word, size_t ahead) const {
  return token(ahead) == K::word && iequals(text(ahead), word);
}

bool Parser::is_one(std::initializer_list<std::string_view> words, size_t ahead) const {
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) { return is(word, ahead); });
}

bool Parser::touching(size_t ahead) const {
  return !done(ahead) && at_ + ahead > 0 && words_[at_ + ahead - 1]->raw_index + 1 == words_[at_ + ahead]->raw_index;
}

void Parser::take(K kind) {
  events_.push_back({ParseEvent::word, kind, Lean::between, 0, false, static_cast<uint32_t>(at_)});
  ++at_;
}

bool Parser::keyword(std::string_view word) {
  if (!is(word)) return false;
  take(K::keyword);
  return true;
}

bool Parser::keywords(std::initializer_list<std::string_view> words) {
  size_t ahead = 0;
  for (std::string_view word : words)
    if (!is(word, ahead++)) return false;
  for (size_t i = 0; i < words.size(); ++i) take(K::keyword);
  return true;
}

bool Parser::any_keyword(std::initializer_list<std::string_view> words) {
  if (!is_one(words)) return false;
  take(K::keyword);
  return true;
}

bool Parser::take_sign(std::string_view text, K kind) {
  if (!sign(text)) return false;
  take(kind);
  return true;
}

size_t Parser::open(K kind) {
  events_.push_back({ParseEvent::open, kind});
  return events_.size() - 1;
}

void Parser::close() { events_.push_back({ParseEvent::close}); }

void Parser::mark(int value, Lean lean, bool implicit) {
  events_.push_back(
      {ParseEvent::mark, value > 0 ? K::indent : K::dedent, lean, static_cast<int8_t>(value), implicit, 0});
}

bool Parser::repeat(const Tried& known) {
  if (!known.good) return false;
  events_.insert(events_.end(), known.events.begin(), known.events.end());
  at_ = known.stop;
  return true;
}

void Parser::keep(uint64_t key, const State& state, bool good) {
  tried_.emplace(key, Tried{good, at_, {events_.begin() + static_cast<std::ptrdiff_t>(state.events), events_.end()}});
}

bool Parser::skip_to_close() {
  int depth = 0;
  const State state = save();
  open(K::unparsable);
  bool any = false;
  for (; in_statement(); take(token())) {
    if (sign("(")) ++depth;
    if (sign(")") && depth-- == 0) {
      if (!any) return restore(state), true;
      close();
      return true;
    }
    any = true;
  }
  restore(state);
  return false;
}

void Parser::unparsable_until_semicolon(K kind) {
  open(kind);
  while (in_statement()) take(token());
  close();
}

namespace {

// Words that end a clause, so that they are no names although the dialect would have them.
constexpr std::string_view clause_words[] = {"SELECT",  "FROM",  "WHERE", "HAVING", "UNION", "INTERSECT", "EXCEPT",
                                             "ON",      "USING", "JOIN",  "CASE",   "WHEN",  "THEN",      "ELSE",
                                             "AND",     "OR",    "NOT",   "IN",     "IS",    "AS",        "BETWEEN",
                                             "LIKE",    "ILIKE", "RLIKE", "SET",    "WITH",  "INNER",     "CROSS",
                                             "NATURAL", "OVER",  "INTO",  "ESCAPE", "LIMIT", "DISTINCT",  "COLLATE"};

bool is_clause_word(std::string_view upper_word) {
  return std::find(std::begin(clause_words), std::end(clause_words), upper_word) != std::end(clause_words);
}

}  // namespace

bool Parser::is_name(size_t ahead) const {
  const K kind = token(ahead);
  if (kind == K::double_quote) return true;
  if (kind != K::word) return false;
  const std::string word = upper(text(ahead));
  if (std::all_of(word.begin(), word.end(), [](char c) { return (c >= '0' && c <= '9') || c == '_'; }) &&
      word.find('_') == std::string::npos)
    return false;
  if (is_reserved(word, options_.dialect) || is_clause_word(word)) return false;
  if ((word == "GROUP" || word == "ORDER") && is("BY", ahead + 1)) return false;
  return true;
}

bool Parser::is_alias_name(size_t ahead) const {
  if (token(ahead) == K::single_quote) return false;
  if (!is_name(ahead)) return false;
  if (token(ahead) == K::double_quote) return true;
  return !is_one({"QUALIFY",    "WINDOW", "OFFSET",    "FETCH", "TABLESAMPLE", "LATERAL", "ASOF",
                  "POSITIONAL", "SEMI",   "ANTI",      "LEFT",  "RIGHT",       "FULL",    "END",
                  "OVERLAPS",   "MINUS",  "RETURNING", "PIVOT", "UNPIVOT",     "GLOB",    "DESC",
                  "ASC",        "NULLS",  "ROWS",      "RANGE", "GROUP",       "ORDER",   "SEPARATOR"},
                 ahead) &&
         !(is("SAMPLE", ahead));
}

bool Parser::name() {
  if (!is_name()) return false;
  take(token() == K::double_quote ? K::quoted_identifier : K::naked_identifier);
  return true;
}

// a, a.b, "a".b.c; with wildcard also a.*
bool Parser::reference(K kind, bool wildcard) {
  const bool text_as_name = duckdb_ && kind == K::table_reference && token() == K::single_quote;
  if (!is_name() && !text_as_name) return false;
  const State state = save();
  open(kind);
  if (text_as_name)
    take(K::quoted_identifier);
  else
    name();
  while (sign(".") && touching(0)) {
    size_t dots = sign(".", 1) && touching(1) ? 2 : 1;
    const K behind = token(dots);
    const bool star = wildcard && behind == K::symbol && text(dots) == "*";
    if (!star && ((behind != K::word && behind != K::double_quote) || !touching(dots))) break;
    for (; dots > 0; --dots) take(K::dot);
    if (star) {
      take(K::star);
      close();
      return true;
    }
    // Behind a dot any word is a name.
    take(behind == K::double_quote ? K::quoted_identifier : K::naked_identifier);
  }
  if (wildcard) {
    restore(state);
    return false;
  }
  close();
  return true;
}

bool Parser::alias(bool needs_as, bool quoted) {
  const bool as = is("AS");
  const bool literal_name = quoted && token() == K::single_quote;
  if (!as && !literal_name && (needs_as || !is_alias_name())) return false;
  const State state = save();
  open(K::alias_expression);
  indent();
  if (as) {
    open(K::alias_operator);
    take(K::keyword);
    close();
  }
  if (token() == K::single_quote && (as || literal_name)) {
    take(K::quoted_identifier);
  } else if (as ? token() == K::word || token() == K::double_quote : is_alias_name()) {
    if (token() == K::word && !is_name() &&
        (is_reserved(upper(text()), options_.dialect) || is_one({"SELECT", "FROM", "WHERE"}))) {
      restore(state);
      return false;
    }
    take(token() == K::double_quote ? K::quoted_identifier : K::naked_identifier);
    if (sign("("))
      attempt([&] {
        return bracketed([&] {
          open(K::identifier_list);
          if (!list([&] {
                if (!name()) return false;
                return true;
              }))
            return false;
          close();
          return true;
        });
      });
  } else {
    restore(state);
    return false;
  }
  dedent();
  close();
  return true;
}

std::vector<ParseEvent> Parser::run() {
  open(K::file);
  while (!done()) {
    if (sign(";")) {
      take(K::statement_terminator);
      continue;
    }
    statement();
  }
  close();
  return std::move(events_);
}

}  // namespace weir::lint
