// Puts other columns under the names that a parsed statement reads, before it is bound: empty collections of rows in
// the place of tables and views.
#pragma once

#include <duckdb/common/types/column/column_data_collection.hpp>
#include <duckdb/parser/query_node.hpp>
#include <duckdb/parser/sql_statement.hpp>

#include "engine/column_lineage.h"

namespace weir::engine::duck {

class StandInTables {
 public:
  StandInTables(duckdb::ClientContext& context, const StandIns& stand_ins) : context_(context), stand_ins_(stand_ins) {}

  // Plain names mean the current schema of the context, as they do for the binder, unless a common table expression of
  // the statement has the name. What is read at a version is left as it is.
  void put_into(duckdb::SQLStatement& statement);

  struct Table {
    NamedRelation relation;
    std::vector<std::string> columns;
    duckdb::unique_ptr<duckdb::ColumnDataCollection> rows;
  };
  // nullptr: the rows are not one of these tables.
  const Table* find(const duckdb::ColumnDataCollection* rows) const;
  // Is it a column of a stand-in without a type?
  bool is_unknown(const InputColumn& input) const;

 private:
  void walk(duckdb::QueryNode& node);
  void walk(duckdb::unique_ptr<duckdb::TableRef>& ref);
  void walk(duckdb::unique_ptr<duckdb::ParsedExpression>& expression);
  void replace(duckdb::unique_ptr<duckdb::TableRef>& ref);
  const StandIns::value_type* meant(const std::string& catalog, const std::string& schema,
                                    const std::string& name) const;
  Table& table_of(const StandIns::value_type& stand_in);

  duckdb::ClientContext& context_;
  const StandIns& stand_ins_;
  std::string catalog_, schema_;              // what plain names mean
  duckdb::case_insensitive_set_t cte_names_;  // of the whole statement
  std::map<NamedRelation, Table> tables_;
};

}  // namespace weir::engine::duck
