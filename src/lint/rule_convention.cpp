#include <algorithm>

#include "base/text.h"
#include "lint/reflow.h"
#include "lint/rule_functions.h"

namespace weir::lint {

void rule_CV01(RuleRun& run) {
  std::string style = run.text("preferred_not_equal_style");
  const bool consistent = style == "consistent";
  std::string seen;
  for (Segment* each : run.all({K::comparison_operator})) {
    const auto raws = each->children_of({K::raw_comparison_operator});
    if (raws.size() != 2) continue;
    const bool ansi = raws[0]->text == "<" && raws[1]->text == ">",
               c_style = raws[0]->text == "!" && raws[1]->text == "=";
    if (!ansi && !c_style) continue;
    if (consistent) {
      if (seen.empty()) seen = ansi ? "ansi" : "c_style";
      style = seen;
    }
    if ((style == "ansi") == ansi) continue;
    const char* const wanted[] = {style == "ansi" ? "<" : "!", style == "ansi" ? ">" : "="};
    run.find(each, {},
             {fix_replace(raws[0], {run.tree.make(K::raw_comparison_operator, wanted[0])}),
              fix_replace(raws[1], {run.tree.make(K::raw_comparison_operator, wanted[1])})});
  }
}

void rule_CV02(RuleRun& run) {
  for (Segment* each : run.all({K::function_name_identifier})) {
    if (!each->word_is("IFNULL") && !each->word_is("NVL")) continue;
    if (each->parent->is(K::function_name) && each->parent->children.size() != 1) continue;
    run.find(each, "COALESCE belongs here, not " + upper_text(*each) + ".",
             {fix_replace(each, {run.tree.make(K::function_name_identifier, "COALESCE")})});
  }
}

void rule_CV03(RuleRun& run) {
  for (Segment* clause : run.all({K::select_clause})) {
    std::string policy = run.text("select_clause_trailing_comma");
    Segment* last = nullptr;
    for (Segment* each : clause->children)
      if (each->is_code()) last = each;
    if (!last) continue;
    if (policy == "require_multiline_forbid_single_line") {
      Segment *first_code = nullptr, *last_code = nullptr;
      for (size_t i = clause->raw_index; i < clause->raw_stop; ++i) {
        Segment* raw = run.tree.raws[i];
        if (!raw->is_code() || raw->is(K::comma)) continue;
        if (!first_code) first_code = raw;
        last_code = raw;
      }
      policy = first_code && first_code->line != line_after(*last_code) ? "require" : "forbid";
    }
    if (policy == "forbid" && last->is(K::comma)) {
      std::vector<Fix> fixes = {fix_remove(last)};
      for (Segment* each : clause->children)
        if (each->is(K::comma) && each->source_start == last->source_start && each != last) fixes.clear();
      run.find(last, "The last element of SELECT has a comma behind it.", fixes);
    } else if (policy == "require" && !last->is(K::comma)) {
      run.find(last, "The last element of SELECT has no comma behind it.",
               {fix_replace(last, {last, run.tree.make(K::comma, ",")})});
    }
  }
}

void rule_CV04(RuleRun& run) {
  const bool one = run.flag("prefer_count_1"), zero = run.flag("prefer_count_0");
  const std::string wanted = one ? "1" : zero ? "0" : "*";
  for (Segment* function : run.all({K::function})) {
    Segment *name = function->child(K::function_name), *contents = function->child(K::function_contents);
    Segment* brackets = contents ? contents->child(K::bracketed) : nullptr;
    if (!name || !brackets || !iequals(name->text, "COUNT")) continue;
    Segments inside;
    for (Segment* each : brackets->children)
      if (!each->is_meta() && !each->is_any({K::start_bracket, K::end_bracket, K::whitespace, K::newline}))
        inside.push_back(each);
    if (inside.size() != 1) continue;
    Segment* what = inside[0];
    if (what->is(K::star) && wanted != "*") {
      run.find(function, {}, {fix_replace(what, {run.tree.make(K::numeric_literal, wanted)})});
    } else if (what->is(K::expression)) {
      Segments parts;
      for (Segment* each : what->children)
        if (!each->is_meta()) parts.push_back(each);
      if (parts.size() == 1 && parts[0]->is(K::literal) && (parts[0]->text == "0" || parts[0]->text == "1") &&
          parts[0]->text != wanted)
        run.find(function, {},
                 {fix_replace(parts[0], {run.tree.make(wanted == "*" ? K::star : K::numeric_literal, wanted)})});
    }
  }
}

void rule_CV05(RuleRun& run) {
  for (Segment* each : run.all({K::comparison_operator})) {
    if (each->parent->is(K::set_clause_list) || (each->parent->parent && each->parent->parent->is(K::set_clause_list)))
      continue;
    if (each->text != "=" && each->text != "!=" && each->text != "<>") continue;
    const Segments& siblings = each->parent->children;
    Segment* behind = nullptr;
    for (size_t i = each->index + 1; i < siblings.size() && !behind; ++i)
      if (siblings[i]->is_code()) behind = siblings[i];
    if (!behind || !behind->is(K::null_literal)) continue;
    const bool upper_case = behind->text[0] == 'N';
    Segments words = {run.tree.make(K::keyword, upper_case ? "IS" : "is")};
    if (each->text != "=") {
      words.push_back(run.tree.make_blank(" "));
      words.push_back(run.tree.make(K::keyword, upper_case ? "NOT" : "not"));
    }
    Reflow reflow = Reflow::around(run.tree, run.layout, *each);
    reflow.replace(*each, words);
    reflow.respace();
    run.find(each, {}, reflow.fixes());
  }
}

namespace {

class Terminators {
 public:
  explicit Terminators(RuleRun& run) : run_(run), file_(*run.tree.root), newline_(run.flag("multiline_newline")) {}

  void judge() {
    for (Segment* each : file_.children) {
      if (each->is(K::statement_terminator)) semicolon(*each);
      if (each->index + 1 == file_.children.size() && run_.flag("require_final_semicolon")) final_semicolon();
    }
  }

 private:
  Segment* semicolon_segment() { return run_.tree.make(K::statement_terminator, ";"); }

  bool is_one_line(const Segment& code) const {
    const Segment* statement = code.is(K::statement) ? &code : ancestor(code, {K::statement});
    if (!statement) return false;
    for (size_t i = statement->raw_index; i < statement->raw_stop; ++i)
      if (run_.tree.raws[i]->is(K::newline)) return false;
    return true;
  }

  bool is_line_comment(const Segment& each) const { return each.is_comment() && !each.is(K::block_comment); }

  // Is there something on the line behind a segment, besides blanks? `code`: that means something.
  bool more_on_line(const Segment& segment, bool code) const {
    for (size_t i = segment.raw_stop; i < file_.raw_stop; ++i) {
      const Segment& raw = *run_.tree.raws[i];
      if (raw.is(K::newline)) return false;
      if (code ? raw.is_code() : !raw.is_blank() && !raw.is_meta()) return true;
    }
    return false;
  }

  void semicolon(Segment& target) {
    Segments before;  // from the semicolon back to code, without marks
    Segment *code = nullptr, *anchor = &target;
    for (size_t i = target.raw_index; i-- > 0;) {
      Segment* raw = run_.tree.raws[i];
      if (raw->is_code()) {
        code = raw;
        break;
      }
      anchor = raw;
      if (!raw->is_meta()) before.push_back(raw);
    }
    Segments blanks;
    for (Segment* each : before) {
      if (!each->is_blank()) break;
      blanks.push_back(each);
    }
    if (newline_ && !(code && is_one_line(*code)))
      on_new_line(target, before, blanks, anchor);
    else
      on_same_line(target, before, blanks, anchor);
  }

  void on_same_line(Segment& target, const Segments& before, Segments blanks, Segment* anchor) {
    if (before.empty()) return;
    if (blanks.size() < before.size() && before[blanks.size()]->is(K::inline_comment) && more_on_line(target, true)) {
      const auto last =
          std::find_if(blanks.rbegin(), blanks.rend(), [](Segment* each) { return each->is(K::newline); });
      if (last != blanks.rend()) blanks.erase(std::next(last).base());
    }
    run_.find(anchor, "The semicolon stands apart from its statement.",
              moved(target, anchor, blanks, {semicolon_segment()}));
  }

  void on_new_line(Segment& target, Segments before, Segments blanks, Segment* anchor) {
    const Segments all = before;
    const auto comment = std::find_if(before.begin(), before.end(), [&](Segment* each) {
      return is_line_comment(*each) && each->line == anchor->line;
    });
    if (comment != before.end()) {
      anchor = *comment;
      before.erase(comment, before.end());
    }
    if (before.size() == 1 && before[0]->is(K::newline)) return;
    for (Segment* each : crawl(file_, {K::comment}))
      if (each->line == anchor->line && is_line_comment(*each)) anchor = each;
    const auto preceding = std::find_if(all.begin(), all.end(), [](Segment* each) { return !each->is_blank(); });
    if (preceding != all.end() && is_line_comment(**preceding) && *preceding != anchor && more_on_line(target, false)) {
      const auto last =
          std::find_if(blanks.rbegin(), blanks.rend(), [](Segment* each) { return each->is(K::newline); });
      if (last != blanks.rend()) blanks.erase(std::next(last).base());
    }
    std::vector<Fix> fixes;
    if (anchor == &target)
      fixes.push_back(fix_replace(anchor, {run_.tree.make_newline(), semicolon_segment()}));
    else
      fixes = moved(target, anchor, blanks, {run_.tree.make_newline(), semicolon_segment()});
    run_.find(anchor, "Behind a statement of several lines the semicolon has a line of its own.", fixes);
  }

  std::vector<Fix> moved(Segment& target, Segment* anchor, const Segments& blanks, const Segments& made) {
    std::vector<Fix> fixes;
    const bool in_blanks = std::find(blanks.begin(), blanks.end(), anchor) != blanks.end();
    fixes.push_back(in_blanks ? fix_replace(anchor, made) : fix_after(anchor, made));
    fixes.push_back(fix_remove(&target));
    for (Segment* each : blanks)
      if (each != anchor) fixes.push_back(fix_remove(each));
    return fixes;
  }

  void final_semicolon() {
    Segment* last = nullptr;
    for (Segment* each : file_.children)
      if (each->is(K::statement)) last = each;
    if (!last) return;
    for (size_t i = last->index + 1; i < file_.children.size(); ++i) {
      if (file_.children[i]->is(K::statement_terminator)) return;
      if (file_.children[i]->is_code()) break;
    }
    Segment *anchor = file_.children.back(), *trigger = anchor;
    Segments before;
    for (size_t i = file_.children.size(); i-- > 0;) {
      anchor = file_.children[i];
      if (anchor->is_code()) break;
      if (!anchor->is_meta()) before.push_back(anchor);
      trigger = anchor;
    }
    Segments made = {semicolon_segment()};
    if (newline_ && !is_one_line(*last)) {
      made.insert(made.begin(), run_.tree.make_newline());
      const size_t line = line_after(*anchor);
      const auto comment = std::find_if(before.begin(), before.end(),
                                        [&](Segment* each) { return is_line_comment(*each) && each->line == line; });
      if (comment != before.end()) anchor = *comment;
    }
    run_.find(trigger, {}, {fix_after(anchor, made)});
  }

  RuleRun& run_;
  Segment& file_;
  bool newline_;
};

}  // namespace

void rule_CV06(RuleRun& run) { Terminators(run).judge(); }

void rule_CV07(RuleRun& run) {
  for (Segment* statement : run.tree.root->children_of({K::statement}))
    for (Segment* brackets : statement->children_of({K::bracketed})) {
      Segments inside;
      for (Segment* each : brackets->children)
        if (!each->is_any({K::start_bracket, K::end_bracket}) && !each->is_meta()) inside.push_back(each);
      const auto lifts = [](Segment* each) { return each->is_blank() || each->is(K::inline_comment); };
      size_t lead = 0, trail = inside.size();
      while (lead < inside.size() && lifts(inside[lead])) ++lead;
      while (trail > lead && lifts(inside[trail - 1])) --trail;
      const Segments leading(inside.begin(), inside.begin() + static_cast<std::ptrdiff_t>(lead)),
          trailing(inside.begin() + static_cast<std::ptrdiff_t>(trail), inside.end());
      std::vector<Fix> fixes;
      if (!leading.empty()) fixes.push_back(fix_before(statement, leading));
      if (!trailing.empty()) fixes.push_back(fix_after(statement, trailing));
      fixes.push_back(fix_replace(brackets, {inside.begin() + static_cast<std::ptrdiff_t>(lead),
                                             inside.begin() + static_cast<std::ptrdiff_t>(trail)}));
      run.find(brackets, {}, fixes);
    }
}

void rule_CV08(RuleRun& run) {
  for (Segment* join : run.all({K::join_clause})) {
    bool right = false, word = false;
    for (Segment* each : join->children) {
      right = right || each->word_is("RIGHT");
      word = word || each->word_is("JOIN");
    }
    if (right && word) run.find(join->children[0]);
  }
}

void rule_CV09(RuleRun& run) {
  const auto words = run.list("blocked_words");
  const std::string regex = run.text("blocked_regex");
  if (words.empty() && regex.empty()) return;
  std::optional<tmpl::Regex> pattern;
  if (!regex.empty()) pattern = search_pattern(regex);
  const bool source_too = run.flag("match_source");
  for (Segment* raw : run.tree.raws) {
    if (raw->is_comment()) continue;
    if (std::any_of(words.begin(), words.end(), [&](const std::string& word) { return iequals(word, raw->text); })) {
      run.find(raw, "The word is blocked: '" + std::string(raw->text) + "'.");
    } else if (pattern && pattern->is_in(raw->text)) {
      run.find(raw, "A pattern blocks this: '" + std::string(raw->text) + "'.");
    } else if (pattern && source_too) {
      const std::string source = run.tree.file.source.substr(raw->source_start, raw->source_stop - raw->source_start);
      if (pattern->is_in(source)) run.find(raw, "A pattern blocks this: '" + source + "'.");
    }
  }
}

namespace {

// Double quotes for text are no SQL of DuckDB's: only single quotes are ever preferred, and only where the user asks.
std::string with_quotes(std::string_view text, char wanted) {
  if (text.size() < 2 || text.front() == wanted || (text.front() != '\'' && text.front() != '"'))
    return std::string(text);
  const char quote = text.front();
  const std::string_view body = text.substr(1, text.size() - 2);
  if (body.find(quote) != std::string_view::npos || body.find(wanted) != std::string_view::npos ||
      body.find('\\') != std::string_view::npos)
    return std::string(text);
  return std::string(1, wanted) + std::string(body) + wanted;
}

}  // namespace

void rule_CV10(RuleRun& run) {
  if (!run.flag("force_enable")) return;
  std::string style = run.text("preferred_quoted_literal_style");
  for (Segment* each : run.all({K::quoted_literal})) {
    if (each->is_templated()) {
      const std::string source =
          run.tree.file.source.substr(each->source_start, each->source_stop - each->source_start);
      const auto is_quote = [](char c) { return c == '\'' || c == '"'; };
      if (source.empty() || !is_quote(source.front()) || !is_quote(source.back())) continue;
    }
    if (style == "consistent" || style.empty()) style = each->text.back() == '"' ? "double_quotes" : "single_quotes";
    const std::string fixed = with_quotes(each->text, style == "double_quotes" ? '"' : '\'');
    if (fixed == each->text) continue;
    run.find(each,
             std::string("Texts are in ") + (style == "double_quotes" ? "double" : "single") + " quotes: write " +
                 fixed + ", not " + std::string(each->text) + ".",
             {fix_replace(each, {run.tree.make(K::quoted_literal, fixed)})});
  }
}

void rule_CV13(RuleRun& run) {
  if (!run.flag("force_enable")) return;
  const auto statements = run.tree.root->children_of({K::statement});
  if (statements.empty()) return;
  Segment* with = statements.back()->children[0];
  if (!with->is(K::with_compound_statement)) return;
  const auto queries = with->children_of({K::select_statement, K::set_expression});
  if (queries.empty() || !queries.back()->is(K::select_statement)) {
    run.find(with);
    return;
  }
  Segment* select = queries.back();
  Segment* clause = select->child(K::select_clause);
  bool passes = select->child(K::from_clause) && clause && !clause->child(K::select_clause_modifier);
  for (Segment* each : select->children) {
    const std::string_view name = kind_name(each->kind);
    if (name.size() > 7 && name.substr(name.size() - 7) == "_clause" &&
        !each->is_any({K::select_clause, K::from_clause}))
      passes = false;
  }
  if (passes) {
    const auto elements = clause->children_of({K::select_clause_element});
    passes = elements.size() == 1 && elements[0]->children[0]->is(K::wildcard_expression);
  }
  if (!passes) run.find(clause ? clause : select);
}

void rule_JJ01(RuleRun& run) {
  if (run.tree.root->literal) return;
  const TemplatedFile& file = run.tree.file;
  for (const SourcePiece& piece : file.pieces) {
    if (piece.part != TemplatePart::templated && piece.part != TemplatePart::block_start &&
        piece.part != TemplatePart::block_end)
      continue;
    const std::string text = file.source.substr(piece.start, piece.stop - piece.start);
    if (text.size() < 4) continue;
    size_t open = 2, close = 2;
    std::string_view main = std::string_view(text).substr(2, text.size() - 4);
    if (!main.empty() && (main.front() == '+' || main.front() == '-')) {
      ++open;
      main.remove_prefix(1);
    }
    if (!main.empty() && (main.back() == '+' || main.back() == '-')) {
      ++close;
      main.remove_suffix(1);
    }
    const std::string_view inner = trim(main);
    const size_t at = inner.empty() ? 0 : static_cast<size_t>(inner.data() - main.data());
    const std::string before(main.substr(0, at)), after(main.substr(at + inner.size()));
    const auto wrong = [](const std::string& blanks) {
      return blanks.empty() || (blanks != " " && blanks.find('\n') == std::string::npos);
    };
    if (!wrong(before) && !wrong(after)) continue;
    Segment* anchor = nullptr;
    for (Segment* raw : run.tree.raws)
      if (raw->source_stop > piece.start) {
        anchor = raw;
        break;
      }
    if (!anchor) continue;
    Fix fix;
    fix.edit = Fix::source;
    fix.anchor = anchor;
    fix.start = piece.start;
    fix.stop = piece.stop;
    fix.text = text.substr(0, open) + (wrong(before) ? " " : before) + std::string(inner) +
               (wrong(after) ? " " : after) + text.substr(text.size() - close);
    run.find(anchor, "The tag has not one blank on either side: " + text, {fix});
  }
}

}  // namespace weir::lint
