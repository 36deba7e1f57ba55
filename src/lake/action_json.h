// Actions to and from the lines of a commit file. Reading is strict: an action of a wrong shape, two members in one line, or
// a value of the wrong kind is Error{bad_log} with table, file and line; unknown actions and unknown fields are ignored, as
// the protocol says. Blank lines are allowed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lake/action.h"

namespace weir::lake {

std::vector<Action> parse_commit(std::string_view text, const std::string& file);
std::string to_json_line(const Action& action);  // without the newline
Json to_json(const Action& action);              // {"add":{…}}
Action action_from_json(const Json& line, const std::string& place);
std::string write_commit(const std::vector<Action>& actions);  // lines, each ended by '\n'

}  // namespace weir::lake
