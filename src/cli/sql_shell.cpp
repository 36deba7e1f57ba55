#include "cli/sql_shell.h"

#include <cstdio>
#include <cstdlib>

#include "base/text.h"
#include "cli/error_text.h"
#include "cli/exit_code.h"
#include "cli/interrupts.h"
#include "cli/line_editor.h"
#include "cli/statements.h"
#include "lake/snapshot.h"

namespace weir::cli {

namespace {

const std::vector<std::string>& keywords() {
  static const std::vector<std::string> words = {
      "select",     "from",   "where",       "group by", "order by",    "having",    "limit",    "join",  "left join",
      "inner join", "on",     "using",       "union",    "with",        "as",        "distinct", "count", "sum",
      "avg",        "min",    "max",         "between",  "case",        "when",      "then",     "else",  "end",
      "and",        "or",     "not",         "is null",  "describe",    "summarize", "show",     "at",    "version",
      "timestamp",  "values", "insert into", "update",   "delete from", "explain"};
  return words;
}

constexpr const char* help =
    ".tables           tables of the lake\n"
    ".schema TABLE     its columns\n"
    ".output FORM      table, csv, json, ndjson or markdown\n"
    ".help             this text\n"
    ".quit             leave (or Ctrl-D)\n"
    "A statement ends with ';'. Time travel: select * from raw.orders at (version => 3)\n";

std::filesystem::path history_file() {
  if (const char* state = std::getenv("XDG_STATE_HOME"); state && *state)
    return std::filesystem::path(state) / "weir/sql_history";
  if (const char* home = std::getenv("HOME"); home && *home)
    return std::filesystem::path(home) / ".local/state/weir/sql_history";
  return {};
}

class Shell {
 public:
  Shell(const Call& call, Workspace& workspace, SqlRunner& runner)
      : call_(call),
        workspace_(workspace),
        runner_(runner),
        editor_(history_file(), [this](const auto& line, const auto& word) { return candidates(line, word); }) {}

  int loop() {
    std::string pending, line;
    for (;;) {
      const auto outcome = editor_.read(pending.empty() ? "weir> " : "  ... ", line);
      if (outcome == LineEditor::Outcome::end) {
        std::fputs("\n", stderr);
        return exit_done;
      }
      if (outcome == LineEditor::Outcome::interrupted) {
        std::fputs("^C\n", stderr);
        pending.clear();
        continue;
      }
      if (pending.empty() && !trim(line).empty() && trim(line).front() == '.') {
        editor_.remember(line);
        if (!command(std::string(trim(line)))) return exit_done;
        continue;
      }
      pending += (pending.empty() ? "" : "\n") + line;
      pending = run_complete(pending);
    }
  }

 private:
  std::string run_complete(const std::string& text) {
    const Statements statements = split_statements(text);
    for (const auto& statement : statements.complete) {
      editor_.remember(statement.text + ";");
      guarded([&] { runner_.run(statement.text); });
    }
    return statements.rest_is_blank ? std::string() : statements.rest;
  }

  void guarded(const std::function<void()>& work) {
    CancelToken cancel;
    const Interrupts interrupts(cancel, [this] { runner_.session().cancel(); });
    try {
      work();
    } catch (const Error& error) {
      std::fflush(stdout);
      std::fputs(error_text(error, call_.terminal.error).c_str(), stderr);
    }
    std::fflush(stdout);
  }

  // False: leave.
  bool command(const std::string& line) {
    const auto words = split(line, ' ');
    const std::string rest(trim(std::string_view(line).substr(words[0].size())));
    if (words[0] == ".quit" || words[0] == ".exit") return false;
    if (words[0] == ".help")
      std::fputs(help, stderr);
    else if (words[0] == ".tables")
      guarded([&] { list_tables(); });
    else if (words[0] == ".schema" && !rest.empty())
      guarded([&] { runner_.run("describe " + rest); });
    else if (words[0] == ".output" &&
             (rest == "table" || rest == "csv" || rest == "json" || rest == "ndjson" || rest == "markdown"))
      runner_.set_output(rest);
    else
      std::fputs("not understood; .help lists what is\n", stderr);
    return true;
  }

  void list_tables() {
    for (const auto& name : names()) std::fputs((name + "\n").c_str(), stdout);
  }

  std::vector<std::string> names() {
    std::vector<std::string> result;
    const auto lake = workspace_.lake();
    for (const auto& schema : lake->schemas())
      for (const auto& table : lake->tables(schema)) result.push_back(schema + "." + table);
    for (const auto& [name, view] : lake->catalog().views) result.push_back(name);
    return result;
  }

  std::vector<std::string> candidates(const std::string& line, const std::string& word) {
    std::vector<std::string> found;
    if (word.empty()) return found;
    const auto add = [&](const std::string& candidate) {
      if (lower(candidate).rfind(lower(word), 0) == 0) found.push_back(candidate);
    };
    if (word[0] == '.') {
      for (const auto* name : {".tables", ".schema", ".output", ".help", ".quit"}) add(name);
      return found;
    }
    try {
      for (const auto& name : names()) {
        add(name);
        if (line.find(name) != std::string::npos && found.empty()) add_columns(name, add);
      }
    } catch (const std::exception&) {
      // completing is a help: the statement itself will say what is wrong
    }
    if (found.empty())
      for (const auto& keyword : keywords()) add(keyword);
    return found;
  }

  // Columns of a table that stands in the line already.
  void add_columns(const std::string& name, const std::function<void(const std::string&)>& add) {
    const auto location = workspace_.lake()->location(workspace_.table_name(name));
    const auto snapshot = lake::Snapshot::open_if_exists(location, workspace_.engine().parquet());
    if (!snapshot) return;
    for (const auto& field : snapshot->metadata().schema.fields) add(field.name);
  }

  const Call& call_;
  Workspace& workspace_;
  SqlRunner& runner_;
  LineEditor editor_;
};

}  // namespace

int sql_shell(const Call& call, Workspace& workspace, SqlRunner& runner) {
  if (!call.quiet()) {
    const std::string text = "weir " WEIR_VERSION ", " + workspace.engine().version() + ", lake " +
                             workspace.lake()->uri() + "\n.help for help, Ctrl-D to leave\n";
    std::fputs(call.terminal.error.dim(text).c_str(), stderr);
  }
  return Shell(call, workspace, runner).loop();
}

}  // namespace weir::cli
