#include "cli/dialects.h"

#include <array>

namespace weir::cli {

namespace {

struct Remedy {
  std::string_view name, instead;
};

constexpr std::array functions = {
    Remedy{"add_months", "a + interval (n) month"},
    Remedy{"array_construct", "[a, b]"},
    Remedy{"array_size", "len(list)"},
    Remedy{"charindex", "strpos(text, part), arguments the other way round"},
    Remedy{"convert_timezone", "timezone('Zone', t)"},
    Remedy{"current_datetime", "current_localtimestamp()"},
    Remedy{"date_from_parts", "make_date(year, month, day)"},
    Remedy{"dateadd", "{{ dbt.dateadd('day', n, 'x') }}, or x + interval (n) day"},
    Remedy{"datefromparts", "make_date(year, month, day)"},
    Remedy{"datetime_add", "x + interval (n) day"},
    Remedy{"datetime_diff", "date_diff('day', from, to)"},
    Remedy{"datetime_sub", "x - interval (n) day"},
    Remedy{"datetime_trunc", "date_trunc('day', x)"},
    Remedy{"date_format", "strftime(x, format), with formats like '%Y-%m-%d'"},
    Remedy{"div0", "a / nullif(b, 0), with coalesce(…, 0) around"},
    Remedy{"div0null", "coalesce(a / nullif(b, 0), 0)"},
    Remedy{"equal_null", "a IS NOT DISTINCT FROM b"},
    Remedy{"explode", "unnest(list)"},
    Remedy{"flatten", "unnest(list), in SELECT or FROM"},
    Remedy{"format_date", "strftime(x, '%Y-%m-%d'), arguments the other way round"},
    Remedy{"format_timestamp", "strftime(x, '%Y-%m-%d'), arguments the other way round"},
    Remedy{"from_unixtime", "to_timestamp(seconds)"},
    Remedy{"generate_array", "generate_series(from, to)"},
    Remedy{"generate_date_array", "generate_series(from, to, interval 1 day)"},
    Remedy{"generate_uuid", "uuid()"},
    Remedy{"get_json_object", "json_extract_string(json, path)"},
    Remedy{"getdate", "current_timestamp"},
    Remedy{"get_path", "json_extract(json, path)"},
    Remedy{"iff", "if(condition, a, b)"},
    Remedy{"initcap", "a macro of yours: upper(text[1]) || lower(text[2:])"},
    Remedy{"isnull", "x IS NULL"},
    Remedy{"json_extract_scalar", "json_extract_string(json, path)"},
    Remedy{"json_query", "json_extract(json, path)"},
    Remedy{"months_between", "date_diff('month', from, to)"},
    Remedy{"nvl", "coalesce(a, b)"},
    Remedy{"nvl2", "if(x IS NOT NULL, a, b)"},
    Remedy{"object_construct", "json_object('key', value, …), or {'key': value}"},
    Remedy{"parse_date", "strptime(text, format)::DATE"},
    Remedy{"parse_json", "text::JSON"},
    Remedy{"parse_timestamp", "strptime(text, format)"},
    Remedy{"ratio_to_report", "x / sum(x) OVER (PARTITION BY …)"},
    Remedy{"regexp_contains", "regexp_matches(text, pattern)"},
    Remedy{"regexp_count", "len(regexp_extract_all(text, pattern))"},
    Remedy{"regexp_instr", "strpos(text, regexp_extract(text, pattern))"},
    Remedy{"regexp_like", "regexp_matches(text, pattern)"},
    Remedy{"regexp_substr", "regexp_extract(text, pattern)"},
    Remedy{"rlike", "regexp_matches(text, pattern)"},
    Remedy{"safe_cast", "try_cast(x AS type)"},
    Remedy{"safe_divide", "a / nullif(b, 0)"},
    Remedy{"seq4", "row_number() OVER () - 1, or generate_series in FROM"},
    Remedy{"split_to_table", "unnest(string_split(text, separator))"},
    Remedy{"square", "x * x"},
    Remedy{"squareroot", "sqrt(x)"},
    Remedy{"startswith", "starts_with(text, part)"},
    Remedy{"endswith", "ends_with(text, part)"},
    Remedy{"strtok", "split_part(text, separator, n)"},
    Remedy{"sysdate", "current_timestamp"},
    Remedy{"timestamp_add", "x + interval (n) day"},
    Remedy{"timestamp_diff", "date_diff('day', from, to)"},
    Remedy{"timestamp_millis", "epoch_ms(x)"},
    Remedy{"timestamp_seconds", "to_timestamp(x)"},
    Remedy{"timestamp_sub", "x - interval (n) day"},
    Remedy{"timestamp_trunc", "date_trunc('day', x)"},
    Remedy{"timestampadd", "x + interval (n) day"},
    Remedy{"timestampdiff", "date_diff('day', from, to)"},
    Remedy{"to_char", "strftime(x, format), with formats like '%Y-%m-%d'; or x::VARCHAR"},
    Remedy{"to_date", "x::DATE, or strptime(text, format)::DATE"},
    Remedy{"to_decimal", "x::DECIMAL(18,3)"},
    Remedy{"to_json_string", "to_json(x)::VARCHAR"},
    Remedy{"to_number", "x::DECIMAL(18,3)"},
    Remedy{"to_numeric", "x::DECIMAL(18,3)"},
    Remedy{"to_timestamp_ltz", "x::TIMESTAMPTZ"},
    Remedy{"to_timestamp_ntz", "x::TIMESTAMP"},
    Remedy{"to_timestamp_tz", "x::TIMESTAMPTZ"},
    Remedy{"to_varchar", "x::VARCHAR, or strftime(x, format)"},
    Remedy{"to_variant", "x::VARIANT"},
    Remedy{"to_boolean", "x::BOOLEAN"},
    Remedy{"try_parse_json", "try_cast(text AS JSON)"},
    Remedy{"try_to_date", "try_cast(x AS DATE)"},
    Remedy{"try_to_number", "try_cast(x AS DECIMAL(18,3))"},
    Remedy{"try_to_timestamp", "try_cast(x AS TIMESTAMP)"},
    Remedy{"unix_timestamp", "epoch(x)"},
    Remedy{"uniform", "floor(random() * n)"},
    Remedy{"zeroifnull", "coalesce(x, 0)"},
    Remedy{"nullifzero", "nullif(x, 0)"},
};

constexpr std::array types = {
    Remedy{"number", "DECIMAL(38,0)"},
    Remedy{"bignumeric", "DECIMAL(38,9)"},
    Remedy{"bigdecimal", "DECIMAL(38,9)"},
    Remedy{"byteint", "TINYINT"},
    Remedy{"float64", "DOUBLE"},
    Remedy{"timestamp_ntz", "TIMESTAMP"},
    Remedy{"timestamp_ltz", "TIMESTAMPTZ"},
    Remedy{"timestamp_tz", "TIMESTAMPTZ"},
    Remedy{"timestampntz", "TIMESTAMP"},
    Remedy{"timestampltz", "TIMESTAMPTZ"},
    Remedy{"object", "JSON"},
    Remedy{"super", "JSON"},
    Remedy{"jsonb", "JSON"},
    Remedy{"geography", "a text or a BLOB"},
    Remedy{"money", "DECIMAL(19,4)"},
    Remedy{"citext", "VARCHAR"},
    Remedy{"nvarchar2", "VARCHAR"},
    Remedy{"varchar2", "VARCHAR"},
    Remedy{"datetime2", "TIMESTAMP"},
    Remedy{"datetimeoffset", "TIMESTAMPTZ"},
    Remedy{"smalldatetime", "TIMESTAMP"},
    Remedy{"uniqueidentifier", "UUID"},
};

struct Config {
  std::string_view key, adapter, instead;
};

constexpr std::array configs = {
    Config{"transient", "snowflake", ""},
    Config{"snowflake_warehouse", "snowflake", ""},
    Config{"query_tag", "snowflake", ""},
    Config{"copy_grants", "snowflake", ""},
    Config{"secure", "snowflake", ""},
    Config{"automatic_clustering", "snowflake", "cluster_by"},
    Config{"target_lag", "snowflake", ""},
    Config{"refresh_mode", "snowflake", ""},
    Config{"initialize", "snowflake", ""},
    Config{"table_format", "snowflake", ""},
    Config{"external_volume", "snowflake", ""},
    Config{"base_location_subpath", "snowflake", ""},
    Config{"tmp_relation_type", "snowflake", ""},
    Config{"dist", "redshift", "partition_by"},
    Config{"sort", "redshift", "cluster_by"},
    Config{"sort_type", "redshift", ""},
    Config{"sortkey", "redshift", "cluster_by"},
    Config{"diststyle", "redshift", ""},
    Config{"bind", "redshift", ""},
    Config{"backup", "redshift", ""},
    Config{"auto_refresh", "redshift", ""},
    Config{"unlogged", "postgres", ""},
    Config{"indexes", "postgres", "cluster_by"},
    Config{"labels", "bigquery", ""},
    Config{"hours_to_expiration", "bigquery", ""},
    Config{"kms_key_name", "bigquery", ""},
    Config{"require_partition_filter", "bigquery", ""},
    Config{"partition_expiration_days", "bigquery", ""},
    Config{"partitions", "bigquery", ""},
    Config{"copy_partitions", "bigquery", ""},
    Config{"grant_access_to", "bigquery", ""},
    Config{"maximum_bytes_billed", "bigquery", ""},
    Config{"enable_refresh", "bigquery", ""},
    Config{"refresh_interval_minutes", "bigquery", ""},
    Config{"max_staleness", "bigquery", ""},
    Config{"submission_method", "bigquery", ""},
    Config{"dataproc_cluster_name", "bigquery", ""},
    Config{"file_format", "spark", "the lake's tables are Delta"},
    Config{"location_root", "spark", ""},
    Config{"clustered_by", "spark", "cluster_by"},
    Config{"buckets", "spark", ""},
    Config{"databricks_compute", "databricks", ""},
    Config{"databricks_tags", "databricks", ""},
    Config{"include_full_name_in_path", "databricks", ""},
    Config{"auto_liquid_cluster", "databricks", "cluster_by"},
    Config{"zorder", "databricks", "cluster_by"},
    Config{"compression", "databricks", ""},
    Config{"http_path", "databricks", ""},
};

}  // namespace

std::string remedy_for_function(std::string_view name) {
  for (const Remedy& remedy : functions)
    if (remedy.name == name) return std::string(remedy.instead);
  return {};
}

std::string remedy_for_type(std::string_view name) {
  for (const Remedy& remedy : types)
    if (remedy.name == name) return std::string(remedy.instead);
  return {};
}

bool is_date_part(std::string_view name) {
  for (const std::string_view part :
       {"year",        "years",        "quarter",     "quarters",     "month",   "months",    "week",      "weeks",
        "day",         "days",         "hour",        "hours",        "minute",  "minutes",   "second",    "seconds",
        "millisecond", "milliseconds", "microsecond", "microseconds", "isoweek", "dayofweek", "dayofyear", "mon",
        "yy",          "yyyy",         "qq",          "mm",           "dd",      "hh",        "mi",        "ss"})
    if (part == name) return true;
  return false;
}

ForeignConfig foreign_config(std::string_view key) {
  for (const Config& config : configs)
    if (config.key == key) return {std::string(config.adapter), std::string(config.instead)};
  return {};
}

}  // namespace weir::cli
