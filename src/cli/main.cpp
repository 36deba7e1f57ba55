#include "cli/main.h"

#include <chrono>
#include <cstdio>
#include <cstring>
#include <new>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "cli/command_line.h"
#include "cli/completion.h"
#include "cli/dbt_end.h"
#include "cli/dbt_environment.h"
#include "cli/dbt_log.h"
#include "cli/error_text.h"
#include "cli/exit_code.h"
#include "cli/help.h"
#include "cli/print.h"
#include "cli/project_errors.h"
#include "cli/project_names.h"
#include "cli/verb.h"
#include "dbt/run_results.h"

namespace weir::cli {

namespace {

// How errors look before (or although) the command line could not be read.
struct ErrorForm {
  bool json = false;
  ColorWish color = ColorWish::automatic;
};
ErrorForm form_of(const std::vector<std::string>& arguments) {
  ErrorForm form;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string next = i + 1 < arguments.size() ? arguments[i + 1] : std::string();
    const std::string& word = arguments[i];
    if (word == "--log-format=json" || (word == "--log-format" && next == "json")) form.json = true;
    if (word == "--color=never" || (word == "--color" && next == "never") || word == "--no-use-colors")
      form.color = ColorWish::never;
    if (word == "--color=always" || (word == "--color" && next == "always") || word == "--use-colors")
      form.color = ColorWish::always;
  }
  return form;
}

int report(const Error& error, const ErrorForm& form) {
  const Terminal terminal = Terminal::detect(form.color);
  std::fflush(stdout);
  if (form.json)
    print(stderr, error_json(error).dump() + "\n");
  else
    print(stderr, error_text(error, terminal.error));
  return exit_code_of(error);
}

int report_all(const ProjectErrors& errors, const ErrorForm& form) {
  int code = exit_usage;
  for (const auto& error : errors.errors()) code = report(error, form);
  if (!form.json && errors.errors().size() > 1)
    print(stderr, std::to_string(errors.errors().size()) + " errors; nothing was run\n");
  return code;
}

// "model main.orders" or "model.shop.orders" -> " in model orders (models/orders.sql)", of the node that an error is
// of.
std::string dbt_place(const Error& error) {
  for (const auto& context : error.contexts()) {
    const size_t end = context.what.find_first_of(" .");
    const std::string type = context.what.substr(0, end);
    if (end == std::string::npos || (type != "model" && type != "snapshot" && type != "seed" && type != "test"))
      continue;
    const std::string name = context.what.substr(context.what.find_last_of(" .") + 1);
    const Span* span = context.span.known() ? &context.span : error.span() ? &*error.span() : nullptr;
    return " in " + type + " " + name + (span ? " (" + span->file + ")" : "");
  }
  return {};
}

// Some words of dbt that programs look for.
std::string in_dbts_words(std::string text) {
  for (const auto& [ours, theirs] : {std::pair("error: found two ", "error: dbt found two "),
                                     std::pair("error: found multiple ", "error: dbt found multiple "),
                                     std::pair("error: found a cycle", "error: Found a cycle")})
    if (text.starts_with(ours)) return theirs + text.substr(std::string_view(ours).size());
  return text;
}

// An error that ends the call, as dbt tells it.
int report_as_dbt(const Call& call, const std::vector<Error>& errors) {
  std::string text = "Encountered an error:";
  int code = exit_usage;
  for (const Error& error : errors) {
    text += "\n" + std::string(dbt_error_kind(error)) + dbt_place(error);
    for (const auto& line : split(in_dbts_words(std::string(trim(error_text(error, Style{})))), '\n'))
      text += "\n  " + line;
    code = exit_code_of(error);
  }
  tell_event(call, {"MainEncounteredError", "error", text, Json::object().set("exc", text)});
  return code;
}

int run_as_dbt(Call& call) {
  const auto begun = std::chrono::steady_clock::now();
  const int code = [&] {
    try {
      return call.verb.run(call);
    } catch (const ProjectErrors& errors) {
      return report_as_dbt(call, errors.errors());
    } catch (const Error& error) {
      return report_as_dbt(call, {error});
    }
  }();
  tell_end(call, code == exit_done, std::chrono::steady_clock::now() - begun);
  return code;
}

// Programs ask for it before they call dbt.
std::string version_text(const std::string& program) {
  std::string own = std::string("weir ") + WEIR_VERSION + "\n";
  if (program != "dbt") return own;
  return std::string("Core:\n  - installed: ") + dbt::dbt_version +
         "\n\nPlugins:\n  - duckdb: " + dbt::adapter_version + "\n\nanswered by " + own;
}

std::string program_name(const char* path) {
  const char* slash = std::strrchr(path, '/');
  return slash ? slash + 1 : path;
}

int run_call(const std::string& program, const std::vector<std::string>& arguments, const ErrorForm& form) {
  CommandLine line = parse_command_line(arguments, verbs(), program == "dbt");
  const Terminal terminal = Terminal::detect(form.color);
  const int columns = terminal.out_is_terminal ? std::min(screen_of(1).columns, 120) : 100;
  if (line.version) {
    print(stdout, version_text(program));
    return exit_done;
  }
  if (!line.verb) {
    print(line.help ? stdout : stderr, overview(verbs(), line.help ? terminal.out : terminal.error, columns));
    return line.help ? exit_done : exit_usage;
  }
  if (line.help) {
    print(stdout, verb_help(*line.verb, line.path, terminal.out, columns));
    return exit_done;
  }
  if (!line.verb->run)
    throw Error(ErrorCode::usage, "weir " + join(line.path, " ") + " needs a verb of its own",
                "`weir " + join(line.path, " ") + " --help` lists them");
  Call call{*line.verb, program, std::move(line.options), std::move(line.values), terminal, arguments};
  log_call(call);
  return is_dbt(call) ? run_as_dbt(call) : line.verb->run(call);
}

int complete_words(const std::vector<std::string>& words) {
  for (const auto& candidate : complete(words, verbs(), names_in_project)) print(stdout, candidate + "\n");
  return exit_done;
}

// What was printed must have arrived: a full disk behind a redirection is a failure.
int flushed(int exit_code) {
  if (std::fflush(stdout) == 0 && !std::ferror(stdout)) return exit_code;
  std::fputs("error: standard output could not be written\n", stderr);
  return exit_failed;
}

}  // namespace

int main(int argc, char** argv) {
  // Nothing else is touched for the version: it is asked by scripts, often.
  if (argc == 2 && std::strcmp(argv[1], "--version") == 0) {
    std::fputs(version_text(program_name(argv[0])).c_str(), stdout);
    return exit_done;
  }
  const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  if (argc > 0 && program_name(argv[0]) == "dbt") settle_dbt_variables();
  const ErrorForm form = form_of(arguments);
  try {
    if (!arguments.empty() && arguments[0] == "--complete")
      return complete_words({arguments.begin() + 1, arguments.end()});
    return flushed(run_call(argc > 0 ? program_name(argv[0]) : "weir", arguments, form));
  } catch (const ProjectErrors& errors) {
    return report_all(errors, form);
  } catch (const Error& error) {
    return report(error, form);
  } catch (const std::bad_alloc&) {
    return report(Error(ErrorCode::internal, "out of memory").with_blame(Blame::environment), form);
  } catch (const std::exception& other) {
    return report(Error(ErrorCode::internal, other.what()), form);
  }
}

}  // namespace weir::cli
