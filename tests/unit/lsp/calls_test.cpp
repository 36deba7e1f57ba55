#include "lsp/calls.h"

#include <gtest/gtest.h>

namespace weir::lsp {
namespace {

// The place is where the bar stands.
Cursor at(std::string text, bool everywhere = false) {
  const size_t place = text.find('|');
  text.erase(place, 1);
  return cursor_at(text, place, everywhere);
}

TEST(Calls, AreFoundWithTheirTexts) {
  const std::string text =
      "select {{ a.b('x', \"y\", k='z') }} from {{ ref('one') }} -- {# ref('no') #} ref('neither')\n"
      "{% set q = ref('p', 'two') %}{{ f(g('in'), 1 + 'no') }}";
  std::vector<std::string> told;
  for (const TemplateCall& call : calls_in(text, false)) {
    std::string line = call.name;
    for (const TextArgument& each : call.texts)
      line += " " + std::to_string(each.index) + (each.name.empty() ? "" : each.name) + ":" +
              text.substr(each.begin, each.end - each.begin);
    told.push_back(line);
  }
  EXPECT_EQ(told, (std::vector<std::string>{"a.b 0:x 1:y 2k:z", "ref 0:one", "ref 0:p 1:two", "g 0:in", "f"}));
}

TEST(Calls, HalfTypedEndWithTheirLine) {
  const auto calls = calls_in("select * from {{ ref('ord\nwhere {{ ref('x') }}", false);
  ASSERT_EQ(calls.size(), 2u);
  EXPECT_EQ(calls[0].texts.at(0).text, "ord");
  EXPECT_EQ(calls[1].texts.at(0).text, "x");
}

TEST(CursorAt, InATextOfACall) {
  const Cursor cursor = at("{{ source('raw', 'or|ders') }}");
  EXPECT_TRUE(cursor.in_text);
  EXPECT_EQ(cursor.part, "orders");
  EXPECT_EQ(cursor.call.name, "source");
  EXPECT_EQ(cursor.argument, 1);
  ASSERT_TRUE(cursor.call.text(0));
  EXPECT_EQ(cursor.call.text(0)->text, "raw");
  EXPECT_EQ(at("{{ ref('|') }}").argument, 0);
  EXPECT_TRUE(at("{{ ref('|') }}").in_text);
  EXPECT_TRUE(at("{{ ref('|").in_text);
  EXPECT_EQ(at("{{ ref('|").call.name, "ref");
  EXPECT_FALSE(at("{{ ref('x')| }}").in_text);
}

TEST(CursorAt, OnAName) {
  EXPECT_EQ(at("{{ dbt_utils.st|ar() }}").word, "dbt_utils.star");
  EXPECT_EQ(at("{{ dbt_ut|ils.star() }}").word, "dbt_utils");
  EXPECT_EQ(at("{{ dbt_utils.| }}").word, "dbt_utils.");
  EXPECT_EQ(at("{{ cen| }}").word, "cen");
  EXPECT_EQ(at("{{ |cents }}").word, "cents");
  EXPECT_EQ(at("{% if x| %}").kind, Cursor::Kind::statement);
  EXPECT_EQ(at("select amo|unt from t").part, "amount");
  EXPECT_EQ(at("select amo|unt from t").kind, Cursor::Kind::outside);
}

TEST(CursorAt, AfterAPipe) {
  EXPECT_TRUE(cursor_at("{{ x | up }}", 9, false).after_pipe);
  EXPECT_TRUE(cursor_at("{{ x |  }}", 7, false).after_pipe);
  EXPECT_FALSE(cursor_at("{{ x | up }}", 4, false).after_pipe);
}

TEST(CursorAt, KeywordsOfACall) {
  const Cursor cursor = at("{{ config(materialized='ta|ble', tags=[]) }}");
  EXPECT_EQ(cursor.keyword, "materialized");
  EXPECT_EQ(cursor.call.name, "config");
  EXPECT_EQ(at("{{ config(materialized='table', sch|) }}").keyword, "");
  EXPECT_EQ(at("{{ config(tags=['a', '|']) }}").call.name, "config");
}

TEST(CallsIn, KeywordsAreTextsOrNumbers) {
  const auto calls =
      calls_in("{{ ref('shop', 'prices', v=10) }} {{ ref('prices', version = '2') }} {{ f(v=[3, 4]) }}", false);
  ASSERT_EQ(calls.size(), 4u);  // the list is one too, without a name
  ASSERT_NE(calls[0].keyword("v"), nullptr);
  EXPECT_EQ(calls[0].keyword("v")->text, "10");
  EXPECT_EQ(calls[0].last_text()->text, "prices");
  ASSERT_NE(calls[1].keyword("version"), nullptr);
  EXPECT_EQ(calls[1].keyword("version")->text, "2");
  EXPECT_EQ(calls[1].last_text()->text, "prices");
  EXPECT_EQ(calls[1].keyword("v"), nullptr);
  EXPECT_EQ(calls[3].name, "f");
  EXPECT_EQ(calls[3].keyword("v"), nullptr);
}

TEST(CursorAt, YamlIsAllInside) {
  const Cursor cursor = at("to: ref('ord|ers')  # don't\nfield: id", true);
  EXPECT_TRUE(cursor.in_text);
  EXPECT_EQ(cursor.call.name, "ref");
  EXPECT_EQ(at("description: \"it's {{ doc('or|ders') }}\"", true).call.name, "doc");
  EXPECT_EQ(at("- {to: \"ref('or|ders')\", field: \"id\"}", true).part, "orders");
}

TEST(CursorAt, EveryPlaceOfAHalfTypedTextIsAnswered) {
  const std::string text = "{{ f('a\\', [x.y|z, (\"b\n{% set q = {'k': ref('m')} %} it's {# '{{ #} }} {{ 'x' ~ }";
  for (size_t length = 0; length <= text.size(); ++length)
    for (size_t place = 0; place <= length; ++place)
      for (const bool everywhere : {false, true}) {
        const Cursor cursor = cursor_at(std::string_view(text).substr(0, length), place, everywhere);
        EXPECT_LE(cursor.begin, cursor.end);
        EXPECT_LE(cursor.end, length);
      }
}

}  // namespace
}  // namespace weir::lsp
