#include "project/foreign_statement.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "base/file.h"
#include "base/text.h"

namespace weir::project {

namespace fs = std::filesystem;

namespace {

bool sql_word_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool sql_word_char(char c) { return sql_word_start(c) || (c >= '0' && c <= '9'); }
bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// Functions whose first argument names files.
bool argument_names_files(std::string_view name) {
  return name.starts_with("read_") || name.ends_with("_scan") || name == "glob" || name == "sniff_csv" ||
         name == "parquet_metadata" || name == "parquet_schema";
}

class StatementSearch {
 public:
  StatementSearch(std::string_view text, size_t offset, const std::string& root, std::vector<ForeignStatement>& out,
                  int depth = 0)
      : text_(text), offset_(offset), root_(root), out_(out), nested_(depth) {}

  void search() {
    if (nested_ > deepest) return;
    while (at_ < text_.size()) step();
    end_statement();
  }

 private:
  // Both characters of a mark.
  bool here(char first, char second) const {
    return text_[at_] == first && at_ + 1 < text_.size() && text_[at_ + 1] == second;
  }

  void step() {
    const char c = text_[at_];
    if (sql_word_start(c)) {
      word();
    } else if (here('{', '#')) {
      skip_past("#}");
    } else if (here('{', '{') || here('{', '%')) {
      jinja();
    } else if (here('-', '-')) {
      comment("\n");
    } else if (here('/', '*')) {
      comment("*/");
    } else if (c == '\'') {
      literal();
    } else if (c == '"') {
      at_++;
      skip_past("\"");
      begun_ = true;
    } else if (here('$', '$')) {
      at_ += 2;
      skip_past("$$");
    } else if (c == ';') {
      end_statement();
      at_++;
    } else {
      if (c == '(' || c == '[') depth_++;
      if (c == ')' || c == ']') depth_--;
      if (call_depth_ > 0 && (depth_ < call_depth_ || (c == ',' && depth_ == call_depth_))) call_depth_ = 0;
      if (!is_blank(c)) begun_ = begun_ || c != ')';
      if (c != '(' && !is_blank(c)) last_word_.clear();
      at_++;
    }
  }

  void skip_past(std::string_view end) {
    const size_t found = text_.find(end, at_);
    at_ = found == std::string_view::npos ? text_.size() : found + end.size();
  }

  // Of SQL; tags of Jinja in it are executed all the same.
  void comment(std::string_view end) {
    while (at_ < text_.size() && !text_.substr(at_).starts_with(end)) {
      if (here('{', '{') || here('{', '%'))
        jinja();
      else if (here('{', '#'))
        skip_past("#}");
      else
        at_++;
    }
    at_ = std::min(at_ + end.size(), text_.size());
  }

  // What stands between the marks is code of Jinja: its texts may be SQL. With some tags a statement begins anew.
  void jinja() {
    const char end = here('{', '{') ? '}' : '%';
    const size_t first = std::min(text_.find_first_not_of("-+ \t\r\n", at_ + 2), text_.size());
    size_t last = first;
    while (last < text_.size() && sql_word_char(text_[last])) last++;
    std::string_view tag = text_.substr(first, last - first);
    if (tag.starts_with("end")) tag.remove_prefix(3);
    static constexpr std::array<std::string_view, 6> around = {"call",    "set", "macro", "test", "materialization",
                                                               "snapshot"};
    if (end == '%' && std::find(around.begin(), around.end(), tag) != around.end()) end_statement();
    at_ += 2;
    while (at_ < text_.size() && !here(end, '}')) {
      const char quote = text_[at_];
      if (quote != '\'' && quote != '"') {
        at_++;
        continue;
      }
      const size_t begin = ++at_;
      while (at_ < text_.size() && text_[at_] != quote) at_ += text_[at_] == '\\' ? 2 : 1;
      at_ = std::min(at_, text_.size());
      StatementSearch(text_.substr(begin, at_ - begin), offset_ + begin, root_, out_, nested_ + 1).search();
      at_ = std::min(at_ + 1, text_.size());
    }
    at_ = std::min(at_ + 2, text_.size());
  }

  void literal() {
    const size_t begin = at_ + 1;
    size_t end = begin;
    while (end < text_.size() && (text_[end] != '\'' || text_.substr(end + 1, 1) == "'"))
      end += text_[end] == '\'' ? 2 : 1;
    end = std::min(end, text_.size());
    const std::string_view value = text_.substr(begin, end - begin);
    const bool file = call_depth_ > 0 || last_word_ == "from" || last_word_ == "join";
    if (file && leads_outside(value, root_))
      out_.push_back({"file outside the project", std::string(value), offset_ + begin});
    // A tag of Jinja in quotes is code of Jinja all the same.
    for (size_t mark = value.find('{'); mark != std::string_view::npos; mark = value.find('{', mark + 1))
      if (value.substr(mark, 2) == "{{" || value.substr(mark, 2) == "{%") {
        StatementSearch(value.substr(mark), offset_ + begin + mark, root_, out_, nested_ + 1).search();
        break;
      }
    at_ = std::min(end + 1, text_.size());
    begun_ = true;
    last_word_.clear();
  }

  void word() {
    const size_t begin = at_;
    while (at_ < text_.size() && sql_word_char(text_[at_])) at_++;
    const std::string found = lower(text_.substr(begin, at_ - begin));
    if (!begun_) {
      first_ = found;
      start_ = begin;
      seen_to_ = false;
      if (found == "force") return;  // INSTALL
    }
    begun_ = true;
    seen_to_ = seen_to_ || (found == "to" && depth_ == 0);
    last_word_ = found;
    size_t next = at_;
    while (next < text_.size() && is_blank(text_[next])) next++;
    if (next < text_.size() && text_[next] == '(' && argument_names_files(found)) call_depth_ = depth_ + 1;
  }

  void end_statement() {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kinds = {
        {{"load", "LOAD"},
         {"install", "INSTALL"},
         {"attach", "ATTACH"},
         {"export", "EXPORT DATABASE"},
         {"import", "IMPORT DATABASE"},
         {"copy", "COPY TO"}}};
    for (const auto& [first, kind] : kinds)
      if (begun_ && first_ == first && (first != "copy" || seen_to_)) {
        std::string statement(trim(text_.substr(start_, at_ - start_)));
        const auto words = static_cast<size_t>(
            std::count_if(statement.begin(), statement.end(), [](char c) { return c == ' ' || c == '\n'; }));
        // A name of something; but not 'attach ' ~ path.
        const bool composed = nested_ > 0 && words == 0 && at_ > start_ + statement.size();
        if ((words == 0 && !composed) || (first == "load" && words > 1)) continue;
        out_.push_back({std::string(kind), std::move(statement), offset_ + start_});
      }
    begun_ = seen_to_ = false;
    first_.clear();
    last_word_.clear();
    depth_ = call_depth_ = 0;
  }

  std::string_view text_;
  size_t offset_;
  const std::string& root_;
  std::vector<ForeignStatement>& out_;
  static constexpr int deepest = 16;  // texts in texts
  int nested_;
  size_t at_ = 0, start_ = 0;
  bool begun_ = false, seen_to_ = false;
  std::string first_, last_word_;
  int depth_ = 0, call_depth_ = 0;  // call_depth_: inside the first argument of a function that reads files
};

}  // namespace

bool leads_outside(std::string_view path, const std::string& root) {
  if (path.starts_with("file://")) path.remove_prefix(7);
  if (path.starts_with("~")) return true;
  if (path.find("://") != std::string_view::npos || path.find('{') < path.find('/')) return false;
  if (path.size() < 2 || path.find('\n') != std::string_view::npos) return false;
  const fs::path full = fs::path(path).is_absolute() ? fs::path(path) : fs::path(root) / path;
  return lies_outside(full.string(), {resolved_path(root)});
}

std::vector<ForeignStatement> foreign_statements(std::string_view text, const std::string& root) {
  std::vector<ForeignStatement> out;
  StatementSearch(text, 0, root, out).search();
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.at < b.at; });
  return out;
}

}  // namespace weir::project
