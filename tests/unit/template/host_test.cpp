// What a template asks of its host, and native objects.
#include "template/host.h"

#include <gmock/gmock.h>

#include "rendering.h"

namespace weir::tmpl {
namespace {

using ::testing::ElementsAre;

class CountingHost : public Host {
 public:
  std::optional<Value> lookup(Evaluation&, std::string_view name) override {
    asked.emplace_back(name);
    if (name == "known") return Value(static_cast<int64_t>(asked.size()));
    return std::nullopt;
  }
  std::vector<std::string> asked;
};

TEST(HostLookup, HappensOnlyForNamesThatAreReached) {
  Environment environment;
  CountingHost host;
  EXPECT_EQ(environment.compile("t", "{% if false %}{{ a }}{% endif %}{{ known }}{{ known }}")->render(host), "11");
  EXPECT_THAT(host.asked, ElementsAre("known"));
}

TEST(HostLookup, IsFreshForEachMacroCall) {
  Environment environment;
  CountingHost host;
  EXPECT_EQ(
      environment.compile("t", "{% macro m() %}{{ known }}{{ known }}{% endmacro %}{{ m() }}-{{ m() }}")->render(host),
      "11-22");
}

TEST(HostLookup, GoesBeforeTheEnvironmentsGlobals) {
  Environment environment;
  environment.add_global("who", "global");
  environment.add_global("other", "global");
  TableHost host({{"who", "host"}});
  EXPECT_EQ(environment.compile("t", "{{ who }} {{ other }}")->render(host), "host global");
}

TEST(HostLookup, IsNotAskedForNamesTheTemplateSets) {
  Environment environment;
  CountingHost host;
  EXPECT_EQ(environment.compile("t", "{% set known = 7 %}{{ known }}{% for other in [1] %}{{ other }}{% endfor %}")
                ->render(host),
            "71");
  EXPECT_TRUE(host.asked.empty());
}

// An object with everything.
class Relation final : public Object {
 public:
  explicit Relation(std::string name) : name_(std::move(name)) {}
  std::string type_name() const override { return "Relation"; }
  std::optional<Value> get_attr(Evaluation&, std::string_view name) override {
    if (name == "identifier") return Value(name_);
    return std::nullopt;
  }
  std::optional<Value> get_item(Evaluation&, const Value& key) override {
    if (key.is_string() && key.as_string() == "identifier") return Value("by item");
    return std::nullopt;
  }
  std::optional<Value> call_method(Evaluation&, std::string_view name, const Arguments& arguments) override {
    if (name != "include") return std::nullopt;
    Binder bind("include", arguments, {"database", "schema"}, 0);
    return "include " + bind.or_default(0, true).str() + " " + bind.or_default(1, true).str();
  }
  std::string str() const override { return "\"" + name_ + "\""; }
  std::string repr() const override { return "<Relation " + name_ + ">"; }
  bool callable() const override { return true; }
  Value call(Evaluation& evaluation, const Arguments& arguments) override {
    return std::to_string(arguments.positional.size()) + " in " + std::string(evaluation.current_macro());
  }
  std::unique_ptr<Iteration> iterate(Evaluation& evaluation) override {
    return evaluation.iterate(Value::list({1, 2}));
  }
  std::optional<size_t> length() const override { return 2; }
  bool equals(const Object& other) const override {
    auto* relation = dynamic_cast<const Relation*>(&other);
    return relation && relation->name_ == name_;
  }
  std::optional<Value> binary(Evaluation&, BinaryOp op, const Value& other, bool reflected) override {
    if (op != BinaryOp::add) return std::nullopt;
    return reflected ? other.str() + str() : str() + other.str();
  }
  std::optional<std::strong_ordering> order(const Object& other) const override {
    return name_ <=> dynamic_cast<const Relation&>(other).name_;
  }
  std::optional<Value> plain() const override { return Value(name_); }

 private:
  std::string name_;
};

std::string with_relation(const std::string& source) {
  return render(source, {{"r", Value::object(make<Relation>("a"))}, {"q", Value::object(make<Relation>("b"))}});
}

TEST(NativeObjects, AnswerForThemselves) {
  EXPECT_EQ(with_relation("{{ r }} {{ [r] }}"), "\"a\" [<Relation a>]");
  EXPECT_EQ(with_relation("{{ r.identifier }} {{ r['identifier'] }}"), "a by item");
  EXPECT_EQ(with_relation("{{ r.include(database=false) }}"), "include False True");
  EXPECT_EQ(with_relation("{% macro m() %}{{ r(1, 2) }}{% endmacro %}{{ m() }}"), "2 in m");
  EXPECT_EQ(with_relation("{% for x in r %}{{ x }}{% endfor %}{{ r | length }}{{ 2 in r }}"), "122True");
  EXPECT_EQ(with_relation("{{ r == r }}{{ r == q }}{{ r < q }}{{ [q, r] | sort | first }}"), "TrueFalseTrue\"a\"");
  EXPECT_EQ(with_relation("{{ r + 1 }}{{ 1 + r }}{{ {'x': r} | tojson }}"), "\"a\"11\"a\"{\"x\": \"a\"}");
  EXPECT_EQ(with_relation("{{ r.nope is defined }}"), "False");
}

TEST(NativeObjects, RefuseWhatTheyCannotDo) {
  EXPECT_EQ(failure("{{ r - 1 }}", {{"r", Value::object(make<Relation>("a"))}}).code(), ErrorCode::template_type);
  EXPECT_EQ(failure("{{ r.nope.x }}", {{"r", Value::object(make<Relation>("a"))}}).message(),
            "'Relation object' has no attribute 'nope'");
}

TEST(Records, AreTablesOfAttributes) {
  Value target = Value::object(make<Record>("Target", Dict{{"name", "dev"}, {"threads", 4}}));
  EXPECT_EQ(render("{{ target.name }}{{ target['threads'] }}{{ target.nope is defined }}", {{"target", target}}),
            "dev4False");
}

TEST(Binder, BindsByPositionAndName) {
  Arguments arguments{{1}, {{"b", 2}}};
  Binder bind("f", arguments, {"a", "b", "c"}, 1);
  EXPECT_EQ(bind[0].as_int(), 1);
  EXPECT_EQ(bind[1].as_int(), 2);
  EXPECT_FALSE(bind.given(2));
  EXPECT_EQ(bind.or_default(2, 3).as_int(), 3);
}

TEST(Binder, NamesWhatDoesNotFit) {
  auto message = [](Arguments arguments) {
    try {
      Binder("f", arguments, {"a", "b"}, 1);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::template_call);
      return error.message();
    }
    return std::string();
  };
  EXPECT_EQ(message({}), "f() missing 1 required positional argument: 'a'");
  EXPECT_EQ(message({{1, 2, 3}, {}}), "f() takes at most 2 arguments (3 given)");
  EXPECT_EQ(message({{1}, {{"a", 2}}}), "f() got multiple values for argument 'a'");
  EXPECT_EQ(message({{1}, {{"z", 2}}}), "f() got an unexpected keyword argument 'z'");
}

}  // namespace
}  // namespace weir::tmpl
