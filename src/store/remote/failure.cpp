#include "store/remote/failure.h"

#include "base/text.h"

namespace weir::store::remote {

std::string complaint_text(int status, const std::string& code, const std::string& message) {
  std::string text = std::to_string(status);
  if (!code.empty()) text += " " + valid_utf8(code);
  if (!message.empty()) text += " (" + valid_utf8(message) + ")";
  return text;
}

void throw_failure(std::string_view verb, const std::string& uri, const http::Outcome& outcome, const Failure& failure,
                   bool is_put) {
  std::string why = outcome.last.kind == http::Attempt::Kind::answered ? failure.why : outcome.last.cause;
  if (outcome.attempts > 1) why += ", after " + std::to_string(outcome.attempts) + " attempts";
  if (is_put && outcome.doubtful())
    throw Error(ErrorCode::store_unknown, "it is not known whether " + uri + " was written: " + why, failure.hint);
  throw Error(failure.code, "cannot " + std::string(verb) + " " + uri + ": " + why, failure.hint);
}

}  // namespace weir::store::remote
