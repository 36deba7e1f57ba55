// Actions to and from the lines of a commit file. Reading is strict: an action of a wrong shape, two actions in one
// line, or a value of the wrong kind is Error{bad_log} with table, file and line; so are two actions in one commit that
// would reconcile with each other. Unknown actions (alone or beside a known one) and unknown fields are ignored, as the
// protocol says. Blank lines are allowed.
//
// A metaData action whose schemaString is missing or not understood is read with an empty Metadata::schema: whether
// that matters is decided by who opens the table at that version (an unknown type may belong to a feature that is
// refused by name).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lake/action.h"

namespace weir::lake {

// `file` is what messages call the text: the URI or key of the commit.
std::vector<Action> parse_commit(std::string_view text, const std::string& file);
// A V2 checkpoint that is kept as JSON: like a commit, but of one file several removes may be remembered.
struct CheckpointLines {
  std::vector<Action> actions;
  std::vector<Sidecar> sidecars;
};
CheckpointLines parse_checkpoint(std::string_view text, const std::string& file);
std::string to_json_line(const Action& action);  // without the newline
Json to_json(const Action& action);              // {"add":{…}}
// Exactly one action; a line of an unknown action is Error{bad_log} here.
Action action_from_json(const Json& line, const std::string& place);
std::string write_commit(const std::vector<Action>& actions);  // lines, each ended by '\n'

}  // namespace weir::lake
