// Random statements that change a table, for tests with an oracle.
#pragma once

#include <cstdlib>
#include <random>
#include <string>

#include "base/text.h"

namespace weir::engine {

// Statements on {T}, a table with these columns.
inline constexpr const char* statement_columns = "(id BIGINT, g INTEGER, s VARCHAR, d DOUBLE, l INTEGER[], p VARCHAR)";

class RandomStatements {
 public:
  explicit RandomStatements(unsigned seed) : random_(seed) {}

  std::string next() {
    switch (pick(16)) {
      case 0:
      case 1:
      case 2:
        return "INSERT INTO {T} " + rows_of(pick(40) + 1);
      case 3:
        return "INSERT INTO {T} SELECT id + 1000, g, s, d, l, p FROM {T} WHERE " + condition();
      case 4:
      case 5:
        return "DELETE FROM {T} WHERE " + condition();
      case 6:
        return "DELETE FROM {T} USING (" + keys() + ") k WHERE {T}.id = k.id";
      case 7:
      case 8:
        return "UPDATE {T} SET " + assignment() + " WHERE " + condition();
      case 9:
        return "UPDATE {T} SET s = k.v, g = g + 1 FROM (" + keys() + ") k WHERE {T}.id = k.id AND " + condition();
      case 10:
        return "INSERT INTO {T}(p, id) SELECT 'p' || (i % 5), " + std::to_string(pick(300)) + " + i FROM range(" +
               std::to_string(pick(9)) + ") r(i)";
      case 11:
        if (pick(8) == 0) return pick(2) == 0 ? "TRUNCATE {T}" : "DELETE FROM {T}";
        return "UPDATE {T} SET p = p, d = d";
      default:
        return merge();
    }
  }
  size_t pick(size_t below) { return std::uniform_int_distribution<size_t>(0, below - 1)(random_); }

 private:
  std::string number(size_t below) { return std::to_string(pick(below)); }
  std::string rows_of(size_t count) {
    auto first = pick(500);
    return "SELECT i AS id, CASE WHEN i % 7 = 0 THEN NULL ELSE (i % 5)::INTEGER END AS g, CASE WHEN i % 11 = 0 THEN "
           "NULL "
           "ELSE 's' || (i % " +
           std::to_string(pick(90) + 1) +
           " + i) END AS s, CASE i % 13 WHEN 0 THEN NULL WHEN 1 THEN 'nan'::DOUBLE ELSE i / 3.0 END AS d, "
           "CASE WHEN i % 4 = 0 THEN NULL ELSE [i::INTEGER, NULL, 7] END AS l, CASE WHEN i % 6 = 0 THEN NULL ELSE 'p' "
           "|| (i % "
           "5) END AS p FROM range(" +
           std::to_string(first) + ", " + std::to_string(first + count) + ") r(i)";
  }
  std::string keys() {  // each id at most once
    return "SELECT DISTINCT i * " + std::to_string(pick(5) + 1) + " AS id, 'k' || i AS v FROM range(" + number(200) +
           ", " + std::to_string(200 + pick(60)) + ") r(i)";
  }
  std::string condition() {
    switch (pick(10)) {
      case 0:
        return "{T}.id % " + std::to_string(pick(7) + 2) + " = 0";
      case 1:
        return "{T}.id BETWEEN " + number(400) + " AND " + std::to_string(200 + pick(400));
      case 2:
        return "{T}.s IS NULL";
      case 3:
        return "{T}.s LIKE 's" + number(9) + "%'";
      case 4:
        return "{T}.p = 'p" + number(6) + "'";
      case 5:
        return "({T}.p IS NULL OR {T}.g = " + number(5) + ")";
      case 6:
        return "{T}.d > " + number(150);
      case 7:
        return "{T}.l IS NOT NULL AND {T}.id IN (" + number(600) + ", " + number(600) + ", " + number(600) + ")";
      case 8:
        return "{T}.id IN (SELECT max(id) FROM {T} GROUP BY g)";
      default:
        return "{T}.id = " + number(700);
    }
  }
  std::string assignment() {
    switch (pick(6)) {
      case 0:
        return "g = g + 1";
      case 1:
        return "s = s || 'x', d = NULL";
      case 2:
        return "p = 'p' || (id % 4)";
      case 3:
        return "l = [g, id::INTEGER]";
      case 4:
        return "id = id + 3000, g = NULL";
      default:
        return "s = NULL, p = NULL";
    }
  }
  std::string merge() {
    std::string sql = "MERGE INTO {T} USING (" + keys() + ") k ON {T}.id = k.id";
    if (pick(2) == 0) sql += " WHEN MATCHED AND {T}.g = " + number(5) + " THEN DELETE";
    switch (pick(3)) {
      case 0:
        sql += " WHEN MATCHED THEN UPDATE SET s = k.v";
        break;
      case 1:
        sql += " WHEN MATCHED AND k.v != 'k3' THEN UPDATE SET g = k.id::INTEGER % 9, p = {T}.s";
        break;
      default:
        break;
    }
    if (pick(2) == 0) sql += " WHEN NOT MATCHED AND k.id % 2 = 0 THEN INSERT (id, s) VALUES (k.id, k.v)";
    if (pick(6) == 0) sql += " WHEN NOT MATCHED BY SOURCE AND {T}.id > 400 THEN DELETE";
    if (pick(6) == 0) sql += " WHEN NOT MATCHED BY SOURCE THEN UPDATE SET d = 1.5";
    return sql.find("WHEN") == std::string::npos ? sql + " WHEN NOT MATCHED THEN INSERT (id) VALUES (k.id)" : sql;
  }
  std::mt19937 random_;
};

// The statement on a table.
inline std::string on_table(std::string sql, const std::string& table) {
  // A qualified name may not qualify a column: the table gets an alias where it is a target.
  for (size_t at; (at = sql.find("{T}.")) != std::string::npos;) sql.replace(at, 4, "t.");
  for (size_t at; (at = sql.find("{T}")) != std::string::npos;) sql.replace(at, 3, table);
  return sql;
}

// WEIR_ORACLE_SEEDS=<n>: how many sequences of each kind.
inline unsigned oracle_seeds() {
  auto* wanted = std::getenv("WEIR_ORACLE_SEEDS");
  return wanted ? static_cast<unsigned>(parse_int(wanted).value_or(1)) : 1;
}

}  // namespace weir::engine
