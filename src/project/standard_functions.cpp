// dbt's macros for functions as weir writes them. To DuckDB a function in SQL is a macro: its query or expression takes
// the place of the call. The types that are declared hold all the same: `model.compiled_code` has its arguments cast
// already (run/function_text.h), and the result is cast here.
#include "project/standard_macros.h"

namespace weir::project {

namespace {

constexpr std::string_view functions_text = R"jinja(
{% materialization function, default, supported_languages=['sql', 'python'] -%}
  {%- set existing = load_cached_relation(this) -%}
  {%- set target = this.incorporate(type=this.Function) -%}
  {%- do run_hooks(pre_hooks) -%}
  {%- set asked = this.get_function_macro_name(this.get_function_config(model)) -%}
  {%- set find = adapter.dispatch -%}
  {%- set statement_text = find(asked, 'dbt')(target) -%}
  {%- do function_execute_build_sql(statement_text, existing, target) -%}
  {%- do run_hooks(post_hooks) -%}
  {{ return({'relations': [target]}) }}
{%- endmaterialization %}

{% macro function_execute_build_sql(build_sql, existing_relation, target_relation) -%}
  {{ return(adapter.dispatch('function_execute_build_sql', 'dbt')(build_sql, existing_relation, target_relation)) }}
{%- endmacro %}
{% macro default__function_execute_build_sql(build_sql, existing_relation, target_relation) -%}
  {%- call statement('main') -%}{{ build_sql | trim }}{%- endcall -%}
  {%- do apply_grants(target_relation, config.get('grants'), should_revoke=should_revoke(existing_relation)) -%}
  {%- do persist_docs(target_relation, model) -%}
{%- endmacro %}

{% macro scalar_function_sql(target_relation) -%}
  {{ return(adapter.dispatch('scalar_function_sql', 'dbt')(target_relation)) }}
{%- endmacro %}
{% macro default__scalar_function_sql(target_relation) -%}
{{ scalar_function_create_replace_signature_sql(target_relation) }} {{ scalar_function_body_sql() }}
{%- endmacro %}
{% macro scalar_function_create_replace_signature_sql(target_relation) -%}
  {{ return(adapter.dispatch('scalar_function_create_replace_signature_sql', 'dbt')(target_relation)) }}
{%- endmacro %}
{% macro default__scalar_function_create_replace_signature_sql(target_relation) -%}
CREATE OR REPLACE FUNCTION {{ target_relation.render() }} ({{ formatted_scalar_function_args_sql() }})
{%- set volatility = scalar_function_volatility_sql() | trim %} {{ volatility ~ ' ' if volatility }}AS
{%- endmacro %}
{% macro formatted_scalar_function_args_sql() -%}
  {{ return(adapter.dispatch('formatted_scalar_function_args_sql', 'dbt')()) }}
{%- endmacro %}
{% macro default__formatted_scalar_function_args_sql() -%}
  {%- for argument in model.arguments -%}
    {{ adapter.quote(argument.name) }}
    {%- if argument.default_value is not none %} := {{ argument.default_value }}{% endif -%}
    {{ ', ' if not loop.last }}
  {%- endfor -%}
{%- endmacro %}
{% macro scalar_function_body_sql() -%}
  {{ return(adapter.dispatch('scalar_function_body_sql', 'dbt')()) }}
{%- endmacro %}
{% macro default__scalar_function_body_sql() -%}
{%- if model.returns.data_type == 'INVALID_TYPE' -%}
  {%- do exceptions.raise_compiler_error('no YAML tells what function ' ~ model.name ~ ' returns: name it below functions: with returns: {data_type: …}') -%}
{%- endif -%}
(CAST((
{{ model.compiled_code }}
) AS {{ model.returns.data_type }}))
{%- endmacro %}
{% macro scalar_function_volatility_sql() -%}
  {{ return(adapter.dispatch('scalar_function_volatility_sql', 'dbt')()) }}
{%- endmacro %}
{% macro default__scalar_function_volatility_sql() -%}
  {%- set volatility = model.config.get('volatility') -%}
  {%- if volatility is not none -%}{%- do unsupported_volatility_warning(volatility) -%}{%- endif -%}
{%- endmacro %}
{% macro unsupported_volatility_warning(volatility) -%}
  {{ return(adapter.dispatch('unsupported_volatility_warning', 'dbt')(volatility)) }}
{%- endmacro %}
{% macro default__unsupported_volatility_warning(volatility) -%}
  {%- do exceptions.warn('volatility ' ~ volatility ~ ' of function ' ~ model.name ~ ' does nothing: ' ~ adapter.type() ~ ' takes that of what the function calls') -%}
{%- endmacro %}

{% macro formatted_scalar_function_args_javascript() -%}
  {{ return(adapter.dispatch('formatted_scalar_function_args_javascript', 'dbt')()) }}
{%- endmacro %}
{% macro default__formatted_scalar_function_args_javascript() -%}
  {%- do exceptions.raise_compiler_error(adapter.type() ~ ' has no functions in JavaScript') -%}
{%- endmacro %}
{% macro scalar_function_volatility_javascript() -%}
  {{ return(adapter.dispatch('scalar_function_volatility_javascript', 'dbt')()) }}
{%- endmacro %}
{% macro default__scalar_function_volatility_javascript() -%}
  {{ scalar_function_volatility_sql() }}
{%- endmacro %}

{% macro aggregate_function_sql(target_relation) -%}
  {{ return(adapter.dispatch('aggregate_function_sql', 'dbt')(target_relation)) }}
{%- endmacro %}
{% macro default__aggregate_function_sql(target_relation) -%}
{{ get_aggregate_function_create_replace_signature(target_relation) }} {{ scalar_function_body_sql() }}
{%- endmacro %}
{% macro get_aggregate_function_create_replace_signature(target_relation) -%}
  {{ return(adapter.dispatch('get_aggregate_function_create_replace_signature', 'dbt')(target_relation)) }}
{%- endmacro %}
{% macro default__get_aggregate_function_create_replace_signature(target_relation) -%}
CREATE OR REPLACE FUNCTION {{ target_relation.render() }} ({{ get_formatted_aggregate_function_args() }})
{%- set volatility = get_aggregate_function_volatility_specifier() | trim %} {{ volatility ~ ' ' if volatility }}AS
{%- endmacro %}
{% macro get_formatted_aggregate_function_args() -%}
  {{ return(adapter.dispatch('get_formatted_aggregate_function_args', 'dbt')()) }}
{%- endmacro %}
{% macro default__get_formatted_aggregate_function_args() -%}{{ formatted_scalar_function_args_sql() }}{%- endmacro %}
{% macro get_aggregate_function_volatility_specifier() -%}
  {{ return(adapter.dispatch('get_aggregate_function_volatility_specifier', 'dbt')()) }}
{%- endmacro %}
{% macro default__get_aggregate_function_volatility_specifier() -%}{{ scalar_function_volatility_sql() }}{%- endmacro %}
{% macro get_function_language_specifier() -%}
  {{ return(adapter.dispatch('get_function_language_specifier', 'dbt')()) }}
{%- endmacro %}
{% macro default__get_function_language_specifier() -%}
  {%- if model.language != 'sql' -%}LANGUAGE {{ model.language | upper }}{%- endif -%}
{%- endmacro %}
{% macro get_function_python_options() -%}
  {{ return(adapter.dispatch('get_function_python_options', 'dbt')()) }}
{%- endmacro %}
{% macro default__get_function_python_options() -%}
RUNTIME_VERSION = '{{ model.config.runtime_version }}' HANDLER = '{{ model.config.entry_point }}'
{%- if model.config.packages %} PACKAGES = ('{{ model.config.packages | join("', '") }}'){% endif -%}
{%- endmacro %}
)jinja";

}  // namespace

std::string_view standard_functions() { return functions_text; }

}  // namespace weir::project
