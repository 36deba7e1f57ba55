#include "lake/column_references.h"

#include <algorithm>
#include <cctype>

#include "base/text.h"
#include "lake/table_properties.h"

namespace weir::lake {

namespace {

bool starts_word(char c) { return std::isalpha(static_cast<unsigned char>(c)) || c == '_' || (c & 0x80); }
bool continues_word(char c) { return starts_word(c) || std::isdigit(static_cast<unsigned char>(c)); }

// From after the opening quote to its end; doubled quotes stand for one. Moves `at` behind the closing one.
std::string quoted(std::string_view sql, size_t& at, char quote) {
  std::string text;
  for (; at < sql.size(); ++at) {
    if (sql[at] == quote) {
      if (at + 1 >= sql.size() || sql[at + 1] != quote) break;
      ++at;
    }
    text += sql[at];
  }
  ++at;
  return text;
}

void skip_literal(std::string_view sql, size_t& at) {
  for (char quote = sql[at++]; at < sql.size() && sql[at] != quote; ++at)
    if (sql[at] == '\\') ++at;
  ++at;
}

// Plain, or as invariants have it: {"expression":{"expression":"a > 1"}}.
std::string expression_text(const Json& expression) {
  try {
    Json parsed = expression.is_string() ? Json::parse(expression.as_string()) : expression;
    return parsed.at("expression").at("expression").as_string();
  } catch (const Error&) {
    return expression.is_string() ? expression.as_string() : expression.dump();
  }
}

// What each field carries under a key of its metadata.
void collect(const Metadata& metadata, const std::string& key, const std::string& what,
             std::vector<TableExpression>& out) {
  Schema schema = metadata.schema;
  schema.each_field([&](Field& field) {
    if (const Json* sql = field.metadata.find(key)) out.push_back({what + field.name, expression_text(*sql)});
  });
}

}  // namespace

std::vector<TableExpression> row_rules_of(const Metadata& metadata) {
  std::vector<TableExpression> rules;
  for (const auto& [key, value] : metadata.configuration)
    if (key.starts_with(constraint_prefix))
      rules.push_back({"constraint " + key.substr(constraint_prefix.size()), value});
  collect(metadata, "delta.invariants", "the invariant of column ", rules);
  return rules;
}

std::vector<TableExpression> expressions_of(const Metadata& metadata) {
  auto all = row_rules_of(metadata);
  collect(metadata, "delta.generationExpression", "the generated column ", all);
  if (auto listed = metadata.configuration.find("delta.dataSkippingStatsColumns");
      listed != metadata.configuration.end())
    all.push_back({"the property " + listed->first, listed->second});
  return all;
}

std::vector<std::string> names_in(std::string_view sql) {
  std::vector<std::string> names;
  for (size_t at = 0; at < sql.size();) {
    if (sql[at] == '\'' || sql[at] == '"') {
      skip_literal(sql, at);
    } else if (sql[at] == '`') {
      names.push_back(quoted(sql, ++at, '`'));
    } else if (starts_word(sql[at])) {
      size_t start = at;
      while (at < sql.size() && continues_word(sql[at])) ++at;
      names.emplace_back(sql.substr(start, at - start));
    } else {
      ++at;
    }
  }
  return names;
}

std::vector<std::string> mentions_of(const Metadata& metadata, const std::vector<std::string>& path) {
  std::vector<std::string> mentions;
  for (const auto& expression : expressions_of(metadata)) {
    auto names = names_in(expression.sql);
    if (std::any_of(names.begin(), names.end(), [&](const auto& name) { return iequals(name, path.front()); }))
      mentions.push_back(expression.what);
  }
  return mentions;
}

}  // namespace weir::lake
