#include "run/recorded_session.h"

#include "base/text.h"

namespace weir::run {

std::string RecordedSession::statements_text(const std::vector<std::string>& statements) {
  std::vector<std::string> texts;
  for (const std::string& statement : statements)
    if (const std::string_view text = trim(statement); !text.empty()) texts.emplace_back(text);
  return join(texts, ";\n\n");
}

// Noted before it runs: what failed was run too.
void RecordedSession::note(std::string_view sql) {
  if (!lower(std::string(trim(sql).substr(0, 6))).starts_with("select")) statements_.emplace_back(sql);
}

engine::Rows RecordedSession::query(std::string_view sql) {
  note(sql);
  return session_.query(sql);
}

engine::Rows RecordedSession::query_own(std::string_view sql) {
  note(sql);
  return session_.query_own(sql);
}

void RecordedSession::execute(std::string_view sql) {
  note(sql);
  session_.execute(sql);
}

}  // namespace weir::run
