// Where and how errors are reported.
#include <gmock/gmock.h>

#include "rendering.h"

namespace weir::tmpl {
namespace {

using ::testing::HasSubstr;

TEST(Errors, OfSyntaxHaveLineColumnAndText) {
  Error error = failure("select 1\nfrom {{ ref('a' }}\n");
  EXPECT_EQ(error.code(), ErrorCode::template_syntax);
  EXPECT_TRUE(is_parse_error(error.code()));
  EXPECT_EQ(error.message(), "unexpected '}', expected ')'");
  ASSERT_TRUE(error.span());
  EXPECT_EQ(error.span()->file, "t.sql");
  EXPECT_EQ(error.span()->line, 2);
  EXPECT_EQ(error.span()->column, 17);
  EXPECT_EQ(error.span()->line_text, "from {{ ref('a' }}");
}

TEST(Errors, OfEvaluationPointAtTheOperation) {
  Error error = failure("a\n  {{ 1 + ('x' * 2) }}");
  EXPECT_EQ(error.code(), ErrorCode::template_type);
  EXPECT_FALSE(is_parse_error(error.code()));
  EXPECT_EQ(error.span()->line, 2);
  EXPECT_EQ(error.span()->column, 6);
}

TEST(Errors, AfterACallPointAtTheCallersLine) {
  Error error = failure("{% macro m() %}\n\n{{ 1 }}{% endmacro %}\n{{ m() }}\n{{ m() - 1 }}");
  EXPECT_EQ(error.span()->line, 5);
  EXPECT_TRUE(error.contexts().empty());
}

TEST(Errors, PassThroughMacrosWithTheCallsAsContexts) {
  Environment environment(dbt_options());
  auto macros = environment.compile(
      "macros/money.sql",
      "{% macro cents(c) %}\n  {{ c.amount.x }}\n{% endmacro %}\n{% macro eur(c) %}{{ cents(c) }}{% endmacro %}");
  class Macros : public TableHost {
   public:
    explicit Macros(std::shared_ptr<const Template> file) : file_(std::move(file)) {}
    std::optional<Value> lookup(Evaluation& evaluation, std::string_view name) override {
      if (name == "cents" || name == "eur") return evaluation.macro(file_, name);
      return std::nullopt;
    }
    std::shared_ptr<const Template> file_;
  } host(macros);
  try {
    environment.compile("models/orders.sql", "select\n{{ eur({}) }}")->render(host);
    FAIL() << "expected an error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::template_undefined);
    EXPECT_EQ(error.message(), "'dict object' has no attribute 'amount'");
    EXPECT_EQ(error.span()->file, "macros/money.sql");
    EXPECT_EQ(error.span()->line, 2);
    ASSERT_EQ(error.contexts().size(), 2u);
    EXPECT_EQ(error.contexts()[0].what, "macro cents");
    EXPECT_EQ(error.contexts()[0].span.file, "macros/money.sql");
    EXPECT_EQ(error.contexts()[0].span.line, 4);
    EXPECT_EQ(error.contexts()[1].what, "macro eur");
    EXPECT_EQ(error.contexts()[1].span.file, "models/orders.sql");
    EXPECT_EQ(error.contexts()[1].span.line, 2);
  }
}

TEST(Errors, OfNativeFunctionsGetThePositionOfTheCall) {
  auto fails = Value::function(
      "fails", [](Evaluation&, const Arguments&) -> Value { throw Error(ErrorCode::template_value, "no"); });
  Error error = failure("x\n{{ 1 }} {{ fails() }}", {{"fails", fails}});
  EXPECT_EQ(error.message(), "no");
  EXPECT_EQ(error.span()->line, 2);
  EXPECT_EQ(error.span()->column, 17);
}

TEST(Errors, NameUnknownFiltersWithTheNearestKnown) {
  Error error = failure("{{ x | upperr }}");
  EXPECT_EQ(error.code(), ErrorCode::template_unknown_filter);
  EXPECT_THAT(error.hint() + error.message(), HasSubstr("upper"));
  EXPECT_EQ(failure("{{ x is definde }}").code(), ErrorCode::template_unknown_filter);
}

TEST(Errors, KeepFirstLineOffsets) {
  Environment environment;
  try {
    environment.compile("schema.yml", "{{ 1", 12);
    FAIL() << "expected an error";
  } catch (const Error& error) {
    EXPECT_EQ(error.span()->line, 12);
  }
}

TEST(Errors, AnEarlierMistakeGoesFirst) {
  EXPECT_EQ(failure("{% for %}{% endfor %}\n{{ ! }}").span()->line, 1);
  EXPECT_EQ(failure("{{ f(a=1, a=2) }}\n{% if %}").code(), ErrorCode::template_syntax);
  EXPECT_EQ(failure("{{ f(a=1, a=2) }}").code(), ErrorCode::template_repeated_keyword);
}

TEST(Errors, SandboxHidesUnderscores) {
  EXPECT_EQ(render("{{ ''.__class__ }}"), "");
  EXPECT_EQ(failure("{{ ''.__class__.__mro__ }}").code(), ErrorCode::template_forbidden);
  EXPECT_EQ(failure("{{ '{0.__class__.__init__}'.format(1) }}").code(), ErrorCode::template_forbidden);
  EXPECT_EQ(render("{{ {'_x': 1}._x }}"), "1");
}

TEST(Errors, FrozenValuesCannotBeChanged) {
  Value shared = Value::list({1}).freeze();
  EXPECT_EQ(failure("{{ xs.append(2) }}", {{"xs", shared}}).code(), ErrorCode::template_forbidden);
  EXPECT_EQ(render("{% set ys = xs.copy() %}{% do ys.append(2) %}{{ ys }}{{ xs }}", {{"xs", shared}}), "[1, 2][1]");
  Value deep = Value::dict({{"a", Value::list({Value::dict()})}}).freeze();
  EXPECT_EQ(failure("{{ d.a[0].update(x=1) }}", {{"d", deep}}).code(), ErrorCode::template_forbidden);
}

TEST(Errors, TheStackIsThereForNativeCode) {
  std::vector<std::string> seen;
  auto look = Value::function("look", [&](Evaluation& evaluation, const Arguments&) -> Value {
    for (const auto& call : evaluation.call_stack()) seen.push_back(call.what + "@" + std::to_string(call.span.line));
    seen.push_back(std::to_string(evaluation.position().line));
    return {};
  });
  render("{% macro a() %}\n{{ look() }}{% endmacro %}{% macro b() %}{{ a() }}{% endmacro %}\n{{ b() }}",
         {{"look", look}});
  EXPECT_THAT(seen, ::testing::ElementsAre("macro a@2", "macro b@3", "2"));
}

}  // namespace
}  // namespace weir::tmpl
