// A verb of the command line: one file each in verbs/, declared as data. Parser, help, completion, the reference page
// and "did you mean" all come from these declarations.
#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/options.h"
#include "cli/terminal.h"

namespace weir::cli {

// What a value names, for completion.
enum class Completes { nothing, asset, table, file, folder, error_code, run };

// One option of a verb. A boolean is a switch and takes no value; a text_list takes all values up to the next option,
// as in dbt, and may be repeated.
struct Flag {
  OptionSpec spec;          // name as typed, without dashes: "full-refresh"
  char letter = 0;          // 'f' for -f; 0 = none
  std::string value_name;   // in the help: "NAME"; "" for a switch
  std::string environment;  // variable that sets it; "" = none
  Completes completes = Completes::nothing;
  bool hidden = false;  // understood, but not in the help
};

struct Argument {
  std::string name;  // in the help: "TABLE"
  std::string doc;
  bool required = false, repeated = false;
  Completes completes = Completes::nothing;
};

struct Call {
  const struct Verb& verb;
  std::string program;  // name it was called by: "weir" or "dbt"
  Options options;      // all flags of the verb and the common ones, with the origin of each value
  std::vector<std::string> arguments;
  Terminal terminal;
  std::vector<std::string> words;               // the command line as typed, for the record of the run
  std::shared_ptr<class DbtLog> log = nullptr;  // under dbt's name: where its events go (cli/dbt_log.h)

  bool quiet() const { return options.boolean("quiet"); }
  bool json_log() const { return options.text("log-format") == "json"; }
  bool declares(std::string_view option) const;  // does the verb have it?
  // A switch that the verb may have, as given by --NAME, --no-NAME or the environment.
  bool is_on(const std::string& name) const;
  std::string argument(size_t index) const { return index < arguments.size() ? arguments[index] : std::string(); }
};

struct Verb {
  std::string name;         // "build"; of a verb below another: "history"
  std::string group;        // heading in the overview; "" for a verb below another
  std::string summary;      // one line, no full stop
  std::string detail;       // paragraphs for its help; may be empty
  std::vector<Flag> flags;  // besides the common ones
  std::vector<Argument> arguments;
  int (*run)(Call&) = nullptr;  // returns the exit code; throws Error. nullptr: only the verbs below it do something
  std::vector<Verb> verbs;      // "table" has "ls", "show", ...
  std::string default_verb;     // the one below that runs when none is named; "" = none
  bool in_dbt = false;          // dbt has it too, with this meaning
};

// All verbs, in the order of the overview.
const std::vector<Verb>& verbs();
// Flags that every verb has.
const std::vector<Flag>& common_flags();

}  // namespace weir::cli
