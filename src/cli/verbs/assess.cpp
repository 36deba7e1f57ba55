// weir assess: what of a foreign dbt project runs here.
#include <fmt/format.h>

#include "base/text.h"
#include "cli/assessment.h"
#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/print.h"
#include "cli/table_text.h"
#include "cli/workspace.h"
#include "run/confine.h"

namespace weir::cli {

namespace {

constexpr Verdict verdicts[] = {Verdict::runs, Verdict::noted, Verdict::unsure, Verdict::blocked};

std::string painted(Verdict verdict, const std::string& text, const Style& style) {
  switch (verdict) {
    case Verdict::runs:
      return style.green(text);
    case Verdict::blocked:
      return style.red(text);
    default:
      return style.yellow(text);
  }
}

std::string place_text(const Span& span) {
  if (span.line == 0) return "";
  return span.column > 0 ? fmt::format("{}:{}", span.line, span.column) : std::to_string(span.line);
}

void print_findings(const Assessment& assessment, const Style& style) {
  std::string file = "\n";  // no file is called so
  for (const Assessed& item : assessment.items) {
    for (const Finding& finding : item.findings) {
      const std::string here = finding.span.known() ? finding.span.file : item.file;
      if (here != file) print(style.bold(here.empty() ? "dbt_project.yml, packages.yml" : here) + "\n");
      file = here;
      const std::string place = place_text(finding.span);
      print(fmt::format("  {}{}  {}: {}\n", place.empty() ? "" : place + "  ", item.kind + " " + item.name,
                        painted(finding.verdict, std::string(verdict_text(finding.verdict)), style), finding.message));
      if (!finding.remedy.empty()) print("      " + finding.remedy + "\n");
    }
  }
}

void print_counts(const Assessment& assessment, const Style& style) {
  std::vector<TableColumn> columns{{"", "VARCHAR"}};
  for (const Verdict verdict : verdicts) columns.push_back({std::string(verdict_text(verdict)), "BIGINT"});
  std::vector<TableRow> rows;
  for (const char* kind :
       {"model", "seed", "snapshot", "test", "unit_test", "analysis", "source", "macro", "project"}) {
    TableRow row{kind};
    size_t all = 0;
    for (const Verdict verdict : verdicts) {
      const size_t count = assessment.count(kind, verdict);
      all += count;
      row.emplace_back(std::to_string(count));
    }
    if (all > 0) rows.push_back(std::move(row));
  }
  print(list_text(columns, rows, style));
}

int run_assess(Call& call) {
  if (!call.arguments.empty()) call.options.set("project-dir", call.argument(0), "--project-dir");
  call.options.set("target", "lake", "--target");
  Workspace workspace(call);
  const std::string root = workspace.root();
  project::LoadFlags flags = workspace.load_flags();
  flags.keep_partial = true;
  flags.partial_parse = false;  // nothing is written
  flags.which = "build";
  const project::Loaded loaded = project::load(root, flags);
  // Nothing of the project's own place is opened.
  const auto session = workspace.engine().session(std::make_shared<lake::Lake>(store::open("memory:assess")));
  if (loaded.project) run::confine(*session, *loaded.project);
  const Assessment assessment = assess(root, flags, loaded, *session);
  bool runs = true;
  for (const Assessed& item : assessment.items) runs = runs && item.verdict() != Verdict::blocked;
  if (call.options.text("output") == "json") {
    print(assessment_json(assessment).dump(2) + "\n");
    return runs ? exit_done : exit_failed;
  }
  const Style& style = call.terminal.out;
  std::string head = assessment.project.empty() ? root : assessment.project;
  if (!assessment.adapter.empty())
    head += ": " + std::string(assessment.target.empty() ? "its profile" : "target " + assessment.target) + " is for " +
            assessment.adapter;
  print(style.bold(head) + (head.find(':') == std::string::npos ? ": " : ", ") + "assessed as on the lake\n\n");
  print_findings(assessment, style);
  if (!assessment.items.empty()) print("\n");
  print_counts(assessment, style);
  print(runs ? "\n" + style.green("nothing stands in the way: weir build --target lake") + "\n"
             : "\n" + style.red("not all of it runs as it is") + "\n");
  return runs ? exit_done : exit_failed;
}

}  // namespace

Verb assess_verb() {
  Verb verb;
  verb.name = "assess";
  verb.group = "Look";
  verb.summary = "what of a dbt project runs here as it is, and what does not";
  verb.detail =
      "For a project of any adapter: reads its files, compiles every node with placeholders for what a warehouse would "
      "answer, and lets the engine parse (not bind) the SQL. All findings in one go, with file, line and column and "
      "what to do. Needs no warehouse, no database and no profile, and writes nothing. Exit code 0: all of it runs, 1: "
      "something does not.";
  auto output = value_flag("output", 0, "FORM", "form of the answer");
  output.spec.allowed = {"text", "json"};
  output.spec.default_value = "text";
  std::vector<Flag> place;
  for (Flag& flag : project_flags()) {
    if (flag.spec.name == "target") flag.hidden = true;
    place.push_back(std::move(flag));
  }
  verb.flags = together({place, engine_flags(), {output}});
  verb.arguments = {
      {"FOLDER", "the project's folder (default: this one or one above it)", false, false, Completes::folder}};
  verb.run = run_assess;
  return verb;
}

}  // namespace weir::cli
