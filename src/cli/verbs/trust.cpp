// weir trust: what a project may do beyond SQL and Jinja, shown, confirmed and remembered.
#include "cli/trust.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>

#include "base/text.h"
#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/print.h"
#include "cli/say.h"

namespace weir::cli {

namespace {

std::string place_text(const Span& span) {
  return span.line > 0 ? span.file + ":" + std::to_string(span.line) : span.file;
}

// file:line  kind  text, those that are new marked.
void print_list(const TrustQuestion& question, const Style& style) {
  size_t place = 0, kind = 0;
  for (const project::ForeignCode& code : question.all) {
    place = std::max(place, place_text(code.span).size());
    kind = std::max(kind, code.kind.size());
  }
  for (const project::ForeignCode& code : question.all) {
    const auto same = [&](const project::ForeignCode& other) { return other.digest == code.digest; };
    const bool open = std::any_of(question.open.begin(), question.open.end(), same);
    const std::string at = place_text(code.span);
    std::string line = std::string(open ? "  " : std::string(style.tick()) + " ") + at +
                       std::string(place - at.size() + 2, ' ') + code.kind;
    if (!code.text.empty()) line += std::string(kind - code.kind.size() + 2, ' ') + code.text;
    print(stdout, line + "\n");
  }
}

bool trust_confirmed() {
  std::fputs("Trust it? [y/N] ", stderr);
  std::fflush(stderr);
  char answer[64] = {};
  return std::fgets(answer, sizeof answer, stdin) != nullptr && (answer[0] == 'y' || answer[0] == 'Y');
}

int list_trusted() {
  const TrustStore store = TrustStore::open();
  for (const TrustedFolder& known : store.folders()) print(stdout, known.folder + "  since " + known.since + "\n");
  return exit_done;
}

int run_trust(Call& call) {
  if (call.options.boolean("list")) return list_trusted();
  Workspace workspace(call);
  TrustStore store = TrustStore::open();
  const std::string folder = trusted_name(workspace);
  if (call.options.boolean("revoke")) {
    say(call, store.forget(folder) ? "forgotten: " + folder : "nothing was remembered of " + folder);
    return exit_done;
  }
  const TrustQuestion question = trust_question(call, workspace);
  print_list(question, call.terminal.out);
  if (question.all.empty()) say(call, "there is no code outside of SQL and Jinja, and no file outside of the project");
  if (question.open.empty() && store.find(folder)) {
    say(call, "trusted: nothing has changed since");
    return exit_done;
  }
  const bool yes = call.options.boolean("yes");
  if (!yes && question.all.empty()) return exit_done;
  const bool asks = !yes && isatty(STDIN_FILENO) != 0 && call.terminal.error_is_terminal;
  if (!yes && !(asks && trust_confirmed())) {
    say(call, asks ? "nothing was remembered" : "nothing was remembered: weir trust --yes confirms it");
    return exit_failed;
  }
  store = TrustStore::open();  // another may have written it while the question stood
  store.remember(folder, question.all, workspace.clock().now_ms());
  say(call, "trusted: " + folder);
  return exit_done;
}

}  // namespace

Verb trust_verb() {
  Verb verb;
  verb.name = "trust";
  verb.group = "Run";
  verb.summary = "show what a project does beyond SQL and Jinja, and allow it";
  verb.detail =
      "Python models, LOAD, INSTALL, ATTACH, COPY TO and the like in models, hooks and macros, and files outside of "
      "the "
      "project's folder can do on this machine what you can do: no build runs them before they were confirmed here. It "
      "is remembered in the user's configuration, by folder and content; what is changed or new asks again.";
  verb.flags = together({project_flags(),
                         {switch_flag("yes", 'y', "confirm without a question"),
                          switch_flag("revoke", 0, "forget what was confirmed for this project"),
                          switch_flag("list", 0, "the folders that are trusted")}});
  verb.run = run_trust;
  return verb;
}

}  // namespace weir::cli
