// Macros that dbt-duckdb has beyond dbt's own: what the catalogue tells, and files of external models. The bodies are
// weir's own.
#include "project/standard_macros.h"

namespace weir::project {

namespace {

constexpr std::string_view duckdb_text = R"jinja(
{% macro get_catalog(information_schema, schemas) -%}
  {{ return(adapter.dispatch('get_catalog', 'dbt')(information_schema, schemas)) }}
{%- endmacro %}
{% macro default__get_catalog(information_schema, schemas) -%}
  {%- set wanted = [] -%}
  {%- for schema in schemas -%}
    {%- do wanted.append(api.Relation.create(database=information_schema.database, schema=schema)) -%}
  {%- endfor -%}
  {{ return(get_catalog_relations(information_schema, wanted)) }}
{%- endmacro %}
{% macro get_catalog_relations(information_schema, relations) -%}
  {{ return(adapter.dispatch('get_catalog_relations', 'dbt')(information_schema, relations)) }}
{%- endmacro %}
{% macro default__get_catalog_relations(information_schema, relations) -%}
  {%- set wanted = [] -%}
  {%- for relation in relations -%}
    {%- if not relation.schema -%}
      {%- do exceptions.raise_compiler_error("get_catalog_relations: each relation needs a schema, and " ~ relation ~ " has none") -%}
    {%- endif -%}
    {%- set condition = same_name('t.schema_name', relation.schema) -%}
    {%- if relation.identifier -%}
      {%- set condition = condition ~ ' and ' ~ same_name('t.name', relation.identifier) -%}
    {%- endif -%}
    {%- do wanted.append('(' ~ condition ~ ')') -%}
  {%- endfor -%}
  {{ return(run_query(catalog_rows_sql(information_schema.database, wanted | join(' or ') or 'false'))) }}
{%- endmacro %}
{% macro same_name(column, name) -%}
  {{ return('lower(' ~ column ~ ") = lower('" ~ escape_single_quotes(name) ~ "')") }}
{%- endmacro %}
{% macro catalog_rows_sql(database, condition) %}
  select
    t.database_name as table_database, t.schema_name as table_schema, t.name as table_name, t.kind as table_type,
    t.comment as table_comment, c.column_name, c.column_index, c.data_type as column_type,
    c.comment as column_comment, null as table_owner
  from (
    select database_name, schema_name, table_name as name, 'BASE TABLE' as kind, comment from duckdb_tables()
    union all
    select database_name, schema_name, view_name, 'VIEW', comment from duckdb_views()
  ) as t
  join duckdb_columns() as c
    on c.database_name = t.database_name and c.schema_name = t.schema_name and c.table_name = t.name
  where {{ same_name('t.database_name', database) }} and ({{ condition }})
  order by table_schema, table_name, c.column_index
{% endmacro %}

{% macro external_location(relation, config) -%}
  {%- set parts = config.get('options', {}).get('partition_by') -%}
  {{- adapter.external_root() }}/{{ relation.identifier }}{{ '' if parts is not none else '.' ~ config.get('format', 'parquet') }}
{%- endmacro %}
{% macro render_write_options(config) -%}
  {%- set out = {} -%}
  {%- for name, value in config.get('options', {}).items() -%}
    {%- do out.update({name: render(value) if value is string else value}) -%}
  {%- endfor -%}
  {%- for name in ['format', 'delimiter'] if config.get(name) -%}
    {%- do out.update({name: render(config.get(name))}) -%}
  {%- endfor -%}
  {{ return(out) }}
{%- endmacro %}
{% macro register_upstream_external_models() -%}
  {%- set seen = [] -%}
  {%- for id in selected_resources if id in graph.nodes -%}
    {%- for upstream in graph.nodes[id].depends_on.nodes if upstream not in selected_resources and upstream not in seen -%}
      {%- do seen.append(upstream) -%}
      {%- set node = graph.nodes.get(upstream) -%}
      {%- if node and node.config.materialized == 'external' -%}{%- do register_external_model(node) -%}{%- endif -%}
    {%- endfor -%}
  {%- endfor -%}
{%- endmacro %}
{% macro register_external_model(node) -%}
  {%- set relation = api.Relation.create(database=node.database, schema=node.schema, identifier=node.alias) -%}
  {%- set written = render(node.config.get('location') or external_location(relation, node.config)) -%}
  {%- set files = adapter.external_read_location(written, render_write_options(node.config)) -%}
  {%- do adapter.create_schema(relation) -%}
  {%- do run_query('create or replace view ' ~ relation ~ " as (select * from '" ~ escape_single_quotes(files) ~ "')") -%}
{%- endmacro %}
)jinja";

}  // namespace

std::string_view standard_duckdb() { return duckdb_text; }

}  // namespace weir::project
