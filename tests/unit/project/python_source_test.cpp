#include "project/python_source.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace weir::project {
namespace {

PythonSource source_of(const std::string& text) { return read_python_source(text, "models/m.py"); }

// "function(arguments; name=value)" of each call.
std::vector<std::string> calls_of(const std::string& text) {
  std::vector<std::string> out;
  for (const PythonCall& call : source_of(text).calls) {
    std::vector<std::string> parts;
    for (const Json& value : call.arguments) parts.push_back(value.dump());
    for (const auto& [name, value] : call.named) parts.push_back(name + "=" + value.dump());
    out.push_back(call.function + "(" + join(parts, ", ") + ")@" + std::to_string(call.span.line));
  }
  return out;
}

// "line: message" of each mistake.
std::vector<std::string> mistakes_of(const std::string& text) {
  std::vector<std::string> out;
  for (const Error& error : source_of(text).errors)
    out.push_back(std::to_string(error.span()->line) + ":" + std::to_string(error.span()->column) + " " +
                  error.message());
  return out;
}

using Texts = std::vector<std::string>;

TEST(PythonSource, FindsCallsWhereverTheyStand) {
  const std::string text = R"py(
import dbt_helper
def helper(dbt):
    return [dbt.ref('a'), {"k": dbt.source("s", 't')}]
def model(dbt, session):
    # dbt.ref("comment")
    text = "dbt.ref('in text')"
    both = dbt.ref("p", "b").join(dbt.ref('c', v=2), on=dbt.ref('d', version='3'))
    other.dbt.ref("not")
    with_form = f"select {dbt.ref('e')!r:>{dbt.config.get('width', 3)}}"
    long = dbt . ref (  # of this
        "f"
        'g',
    )
    return both
)py";
  const Texts wanted = {"ref(\"a\")@4",
                        "source(\"s\", \"t\")@4",
                        "ref(\"p\", \"b\")@8",
                        "ref(\"c\", v=2)@8",
                        "ref(\"d\", version=\"3\")@8",
                        "ref(\"e\")@10",
                        "config.get(\"width\", 3)@10",
                        "ref(\"fg\")@11"};
  EXPECT_EQ(calls_of(text), wanted);
}

TEST(PythonSource, ReadsLiterals) {
  const std::string text =
      "def model(dbt, session):\n"
      "    dbt.config(a=-1, b=1_000, c=1.5, d=0xff, e=True, f=None, g=('x',), h=(1), i={'a': [1, {'b': ()}]}, j={1, "
      "2},\n"
      "               k='''t\n'\\x41\\u00e4\\n''', l=r'\\n', m={1: 'one'},)\n"
      "    return dbt.config.meta_get('k', 'default')\n";
  const std::string config =
      "config(a=-1, b=1000, c=1.5, d=255, e=true, f=null, g=[\"x\"], h=1, i={\"a\":[1,{\"b\":[]}]}, j=[1,2], "
      "k=\"t\\n'Aä\\n\", l=\"\\\\n\", m={\"1\":\"one\"})@2";
  const Texts wanted = {config, "config.meta_get(\"k\", \"default\")@5"};
  EXPECT_EQ(calls_of(text), wanted);
}

TEST(PythonSource, TellsEachCallThatIsNoLiteral) {
  const char* says = "() takes literals only: what it names must be known before the model runs";
  EXPECT_EQ(mistakes_of("def model(dbt, session):\n"
                        "    a = dbt.ref(name)\n"
                        "    b = dbt.ref('a' + 'b')\n"
                        "    c = dbt.ref(f'a')\n"
                        "    d = dbt.config(x=[1, y])\n"
                        "    e = dbt.ref(*names)\n"
                        "    return dbt.ref()\n"),
            (Texts{std::string("2:17 dbt.ref") + says, std::string("3:21 dbt.ref") + says,
                   std::string("4:17 dbt.ref") + says, std::string("5:26 dbt.config") + says,
                   std::string("6:17 dbt.ref") + says, "7:12 dbt.ref() takes a name, or a package and a name"}));
}

TEST(PythonSource, AsksForOneFunctionThatReturnsOneTable) {
  EXPECT_EQ(mistakes_of("def model(dbt, session): return dbt\n"), Texts{});
  EXPECT_EQ(
      mistakes_of("class A:\n    def other(self): pass\ndef f():\n    def model(): pass\ndef model(dbt, session):\n"
                  "    if dbt:\n        return 1, 2\n    return (\n  [1, 2]\n)\n# end"),
      Texts{});
  EXPECT_EQ(mistakes_of("x = 1\n"), Texts{"1:1 a Python model has one function called model; this one has none"});
  EXPECT_EQ(mistakes_of("def model(dbt, session):\n    return 1\ndef model(dbt, session):\n    return 1\n"),
            Texts{"3:1 a Python model has one function called model; this one has 2"});
  EXPECT_EQ(mistakes_of("def model(d, session, more=(1, 2)):\n    return d\n"),
            Texts{"1:1 the function model takes two arguments, dbt and session"});
  EXPECT_EQ(mistakes_of("def model(dbt, session: dict[str, int] = {}):\n    return dbt\n"), Texts{});
  EXPECT_EQ(mistakes_of("def model(dbt, session):\n    return (dbt, 1)\n"),
            Texts{"2:5 the function model returns one table, not several values"});
  EXPECT_EQ(mistakes_of("def model(dbt, session):\n    return f(dbt, 1)\n"), Texts{});
  EXPECT_EQ(mistakes_of("def model(dbt, session):\n    if dbt:\n        return 1\n"),
            Texts{"2:5 the last statement of the function model must return a table"});
}

TEST(PythonSource, TellsWhatNeverEnds) {
  EXPECT_EQ(mistakes_of("x = (1,\n"), Texts{"1:5 the bracket is never closed"});
  EXPECT_EQ(mistakes_of("x = 1)\n"), Texts{"1:6 the bracket was never opened"});
  EXPECT_EQ(mistakes_of("\n  x = 'abc\n"), Texts{"2:7 the text is never closed"});
  EXPECT_EQ(mistakes_of("x = f'{a'\n"), Texts{"1:9 the text is never closed"});
  EXPECT_EQ(mistakes_of("x = '''abc'\n"), Texts{"1:5 the text is never closed"});
}

TEST(PythonSource, RefusesJinja) {
  EXPECT_EQ(mistakes_of("def model(dbt, session):\n    return '{{ ref }}'\n"),
            Texts{"2:13 a Python model holds no Jinja"});
  EXPECT_EQ(mistakes_of("def model(dbt, session):\n    return {1: {2: 3}}\n"), Texts{});
}

TEST(PythonSource, SurvivesAnyText) {
  for (const char* text : {"",           "\\",          "dbt",
                           "dbt.",       "dbt.ref",     "dbt.ref(",
                           "dbt.ref()",  "f'",          "f'{",
                           "f'{a:",      "f'{a!",       "rb'",
                           "\xff\xfe",   "def",         "def model",
                           "def model(", "def model()", "def model(dbt, session):",
                           "0x",         "1e+",         "dbt.config(x=)",
                           "\"\\"})
    (void)source_of(text);
}

}  // namespace
}  // namespace weir::project
