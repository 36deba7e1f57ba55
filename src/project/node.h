// The nodes of a project: models, seeds, sources, snapshots, functions, tests, analyses, as values. Words and meanings
// are dbt's; what weir adds comes from `config.meta.weir`. Filled by load() (load.h), never changed afterwards.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/boxed.h"
#include "base/error.h"
#include "base/json.h"
#include "base/shared_value.h"
#include "lake/lake.h"
#include "lake/publish/asset.h"
#include "project/event_time.h"

namespace weir::project {

enum class ResourceType { model, seed, source, snapshot, test, analysis, unit_test, function };
std::string_view resource_type_text(ResourceType type);  // dbt's word: "model", "seed", ...
std::optional<ResourceType> parse_resource_type(std::string_view text);

struct Hook {
  std::string sql;  // raw: may hold Jinja
  bool transaction = true;
};

// The configuration that holds for a node, merged from dbt_project.yml, the schema YAML and config() in the file, in
// this order (dbt's rules: tags and hooks append, meta and column_types update, everything else is replaced).
struct NodeConfig {
  bool enabled = true;
  std::string materialized;  // "view", "table", "incremental", "ephemeral", "seed", "snapshot", "test", "function", or
                             // a custom name
  std::optional<std::string> schema, database, alias;  // as configured; Node has what came of them
  std::vector<std::string> tags;
  std::vector<std::string> unique_key;              // incremental; empty = none
  std::optional<std::string> incremental_strategy;  // "append", "merge", "delete+insert", ...; nullopt = by unique_key
  std::string on_schema_change = "ignore";          // ignore, append_new_columns, sync_all_columns, fail
  std::vector<std::string> incremental_predicates, merge_update_columns, merge_exclude_columns;
  std::optional<bool> full_refresh;  // overrides --full-refresh
  std::vector<Hook> pre_hook, post_hook;
  std::string sql_header;
  std::vector<std::pair<std::string, std::string>> column_types;  // seeds: column -> SQL type
  std::optional<bool> quote_columns;
  std::string delimiter = ",";                                     // seeds
  std::vector<std::string> partition_by, cluster_by;               // columns of the Delta table
  std::vector<std::pair<std::string, std::string>> tblproperties;  // of the Delta table
  Json meta = Json::object();
  Json all = Json::object();  // every key, merged, unknown ones too
};

// Keys of config.meta.weir that concern publishing.
struct AssetConfig {
  std::string asset;  // "" = <schema>.<identifier>
  int64_t rollback_keep_ms = lake::publish::default_rollback_keep_ms;
  lake::publish::OnForeignChange on_foreign_change = lake::publish::OnForeignChange::warn;
  lake::publish::OnRestore on_restore = lake::publish::OnRestore::error;
  lake::publish::OnExisting on_existing = lake::publish::OnExisting::refuse;
};

// config.meta.weir.ingest of a source table, as written (Jinja rendered). The connector owns its options:
// connectors/files reads them (read_ingest_spec), plan/validate.h asks it early. Columns with a data_type are declared
// types too.
struct Ingest {
  Json options = Json::object();
  Span span;
  std::map<std::string, Span> key_spans;  // of the keys in the YAML, dotted below ingest: "format.delimiter"
};

struct Column {
  std::string name, description, data_type;  // "" = not declared
  std::vector<std::string> doc_blocks;       // that its description names: "doc.shop.orders_id"
  std::vector<std::string> tags;
  Json meta = Json::object();
  Json constraints = Json::array();  // as written: [{type: not_null}, {type: check, expression: …}]
  bool quote = false;
  Span span;
};

enum class Severity { error, warn };

// What a test node tests.
struct TestInfo {
  // Generic tests: "not_null", or "dbt_utils.accepted_range" when written with a namespace. "" = singular (SQL file).
  std::string kind;
  // Keyword arguments as the test macro gets them, without `model` and `column_name`; Jinja in them rendered: a ref()
  // or source() is the relation's text ("lake"."main"."customers").
  Json args = Json::object();
  Json written = Json::object();  // the same as it stands in YAML
  std::string column;             // "" = test of the whole table
  bool of_column = false;         // written below the column; false: for the table, which has it as an argument
  std::string attached_node;      // unique_id of the node that carries it; "" for singular tests
  // unique_id of the macro that writes its SQL when the project or a package defines one; "" = built in (checks/). A
  // test that checks/ has built in under a package's name (dbt_utils.accepted_range) keeps that package's macro here if
  // it is installed.
  std::string macro;
  Severity severity = Severity::error;
  std::string where;  // "" = all rows; rendered
  std::optional<int64_t> limit;
  std::string warn_if = "!= 0", error_if = "!= 0";  // compared with the failures count
  std::string fail_calc = "count(*)";
  bool store_failures = false;
  bool singular() const { return kind.empty(); }
};

// Rows of a unit test: the content of a relation, or what is expected.
struct UnitTestRows {
  std::string format = "dict";       // dict, csv or sql
  Json rows = Json::array();         // dict: mappings of column to value (csv too, once read: all texts or null)
  std::string sql;                   // sql: the query
  std::vector<std::string> columns;  // csv: in the header's order
};

struct UnitTestInput {
  std::string input;  // as written: "ref('orders')", "source('raw', 'orders')", "this"
  UnitTestRows rows;
};

// A model's SQL run on given rows, its result compared with expected ones.
struct UnitTest {
  std::string model;  // its name as written
  std::vector<UnitTestInput> given;
  UnitTestRows expect;
  Json macros = Json::object(), vars = Json::object(), env_vars = Json::object();  // overrides
};

// An incremental model that is built in batches of its event_time.
struct Microbatch {
  std::string event_time;  // the column, as written
  BatchSize batch_size = BatchSize::day;
  int64_t begin_us = 0;                    // of the first batch, microseconds since 1970
  int lookback = 1;                        // batches before the newest that are built again
  std::optional<bool> concurrent_batches;  // nullopt: if the model does not read itself
};

struct Ref {
  std::string package, name;  // package "" = any
  std::optional<std::string> version;
  bool version_is_text = false;  // written in quotes
  auto operator<=>(const Ref&) const = default;
};

// Things of a project that nothing is built of, as dbt's manifest has them.
struct Declared {
  std::string kind;  // "exposure", "group", "metric", "semantic_model", "saved_query"
  std::string unique_id, package, name, file;
  std::vector<std::string> fqn;
  std::vector<Ref> refs;
  std::vector<std::pair<std::string, std::string>> sources;
  std::vector<std::string> metrics;  // names, as asked for by metric()
  std::vector<std::string> depends_on;
  Json config = Json::object();  // merged from dbt_project.yml and the YAML, without defaults
  Json body = Json::object();    // as written
  Span span;
};

// Which parts of a relation's name are in quotes where SQL names it.
struct Quoting {
  bool database = true, schema = true, identifier = true;
  auto operator<=>(const Quoting&) const = default;
};
// `usual`, and over it what a `quoting:` says; null or no mapping says nothing.
Quoting quoting_of(Quoting usual, const Json* said);

// A relation by the parts of its name.
struct Place {
  std::string database, schema, alias;
  Quoting quoting = {};
  lake::TableName table() const { return {schema, alias}; }
  std::string text() const;  // "lake"."main"."orders"
};

struct Node {
  std::string
      unique_id;  // as dbt: "model.shop.orders", "source.shop.raw.orders", "test.shop.not_null_orders_id.<hash>"
  ResourceType type = ResourceType::model;
  std::string package, name;  // a source's name is its table's
  std::string source_name;    // sources: the block's name
  std::vector<std::string> fqn;
  std::string path;        // relative to its root path: "staging/orders.sql"
  std::string file;        // relative to the project's root: "models/staging/orders.sql"; sources: their YAML file
  std::string patch_file;  // YAML file that describes it; "" = none
  Span span;               // where it is defined

  std::string database = "lake", schema, alias;  // where it lives; a source's alias is its identifier
  lake::TableName relation;           // {schema, alias}; meaningless for tests, ephemeral models and analyses
  std::string asset;                  // asset id, lower case: "main.orders"
  std::string external;               // sources: the SQL that stands for one that is no table; "" = it is one
  bool view_as_table = false;         // a view on the lake that reads such a source: views there read nothing else
  Quoting quoting;                    // of its name
  std::string relation_text() const;  // "lake"."main"."orders", or `external`

  // --defer: the relation that the node has where the state was taken, and whether ref() means that one. Set by
  // Project::defer() before anything is planned.
  Boxed<Place> defer_relation;
  bool deferred = false;
  Place place() const { return {database, schema, alias, quoting}; }
  Place read_place() const { return deferred ? *defer_relation : place(); }
  lake::TableName read_relation() const { return deferred ? defer_relation->table() : relation; }

  std::string version, latest_version;  // of a versioned model: "2"; "" = it has none
  // What its YAML says that weir itself does not use, for the manifest: freshness, loaded_at_field, loader,
  // constraints, deprecation_date, ...
  Json described = Json::object();

  std::string raw;         // the file's text; a generic test: the call dbt would write
  std::string raw_sha256;  // of the file's text without blanks around it, as dbt's (seeds too, whose raw is empty)
  bool sql = false;        // has a template to render (models, snapshots, tests, analyses, functions)
  bool python = false;     // its text is a program: a model's is read by python_source.h, and `sql` is false
  SharedValue<NodeConfig> config;
  // The configuration with the Jinja of dbt_project.yml and YAML not rendered: what a comparison with an earlier state
  // compares, so that another environment is no change.
  Json unrendered_config = Json::object();
  AssetConfig asset_config;
  std::string description;
  std::vector<std::string> doc_blocks;  // that the description names
  std::vector<std::string> tags;        // config.tags plus the columns' tags of a test, sorted, unique
  std::vector<Column> columns;

  std::vector<Ref> refs;
  std::vector<std::pair<std::string, std::string>> sources;
  std::vector<Ref> functions;                  // that function() names
  std::vector<std::string> depends_on;         // unique_ids of nodes, in order of first use
  std::vector<std::string> depends_on_macros;  // unique_ids of macros reached directly
  std::vector<std::string> called_macros;      // dbt's ids of those it has called while it was parsed, in that order
  std::map<std::string, Json> vars;            // read while rendering, with their values; through macros too
  std::map<std::string, std::string> env;      // likewise; secrets as "sha256:…"; a missing one as its default
  bool queries_while_rendering = false;        // run_query, statement, adapter lookups: always runs
  bool reads_clock = false;                    // run_started_at, modules.datetime.now, invocation_id: always runs

  Boxed<Microbatch> microbatch;    // models with this incremental_strategy
  Boxed<Ingest> ingest;            // sources only
  Boxed<TestInfo> test;            // tests only
  Boxed<UnitTest> unit;            // unit tests only; depends_on is the model
  std::vector<std::string> tests;  // unique_ids of the enabled tests that depend on this node
  int index = -1;                  // in Project::nodes

  // Why this node cannot be run by this weir (custom materialization, snapshot, Python model, incremental strategy,
  // ...): it is listed and parsed; planning it is Error{not_built} with this text.
  std::string unsupported;

  bool is_function() const { return type == ResourceType::function; }
  bool is_python_model() const { return python && type == ResourceType::model; }
  bool is_test() const { return type == ResourceType::test || type == ResourceType::unit_test; }
  bool is_view() const { return type == ResourceType::model && config->materialized == "view" && !view_as_table; }
  bool is_ephemeral() const { return type == ResourceType::model && config->materialized == "ephemeral"; }
  bool has_table() const;  // a table stands behind it: table, incremental, seed, snapshot, source
};

// The template that a foreign key's `to: ref('orders')` is; "" if it is none.
std::string foreign_key_template(const Json& constraint);

}  // namespace weir::project
