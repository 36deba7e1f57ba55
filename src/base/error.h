// The one exception type, and source positions.
//
// What is expected is a value (std::optional, std::variant); what breaks the caller's wish is an Error. It carries a
// stable code (see error_codes.def), who must act (blame), a message, a remedy (hint), a position in a user's file
// (span) and the contexts it passed through. Only cli/ turns an Error into text and an exit code.
#pragma once

#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

enum class Blame { user, environment, bug };

// One enumerator per line of error_codes.def, e.g. ErrorCode::head_lost.
enum class ErrorCode : int {
#define WEIR_ERROR(number, slug, blame, title, explanation) slug = number,
#include "base/error_codes.def"
#undef WEIR_ERROR
};

struct ErrorCodeInfo {
  ErrorCode code;
  std::string_view slug;  // "head-lost"
  Blame blame;
  std::string_view title;
  std::string_view explanation;
};
const ErrorCodeInfo& info(ErrorCode code);
const std::vector<ErrorCodeInfo>& all_error_codes();
// Finds by "WEIR-E0701", "E0701", "701" or the slug; nullptr if there is none.
const ErrorCodeInfo* find_error_code(std::string_view text);
std::string code_text(ErrorCode code);  // "WEIR-E0701"

// A place in a file the user wrote. Lines and columns are 1-based (columns in bytes); 0 = unknown.
struct Span {
  std::string file;
  int line = 0;
  int column = 0;
  int length = 0;         // bytes to underline; 0 = a single caret
  std::string line_text;  // the line itself, for the caret display; may be empty
  bool known() const { return !file.empty(); }
};

class Error : public std::exception {
 public:
  struct Context {
    std::string what;  // "macro cents", "model main.orders"
    Span span;         // optional
  };

  Error(ErrorCode code, std::string message);
  Error(ErrorCode code, std::string message, std::string hint);

  Error& with_span(Span span) &;
  Error&& with_span(Span span) &&;
  Error& with_hint(std::string hint) &;
  Error&& with_hint(std::string hint) &&;
  Error& with_blame(Blame blame) &;
  Error&& with_blame(Blame blame) &&;
  // Innermost first: each caller that knows something adds one.
  Error& add_context(std::string what, Span span = {}) &;
  Error&& add_context(std::string what, Span span = {}) &&;

  ErrorCode code() const { return code_; }
  Blame blame() const { return blame_; }
  const std::string& message() const { return message_; }
  const std::string& hint() const { return hint_; }
  const std::optional<Span>& span() const { return span_; }
  const std::vector<Context>& contexts() const { return contexts_; }
  // One line: "message [WEIR-E0701 head-lost]". For logs and tests.
  const char* what() const noexcept override { return what_.c_str(); }

 private:
  ErrorCode code_;
  Blame blame_;
  std::string message_, hint_, what_;
  std::optional<Span> span_;
  std::vector<Context> contexts_;
};

// For rules of our own that must hold: throws Error{internal} when `ok` is false.
void require(bool ok, std::string_view rule);

}  // namespace weir
