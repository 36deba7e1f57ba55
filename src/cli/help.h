// Help texts and the reference page, from the verbs' declarations.
#pragma once

#include <string>
#include <vector>

#include "cli/terminal.h"
#include "cli/verb.h"

namespace weir::cli {

std::string overview(const std::vector<Verb>& table, const Style& style, int columns);
// `path` is {"table", "history"}; columns: width to fold texts to.
std::string verb_help(const Verb& verb, const std::vector<std::string>& path, const Style& style, int columns);
// docs/cli.md: every verb with usage, arguments and options.
std::string reference_markdown(const std::vector<Verb>& table);

}  // namespace weir::cli
