#include "cli/sql_runner.h"

#include <fmt/format.h>

#include <cstdio>

#include "base/ids.h"
#include "base/text.h"
#include "cli/say.h"
#include "cli/statements.h"

namespace weir::cli {

namespace {

// Rolls back unless the transaction was ended: also when an Error passes.
class Ending {
 public:
  explicit Ending(engine::Session& session) : session_(session) {}
  ~Ending() {
    if (session_.in_transaction()) session_.rollback();
  }
  Ending(const Ending&) = delete;
  Ending& operator=(const Ending&) = delete;

 private:
  engine::Session& session_;
};

// A mistake shows its place in the query as it was typed.
QueryOutput written(engine::Session& session, const std::string& statement, TableWriter& writer,
                    std::optional<int64_t> limit) {
  try {
    return write_query(session, statement, writer, limit);
  } catch (Error& error) {
    if (!error.span() || error.span()->known()) throw;
    Span span = *error.span();
    span.file = "query";
    error.with_span(span);
    throw;
  }
}

}  // namespace

SqlRunner::SqlRunner(const Call& call, Workspace& workspace, bool write, std::optional<int64_t> limit,
                     CancelToken cancel)
    : call_(call), form_(table_form(call)), write_(write), limit_(limit) {
  session_ = workspace.engine().session(workspace.lake(), std::move(cancel));
  form_.types = call.terminal.out_is_terminal;
}

void SqlRunner::note(const std::string& text) const { say(call_, call_.terminal.error.dim(text)); }

void SqlRunner::run(const std::string& statement) {
  if (!write_ && kind_of(statement) == StatementKind::change)
    throw Error(ErrorCode::sql_read_only, "`weir sql` only reads unless it is told otherwise",
                "add --write; such a commit counts as made by another engine (see on_foreign_change)");
  const bool on_screen = form_.output == "table" || form_.output == "markdown";
  const auto limit = limit_ ? limit_ : on_screen ? std::optional(rows_on_screen) : std::nullopt;
  session_->begin(uuid_v4());
  const Ending ending(*session_);
  const auto writer = table_writer(form_, stdout);
  const QueryOutput output = written(*session_, statement, *writer, limit && *limit == 0 ? std::nullopt : limit);
  if (output.cut)
    note(fmt::format("the first {} rows; --limit N shows more, --limit 0 all",
                     human_count(static_cast<uint64_t>(output.rows))));
  if (write_) commit(output.changed);
}

void SqlRunner::commit(int64_t changed) {
  const lake::Staged staged = session_->staged();
  const auto outcomes = session_->commit();
  for (size_t i = 0; i < outcomes.size() && i < staged.tables.size(); ++i) {
    const std::string name = staged.tables[i].name.text();
    if (const auto* done = std::get_if<lake::Committed>(&outcomes[i])) {
      note(fmt::format("{} v{} committed, {} row{} changed", name, done->version,
                       human_count(static_cast<uint64_t>(changed)), changed == 1 ? "" : "s"));
    } else if (const auto* conflict = std::get_if<lake::Conflict>(&outcomes[i])) {
      throw Error(ErrorCode::superseded,
                  fmt::format("{}: another commit (v{}) won: {}", name, conflict->version, conflict->why),
                  "nothing was changed; run the statement again");
    } else {
      throw Error(ErrorCode::store_unknown, fmt::format("{}: the store did not say whether the commit arrived", name),
                  fmt::format("`weir table history {}` shows it; run the statement again if it is not there", name));
    }
  }
  for (const auto& problem : session_->commit_notes()) note("note: " + problem);
  for (const auto& view : staged.views)
    note((view.entry ? std::string() : "dropped ") + (view.function ? "function " : "view ") + view.name.text());
}

}  // namespace weir::cli
