// weir format: layout and capitals of SQL, and nothing else.
#include <cstdio>

#include "base/error.h"
#include "base/file.h"
#include "base/parallel.h"
#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/lint_files.h"
#include "cli/print.h"
#include "cli/say.h"
#include "cli/text_diff.h"
#include "cli/workspace.h"
#include "lint/same_words.h"

namespace weir::cli {

namespace {

// The rules of sqlfluff's format.
std::vector<std::string> layout_rules() {
  std::vector<std::string> codes;
  for (const lint::Rule& rule : lint::rules()) {
    const std::string code(rule.code);
    const bool layout = code.rfind("LT", 0) == 0 || code == "CP01" || code == "JJ01";
    if (layout && rule.fixable) codes.push_back(code);
  }
  return codes;
}

int run_format(Call& call) {
  Workspace workspace(call);
  LintFiles files(call, workspace, layout_rules());
  std::vector<LintFile>& all = files.files();
  std::vector<std::string> results(all.size());
  std::vector<lint::Linter::Fixed> fixed(all.size());
  parallel_for(all.size(), files.independent() ? 0 : 1,
               [&](size_t i) { fixed[i] = all[i].linter().fix(all[i].source, all[i].read); });
  size_t changed = 0, failed = 0, left = 0;
  const bool check = call.options.boolean("check"), diff = call.options.boolean("diff");
  for (size_t i = 0; i < all.size(); ++i) {
    const LintFile& file = all[i];
    if (fixed[i].obstacle) {
      // Where the options say to ignore it, it is told all the same, but nothing has failed.
      const bool ignored = tell_obstacle(call, file.path, fixed[i]);
      ++(ignored ? left : failed);
      continue;
    }
    if (fixed[i].source == file.source) continue;
    if (!lint::same_words(file.source, fixed[i].source, file.settings->config.tree_options().dialect)) {
      say(call, "error: " + file.path + ": left as it is: the result would have other words [" +
                    code_text(ErrorCode::lint_changed_meaning) + "]");
      ++failed;
      continue;
    }
    ++changed;
    if (diff) print(unified_diff(file.source, fixed[i].source, file.path));
    if (check) {
      if (!diff) print(file.path + "\n");
    } else if (!diff) {
      write_file(file.path, fixed[i].source);
      print(file.path + "\n");
    }
  }
  const auto number = [](size_t n, const char* what) { return std::to_string(n) + " " + what + (n == 1 ? "" : "s"); };
  const bool only_look = check || diff;
  say(call, number(all.size(), "file") + ", " + std::to_string(changed) + (only_look ? " would change" : " changed") +
                (failed + left > 0 ? ", " + std::to_string(failed + left) + " left as they are" : ""));
  if (failed > 0) return exit_failed;
  return only_look && changed > 0 ? exit_failed : exit_done;
}

}  // namespace

Verb format_verb() {
  Verb verb;
  verb.name = "format";
  verb.group = "Look";
  verb.summary = "lay out SQL: blanks, line breaks, indents, capitals of keywords";
  verb.detail =
      "As sqlfluff's format: the layout rules, CP01 and JJ01, with the same options as weir lint. Nothing but blanks, "
      "line "
      "breaks and the case of keywords changes; a file of which that is not true, or that is not understood, is left "
      "as it is. "
      "Files are written whole. weir lint --fix mends the other rules too.";
  verb.flags =
      together({project_flags(),
                selection_flags(),
                lint_flags(),
                engine_flags(),
                {switch_flag("check", 0, "write nothing; end with 1 and the names of the files if some would change"),
                 switch_flag("diff", 0, "write nothing; print what would change, and end with 1 if something would")}});
  verb.arguments = {{"PATH", "files or folders; without any: the current folder", false, true, Completes::file}};
  verb.run = run_format;
  return verb;
}

}  // namespace weir::cli
