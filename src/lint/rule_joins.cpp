// Rules of joins.
#include <algorithm>
#include <set>

#include "base/text.h"
#include "lint/analysis.h"
#include "lint/rule_functions.h"

namespace weir::lint {

void rule_ST07(RuleRun& run) {
  for (Segment* join : run.all({K::join_clause})) {
    Segment* word = nullptr;
    for (Segment* each : join->children)
      if (!word && each->is_keyword("USING")) word = each;
    if (!word) continue;
    const std::string text = "The join has USING, not ON.";
    const auto tables = join->parent->children_of({K::join_clause, K::from_expression_element});
    Segment* select = ancestor(*join, {K::select_statement});
    const auto info = select ? select_info(*select, run.tree.dialect) : std::nullopt;
    std::vector<TableAlias> aliases;
    if (info)
      for (const TableAlias& each : info->tables)
        if (!each.name.empty()) aliases.push_back(each);
    Segment* brackets = nullptr;
    for (size_t i = word->index; i < join->children.size() && !brackets; ++i)
      if (join->children[i]->is(K::bracketed)) brackets = join->children[i];
    bool fixable = tables.size() > 1 && tables[1] == join && aliases.size() >= 2 && brackets;
    Segments columns;
    if (brackets) columns = brackets->children_of({K::identifier});
    if (fixable)
      for (Segment* reference : info->references) {
        const auto parts = parts_of(*reference);
        for (Segment* column : columns)
          fixable = fixable &&
                    (parts.empty() || normal(*parts[0].segment, run.tree.dialect) != normal(*column, run.tree.dialect));
      }
    const TableAlias *left = nullptr, *right = nullptr;
    for (const TableAlias& each : aliases) {
      if (each.element == tables[0]) left = &each;
      if (each.element == join->child(K::from_expression_element)) right = &each;
    }
    if (!fixable || !left || !right) {
      run.find(word, text);
      continue;
    }
    std::string condition = "ON ";
    for (size_t i = 0; i < columns.size(); ++i) {
      const std::string column(columns[i]->text);
      condition += (i > 0 ? " AND " : "") + left->name + "." + column + " = " + right->name + "." + column;
    }
    std::vector<Fix> fixes;
    for (size_t i = word->index; i < brackets->index; ++i) fixes.push_back(fix_remove(join->children[i]));
    fixes.push_back(fix_replace(brackets, {run.tree.make(K::code, condition)}, {left->segment, right->segment}));
    run.find(word, text, fixes);
  }
}

namespace {

// The tables of a FROM in their order, by which the sides of its join conditions are judged.
class JoinOrder {
 public:
  JoinOrder(RuleRun& run, Segment& from)
      : run_(run), anchor_(&from), earlier_(run.text("preferred_first_table_in_join_clause") != "later") {
    for (Segment* child : from.children)
      for (Segment* join : crawl(*child, {K::join_clause})) joins_.push_back(join);
    Segment* first = first_of(from, {K::from_expression_element});
    if (!first) return;
    tables_.push_back(bare(aliases_of_element(*first)[0]));
    for (Segment* join : joins_)
      if (const auto aliases = aliases_of_join(*join); !aliases.empty()) tables_.push_back(bare(aliases[0]));
  }

  void judge() {
    if (tables_.empty()) return;
    std::set<const Segment*> done;
    for (Segment* on : conditions())
      for (Segment* child : on->children)
        for (Segment* expression : crawl(*child, {K::expression}))
          if (done.insert(expression).second)
            for (const Segments& comparison : comparisons(*expression)) judge(comparison);
    if (!fixes_.empty())
      run_.find(
          anchor_,
          "The condition does not begin with the table that comes " + std::string(earlier_ ? "earlier" : "later") + ".",
          fixes_);
  }

 private:
  static std::string bare(const TableAlias& alias) {
    return upper(alias.segment ? unquoted(*alias.segment) : alias.name);
  }

  Segments conditions() const {
    Segments conditions;
    for (Segment* join : joins_)
      for (Segment* child : join->children)
        for (Segment* on : crawl(*child, {K::join_on_condition})) conditions.push_back(on);
    return conditions;
  }

  // Parts between AND and OR that compare a column of a table with another one.
  static std::vector<Segments> comparisons(const Segment& expression) {
    std::vector<Segments> groups(1);
    for (Segment* each : expression.children) {
      if (each->is_blank() || each->is_meta()) continue;
      if (each->kind == K::binary_operator && (each->word_is("AND") || each->word_is("OR")))
        groups.emplace_back();
      else
        groups.back().push_back(each);
    }
    std::erase_if(groups, [](const Segments& group) {
      return group.size() != 3 || group[0]->kind != K::column_reference || group[1]->kind != K::comparison_operator ||
             group[2]->kind != K::column_reference || !group[0]->child(K::dot) || !group[2]->child(K::dot);
    });
    return groups;
  }

  std::ptrdiff_t place(Segment& reference) const {
    const std::string name = upper(unquoted(*reference.child(K::identifier)));
    return std::find(tables_.begin(), tables_.end(), name) - tables_.begin();
  }

  void judge(const Segments& comparison) {
    const auto operators = comparison[1]->children_of({K::raw_comparison_operator});
    const std::string sign(trim(comparison[1]->text));
    static const std::set<std::string> turnable = {"=", "!=", "<>", "<=>", "<", ">", "<=", ">="};
    if (!turnable.count(sign)) return;
    const auto left = place(*comparison[0]), right = place(*comparison[2]),
               end = static_cast<std::ptrdiff_t>(tables_.size());
    if (left == end || right == end || left == right || (left > right) != earlier_) return;
    if (fixes_.empty() && comparison[0]->literal) anchor_ = comparison[0];
    fixes_.push_back(fix_replace(comparison[0], {comparison[2]}));
    fixes_.push_back(fix_replace(comparison[2], {comparison[0]}));
    if ((sign[0] == '<' || sign[0] == '>') && sign != "<>" && !operators.empty())
      fixes_.push_back(
          fix_replace(operators[0], {run_.tree.make(K::raw_comparison_operator, sign[0] == '<' ? ">" : "<")}));
  }

  RuleRun& run_;
  Segment* anchor_;
  bool earlier_;
  Segments joins_;
  std::vector<std::string> tables_;
  std::vector<Fix> fixes_;
};

}  // namespace

void rule_ST09(RuleRun& run) {
  for (Segment* from : run.all({K::from_expression})) JoinOrder(run, *from).judge();
}

namespace {

std::string bare_upper(std::string_view text) {
  std::string out = upper(text);
  const auto quote = [](char c) { return c == '"' || c == '\'' || c == '`' || c == '[' || c == ']'; };
  while (!out.empty() && quote(out.front())) out.erase(0, 1);
  while (!out.empty() && quote(out.back())) out.pop_back();
  return out;
}

// Names of tables in the references below; nullopt if one is not qualified and must be.
std::optional<std::vector<std::string>> tables_in(Segment& segment, bool allow_unqualified) {
  std::vector<std::string> tables;
  for (Segment* reference : crawl(segment, {K::column_reference, K::wildcard_identifier})) {
    const auto parts = parts_of(*reference);
    if (parts.size() < 2) {
      if (reference->is(K::wildcard_identifier) || allow_unqualified) continue;
      return std::nullopt;
    }
    tables.push_back(bare_upper(parts[parts.size() - 2].text));
    if (parts.size() > 2) tables.push_back(bare_upper(parts[0].text));
  }
  return tables;
}

std::string table_of(Segment& element) {
  if (Segment* alias = element.child(K::alias_expression))
    if (Segment* name = alias->child(K::identifier)) return upper(unquoted(*name));
  Segment* reference = first_of(element, {K::table_reference}, {{K::select_statement}});
  return reference ? upper(unquoted(*reference->children.back())) : std::string();
}

}  // namespace

void rule_ST11(RuleRun& run) {
  for (Segment* select : run.all({K::select_statement})) {
    Segment* from = select->child(K::from_clause);
    if (!from) continue;
    std::vector<std::pair<std::string, Segment*>> joined;
    std::vector<std::string> referenced;
    for (Segment* expression : from->children_of({K::from_expression})) {
      for (Segment* element : expression->children_of({K::from_expression_element})) {
        if (const std::string table = table_of(*element); !table.empty()) joined.emplace_back(table, element);
        if (joined.size() > 1) {
          joined.clear();
          break;
        }
      }
      for (Segment* join : expression->children_of({K::join_clause})) {
        bool outer = false, semi = false;
        for (Segment* each : join->children_of({K::keyword})) {
          outer = outer || each->word_is("FULL") || each->word_is("LEFT") || each->word_is("RIGHT");
          semi = semi || each->word_is("ANTI") || each->word_is("SEMI");
        }
        std::vector<std::string> own;
        const auto refer = [&](Segment& segment) {
          for (const std::string& table : tables_in(segment, true).value_or(std::vector<std::string>()))
            if (std::find(own.begin(), own.end(), table) == own.end()) referenced.push_back(table);
        };
        for (Segment* element : join->children_of({K::from_expression_element})) {
          const std::string table = table_of(*element);
          if (!table.empty() && outer && !semi) {
            joined.emplace_back(table, element);
            own.push_back(table);
          }
          refer(*element);
        }
        for (Segment* condition : join->children_of({K::join_on_condition})) refer(*condition);
      }
    }
    if (joined.size() <= 1) continue;
    joined.erase(std::remove_if(joined.begin(), joined.end(),
                                [&](const auto& each) {
                                  return std::find(referenced.begin(), referenced.end(), each.first) !=
                                         referenced.end();
                                }),
                 joined.end());
    if (joined.empty()) continue;
    std::set<std::string> used;
    bool unsure = false;
    for (Segment* clause : select->children_of({K::select_clause, K::where_clause, K::groupby_clause, K::orderby_clause,
                                                K::having_clause, K::qualify_clause})) {
      const auto tables = tables_in(*clause, false);
      unsure = unsure || !tables;
      if (tables) used.insert(tables->begin(), tables->end());
    }
    if (unsure) continue;
    auto query = query_of(*select, run.tree.dialect);
    for (const auto& each : query->selects)
      for (const auto& wildcard : each.wildcards())
        for (const std::string& table : wildcard.tables) used.insert(upper(table));
    for (const auto& [table, element] : joined)
      if (!used.count(table)) run.find(element, "Nothing uses the joined table '" + std::string(element->text) + "'.");
  }
}

}  // namespace weir::lint
