// The final SQL of a node, at its turn: rendered with execute = true, ephemeral models injected as CTEs as dbt does
// (__dbt__cte__<name>). Thread-safe for different nodes of one Project.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lake/lake.h"
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

// What templates may ask of the lake while rendering; run/ implements it over its Session. A null Warehouse makes every
// question an Error that says a query is needed (compile and ls work without one).
class Warehouse {
 public:
  virtual ~Warehouse() = default;
  virtual QueryResult query(std::string_view sql) = 0;
  // "table", "view" or nullopt if it does not exist.
  virtual std::optional<std::string> relation_type(const lake::TableName& name) = 0;
  virtual std::vector<RelationColumn> columns(const lake::TableName& name) = 0;
};

struct RenderState {
  bool table_exists = false;  // the node's own relation is there as a table
  bool full_refresh = false;  // --full-refresh; the node's config.full_refresh overrides it
  Warehouse* warehouse = nullptr;
};
// dbt's is_incremental(): materialized incremental, the table exists, no full refresh.
bool is_incremental(const Node& node, const RenderState& state);

struct Rendered {
  std::string sql;                  // to execute: one SELECT, without trailing semicolon
  std::vector<std::string> ctes;    // unique_ids of the ephemeral models injected, in order
  std::vector<std::string> logged;  // log(..., info=true), print(), exceptions.warn
  bool asked_warehouse = false;

  // Where a place of `sql` (1-based) came from in the node's own file, as well as the texts tell: line 0 when another
  // file wrote it. For turning an error of the engine into one of the model.
  Span origin(int line, int column) const;

  std::string file;  // label of the node's file
  std::string raw;   // its text, and the line it begins at
  int raw_line = 1;
  int injected_at = 0;  // line of sql after which the CTEs stand, and how many lines they take
  int injected_lines = 0;
};

Rendered render(const Project& project, const Node& node, const RenderState& state);
// SQL of any text in the context of a node or, with nullptr, of the project: hooks, `show --inline`.
Rendered render_text(const Project& project, const Node* node, std::string_view text, const std::string& label,
                     const RenderState& state);
// Generic tests with TestInfo::macro: the macro's SQL over `model_sql`, the text that stands for the tested relation (a
// relation, or a subquery when `where` is set). Singular tests: their SQL. Other tests are built by checks/.
Rendered render_test(const Project& project, const Node& test, const RenderState& state);

}  // namespace weir::project
