// docs/lint.md says what the program has.
#include <gtest/gtest.h>

#include <set>

#include "base/file.h"
#include "base/text.h"
#include "lint/config.h"
#include "lint/rule.h"

namespace weir::lint {
namespace {

std::string page() { return read_file(std::string(WEIR_SOURCE_DIR) + "/docs/lint.md"); }

std::string row_of(const Rule& rule) {
  std::vector<std::string> options;
  for (const auto& [name, value] : options_of(rule))
    options.push_back("`" + name + "`" + (value == "None" ? "" : " (" + value + ")"));
  return "| " + std::string(rule.code) + " | " + std::string(rule.name) + " | " + (rule.fixable ? "fixes" : "") +
         " | " + std::string(rule.description) + " | " + join(options, ", ") + " |";
}

TEST(LintDocs, TheTableOfRulesIsTheProgramsOwn) {
  std::vector<std::string> wanted, found;
  for (const Rule& rule : rules()) wanted.push_back(row_of(rule));
  for (const std::string& line : split(page(), '\n'))
    if (line.size() > 7 && line.starts_with("| ") && line[4] >= '0' && line[4] <= '9') found.push_back(line);
  EXPECT_EQ(join(found, "\n"), join(wanted, "\n"));
}

TEST(LintDocs, EveryOptionThatIsNamedIsThereAndEveryOneIsNamed) {
  const std::string text = page();
  const Config defaults;
  for (const auto& [section, options] : defaults.sections()) {
    if (section != "core" && section != "indentation") continue;
    const std::string begin = "- `[sqlfluff" + (section == "core" ? std::string() : ":" + section) + "]`: ";
    const size_t start = text.find(begin);
    ASSERT_NE(start, std::string::npos) << section;
    const std::string part = text.substr(start, text.find("\n- ", start) - start);
    for (const auto& [option, value] : options) EXPECT_NE(part.find("`" + option + "`"), std::string::npos) << option;
    std::set<std::string> named;
    for (const std::string& each : split(replace_all(part.substr(begin.size()), "\n", " "), ','))
      if (const auto word = split(std::string(trim(each)), '`'); word.size() > 1 && word[0].empty())
        named.insert(word[1]);
    named.erase("ansi");
    named.erase("jinja");
    named.erase("raw");
    for (const std::string& each : named) EXPECT_TRUE(options.count(each)) << each;
  }
}

}  // namespace
}  // namespace weir::lint
