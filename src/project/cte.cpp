#include "project/cte.h"

#include <algorithm>
#include <cctype>
#include <functional>

#include "base/text.h"

namespace weir::project {

namespace {

bool blank(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }

// Past blanks and comments.
size_t skip(std::string_view sql, size_t at) {
  for (;;) {
    while (at < sql.size() && blank(sql[at])) at++;
    const std::string_view rest = sql.substr(std::min(at, sql.size()));
    if (rest.starts_with("--")) {
      at = std::min(sql.find('\n', at), sql.size());
    } else if (rest.starts_with("/*")) {
      const size_t end = sql.find("*/", at + 2);
      at = end == std::string_view::npos ? sql.size() : end + 2;
    } else {
      return at;
    }
  }
}

// Past the word if it stands at `at`, else npos.
size_t after_word(std::string_view sql, size_t at, std::string_view word) {
  if (at >= sql.size() || !iequals(sql.substr(at, word.size()), word)) return std::string_view::npos;
  const size_t end = at + word.size();
  const bool more = end < sql.size() && (std::isalnum(static_cast<unsigned char>(sql[end])) || sql[end] == '_');
  return more ? std::string_view::npos : end;
}

int lines_of(std::string_view text) { return static_cast<int>(std::count(text.begin(), text.end(), '\n')); }

}  // namespace

Injected inject_ctes(std::string_view sql, const std::vector<std::pair<std::string, std::string>>& ctes) {
  Injected out;
  if (ctes.empty()) {
    out.sql = sql;
    return out;
  }
  std::string list;
  for (const auto& [name, query] : ctes) list += (list.empty() ? "" : ", ") + name + " as (\n" + query + "\n)";
  const size_t with = after_word(sql, skip(sql, 0), "with");
  if (with == std::string_view::npos) {
    out.sql = "with " + list + " " + std::string(sql);
    out.lines = lines_of(list);
    return out;
  }
  const size_t recursive = after_word(sql, skip(sql, with), "recursive");
  const size_t at = recursive == std::string_view::npos ? with : recursive;
  const std::string gap = at == with ? " " : "  ";  // as dbt writes it
  out.sql = std::string(sql.substr(0, at)) + gap + list + "," + std::string(sql.substr(at));
  out.at_line = lines_of(sql.substr(0, at));
  out.lines = lines_of(list);
  return out;
}

std::string_view without_terminator(std::string_view sql) {
  while (!sql.empty() && (blank(sql.back()) || sql.back() == ';')) sql.remove_suffix(1);
  return sql;
}

std::string terminator_of(std::string_view sql) {
  const std::string_view rest = sql.substr(without_terminator(sql).size());
  return std::string(rest.substr(0, rest.rfind(';') + 1));
}

std::vector<EphemeralText> ephemeral_texts(const std::vector<InjectedModel>& injected) {
  std::vector<EphemeralText> out;
  out.reserve(injected.size());
  const auto find = [&](const std::string& id) {
    return std::find_if(injected.begin(), injected.end(), [&](const InjectedModel& model) { return model.id == id; });
  };
  for (const InjectedModel& model : injected) {
    EphemeralText text{model.id, model.name, model.query, {}, {}};
    std::vector<std::pair<std::string, std::string>> ctes;
    const std::function<void(const InjectedModel&)> take_read = [&](const InjectedModel& reader) {
      for (const std::string& id : reader.reads) {
        const auto read = find(id);
        if (read == injected.end() || std::find(text.ctes.begin(), text.ctes.end(), id) != text.ctes.end()) continue;
        take_read(*read);
        text.ctes.push_back(id);
        ctes.emplace_back(read->name, read->query);
      }
    };
    take_read(model);
    text.compiled = inject_ctes(model.query, ctes).sql + model.terminator;
    out.push_back(std::move(text));
  }
  return out;
}

}  // namespace weir::project
