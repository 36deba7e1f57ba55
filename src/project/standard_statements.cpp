// The standard macros that make or ask for relations: what packages and custom materialisations call. The bodies are
// weir's own, for DuckDB's SQL.
#include "project/standard_macros.h"

namespace weir::project {

// NOLINTNEXTLINE(readability-function-size): one text
std::string_view standard_statements() {
  return R"jinja(
{% macro noop_statement(name=None, message=None, code=None, rows_affected=None, res=None) -%}
  {%- do store_result(name, response=message, agate_table=res) if name is not none -%}
{%- endmacro %}

{% macro get_columns_in_relation(relation) -%}
  {{ return(adapter.get_columns_in_relation(relation)) }}
{%- endmacro %}
{% macro get_empty_subquery_sql(select_sql, select_sql_header=none) -%}
  {{ return(adapter.dispatch('get_empty_subquery_sql', 'dbt')(select_sql, select_sql_header)) }}
{%- endmacro %}
{% macro default__get_empty_subquery_sql(select_sql, select_sql_header=none) -%}
  {{ select_sql_header if select_sql_header }}
  select * from (
    {{ select_sql }}
  ) as __dbt_sbq
  where false
  limit 0
{%- endmacro %}
{% macro get_column_schema_from_query(select_sql, select_sql_header=none) -%}
  {{ return(adapter.get_column_schema_from_query(select_sql)) }}
{%- endmacro %}
{% macro get_columns_in_query(select_sql) -%}
  {{ return(adapter.get_column_schema_from_query(select_sql) | map(attribute='name') | list) }}
{%- endmacro %}

{% macro create_schema(relation) -%}{%- do adapter.create_schema(relation) -%}{%- endmacro %}
{% macro drop_schema(relation) -%}{%- do adapter.drop_schema(relation) -%}{%- endmacro %}
{% macro drop_schema_named(schema_name) -%}
  {{ return(adapter.dispatch('drop_schema_named', 'dbt')(schema_name)) }}
{%- endmacro %}
{% macro default__drop_schema_named(schema_name) -%}
  {%- do adapter.drop_schema(api.Relation.create(database=target.database, schema=schema_name)) -%}
{%- endmacro %}
{% macro check_schema_exists(information_schema, schema) -%}
  {{ return(adapter.check_schema_exists(information_schema.database, schema)) }}
{%- endmacro %}
{% macro list_schemas(database) -%}{{ return(adapter.list_schemas(database)) }}{%- endmacro %}
{% macro list_relations_without_caching(schema_relation) -%}
  {{ return(adapter.list_relations_without_caching(schema_relation)) }}
{%- endmacro %}
{% macro drop_relation(relation) -%}{%- do adapter.drop_relation(relation) -%}{%- endmacro %}
{% macro drop_relation_if_exists(relation) -%}
  {%- if relation is not none -%}{%- do adapter.drop_relation(relation) -%}{%- endif -%}
{%- endmacro %}
{% macro rename_relation(from_relation, to_relation) -%}
  {%- do adapter.rename_relation(from_relation, to_relation) -%}
{%- endmacro %}
{% macro truncate_relation(relation) -%}{%- do adapter.truncate_relation(relation) -%}{%- endmacro %}
{% macro load_cached_relation(relation) -%}{{ return(load_relation(relation)) }}{%- endmacro %}
{% macro get_or_create_relation(database, schema, identifier, type) -%}
  {%- set found = adapter.get_relation(database=database, schema=schema, identifier=identifier) -%}
  {%- if found -%}{{ return([true, found]) }}{%- endif -%}
  {{ return([false, api.Relation.create(database=database, schema=schema, identifier=identifier, type=type)]) }}
{%- endmacro %}
{% macro make_temp_relation(base_relation, suffix='__dbt_tmp') -%}
  {{ return(base_relation.incorporate(path={'identifier': base_relation.identifier ~ suffix})) }}
{%- endmacro %}
{% macro make_intermediate_relation(base_relation, suffix='__dbt_tmp') -%}
  {{ return(make_temp_relation(base_relation, suffix)) }}
{%- endmacro %}
{% macro make_backup_relation(base_relation, backup_relation_type, suffix='__dbt_backup') -%}
  {{ return(base_relation.incorporate(path={'identifier': base_relation.identifier ~ suffix}, type=backup_relation_type)) }}
{%- endmacro %}

{% macro create_table_as(temporary, relation, compiled_code, language='sql') -%}
  {{ return(adapter.dispatch('create_table_as', 'dbt')(temporary, relation, compiled_code, language)) }}
{%- endmacro %}
{% macro default__create_table_as(temporary, relation, compiled_code, language='sql') -%}
  {{ config.get('sql_header') or '' }}
  create {{ 'temporary' if temporary }} table {{ relation.include(database=not temporary, schema=not temporary) }} as (
    {{ compiled_code }}
  );
{%- endmacro %}
{% macro get_create_table_as_sql(temporary, relation, sql) -%}
  {{ return(create_table_as(temporary, relation, sql)) }}
{%- endmacro %}
{% macro create_view_as(relation, sql) -%}
  {{ return(adapter.dispatch('create_view_as', 'dbt')(relation, sql)) }}
{%- endmacro %}
{% macro default__create_view_as(relation, sql) -%}
  {{ config.get('sql_header') or '' }}
  create view {{ relation }} as (
    {{ sql }}
  );
{%- endmacro %}
{% macro get_create_view_as_sql(relation, sql) -%}{{ return(create_view_as(relation, sql)) }}{%- endmacro %}

{% macro run_hooks(hooks, inside_transaction=True) -%}
  {%- for hook in hooks if hook.transaction == inside_transaction -%}
    {%- set sql = render(hook.sql) | trim -%}
    {%- if sql -%}{%- do run_query(sql) -%}{%- endif -%}
  {%- endfor -%}
{%- endmacro %}
{% macro make_hook_config(sql, inside_transaction) -%}
  {{ return(tojson({"sql": sql, "transaction": inside_transaction})) }}
{%- endmacro %}
{% macro before_begin(sql) -%}{{ make_hook_config(sql, inside_transaction=False) }}{%- endmacro %}
{% macro in_transaction(sql) -%}{{ make_hook_config(sql, inside_transaction=True) }}{%- endmacro %}
{% macro after_commit(sql) -%}{{ make_hook_config(sql, inside_transaction=False) }}{%- endmacro %}

{% macro set_sql_header(config) -%}{{ config.set('sql_header', caller()) }}{%- endmacro %}

{% macro persist_docs(relation, model, for_relation=true, for_columns=true) -%}
  {{ return(adapter.dispatch('persist_docs', 'dbt')(relation, model, for_relation, for_columns)) }}
{%- endmacro %}
{% macro default__persist_docs(relation, model, for_relation, for_columns) -%}
  {%- if for_relation and config.persist_relation_docs() and model.description -%}
    {%- do run_query(alter_relation_comment(relation, model.description)) -%}
  {%- endif -%}
  {%- if for_columns and config.persist_column_docs() and model.columns -%}
    {%- set there = adapter.get_columns_in_relation(relation) | map(attribute='name') | list -%}
    {%- set sql = alter_column_comment(relation, validate_doc_columns(relation, model.columns, there)) -%}
    {%- if sql | trim -%}{%- do run_query(sql) -%}{%- endif -%}
  {%- endif -%}
{%- endmacro %}
{% macro alter_column_type(relation, column_name, new_column_type) -%}
  {%- do run_query('alter table ' ~ relation ~ ' alter column ' ~ adapter.quote(column_name) ~ ' set data type ' ~ new_column_type) -%}
{%- endmacro %}
{% macro alter_relation_add_remove_columns(relation, add_columns=none, remove_columns=none) -%}
  {%- for column in add_columns or [] -%}
    {%- do run_query('alter table ' ~ relation ~ ' add column ' ~ adapter.quote(column.name) ~ ' ' ~ column.data_type) -%}
  {%- endfor -%}
  {%- for column in remove_columns or [] -%}
    {%- do run_query('alter table ' ~ relation ~ ' drop column ' ~ adapter.quote(column.name)) -%}
  {%- endfor -%}
{%- endmacro %}
{% macro validate_doc_columns(relation, column_dict, existing_column_names) -%}
  {%- set small = existing_column_names | map('lower') | list -%}
  {%- set found = {} -%}
  {%- set lacking = [] -%}
  {%- for name, column in column_dict.items() -%}
    {%- if name in existing_column_names or (not column.quote and name | lower in small) -%}
      {%- do found.update({name: column}) -%}
    {%- else -%}
      {%- do lacking.append(name) -%}
    {%- endif -%}
  {%- endfor -%}
  {%- if lacking -%}
    {%- do exceptions.warn("In relation " ~ relation ~ ": The following columns are specified in the schema but are not present in the database: " ~ lacking | join(", ")) -%}
  {%- endif -%}
  {{ return(found) }}
{%- endmacro %}
{% macro alter_relation_comment(relation, relation_comment) -%}
  {{ return(adapter.dispatch('alter_relation_comment', 'dbt')(relation, relation_comment)) }}
{%- endmacro %}
{% macro default__alter_relation_comment(relation, comment) -%}
  comment on {{ relation.type }} {{ relation }} is '{{ escape_single_quotes(comment) }}'
{%- endmacro %}
{% macro alter_column_comment(relation, column_dict) -%}
  {{ return(adapter.dispatch('alter_column_comment', 'dbt')(relation, column_dict)) }}
{%- endmacro %}
{% macro default__alter_column_comment(relation, column_dict) -%}
  {%- for name, column in column_dict.items() %}
  comment on column {{ relation }}.{{ adapter.quote(name) }} is '{{ escape_single_quotes(column.description) }}';
  {%- endfor -%}
{%- endmacro %}
{% macro apply_grants(relation, grant_config, should_revoke=True) -%}{%- endmacro %}
{% macro should_revoke(existing_relation, full_refresh_mode=True) -%}{{ return(false) }}{%- endmacro %}
{% macro create_indexes(relation) -%}{%- endmacro %}
{% macro drop_indexes_on_relation(relation) -%}{%- endmacro %}

{% macro get_quoted_csv(column_names) -%}
  {%- set quoted = [] -%}
  {%- for name in column_names -%}{%- do quoted.append(adapter.quote(name)) -%}{%- endfor -%}
  {{ return(quoted | join(', ')) }}
{%- endmacro %}

{% macro get_insert_into_sql(target_relation, temp_relation, dest_columns) -%}
  {%- set columns = get_quoted_csv(dest_columns | map(attribute='name')) %}
  insert into {{ target_relation }} ({{ columns }}) (select {{ columns }} from {{ temp_relation }})
{%- endmacro %}
{% macro key_matches(unique_key, left, right, predicates=none) -%}
  {%- set out = [] -%}
  {%- for key in ([unique_key] if unique_key is string else unique_key) -%}
    {%- do out.append(left ~ '.' ~ key ~ ' = ' ~ right ~ '.' ~ key) -%}
  {%- endfor -%}
  {{ return((out + (predicates or [])) | join(' and ')) }}
{%- endmacro %}
{% macro get_delete_insert_merge_sql(target, source, unique_key, dest_columns, incremental_predicates=none) -%}
  {{ return(adapter.dispatch('get_delete_insert_merge_sql', 'dbt')(target, source, unique_key, dest_columns, incremental_predicates)) }}
{%- endmacro %}
{% macro default__get_delete_insert_merge_sql(target, source, unique_key, dest_columns, incremental_predicates=none) -%}
  {%- if unique_key %}
  delete from {{ target }} as DBT_INTERNAL_DEST where exists (
    select 1 from {{ source }} as DBT_INTERNAL_SOURCE
    where {{ key_matches(unique_key, 'DBT_INTERNAL_DEST', 'DBT_INTERNAL_SOURCE', incremental_predicates) }}
  );
  {%- endif %}
  {{ get_insert_into_sql(target, source, dest_columns) }}
{%- endmacro %}
{% macro get_merge_sql(target, source, unique_key, dest_columns, incremental_predicates=none) -%}
  {{ return(adapter.dispatch('get_merge_sql', 'dbt')(target, source, unique_key, dest_columns, incremental_predicates)) }}
{%- endmacro %}
{% macro default__get_merge_sql(target, source, unique_key, dest_columns, incremental_predicates=none) -%}
  {%- set columns = get_quoted_csv(dest_columns | map(attribute='name')) %}
  merge into {{ target }} as DBT_INTERNAL_DEST using {{ source }} as DBT_INTERNAL_SOURCE
  on {{ key_matches(unique_key, 'DBT_INTERNAL_SOURCE', 'DBT_INTERNAL_DEST', incremental_predicates) if unique_key else 'false' }}
  {%- if unique_key %}
  when matched then update set
    {%- for column in dest_columns %}
    {{ adapter.quote(column.name) }} = DBT_INTERNAL_SOURCE.{{ adapter.quote(column.name) }}{{ ',' if not loop.last }}
    {%- endfor %}
  {%- endif %}
  when not matched then insert ({{ columns }}) values ({{ columns }})
{%- endmacro %}
{% macro get_incremental_append_sql(arg_dict) -%}
  {{ return(get_insert_into_sql(arg_dict['target_relation'], arg_dict['temp_relation'], arg_dict['dest_columns'])) }}
{%- endmacro %}
{% macro get_incremental_delete_insert_sql(arg_dict) -%}
  {{ return(get_delete_insert_merge_sql(arg_dict['target_relation'], arg_dict['temp_relation'], arg_dict['unique_key'], arg_dict['dest_columns'], arg_dict['incremental_predicates'])) }}
{%- endmacro %}
{% macro get_incremental_merge_sql(arg_dict) -%}
  {{ return(get_merge_sql(arg_dict['target_relation'], arg_dict['temp_relation'], arg_dict['unique_key'], arg_dict['dest_columns'], arg_dict['incremental_predicates'])) }}
{%- endmacro %}
{% macro get_incremental_default_sql(arg_dict) -%}
  {{ return(get_incremental_delete_insert_sql(arg_dict) if arg_dict['unique_key'] else get_incremental_append_sql(arg_dict)) }}
{%- endmacro %}

{% macro diff_columns(source_columns, target_columns) -%}
  {%- set known = target_columns | map(attribute='column') | map('lower') | list -%}
  {%- set out = [] -%}
  {%- for column in source_columns if column.column | lower not in known -%}{%- do out.append(column) -%}{%- endfor -%}
  {{ return(out) }}
{%- endmacro %}

{% macro partition_range(raw_partition_date, date_fmt='%Y%m%d') -%}
  {%- set bounds = (raw_partition_date | string).split(',') -%}
  {{ return(dates_in_range(bounds[0], bounds[-1], in_fmt=date_fmt)) }}
{%- endmacro %}
{% macro convert_datetime(date_str, date_fmt) -%}
  {{ return(modules.datetime.datetime.strptime(date_str, date_fmt)) }}
{%- endmacro %}
{% macro dates_in_range(start_date_str, end_date_str=none, in_fmt="%Y%m%d", out_fmt="%Y%m%d") -%}
  {%- set first = convert_datetime(start_date_str, in_fmt) -%}
  {%- set last = convert_datetime(end_date_str or start_date_str, in_fmt) -%}
  {%- set out = [] -%}
  {%- for number in range(0, (last - first).days + 1) -%}
    {%- do out.append((first + modules.datetime.timedelta(days=number)).strftime(out_fmt)) -%}
  {%- endfor -%}
  {{ return(out) }}
{%- endmacro %}
{% macro py_current_timestring() -%}
  {{ return(modules.datetime.datetime.now().strftime("%Y%m%d%H%M%S%f")) }}
{%- endmacro %}

{% macro collect_freshness(source, loaded_at_field, filter) -%}
  {{ return(adapter.dispatch('collect_freshness', 'dbt')(source, loaded_at_field, filter)) }}
{%- endmacro %}
{% macro default__collect_freshness(source, loaded_at_field, filter) -%}
  {%- call statement('collect_freshness', fetch_result=True) -%}
  select max({{ loaded_at_field }}) as newest, {{ current_timestamp() }} as asked from {{ source }}
  {%- if filter %} where {{ filter }}{% endif -%}
  {%- endcall -%}
  {{ return(load_result('collect_freshness')) }}
{%- endmacro %}
{% macro collect_freshness_custom_sql(source, loaded_at_query) -%}
  {{ return(adapter.dispatch('collect_freshness_custom_sql', 'dbt')(source, loaded_at_query)) }}
{%- endmacro %}
{% macro default__collect_freshness_custom_sql(source, loaded_at_query) -%}
  {%- call statement('collect_freshness_custom_sql', fetch_result=True) -%}
  select ({{ loaded_at_query }}) as newest, {{ current_timestamp() }} as asked
  {%- endcall -%}
  {{ return(load_result('collect_freshness_custom_sql')) }}
{%- endmacro %}

{% macro snapshot_get_time() -%}{{ return(adapter.dispatch('snapshot_get_time', 'dbt')()) }}{%- endmacro %}
{% macro default__snapshot_get_time() -%}{{ current_timestamp() }}::timestamp{%- endmacro %}
{% macro snapshot_hash_arguments(args) -%}
  {{ return(adapter.dispatch('snapshot_hash_arguments', 'dbt')(args)) }}
{%- endmacro %}
{% macro default__snapshot_hash_arguments(args) -%}
  md5({%- for arg in args -%}coalesce(cast({{ arg }} as varchar ), ''){{ " || '|' || " if not loop.last }}{%- endfor -%})
{%- endmacro %}
)jinja";
}

}  // namespace weir::project
