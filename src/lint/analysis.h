// What a query reads and names: its tables with their aliases, its references, its common table expressions.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lint/segment.h"
#include "lint/tree.h"

namespace weir::lint {

struct TableAlias {
  std::string name;            // of the alias without quotes, else the table's last part as written
  Segment* segment = nullptr;  // of that name
  bool aliased = false;
  Segment* element = nullptr;  // from_expression_element
  Segment* alias_expression = nullptr;
  Segment* reference = nullptr;  // of the table, if it is one
};

struct ColumnAlias {
  std::string name;
  Segments references;  // column references of what is named
};

struct SelectInfo {
  std::vector<TableAlias> tables;
  Segments
      standalone;  // names that are columns without a table: of functions that return them, lambda parameters, pivots
  Segments references, targets, using_columns, table_references;
  std::vector<ColumnAlias> columns;
};

struct ReferencePart {
  std::string text;  // as written
  Segment* segment;
};

std::vector<ReferencePart> parts_of(Segment& reference);
inline bool is_qualified(Segment& reference) { return parts_of(reference).size() > 1; }
// The text as the dialect compares it: unquoted, and with `fold` in its case.
std::string normal(Segment& segment, Dialect dialect, bool fold = true);
std::vector<TableAlias> aliases_of_element(Segment& element);
std::vector<TableAlias> aliases_of_join(Segment& join);
std::vector<TableAlias> aliases_of_from(Segment& from);
// nullopt without a SELECT clause or, with `early`, without tables.
std::optional<SelectInfo> select_info(Segment& select, Dialect dialect, bool early = true);

// A query with its parts.
struct Query {
  struct Select {
    Segment* segment;
    std::optional<SelectInfo> info;
    struct Wildcard {
      Segment* segment;
      std::vector<std::string> tables;
    };
    std::vector<Wildcard> wildcards() const;
    const TableAlias* find_alias(const std::string& table) const;
  };
  Query* parent = nullptr;
  std::vector<Select> selects;
  std::map<std::string, std::unique_ptr<Query>> ctes;  // by upper-case name
  std::vector<std::string> cte_order;
  std::vector<std::unique_ptr<Query>> subqueries;
  Segment* cte_definition = nullptr;
  Segment* cte_name = nullptr;
  bool is_subquery = false;
  // Used by rules as they go.
  std::vector<TableAlias> aliases;
  Segments standalone;
  std::vector<std::string> used;

  std::vector<Query*> children() const;
  Query* find_cte(const std::string& name) const;  // also of the queries around it
};

std::unique_ptr<Query> query_of(Segment& segment, Dialect dialect, Query* parent = nullptr);

// What an element or a select reads from: names of tables that are none of the query's, or queries.
struct Source {
  std::string table;
  Query* query = nullptr;
};
// Queries made on the way are kept in `made`.
std::vector<Source> sources_of(Query& query, Segment& segment, Dialect dialect,
                               std::vector<std::unique_ptr<Query>>& made);

}  // namespace weir::lint
