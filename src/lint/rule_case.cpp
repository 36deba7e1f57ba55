// Rules of CASE.
#include <algorithm>

#include "base/text.h"
#include "lint/analysis.h"
#include "lint/rule_functions.h"

namespace weir::lint {

void rule_ST01(RuleRun& run) {
  for (Segment* each : run.all({K::case_expression})) {
    Segment* otherwise = each->child(K::else_clause);
    if (!otherwise || std::none_of(otherwise->children.begin(), otherwise->children.end(),
                                   [](Segment* child) { return iequals(child->text, "NULL"); }))
      continue;
    std::vector<Fix> fixes = {fix_remove(otherwise)};
    for (size_t i = otherwise->index; i-- > 0 && (each->children[i]->is_blank() || each->children[i]->is_meta());)
      fixes.push_back(fix_remove(each->children[i]));
    run.find(each, {}, fixes);
  }
}

namespace {

std::string identity(const Segment& segment, Dialect dialect) {
  std::string text(kind_name(segment.kind));
  if (segment.children.empty()) return text + ":" + normal(const_cast<Segment&>(segment), dialect) + ";";
  for (Segment* child : segment.children)
    if (!child->is_blank() && !child->is_meta()) text += identity(*child, dialect);
  return text + ")";
}

std::string identity_inside(const Segment& expression, Dialect dialect) {
  std::string text;
  for (Segment* child : expression.children)
    if (!child->is_blank() && !child->is_meta()) text += identity(*child, dialect);
  return text;
}

class SimpleCase {
 public:
  SimpleCase(RuleRun& run, Segment& segment) : run_(run), case_(segment) {}

  void judge() {
    const auto whens = case_.children_of({K::when_clause});
    Segment* otherwise = case_.child(K::else_clause);
    for (Segment* each : case_.children) {
      if (each->is(K::when_clause)) break;
      if (each->is(K::expression)) return;
    }
    if (whens.size() != 1) return;
    const auto parts = whens[0]->children_of({K::expression});
    if (parts.size() < 2) return;
    Segment &condition = *parts[0], &then = *parts[1];
    Segment* other = otherwise ? otherwise->child(K::expression) : nullptr;
    const auto is_bool = [](const Segment& each) { return iequals(each.text, "TRUE") || iequals(each.text, "FALSE"); };
    if (other && is_bool(then) && is_bool(*other) && !iequals(then.text, other->text)) {
      coalesce(condition, std::string(condition.text), "false", iequals(then.text, "FALSE"));
      return;
    }
    judge_null(condition, then, other);
  }

 private:
  void judge_null(Segment& condition, Segment& then, Segment* other) {
    bool is_word = false, null_word = false, logic = false;
    size_t is_at = 0;
    for (size_t i = 0; i < condition.children.size(); ++i) {
      const std::string_view text = condition.children[i]->text;
      if (iequals(text, "IS") && !is_word) {
        is_word = true;
        is_at = i;
      }
      null_word = null_word || iequals(text, "NULL");
      logic = logic || iequals(text, "AND") || iequals(text, "OR");
    }
    Segment* column = condition.child(K::column_reference);
    if (!is_word || !null_word || logic || !column) return;
    std::string operand;
    for (size_t i = 0; i < is_at; ++i) {
      Segment* each = condition.children[i];
      if (each->is_blank() || each->is_meta()) continue;
      if (!each->is_any({K::column_reference, K::array_accessor})) return;
      if (each->is(K::array_accessor))
        for (size_t r = each->raw_index; r < each->raw_stop; ++r)
          if (run_.tree.raws[r]->is_code() &&
              (run_.tree.raws[r]->is(K::parameter) || !run_.tree.raws[r]->is_any({K::symbol, K::literal})))
            return;
      operand += identity(*each, run_.tree.dialect);
    }
    std::vector<std::string> behind;
    for (size_t i = is_at + 1; i < condition.children.size(); ++i)
      if (!condition.children[i]->is_blank() && !condition.children[i]->is_meta())
        behind.push_back(upper(condition.children[i]->text));
    const bool is_null = behind == std::vector<std::string>{"NULL"},
               not_null = behind == std::vector<std::string>{"NOT", "NULL"};
    if (operand.empty() || (!is_null && !not_null)) return;
    if (other) {
      Segment *value = nullptr, *fallback = nullptr;
      if (is_null && operand == identity_inside(*other, run_.tree.dialect)) {
        value = other;
        fallback = &then;
      } else if (not_null && operand == identity_inside(then, run_.tree.dialect)) {
        value = &then;
        fallback = other;
      } else {
        return;
      }
      if (iequals(fallback->text, "NULL"))
        column_only(condition, *value, *column);
      else
        coalesce(condition, std::string(value->text), std::string(fallback->text), false);
    } else if (not_null && operand == identity_inside(then, run_.tree.dialect)) {
      column_only(condition, then, *column);
    }
  }

  void column_only(Segment& anchor, Segment& value, const Segment& column) {
    run_.find(&anchor, "The CASE says no more than the column '" + std::string(column.text) + "'.",
              {fix_replace(&case_, {&value})});
  }

  void coalesce(Segment& anchor, const std::string& value, const std::string& fallback, bool negated) {
    std::string text = "coalesce(" + value + ", " + fallback + ")";
    if (negated) {
      text = "not " + text;
      if (case_.parent->code_children > 1) text = "(" + text + ")";
    }
    run_.find(&anchor, "The CASE says no more than COALESCE.", {fix_replace(&case_, {run_.tree.make(K::code, text)})});
  }

  RuleRun& run_;
  Segment& case_;
};

}  // namespace

void rule_ST02(RuleRun& run) {
  for (Segment* each : run.all({K::case_expression})) SimpleCase(run, *each).judge();
}

namespace {

class NestedCase {
 public:
  NestedCase(RuleRun& run, Segment& segment) : run_(run), outer_(segment) {}

  void judge() {
    Segment *first_case = nullptr, *last_when = nullptr, *otherwise = outer_.child(K::else_clause);
    for (Segment* each : outer_.children) {
      if (!first_case && each->is_keyword("CASE")) first_case = each;
      if (each->is(K::when_clause)) last_when = each;
    }
    if (!first_case || !last_when || !otherwise) return;
    const auto expressions = otherwise->children_of({K::expression});
    if (expressions.size() != 1 || expressions[0]->children.size() != 1 ||
        !expressions[0]->children[0]->is(K::case_expression))
      return;
    Segment& inner = *expressions[0]->children[0];
    if (words_before_when(outer_) != words_before_when(inner)) return;

    std::vector<Fix> fixes;
    Segments between(outer_.children.begin() + static_cast<std::ptrdiff_t>(last_when->index) + 1,
                     outer_.children.begin() + static_cast<std::ptrdiff_t>(otherwise->index));
    size_t behind_comment = 0;
    for (size_t i = 0; i < between.size(); ++i)
      if (between[i]->is_comment()) behind_comment = i + 1;
    Segments after_else;
    for (Segment* each : otherwise->children) {
      if (each == expressions[0]) break;
      if (each->is_any({K::newline, K::comment, K::whitespace})) after_else.push_back(each);
    }
    for (Segment* each : between) fixes.push_back(fix_remove(each));
    const std::string when_indent = indent_before(*last_when), end_indent = indent_before(*first_case);
    Segments made(between.begin(), between.begin() + static_cast<std::ptrdiff_t>(behind_comment));
    rebuild(when_indent, after_else, made);
    rebuild(when_indent, inner.children_of({K::when_clause, K::else_clause, K::newline, K::comment, K::whitespace}),
            made);
    fixes.push_back(fix_after(last_when, made, made));
    fixes.push_back(fix_remove(otherwise));
    Segment* comment = nullptr;
    Segments blanks;
    for (size_t i = otherwise->index + 1; i < outer_.children.size() && !outer_.children[i]->is(K::newline); ++i) {
      Segment* each = outer_.children[i];
      if (each->is_comment()) {
        comment = each;
        break;
      }
      if (each->is_blank()) blanks.push_back(each);
    }
    if (comment) {
      for (Segment* each : blanks) fixes.push_back(fix_remove(each));
      fixes.push_back(fix_before(comment, {run_.tree.make_newline(), run_.tree.make_blank(end_indent)}));
    }
    run_.find(&inner, {}, fixes);
  }

 private:
  static std::vector<std::string> words_before_when(const Segment& of) {
    std::vector<std::string> words;
    bool begun = false;
    const auto add = [&](auto& self, const Segment& at) -> void {
      if (at.raw && at.is_code()) words.push_back(upper(at.text));
      for (const Segment* child : at.children) self(self, *child);
    };
    for (Segment* each : of.children) {
      if (each->is_any({K::when_clause, K::else_clause})) break;
      if (begun && each->is_code()) add(add, *each);
      begun = begun || each->is_keyword("CASE");
    }
    return words;
  }

  std::string indent_before(const Segment& segment) const {
    const Segment *blank = nullptr, *indent = nullptr;
    for (size_t i = segment.index; i-- > 0;) {
      const Segment* each = outer_.children[i];
      if (!blank && each->is(K::whitespace)) blank = each;
      if (!indent && each->is(K::indent)) indent = each;
    }
    if (blank && blank->text.size() > 1) return std::string(blank->text);
    const int level = indent ? indent->indent_value + 1 : 1;
    std::string text;
    for (int i = 0; i < level; ++i) text += run_.layout.one_indent();
    return text;
  }

  void rebuild(const std::string& indent, const Segments& from, Segments& into) {
    bool newline = false;
    for (Segment* each : from)
      if (!each->is_blank()) {
        newline = each->is_comment();
        break;
      }
    std::string blank;
    for (Segment* each : from) {
      if (each->is_any({K::when_clause, K::else_clause}) || (newline && each->is_comment())) {
        into.insert(into.end(), {run_.tree.make_newline(), run_.tree.make_blank(indent), each});
        newline = false;
        blank.clear();
      } else if (each->is(K::newline)) {
        newline = true;
        blank.clear();
      } else if (each->is_comment()) {
        into.insert(into.end(), {run_.tree.make_blank(blank), each});
        newline = false;
        blank.clear();
      } else if (each->is_blank()) {
        blank = std::string(each->text);
      }
    }
  }

  RuleRun& run_;
  Segment& outer_;
};

}  // namespace

void rule_ST04(RuleRun& run) {
  for (Segment* each : run.all({K::case_expression})) NestedCase(run, *each).judge();
}

}  // namespace weir::lint
