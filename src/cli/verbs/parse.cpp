// weir parse: reads the whole project and says what is wrong with it.
#include <fmt/format.h>

#include <array>
#include <cstdio>

#include "base/text.h"
#include "cli/artifacts.h"
#include "cli/dbt_log.h"
#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/project_errors.h"
#include "cli/say.h"
#include "cli/workspace.h"
#include "plan/validate.h"

namespace weir::cli {

namespace {

int run_parse(Call& call) {
  Workspace workspace(call);
  const int64_t started = workspace.clock().now_ms();
  const project::Project& project = workspace.project();
  auto mistakes = plan::validate(project);
  // dbt says so where such a test is run.
  if (is_dbt(call))
    std::erase_if(mistakes, [](const Error& error) {
      const ErrorCode code = error.code();
      return code == ErrorCode::unknown_test || code == ErrorCode::check_arguments || code == ErrorCode::bad_config;
    });
  if (!mistakes.empty()) throw ProjectErrors(std::move(mistakes));
  std::vector<std::string> parts;
  for (const auto type : {project::ResourceType::source, project::ResourceType::seed, project::ResourceType::model,
                          project::ResourceType::snapshot, project::ResourceType::function, project::ResourceType::test,
                          project::ResourceType::unit_test, project::ResourceType::analysis}) {
    size_t count = 0;
    for (const auto& node : project.nodes) count += node.type == type ? 1 : 0;
    std::string word = replace_all(std::string(project::resource_type_text(type)), "_", " ");
    if (count != 1) word = type == project::ResourceType::analysis ? "analyses" : word + "s";
    if (count > 0) parts.push_back(fmt::format("{} {}", count, word));
  }
  if (parts.empty()) parts.emplace_back("no nodes");
  write_manifest(call, project, workspace.clock().now_ms());
  const std::string partial =
      project.files_known == 0
          ? std::string()
          : fmt::format(", {} of {} files parsed anew", project.files - project.files_known, project.files);
  const std::string text = fmt::format("{}: {} ({}{})", project.name, join(parts, ", "),
                                       human_duration_ms(workspace.clock().now_ms() - started), partial);
  say(call, text);
  return exit_done;
}

}  // namespace

Verb parse_verb() {
  Verb verb;
  verb.name = "parse";
  verb.group = "Look";
  verb.summary = "read the project and report its mistakes";
  verb.flags = project_flags();
  verb.in_dbt = true;
  verb.run = run_parse;
  return verb;
}

}  // namespace weir::cli
