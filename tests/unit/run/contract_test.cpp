#include "run/contract.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace weir::run {
namespace {

project::Column column(const std::string& name, const std::string& type, const std::string& constraints = "[]") {
  project::Column out;
  out.name = name;
  out.data_type = type;
  out.constraints = Json::parse(constraints, "constraints");
  return out;
}

std::string plain(const std::string& reference) { return reference; }

TEST(ContractSql, ConstraintsOfColumnsStandBehindTheirTypes) {
  project::Node node;
  node.columns = {
      column("id", "integer",
             R"json([{"type": "not_null"}, {"type": "primary_key"}, {"type": "check", "expression": "(id > 0)"},
                             {"type": "custom", "expression": "default 1"}])json"),
      column("from", "text", R"json([{"type": "foreign_key", "to": "dev.towns", "to_columns": ["name"]}])json")};
  node.columns.back().quote = true;
  const ContractSql sql = contract_sql(node, "dev.trips", "select 1", plain);
  EXPECT_EQ(sql.create,
            "create table dev.trips (\nid integer not null primary key check ((id > 0)) default 1,\n"
            "\"from\" text references dev.towns (name)\n)");
  EXPECT_EQ(sql.insert,
            "insert into dev.trips (id, \"from\") (\nselect id, \"from\"\nfrom (\nselect 1\n) as model_subq\n)");
}

TEST(ContractSql, ConstraintsOfTheTableHaveTheirNames) {
  project::Node node;
  node.columns = {column("id", "integer")};
  node.described.set("constraints", Json::parse(R"json([
    {"type": "unique", "columns": ["id", "\"from\""], "name": "one_of_each"},
    {"type": "check", "expression": "id > 0", "name": "positive"},
    {"type": "primary_key", "columns": ["id"]},
    {"type": "foreign_key", "columns": ["id"], "expression": "dev.towns (id)", "name": "known_town"
},
    {"type": "check"}])json",
                                                "constraints"));
  EXPECT_EQ(contract_sql(node, "t", "select 1", plain).create,
            "create table t (\nid integer,\nconstraint one_of_each unique (id, \"from\"),\n"
            "constraint positive check (id > 0),\nprimary key (id),\n"
            "constraint known_town foreign key (id) references dev.towns (id)\n)");
}

TEST(ContractSql, AReferenceIsResolved) {
  project::Node node;
  node.columns = {
      column("id", "integer", R"json([{"type": "foreign_key", "to": "ref('towns')", "to_columns": ["id"]}])json")};
  const auto resolved = [](const std::string& reference) { return "<" + reference + ">"; };
  EXPECT_EQ(contract_sql(node, "t", "select 1", resolved).create,
            "create table t (\nid integer references <{{ ref('towns') }}> (id)\n)");
}

}  // namespace
}  // namespace weir::run
