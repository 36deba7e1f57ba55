#include "template/python_re.h"

#include <re2/re2.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>

#include "base/error.h"
#include "template/arguments.h"
#include "template/evaluation.h"
#include "template/object.h"

namespace weir::tmpl {

namespace {

constexpr int64_t ignore_case = 2, multi_line = 8, dot_all = 16, verbose = 64;  // Python's numbers

// A pattern may end with a lookahead, "(?=…)": RE2 has none, so it is matched too and then not counted.
struct CompiledRegex {
  CompiledRegex(const std::string& source, bool ahead_in) : re(source, re2::RE2::Quiet), ahead(ahead_in) {}
  re2::RE2 re;
  bool ahead;  // then group 1 of `re` is what the pattern matches, and every other group is one further
};
using Pattern = std::shared_ptr<const CompiledRegex>;

// Where a lookahead at the very end begins; npos if there is none.
size_t lookahead_at_end(std::string_view text) {
  std::vector<size_t> open;
  bool in_class = false;
  for (size_t i = 0; i < text.size(); i++) {
    if (text[i] == '\\') {
      i++;
    } else if (in_class) {
      in_class = text[i] != ']';
    } else if (text[i] == '[') {
      in_class = true;
    } else if (text[i] == '(') {
      open.push_back(i);
    } else if (text[i] == ')' && !open.empty()) {
      const size_t start = open.back();
      open.pop_back();
      if (i + 1 == text.size() && open.empty() && text.substr(start).starts_with("(?=")) return start;
    }
  }
  return std::string_view::npos;
}

// (?x) and re.VERBOSE, which RE2 lacks: blanks and comments outside of classes go.
std::string without_layout(std::string_view text) {
  std::string out;
  bool in_class = false;
  for (size_t i = 0; i < text.size(); i++) {
    const char c = text[i];
    if (c == '\\' && i + 1 < text.size()) {
      out += c;
      out += text[++i];
      continue;
    }
    if (c == '[') in_class = true;
    if (c == ']') in_class = false;
    if (!in_class && c == '#') {
      i = std::min(text.find('\n', i), text.size());
      continue;
    }
    if (in_class || std::string_view(" \t\n\r\f\v").find(c) == std::string_view::npos) out += c;
  }
  return out;
}

// Flags at the front of a pattern, "(?ix)", as numbers; they are taken off.
int64_t take_flags(std::string_view& text) {
  int64_t flags = 0;
  while (text.starts_with("(?")) {
    const size_t close = text.find(')');
    if (close == std::string_view::npos) break;
    const std::string_view letters = text.substr(2, close - 2);
    if (letters.empty() || letters.find_first_not_of("aimsux") != std::string_view::npos) break;
    for (const char letter : letters)
      flags |= letter == 'i'   ? ignore_case
               : letter == 'm' ? multi_line
               : letter == 's' ? dot_all
               : letter == 'x' ? verbose
                               : 0;
    text.remove_prefix(close + 1);
  }
  return flags;
}

Pattern compiled(Evaluation& evaluation, const std::string& text, int64_t flags) {
  std::string_view rest = text;
  flags |= take_flags(rest);
  std::string source = flags & verbose ? without_layout(rest) : std::string(rest);
  std::string letters;
  if (flags & ignore_case) letters += 'i';
  if (flags & multi_line) letters += 'm';
  if (flags & dot_all) letters += 's';
  const size_t ahead = lookahead_at_end(source);
  const bool has_ahead = ahead != std::string::npos;
  if (has_ahead) source = "(" + source.substr(0, ahead) + ")(?:" + source.substr(ahead + 3);
  if (!letters.empty()) source = "(?" + letters + ")" + source;
  auto pattern = std::make_shared<CompiledRegex>(source, has_ahead);
  if (!pattern->re.ok())
    throw Error(ErrorCode::template_call, "regular expression \"" + text + "\": " + pattern->re.error())
        .with_span(evaluation.position())
        .with_hint("back references are not known here, nor lookaround but (?=…) at the end");
  return pattern;
}

struct Found {
  std::vector<re2::StringPiece> groups;  // 0 = all; data() == nullptr: the group took no part
};

std::optional<Found> find_match(const CompiledRegex& pattern, const std::string& text, size_t from,
                                re2::RE2::Anchor anchor) {
  Found found;
  found.groups.resize(static_cast<size_t>(pattern.re.NumberOfCapturingGroups()) + 1);
  if (!pattern.re.Match(text, from, text.size(), anchor, found.groups.data(), static_cast<int>(found.groups.size())))
    return std::nullopt;
  if (pattern.ahead) found.groups.erase(found.groups.begin());
  return found;
}

// Names of groups with their numbers.
std::map<std::string, size_t> group_names(const CompiledRegex& pattern) {
  std::map<std::string, size_t> out;
  for (const auto& [name, number] : pattern.re.NamedCapturingGroups())
    out[name] = static_cast<size_t>(number) - (pattern.ahead ? 1 : 0);
  return out;
}

Value group_value(const re2::StringPiece& group) {
  return group.data() == nullptr ? Value() : Value(std::string(group.data(), group.size()));
}

int64_t characters(std::string_view bytes) {
  int64_t count = 0;
  for (const char c : bytes) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return count;
}

class Match final : public Object {
 public:
  Match(Pattern pattern, const std::string& text, const Found& found) : pattern_(std::move(pattern)) {
    for (const auto& group : found.groups) {
      groups_.push_back(group_value(group));
      const bool there = group.data() != nullptr;
      const auto begin = there ? static_cast<size_t>(group.data() - text.data()) : 0;
      const std::string_view before = std::string_view(text).substr(0, begin);
      begins_.push_back(there ? characters(before) : -1);
      ends_.push_back(there ? begins_.back() + characters({group.data(), group.size()}) : -1);
    }
  }
  std::string type_name() const override { return "re.Match"; }

  std::optional<Value> get_item(Evaluation&, const Value& key) override { return groups_[index_of(key)]; }

  std::optional<Value> call_method(Evaluation&, std::string_view name, const Arguments& arguments) override {
    if (name == "group") return group(arguments);
    if (name == "groups") return Value::tuple({groups_.begin() + 1, groups_.end()});
    if (name == "groupdict") {
      Dict names;
      for (const auto& [key, index] : group_names(*pattern_)) names.set(Value(key), groups_[index]);
      return Value::dict(std::move(names));
    }
    const size_t index = arguments.positional.empty() ? 0 : index_of(arguments.positional.front());
    if (name == "start") return Value(begins_[index]);
    if (name == "end") return Value(ends_[index]);
    if (name == "span") return Value::tuple({Value(begins_[index]), Value(ends_[index])});
    return std::nullopt;
  }

 private:
  Value group(const Arguments& arguments) const {
    if (arguments.positional.empty()) return groups_[0];
    if (arguments.positional.size() == 1) return groups_[index_of(arguments.positional[0])];
    std::vector<Value> several;
    for (const Value& key : arguments.positional) several.push_back(groups_[index_of(key)]);
    return Value::tuple(std::move(several));
  }

  size_t index_of(const Value& key) const {
    if (key.is_string()) {
      const auto names = group_names(*pattern_);
      if (const auto found = names.find(key.as_string()); found != names.end()) return found->second;
    } else if (key.is_small_int() && key.as_int() >= 0 && key.as_int() < static_cast<int64_t>(groups_.size())) {
      return static_cast<size_t>(key.as_int());
    }
    throw Error(ErrorCode::template_call, "no such group: " + key.repr());
  }

  Pattern pattern_;
  std::vector<Value> groups_;
  std::vector<int64_t> begins_, ends_;
};

// Calls `use` for each match from left to right; an empty match moves on by one character.
template <class Use>
void each_match(Evaluation& evaluation, const CompiledRegex& pattern, const std::string& text, int64_t limit,
                const Use& use) {
  size_t from = 0;
  for (int64_t count = 0; from <= text.size() && (limit == 0 || count < limit); count++) {
    evaluation.charge_step();
    const auto found = find_match(pattern, text, from, re2::RE2::UNANCHORED);
    if (!found) return;
    const auto begin = static_cast<size_t>(found->groups[0].data() - text.data());
    const size_t end = begin + found->groups[0].size();
    use(*found, begin, end);
    from = end;
    if (end > begin) continue;
    from++;
    while (from < text.size() && (static_cast<unsigned char>(text[from]) & 0xC0) == 0x80) from++;
  }
}

// "\1", "\g<1>", "\g<name>" and "\n" in a replacement.
std::string expanded(Evaluation& evaluation, const CompiledRegex& pattern, const std::string& text,
                     const Found& found) {
  std::string out;
  const auto put = [&](size_t index) {
    if (index >= found.groups.size())
      throw Error(ErrorCode::template_call, "invalid group reference " + std::to_string(index))
          .with_span(evaluation.position());
    out.append(found.groups[index].data() ? found.groups[index].data() : "", found.groups[index].size());
  };
  for (size_t i = 0; i < text.size(); i++) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    const char next = text[++i];
    if (next >= '0' && next <= '9') {
      size_t number = static_cast<size_t>(next - '0');
      if (i + 1 < text.size() && text[i + 1] >= '0' && text[i + 1] <= '9')
        number = number * 10 + static_cast<size_t>(text[++i] - '0');
      put(number);
    } else if (next == 'g' && i + 1 < text.size() && text[i + 1] == '<') {
      const size_t close = text.find('>', i);
      if (close == std::string::npos) throw Error(ErrorCode::template_call, "missing > in a replacement");
      const std::string name = text.substr(i + 2, close - i - 2);
      const auto names = group_names(pattern);
      const auto named = names.find(name);
      put(named != names.end() ? named->second : static_cast<size_t>(std::strtoul(name.c_str(), nullptr, 10)));
      i = close;
    } else if (next == 'n') {
      out += '\n';
    } else if (next == 't') {
      out += '\t';
    } else {
      out += next == '\\' ? "\\" : std::string("\\") + next;
    }
  }
  return out;
}

Value sub(Evaluation& evaluation, const Pattern& pattern, const Value& replacement, const std::string& text,
          int64_t limit) {
  std::string out;
  size_t done = 0;
  each_match(evaluation, *pattern, text, limit, [&](const Found& found, size_t begin, size_t end) {
    out.append(text, done, begin - done);
    if (replacement.is_string()) {
      out += expanded(evaluation, *pattern, replacement.as_string(), found);
    } else {
      Arguments one;
      one.positional = {Value::object(make<Match>(pattern, text, found))};
      out += evaluation.call(replacement, one).str();
    }
    done = end;
  });
  out.append(text, done, std::string::npos);
  evaluation.charge_bytes(out.size());
  return Value(std::move(out));
}

Value find_all(Evaluation& evaluation, const Pattern& pattern, const std::string& text, bool as_matches) {
  std::vector<Value> out;
  each_match(evaluation, *pattern, text, 0, [&](const Found& found, size_t, size_t) {
    if (as_matches) {
      out.push_back(Value::object(make<Match>(pattern, text, found)));
      return;
    }
    std::vector<Value> groups;
    for (size_t i = found.groups.size() > 1 ? 1 : 0; i < found.groups.size(); i++)
      groups.push_back(
          Value(std::string(found.groups[i].data() ? found.groups[i].data() : "", found.groups[i].size())));
    out.push_back(groups.size() == 1 ? groups.front() : Value::tuple(std::move(groups)));
  });
  return Value::list(std::move(out));
}

Value split_by(Evaluation& evaluation, const Pattern& pattern, const std::string& text, int64_t limit) {
  std::vector<Value> out;
  size_t done = 0;
  each_match(evaluation, *pattern, text, limit, [&](const Found& found, size_t begin, size_t end) {
    out.push_back(Value(text.substr(done, begin - done)));
    for (size_t i = 1; i < found.groups.size(); i++) out.push_back(group_value(found.groups[i]));
    done = end;
  });
  out.push_back(Value(text.substr(done)));
  return Value::list(std::move(out));
}

Value one_match(const Pattern& pattern, const std::string& text, re2::RE2::Anchor anchor) {
  const auto found = find_match(*pattern, text, 0, anchor);
  return found ? Value::object(make<Match>(pattern, text, *found)) : Value();
}

// The functions of a pattern, by name; nullopt = there is no such one. `rest`: what follows the pattern in a call.
std::optional<Value> apply(Evaluation& evaluation, std::string_view name, const Pattern& pattern,
                           const Arguments& rest) {
  if (name == "sub") {
    Binder bind("sub", rest, {"repl", "string", "count", "flags"}, 2);
    return sub(evaluation, pattern, bind[0], bind[1].as_string(), bind.given(2) ? bind[2].as_int() : 0);
  }
  if (name == "split") {
    Binder bind("split", rest, {"string", "maxsplit", "flags"}, 1);
    return split_by(evaluation, pattern, bind[0].as_string(), bind.given(1) ? bind[1].as_int() : 0);
  }
  Binder bind(name, rest, {"string", "flags"}, 1);
  const std::string& text = bind[0].as_string();
  if (name == "match") return one_match(pattern, text, re2::RE2::ANCHOR_START);
  if (name == "fullmatch") return one_match(pattern, text, re2::RE2::ANCHOR_BOTH);
  if (name == "search") return one_match(pattern, text, re2::RE2::UNANCHORED);
  if (name == "findall") return find_all(evaluation, pattern, text, false);
  if (name == "finditer") return find_all(evaluation, pattern, text, true);
  return std::nullopt;
}

constexpr const char* function_names[] = {"match", "fullmatch", "search", "findall", "finditer", "sub", "split"};

class CompiledPattern final : public Object {
 public:
  CompiledPattern(Pattern pattern, std::string text) : pattern_(std::move(pattern)), text_(std::move(text)) {}
  std::string type_name() const override { return "re.Pattern"; }
  std::optional<Value> get_attr(Evaluation&, std::string_view name) override {
    return name == "pattern" ? std::optional(Value(text_)) : std::nullopt;
  }
  std::optional<Value> call_method(Evaluation& evaluation, std::string_view name, const Arguments& arguments) override {
    for (const char* known : function_names)
      if (name == known) return apply(evaluation, name, pattern_, arguments);
    return std::nullopt;
  }
  const Pattern& pattern() const { return pattern_; }

 private:
  Pattern pattern_;
  std::string text_;
};

int64_t flags_of(std::string_view name, const Arguments& arguments) {
  if (const Value* flags = arguments.find("flags")) return flags->as_int();
  const size_t place = name == "sub" ? 4 : name == "split" ? 3 : 2;  // after pattern, repl, string, count
  return arguments.positional.size() > place ? arguments.positional[place].as_int() : 0;
}

Value call_by_name(Evaluation& evaluation, const char* name, const Arguments& arguments) {
  if (arguments.positional.empty())
    throw Error(ErrorCode::template_call, std::string("re.") + name + "() needs a pattern");
  const Value& first = arguments.positional.front();
  const auto* ready = first.as<CompiledPattern>();
  const Pattern pattern = ready ? ready->pattern() : compiled(evaluation, first.as_string(), flags_of(name, arguments));
  Arguments rest;
  rest.positional.assign(arguments.positional.begin() + 1, arguments.positional.end());
  rest.named = arguments.named;
  return *apply(evaluation, name, pattern, rest);
}

}  // namespace

Value re_module() {
  Dict members;
  for (const char* name : function_names)
    members.set(Value(name), Value::function(name, [name](Evaluation& evaluation, const Arguments& arguments) {
                  return call_by_name(evaluation, name, arguments);
                }));
  members.set(Value("compile"), Value::function("compile", [](Evaluation& evaluation, const Arguments& arguments) {
                Binder bind("re.compile", arguments, {"pattern", "flags"}, 1);
                const std::string& text = bind[0].as_string();
                return Value::object(
                    make<CompiledPattern>(compiled(evaluation, text, bind.given(1) ? bind[1].as_int() : 0), text));
              }));
  members.set(Value("escape"), Value::function("escape", [](Evaluation&, const Arguments& arguments) {
                std::string out;
                for (const char c : Binder("re.escape", arguments, {"pattern"}, 1)[0].as_string()) {
                  if (std::string_view("()[]{}?*+-|^$\\.&~# \t\n\r\v\f").find(c) != std::string_view::npos) out += '\\';
                  out += c;
                }
                return Value(std::move(out));
              }));
  for (const auto& [name, flag] :
       {std::pair("IGNORECASE", ignore_case), std::pair("I", ignore_case), std::pair("MULTILINE", multi_line),
        std::pair("M", multi_line), std::pair("DOTALL", dot_all), std::pair("S", dot_all),
        std::pair("VERBOSE", verbose), std::pair("X", verbose)})
    members.set(Value(name), Value(flag));
  return Value::object(make<Record>("module re", std::move(members)));
}

}  // namespace weir::tmpl
