#include <algorithm>

#include "base/text.h"
#include "lint/rule_functions.h"

namespace weir::lint {

namespace {

// What a cast is of and to: in brackets or around `::`.
Segments parts_of_cast(const Segment& holder) {
  Segments parts;
  for (Segment* each : holder.children) {
    if (each->is_meta() ||
        each->is_any({K::start_bracket, K::end_bracket, K::whitespace, K::newline, K::casting_operator, K::comma}))
      continue;
    if (each->is(K::keyword) && !each->is(K::literal)) continue;
    parts.push_back(each);
  }
  return parts;
}

class Casts {
 public:
  explicit Casts(RuleRun& run) : run_(run), preferred_(run.text("preferred_type_casting_style")) {}

  void judge(Segment& segment) {
    if (!segment.literal) return;
    std::string style;
    Segment* holder = &segment;
    if (segment.is(K::function)) {
      Segment *name = segment.child(K::function_name), *contents = segment.child(K::function_contents);
      holder = contents ? contents->child(K::bracketed) : nullptr;
      if (!name || !holder) return;
      if (iequals(name->text, "CAST")) style = "cast";
      if (iequals(name->text, "CONVERT")) {
        if (std::any_of(holder->children.begin(), holder->children.end(),
                        [](Segment* each) { return each->is_keyword("USING"); }))
          return;
        style = "convert";
      }
    } else if (segment.child(K::casting_operator)) {
      style = "shorthand";
    } else {
      return;
    }
    const bool consistent = preferred_ == "consistent";
    const std::string wanted = consistent ? prior_ : preferred_;
    if (consistent && wanted.empty()) {
      prior_ = style;
      return;
    }
    if (style.empty() || style == wanted) return;
    const Segments parts = parts_of_cast(*holder);
    const bool odd = style != "shorthand" && parts.size() != 2;
    if (consistent && odd) return;
    std::vector<Fix> fixes;
    if (!odd) fixes = rewritten(segment, style, wanted, parts);
    run_.find(&segment,
              consistent ? "Casts are written in several ways." : "The cast is not written in the preferred way.",
              fixes);
  }

 private:
  Segment* word(std::string text) { return run_.tree.make(K::code, std::move(text)); }

  std::vector<Fix> rewritten(Segment& segment, const std::string& style, const std::string& wanted,
                             const Segments& parts) {
    std::vector<std::string> value, types;
    if (style == "shorthand") {
      size_t type = 0;
      while (type < parts.size() && !parts[type]->is(K::data_type)) ++type;
      if (type == parts.size()) return {};
      std::string text;
      for (size_t i = 0; i < type; ++i) text += parts[i]->text;
      value.push_back(text);
      for (size_t i = type; i < parts.size(); ++i) types.emplace_back(parts[i]->text);
    } else {
      const bool cast = style == "cast";
      value.emplace_back(parts[cast ? 0 : 1]->text);
      types.emplace_back(parts[cast ? 1 : 0]->text);
      if (wanted == "shorthand" && parts[cast ? 0 : 1]->raw_stop - parts[cast ? 0 : 1]->raw_index > 1)
        value[0] = "(" + value[0] + ")";
    }
    std::string text = value[0];
    for (const std::string& type : types) {
      if (wanted == "cast") text = "cast(" + text + " as " + type + ")";
      if (wanted == "convert") text = "convert(" + type + ", " + text + ")";
      if (wanted == "shorthand") text += "::" + type;
    }
    return {fix_replace(&segment, {word(text)})};
  }

  RuleRun& run_;
  std::string preferred_, prior_;
};

}  // namespace

void rule_CV11(RuleRun& run) {
  Casts casts(run);
  for (Segment* each : run.all({K::function, K::cast_expression})) casts.judge(*each);
}

namespace {

class JoinConditions {
 public:
  JoinConditions(RuleRun& run, Segment& select, Segment& where) : run_(run), select_(select), where_(where) {}

  void judge() {
    Segment* expression = where_.child(K::expression);
    if (expression) {
      const auto operators = crawl(*expression, {K::binary_operator});
      simple_ = std::all_of(operators.begin(), operators.end(), [](Segment* each) { return each->word_is("AND"); });
    }
    if (simple_) cut(*expression);
    consumed_.assign(chunks_.size(), false);
    for (Segment* each : crawl(select_, {K::from_expression_element}, {{K::join_clause, K::select_statement}}))
      tables_.push_back(name_of(*each));
    for (Segment* join : crawl(select_, {K::join_clause}, {{K::select_statement}})) judge_join(*join);
    if (!simple_ || std::find(consumed_.begin(), consumed_.end(), true) == consumed_.end()) return;
    const std::string left = joined([&](size_t i) { return !consumed_[i]; });
    if (!left.empty()) {
      run_.find(expression, {}, {fix_replace(expression, {run_.tree.make(K::code, left)})});
      return;
    }
    std::vector<Fix> fixes = {fix_remove(&where_)};
    if (where_.index > 0 && select_.children[where_.index - 1]->is_blank())
      fixes.push_back(fix_remove(select_.children[where_.index - 1]));
    run_.find(&where_, {}, fixes);
  }

 private:
  void cut(const Segment& expression) {
    chunks_.emplace_back();
    for (Segment* each : expression.children) {
      if (each->is(K::binary_operator))
        chunks_.emplace_back();
      else
        chunks_.back().push_back(each);
    }
  }

  static std::string name_of(const Segment& element) {
    Segment* alias = element.child(K::alias_expression);
    Segment* name = alias ? alias->child(K::identifier) : nullptr;
    return upper(name ? name->text : element.text);
  }

  template <class Takes>
  std::string joined(Takes&& takes) const {
    std::string text;
    for (size_t i = 0; i < chunks_.size(); ++i) {
      if (!takes(i)) continue;
      if (!text.empty()) text += "AND";
      for (const Segment* each : chunks_[i]) text += each->text;
    }
    const auto is_space = [](char c) { return c == ' ' || c == '\t'; };
    while (!text.empty() && is_space(text.back())) text.pop_back();
    while (!text.empty() && is_space(text.front())) text.erase(0, 1);
    return text;
  }

  void judge_join(Segment& join) {
    Segment* element = first_of(join, {K::from_expression_element}, {{K::select_statement}});
    if (!element) return;
    Segment* table = element->child(K::table_expression);
    Segment* function = table ? table->child(K::function) : nullptr;
    if (function && function->child(K::function_name) && iequals(function->child(K::function_name)->text, "UNNEST"))
      return;
    const std::string name = name_of(*element);
    tables_.push_back(name);
    bool outer = false, semi = false;
    for (Segment* each : join.children) {
      if (each->kind != K::keyword) continue;
      for (const char* word : {"CROSS", "NATURAL", "POSITIONAL", "USING", "APPLY"})
        if (each->word_is(word)) return;
      for (const char* word : {"LEFT", "RIGHT", "FULL", "OUTER"}) outer = outer || each->word_is(word);
      semi = semi || each->word_is("SEMI") || each->word_is("ANTI");
    }
    if (join.child(K::join_on_condition)) return;
    if (join.is_templated() || (outer && !semi) || !simple_) {
      run_.find(&join);
      return;
    }
    std::vector<bool> mine(chunks_.size());
    for (size_t i = 0; i < chunks_.size(); ++i) {
      if (consumed_[i]) continue;
      Segments qualified;
      for (Segment* part : chunks_[i])
        for (Segment* each : crawl(*part, {K::column_reference}, {{K::select_statement}}))
          if (each->child(K::dot)) qualified.push_back(each);
      const auto of = [](const Segment* each, const std::string& table_name) {
        return upper(each->text).rfind(table_name + ".", 0) == 0;
      };
      const bool known = std::all_of(qualified.begin(), qualified.end(), [&](Segment* each) {
        return std::any_of(tables_.begin(), tables_.end(), [&](const std::string& other) { return of(each, other); });
      });
      const bool own = std::any_of(qualified.begin(), qualified.end(), [&](Segment* each) { return of(each, name); });
      if (qualified.size() > 1 && known && own) mine[i] = consumed_[i] = true;
    }
    if (std::find(mine.begin(), mine.end(), true) == mine.end()) {
      run_.find(&join);
      return;
    }
    run_.find(&join, {},
              {fix_after(&join, {run_.tree.make(K::code, " ON " + joined([&](size_t i) { return mine[i]; }))})});
  }

  RuleRun& run_;
  Segment &select_, &where_;
  bool simple_ = false;
  std::vector<Segments> chunks_;
  std::vector<bool> consumed_;
  std::vector<std::string> tables_;
};

}  // namespace

void rule_CV12(RuleRun& run) {
  for (Segment* select : run.all({K::select_statement}))
    if (Segment* where = select->child(K::where_clause)) JoinConditions(run, *select, *where).judge();
}

}  // namespace weir::lint
