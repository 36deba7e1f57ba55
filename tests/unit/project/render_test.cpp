#include "project/render.h"

#include <gmock/gmock.h>

#include "temp_project.h"

namespace weir::project {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A lake that knows one table of two columns and answers every query with the same rows.
class FakeWarehouse final : public Warehouse {
 public:
  QueryResult query(std::string_view sql) override {
    asked.emplace_back(sql);
    return {{{"status", "VARCHAR"}, {"n", "BIGINT"}}, {{Json("paid"), Json(2)}, {Json("open"), Json(3)}}};
  }
  std::optional<std::string> relation_type(const RelationName& name) override {
    return name.identifier == "a" ? std::optional<std::string>("table") : std::nullopt;
  }
  std::vector<RelationColumn> columns(const RelationName&) override { return {{"id", "BIGINT"}, {"name", "VARCHAR"}}; }
  std::vector<RelationColumn> columns_of_query(std::string_view) override {
    return {{"id", "BIGINT"}, {"name", "VARCHAR"}};
  }
  std::vector<ListedRelation> relations(const std::string&, const std::string&) override { return {{"a", "table"}}; }
  std::vector<std::string> schemas(const std::string&) override { return {"main"}; }
  std::vector<std::string> functions(const std::string&, const std::string&) override { return {}; }
  std::vector<std::string> asked;
};

TEST(Render, RefSourceThisVarAndTarget) {
  TempProject temp(
      {{"dbt_project.yml", "name: shop\nvars: {limit: 10, shop: {limit: 20}}\n"},
       {"models/a.sql",
        "select * from {{ source('raw', 't') }} where n < {{ var('limit') }} and s = '{{ target.schema }}'"},
       {"models/b.sql", "select * from {{ ref('a') }} join {{ ref('shop', 'a') }} using (k) -- {{ this }}"},
       {"models/s.yml", "sources: [{name: raw, schema: landing, tables: [{name: t, identifier: T2}]}]"}});
  EXPECT_EQ(rendered(temp.project(), "model.shop.a"),
            R"(select * from "lake"."landing"."T2" where n < 20 and s = 'main')");
  EXPECT_EQ(rendered(temp.project(), "model.shop.b"),
            R"(select * from "lake"."main"."a" join "lake"."main"."a" using (k) -- "lake"."main"."b")");
  temp.flags.vars = "{limit: 5}";
  EXPECT_THAT(rendered(temp.project(), "model.shop.a"), HasSubstr("n < 5"));
}

TEST(Render, AMissingVarIsNoneWhileReadingAndAnErrorAfterwards) {
  const TempProject temp(
      {{"dbt_project.yml", "name: shop\nvars: {starts: 1}\n"}, {"models/a.sql", "select\n  {{ var('start') }}"}});
  const Project project = temp.project();
  try {
    rendered(project, "model.shop.a");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::missing_var);
    EXPECT_THAT(TempProject::describe(error), HasSubstr("models/a.sql:2:"));
    EXPECT_THAT(error.message(), HasSubstr("did you mean \"starts\"?"));
  }
}

TEST(Render, EnvironmentVariables) {
  TempProject temp({{"models/a.sql", "select '{{ env_var('REGION', 'eu') }}'"}});
  EXPECT_EQ(rendered(temp.project(), "model.shop.a"), "select 'eu'");
  temp.flags.env["REGION"] = "us";
  EXPECT_EQ(rendered(temp.project(), "model.shop.a"), "select 'us'");
  temp.write("models/a.sql", "select '{{ env_var('REGIO') }}'");
  EXPECT_THAT(temp.only_error(), HasSubstr("environment variable REGIO is not set; did you mean \"REGION\"?"));
}

TEST(Render, IsIncrementalOnlyOnATableThatIsThere) {
  const TempProject temp(
      {{"models/a.sql",
        "{{ config(materialized='incremental') }}select 1{% if is_incremental() %} where x > (select max(x) from {{ "
        "this }}){% endif %}"},
       {"models/b.sql", "{{ config(materialized='incremental', full_refresh=false) }}{{ is_incremental() }}"},
       {"models/c.sql", "{{ config(materialized='table') }}{{ is_incremental() }}"}});
  const Project project = temp.project();
  EXPECT_EQ(rendered(project, "model.shop.a"), "select 1");
  EXPECT_EQ(rendered(project, "model.shop.a", {.table_exists = true}),
            R"(select 1 where x > (select max(x) from "lake"."main"."a"))");
  EXPECT_EQ(rendered(project, "model.shop.a", {.table_exists = true, .full_refresh = true}), "select 1");
  EXPECT_EQ(rendered(project, "model.shop.b", {.table_exists = true, .full_refresh = true}), "True");
  EXPECT_EQ(rendered(project, "model.shop.c", {.table_exists = true}), "False");
}

TEST(Render, EphemeralModelsBecomeCtesDeepestFirst) {
  const TempProject temp(
      {{"models/e1.sql", "{{ config(materialized='ephemeral') }}select 1 as a"},
       {"models/e2.sql", "{{ config(materialized='ephemeral') }}select * from {{ ref('e1') }};\n"},
       {"models/m.sql", "with x as (select * from {{ ref('e2') }})\nselect * from x, {{ ref('e1') }}"}});
  const Project project = temp.project();
  EXPECT_EQ(rendered(project, "model.shop.m"),
            "with __dbt__cte__e1 as (\nselect 1 as a\n), __dbt__cte__e2 as (\nselect * from __dbt__cte__e1\n), "
            "x as (select * from __dbt__cte__e2)\nselect * from x, __dbt__cte__e1");
  EXPECT_THAT(render(project, project.at("model.shop.m"), {}).ctes, ElementsAre("model.shop.e1", "model.shop.e2"));
}

TEST(Render, MacrosAreFoundInDbtsOrder) {
  const TempProject temp(
      {{"macros/own.sql", "{% macro one() %}own{% endmacro %}{% macro lib__x() %}no{% endmacro %}"},
       {"dbt_packages/lib/dbt_project.yml", "name: lib"},
       {"dbt_packages/lib/macros/m.sql",
        "{% macro one() %}lib{% endmacro %}{% macro two() %}{{ one() }} {{ lib.one() }}{% endmacro %}"},
       {"dbt_packages/lib/models/inside.sql", "{{ one() }}"},
       {"models/a.sql", "{{ one() }} {{ lib.one() }} {{ lib.two() }} {{ shop.one() }}"}});
  const Project project = temp.project();
  EXPECT_EQ(rendered(project, "model.shop.a"), "own lib own lib own");
  EXPECT_EQ(rendered(project, "model.lib.inside"), "lib");
}

TEST(Render, DispatchLooksThroughPackagesAndPrefixes) {
  TempProject temp(
      {{"dbt_packages/lib/dbt_project.yml", "name: lib"},
       {"dbt_packages/lib/macros/m.sql",
        "{% macro f(x) %}{{ return(adapter.dispatch('f', 'lib')(x)) }}{% endmacro %}"
        "{% macro default__f(x) %}default {{ x }}{% endmacro %}{% macro duckdb__f(x) %}duckdb {{ x }}{% endmacro %}"},
       {"models/a.sql", "{{ lib.f(1) }}"}});
  EXPECT_EQ(rendered(temp.project(), "model.shop.a"), "duckdb 1");
  temp.write("macros/f.sql", "{% macro default__f(x) %}mine {{ x }}{% endmacro %}");
  EXPECT_EQ(rendered(temp.project(), "model.shop.a"), "mine 1");
  temp.write("dbt_project.yml", "name: shop\ndispatch: [{macro_namespace: lib, search_order: [lib, shop]}]\n");
  EXPECT_EQ(rendered(temp.project(), "model.shop.a"), "duckdb 1");
  temp.write("models/b.sql", "{{ adapter.dispatch('nothing', 'lib')() }}");
  EXPECT_THAT(temp.only_error(), HasSubstr("looked for lib.weir__nothing, lib.duckdb__nothing"));
}

TEST(Render, StandardMacros) {
  const TempProject temp(
      {{"models/a.sql",
        "{{ dbt.type_string() }}|{{ dbt.concat(['a', 'b']) }}|{{ dbt.dateadd('week', 2, 'd') }}|{{ type_int() }}|"
        "{{ dbt.datediff('a', 'b', 'day') }}|{{ dbt.safe_cast('x', 'int') }}|{{ dbt.hash('x') }}|{{ "
        "current_timestamp() }}|"
        "{{ dbt.date_trunc('month', 'd') }}|{{ dbt.last_day('d', 'quarter') }}|{{ dbt.listagg('x', \"'-'\") }}"}});
  EXPECT_EQ(rendered(temp.project(), "model.shop.a"),
            "TEXT|a || b|(d + (cast(2 as bigint) * 7) * interval 1 day)|integer|(date_diff('day', a::timestamp, "
            "b::timestamp))|"
            "cast(x as int)|md5(cast(x as TEXT))|now()|date_trunc('month', d)|"
            "cast(((date_trunc('quarter', d) + cast(3 as bigint) * interval 1 month) + cast(-1 as bigint) * interval 1 "
            "day) as "
            "date)|string_agg(x, '-')");
}

TEST(Render, AProjectMayOverrideAStandardMacroOrABuiltin) {
  const TempProject temp(
      {{"macros/m.sql",
        "{% macro default__type_string() %}VARCHAR{% endmacro %}"
        "{% macro ref(name) %}{{ return(builtins.ref(name).include(database=false)) }}{% endmacro %}"},
       {"models/a.sql", "select {{ dbt.type_string() }}"},
       {"models/b.sql", "select * from {{ ref('a') }}"}});
  const Project project = temp.project();
  EXPECT_EQ(rendered(project, "model.shop.a"), "select VARCHAR");
  EXPECT_EQ(rendered(project, "model.shop.b"), R"(select * from "main"."a")");
}

TEST(Render, NamingMacrosAreHonoured) {
  const TempProject temp({{"macros/n.sql",
                           "{% macro generate_schema_name(custom_schema_name, node) %}{{ custom_schema_name or "
                           "node.fqn[1] }}{% endmacro %}"
                           "{% macro generate_alias_name(custom_alias_name=none, node=none) %}t_{{ custom_alias_name "
                           "or node.name }} {% endmacro %}"},
                          {"models/mart/a.sql", "select 1"},
                          {"models/mart/b.sql", "{{ config(schema='own', alias='bee') }} select 1"}});
  const Project project = temp.project();
  EXPECT_EQ(project.at("model.shop.a").relation.text(), "mart.t_a");
  EXPECT_EQ(project.at("model.shop.b").relation.text(), "own.t_bee");
}

TEST(Render, QueriesAreAskedOnlyInTheEnd) {
  const TempProject temp(
      {{"macros/m.sql",
        "{% macro statuses() %}{% if execute %}{{ return(run_query('select s').columns[0].values()) }}{% else %}{{ "
        "return([]) }}{% endif %}{% endmacro %}"},
       {"models/a.sql", "select 1{% for s in statuses() %}, '{{ s }}'{% endfor %}"},
       {"models/b.sql",
        "{% call statement('x', fetch_result=True) %}select 2{% endcall %}{% if execute %}{% set r = "
        "load_result('x') %}{{ r.table.rows[1]['n'] }}{{ r['data'][0][0] }}{% endif %}"},
       {"models/c.sql",
        "{% for c in adapter.get_columns_in_relation(ref('a')) %}{{ c.name }} {{ c.dtype }},{% endfor %}"
        "{{ adapter.get_relation('lake', 'main', 'a') }} {{ adapter.get_relation('lake', 'main', 'z') is none }}"}});
  const Project project = temp.project();
  EXPECT_TRUE(project.at("model.shop.a").queries_while_rendering);
  FakeWarehouse lake;
  EXPECT_EQ(rendered(project, "model.shop.a", {.warehouse = &lake}), "select 1, 'paid', 'open'");
  EXPECT_EQ(rendered(project, "model.shop.b", {.warehouse = &lake}), "3paid");
  EXPECT_THAT(rendered(project, "model.shop.c", {.warehouse = &lake}),
              HasSubstr(R"(id BIGINT,name VARCHAR,"lake"."main"."a" True)"));
  EXPECT_THAT(lake.asked, ElementsAre("select s", "select 2"));
  try {
    rendered(project, "model.shop.a");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::needs_warehouse);
    EXPECT_EQ(error.span()->file, "macros/m.sql");
    ASSERT_FALSE(error.contexts().empty());
  }
}

TEST(Render, ARefMetOnlyAtTheEndIsRefusedWithTheRemedy) {
  TempProject temp(
      {{"models/a.sql", "select 1"}, {"models/b.sql", "{% if execute %}select * from {{ ref('a') }}{% endif %}"}});
  try {
    rendered(temp.project(), "model.shop.b");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::undeclared_dependency);
    EXPECT_THAT(error.hint(), HasSubstr("-- depends_on: {{ ref('a') }}"));
  }
  temp.write("models/b.sql", "-- depends_on: {{ ref('a') }}\n{% if execute %}select * from {{ ref('a') }}{% endif %}");
  EXPECT_THAT(rendered(temp.project(), "model.shop.b"), HasSubstr(R"(select * from "lake"."main"."a")"));
}

TEST(Render, ExceptionsLogAndReturn) {
  TempProject temp(
      {{"macros/m.sql", "{% macro stop() %}\n{{ exceptions.raise_compiler_error('no ' ~ 1) }}{% endmacro %}"},
       {"models/a.sql",
        "{{ log('quiet') }}{{ log('loud', info=true) }}{% do print('said') %}{% do exceptions.warn('careful') %}select "
        "1"}});
  const Project project = temp.project();
  EXPECT_THAT(render(project, project.at("model.shop.a"), {}).logged,
              ElementsAre(LogLine{"loud"}, LogLine{"said"}, LogLine{"careful", true}));
  temp.write("models/b.sql", "select {{ stop() }}");
  const Loaded loaded = temp.try_load();
  ASSERT_EQ(loaded.errors.size(), 1u);
  EXPECT_EQ(loaded.errors[0].code(), ErrorCode::raised_by_template);
  EXPECT_THAT(TempProject::describe(loaded.errors[0]), HasSubstr("macros/m.sql:2:"));
  bool names_macro = false;
  for (const auto& context : loaded.errors[0].contexts())
    names_macro = names_macro || context.what.find("stop") != std::string::npos;
  EXPECT_TRUE(names_macro);
}

TEST(Render, ConversionsAndDates) {
  const TempProject temp(
      {{"models/a.sql",
        "{{ tojson({'a': [1, 'ä'], 'b': none}) }} {{ fromjson('[1]')[0] }} {{ fromyaml('a: 1').a }} {{ set([1, "
        "1])|length }} "
        "{{ zip([1, 2], 'ab')|list }} {{ local_md5('x') }} {{ modules.datetime.datetime.strptime('2024-02-28', "
        "'%Y-%m-%d') + modules.datetime.timedelta(days=2) }} "
        "{{ modules.datetime.date(2024, 1, 31).strftime('%d.%m.%y %A %-j') }} {{ '5' | as_number + 1 }}"}});
  EXPECT_EQ(
      rendered(temp.project(), "model.shop.a"),
      R"({"a": [1, "\u00e4"], "b": null} 1 1 1 [(1, 'a'), (2, 'b')] 9dd4e461268c8034f5c8564e155c67a6 2024-03-01 00:00:00 31.01.24 Wednesday 31 6)");
}

TEST(Render, ErrorsOfTheEngineAreFoundInTheFile) {
  const TempProject temp(
      {{"models/a.sql",
        "{{ config(materialized='table') }}\nselect\n  {{ var('x', 'long_name') }}, bad_column\nfrom {{ ref('e') }}"},
       {"models/e.sql", "{{ config(materialized='ephemeral') }}\nselect 1 as a,\n2 as b"}});
  const Project project = temp.project();
  const Rendered out = render(project, project.at("model.shop.a"), {});
  const auto lines = [&] {
    std::vector<std::string> all;
    std::string line;
    for (const char c : out.sql) c == '\n' ? (all.push_back(line), line.clear()) : line.push_back(c);
    all.push_back(line);
    return all;
  }();
  int at = 0;
  while (lines[static_cast<size_t>(at)].find("bad_column") == std::string::npos) at++;
  const int column = static_cast<int>(lines[static_cast<size_t>(at)].find("bad_column")) + 1;
  const Span span = out.origin(at + 1, column);
  EXPECT_EQ(span.file, "models/a.sql");
  EXPECT_EQ(span.line, 3);
  EXPECT_EQ(span.line_text.substr(static_cast<size_t>(span.column - 1)), "bad_column");
  EXPECT_EQ(out.origin(3, 1).line, 0);  // inside the injected model
}

TEST(Render, MissingPackagesAreNamed) {
  const TempProject temp({{"packages.yml", "packages: [{package: dbt-labs/dbt_utils, version: 1.1.1}]"},
                          {"models/a.sql", "select {{ dbt_utils.star(ref('a')) }}"}});
  const Loaded loaded = temp.try_load();
  ASSERT_EQ(loaded.errors.size(), 1u);
  EXPECT_THAT(loaded.errors[0].message() + loaded.errors[0].hint(), HasSubstr("dbt_utils"));
}

TEST(Render, InlineTextMayNameAnything) {
  const TempProject temp(
      {{"models/a.sql", "select 1"}, {"models/e.sql", "{{ config(materialized='ephemeral') }}select 2"}});
  const Project project = temp.project();
  EXPECT_EQ(render_text(project, nullptr, "select * from {{ ref('a') }}, {{ ref('e') }}", "inline", {}).sql,
            "with __dbt__cte__e as (\nselect 2\n) select * from \"lake\".\"main\".\"a\", __dbt__cte__e");
}

TEST(Render, TimeZonesAreThoseOfPytz) {
  TempProject temp(
      {{"models/a.sql",
        "{% set zone = modules.pytz.timezone('America/Los_Angeles') %}{% set dt = modules.datetime.datetime %}"
        "{{ dt(1997, 9, 29, 6, 14, 0, tzinfo=zone) }}|{{ zone.localize(dt(2024, 7, 1, 12)) }}|"
        "{{ zone.localize(dt(2024, 1, 1)).timestamp() | int }}|{{ dt.fromisoformat('2024-01-01T00:00:00+00:00')"
        ".astimezone(zone) }}|{{ dt(2024, 1, 1).tzinfo is none }}|{{ modules.pytz.utc.localize(dt(2024, 1, 1)) }}"}});
  EXPECT_EQ(rendered(temp.project(), "model.shop.a"),
            "1997-09-29 06:14:00-07:53|2024-07-01 12:00:00-07:00|1704096000|2023-12-31 16:00:00-08:00|True|"
            "2024-01-01 00:00:00+00:00");
  temp.write("models/a.sql", "{{ modules.pytz.timezone('../../etc/passwd') }}");
  EXPECT_THAT(temp.only_error(), HasSubstr("unknown time zone"));
}

TEST(Render, ColumnsAreDescribedAsDbtDescribesThem) {
  TempProject temp(
      {{"models/a.sql",
        "{% set c = api.Column('x', 'VARCHAR') %}{{ c.data_type }} {{ c.dtype }} {{ c.is_string() }} "
        "{{ api.Column('n', 'DECIMAL(18,3)').is_numeric() }} {{ api.Column('n', 'HUGEINT').is_integer() }} "
        "{{ api.Column.translate_type('string') }} {{ api.Column.numeric_type('numeric', 28, 6) }}"}});
  EXPECT_EQ(rendered(temp.project(), "model.shop.a"),
            "character varying(256) VARCHAR True False True TEXT numeric(28,6)");
}

}  // namespace
}  // namespace weir::project
