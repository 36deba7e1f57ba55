#include <algorithm>
#include <cctype>
#include <set>

#include "base/text.h"
#include "lint/analysis.h"
#include "lint/parser.h"
#include "lint/rule_functions.h"

namespace weir::lint {

namespace {

using Name = std::vector<std::string>;

std::vector<Name> names_of(Segment& reference) {
  Name written, bare;
  for (const auto& part : parts_of(reference)) {
    written.push_back(part.text);
    bare.push_back(unquoted(*part.segment));
  }
  return {written, bare};
}

// Does one end as the other does?
bool one_ends_other(const Name& a, const Name& b) {
  const size_t length = std::min(a.size(), b.size());
  for (size_t i = 1; i <= length; ++i)
    if (!iequals(a[a.size() - i], b[b.size() - i])) return false;
  return length > 0;
}

bool any_matches(const std::vector<Name>& references, const std::vector<Name>& targets) {
  return std::any_of(references.begin(), references.end(), [&](const Name& reference) {
    return std::any_of(targets.begin(), targets.end(),
                       [&](const Name& target) { return one_ends_other(reference, target); });
  });
}

class FromReferences {
 public:
  explicit FromReferences(RuleRun& run) : run_(run), forced_(run.flag("force_enable")) {}

  void judge(Segment& segment) {
    target_.clear();
    if (!segment.is(K::select_statement))
      if (Segment* table = first_of(segment, {K::table_reference})) target_ = names_of(*table);
    auto query = query_of(segment, run_.tree.dialect);
    analyse(*query);
  }

 private:
  void analyse(Query& query) {
    for (auto& select : query.selects) {
      if (!select.info) continue;
      query.aliases.insert(query.aliases.end(), select.info->tables.begin(), select.info->tables.end());
      query.standalone.insert(query.standalone.end(), select.info->standalone.begin(), select.info->standalone.end());
      for (Segment* reference : select.info->references) resolve(*reference, query);
    }
    for (Query* child : query.children()) analyse(*child);
  }

  void resolve(Segment& reference, Query& from) {
    const auto parts = parts_of(reference);
    if (parts.size() < 2) return;
    const ReferencePart& table = parts[parts.size() - 2];
    std::vector<Name> wanted;
    if (parts.size() >= 3) {
      const ReferencePart& schema = parts[parts.size() - 3];
      wanted = {{schema.text, table.text}, {unquoted(*schema.segment), unquoted(*table.segment)}};
    } else {
      wanted = {{table.text}, {unquoted(*table.segment)}};
    }
    bool inner = true;
    for (Query* query = &from; query; query = query->parent, inner = false) {
      std::vector<Name> targets;
      for (const TableAlias& alias : query->aliases) {
        if (alias.aliased) targets.push_back({alias.name});
        if (alias.reference)
          for (auto& name : names_of(*alias.reference)) targets.push_back(std::move(name));
      }
      for (Segment* each : query->standalone) {
        targets.push_back({std::string(each->text)});
        targets.push_back({unquoted(*each)});
      }
      if (run_.duckdb() && inner && !forced_) {
        std::set<Name> distinct;
        for (Name name : targets) {
          for (auto& part : name) part = upper(part);
          distinct.insert(name);
        }
        if (distinct.size() == 1 || (query->aliases.size() == 1 && query->standalone.empty())) return;
      }
      if (run_.duckdb() && !forced_) {
        // table.column.field
        for (const Name& name : names_of(reference))
          for (size_t end = 1; end + 1 < name.size(); ++end)
            for (const Name& target : targets)
              if (target.size() >= end && std::equal(name.begin(), name.begin() + static_cast<std::ptrdiff_t>(end),
                                                     target.end() - static_cast<std::ptrdiff_t>(end)))
                return;
      }
      if (any_matches(wanted, targets)) return;
    }
    if (!target_.empty() && any_matches(wanted, target_)) return;
    run_.find(table.segment, "Reference " + repr(reference.text) + " is of a table that no FROM around it names.");
  }

  RuleRun& run_;
  bool forced_;
  std::vector<Name> target_;
};

}  // namespace

void rule_RF01(RuleRun& run) {
  FromReferences references(run);
  for (Segment* each :
       run.all({K::delete_statement, K::merge_statement, K::select_statement, K::update_statement}, false))
    references.judge(*each);
}

void rule_RF02(RuleRun& run) {
  const IgnoredWords ignored(run);
  const bool ignore_outer = run.flag("subqueries_ignore_external_references");
  for (Segment* select : run.all({K::select_statement})) {
    const auto info = select_info(*select, run.tree.dialect);
    if (!info) continue;
    size_t tables = info->tables.size();
    if (Segment* outer = ancestor(*select, {K::select_statement}))
      if (const auto outer_info = select_info(*outer, run.tree.dialect)) {
        const Segment* around = ancestor(*select, {K::from_clause, K::where_clause});
        const bool in_from = around && around->is(K::from_clause);
        for (const TableAlias& alias : outer_info->tables)
          if (!is_inside(*select, *alias.element) && !in_from && !ignore_outer) ++tables;
      }
    if (tables <= 1) continue;
    for (Segment* reference : info->references) {
      if (ignored.holds(reference->text) || is_qualified(*reference)) continue;
      if (std::any_of(info->columns.begin(), info->columns.end(), [&](const ColumnAlias& alias) {
            return alias.name == reference->text &&
                   std::find(alias.references.begin(), alias.references.end(), reference) == alias.references.end();
          }))
        continue;
      const auto same = [&](Segment* each) { return each->text == reference->text; };
      if (std::any_of(info->using_columns.begin(), info->using_columns.end(), same) ||
          std::any_of(info->standalone.begin(), info->standalone.end(), same))
        continue;
      run.find(reference, "The reference " + repr(reference->text) + " does not say of which table it is.");
    }
  }
}

namespace {

class ConsistentReferences {
 public:
  explicit ConsistentReferences(RuleRun& run) : run_(run), style_(run.text("single_table_references")) {}

  void judge(Segment& segment) {
    auto query = query_of(segment, run_.tree.dialect);
    visit(*query);
    kept_.push_back(std::move(query));
  }

 private:
  // Tables of a query; `below`: not those that the subquery itself is part of.
  std::vector<TableAlias> targets_of(const Query& query, const Query* below) const {
    std::vector<TableAlias> found;
    for (const auto& select : query.selects)
      if (select.info)
        for (const TableAlias& alias : select.info->tables) {
          if (below && !below->selects.empty() && is_inside(*below->selects[0].segment, *alias.element)) continue;
          if (!alias.name.empty() || below) found.push_back(alias);
        }
    return found;
  }

  static bool is_lateral(const Segment& element) {
    return std::any_of(element.children.begin(), element.children.end(),
                       [](Segment* each) { return each->is_keyword("LATERAL"); });
  }

  static bool sees_outer(const Segment& select) {
    for (const Segment* at = select.parent; at; at = at->parent) {
      if (at->is(K::select_statement)) return true;
      if (at->is(K::from_expression_element)) {
        if (is_lateral(*at)) return true;
        at = ancestor(*at, {K::select_statement});
        if (!at) return false;
      }
    }
    return false;
  }

  Name folded(Segment& reference) const {
    Name parts;
    for (const auto& part : parts_of(reference)) parts.push_back(normal(*part.segment, run_.tree.dialect));
    return parts;
  }

  Name table_name(const TableAlias& alias) const {
    if (!alias.aliased && alias.reference) return folded(*alias.reference);
    return alias.segment ? Name{normal(*alias.segment, run_.tree.dialect)} : Name{};
  }

  static bool is_suffix(const Name& shorter, const Name& longer) {
    return !shorter.empty() && shorter.size() <= longer.size() &&
           std::equal(shorter.rbegin(), shorter.rend(), longer.rbegin());
  }

  bool references_outer(const SelectInfo& info, const std::vector<TableAlias>& outer) const {
    std::vector<Name> inner_names, outer_names;
    for (const auto& each : info.tables) inner_names.push_back(table_name(each));
    for (const auto& each : outer) outer_names.push_back(table_name(each));
    for (Segment* reference : info.references) {
      const Name parts = folded(*reference);
      for (size_t end = !parts.empty() ? parts.size() - 1 : 0; end > 0; --end) {
        const Name qualifier(parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(end));
        if (std::any_of(inner_names.begin(), inner_names.end(),
                        [&](const Name& name) { return is_suffix(qualifier, name); }))
          break;
        if (std::any_of(outer_names.begin(), outer_names.end(),
                        [&](const Name& name) { return is_suffix(qualifier, name) || is_suffix(name, qualifier); }))
          return true;
      }
    }
    return false;
  }

  void visit(Query& query) {
    const SelectInfo* info = !query.selects.empty() && query.selects[0].info ? &*query.selects[0].info : nullptr;
    if (info && info->tables.size() == 1) {
      std::vector<TableAlias> possible = targets_of(query, nullptr), outer;
      for (const Query* child = &query; child->parent; child = child->parent)
        if (!child->cte_definition)
          for (auto& each : targets_of(*child->parent, child)) outer.push_back(std::move(each));
      const bool to_outer = !outer.empty() && references_outer(*info, outer);
      const bool adds = style_ != "unqualified";
      size_t count = possible.size();
      if (query.parent && query.is_subquery)
        count += adds || to_outer
                     ? outer.size()
                     : static_cast<size_t>(std::count_if(outer.begin(), outer.end(),
                                                         [](const TableAlias& each) { return !each.name.empty(); }));
      else if (to_outer || (!outer.empty() && adds && sees_outer(*query.selects[0].segment)))
        count += outer.size();
      check(*info, style_, true, count <= 1);
    }
    std::vector<Query*> children = query.children();
    if (info)
      for (const TableAlias& alias : info->tables)
        for (const Source& source : sources_of(query, *alias.element, run_.tree.dialect, query_made_)) {
          if (!source.query) continue;
          const auto& selects = source.query->selects;
          if (std::any_of(selects.begin(), selects.end(),
                          [&](const Query::Select& each) { return visited_.count(each.segment); }))
            continue;
          for (const auto& each : selects) visited_.insert(each.segment);
          children.push_back(source.query);
        }
    for (Query* child : children) visit(*child);
  }

  void check(const SelectInfo& info, const std::string& style, bool may_settle, bool fixable) {
    const TableAlias& table = info.tables[0];
    std::set<std::string> seen;
    for (Segment* reference : info.references) {
      const bool qualified = is_qualified(*reference);
      const std::string type = qualified ? "qualified" : "unqualified";
      if (!qualified && normal(*reference, run_.tree.dialect, false) == table.name) continue;
      std::optional<Finding> finding = validate(info, table, *reference, type, style, seen, fixable);
      seen.insert(type);
      if (!finding) continue;
      if (may_settle && style == "consistent") check(info, "qualified", false, fixable);
      run_.found.push_back(std::move(*finding));
    }
  }

  std::optional<Finding> validate(const SelectInfo& info, const TableAlias& table, Segment& reference,
                                  const std::string& type, const std::string& style, const std::set<std::string>& seen,
                                  bool fixable) {
    const bool qualified = type == "qualified";
    if (!qualified && reference.is(K::wildcard_identifier)) return std::nullopt;
    const auto is_standalone = [&](std::string_view text) {
      return std::any_of(info.standalone.begin(), info.standalone.end(),
                         [&](Segment* each) { return each->text == text; });
    };
    if (is_standalone(reference.text)) return std::nullopt;
    const auto parts = parts_of(reference);
    if (qualified && (is_standalone(parts[parts.size() - 2].text) || is_standalone(parts[0].text))) return std::nullopt;
    if (table.name.empty()) return std::nullopt;
    if (std::any_of(info.columns.begin(), info.columns.end(),
                    [&](const ColumnAlias& each) { return each.name == reference.text; }))
      return std::nullopt;
    const std::string title = qualified ? "Qualified" : "Unqualified";
    if (style == "consistent") {
      if (seen.empty() || seen.count(type)) return std::nullopt;
      return Finding{
          &reference,
          {},
          title + " reference " + repr(reference.text) + " is written otherwise than those before, of the only table."};
    }
    if (style == type) return std::nullopt;
    Finding finding{&reference, {}, title + " reference " + repr(reference.text) + " is of the only table."};
    if (style == "unqualified") {
      if (!fixable) return std::nullopt;
      if (!reference.is_templated())
        for (size_t i = 0; i < 2 && i < reference.children.size(); ++i)
          finding.fixes.push_back(fix_remove(reference.children[i]));
      return finding;
    }
    if (fixable && !reference.is_templated()) {
      Segments from;
      if (table.segment) from.push_back(table.segment);
      finding.fixes.push_back(fix_before(
          reference.children[0], {run_.tree.make(K::naked_identifier, table.name), run_.tree.make(K::dot, ".")}, from));
    }
    return finding;
  }

  RuleRun& run_;
  std::string style_;
  std::set<const Segment*> visited_;
  std::vector<std::unique_ptr<Query>> query_made_, kept_;
};

}  // namespace

void rule_RF03(RuleRun& run) {
  for (Segment* each : run.all({K::select_statement, K::set_expression, K::with_compound_statement}, false)) {
    ConsistentReferences references(run);
    references.judge(*each);
  }
}

void rule_RF04(RuleRun& run) {
  const IgnoredWords ignored(run);
  const std::string naked = run.text("unquoted_identifiers_policy"), quoted = run.text("quoted_identifiers_policy");
  for (Segment* each : run.all({K::identifier})) {
    if (each->text.size() == 1 || ignored.holds(each->text)) continue;
    const std::string word = upper(unquoted(*each));
    const bool bad = each->is(K::naked_identifier)
                         ? policy_holds(naked, *each) && is_unreserved_keyword(upper(each->text), run.tree.dialect)
                         : policy_holds(quoted, *each) && is_known_keyword(word, run.tree.dialect);
    if (bad) run.find(each);
  }
}

void rule_RF05(RuleRun& run) {
  const IgnoredWords ignored(run);
  const std::string allowed = run.text("additional_allowed_characters");
  for (Segment* each : run.all({K::identifier})) {
    if (ignored.holds(each->text)) continue;
    const Segment* around = ancestor(*each, {K::alias_expression, K::select_clause_element});
    if (around && around->is(K::select_clause_element) && around->child(K::alias_expression)) continue;
    std::string policy = run.text("unquoted_identifiers_policy"), text(each->text);
    if (each->is(K::quoted_identifier)) {
      policy = run.text("quoted_identifiers_policy");
      text = unquoted(*each);
      if (ignored.holds(text)) continue;
      if (run.flag("allow_space_in_identifier")) text.erase(std::remove(text.begin(), text.end(), ' '), text.end());
    }
    text.erase(std::remove_if(text.begin(), text.end(),
                              [&](char c) { return c == '_' || allowed.find(c) != std::string::npos; }),
               text.end());
    const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
      return std::isalnum(static_cast<unsigned char>(c)) || static_cast<unsigned char>(c) >= 0x80;
    });
    if (policy_holds(policy, *each) && !plain) run.find(each);
  }
}

void rule_RF06(RuleRun& run) {
  const IgnoredWords ignored(run);
  const bool prefer_quoted = run.flag("prefer_quoted_identifiers"),
             quoted_keywords = run.flag("prefer_quoted_keywords"), case_sensitive = run.flag("case_sensitive");
  for (Segment* each : run.all({K::identifier})) {
    const bool quoted = each->is(K::quoted_identifier);
    const std::string text = quoted && each->text.size() >= 2 ? std::string(each->text.substr(1, each->text.size() - 2))
                                                              : std::string(each->text);
    if (ignored.holds(text)) continue;
    if (quoted_keywords && is_known_keyword(upper(text), run.tree.dialect)) {
      if (!quoted) run.find(each, "The keyword " + text + " is a name without quotes.");
      continue;
    }
    if (prefer_quoted) {
      if (!quoted) run.find(each, "The name " + text + " has no quotes.");
      continue;
    }
    if (!quoted) continue;
    if (!run.duckdb() && case_sensitive && text != upper(text)) continue;
    const auto is_letter = [](char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; };
    const bool plain = std::all_of(text.begin(), text.end(), [&](char c) {
      return is_letter(c) || (c >= '0' && c <= '9') || c == '_' ||
             (run.duckdb() && static_cast<unsigned char>(c) >= 0x80);
    });
    const bool begins = !text.empty() && (run.duckdb() ? is_letter(text[0]) || text[0] == '_' ||
                                                             static_cast<unsigned char>(text[0]) >= 0x80
                                                       : std::any_of(text.begin(), text.end(), is_letter));
    if (!plain || !begins || is_reserved(upper(text), run.tree.dialect)) continue;
    run.find(each, "The name " + std::string(each->text) + " needs no quotes.",
             {fix_replace(each, {run.tree.make(K::naked_identifier, text)})});
  }
}

void rule_RF07(RuleRun& run) {
  if (!run.flag("force_enable")) return;
  for (Segment* window : run.all({K::window_specification})) {
    Segment* select = ancestor(*window, {K::select_statement});
    if (!select) continue;
    const auto info = select_info(*select, run.tree.dialect);
    if (!info || info->tables.size() <= 1) continue;
    const auto key = [&](Segment& name) {
      return std::pair(name.is(K::quoted_identifier), normal(name, run.tree.dialect));
    };
    std::set<std::pair<bool, std::string>> names;
    for (Segment* element : crawl(*select, {K::select_clause_element}, {{K::select_statement}}))
      for (Segment* alias : crawl(*element, {K::alias_expression}, {{K::select_statement}}))
        for (Segment* name : crawl(*alias, {K::identifier})) names.insert(key(*name));
    for (Segment* clause : crawl(*window, {K::partitionby_clause, K::orderby_clause}))
      for (Segment* reference : crawl(*clause, {K::column_reference}, {{K::select_statement}})) {
        Segment* name = first_of(*reference, {K::identifier});
        if (is_qualified(*reference) || !name || !names.count(key(*name))) continue;
        run.find(reference, "Reference " + repr(reference->text) +
                                " in the window is a column of a table, though an alias of SELECT has its name.");
      }
  }
}

}  // namespace weir::lint
