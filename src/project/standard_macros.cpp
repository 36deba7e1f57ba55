#include "project/standard_macros.h"

#include <string_view>

namespace weir::project {

namespace {

struct StandardMacro {
  std::string_view name, parameters, arguments, body;
};

// Names and parameters are dbt's; the bodies are DuckDB's SQL.
constexpr StandardMacro macro_texts[] = {
    {"current_timestamp", "", "", "now()"},
    {"current_timestamp_backcompat", "", "", "current_timestamp::timestamp"},
    {"current_timestamp_in_utc_backcompat", "", "", "(now() at time zone 'UTC')"},
    {"type_string", "", "", "TEXT"},
    {"type_timestamp", "", "", "timestamp"},
    {"type_float", "", "", "float"},
    {"type_numeric", "", "", "numeric(28,6)"},
    {"type_bigint", "", "", "bigint"},
    {"type_int", "", "", "integer"},
    {"type_boolean", "", "", "boolean"},
    {"concat", "fields", "fields", "{{ fields|join(' || ') }}"},
    {"hash", "field", "field", "md5(cast({{ field }} as {{ dbt.type_string() }}))"},
    {"dateadd", "datepart, interval, from_date_or_timestamp", "datepart, interval, from_date_or_timestamp",
     "{%- set several = {'quarter': [3, 'month'], 'week': [7, 'day']}.get(datepart|lower) -%}"
     "{%- set count -%}cast({{ interval }} as bigint){%- endset -%}"
     "({{ from_date_or_timestamp }} + {{ '(' ~ count ~ ' * ' ~ several[0] ~ ')' if several else count }} * interval 1 "
     "{{ several[1] if several else datepart|lower }})"},
    // Weeks as dbt-duckdb counts them: whole ones, and one more where the second date's day of the week comes first.
    {"datediff", "first_date, second_date, datepart", "first_date, second_date, datepart",
     "{%- if datepart == 'week' -%}"
     "{%- set forward = 'case when ' ~ first_date ~ ' <= ' ~ second_date ~ ' then ' -%}"
     "({{ dbt.datediff(first_date, second_date, 'day') }} // 7 + case "
     "when date_part('dow', ({{ first_date }})::timestamp) <= date_part('dow', ({{ second_date }})::timestamp) then "
     "{{ forward }}0 else -1 end else {{ forward }}1 else 0 end end)"
     "{%- else -%}"
     "(date_diff('{{ datepart }}', {{ first_date }}::timestamp, {{ second_date }}::timestamp))"
     "{%- endif -%}"},
    {"date_trunc", "datepart, date", "datepart, date", "date_trunc('{{ datepart }}', {{ date }})"},
    {"last_day", "date, datepart", "date, datepart",
     "{%- set part = ['month', '3'] if datepart == 'quarter' else [datepart, '1'] -%}"
     "cast({{ dbt.dateadd('day', '-1', dbt.dateadd(part[0], part[1], dbt.date_trunc(datepart, date))) }} as date)"},
    {"date", "year, month, day", "year, month, day", "make_date({{ year }}, {{ month }}, {{ day }})"},
    {"safe_cast", "field, type", "field, type", "cast({{ field }} as {{ type }})"},
    {"cast", "field, type", "field, type", "cast({{ field }} as {{ type }})"},
    {"cast_bool_to_text", "field", "field", "cast({{ field }} as {{ dbt.type_string() }})"},
    {"split_part", "string_text, delimiter_text, part_number", "string_text, delimiter_text, part_number",
     "string_split({{ string_text }}, {{ delimiter_text }})[{{ part_number }}]"},
    {"replace", "field, old_chars, new_chars", "field, old_chars, new_chars",
     "replace({{ field }}, {{ old_chars }}, {{ new_chars }})"},
    {"right", "string_text, length_expression", "string_text, length_expression",
     "right({{ string_text }}, {{ length_expression }})"},
    {"length", "expression", "expression", "length({{ expression }})"},
    {"position", "substring_text, string_text", "substring_text, string_text",
     "position({{ substring_text }} in {{ string_text }})"},
    {"string_literal", "value", "value", "'{{ value }}'"},
    {"escape_single_quotes", "expression", "expression", "{{ expression | replace(\"'\", \"''\") }}"},
    {"except", "", "", "except"},
    {"intersect", "", "", "intersect"},
    {"equals", "expr1, expr2", "expr1, expr2", "({{ expr1 }} is not distinct from {{ expr2 }})"},
    {"any_value", "expression", "expression", "arbitrary({{ expression }})"},
    {"bool_or", "expression", "expression", "bool_or({{ expression }})"},
    {"listagg", "measure, delimiter_text=\"','\", order_by_clause=none, limit_num=none",
     "measure, delimiter_text, order_by_clause, limit_num",
     "{%- set ordered = ' ' ~ order_by_clause if order_by_clause else '' -%}"
     "{%- if limit_num -%}"
     "list_aggr((array_agg({{ measure }}{{ ordered }}))[1:{{ limit_num }}], 'string_agg', {{ delimiter_text }})"
     "{%- else -%}string_agg({{ measure }}, {{ delimiter_text }}{{ ordered }}){%- endif -%}"},
    {"array_construct", "inputs=[], data_type='integer'", "inputs, data_type",
     "{%- if inputs|length == 0 -%}cast([] as {{ data_type }}[]){%- else -%}[{{ inputs|join(', ') }}]{%- endif -%}"},
    {"array_append", "array, new_element", "array, new_element", "array_append({{ array }}, {{ new_element }})"},
    {"array_concat", "array_1, array_2", "array_1, array_2", "array_concat({{ array_1 }}, {{ array_2 }})"},
    {"generate_series", "upper_bound", "upper_bound",
     "select cast(generate_series as int) as generated_number from generate_series(1, {{ upper_bound }})"},
    {"get_where_subquery", "relation", "relation",
     "{%- set where = config.get('where', '') -%}"
     "{%- if where -%}{%- set filtered -%}(select * from {{ relation }} where {{ where }}) dbt_subquery{%- endset -%}"
     "{{ return(filtered) }}{%- else -%}{{ return(relation) }}{%- endif -%}"},
};

// Naming: what decides where a node lives. load() computes the same natively unless a project overrides them.
constexpr std::string_view naming_texts = R"jinja(
{% macro generate_schema_name(custom_schema_name=none, node=none) -%}
  {{ return(adapter.dispatch('generate_schema_name', 'dbt')(custom_schema_name, node)) }}
{%- endmacro %}
{% macro default__generate_schema_name(custom_schema_name, node) -%}
  {%- if custom_schema_name is none -%}{{ target.schema }}
  {%- else -%}{{ target.schema }}_{{ custom_schema_name | trim }}{%- endif -%}
{%- endmacro %}
{% macro generate_schema_name_for_env(custom_schema_name, node) -%}
  {%- if target.name == 'prod' and custom_schema_name is not none -%}{{ custom_schema_name | trim }}
  {%- else -%}{{ target.schema }}{%- endif -%}
{%- endmacro %}
{% macro generate_alias_name(custom_alias_name=none, node=none) -%}
  {{ return(adapter.dispatch('generate_alias_name', 'dbt')(custom_alias_name, node)) }}
{%- endmacro %}
{% macro default__generate_alias_name(custom_alias_name, node) -%}
  {%- if custom_alias_name -%}{{ custom_alias_name | trim }}
  {%- elif node.version -%}{{ return(node.name ~ "_v" ~ (node.version | replace(".", "_"))) }}
  {%- else -%}{{ node.name }}{%- endif -%}
{%- endmacro %}
{% macro generate_database_name(custom_database_name=none, node=none) -%}
  {{ return(adapter.dispatch('generate_database_name', 'dbt')(custom_database_name, node)) }}
{%- endmacro %}
{% macro default__generate_database_name(custom_database_name, node) -%}
  {%- if custom_database_name is none -%}{{ target.database }}
  {%- else -%}{{ custom_database_name | trim }}{%- endif -%}
{%- endmacro %}
{% macro should_store_failures() -%}
  {%- set wanted = config.get('store_failures') -%}
  {{ return(flags.STORE_FAILURES if wanted is none else wanted) }}
{%- endmacro %}
{% macro load_relation(relation) -%}
  {{ return(adapter.get_relation(database=relation.database, schema=relation.schema, identifier=relation.identifier)) }}
{%- endmacro %}
{% macro should_full_refresh() -%}
  {%- set wanted = config.get('full_refresh') -%}
  {{ return(flags.FULL_REFRESH if wanted is none else wanted) }}
{%- endmacro %}
{% macro default_last_day(date, datepart) -%}{{ dbt.default__last_day(date, datepart) }}{%- endmacro %}
{% macro date_spine(datepart, start_date, end_date) -%}
  {{ return(adapter.dispatch('date_spine', 'dbt')(datepart, start_date, end_date)) }}
{%- endmacro %}
{% macro default__date_spine(datepart, start_date, end_date) -%}
  select d as date_{{ datepart }}
  from (
    select {{ dbt.dateadd(datepart, 'n', start_date) }} as d
    from range(0, {{ dbt.datediff(start_date, end_date, datepart) }} + 1) as numbers(n)
  ) as steps
  where d < {{ end_date }}
{%- endmacro %}
{% macro get_powers_of_two(upper_bound) -%}
  {{ return(adapter.dispatch('get_powers_of_two', 'dbt')(upper_bound)) }}
{%- endmacro %}
{% macro default__get_powers_of_two(upper_bound) -%}
  {%- if upper_bound <= 0 -%}{{ exceptions.raise_compiler_error("upper bound must be positive") }}{%- endif -%}
  {%- for exponent in range(1, 100) if 2 ** exponent >= upper_bound -%}
    {%- if loop.first -%}{{ return(exponent) }}{%- endif -%}
  {%- endfor -%}
{%- endmacro %}
)jinja";

}  // namespace

std::string standard_macros() {
  std::string out;
  const auto put = [&out](std::initializer_list<std::string_view> parts) {
    for (const std::string_view part : parts) out += part;
  };
  for (const StandardMacro& macro : macro_texts) {
    put({"{% macro ", macro.name, "(", macro.parameters, ") -%}{{ return(adapter.dispatch('", macro.name, "', 'dbt')(",
         macro.arguments, ")) }}{%- endmacro %}\n"});
    put({"{% macro default__", macro.name, "(", macro.parameters, ") -%}", macro.body, "{%- endmacro %}\n"});
  }
  out += naming_texts;
  return out;
}

}  // namespace weir::project
