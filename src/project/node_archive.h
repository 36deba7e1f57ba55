// What the files of a project say, as bytes (base/archive.h): for parse_cache.h. Members that are added to a type do
// not compile before they are named here.
#pragma once

#include "base/archive.h"
#include "project/node_parser.h"
#include "project/schema_yaml.h"

namespace weir::lake {

template <class Archive>
void archive_members(Archive& archive, TableName& value) {
  auto& [schema, name] = value;
  archive(schema, name);
}

}  // namespace weir::lake

namespace weir::project {

template <class Archive>
void archive_members(Archive& archive, Hook& value) {
  auto& [sql, transaction] = value;
  archive(sql, transaction);
}

template <class Archive>
void archive_members(Archive& archive, NodeConfig& value) {
  auto& [enabled, materialized, schema, database, alias, tags, unique_key, incremental_strategy, on_schema_change,
         incremental_predicates, merge_update_columns, merge_exclude_columns, full_refresh, pre_hook, post_hook,
         sql_header, column_types, quote_columns, delimiter, partition_by, cluster_by, tblproperties, meta, all] =
      value;
  archive(enabled, materialized, schema, database, alias, tags, unique_key, incremental_strategy, on_schema_change,
          incremental_predicates, merge_update_columns, merge_exclude_columns, full_refresh, pre_hook, post_hook,
          sql_header, column_types, quote_columns, delimiter, partition_by, cluster_by, tblproperties, meta, all);
}

template <class Archive>
void archive_members(Archive& archive, AssetConfig& value) {
  auto& [asset, rollback_keep_ms, on_foreign_change, on_restore, on_existing] = value;
  archive(asset, rollback_keep_ms, on_foreign_change, on_restore, on_existing);
}

template <class Archive>
void archive_members(Archive& archive, Ingest& value) {
  auto& [options, span, key_spans] = value;
  archive(options, span, key_spans);
}

template <class Archive>
void archive_members(Archive& archive, Column& value) {
  auto& [name, description, data_type, doc_blocks, tags, meta, constraints, quote, span] = value;
  archive(name, description, data_type, doc_blocks, tags, meta, constraints, quote, span);
}

template <class Archive>
void archive_members(Archive& archive, TestInfo& value) {
  auto& [kind, args, written, column, of_column, attached_node, macro, severity, where, limit, warn_if, error_if,
         fail_calc, store_failures] = value;
  archive(kind, args, written, column, of_column, attached_node, macro, severity, where, limit, warn_if, error_if,
          fail_calc, store_failures);
}

template <class Archive>
void archive_members(Archive& archive, UnitTestRows& value) {
  auto& [format, rows, sql, columns] = value;
  archive(format, rows, sql, columns);
}

template <class Archive>
void archive_members(Archive& archive, UnitTestInput& value) {
  auto& [input, rows] = value;
  archive(input, rows);
}

template <class Archive>
void archive_members(Archive& archive, UnitTest& value) {
  auto& [model, given, expect, macros, vars, env_vars] = value;
  archive(model, given, expect, macros, vars, env_vars);
}

template <class Archive>
void archive_members(Archive& archive, Microbatch& value) {
  auto& [event_time, batch_size, begin_us, lookback, concurrent_batches] = value;
  archive(event_time, batch_size, begin_us, lookback, concurrent_batches);
}

template <class Archive>
void archive_members(Archive& archive, Ref& value) {
  auto& [package, name, version, version_is_text] = value;
  archive(package, name, version, version_is_text);
}

template <class Archive>
void archive_members(Archive& archive, Quoting& value) {
  auto& [database, schema, identifier] = value;
  archive(database, schema, identifier);
}

template <class Archive>
void archive_members(Archive& archive, Place& value) {
  auto& [database, schema, alias, quoting] = value;
  archive(database, schema, alias, quoting);
}

template <class Archive>
void archive_members(Archive& archive, Node& value) {
  auto& [unique_id, type, package, name, source_name, fqn, path, file, patch_file, span, database, schema, alias,
         relation, asset, external, view_as_table, quoting, defer_relation, deferred, version, latest_version,
         described, raw, raw_sha256, sql, python, config, unrendered_config, asset_config, description, doc_blocks,
         tags, columns, refs, sources, functions, depends_on, depends_on_macros, called_macros, vars, env,
         queries_while_rendering, reads_clock, microbatch, ingest, test, unit, tests, index, unsupported] = value;
  archive(unique_id, type, package, name, source_name, fqn, path, file, patch_file, span, database, schema, alias,
          relation, asset, external, view_as_table, quoting, defer_relation, deferred, version, latest_version,
          described, raw, raw_sha256, sql, python, config, unrendered_config, asset_config, description, doc_blocks,
          tags, columns, refs, sources, functions, depends_on, depends_on_macros, called_macros, vars, env,
          queries_while_rendering, reads_clock, microbatch, ingest, test, unit, tests, unsupported);
}

template <class Archive>
void archive_members(Archive& archive, RefCall& value) {
  auto& [ref, span] = value;
  archive(ref, span);
}

template <class Archive>
void archive_members(Archive& archive, SourceCall& value) {
  auto& [source, table, span] = value;
  archive(source, table, span);
}

// Without its template, which is compiled of `node.raw` when it is asked for, without mistakes: what has some is not
// remembered, and without what was told while it was parsed.
template <class Archive>
void archive_members(Archive& archive, ParsedNode& value) {
  auto& [node, refs, sources, functions, file, errors, warnings, logged, of_this_call] = value;
  archive(node, refs, sources, functions);
}

}  // namespace weir::project
