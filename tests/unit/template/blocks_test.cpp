// dbt's blocks: what a compiled file tells of them without evaluation, and how they run.
#include <gmock/gmock.h>

#include "rendering.h"

namespace weir::tmpl {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

std::shared_ptr<const Template> compile(const Environment& environment, const std::string& source, int first_line = 1) {
  return environment.compile("macros/m.sql", source, first_line);
}

TEST(Blocks, AMacroShowsItsParametersAndPlaces) {
  Environment environment(dbt_options());
  auto file = compile(
      environment, "-- money\n\n{% macro cents(column, scale=2, by=var('x')) -%}\n  {{ column }}\n{%- endmacro %}\nx");
  ASSERT_EQ(file->blocks().size(), 1u);
  const Block& block = file->blocks()[0];
  EXPECT_EQ(block.kind, BlockKind::macro);
  EXPECT_EQ(block.name, "cents");
  EXPECT_EQ(block.macro_name, "cents");
  EXPECT_EQ(block.span.line, 3);
  EXPECT_EQ(block.span.file, "macros/m.sql");
  ASSERT_EQ(block.parameters.size(), 3u);
  EXPECT_FALSE(block.parameters[0].has_default);
  EXPECT_EQ(block.parameters[1].default_literal->as_int(), 2);
  EXPECT_TRUE(block.parameters[2].has_default);
  EXPECT_EQ(block.parameters[2].default_source, "var('x')");
  EXPECT_FALSE(block.parameters[2].default_literal.has_value());
  EXPECT_EQ(block.source, "{% macro cents(column, scale=2, by=var('x')) -%}\n  {{ column }}\n{%- endmacro %}");
  EXPECT_EQ(block.body, "\n  {{ column }}\n");
  EXPECT_EQ(block.body_line, 3);
}

TEST(Blocks, TestsAndMaterializationsHaveTheMacroNamesOfDbt) {
  Environment environment(dbt_options());
  auto file = compile(environment,
                      "{% test positive(model, column_name) %}a{% endtest %}"
                      "{% data_test small(model) %}b{% enddata_test %}"
                      "{% materialization view, default %}c{% endmaterialization %}"
                      "{% materialization table, adapter='duckdb', supported_languages=['sql', 'python'] %}d"
                      "{% endmaterialization %}");
  ASSERT_EQ(file->blocks().size(), 4u);
  EXPECT_EQ(file->blocks()[0].macro_name, "test_positive");
  EXPECT_EQ(file->blocks()[0].kind, BlockKind::test);
  EXPECT_EQ(file->blocks()[1].macro_name, "test_small");
  EXPECT_EQ(file->blocks()[2].macro_name, "materialization_view_default");
  EXPECT_EQ(file->blocks()[3].macro_name, "materialization_table_duckdb");
  EXPECT_THAT(file->blocks()[3].supported_languages, ElementsAre("sql", "python"));
  EXPECT_EQ(file->find_block(BlockKind::test, "small")->name, "small");
  EXPECT_EQ(file->find_block(BlockKind::macro, "small"), nullptr);
}

TEST(Blocks, ASnapshotsBodyCompilesByItselfWithItsOwnLines) {
  Environment environment(dbt_options());
  auto file = compile(environment, "\n{% snapshot orders %}\nselect\n{{ a.b() }}\n{% endsnapshot %}\n", 10);
  ASSERT_EQ(file->blocks().size(), 1u);
  const Block& block = file->blocks()[0];
  EXPECT_EQ(block.kind, BlockKind::snapshot);
  EXPECT_EQ(block.body, "\nselect\n{{ a.b() }}\n");
  EXPECT_EQ(block.body_line, 11);
  TableHost host;
  auto body = environment.compile(file->name(), std::string(block.body), block.body_line);
  EXPECT_THAT(body->called_names(), ElementsAre("a.b"));
  try {
    body->render(host);
    FAIL() << "a is undefined";
  } catch (const Error& error) {
    EXPECT_EQ(error.span()->line, 13);
    EXPECT_EQ(error.span()->file, "macros/m.sql");
    EXPECT_EQ(error.span()->line_text, "{{ a.b() }}");
  }
}

TEST(Blocks, DocsTakeAnyTextUpToTheirEnd) {
  Environment environment(dbt_options());
  auto file = compile(
      environment,
      "{% docs money %}\nUse {{ this }} and {% that %} {# freely.\n{% enddocs %}{% macro m() %}x{% endmacro %}");
  ASSERT_EQ(file->blocks().size(), 2u);
  EXPECT_EQ(file->blocks()[0].kind, BlockKind::docs);
  EXPECT_EQ(file->blocks()[0].body, "\nUse {{ this }} and {% that %} {# freely.\n");
  EXPECT_EQ(file->blocks()[1].name, "m");
}

TEST(Blocks, WithoutDbtTheTagsAreUnknown) {
  EXPECT_EQ(failure("{% snapshot a %}{% endsnapshot %}").code(), ErrorCode::template_syntax);
  EXPECT_EQ(failure("{% test a(b) %}{% endtest %}").code(), ErrorCode::template_syntax);
}

TEST(Blocks, MacrosInsideOtherTagsAreNoBlocksOfTheFile) {
  Environment environment(dbt_options());
  auto file = compile(
      environment,
      "{% if x %}{% macro a() %}{% endmacro %}{% endif %}{% macro b() %}{% macro c() %}{% endmacro %}{% endmacro %}");
  ASSERT_EQ(file->blocks().size(), 1u);
  EXPECT_EQ(file->blocks()[0].name, "b");
}

TEST(Blocks, CalledNamesAreTheFreeOnes) {
  Environment environment(dbt_options());
  auto file =
      compile(environment,
              "{% macro m(a, b=ref('x')) %}{% set c = dbt_utils.star(a) %}{% for r in c %}{{ r.name }}{{ loop.index }}"
              "{% endfor %}{{ adapter.dispatch('concat', 'dbt')(a) }}{{ varargs }}{% endmacro %}"
              "{{ config(x=1) }}{% set q = 1 %}{{ q }}{{ target.name | upper }}");
  EXPECT_THAT(file->blocks()[0].called_names, ElementsAre("adapter.dispatch", "dbt_utils.star", "ref"));
  EXPECT_THAT(file->blocks()[0].dispatched, ElementsAre(Pair("concat", "dbt")));
  EXPECT_THAT(file->called_names(), ElementsAre("adapter.dispatch", "config", "dbt_utils.star", "ref", "target.name"));
}

TEST(Blocks, PlainTextNeedsNoEvaluation) {
  Environment environment(dbt_options());
  EXPECT_TRUE(environment.compile("a", "select 1 {# note #}{% raw %}{{ x }}{% endraw %}")->is_plain_text());
  EXPECT_TRUE(environment.compile("a", "select 1")->is_plain_text());
  EXPECT_FALSE(environment.compile("a", "select {{ 1 }}")->is_plain_text());
}

// --- running ---

// A project in small: files whose macros are found by name, packages as objects.
class ProjectHost : public TableHost {
 public:
  void add(std::shared_ptr<const Template> file) { files.push_back(std::move(file)); }
  std::optional<Value> lookup(Evaluation& evaluation, std::string_view name) override {
    asked.emplace_back(name);
    for (const auto& file : files)
      for (const Block& block : file->blocks())
        if (block.macro_name == name) return evaluation.macro(file, name);
    return TableHost::lookup(evaluation, name);
  }
  void macro_entered(const Template& file, std::string_view macro, bool) override {
    entered.push_back(file.name() + ":" + std::string(macro));
  }
  std::vector<std::shared_ptr<const Template>> files;
  std::vector<std::string> asked, entered;
};

TEST(Macros, AreCalledAcrossFiles) {
  Environment environment(dbt_options());
  ProjectHost host;
  host.add(environment.compile("a.sql", "{% macro outer(x) %}[{{ inner(x) }}]{% endmacro %}"));
  host.add(environment.compile("b.sql", "{% macro inner(x) %}{{ x * 2 }}{% endmacro %}"));
  EXPECT_EQ(environment.compile("m.sql", "{{ outer(21) }}")->render(host), "[42]");
  EXPECT_THAT(host.entered, ElementsAre("a.sql:outer", "b.sql:inner"));
}

TEST(Macros, TheHostsChoiceGoesBeforeAMacroOfTheSameFile) {
  Environment environment(dbt_options());
  ProjectHost host;
  host.add(environment.compile("root.sql", "{% macro name() %}root{% endmacro %}"));
  host.add(environment.compile("package.sql",
                               "{% macro name() %}package{% endmacro %}{% macro show() %}{{ name() }}{% endmacro %}"));
  EXPECT_EQ(environment.compile("m.sql", "{{ show() }}")->render(host), "root");
}

TEST(Macros, AFilesOwnMacroServesWhereTheHostKnowsNone) {
  EXPECT_EQ(render("{% macro m() %}own{% endmacro %}{{ m() }}", {}, dbt_options()), "own");
}

TEST(Macros, SeeTheTopLevelVariablesOfTheirFile) {
  Environment environment(dbt_options());
  ProjectHost host;
  host.add(environment.compile("a.sql", "{% set unit = 'EUR' %}{% macro price(x) %}{{ x }} {{ unit }}{% endmacro %}"));
  EXPECT_EQ(environment.compile("m.sql", "{{ price(1) }},{{ price(2) }}")->render(host), "1 EUR,2 EUR");
}

TEST(Macros, ReturnGivesAnyValueAndEndsTheMacro) {
  const char* macros =
      "{% macro pick(xs) %}text{% for x in xs %}{% if x > 1 %}{{ return(x) }}{% endif %}{% endfor %}{% do return([]) "
      "%}{% endmacro %}";
  EXPECT_EQ(render(std::string(macros) + "{{ pick([1, 2, 3]) + 1 }} {{ pick([]) }}", {}, dbt_options()), "3 []");
}

TEST(Macros, ReturnInsideACallsBlockLeavesTheMacroThatRunsTheBlock) {
  const char* source =
      "{% macro run() %}a{{ caller() }}b{% endmacro %}"
      "{% macro outer() %}{% call run() %}{{ return('from block') }}{% endcall %}after{% endmacro %}{{ outer() }}";
  EXPECT_EQ(render(source, {}, dbt_options()), "from blockafter");
}

TEST(Macros, ReturnAsAValueWorksToo) {
  EXPECT_EQ(render("{% macro m() %}{% set r = return %}{% do r(5) %}{% endmacro %}{{ m() + 1 }}", {}, dbt_options()),
            "6");
}

TEST(Macros, ReturnOutsideAMacroIsAnError) {
  EXPECT_EQ(failure("{{ return(1) }}", {}, dbt_options()).code(), ErrorCode::template_runtime);
}

TEST(Macros, AreValues) {
  EXPECT_EQ(
      render("{% macro a(x) %}<{{ x }}>{% endmacro %}{% set f = a %}{{ [1, 2] | map('string') | list }}{{ f(3) }}"),
      "['1', '2']<3>");
  EXPECT_EQ(
      render(
          "{% macro twice(f, x) %}{{ f(f(x)) }}{% endmacro %}{% macro b(x) %}({{ x }}){% endmacro %}{{ twice(b, 1) }}"),
      "((1))");
}

TEST(Macros, VarargsKwargsAndCaller) {
  EXPECT_EQ(render("{% macro m(a) %}{{ a }}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, 2, 3, k=4) }}"),
            "1(2, 3){'k': 4}");
  EXPECT_EQ(render("{% macro m() %}{{ caller('x', n=2) }}{% endmacro %}{% call(a, n=1) m() %}{{ a * n }}{% endcall %}"),
            "xx");
}

TEST(Macros, SetAndZipOfDbt) {
  EXPECT_EQ(render("{{ set([1, 1]) | list }}{{ set(5) }}{{ zip([1, 2], 'ab') | list }}", {}, dbt_options()),
            "[1]None[(1, 'a'), (2, 'b')]");
  EXPECT_EQ(failure("{{ set_strict(5) }}", {}, dbt_options()).code(), ErrorCode::template_type);
}

}  // namespace
}  // namespace weir::tmpl
