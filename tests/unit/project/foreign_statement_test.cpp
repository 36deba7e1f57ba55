#include "project/foreign_statement.h"

#include <gtest/gtest.h>

namespace weir::project {
namespace {

using Found = std::vector<std::string>;

// "kind|text" of each.
Found foreign_of(const std::string& text) {
  Found out;
  for (const ForeignStatement& statement : foreign_statements(text, "/projects/shop"))
    out.push_back(statement.kind + "|" + statement.text);
  return out;
}

TEST(ForeignStatement, FindsStatementsThatReachBeyondTheTarget) {
  EXPECT_EQ(foreign_of("LOAD httpfs"), Found{"LOAD|LOAD httpfs"});
  EXPECT_EQ(foreign_of("select 1; install spatial from community; load spatial;"),
            (Found{"INSTALL|install spatial from community", "LOAD|load spatial"}));
  EXPECT_EQ(foreign_of("force install x"), Found{"INSTALL|install x"});
  EXPECT_EQ(foreign_of("/* a */ -- b\n attach 'x.db' as x (read_only)"),
            Found{"ATTACH|attach 'x.db' as x (read_only)"});
  EXPECT_EQ(foreign_of("copy (select 'to' as b) to 'out.csv'"), Found{"COPY TO|copy (select 'to' as b) to 'out.csv'"});
  EXPECT_EQ(foreign_of("copy t from 'in.csv'"), Found{});
  EXPECT_EQ(foreign_of("export database 'x'"), Found{"EXPORT DATABASE|export database 'x'"});
}

TEST(ForeignStatement, LooksIntoJinja) {
  EXPECT_EQ(foreign_of("{{ config(pre_hook=\"attach 'x.db'\") }} select 1"), Found{"ATTACH|attach 'x.db'"});
  EXPECT_EQ(foreign_of("{% do run_query('load ' ~ name) %}"), Found{"LOAD|load"});
  EXPECT_EQ(foreign_of("{% do run_query('lo' ~ 'ad x') %}"), Found{});  // met when it is executed
  EXPECT_EQ(foreign_of("{% do run_query('load httpfs') %}"), Found{"LOAD|load httpfs"});
  EXPECT_EQ(foreign_of("{% macro m() %}{% call statement('x') %} copy t to '{{ f }}' {% endcall %}{% endmacro %}"),
            Found{"COPY TO|copy t to '{{ f }}'"});
  EXPECT_EQ(foreign_of("{% if execute %} attach 'a.db' {% endif %}"), Found{"ATTACH|attach 'a.db' {% endif %}"});
  EXPECT_EQ(foreign_of("{# attach 'a.db' #}"), Found{});
  // A comment of SQL is none of Jinja's.
  EXPECT_EQ(foreign_of("-- {{ run_query(\"attach 'a.db'\") }}\nselect 1"), Found{"ATTACH|attach 'a.db'"});
  EXPECT_EQ(foreign_of("/* {% do run_query('load x') %} */ select 1"), Found{"LOAD|load x"});
  EXPECT_EQ(foreign_of("-- attach 'a.db' {# load x #}\nselect 1"), Found{});
  EXPECT_EQ(foreign_of("{% do run_query('attach ' ~ path) %}"), Found{"ATTACH|attach"});
}

TEST(ForeignStatement, LeavesOrdinaryQueriesAlone) {
  for (const char* text :
       {"select load, copy, attach from t", "select\n{% for c in cs %}\nload as {{ c }},\n{% endfor %} 1",
        "select 'attach x' as a, \"load y\" from t", "with load as (select 1) select * from load",
        "-- copy a to b\nselect 1", "select * from read_csv('data/x.csv', delim = '/')",
        "select * from t where path = '/etc/passwd'", "select * from read_parquet('s3://bucket/x.parquet')",
        "insert into load values (1)", "select * from read_csv(['data/a.csv', 'data/../data/b.csv'])"})
    EXPECT_EQ(foreign_of(text), Found{}) << text;
}

TEST(ForeignStatement, FindsFilesOutsideOfTheProject) {
  EXPECT_EQ(foreign_of("select * from read_csv('/etc/passwd', delim = ':')"),
            Found{"file outside the project|/etc/passwd"});
  EXPECT_EQ(foreign_of("select * from '../other/x.parquet'"), Found{"file outside the project|../other/x.parquet"});
  EXPECT_EQ(foreign_of("select * from read_text(['a.txt', '~/.ssh/id'])"), Found{"file outside the project|~/.ssh/id"});
  EXPECT_EQ(foreign_of("select * from delta_scan('/projects/shop/x')"), Found{});
  EXPECT_TRUE(leads_outside("/projects/shop2/x", "/projects/shop"));
  EXPECT_FALSE(leads_outside("/projects/shop/../shop/x", "/projects/shop"));
  EXPECT_FALSE(leads_outside("{{ var('d') }}/x", "/projects/shop"));
}

}  // namespace
}  // namespace weir::project
