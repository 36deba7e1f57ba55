// The final SQL of a node, at its turn: rendered with execute = true, ephemeral models injected as CTEs as dbt does
// (__dbt__cte__<name>). Thread-safe for different nodes of one Project.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lake/lake.h"
#include "project/cte.h"
#include "project/log_line.h"
#include "project/project.h"

namespace weir::project {

struct RelationColumn {
  std::string name, type;
};

// A small result, cells as JSON values.
struct QueryResult {
  std::vector<RelationColumn> columns;
  std::vector<std::vector<Json>> rows;
};

struct RelationName {
  std::string database, schema, identifier;  // as SQL gives them
};
struct ListedRelation {
  std::string identifier, kind;  // "table" or "view"
};

// What templates may ask of the target while rendering; run/ implements it over its Session, for the lake and for a
// database. A null Warehouse makes every question an Error that says a query is needed (ls works without one).
class Warehouse {
 public:
  virtual ~Warehouse() = default;
  virtual QueryResult query(std::string_view sql) = 0;
  // "table", "view" or nullopt if it does not exist.
  virtual std::optional<std::string> relation_type(const RelationName& name) = 0;
  // Empty if it does not exist.
  virtual std::vector<RelationColumn> columns(const RelationName& name) = 0;
  // Columns that a query would have, without running it.
  virtual std::vector<RelationColumn> columns_of_query(std::string_view sql) = 0;
  virtual std::vector<ListedRelation> relations(const std::string& database, const std::string& schema) = 0;
  virtual std::vector<std::string> schemas(const std::string& database) = 0;
  // Names of the functions of a schema; they may be those of tables too.
  virtual std::vector<std::string> functions(const std::string& database, const std::string& schema) = 0;
};

struct RenderState {
  bool table_exists = false;             // the node's own relation is there as a table
  bool full_refresh = false;             // --full-refresh; the node's config.full_refresh overrides it
  std::optional<TimeWindow> batch = {};  // of a microbatch model: what is built now, `model.batch`
  bool inject_ctes = true;  // false: ephemeral models are named, as __dbt__cte__<name>, and not put in front
  Warehouse* warehouse = nullptr;
  const std::vector<std::string>* selected = nullptr;  // selected_resources: unique_ids of what the run does
  std::vector<std::string>* executed = nullptr;        // gets the SQL of each statement('main')
  // Gets each line of log(), print() and the like at once; `told`: not only noted in a log of details.
  std::function<void(const LogLine& line, bool told)> heard = {};
  const Json* results = nullptr;  // of on-run-end hooks: {"results", "schemas", "database_schemas"}
};
// dbt's is_incremental(): materialized incremental, the table exists, no full refresh.
bool is_incremental(const Node& node, const RenderState& state);

struct Rendered {
  std::string sql;                // to execute: one SELECT, without trailing semicolon; of a Python model its program
  std::vector<std::string> ctes;  // unique_ids of the ephemeral models injected, in order
  std::vector<InjectedModel> injected;  // the same with their texts; not of a unit test's model
  LogLines logged;                      // log(..., info=true), print(), exceptions.warn
  bool asked_warehouse = false;
  std::string terminator;  // the semicolon that is left away, with the blanks in front of it

  // What dbt calls the compiled code.
  std::string compiled() const { return sql + terminator; }

  // Where a place of `sql` (1-based) came from in the node's own file, as well as the texts tell: line 0 when another
  // file wrote it. For turning an error of the engine into one of the model.
  Span origin(int line, int column) const;

  std::string file;  // label of the node's file
  std::string raw;   // its text without blank lines at its begin, and the line it begins at
  int raw_line = 1;
  int injected_at = 0;  // line of sql after which the CTEs stand, and how many lines they take
  int injected_lines = 0;
};

Rendered render(const Project& project, const Node& node, const RenderState& state);
// SQL of any text in the context of a node or, with nullptr, of the project: hooks, `show --inline`.
Rendered render_text(const Project& project, const Node* node, std::string_view text, const std::string& label,
                     const RenderState& state);
// What the template of a node's file writes, `text` standing for the file's: no ephemeral models are injected.
std::string render_source(const Project& project, const Node& node, const std::string& text, const RenderState& state);
// Generic tests with TestInfo::macro: the macro's SQL over `model_sql`, the text that stands for the tested relation (a
// relation, or a subquery when `where` is set). Singular tests: their SQL. Other tests are built by checks/.
Rendered render_test(const Project& project, const Node& test, const RenderState& state);

// A macro of the project or a package called by name, "name" or "package.name", with keyword arguments.
struct Called {
  std::string result;  // as text
  LogLines logged;
};
// What a project's or a package's own collect_freshness says of a source; where the source has a query for it, its
// collect_freshness_custom_sql.
struct CollectedFreshness {
  std::string macro;                    // dbt's name of it
  Span span;                            // where it is written
  std::vector<std::vector<Json>> rows;  // one, of two times: when the newest row was loaded, and when that was asked
  bool whole_result = true;             // false: the macro returned the table alone
};
// nullopt: there is none but dbt's.
std::optional<CollectedFreshness> own_freshness(const Project& project, const Node& source, const std::string& field,
                                                const std::string& filter, const std::string& query,
                                                const RenderState& state);
// The query that a project's or a package's own get_test_sql asks of a test, `rows` being the query for failing rows;
// "" = there is none but dbt's.
std::string own_test_sql(const Project& project, const Node& test, const std::string& rows, const RenderState& state);
// The unique_id of that macro. Throws Error{unknown_macro} with the nearest name.
std::string macro_id(const Project& project, const std::string& name);
Called call_macro(const Project& project, const std::string& name, const Json& arguments, const RenderState& state);

// The macro of a custom materialisation for DuckDB, the root project's before those of packages; "" = there is none
// that takes the place of what is built in.
std::string find_materialization(const Project& project, const std::string& name);
// The macro that makes a function: the project's, that of a package, or dbt's. Throws Error{not_built}: there is none.
std::string function_materialization(const Project& project, const Node& node);
// That which writes its statement, by its type and language: scalar_function_sql. "" = nobody has one.
std::string function_macro(const Project& project, const Node& node);
// The unique_ids of macros that decide what becomes of a function, as far as names tell.
std::vector<std::string> function_macros(const Project& project, const Node& node);
// Runs it over the node's compiled SQL: what it does, it does through state.warehouse.
Called run_materialization(const Project& project, const Node& node, const std::string& macro, const std::string& sql,
                           const RenderState& state);

// The macro by which the project or a package of it adds rows in a way of its own: get_incremental_<strategy>_sql, seen
// from the node; "" = there is none.
std::string find_incremental_macro(const Project& project, const Node& node, const std::string& strategy);
// Its statements. The rows lie in the temporary table `rows` of the session; state.warehouse tells the columns.
Rendered render_incremental(const Project& project, const Node& node, const std::string& macro, const std::string& rows,
                            const RenderState& state);

// What the macro snapshot_<strategy>_strategy, of the project or a package, says of a snapshot with a strategy of its
// own: unique_key, updated_at, row_changed and scd_id, SQL over rows called `old` and `rows`. Null: the strategy is one
// of dbt's, or there is no such macro.
Json snapshot_strategy(const Project& project, const Node& node, const RenderState& state);

// A unit test as queries. `actual` is the model's SQL over the given rows; both give `columns`, those that are
// expected.
struct UnitTestSql {
  std::string actual, expected;
  std::vector<std::string> columns;
  LogLines logged;
};
// Asks state.warehouse for the columns of the inputs.
UnitTestSql render_unit_test(const Project& project, const Node& test, const RenderState& state);

// The name of the common table expression that stands for a node: "__dbt__cte__orders".
std::string cte_name(const Node& node);

}  // namespace weir::project
