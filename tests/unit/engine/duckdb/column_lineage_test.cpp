// Column lineage of bound plans: each form of plan said out, and held against what really changes.
#include "engine/column_lineage.h"

#include <cstdlib>
#include <random>

#include "base/text.h"
#include "lake_fixture.h"

namespace weir::engine {

namespace {

std::string text_of(const Origins& origins) {
  std::vector<std::string> out;
  for (const auto& [input, kinds] : origins) {
    std::vector<std::string> words;
    for (const Derivation kind : kinds.list()) words.emplace_back(derivation_text(kind));
    out.push_back(input.relation.name + "." + input.column + " " + join(words, "+"));
  }
  return join(out, ", ");
}

// "a: t.a identity; b: t.b filter | t.c join"
std::string text_of(const ColumnLineage& lineage) {
  std::vector<std::string> columns;
  for (const DerivedColumn& column : lineage.columns) columns.push_back(column.name + ": " + text_of(column.origins));
  const std::string rows = text_of(lineage.rows);
  return join(columns, "; ") + (rows.empty() ? "" : " | " + rows);
}

}  // namespace

class ColumnLineageTest : public LakeTest {
 protected:
  void SetUp() override {
    run("CREATE TABLE t (a INTEGER, b INTEGER, c INTEGER, s VARCHAR, l INTEGER[])");
    run("CREATE TABLE u (x INTEGER, y INTEGER, z INTEGER)");
  }
  std::string of(const std::string& sql, const StandIns& stand_ins = {}) {
    return text_of(session->column_lineage(sql, stand_ins));
  }
};

TEST_F(ColumnLineageTest, ProjectionsFiltersAndOrder) {
  EXPECT_EQ(of("SELECT a, b + c AS d, a::VARCHAR AS e, 1 AS one FROM t"),
            "a: t.a identity; d: t.b transformation, t.c transformation; e: t.a transformation; one: ");
  EXPECT_EQ(of("SELECT a FROM t WHERE b > 1 ORDER BY c LIMIT 3"), "a: t.a identity | t.b filter, t.c sort");
  EXPECT_EQ(of("SELECT CASE WHEN a > 1 THEN b ELSE c END AS d FROM t"),
            "d: t.a conditional, t.b transformation, t.c transformation");
  EXPECT_EQ(of("SELECT * FROM (SELECT a AS q, b FROM t) WHERE q = 1"), "q: t.a identity; b: t.b identity | t.a filter");
  EXPECT_EQ(of("SELECT DISTINCT a FROM t"), "a: t.a identity | t.a group_by");
  EXPECT_EQ(of("SELECT DISTINCT ON (a) a, b FROM t ORDER BY a, c"),
            "a: t.a identity; b: t.b identity | t.a group_by+sort, t.c sort");
  EXPECT_EQ(of("SELECT list_transform(l, e -> e + a) AS m FROM t"), "m: t.a transformation, t.l transformation");
}

TEST_F(ColumnLineageTest, Aggregates) {
  EXPECT_EQ(of("SELECT a, sum(b) AS n FROM t GROUP BY a HAVING max(c) > 1"),
            "a: t.a identity; n: t.b aggregation | t.a group_by, t.c filter");
  EXPECT_EQ(of("SELECT sum(b) FILTER (WHERE c > 1) AS n, count(*) AS k FROM t"),
            "n: t.b aggregation, t.c conditional; k: ");
  EXPECT_EQ(of("SELECT list(b ORDER BY c) AS n FROM t"), "n: t.b aggregation, t.c sort");
  EXPECT_EQ(of("SELECT a, b, count(*) AS n FROM t GROUP BY ROLLUP (a, b)"),
            "a: t.a identity; b: t.b identity; n:  | t.a group_by, t.b group_by");
}

TEST_F(ColumnLineageTest, GroupingsAreOfWhatIsGrouped) {
  EXPECT_EQ(of("SELECT a, GROUPING(a) AS g, GROUPING(a, b) AS h, sum(c) AS n FROM t GROUP BY ROLLUP (a, b)"),
            "a: t.a identity; g: t.a group_by; h: t.a group_by, t.b group_by; n: t.c aggregation "
            "| t.a group_by, t.b group_by");
  EXPECT_EQ(of("SELECT GROUPING(b) AS g, max(a) AS n FROM t GROUP BY GROUPING SETS ((a + 1, b), (b), ())"),
            "g: t.b group_by; n: t.a aggregation | t.a group_by, t.b group_by");
  EXPECT_EQ(of("SELECT CASE GROUPING_ID(a) WHEN 0 THEN s END AS k FROM t GROUP BY CUBE (a, s)"),
            "k: t.a group_by+conditional, t.s transformation | t.a group_by, t.s group_by");
  EXPECT_EQ(of("SELECT a FROM t GROUP BY CUBE (a, b) HAVING GROUPING(b) = 0"),
            "a: t.a identity | t.a group_by, t.b filter+group_by");
}

TEST_F(ColumnLineageTest, WordsOfSqlAsNames) {
  run("CREATE TABLE \"order\" (\"select\" INTEGER, \"group\" INTEGER, \"from\" VARCHAR, \"a b\" INTEGER)");
  const std::string sql =
      "WITH \"with\" AS (SELECT \"select\" AS \"where\", \"a b\" FROM \"order\" AS \"table\" WHERE \"from\" > '') "
      "SELECT \"where\" + 1 AS \"join\", sum(\"a b\") AS \"sum\" FROM \"with\" GROUP BY ALL";
  const std::string told =
      "join: order.select transformation; sum: order.a b aggregation | order.from filter, order.select group_by";
  EXPECT_EQ(of(sql), told);
  const StandIns stand_ins{
      {{"lake", "main", "order"}, {{"select", "INTEGER"}, {"group", ""}, {"from", "VARCHAR"}, {"a b", "INTEGER"}}}};
  EXPECT_EQ(of(sql, stand_ins), told);
  EXPECT_EQ(of("SELECT \"group\" FROM \"order\" ORDER BY \"SELECT\"", stand_ins),
            "group: order.group identity | order.select sort");
}

TEST_F(ColumnLineageTest, Joins) {
  EXPECT_EQ(of("SELECT t.b, u.y FROM t JOIN u ON t.a = u.x"), "b: t.b identity; y: u.y identity | t.a join, u.x join");
  EXPECT_EQ(of("SELECT t.b, u.y FROM t LEFT JOIN u ON t.a = u.x AND u.z > t.c"),
            "b: t.b identity; y: u.y identity | t.a join, t.c join, u.x join, u.z join");
  EXPECT_EQ(of("SELECT * FROM (SELECT a AS k FROM t) FULL JOIN (SELECT x AS k FROM u) USING (k)"),
            "k: t.a transformation, u.x transformation | t.a join, u.x join");
  EXPECT_EQ(of("SELECT t.b, u.y FROM t, u"), "b: t.b identity; y: u.y identity");
  EXPECT_EQ(of("SELECT t.b, u.y FROM t JOIN u ON t.a < u.x"), "b: t.b identity; y: u.y identity | t.a join, u.x join");
  EXPECT_EQ(of("SELECT t.b, u.y FROM t ASOF JOIN u ON t.a >= u.x"),
            "b: t.b identity; y: u.y identity | t.a join, u.x join");
  EXPECT_EQ(of("SELECT b FROM t SEMI JOIN u ON t.a = u.x"), "b: t.b identity | t.a join, u.x join");
  EXPECT_EQ(of("SELECT b, y FROM t POSITIONAL JOIN u"), "b: t.b identity; y: u.y identity");
}

TEST_F(ColumnLineageTest, Subqueries) {
  EXPECT_EQ(of("SELECT b FROM t WHERE a IN (SELECT x FROM u WHERE y > 1)"),
            "b: t.b identity | t.a filter, u.x filter, u.y filter");
  EXPECT_EQ(of("SELECT b FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.x = t.a)"),
            "b: t.b identity | t.a filter+join, u.x filter");
  const std::string scalar = of("SELECT b, (SELECT max(y) FROM u WHERE u.x = t.a) AS m FROM t");
  EXPECT_THAT(scalar, ::testing::StartsWith("b: t.b identity; m: "));
  EXPECT_THAT(scalar, ::testing::HasSubstr("u.y aggregation"));
  EXPECT_THAT(scalar, ::testing::Not(::testing::HasSubstr(" | ")));  // decides the column m, and no rows
  EXPECT_EQ(of("SELECT b, (SELECT max(y) FROM u WHERE x > 1) AS m FROM t"),
            "b: t.b identity; m: u.x filter, u.y aggregation");
  EXPECT_EQ(of("SELECT t.b, v.w FROM t, LATERAL (SELECT u.y + t.c AS w FROM u) v"),
            "b: t.b identity; w: t.c transformation, u.y transformation | t.c join");
}

TEST_F(ColumnLineageTest, WindowsSetsAndPivots) {
  EXPECT_EQ(of("SELECT sum(a) OVER (PARTITION BY b ORDER BY c) AS w FROM t"),
            "w: t.a aggregation, t.b window, t.c window");
  EXPECT_EQ(of("SELECT a FROM t QUALIFY row_number() OVER (PARTITION BY b ORDER BY c) = 1"),
            "a: t.a identity | t.b filter+window, t.c filter+window");
  EXPECT_EQ(of("SELECT lag(a, 1, b) OVER (ORDER BY c) AS w FROM t"),
            "w: t.a transformation, t.b transformation, t.c window");
  EXPECT_EQ(of("SELECT a, b FROM t UNION ALL SELECT y, x + 1 FROM u"),
            "a: t.a identity, u.y identity; b: t.b identity, u.x transformation");
  EXPECT_EQ(of("SELECT a FROM t UNION SELECT y FROM u"), "a: t.a identity, u.y identity | t.a group_by, u.y group_by");
  EXPECT_EQ(of("SELECT a FROM t EXCEPT SELECT y FROM u"), "a: t.a identity | t.a join+group_by, u.y join");
  EXPECT_EQ(of("FROM (SELECT a, b, c FROM t) PIVOT (sum(c) FOR b IN (1, 2) GROUP BY a)"),
            "a: t.a identity; 1: t.b conditional, t.c aggregation; 2: t.b conditional, t.c aggregation | t.a group_by");
  const std::string unpivoted = of("FROM (SELECT a, b, c FROM t) UNPIVOT (v FOR n IN (b, c))");
  EXPECT_THAT(unpivoted, ::testing::HasSubstr("v: t.b transformation, t.c transformation"));
  EXPECT_EQ(of("SELECT a, unnest(l) AS e FROM t"), "a: t.a identity; e: t.l transformation | t.l join");
  EXPECT_EQ(of("SELECT * FROM (VALUES (1, 2), (3, 4)) v(p, q)"), "p: ; q: ");
}

TEST_F(ColumnLineageTest, CommonTables) {
  EXPECT_EQ(of("WITH k AS (SELECT a AS q, b FROM t WHERE c = 1) SELECT q FROM k"), "q: t.a identity | t.c filter");
  EXPECT_EQ(of("WITH k AS MATERIALIZED (SELECT a AS q, b FROM t) SELECT k1.q, k2.b FROM k k1 JOIN k k2 ON k1.b = k2.q"),
            "q: t.a identity; b: t.b identity | t.a join, t.b join");
  EXPECT_EQ(of("WITH RECURSIVE r AS (SELECT a, b FROM t UNION ALL SELECT u.y, r.b + 1 FROM r JOIN u ON u.x = r.a) "
               "SELECT * FROM r"),
            "a: t.a identity, u.y identity; b: t.b identity+transformation | t.a join, u.x join, u.y join");
}

TEST_F(ColumnLineageTest, ManyPivotedValues) {
  std::string values;
  for (int i = 0; i < 40; ++i) values += (i ? ", " : "") + std::to_string(i);
  const auto lineage =
      session->column_lineage("FROM (SELECT a, b, c FROM t) PIVOT (sum(c) FOR b IN (" + values + ") GROUP BY a)", {});
  ASSERT_EQ(lineage.columns.size(), 41u);
  EXPECT_EQ(text_of(lineage.columns[30].origins), "t.b conditional, t.c aggregation");
  const auto several = session->column_lineage(
      "FROM (SELECT a, b, c, s FROM t) PIVOT (sum(c) AS n, max(s) AS m FOR b IN (" + values + ") GROUP BY a)", {});
  ASSERT_EQ(several.columns.size(), 81u);
  EXPECT_EQ(text_of(several.columns[0].origins), "t.a identity");
  for (const size_t i : {1u, 41u, 79u}) {
    EXPECT_EQ(text_of(several.columns[i].origins), "t.b conditional, t.c aggregation") << several.columns[i].name;
    EXPECT_EQ(text_of(several.columns[i + 1].origins), "t.b conditional, t.s aggregation")
        << several.columns[i + 1].name;
  }
}

TEST_F(ColumnLineageTest, PivotedValuesOfTheRows) {
  run("INSERT INTO t VALUES (1, 7, 3, 's', [1]), (1, 8, 4, 's', [2])");
  EXPECT_EQ(of("PIVOT (SELECT a, b, c FROM t) ON b USING sum(c) GROUP BY a"),
            "a: t.a identity; 7: t.b conditional, t.c aggregation; 8: t.b conditional, t.c aggregation | t.a group_by");
}

TEST_F(ColumnLineageTest, FunctionsThatReadFilesAreRelations) {
  EXPECT_EQ(of("SELECT range AS r FROM range(5)"), "r: ");
  EXPECT_EQ(of("SELECT database_name FROM duckdb_databases()"),
            "database_name: duckdb_databases().database_name identity");
}

TEST_F(ColumnLineageTest, StandInsHideWhatIsThere) {
  run("CREATE VIEW v AS SELECT a AS k, b FROM t WHERE c > 1");
  EXPECT_EQ(of("SELECT k FROM lake.main.v"), "k: t.a identity | t.c filter");
  const StandIns stand_ins{{{"lake", "main", "v"}, {{"k", "INTEGER"}, {"b", ""}}},
                           {{"lake", "other", "n"}, {{"Key", "DECIMAL(18,3)"}, {"s", "VARCHAR"}}}};
  EXPECT_EQ(of("SELECT k FROM lake.main.v", stand_ins), "k: v.k identity");
  EXPECT_EQ(of("SELECT V.k || q.b AS n FROM v JOIN lake.main.V AS q ON main.v.k = q.b", stand_ins),
            "n: v.b transformation, v.k transformation | v.b join, v.k join");
  EXPECT_EQ(of("WITH v AS (SELECT 1 AS k) SELECT k FROM v", stand_ins), "k: ");  // the nearer name
  EXPECT_EQ(of("WITH v AS (SELECT k FROM lake.main.v) SELECT k FROM v", stand_ins), "k: v.k identity");
  EXPECT_EQ(of("SELECT x.p, upper(y.s) AS s FROM v AS x(p) JOIN other.n y ON y.key = x.p "
               "WHERE x.p IN (SELECT Key FROM lake.other.n)",
               stand_ins),
            "p: v.k identity; s: n.s transformation | v.k filter+join, n.Key filter+join");
  EXPECT_EQ(
      of("SELECT b, b || 'x' AS twice, sum(k) AS n FROM v WHERE b > 'x' AND b::DATE < DATE '2024-01-01' GROUP BY ALL",
         stand_ins),
      "b: v.b identity; twice: v.b transformation; n: v.k aggregation | v.b filter+group_by");
  const auto untyped =
      session->column_lineage("SELECT b, upper(b) AS u FROM (SELECT k, b FROM v) WHERE b = k", stand_ins);
  EXPECT_EQ(untyped.columns.at(0).type, "");
  const auto lineage = session->column_lineage("SELECT * FROM other.n", stand_ins);
  EXPECT_EQ(lineage.columns.at(0).type, "DECIMAL(18,3)");
  EXPECT_EQ(lineage.columns.at(0).name, "Key");
}

TEST_F(ColumnLineageTest, ErrorsTellThePlace) {
  const StandIns stand_ins{{{"lake", "main", "v"}, {{"kilo", "INTEGER"}}}};
  try {
    session->column_lineage("SELECT kilo,\n  kila FROM lake.main.v", stand_ins);
    FAIL() << "no error";
  } catch (const Error& error) {
    ASSERT_TRUE(error.span());
    EXPECT_EQ(error.span()->line, 2);
    EXPECT_EQ(error.span()->column, 3);
  }
}

// ---- what really changes ----

// Queries over t(a, b, c) and u(x, y, z), whose answers depend on nothing but the tables' rows.
class RandomQueries {
 public:
  explicit RandomQueries(unsigned seed) : random_(seed) {}
  size_t pick(size_t below) { return std::uniform_int_distribution<size_t>(0, below - 1)(random_); }

  // SELECT with the columns c0, c1, … of integers; gives how many.
  std::string query(int depth, size_t& columns) {
    if (depth == 0) {
      columns = 3;
      return pick(2) == 0 ? "SELECT a AS c0, b AS c1, c AS c2 FROM t" : "SELECT x AS c0, y AS c1, z AS c2 FROM u";
    }
    size_t n = 0;
    const std::string inner = "(" + query(depth - 1, n) + ")";
    switch (pick(16)) {
      case 0:
        return projected(inner + " q", "q", n, columns);
      case 1:
        columns = n;
        return "SELECT * FROM " + inner + " q WHERE " + condition("q", n);
      case 2: {
        size_t m = 0;
        const std::string other = "(" + query(depth - 1, m) + ")";
        const char* kinds[] = {"JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"};
        const std::string from = inner + " q " + kinds[pick(4)] + " " + other + " r ON " + column("q", n) +
                                 (pick(4) == 0 ? " < " : " = ") + column("r", m);
        columns = 2;
        return "SELECT " + column("q", n) + " AS c0, " + column("r", m) + " + 1 AS c1 FROM " + from;
      }
      case 3:
        columns = 2;
        return "SELECT " + column("q", n) + " AS c0, " + call(column("q", n)) + " AS c1 FROM " + inner +
               " q GROUP BY 1" + (pick(3) == 0 ? " HAVING max(" + column("q", n) + ") > 2" : "");
      case 4:
        columns = 2;
        return "SELECT " + call(column("q", n)) + " FILTER (WHERE " + condition("q", n) + ") AS c0, count(DISTINCT " +
               column("q", n) + ") AS c1 FROM " + inner + " q";
      case 5:
        columns = 2;
        return "SELECT " + column("q", n) + " AS c0, " + call(column("q", n)) + " OVER (PARTITION BY " +
               column("q", n) + " ORDER BY " + column("q", n) + ")::INTEGER AS c1 FROM " + inner + " q";
      case 6:
        columns = n;
        return "SELECT * FROM " + inner + " q QUALIFY row_number() OVER (PARTITION BY " + column("q", n) +
               " ORDER BY ALL_OF) = 1";
      case 7: {
        size_t m = 0;
        const std::string other = "(" + query(depth - 1, m) + ")";
        const char* kinds[] = {"UNION ALL", "UNION", "EXCEPT", "INTERSECT", "EXCEPT ALL", "INTERSECT ALL"};
        columns = 2;
        return "SELECT " + column("q", n) + " AS c0, " + column("q", n) + " AS c1 FROM " + inner + " q " +
               kinds[pick(6)] + " SELECT " + column("r", m) + ", " + column("r", m) + " FROM " + other + " r";
      }
      case 8:
        columns = n;
        return "SELECT DISTINCT * FROM " + inner + " q";
      case 9:
        columns = n;
        return "SELECT * FROM " + inner + " q ORDER BY ALL LIMIT " + std::to_string(pick(4) + 1);
      case 10:
        columns = 2;
        return "SELECT " + column("q", n) + " AS c0, (SELECT " + call("u.y") + " FROM u WHERE u.x = " + column("q", n) +
               ")::INTEGER AS c1 FROM " + inner + " q";
      case 11:
        columns = n;
        return "SELECT * FROM " + inner + " q WHERE " + (pick(2) == 0 ? "" : "NOT ") +
               "EXISTS (SELECT 1 FROM t WHERE t.a = " + column("q", n) + " AND t.b > 1)";
      case 12:
        columns = 2;
        return "SELECT " + column("q", n) + " AS c0, (" + column("q", n) + (pick(2) == 0 ? " IN " : " NOT IN ") +
               "(SELECT z FROM u WHERE y > 1))::INTEGER AS c1 FROM " + inner + " q";
      case 13: {
        columns = n;
        const std::string name = "w" + std::to_string(++names_);
        return "WITH " + name + " AS " + (pick(2) == 0 ? "MATERIALIZED " : "") + inner + " SELECT l.* FROM " + name +
               " l JOIN " + name + " r ON l.c0 = r.c" + std::to_string(n - 1);
      }
      case 14:
        columns = 2;
        return "SELECT " + column("q", n) + " AS c0, unnest([" + column("q", n) + ", " + column("q", n) +
               " + 1]) AS c1 FROM " + inner + " q";
      default: {
        columns = 2;
        const std::string name = "w" + std::to_string(++names_);
        return "WITH RECURSIVE " + name + "(c0, c1) AS (SELECT " + column("q", n) + ", 1 FROM " + inner +
               " q UNION SELECT " + name + ".c0 + u.y, " + name + ".c1 + 1 FROM " + name + " JOIN u ON u.x = " + name +
               ".c0 AND " + name + ".c1 < 3) SELECT c0, c1 FROM " + name;
      }
    }
  }

 private:
  std::string column(const std::string& of, size_t n) { return of + ".c" + std::to_string(pick(n)); }
  std::string call(const std::string& of) {
    const char* calls[] = {"sum", "max", "min", "count"};
    return std::string(calls[pick(4)]) + "(" + of + ")";
  }
  std::string condition(const std::string& of, size_t n) {
    switch (pick(4)) {
      case 0:
        return column(of, n) + " IS NULL";
      case 1:
        return column(of, n) + " > " + column(of, n);
      default:
        return column(of, n) + " > " + std::to_string(pick(5));
    }
  }
  std::string projected(const std::string& from, const std::string& of, size_t n, size_t& columns) {
    columns = pick(3) + 1;
    std::vector<std::string> out;
    for (size_t i = 0; i < columns; ++i) {
      std::string made = column(of, n);
      if (const size_t kind = pick(4); kind == 1)
        made = "CASE WHEN " + condition(of, n) + " THEN " + made + " ELSE " + column(of, n) + " END";
      else if (kind == 2)
        made = "coalesce(" + made + ", " + column(of, n) + " * 2)";
      else if (kind == 3)
        made += " + " + column(of, n);
      out.push_back(made + " AS c" + std::to_string(i));
    }
    return "SELECT " + join(out, ", ") + " FROM " + from;
  }

  std::mt19937 random_;
  int names_ = 0;
};

class PerturbedInputs : public LakeTest {
 protected:
  using Values = std::map<std::string, std::vector<std::vector<std::string>>>;  // table -> rows

  void SetUp() override {
    run("ATTACH ':memory:' AS scratch");
    run("USE scratch.main");
    run("SET threads = 1");
    run("CREATE TABLE t (a INTEGER, b INTEGER, c INTEGER)");
    run("CREATE TABLE u (x INTEGER, y INTEGER, z INTEGER)");
  }
  void TearDown() override { run("RESET threads"); }
  static std::string value(RandomQueries& random) {
    const size_t picked = random.pick(7);
    return picked == 6 ? "NULL" : std::to_string(picked);
  }
  void fill(const Values& values) {
    for (const auto& [table, rows] : values) {
      std::vector<std::string> texts;
      for (const auto& row : rows) texts.push_back("(" + join(row, ", ") + ")");
      run("DELETE FROM " + table + "; INSERT INTO " + table + " VALUES " + join(texts, ", "));
    }
  }
  // Each column's values, in order of value.
  std::vector<std::vector<std::string>> answer(const std::string& sql, size_t columns) {
    std::vector<std::vector<std::string>> out(columns);
    for (const auto& row : rows(sql))
      for (size_t i = 0; i < columns; ++i) out[i].push_back(row.at(i));
    for (auto& values : out) std::sort(values.begin(), values.end());
    return out;
  }
};

TEST_F(PerturbedInputs, WhatChangesIsLineage) {
  const std::map<std::string, std::vector<std::string>> tables{{"t", {"a", "b", "c"}}, {"u", {"x", "y", "z"}}};
  int changes = 0, listed = 0, seen = 0;
  const char* more = std::getenv("WEIR_LINEAGE_QUERIES");
  const unsigned queries = more ? static_cast<unsigned>(std::atoi(more)) : 60;
  for (unsigned seed = 1; seed <= queries; ++seed) {
    RandomQueries random(seed);
    size_t columns = 0;
    std::string sql = random.query(static_cast<int>(random.pick(3)) + 1, columns);
    while (sql.find("ALL_OF") != std::string::npos) sql = replace_all(sql, "ALL_OF", "q.*");
    sql = replace_all(sql, "ORDER BY q.*", "ORDER BY q");
    const ColumnLineage lineage = session->column_lineage(sql, {});
    ASSERT_EQ(lineage.columns.size(), columns) << sql;
    std::set<std::pair<InputColumn, size_t>> changed;
    for (int round = 0; round < 3; ++round) {
      Values values;
      for (const auto& [table, names] : tables)
        for (size_t i = 0; i < 5 + random.pick(4); ++i) {
          auto& row = values[table].emplace_back();
          for (size_t k = 0; k < names.size(); ++k) row.push_back(value(random));
        }
      fill(values);
      const auto before = answer(sql, columns);
      for (const auto& [table, names] : tables)
        for (size_t k = 0; k < names.size(); ++k) {
          Values other = values;
          for (auto& row : other[table]) row[k] = value(random);
          fill({{table, other[table]}});
          const auto after = answer(sql, columns);
          for (size_t i = 0; i < columns; ++i) {
            if (before[i] == after[i]) continue;
            ++changes;
            const InputColumn input{{"scratch", "main", table}, names[k]};
            changed.emplace(input, i);
            EXPECT_TRUE(lineage.rows.contains(input) || lineage.columns[i].origins.contains(input))
                << "column " << i << " depends on " << table << "." << names[k] << ": " << sql << "\n"
                << text_of(lineage);
          }
          fill({{table, values[table]}});
        }
    }
    seen += static_cast<int>(changed.size());
    std::set<std::pair<InputColumn, size_t>> all;
    for (size_t i = 0; i < columns; ++i) {
      for (const auto& [input, kinds] : lineage.columns[i].origins) all.emplace(input, i);
      for (const auto& [input, kinds] : lineage.rows) all.emplace(input, i);
    }
    listed += static_cast<int>(all.size());
    if (HasFailure()) break;
  }
  std::printf("%d changes seen; of %d dependencies listed %d showed\n", changes, listed, seen);
  EXPECT_GT(changes, 10 * static_cast<int>(queries));
  EXPECT_GT(seen * 10, listed * 6);  // and not everything is said to depend on everything
}

}  // namespace weir::engine
