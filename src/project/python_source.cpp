#include "project/python_source.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/text.h"
#include "project/python_text.h"

namespace weir::project {

namespace {

using Words = std::vector<PythonWord>;
using Kind = PythonWord::Kind;

// Literals of Python as JSON; tuples and sets are arrays.
class LiteralReader {
 public:
  LiteralReader(const Words& words, size_t at) : words_(words), at_(at) {}

  const PythonWord& here() const { return words_[std::min(at_, words_.size() - 1)]; }
  bool take(std::string_view sign) {
    if (!here().is(sign)) return false;
    at_++;
    return true;
  }
  size_t place() const { return at_; }
  void skip(size_t words) { at_ += words; }

  // nullopt: not a literal; here() is what does not fit.
  std::optional<Json> value() {
    struct Level {
      int& depth;
      ~Level() { depth--; }
    } level{depth_};
    if (++depth_ > deepest) return std::nullopt;
    const PythonWord& word = here();
    if (word.kind == Kind::text) return text();
    if (word.kind == Kind::number) return number(1);
    if (word.is("-") || word.is("+")) {
      at_++;
      return here().kind == Kind::number ? number(word.is("-") ? -1 : 1) : std::nullopt;
    }
    for (const auto& [name, known] :
         {std::pair("True", Json(true)), std::pair("False", Json(false)), std::pair("None", Json())})
      if (take(name)) return known;
    if (take("[")) return items("]");
    if (take("(")) return in_parentheses();
    if (take("{")) return in_braces();
    return std::nullopt;
  }

 private:
  std::optional<Json> text() {
    std::string out;
    while (here().kind == Kind::text) {
      if (here().formatted || here().bytes) return std::nullopt;
      out += here().text;
      at_++;
    }
    return Json(out);
  }

  std::optional<Json> number(int sign) {
    const std::string text = lower(here().text);
    std::optional<Json> out;
    const auto base = [&](std::string_view digits, int radix) -> std::optional<Json> {
      int64_t value = 0;
      for (const char c : digits) {
        const int digit = c >= 'a' ? c - 'a' + 10 : c - '0';
        if (digit < 0 || digit >= radix || value > (INT64_MAX - digit) / radix) return std::nullopt;
        value = value * radix + digit;
      }
      return Json(value * sign);
    };
    if (text.starts_with("0x"))
      out = base(text.substr(2), 16);
    else if (text.starts_with("0o"))
      out = base(text.substr(2), 8);
    else if (text.starts_with("0b"))
      out = base(text.substr(2), 2);
    else if (const auto whole = parse_int(text))
      out = Json(*whole * sign);
    else if (const auto real = parse_double(text))
      out = Json(*real * sign);
    if (out) at_++;
    return out;
  }

  std::optional<Json> items(std::string_view end) {
    Json out = Json::array();
    while (!take(end)) {
      auto item = value();
      if (!item) return std::nullopt;
      out.push_back(std::move(*item));
      if (!take(",") && !here().is(end)) return std::nullopt;
    }
    return out;
  }

  std::optional<Json> in_parentheses() {
    if (take(")")) return Json::array();
    auto first = value();
    if (!first) return std::nullopt;
    if (take(")")) return first;
    if (!take(",")) return std::nullopt;
    auto rest = items(")");
    if (!rest) return std::nullopt;
    Json out = Json::array();
    out.push_back(std::move(*first));
    for (Json& item : rest->as_array()) out.push_back(std::move(item));
    return out;
  }

  std::optional<Json> in_braces() {
    Json mapping = Json::object(), set = Json::array();
    bool is_set = false;
    while (!take("}")) {
      auto key = value();
      if (!key) return std::nullopt;
      if (take(":")) {
        auto item = value();
        if (!item) return std::nullopt;
        mapping.set(key->is_string() ? key->as_string() : key->dump(), std::move(*item));
      } else {
        is_set = true;
        set.push_back(std::move(*key));
      }
      if (!take(",") && !here().is("}")) return std::nullopt;
    }
    return is_set ? set : mapping;
  }

  static constexpr int deepest = 100;
  const Words& words_;
  size_t at_;
  int depth_ = 0;
};

class SourceReader {
 public:
  SourceReader(std::string_view text, const std::string& file) : words_(python_words(text, file)) {}

  PythonSource read() {
    for (size_t i = 0; i < words_.words.size(); i++)
      if (at(i).kind == Kind::name && at(i).text == "dbt" && !(i > 0 && at(i - 1).is("."))) of_dbt(i);
    definitions();
    return std::move(out_);
  }

 private:
  const PythonWord& at(size_t index) const {
    static const PythonWord none{Kind::line_end, "", 1, 1, 0, -1, false, false};
    return index < words_.words.size() ? words_.words[index] : none;
  }

  void wrong(const PythonWord& word, const std::string& message, const std::string& hint) {
    out_.errors.push_back(Error(ErrorCode::bad_python_model, message, hint).with_span(words_.span_of(word)));
  }

  void of_dbt(size_t i) {
    if (!at(i + 1).is(".")) return;
    std::string function = at(i + 2).text;
    size_t open = i + 3;
    if (function == "this") out_.reads_this = true;
    if (function == "config" && at(open).is(".") && (at(open + 1).is("get") || at(open + 1).is("meta_get"))) {
      function += "." + at(open + 1).text;
      open += 2;
    }
    const bool known = function == "ref" || function == "source" || function.starts_with("config");
    if (known && at(open).is("(")) call(i, function, open);
  }

  void call(size_t begin, const std::string& function, size_t open) {
    PythonCall call;
    call.function = function;
    call.span = words_.span_of(at(begin));
    call.span.length = at(open).line == at(begin).line ? at(open).column - at(begin).column : 0;
    LiteralReader reader(words_.words, open + 1);
    while (!reader.take(")")) {
      std::string name;
      if (const size_t word = reader.place(); at(word).kind == Kind::name && at(word + 1).is("=")) {
        name = at(word).text;
        reader.skip(2);
      }
      auto value = reader.value();
      if (!value || (!reader.take(",") && !reader.here().is(")")))
        return wrong(reader.here(),
                     "dbt." + function + "() takes literals only: what it names must be known before the model runs",
                     "write the text or number itself in its place");
      if (name.empty())
        call.arguments.push_back(std::move(*value));
      else
        call.named.emplace_back(std::move(name), std::move(*value));
    }
    if (const std::string problem = problem_of(call); !problem.empty()) return wrong(at(begin), problem, "");
    out_.calls.push_back(std::move(call));
  }

  static std::string problem_of(const PythonCall& call) {
    const auto texts = [&](size_t least, size_t most) {
      return call.arguments.size() >= least && call.arguments.size() <= most &&
             std::all_of(call.arguments.begin(), call.arguments.end(), [](const Json& a) { return a.is_string(); });
    };
    if (call.function == "ref" && !texts(1, 2)) return "dbt.ref() takes a name, or a package and a name";
    if (call.function == "source" && (!texts(2, 2) || !call.named.empty()))
      return "dbt.source() takes the name of a source and the name of its table";
    if (call.function == "ref")
      for (const auto& [name, value] : call.named)
        if (name != "v" && name != "version") return "dbt.ref() has no argument " + name;
    if (call.function == "config" && call.arguments.size() > 1) return "dbt.config() takes named values";
    if (call.function.starts_with("config.")) {
      const size_t count = call.arguments.size();
      if (count == 0 || !call.arguments[0].is_string()) return "dbt." + call.function + "() needs the name of a key";
      if (count > 2) return "dbt." + call.function + "() takes a key and a default";
    }
    return {};
  }

  // ---- def model(dbt, session)

  void definitions() {
    std::vector<size_t> models;
    int inside = -1;  // indentation of the function that a line is in; -1 = of none
    for (size_t i = 0; i < words_.words.size(); i++) {
      if (at(i).indent < 0) continue;
      if (at(i).indent <= inside) inside = -1;
      if (inside >= 0 || !at(i).is("def")) continue;
      inside = at(i).indent;
      if (at(i + 1).is("model")) models.push_back(i);
    }
    if (models.size() == 1) {
      out_.model = words_.span_of(at(models[0]));
      return function(models[0]);
    }
    const std::string found = models.empty() ? "none" : std::to_string(models.size());
    wrong(models.empty() ? at(0) : at(models[1]), "a Python model has one function called model; this one has " + found,
          "def model(dbt, session): … return a table");
  }

  void function(size_t def) {
    std::vector<std::string> names;
    size_t i = def + 3;
    for (bool fresh = true; i < words_.words.size() && !(at(i).is(")") && at(i).depth == 0); i++) {
      if (at(i).depth == 1 && fresh && at(i).kind == Kind::name) names.push_back(at(i).text);
      fresh = at(i).depth == 1 && at(i).is(",");
    }
    if (names.empty() || names[0] != "dbt" || names.size() != 2)
      wrong(at(def), "the function model takes two arguments, dbt and session", "write  def model(dbt, session):");
    while (i < words_.words.size() && !(at(i).is(":") && at(i).depth == 0)) i++;
    returns(def, i + 1);
  }

  // The last statement of the body gives back one table.
  void returns(size_t def, size_t body) {
    size_t last = body;
    if (at(body).kind == Kind::line_end) {
      last = body + 1;
      const int indent = at(last).indent;
      for (size_t i = last; i < words_.words.size(); i++) {
        if (at(i).indent >= 0 && at(i).indent <= at(def).indent) break;
        if (at(i).indent == indent) last = i;
        if (at(i).is(";") && at(i).depth == 0 && at(i + 1).kind != Kind::line_end) last = i + 1;
      }
    }
    const char* hint = "end the function with  return  and one table";
    if (!at(last).is("return"))
      return wrong(at(last), "the last statement of the function model must return a table", hint);
    size_t end = last + 1;
    while (at(end).kind != Kind::line_end || at(end).depth > 0) end++;
    size_t begin = last + 1;
    int depth = 0;
    if (at(begin).is("(") && at(end - 1).is(")") && closes(begin, end - 1)) begin++, end--, depth = 1;
    for (size_t i = begin; i < end; i++)
      if (at(i).is(",") && at(i).depth == depth)
        return wrong(at(last), "the function model returns one table, not several values", hint);
  }

  bool closes(size_t open, size_t close) const {
    for (size_t i = open + 1; i < close; i++)
      if (at(i).depth == 0) return false;
    return true;
  }

  PythonWords words_;
  PythonSource out_;
};

// dbt's rule: no Jinja in Python.
void refuse_jinja(std::string_view text, const std::string& file) {
  for (const std::string_view mark : {"{{", "{%", "{#"})
    if (const size_t found = text.find(mark); found != std::string_view::npos) {
      const std::string_view before = text.substr(0, found);
      const size_t start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
      Span span;
      span.file = file;
      span.line = static_cast<int>(std::count(before.begin(), before.end(), '\n')) + 1;
      span.column = static_cast<int>(found - start) + 1;
      span.length = 2;
      span.line_text = text.substr(start, text.find('\n', start) - start);
      throw Error(
          ErrorCode::bad_python_model, "a Python model holds no Jinja",
          "dbt.ref(), dbt.source() and dbt.config.get() stand for it; a pair of braces is written with a space between")
          .with_span(span);
    }
}

}  // namespace

PythonSource read_python_source(std::string_view text, const std::string& file) {
  try {
    refuse_jinja(text, file);
    return SourceReader(text, file).read();
  } catch (Error& error) {
    PythonSource out;
    out.errors.push_back(std::move(error));
    return out;
  }
}

}  // namespace weir::project
