// Hostile and mistaken templates give errors, not crashes, and leave nothing behind.
#include <gtest/gtest.h>

#include <chrono>

#include "rendering.h"

namespace weir::tmpl {
namespace {

EnvironmentOptions small() {
  EnvironmentOptions options;
  options.limits.output_bytes = 1 << 20;
  options.limits.steps = 100'000;
  return options;
}

void expect_limit(const std::string& source) {
  Error error = failure(source, {}, small());
  EXPECT_EQ(error.code(), ErrorCode::template_limit) << source.substr(0, 200) << ": " << error.message();
}

TEST(Limits, EndlessRecursion) {
  expect_limit("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}");
  expect_limit(
      "{% macro a() %}{% call b() %}{% endcall %}{% endmacro %}{% macro b() %}{{ a() }}{{ caller }}{% endmacro %}{{ "
      "a() }}");
  expect_limit("{% set l = [1] %}{% do l.append(l) %}{% for x in l recursive %}{{ loop(l) }}{% endfor %}");
}

TEST(Limits, EndlessLoops) {
  expect_limit("{% set l = [1] %}{% for x in l %}{% do l.append(x) %}{% endfor %}");
  expect_limit("{% for a in range(1000) %}{% for b in range(1000) %}{% endfor %}{% endfor %}");
}

TEST(Limits, Growth) {
  expect_limit(
      "{% set ns = namespace(x='aaaaaaaaaa') %}{% for i in range(40) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}");
  expect_limit("{{ 'a' * 1000000000 }}");
  expect_limit("{{ [0] * 100000000 }}");
  expect_limit("{{ 'a' * 12345678901234567890 }}");
  expect_limit("{{ '%999999999d' % 1 }}");
  expect_limit("{{ '{:999999999}'.format(1) }}");
  expect_limit("{{ 'x'.center(2000000000) }}");
  expect_limit("{{ 2 ** 1000000 }}");
  expect_limit(
      "{{ 'a'.join(range(100000) | map('string')) }}{{ 'aaaaaaaaaaaaaaaaaaaaaa'.join(range(100000) | map('string')) "
      "}}");
  expect_limit("{{ 'ab' | replace('', 'x' * 900000) }}");
  expect_limit("{{ [1] | batch(100000000, 0) | list }}");
  expect_limit("{{ range(10) | slice(100000000) | list }}");
  expect_limit("{{ range(1000000) }}");
}

TEST(Limits, DeepText) {
  auto repeated = [](const char* text, int times) {
    std::string out;
    for (int i = 0; i < times; ++i) out += text;
    return out;
  };
  expect_limit("{{ " + repeated("(", 10000) + repeated(")", 10000) + " }}");
  expect_limit("{{ " + repeated("not ", 10000) + "x }}");
  expect_limit("{{ " + repeated("-", 10000) + "1 }}");
  expect_limit("{{ x" + repeated(".a", 10000) + " }}");
  expect_limit("{{ x" + repeated("|upper", 10000) + " }}");
  expect_limit("{{ 1" + repeated(" + 1", 10000) + " }}");
  expect_limit(repeated("{% if x %}", 10000));
  expect_limit("{{ " + repeated("[", 10000) + " }}");
  expect_limit("{{ " + repeated("a if b else ", 10000) + "c }}");
  EXPECT_EQ(render("{{ 1" + repeated(" + 1", 300) + " }}"), "301");
  EXPECT_EQ(render("{{ 'a'" + repeated(" ~ 'a'", 5000) + " }}").size(), 5001u);
}

// Structures nested far deeper than the stack would allow are made and freed without recursion.
TEST(Limits, DeepValues) {
  const char* nest =
      "{% set ns = namespace(x=[]) %}{% for i in range(100000) %}{% set ns.x = #(ns.x) %}{% endfor %}done";
  for (const char* wrap :
       {"[ns.x]", "(ns.x,)", "{'a': ns.x}", "namespace(y=ns.x)", "ns.x | map('string')", "[ns.x].append",
        "cycler(ns.x)", "{'a': ns.x}.items()", "[ns.x] | map('default', ns.x)", "[ns.x] | reverse", "joiner(ns.x)"}) {
    std::string source = nest;
    source.replace(source.find("#(ns.x)"), 7, wrap);
    EXPECT_EQ(render(source), "done") << wrap;
  }
  EXPECT_EQ(
      failure("{% set ns = namespace(x=[]) %}{% for i in range(100000) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x }}")
          .code(),
      ErrorCode::template_limit);
  EXPECT_EQ(
      failure(
          "{% set ns = namespace(x=[1]) %}{% for i in range(100000) %}{% set ns.x = ns.x | map('string') %}{% endfor %}"
          "{{ ns.x | list }}")
          .code(),
      ErrorCode::template_limit);
}

// A value that holds the last one twice unfolds to two to the power of 60 items.
TEST(Limits, ValuesThatUnfold) {
  const std::string nest =
      "{% set ns = namespace(x=(1,), y=(1,)) %}{% for i in range(60) %}{% set ns.x = (ns.x, ns.x) %}"
      "{% set ns.y = (ns.y, ns.y) %}{% endfor %}";
  for (const char* use :
       {"{{ {ns.x: 1} }}", "{{ ns.x == ns.y }}", "{{ ns.x < ns.y }}", "{{ ns.x | tojson }}", "{{ ns.x | pprint }}"})
    EXPECT_EQ(failure(nest + use, {}, small()).code(), ErrorCode::template_limit) << use;
  Value unfolding = native(nest + "{{ ns.x }}");
  EXPECT_THROW(unfolding.to_json(), Error);
}

TEST(Limits, ClosuresInALongChain) {
  EXPECT_EQ(render("{% set ns = namespace(f=none) %}{% macro m(before) %}{% macro inner() %}{{ before }}{% endmacro %}"
                   "{% set ns.f = inner %}{% endmacro %}{% for i in range(50000) %}{{ m(ns.f) }}{% endfor %}done"),
            "done");
}

// Run under the leak checker: what holds itself is freed when the evaluation ends.
TEST(Circles, AreFreed) {
  EXPECT_EQ(render("{% set l = [] %}{% do l.append(l) %}{{ l }}"), "[[...]]");
  EXPECT_EQ(render("{% set d = {} %}{% do d.update(d=d) %}{{ d }}"), "{'d': {...}}");
  EXPECT_EQ(render("{% set a = [] %}{% set b = [a] %}{% do a.append({'b': b}) %}{{ a }}"), "[{'b': [[...]]}]");
  EXPECT_EQ(render("{% set ns = namespace() %}{% set ns.ns = ns %}{{ ns }}"), "<Namespace {'ns': <Namespace {...}>}>");
  EXPECT_EQ(render("{% macro m() %}{{ m.name }}{% endmacro %}{% set l = [m] %}{% do l.append(l) %}{{ m() }}"), "m");
  EXPECT_EQ(render("{% set l = [] %}{% do l.append(l.append) %}{% do l.append(l | map('string')) %}ok"), "ok");
}

TEST(Circles, ThatTheHostHoldsStay) {
  Value kept = Value::list();
  EXPECT_EQ(render("{% set inner = [1] %}{% do kept.append(inner) %}{% do inner.append(2) %}", {{"kept", kept}}), "");
  EXPECT_EQ(kept.repr(), "[[1, 2]]");
}

TEST(Circles, InComparisonsAreErrors) {
  EXPECT_EQ(failure("{% set a = [] %}{% do a.append(a) %}{% set b = [] %}{% do b.append(b) %}{{ a == b }}").code(),
            ErrorCode::template_limit);
  EXPECT_EQ(failure("{% set a = [] %}{% do a.append(a) %}{{ a | tojson }}").code(), ErrorCode::template_value);
}

TEST(Macros, EndWithTheirEvaluation) {
  Environment environment;
  TableHost host;
  Value macro = environment.compile("t", "{% macro m() %}x{% endmacro %}{{ m }}")->render_native(host);
  Evaluation other(environment, host);
  EXPECT_THROW(other.call(macro, {}), Error);
}

}  // namespace
}  // namespace weir::tmpl
