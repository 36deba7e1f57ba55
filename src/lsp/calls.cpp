#include "lsp/calls.h"

#include <algorithm>
#include <optional>

namespace weir::lsp {

namespace {

bool is_name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_name(char c) { return is_name_start(c) || (c >= '0' && c <= '9'); }

struct Token {
  enum class Kind { name, text, sign };
  Kind kind = Kind::sign;
  size_t begin = 0, end = 0;  // of a text with its quotes
  bool closed = true;         // a text whose closing quote is there
};

struct Tag {
  Cursor::Kind kind = Cursor::Kind::expression;
  size_t begin = 0, end = 0;  // inside the brackets
};

// Where a tag that begins here ends: at its brackets, or, while it is being typed, at the end of the line.
size_t tag_end(std::string_view text, size_t begin, std::string_view closing) {
  char quote = 0;
  for (size_t i = begin; i < text.size(); ++i) {
    if (quote != 0) {
      if (text[i] == '\\')
        ++i;
      else if (text[i] == quote || text[i] == '\n')
        quote = 0;
      continue;
    }
    if (text.substr(i, 2) == closing) return i;
    if (text.substr(i, 2) == "{{" || text.substr(i, 2) == "{%") break;
    if (text[i] == '\'' || text[i] == '"') quote = text[i];
  }
  return std::min(text.find('\n', begin), text.size());
}

std::vector<Tag> tags_of(std::string_view text, bool everywhere) {
  if (everywhere) return {{Cursor::Kind::expression, 0, text.size()}};
  std::vector<Tag> out;
  for (size_t i = 0; i + 1 < text.size(); ++i) {
    if (text[i] != '{') continue;
    const char next = text[i + 1];
    if (next == '#') {
      i = std::min(text.find("#}", i + 2), text.size() - 1);
    } else if (next == '{' || next == '%') {
      const size_t end = tag_end(text, i + 2, next == '{' ? "}}" : "%}");
      out.push_back({next == '{' ? Cursor::Kind::expression : Cursor::Kind::statement, i + 2, end});
      i = std::max(i + 1, end);
    }
  }
  return out;
}

// With `everywhere` quotes are those of YAML outside of a call's parentheses.
std::vector<Token> tokens_of(std::string_view text, const Tag& tag, bool everywhere) {
  std::vector<Token> out;
  int depth = 0;
  for (size_t i = tag.begin; i < tag.end;) {
    const char c = text[i];
    Token token{Token::Kind::sign, i, i + 1, true};
    if (is_name_start(c)) {
      token.kind = Token::Kind::name;
      while (token.end < tag.end && is_name(text[token.end])) ++token.end;
    } else if ((c == '\'' || c == '"') && (!everywhere || depth > 0)) {
      token.kind = Token::Kind::text;
      token.closed = false;
      for (; token.end < tag.end && text[token.end] != '\n'; ++token.end) {
        if (text[token.end] == '\\' && token.end + 1 < tag.end) {
          ++token.end;
        } else if (text[token.end] == c) {
          token.closed = true;
          ++token.end;
          break;
        }
      }
    }
    i = token.end;
    if (c == '(' && !out.empty() && out.back().kind == Token::Kind::name && out.back().end == token.begin) ++depth;
    if (c == ')' && depth > 0) --depth;
    if (c == '\n') depth = 0;
    if (c != ' ' && c != '\t' && c != '\n' && c != '\r') out.push_back(token);
  }
  return out;
}

struct Open {
  TemplateCall call;
  int argument = 0;
  std::string keyword;
  bool fresh = true;  // nothing of the argument was there yet
};

// Goes through the tokens of a tag; `place` is looked for between them.
class TagReader {
 public:
  TagReader(std::string_view text, std::vector<TemplateCall>& calls, bool everywhere)
      : text_(text), calls_(calls), everywhere_(everywhere) {}

  void read(const Tag& tag, std::optional<size_t> place, Cursor* cursor) {
    const std::vector<Token> tokens = tokens_of(text_, tag, everywhere_);
    for (size_t i = 0; i < tokens.size(); ++i) {
      if (place && !placed_ && tokens[i].begin >= *place &&
          !(tokens[i].kind == Token::Kind::name && tokens[i].begin == *place))
        put(*place, tokens, i, *cursor);
      if (place && !placed_ && tokens[i].begin <= *place && *place < reach(tokens[i])) put(*place, tokens, i, *cursor);
      take(tokens, i);
    }
    if (place && !placed_) put(*place, tokens, tokens.size(), *cursor);
    while (!open_.empty()) close(tag.end);
    if (placed_ && cursor->call.open > 0)
      for (const TemplateCall& call : calls_)
        if (call.open == cursor->call.open) cursor->call = call;
  }

 private:
  // Up to where a place belongs to the token; that behind a name is still its own.
  size_t reach(const Token& token) const {
    if (token.kind == Token::Kind::name) return token.end + 1;
    if (token.kind == Token::Kind::text) return token.closed ? token.end : token.end + 1;
    return token.begin;
  }
  char sign(const Token& token) const { return token.kind == Token::Kind::sign ? text_[token.begin] : '\0'; }
  std::string_view said(const Token& token) const { return text_.substr(token.begin, token.end - token.begin); }

  // First and last token of the dotted name that the token is in.
  std::pair<size_t, size_t> dotted(const std::vector<Token>& tokens, size_t at) const {
    size_t first = at, last = at;
    while (first >= 2 && sign(tokens[first - 1]) == '.' && tokens[first - 2].kind == Token::Kind::name) first -= 2;
    while (last + 2 < tokens.size() && sign(tokens[last + 1]) == '.' && tokens[last + 2].kind == Token::Kind::name)
      last += 2;
    return {first, last};
  }

  void put(size_t place, const std::vector<Token>& tokens, size_t at, Cursor& cursor) {
    placed_ = true;
    cursor.begin = cursor.end = place;
    for (auto call = open_.rbegin(); call != open_.rend(); ++call) {
      if (call->call.name.empty()) continue;
      cursor.call = call->call;
      cursor.argument = call->argument;
      cursor.keyword = call->keyword;
      break;
    }
    size_t before = at;  // how many tokens lie before the place
    if (at < tokens.size() && tokens[at].begin <= place && place < reach(tokens[at])) {
      const Token& token = tokens[at];
      if (token.kind == Token::Kind::text && place > token.begin) {
        cursor.in_text = true;
        cursor.begin = token.begin + 1;
        cursor.end = token.closed ? token.end - 1 : token.end;
        cursor.part = std::string(text_.substr(cursor.begin, cursor.end - cursor.begin));
        return;
      }
      if (token.kind == Token::Kind::name) {
        const auto [first, last] = dotted(tokens, at);
        cursor.begin = token.begin;
        cursor.end = token.end;
        cursor.part = std::string(said(token));
        for (size_t i = first; i <= at; ++i) cursor.word += said(tokens[i]);
        before = first;
        (void)last;
      }
    } else if (at > 0 && sign(tokens[at - 1]) == '.') {
      const auto [first, last] = dotted(tokens, at >= 2 ? at - 2 : at - 1);
      (void)last;
      for (size_t i = first; i < at; ++i) cursor.word += said(tokens[i]);
      before = first;
    }
    cursor.after_pipe = before > 0 && sign(tokens[before - 1]) == '|';
  }

  void take(const std::vector<Token>& tokens, size_t i) {
    const Token& token = tokens[i];
    const char c = sign(token);
    if (c == '(' || c == '[' || c == '{') {
      Open next;
      next.call.open = token.end;
      next.call.begin = token.begin;
      if (c == '(' && i > 0 && tokens[i - 1].kind == Token::Kind::name) {
        const auto [first, last] = dotted(tokens, i - 1);
        (void)last;
        next.call.begin = tokens[first].begin;
        for (size_t k = first; k < i; ++k) next.call.name += said(tokens[k]);
      }
      open_.push_back(std::move(next));
      return;
    }
    if (c == ')' || c == ']' || c == '}') {
      if (!open_.empty()) close(token.begin);
      return;
    }
    if (open_.empty()) return;
    Open& now = open_.back();
    if (c == ',') {
      ++now.argument;
      now.keyword.clear();
      now.fresh = true;
      return;
    }
    if (c == '=' && i > 0 && tokens[i - 1].kind == Token::Kind::name) now.keyword = said(tokens[i - 1]);
    if (c >= '0' && c <= '9' && !now.keyword.empty() && i > 0 && sign(tokens[i - 1]) == '=') {
      size_t end = token.end;
      while (end < text_.size() && (is_name(text_[end]) || text_[end] == '.')) ++end;
      now.call.numbers.push_back(
          {now.argument, now.keyword, std::string(text_.substr(token.begin, end - token.begin)), token.begin, end});
    }
    if (token.kind == Token::Kind::text && (now.fresh || (i > 0 && sign(tokens[i - 1]) == '='))) {
      TextArgument argument;
      argument.index = now.argument;
      argument.name = now.keyword;
      argument.begin = token.begin + 1;
      argument.end = token.closed ? token.end - 1 : token.end;
      argument.text = std::string(text_.substr(argument.begin, argument.end - argument.begin));
      now.call.texts.push_back(std::move(argument));
    }
    now.fresh = false;
  }

  void close(size_t end) {
    Open done = std::move(open_.back());
    open_.pop_back();
    done.call.end = end;
    calls_.push_back(std::move(done.call));
  }

  std::string_view text_;
  std::vector<TemplateCall>& calls_;
  const bool everywhere_;
  std::vector<Open> open_;
  bool placed_ = false;
};

}  // namespace

const TextArgument* TemplateCall::text(int index) const {
  for (const TextArgument& argument : texts)
    if (argument.index == index && argument.name.empty()) return &argument;
  return nullptr;
}

const TextArgument* TemplateCall::last_text() const {
  const TextArgument* last = nullptr;
  for (const TextArgument& argument : texts)
    if (argument.name.empty()) last = &argument;
  return last;
}

const TextArgument* TemplateCall::keyword(std::string_view asked) const {
  for (const auto* arguments : {&texts, &numbers})
    for (const TextArgument& argument : *arguments)
      if (argument.name == asked) return &argument;
  return nullptr;
}

std::vector<TemplateCall> calls_in(std::string_view text, bool everywhere) {
  std::vector<TemplateCall> out;
  for (const Tag& tag : tags_of(text, everywhere)) TagReader(text, out, everywhere).read(tag, std::nullopt, nullptr);
  return out;
}

Cursor cursor_at(std::string_view text, size_t offset, bool everywhere) {
  Cursor out;
  for (const Tag& tag : tags_of(text, everywhere)) {
    if (offset < tag.begin || offset > tag.end) continue;
    out.kind = tag.kind;
    std::vector<TemplateCall> calls;
    TagReader(text, calls, everywhere).read(tag, offset, &out);
    return out;
  }
  size_t begin = offset, end = offset;
  while (begin > 0 && is_name(text[begin - 1])) --begin;
  while (end < text.size() && is_name(text[end])) ++end;
  out.begin = begin;
  out.end = end;
  out.part = out.word = std::string(text.substr(begin, end - begin));
  return out;
}

}  // namespace weir::lsp
