#include "run/merge_clauses.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "template/value.h"

namespace weir::run {

namespace {

using project::Node;

const Json* configured(const Node& node, std::string_view key) {
  const Json* found = node.config->all.find(key);
  return found && !found->is_null() ? found : nullptr;
}

bool is_given(const Json& value) {
  return !(value.is_array() && value.as_array().empty()) && !(value.is_object() && value.as_object().empty());
}

std::string shown(const Json& value) { return tmpl::Value(value).str(); }

std::vector<std::string> texts_in(const Json* value) {
  std::vector<std::string> out;
  if (value && value->is_string()) out.push_back(value->as_string());
  if (value && value->is_array())
    for (const Json& item : value->as_array())
      if (item.is_string()) out.push_back(item.as_string());
  return out;
}

bool names_contain(const std::vector<std::string>& names, const std::string& name) {
  return std::any_of(names.begin(), names.end(), [&](const std::string& known) { return iequals(known, name); });
}

class MergeConfigCheck {
 public:
  explicit MergeConfigCheck(const Node& node) : node_(node) {}

  std::vector<std::string> mistakes() {
    for (const char* key : {"merge_update_condition", "merge_insert_condition"})
      if (const Json* value = configured(node_, key); value && !value->is_string())
        mistakes_.push_back(std::string(key) + " must be a string, found: " + shown(*value));
    for (const char* key :
         {"merge_on_using_columns", "merge_update_columns", "merge_exclude_columns", "merge_returning_columns"})
      check_names(key);
    if (const Json* value = configured(node_, "merge_update_set_expressions"); value && !value->is_object())
      mistakes_.push_back("merge_update_set_expressions must be a dictionary, found: " + shown(*value));
    if (const Json* clauses = configured(node_, "merge_clauses")) check_clauses(*clauses);
    return std::move(mistakes_);
  }

 private:
  void check_names(const char* key) {
    const Json* value = configured(node_, key);
    if (!value) return;
    if (!value->is_array()) return mistakes_.push_back(std::string(key) + " must be a list");
    for (const Json& item : value->as_array())
      if (!item.is_string())
        mistakes_.push_back(std::string(key) + " must contain only string values, found: " + shown(item));
  }

  void check_clauses(const Json& clauses) {
    if (!clauses.is_object())
      return mistakes_.push_back("merge_clauses must be a dictionary, found: " + shown(clauses));
    if (!clauses.find("when_matched") && !clauses.find("when_not_matched"))
      mistakes_.push_back("merge_clauses must contain at least one of 'when_matched' or 'when_not_matched' keys");
    for (const char* key : {"when_matched", "when_not_matched"})
      if (const Json* list = clauses.find(key)) check_list(std::string("merge_clauses.") + key, *list);
    std::vector<std::string> beside;
    for (const char* key : {"merge_update_condition", "merge_insert_condition", "merge_update_columns",
                            "merge_update_set_expressions", "merge_exclude_columns"})
      if (const Json* value = configured(node_, key); value && is_given(*value)) beside.emplace_back(key);
    if (!beside.empty())
      mistakes_.push_back("beside merge_clauses the basic merge configurations will be ignored: remove " +
                          join(beside, ", "));
  }

  void check_list(const std::string& name, const Json& list) {
    if (!list.is_array()) return mistakes_.push_back(name + " must be a list");
    if (list.as_array().empty()) mistakes_.push_back(name + " must contain at least one element");
    for (const Json& item : list.as_array())
      if (!item.is_object()) mistakes_.push_back(name + " elements must be dictionaries, found: " + shown(item));
  }

  const Node& node_;
  std::vector<std::string> mistakes_;
};

class MergeClauses {
 public:
  MergeClauses(const Node& node, const std::vector<std::string>& columns) : node_(node), columns_(columns) {}

  std::string text() {
    const Json* all = configured(node_, "merge_clauses");
    const Json* matched = all ? all->find("when_matched") : nullptr;
    const Json* unmatched = all ? all->find("when_not_matched") : nullptr;
    if (matched)
      for (const Json& clause : matched->as_array()) add("WHEN MATCHED", clause);
    else
      add_usual_update();
    if (unmatched)
      for (const Json& clause : unmatched->as_array()) {
        const std::string by = clause.get_string("by").value_or("");
        add("WHEN NOT MATCHED" + (by.empty() ? "" : " BY " + upper(by)), clause);
      }
    else
      out_ +=
          " WHEN NOT MATCHED" + and_condition(configured(node_, "merge_insert_condition")) + " THEN " + insert_all();
    if (const auto names = texts_in(configured(node_, "merge_returning_columns")); !names.empty())
      out_ += " RETURNING " + join(names, ", ");
    return out_;
  }

 private:
  static std::string and_condition(const Json* condition) {
    const std::vector<std::string> parts = texts_in(condition);
    return parts.empty() ? "" : " AND (" + join(parts, ") AND (") + ")";
  }

  std::string insert_all() const {
    std::vector<std::string> names, values;
    for (const std::string& name : columns_) {
      names.push_back(quote_identifier(name));
      values.push_back("DBT_INTERNAL_SOURCE." + names.back());
    }
    return "INSERT (" + join(names, ", ") + ") VALUES (" + join(values, ", ") + ")";
  }

  // Of the columns in `include` (all, if none are named) those that are not in `exclude`; expressions come before
  // values.
  std::string assignments(const std::vector<std::string>& include, const std::vector<std::string>& exclude,
                          const Json* expressions) const {
    std::vector<std::string> out, by_expression;
    if (expressions && expressions->is_object())
      for (const auto& [column, expression] : expressions->as_object()) {
        by_expression.push_back(column);
        out.push_back(quote_identifier(column) + " = " + shown(expression));
      }
    for (const std::string& name : columns_) {
      if ((!include.empty() && !names_contain(include, name)) || names_contain(exclude, name) ||
          names_contain(by_expression, name))
        continue;
      out.push_back(quote_identifier(name) + " = DBT_INTERNAL_SOURCE." + quote_identifier(name));
    }
    return join(out, ", ");
  }

  void add_usual_update() {
    const std::string set = assignments(node_.config->merge_update_columns, node_.config->merge_exclude_columns,
                                        configured(node_, "merge_update_set_expressions"));
    if (set.empty()) return;
    out_ += " WHEN MATCHED" + and_condition(configured(node_, "merge_update_condition")) + " THEN UPDATE SET " + set;
  }

  void add(const std::string& when, const Json& clause) {
    out_ += " " + when + and_condition(clause.find("condition")) + " THEN " + action(clause);
  }

  std::string action(const Json& clause) const {
    const std::string action = clause.get_string("action").value_or("");
    const std::string mode = clause.get_string("mode").value_or("");
    if (action == "delete") return "DELETE";
    if (action == "do_nothing") return "DO NOTHING";
    if (action == "error") {
      const std::string message = clause.get_string("error_message").value_or("");
      return message.empty() ? "ERROR" : "ERROR " + quote_literal(message);
    }
    if (action == "update") return update(clause, mode);
    if (action == "insert") return insert(clause, mode);
    throw Error(ErrorCode::bad_config, "merge_clauses has an action \"" + action +
                                           "\"; there are update, insert, delete, do_nothing and error")
        .with_span(node_.span);
  }

  std::string update(const Json& clause, const std::string& mode) const {
    if (mode == "by_name") return "UPDATE BY NAME";
    if (mode == "by_position") return "UPDATE BY POSITION";
    if (mode == "star") return "UPDATE SET *";
    const Json none = Json::object();
    const Json* details = clause.find("update");
    if (!details || !details->is_object()) details = &none;
    const Json* expressions = details->find("set_expressions");
    if (mode.empty()) {  // of rows that only the target has
      std::vector<std::string> out;
      if (const Json* own = clause.find("set_expressions"); own && own->is_object())
        for (const auto& [column, expression] : own->as_object())
          out.push_back(quote_identifier(column) + " = " + shown(expression));
      return "UPDATE SET " + join(out, ", ");
    }
    return "UPDATE SET " +
           assignments(texts_in(details->find("include")), texts_in(details->find("exclude")), expressions);
  }

  std::string insert(const Json& clause, const std::string& mode) const {
    if (mode == "by_position") return "INSERT BY POSITION";
    if (mode == "star") return "INSERT *";
    if (mode != "explicit") return "INSERT BY NAME";
    const Json* details = clause.find("insert");
    const std::vector<std::string> names =
        texts_in(details && details->is_object() ? details->find("columns") : nullptr);
    std::vector<std::string> values;
    const Json* list = details && details->is_object() ? details->find("values") : nullptr;
    if (list && list->is_array())
      for (const Json& value : list->as_array()) values.push_back(shown(value));
    return "INSERT (" + join(names, ", ") + ") VALUES (" + join(values, ", ") + ")";
  }

  const Node& node_;
  const std::vector<std::string>& columns_;
  std::string out_;
};

}  // namespace

void check_merge_config(const Node& node) {
  const std::vector<std::string> mistakes = MergeConfigCheck(node).mistakes();
  if (!mistakes.empty())
    throw Error(ErrorCode::bad_config, "MERGE configuration errors:\n" + join(mistakes, "\n")).with_span(node.span);
}

std::string merge_using(const Node& node) {
  const std::vector<std::string> names = texts_in(configured(node, "merge_on_using_columns"));
  return names.empty() ? "" : "USING (" + join(names, ", ") + ")";
}

std::string merge_clauses(const Node& node, const std::vector<std::string>& columns) {
  return MergeClauses(node, columns).text();
}

}  // namespace weir::run
