// weir explain: what an error means and what to do about it.
#include <algorithm>
#include <cstdio>

#include "base/error.h"
#include "base/text.h"
#include "cli/exit_code.h"
#include "cli/text_width.h"
#include "cli/verb.h"

namespace weir::cli {

namespace {

std::string folded(std::string_view text, size_t columns) {
  std::string result, line;
  for (const auto& word : split(text, ' ')) {
    if (!line.empty() && text_width(line) + 1 + text_width(word) > columns) {
      result += line + "\n";
      line.clear();
    }
    if (!line.empty()) line += ' ';
    line += word;
  }
  return result + line + "\n";
}

void print_row(const ErrorCodeInfo& row, const Style& style) {
  const std::string head = code_text(row.code) + " " + std::string(row.slug);
  std::fputs((style.bold(head) + ": " + std::string(row.title) + "\n\n").c_str(), stdout);
  std::fputs(folded(row.explanation, 96).c_str(), stdout);
}

int list_all(const Call& call) {
  size_t widest = 0;
  for (const auto& row : all_error_codes()) widest = std::max(widest, row.slug.size());
  for (const auto& row : all_error_codes()) {
    const std::string line = call.terminal.out.bold(code_text(row.code)) + "  " + pad_right(row.slug, widest) + "  " +
                             std::string(row.title) + "\n";
    std::fputs(line.c_str(), stdout);
  }
  return exit_done;
}

int run_explain(Call& call) {
  if (call.arguments.empty()) return list_all(call);
  const std::string wanted = call.argument(0);
  if (const auto* row = find_error_code(wanted)) {
    print_row(*row, call.terminal.out);
    return exit_done;
  }
  std::vector<std::string> known;
  for (const auto& row : all_error_codes()) {
    known.emplace_back(row.slug);
    known.push_back(code_text(row.code));
  }
  throw Error(ErrorCode::usage, "there is no error \"" + wanted + "\"" + did_you_mean(wanted, known),
              "`weir explain` lists all of them");
}

}  // namespace

Verb explain_verb() {
  Verb verb;
  verb.name = "explain";
  verb.group = "Help";
  verb.summary = "what an error code means and what to do about it";
  verb.detail = "Takes a code such as WEIR-E0701 (or only 701) or its name such as head-lost. Without one, lists all.";
  verb.arguments = {{"CODE", "code or name of an error", false, false, Completes::error_code}};
  verb.run = run_explain;
  return verb;
}

}  // namespace weir::cli
