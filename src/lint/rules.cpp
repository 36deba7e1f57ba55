#include "lint/rule.h"
#include "lint/rule_functions.h"

namespace weir::lint {

// NOLINTNEXTLINE(readability-function-size): a table of constants
const std::vector<Rule>& rules() {
  // Code, name, older names, groups, what it wants, fixable, late, judges templates' output, fixes beside templates.
  // clang-format off
  static const std::vector<Rule> all = {
      {"AL01", "aliasing.table", {"L011"}, {"all", "aliasing"}, "Table aliases are written in one way, with or without AS.", true, false, false, false, rule_AL01},
      {"AL02", "aliasing.column", {"L012"}, {"all", "core", "aliasing"}, "Column aliases are written in one way, with or without AS.", true, false, false, false, rule_AL02},
      {"AL03", "aliasing.expression", {"L013"}, {"all", "core", "aliasing"}, "An expression has a name of its own.", false, false, false, false, rule_AL03},
      {"AL04", "aliasing.unique.table", {"L020"}, {"all", "core", "aliasing", "aliasing.unique"}, "Table aliases within a clause differ from each other.", false, false, false, false, rule_AL04},
      {"AL05", "aliasing.unused", {"L025"}, {"all", "core", "aliasing"}, "A table has no alias that is not used.", true, false, false, false, rule_AL05},
      {"AL06", "aliasing.length", {"L066"}, {"all", "core", "aliasing"}, "Table aliases are neither too short nor too long.", false, false, false, false, rule_AL06},
      {"AL07", "aliasing.forbid", {"L031"}, {"all", "aliasing"}, "Tables go by their own names, without aliases.", true, false, false, false, rule_AL07},
      {"AL08", "aliasing.unique.column", {}, {"all", "core", "aliasing", "aliasing.unique"}, "Column aliases are unique within a select clause.", false, false, false, false, rule_AL08},
      {"AL09", "aliasing.self_alias.column", {}, {"all", "core", "aliasing"}, "A column is not given its own name.", true, false, false, false, rule_AL09},
      {"AL10", "aliasing.required", {}, {"all", "core", "aliasing"}, "A subquery in FROM has an alias.", false, false, false, false, rule_AL10},
      {"AM01", "ambiguous.distinct", {"L021"}, {"all", "core", "ambiguous"}, "DISTINCT has no use beside GROUP BY.", false, false, false, false, rule_AM01},
      {"AM02", "ambiguous.union", {"L033"}, {"all", "core", "ambiguous"}, "UNION says DISTINCT or ALL.", true, false, false, false, rule_AM02},
      {"AM03", "ambiguous.order_by", {"L037"}, {"all", "ambiguous"}, "ORDER BY gives directions to all columns or to none.", true, false, false, false, rule_AM03},
      {"AM04", "ambiguous.column_count", {"L044"}, {"all", "ambiguous"}, "The number of columns of the result is not known.", false, false, false, false, rule_AM04},
      {"AM05", "ambiguous.join", {"L051"}, {"all", "ambiguous"}, "Joins say their kind in full.", true, false, false, false, rule_AM05},
      {"AM06", "ambiguous.column_references", {"L054"}, {"all", "core", "ambiguous"}, "GROUP BY and ORDER BY name columns in one way.", false, false, false, false, rule_AM06},
      {"AM07", "ambiguous.set_columns", {"L068"}, {"all", "ambiguous"}, "Queries of a set have the same number of columns.", false, false, false, false, rule_AM07},
      {"AM08", "ambiguous.join_condition", {}, {"all", "ambiguous"}, "A join without a condition multiplies the tables.", true, false, false, false, rule_AM08},
      {"AM09", "ambiguous.order_by_limit", {}, {"all", "ambiguous"}, "LIMIT and OFFSET go with an ORDER BY: else chance decides which rows are taken.", false, false, false, false, rule_AM09},
      {"CP01", "capitalisation.keywords", {"L010"}, {"all", "core", "capitalisation"}, "Keywords are capitalised in one way.", true, true, false, false, rule_CP01},
      {"CP02", "capitalisation.identifiers", {"L014"}, {"all", "core", "capitalisation"}, "Unquoted identifiers are capitalised in one way.", true, true, false, false, rule_CP02},
      {"CP03", "capitalisation.functions", {"L030"}, {"all", "core", "capitalisation"}, "Function names are capitalised in one way.", true, true, false, false, rule_CP03},
      {"CP04", "capitalisation.literals", {"L040"}, {"all", "core", "capitalisation"}, "Boolean and null literals are capitalised in one way.", true, true, false, false, rule_CP04},
      {"CP05", "capitalisation.types", {"L063"}, {"all", "core", "capitalisation"}, "Data types are capitalised in one way.", true, true, false, false, rule_CP05},
      {"CV01", "convention.not_equal", {"L061"}, {"all", "convention"}, "\"Not equal\" is written in one way.", true, false, false, false, rule_CV01},
      {"CV02", "convention.coalesce", {"L060"}, {"all", "convention"}, "COALESCE is written, not IFNULL or NVL.", true, false, false, false, rule_CV02},
      {"CV03", "convention.select_trailing_comma", {"L038"}, {"all", "core", "convention"}, "The last element of a select clause has no comma behind it.", true, false, false, false, rule_CV03},
      {"CV04", "convention.count_rows", {"L047"}, {"all", "core", "convention"}, "Rows are counted in one way.", true, false, false, false, rule_CV04},
      {"CV05", "convention.is_null", {"L049"}, {"all", "core", "convention"}, "NULL is compared by IS or IS NOT.", true, false, false, false, rule_CV05},
      {"CV06", "convention.terminator", {"L052"}, {"all", "convention"}, "A statement ends with a semicolon.", true, false, false, false, rule_CV06},
      {"CV07", "convention.statement_brackets", {"L053"}, {"all", "convention"}, "A statement has no brackets around it.", true, false, false, false, rule_CV07},
      {"CV08", "convention.left_join", {"L055"}, {"all", "convention"}, "LEFT JOIN reads better than RIGHT JOIN.", false, false, false, false, rule_CV08},
      {"CV09", "convention.blocked_words", {"L062"}, {"all", "convention"}, "Words that may not be used.", false, false, false, false, rule_CV09},
      {"CV10", "convention.quoted_literals", {"L064"}, {"all", "convention"}, "Text is quoted in one way.", true, false, true, false, rule_CV10},
      {"CV11", "convention.casting_style", {"L067"}, {"all", "convention"}, "Casts are written in one way.", true, false, false, false, rule_CV11},
      {"CV12", "convention.join_condition", {}, {"all", "convention"}, "Conditions of a join stand in JOIN ... ON, not in WHERE.", true, false, false, false, rule_CV12},
      {"CV13", "convention.last_select_star", {}, {"all", "convention"}, "The last query of a WITH is SELECT * FROM ...", false, false, false, false, rule_CV13},
      {"JJ01", "jinja.padding", {"L046"}, {"all", "core", "jinja"}, "Jinja tags have one blank on either side.", true, false, true, false, rule_JJ01},
      {"LT01", "layout.spacing", {"L001", "L005", "L006", "L008", "L023", "L024", "L039", "L048", "L071"}, {"all", "core", "layout"}, "Blanks are where they should be.", true, false, false, false, rule_LT01},
      {"LT02", "layout.indent", {"L002", "L003", "L004"}, {"all", "core", "layout"}, "Lines are indented as their depth asks.", true, false, true, true, rule_LT02},
      {"LT03", "layout.operators", {"L007"}, {"all", "layout"}, "Operators stand on one side of line breaks.", true, false, false, false, rule_LT03},
      {"LT04", "layout.commas", {"L019"}, {"all", "layout"}, "Commas stand on one side of line breaks.", true, false, false, false, rule_LT04},
      {"LT05", "layout.long_lines", {"L016"}, {"all", "core", "layout"}, "Lines are not too long.", true, false, true, true, rule_LT05},
      {"LT06", "layout.functions", {"L017"}, {"all", "core", "layout"}, "A function has its bracket right behind its name.", true, false, false, false, rule_LT06},
      {"LT07", "layout.cte_bracket", {"L018"}, {"all", "core", "layout"}, "The closing bracket of a WITH begins a line.", true, false, false, false, rule_LT07},
      {"LT08", "layout.cte_newline", {"L022"}, {"all", "core", "layout"}, "A blank line follows each common table expression.", true, false, false, false, rule_LT08},
      {"LT09", "layout.select_targets", {"L036"}, {"all", "layout"}, "Select targets stand on lines of their own, a single one beside SELECT.", true, false, false, false, rule_LT09},
      {"LT10", "layout.select_modifiers", {"L041"}, {"all", "core", "layout"}, "DISTINCT stands on the line of its SELECT.", true, false, false, false, rule_LT10},
      {"LT11", "layout.set_operators", {"L065"}, {"all", "core", "layout"}, "Set operators stand on lines of their own.", true, false, false, false, rule_LT11},
      {"LT12", "layout.end_of_file", {"L009", "layout.end-of-file"}, {"all", "core", "layout"}, "The file ends with one line break.", true, true, true, false, rule_LT12},
      {"LT13", "layout.start_of_file", {"L050"}, {"all", "layout"}, "The file does not begin with blanks.", true, true, true, false, rule_LT13},
      {"LT14", "layout.keyword_newline", {}, {"all", "layout"}, "Keywords of clauses stand on one side of line breaks.", true, false, false, false, rule_LT14},
      {"LT15", "layout.newlines", {}, {"all", "layout"}, "There are not too many blank lines.", true, false, false, false, rule_LT15},
      {"RF01", "references.from", {"L026"}, {"all", "core", "references"}, "References are to tables that FROM names.", false, false, false, false, rule_RF01},
      {"RF02", "references.qualification", {"L027"}, {"all", "references"}, "With several tables references say which.", false, false, false, false, rule_RF02},
      {"RF03", "references.consistent", {"L028"}, {"all", "references"}, "References to a single table are written in one way.", true, false, false, false, rule_RF03},
      {"RF04", "references.keywords", {"L029"}, {"all", "references"}, "Keywords are not used as names.", false, false, false, false, rule_RF04},
      {"RF05", "references.special_chars", {"L057"}, {"all", "references"}, "Names have no special characters.", false, false, false, false, rule_RF05},
      {"RF06", "references.quoting", {"L059"}, {"all", "references"}, "Names are not quoted without need.", true, false, false, false, rule_RF06},
      {"RF07", "references.window_alias", {}, {"all", "references"}, "A window does not name a select alias.", false, false, false, false, rule_RF07},
      {"ST01", "structure.else_null", {"L035"}, {"all", "structure"}, "ELSE NULL says nothing.", true, false, false, false, rule_ST01},
      {"ST02", "structure.simple_case", {"L043"}, {"all", "structure"}, "A CASE that COALESCE says better.", true, false, false, false, rule_ST02},
      {"ST03", "structure.unused_cte", {"L045"}, {"all", "core", "structure"}, "Common table expressions are used.", false, false, false, false, rule_ST03},
      {"ST04", "structure.nested_case", {"L058"}, {"all", "structure"}, "A CASE in ELSE can be flattened.", true, false, false, false, rule_ST04},
      {"ST05", "structure.subquery", {"L042"}, {"all", "structure"}, "Subqueries stand in WITH.", true, false, false, false, rule_ST05},
      {"ST06", "structure.column_order", {"L034"}, {"all", "structure"}, "Wildcards come first, then plain columns, then calculations.", true, false, false, false, rule_ST06},
      {"ST07", "structure.using", {"L032"}, {"all", "structure"}, "Joins have ON, not USING.", true, false, false, false, rule_ST07},
      {"ST08", "structure.distinct", {"L015"}, {"all", "structure", "core"}, "DISTINCT is no function.", true, false, false, false, rule_ST08},
      {"ST09", "structure.join_condition_order", {}, {"all", "structure"}, "Join conditions name tables in one order.", true, false, false, false, rule_ST09},
      {"ST10", "structure.constant_expression", {}, {"all", "structure"}, "A comparison that is always the same.", false, false, false, false, rule_ST10},
      {"ST11", "structure.unused_join", {}, {"all", "structure"}, "Joined tables are used.", false, false, false, false, rule_ST11},
      {"ST12", "structure.consecutive_semicolons", {}, {"all", "structure"}, "There is one semicolon between statements.", true, false, false, false, rule_ST12},
  };
  // clang-format on
  return all;
}

std::map<std::string, std::string> options_of(const Rule& rule) {
  const Config defaults;
  const auto found = defaults.sections().find("rules:" + std::string(rule.name));
  return found == defaults.sections().end() ? std::map<std::string, std::string>() : found->second;
}

}  // namespace weir::lint
