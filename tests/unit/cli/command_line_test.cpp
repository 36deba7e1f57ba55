#include "cli/command_line.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "base/error.h"
#include "cli/completion.h"
#include "cli/flags.h"
#include "cli/help.h"

namespace weir::cli {
namespace {

int nothing(Call&) { return 0; }

std::vector<Verb> table() {
  Verb build;
  build.name = "build";
  build.group = "Make";
  build.summary = "everything in order";
  build.flags = together({selection_flags(), engine_flags(), {switch_flag("full-refresh", 'f', "from the beginning")}});
  build.arguments = {{"SELECTOR", "what to build", false, true, Completes::asset}};
  build.run = nothing;
  Verb history;
  history.name = "history";
  history.summary = "versions";
  history.arguments = {{"TABLE", "the table", true, false, Completes::table}};
  history.flags = {rows_output_flag()};
  history.run = nothing;
  Verb tables;
  tables.name = "table";
  tables.group = "Look";
  tables.summary = "tables";
  tables.verbs = {history};
  return {build, tables};
}

CommandLine parsed(std::vector<std::string> words) {
  static const std::vector<Verb> verbs = table();
  return parse_command_line(words, verbs);
}

std::string message_of(std::vector<std::string> words) {
  try {
    parsed(std::move(words));
  } catch (const Error& error) {
    return error.message();
  }
  return "no error";
}

// weir plan is weir build --plan: what chooses nodes for the one chooses them for the other.
TEST(command_line, plan_takes_what_build_takes) {
  const auto named = [](const std::string& name) -> const Verb& {
    return *std::find_if(verbs().begin(), verbs().end(), [&](const Verb& verb) { return verb.name == name; });
  };
  const Verb &build = named("build"), &plan = named("plan");
  for (const Flag& flag : build.flags)
    EXPECT_TRUE(std::any_of(plan.flags.begin(), plan.flags.end(), [&](const Flag& other) {
      return other.spec.name == flag.spec.name && other.environment == flag.environment;
    })) << flag.spec.name;
}

TEST(command_line, reads_lists_as_dbt_does) {
  const auto line = parsed({"build", "-s", "a", "b+", "--exclude", "c", "-f", "-s", "d"});
  EXPECT_EQ(line.verb->name, "build");
  EXPECT_EQ(line.options.list("select"), (std::vector<std::string>{"a", "b+", "d"}));
  EXPECT_EQ(line.options.list("exclude"), (std::vector<std::string>{"c"}));
  EXPECT_TRUE(line.options.boolean("full-refresh"));
  EXPECT_TRUE(line.values.empty());
}

TEST(command_line, a_switch_takes_no_value) {
  const auto line = parsed({"build", "--full-refresh", "main.riders"});
  EXPECT_TRUE(line.options.boolean("full-refresh"));
  EXPECT_EQ(line.values, (std::vector<std::string>{"main.riders"}));
}

TEST(command_line, common_flags_may_come_first) {
  const auto line = parsed({"--color", "never", "-q", "table", "history", "raw.orders", "--output=json"});
  EXPECT_EQ(line.path, (std::vector<std::string>{"table", "history"}));
  EXPECT_EQ(line.options.text("color"), "never");
  EXPECT_TRUE(line.options.boolean("quiet"));
  EXPECT_EQ(line.options.text("output"), "json");
  EXPECT_EQ(line.values, (std::vector<std::string>{"raw.orders"}));
}

TEST(command_line, says_what_was_meant) {
  EXPECT_EQ(message_of({"biuld"}), "\"biuld\" is not a verb of weir; did you mean \"build\"?");
  EXPECT_EQ(message_of({"build", "--selct", "a"}), "there is no option --selct here; did you mean \"--select\"?");
  EXPECT_EQ(message_of({"table", "histroy"}), "\"histroy\" is not a verb of weir table; did you mean \"history\"?");
}

TEST(command_line, refuses_what_does_not_fit) {
  EXPECT_EQ(message_of({"table", "history"}), "weir table history needs TABLE: the table");
  EXPECT_EQ(message_of({"table", "history", "a", "b"}), "weir table history does not know what to do with \"b\"");
  EXPECT_EQ(message_of({"table", "history", "a", "--output", "xml"}),
            "\"output\" must be one of table, csv, json, ndjson, markdown, text, found \"xml\"");
  EXPECT_EQ(message_of({"build", "--threads", "many"}), "\"threads\" must be an integer, found \"many\"");
  EXPECT_NE(message_of({"table", "history", "a", "--output"}), "no error");
}

TEST(command_line, words_after_two_dashes_are_values) {
  EXPECT_EQ(parsed({"build", "--", "--select"}).values, (std::vector<std::string>{"--select"}));
}

TEST(command_line, help_needs_no_arguments) {
  EXPECT_TRUE(parsed({"table", "history", "--help"}).help);
  EXPECT_TRUE(parsed({"--help"}).help);
  EXPECT_TRUE(parsed({"--version"}).version);
  EXPECT_EQ(parsed({}).verb, nullptr);
}

TEST(command_line, environment_is_overridden_by_the_flag) {
  setenv("WEIR_MEMORY_LIMIT", "1GB", 1);
  EXPECT_EQ(parsed({"build"}).options.entry("memory-limit").origin, "env WEIR_MEMORY_LIMIT");
  EXPECT_EQ(parsed({"build"}).options.bytes("memory-limit"), 1000000000);
  EXPECT_EQ(parsed({"build", "--memory-limit", "2GB"}).options.bytes("memory-limit"), 2000000000);
  unsetenv("WEIR_MEMORY_LIMIT");
}

std::vector<std::string> completed(std::vector<std::string> words) {
  static const std::vector<Verb> verbs = table();
  return complete(words, verbs, [](Completes what) -> std::vector<std::string> {
    if (what == Completes::asset) return {"orders", "customers"};
    return {"raw.orders"};
  });
}

TEST(completion, knows_verbs_flags_and_names) {
  EXPECT_EQ(completed({"b"}), (std::vector<std::string>{"build"}));
  EXPECT_EQ(completed({"table", ""}), (std::vector<std::string>{"history"}));
  EXPECT_EQ(completed({"build", "--sel"}), (std::vector<std::string>{"--select", "--selector"}));
  EXPECT_EQ(completed({"build", "-s", "ord"}), (std::vector<std::string>{"orders"}));
  EXPECT_EQ(completed({"build", "-s", "+ord"}), (std::vector<std::string>{"+orders"}));
  EXPECT_EQ(completed({"build", "-s", "orders", "cus"}), (std::vector<std::string>{"customers"}));
  EXPECT_EQ(completed({"build", "cus"}), (std::vector<std::string>{"customers"}));
  EXPECT_EQ(completed({"table", "history", ""}), (std::vector<std::string>{"raw.orders"}));
  EXPECT_EQ(completed({"table", "history", "x", "--output", "j"}), (std::vector<std::string>{"json"}));
  EXPECT_TRUE(completed({"nothing", "x"}).empty());
}

TEST(help, names_arguments_flags_and_verbs_below) {
  const auto verbs = table();
  const std::string text = verb_help(verbs[0], {"build"}, {}, 100);
  EXPECT_NE(text.find("usage: weir build [SELECTOR…] [OPTIONS]"), std::string::npos);
  EXPECT_NE(text.find("-f, --full-refresh"), std::string::npos);
  EXPECT_EQ(text.find("use-colors"), std::string::npos);
  EXPECT_NE(overview(verbs, {}, 100).find("\nLook\n  table  tables\n"), std::string::npos);
  EXPECT_NE(reference_markdown(verbs).find("## weir table history"), std::string::npos);
}

}  // namespace
}  // namespace weir::cli
