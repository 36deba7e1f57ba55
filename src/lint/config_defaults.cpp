// The options and their defaults, those of sqlfluff 4.5, and which of them weir has.
#include "lint/config_defaults.h"

namespace weir::lint {

const char* const default_options = R"([sqlfluff]
dialect = duckdb
templater = None
rules = all
exclude_rules = None
ignore = None
warnings = None
warn_unused_ignores = False
ignore_templated_areas = True
disable_noqa = False
disable_noqa_except = None
sql_file_exts = .sql,.sql.j2,.dml,.ddl,.pkb
fix_even_unparsable = False
large_file_skip_byte_limit = 20000
max_line_length = 80
runaway_limit = 10
[sqlfluff:indentation]
indent_unit = space
tab_space_size = 4
indented_joins = False
indented_ctes = False
indented_using_on = True
indented_using_on_newline = False
indented_on_contents = True
indented_then = True
indented_then_contents = True
implicit_indents = forbid
template_blocks_indent = True
skip_indentation_in = script_content
skip_implicit_indents_in = case_expression
trailing_comments = before
list_wrapping = one_per_line
ignore_comment_lines = False
[sqlfluff:layout:type:comma]
spacing_before = touch
line_position = trailing
[sqlfluff:layout:type:binary_operator]
spacing_within = touch
line_position = leading
[sqlfluff:layout:type:statement_terminator]
spacing_before = touch
line_position = trailing
[sqlfluff:layout:type:end_of_file]
spacing_before = touch
[sqlfluff:layout:type:set_operator]
line_position = alone:strict
[sqlfluff:layout:type:start_bracket]
spacing_after = touch
[sqlfluff:layout:type:end_bracket]
spacing_before = touch
[sqlfluff:layout:type:start_square_bracket]
spacing_after = touch
[sqlfluff:layout:type:end_square_bracket]
spacing_before = touch
[sqlfluff:layout:type:casting_operator]
spacing_before = touch
spacing_after = touch:inline
[sqlfluff:layout:type:slice]
spacing_before = touch
spacing_after = touch
[sqlfluff:layout:type:dot]
spacing_before = touch
spacing_after = touch
[sqlfluff:layout:type:comparison_operator]
spacing_within = touch
line_position = leading
[sqlfluff:layout:type:assignment_operator]
spacing_within = touch
line_position = leading
[sqlfluff:layout:type:object_reference]
spacing_within = touch:inline
[sqlfluff:layout:type:numeric_literal]
spacing_within = touch:inline
[sqlfluff:layout:type:sign_indicator]
spacing_after = touch:inline
[sqlfluff:layout:type:tilde]
spacing_after = touch:inline
[sqlfluff:layout:type:function_name]
spacing_within = touch:inline
[sqlfluff:layout:type:function_contents]
spacing_before = touch:inline
[sqlfluff:layout:type:function_parameter_list]
spacing_before = touch:inline
[sqlfluff:layout:type:array_type]
spacing_within = touch:inline
spacing_before = touch
[sqlfluff:layout:type:struct_type]
spacing_within = touch:inline
[sqlfluff:layout:type:map_type]
spacing_within = touch:inline
[sqlfluff:layout:type:bracketed_arguments]
spacing_before = touch:inline
[sqlfluff:layout:type:semi_structured_expression]
spacing_within = touch:inline
spacing_before = touch:inline
[sqlfluff:layout:type:array_accessor]
spacing_before = touch:inline
[sqlfluff:layout:type:colon]
spacing_before = touch
[sqlfluff:layout:type:comment]
spacing_before = any
spacing_after = any
[sqlfluff:layout:type:placeholder]
spacing_before = any
spacing_after = any
[sqlfluff:layout:type:common_table_expression]
spacing_within = single:inline
[sqlfluff:layout:type:select_clause]
line_position = alone
[sqlfluff:layout:type:where_clause]
line_position = alone
keyword_line_position = leading
[sqlfluff:layout:type:from_clause]
line_position = alone
[sqlfluff:layout:type:join_clause]
line_position = alone
[sqlfluff:layout:type:groupby_clause]
line_position = alone
keyword_line_position = leading
[sqlfluff:layout:type:orderby_clause]
line_position = leading
keyword_line_position = leading
keyword_line_position_exclusions = window_specification, aggregate_order_by, withingroup_clause
[sqlfluff:layout:type:having_clause]
line_position = alone
keyword_line_position = leading
[sqlfluff:layout:type:limit_clause]
line_position = alone
[sqlfluff:layout:type:template_loop]
spacing_before = any
spacing_after = any
[sqlfluff:templater:jinja]
apply_dbt_builtins = True
[sqlfluff:rules]
allow_scalar = True
single_table_references = consistent
unquoted_identifiers_policy = all
[sqlfluff:rules:capitalisation.keywords]
capitalisation_policy = consistent
ignore_words = None
ignore_words_regex = None
[sqlfluff:rules:capitalisation.identifiers]
extended_capitalisation_policy = consistent
ignore_words = None
ignore_words_regex = None
[sqlfluff:rules:capitalisation.functions]
extended_capitalisation_policy = consistent
ignore_words = None
ignore_words_regex = None
[sqlfluff:rules:capitalisation.literals]
capitalisation_policy = consistent
ignore_words = None
ignore_words_regex = None
[sqlfluff:rules:capitalisation.types]
extended_capitalisation_policy = consistent
ignore_words = None
ignore_words_regex = None
[sqlfluff:rules:ambiguous.join]
fully_qualify_join_types = inner
[sqlfluff:rules:ambiguous.column_references]
group_by_and_order_by_style = consistent
[sqlfluff:rules:aliasing.table]
aliasing = explicit
[sqlfluff:rules:aliasing.column]
aliasing = explicit
[sqlfluff:rules:aliasing.unused]
alias_case_check = dialect
[sqlfluff:rules:aliasing.length]
min_alias_length = None
max_alias_length = None
[sqlfluff:rules:aliasing.forbid]
force_enable = False
[sqlfluff:rules:convention.not_equal]
preferred_not_equal_style = consistent
[sqlfluff:rules:convention.select_trailing_comma]
select_clause_trailing_comma = forbid
[sqlfluff:rules:convention.count_rows]
prefer_count_1 = False
prefer_count_0 = False
[sqlfluff:rules:convention.terminator]
multiline_newline = False
require_final_semicolon = False
[sqlfluff:rules:convention.blocked_words]
blocked_words = None
blocked_regex = None
match_source = False
[sqlfluff:rules:convention.quoted_literals]
preferred_quoted_literal_style = consistent
force_enable = False
[sqlfluff:rules:convention.casting_style]
preferred_type_casting_style = consistent
[sqlfluff:rules:convention.last_select_star]
force_enable = False
[sqlfluff:rules:references.from]
force_enable = False
[sqlfluff:rules:references.qualification]
ignore_words = None
ignore_words_regex = None
subqueries_ignore_external_references = False
[sqlfluff:rules:references.consistent]
single_table_references = consistent
force_enable = False
[sqlfluff:rules:references.keywords]
unquoted_identifiers_policy = aliases
quoted_identifiers_policy = none
ignore_words = None
ignore_words_regex = None
[sqlfluff:rules:references.special_chars]
unquoted_identifiers_policy = all
quoted_identifiers_policy = all
allow_space_in_identifier = False
additional_allowed_characters = None
ignore_words = None
ignore_words_regex = None
[sqlfluff:rules:references.quoting]
prefer_quoted_identifiers = False
prefer_quoted_keywords = False
ignore_words = None
ignore_words_regex = None
case_sensitive = True
[sqlfluff:rules:references.window_alias]
force_enable = False
[sqlfluff:rules:layout.long_lines]
ignore_comment_lines = False
ignore_comment_clauses = False
[sqlfluff:rules:layout.newlines]
maximum_empty_lines_between_statements = 2
maximum_empty_lines_inside_statements = 1
minimum_empty_lines_between_statements = 0
[sqlfluff:rules:layout.select_targets]
wildcard_policy = single
single_target_policy = same_line
[sqlfluff:rules:structure.subquery]
forbid_subquery_in = join
[sqlfluff:rules:structure.join_condition_order]
preferred_first_table_in_join_clause = earlier
)";

// Options of sqlfluff's that have no meaning here: about its own program, or about dialects that weir has not.
const char* const foreign_options =
    " verbose nocolor recursion_limit max_parse_depth max_parse_nodes output_line_length rust_parser_max_iterations "
    "rust_parser_warn_threshold fixed_suffix processes render_variant_limit use_rust_parser use_rust_rules "
    "library_path "
    "stdin_filename hanging_indents large_file_skip_char_limit large_file_skip_fail encoding unwrap_wrapped_queries "
    "prefer_quoted_keyword_style maximum_empty_lines_between_batches ";

const std::map<std::string, std::string>& allowed_values() {
  static const std::map<std::string, std::string> values = {
      {"dialect", "duckdb ansi"},
      {"templater", "dbt jinja raw"},
      {"indent_unit", "space tab"},
      {"implicit_indents", "forbid allow require"},
      {"trailing_comments", "before after"},
      {"list_wrapping", "one_per_line fill"},
      {"capitalisation_policy", "consistent upper lower capitalise"},
      {"extended_capitalisation_policy", "consistent upper lower pascal capitalise snake camel"},
      {"fully_qualify_join_types", "inner outer both"},
      {"group_by_and_order_by_style", "consistent implicit explicit"},
      {"aliasing", "implicit explicit"},
      {"alias_case_check", "dialect case_insensitive quoted_cs_naked_upper quoted_cs_naked_lower case_sensitive"},
      {"preferred_not_equal_style", "consistent c_style ansi"},
      {"select_clause_trailing_comma", "forbid require require_multiline_forbid_single_line"},
      {"preferred_quoted_literal_style", "consistent single_quotes double_quotes"},
      {"preferred_type_casting_style", "consistent shorthand convert cast"},
      {"single_table_references", "consistent qualified unqualified"},
      {"unquoted_identifiers_policy", "all aliases column_aliases table_aliases none"},
      {"quoted_identifiers_policy", "all aliases column_aliases table_aliases none"},
      {"wildcard_policy", "single multiple"},
      {"single_target_policy", "same_line new_line"},
      {"forbid_subquery_in", "join from both"},
      {"preferred_first_table_in_join_clause", "earlier later"},
  };
  return values;
}

}  // namespace weir::lint
