#include "project/written_calls.h"

#include <gtest/gtest.h>

namespace weir::project {

namespace {

std::string written(std::string_view text) { return written_config_calls(text).dump(); }

TEST(WrittenCalls, TakesWhatIsComputed) {
  EXPECT_EQ(written("{{ config(materialized=env_var('KIND'), tags=['a', 'b']) }} select 1"),
            R"({"materialized":"{{ env_var('KIND') }}"})");
  EXPECT_EQ(written("{{ config(\n  schema = var('s', \"x,y)\") ~ '_z',\n  alias='b'\n) }}"),
            R"({"schema":"{{ var('s', \"x,y)\") ~ '_z' }}"})");
}

TEST(WrittenCalls, LeavesPlainValuesAndOtherCallsAlone) {
  EXPECT_EQ(written("{{ config(alias='f(x)', enabled=true) }}{{ my_config(a=f(1)) }}{{ x.config(a=f(1)) }}"), "{}");
  EXPECT_EQ(written("select 1 -- config"), "{}");
  EXPECT_EQ(written("{{ config(alias=f('x'"), "{}");
  EXPECT_EQ(written(R"({{ config(alias='it\'s f(', schema=g()) }})"), R"({"schema":"{{ g() }}"})");
}

}  // namespace

}  // namespace weir::project
