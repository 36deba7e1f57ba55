// weir lint: SQL judged by sqlfluff's rules.
#include <cstdio>

#include "base/error.h"
#include "base/file.h"
#include "base/parallel.h"
#include "base/text.h"
#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/lint_files.h"
#include "cli/print.h"
#include "cli/say.h"
#include "lint/config_defaults.h"
#include "lint/report.h"

namespace weir::cli {

namespace {

std::string option_line(const std::string& option, const std::string& value) {
  const auto allowed = lint::allowed_values().find(option);
  return option + " = " + value +
         (allowed == lint::allowed_values().end() ? "" : "   (" + replace_all(allowed->second, " ", ", ") + ")") + "\n";
}

int list_rules() {
  std::string out;
  for (const lint::Rule& rule : lint::rules()) {
    out += std::string(rule.code) + "  " + std::string(rule.name) +
           std::string(rule.name.size() < 34 ? 34 - rule.name.size() : 1, ' ') +
           (rule.fixable ? "fixes  " : "       ") + std::string(rule.description) + "\n";
    for (const auto& [option, value] : lint::options_of(rule)) out += "      " + option_line(option, value);
  }
  print(out);
  return exit_done;
}

int list_options() {
  std::string out;
  const lint::Config defaults;
  for (const auto& [section, options] : defaults.sections()) {
    out += "[sqlfluff" + (section == "core" ? std::string() : ":" + section) + "]\n";
    for (const auto& [option, value] : options) out += option_line(option, value);
  }
  print(out);
  return exit_done;
}

std::string report(const std::string& format, const std::vector<lint::FileReport>& files, bool quiet) {
  if (format == "json") return lint::json_report(files);
  if (format == "github-annotation") return lint::github_report(files);
  if (format == "sarif") return lint::sarif_report(files, WEIR_VERSION);
  std::string out;
  for (const auto& each : files) out += lint::human_report(each, quiet || each.violations.empty());
  return out;
}

int run_lint(Call& call) {
  if (call.options.boolean("list-rules")) return list_rules();
  if (call.options.boolean("list-options")) return list_options();
  Workspace workspace(call);
  LintFiles files(call, workspace, {});
  std::vector<LintFile>& all = files.files();
  std::vector<lint::FileReport> reports(all.size());
  const bool fix = call.options.boolean("fix");
  std::vector<char> changed(all.size());
  std::vector<lint::Linter::Fixed> unfixed(all.size());  // with what was in the way
  parallel_for(all.size(), files.independent() ? 0 : 1, [&](size_t i) {
    LintFile& file = all[i];
    const lint::Linter& linter = file.linter();
    reports[i].path = file.path;
    if (fix) {
      lint::Linter::Fixed fixed = linter.fix(file.source, file.read);
      if (fixed.source != file.source) {
        write_file(file.path, fixed.source);
        changed[i] = 1;
        file.source = std::move(fixed.source);
      }
      if (fixed.obstacle) unfixed[i] = std::move(fixed);
    }
    reports[i].violations = linter.lint(file.source, file.read);
  });
  for (size_t i = 0; i < all.size(); ++i)
    if (unfixed[i].obstacle) tell_obstacle(call, all[i].path, unfixed[i]);
  const std::string format = call.options.text("format");
  print(report(format, reports, call.quiet()));
  size_t failed = 0, count = 0, mended = 0;
  for (size_t i = 0; i < all.size(); ++i) {
    failed += lint::fails(reports[i].violations);
    count += reports[i].violations.size();
    mended += static_cast<size_t>(changed[i]);
  }
  const auto number = [](size_t n, const char* what) { return std::to_string(n) + " " + what + (n == 1 ? "" : "s"); };
  say(call, number(all.size(), "file") + ", " + (fix ? std::to_string(mended) + " mended, " : std::string()) +
                number(count, "violation") + " in " + std::to_string(failed));
  return failed > 0 ? exit_failed : exit_done;
}

}  // namespace

Verb lint_verb() {
  Verb verb;
  verb.name = "lint";
  verb.group = "Look";
  verb.summary = "judge SQL by sqlfluff's rules";
  verb.detail =
      "Of files, folders or selected nodes. Options are those of .sqlfluff, setup.cfg and pyproject.toml of the file's "
      "folder and those above it, and `-- sqlfluff:` lines in the file; `-- noqa` hides what is found on its line. "
      "Ends with 1 if something is wrong.";
  auto format = value_flag("format", 0, "FORM", "how to tell");
  format.spec.allowed = {"human", "json", "github-annotation", "sarif"};
  format.spec.default_value = "human";
  verb.flags = together(
      {project_flags(),
       selection_flags(),
       lint_flags(),
       engine_flags(),
       {format, switch_flag("fix", 0, "mend what can be mended in the files, then tell what is left"),
        switch_flag("list-rules", 0, "print the rules that there are, with their options and defaults"),
        switch_flag("list-options", 0, "print all options that a configuration may have, with their defaults")}});
  verb.arguments = {{"PATH", "files or folders; without any: the current folder", false, true, Completes::file}};
  verb.run = run_lint;
  return verb;
}

}  // namespace weir::cli
