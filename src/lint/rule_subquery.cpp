// ST05: subqueries in FROM or JOIN become common table expressions.
#include <algorithm>
#include <map>

#include "base/text.h"
#include "lint/analysis.h"
#include "lint/rule_functions.h"

namespace weir::lint {

namespace {

class Subqueries {
 public:
  Subqueries(RuleRun& run, Segment& segment) : run_(run), root_(segment) {}

  void judge() {
    const Dialect dialect = run_.tree.dialect;
    auto query = query_of(root_, dialect);
    const bool with = root_.is(K::with_compound_statement);
    bool recursive = false;
    if (with) {
      for (Segment* each : root_.children) recursive = recursive || each->is_keyword("RECURSIVE");
      for (Segment* cte : crawl(root_, {K::common_table_expression}, {{K::with_compound_statement}, false})) {
        Segment* name = cte->child(K::identifier);
        insert({cte, cte->children.back(), name ? unquoted(*name) : std::string()});
      }
    }
    Segment* keyword = first_of(root_, {K::keyword});
    lower_case_ = keyword && lower(keyword->text) == keyword->text;
    nested(*query);
    const bool in_create = root_.parent && root_.parent->is(K::bracketed) && root_.parent->parent &&
                           root_.parent->parent->is(K::create_table_statement);
    Segment* output = with ? nullptr : &root_;
    if (with)
      for (Segment* each : root_.children)
        if (!output && each->is_any({K::set_expression, K::select_statement, K::insert_statement})) output = each;
    std::string text;
    if (output) {
      text = lower_case_ ? "with " : "WITH ";
      for (size_t i = 0; i < ctes_.size(); ++i) {
        if (i > 0) text += ",\n";
        if (!ctes_[i].definition) text += ctes_[i].name + (lower_case_ ? " as " : " AS ");
        render(ctes_[i].definition ? *ctes_[i].definition : *ctes_[i].body, text);
      }
      text += "\n";
      render(*output, text);
    }
    for (auto& [finding, fixable] : results_) {
      if (fixable && !in_create && !recursive && output)
        finding.fixes.push_back(fix_replace(&root_, {run_.tree.make(K::code, text)}));
      run_.found.push_back(std::move(finding));
    }
  }

 private:
  struct Cte {
    Segment* definition;  // null: a new one
    Segment* body;
    std::string name;
  };

  void insert(Cte cte) {
    auto place = ctes_.begin();
    while (place != ctes_.end() && !is_inside(*cte.body, *place->body)) ++place;
    ctes_.insert(place, std::move(cte));
  }

  bool is_used(const std::string& name) const {
    return std::any_of(ctes_.begin(), ctes_.end(), [&](const Cte& each) { return each.name == name; });
  }

  void render(Segment& segment, std::string& text) const {
    if (const auto found = replaced_.find(&segment); found != replaced_.end()) {
      if (!text.empty() && std::isalnum(static_cast<unsigned char>(text.back()))) text += ' ';
      text += found->second;
      return;
    }
    if (segment.children.empty()) text += segment.text;
    for (Segment* child : segment.children) render(*child, text);
  }

  bool wanted_place(Segment& element, const Segment& select) const {
    const std::string where = run_.text("forbid_subquery_in");
    const auto fits = [&](const Segment& at) {
      return (where != "join" && at.is(K::from_expression_element)) || (where != "from" && at.is(K::join_clause));
    };
    if (fits(element)) return true;
    for (const Segment* at = element.parent; at; at = at->parent) {
      if (fits(*at)) return true;
      if (at == &select) break;
    }
    return false;
  }

  bool is_correlated(Segment& segment, const std::vector<std::string>& names) const {
    Segment* select = first_of(segment, {K::select_statement});
    const auto info = select ? select_info(*select, run_.tree.dialect) : std::nullopt;
    if (!info) return false;
    for (Segment* reference : info->references) {
      const auto parts = parts_of(*reference);
      if (parts.size() >= 2 && std::find(names.begin(), names.end(), parts[parts.size() - 2].text) != names.end())
        return true;
    }
    return false;
  }

  void nested(Query& query) {
    std::vector<Query*> queries = {&query};
    for (const std::string& name : query.cte_order) queries.push_back(query.ctes[name].get());
    for (size_t i = 0; i < queries.size(); ++i)
      for (auto& select : queries[i]->selects) {
        if (!select.info) continue;
        std::vector<std::string> names;
        for (const TableAlias& alias : select.info->tables) {
          if (!alias.name.empty()) names.push_back(alias.name);
          if (alias.reference) names.emplace_back(alias.reference->text);
        }
        for (const TableAlias& alias : select.info->tables) {
          Segment* inner = first_of(
              *alias.element, {K::with_compound_statement, K::set_expression, K::select_statement, K::merge_statement});
          if (!inner || !wanted_place(*alias.element, *select.segment)) continue;
          made_.push_back(query_of(*inner, run_.tree.dialect));
          Query& sub = *made_.back();
          if (std::any_of(sub.selects.begin(), sub.selects.end(),
                          [&](const Query::Select& each) { return is_correlated(*each.segment, names); }))
            continue;
          report(alias, *select.segment);
          if (i > 0) nested(sub);
        }
      }
  }

  void report(const TableAlias& alias, const Segment& select) {
    std::string name = alias.aliased ? alias.name : std::string();
    while (name.empty() || (!alias.aliased && is_used(name))) name = "prep_" + std::to_string(++counter_);
    Segment* anchor = alias.element->children[0];
    Segment* brackets = anchor;
    if (anchor->is(K::table_expression)) {
      brackets = anchor->child(K::bracketed);
      if (!brackets) return;
    }
    bool fixable = !is_used(name) && brackets->is(K::bracketed) && !brackets->child(K::table_expression);
    if (fixable) {
      insert({nullptr, brackets, name});
      replaced_[alias.element] = name;
    }
    Segment* sign = first_of(*anchor, {K::keyword, K::symbol});
    results_.push_back(
        {{sign ? sign : anchor, {}, std::string(kind_name(select.kind)) + " has a subquery: it belongs in WITH."},
         fixable});
  }

  RuleRun& run_;
  Segment& root_;
  bool lower_case_ = false;
  int counter_ = 0;
  std::vector<Cte> ctes_;
  std::map<const Segment*, std::string> replaced_;
  std::vector<std::pair<Finding, bool>> results_;
  std::vector<std::unique_ptr<Query>> made_;
};

}  // namespace

void rule_ST05(RuleRun& run) {
  for (Segment* each : run.all({K::with_compound_statement, K::set_expression, K::select_statement}))
    if (!ancestor(*each, {K::with_compound_statement, K::set_expression, K::select_statement}))
      Subqueries(run, *each).judge();
}

}  // namespace weir::lint
