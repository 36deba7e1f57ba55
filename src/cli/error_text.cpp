#include "cli/error_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/file.h"
#include "base/text.h"
#include "cli/exit_code.h"
#include "cli/text_width.h"

namespace weir::cli {

namespace {

constexpr size_t longest_line = 160;  // bytes of a source line that are shown

std::string place(const Span& span) {
  std::string text = span.file;
  if (span.line > 0) text += fmt::format(":{}", span.line);
  if (span.line > 0 && span.column > 0) text += fmt::format(":{}", span.column);
  return text;
}

std::string line_of(const Span& span) {
  if (!span.line_text.empty() || span.line <= 0) return span.line_text;
  try {
    const auto content = read_file_if_exists(span.file);
    if (!content || content->size() > (16u << 20)) return {};
    const auto lines = split(*content, '\n');
    const auto index = static_cast<size_t>(span.line - 1);
    return index < lines.size() ? lines[index] : std::string();
  } catch (const Error&) {
    return {};  // the place is still named; the line is a help only
  }
}

// The part of a long line around the column, and what was cut before it.
std::string_view window(std::string_view line, size_t column, size_t& removed) {
  removed = 0;
  if (line.size() <= longest_line) return line;
  if (column > longest_line / 2) removed = column - longest_line / 2;
  while (removed < line.size() && (static_cast<uint8_t>(line[removed]) & 0xC0) == 0x80) ++removed;
  return line.substr(removed, longest_line);
}

std::string contexts_text(const Error& error, const Style& style) {
  std::string line;
  std::string last;  // a node is named once, whoever named it
  for (const auto& context : error.contexts()) {
    if (context.span.known() && std::exchange(last, place(context.span)) == place(context.span)) continue;
    const bool how = context.what.starts_with("given by");  // "--threads", an environment variable
    line += line.empty() ? (how ? "  " : "  from ") : ", in ";
    line += context.what;
    if (context.span.known()) line += " (" + place(context.span) + ")";
  }
  return line.empty() ? line : style.dim(line) + "\n";
}

std::string indented(std::string_view text) {
  std::string result;
  for (const auto& line : split(trim(text), '\n')) result += (result.empty() ? "  hint: " : "        ") + line + "\n";
  return result;
}

}  // namespace

std::string span_text(const Span& span, const Style& style) {
  if (!span.known()) return {};
  std::string text = "  " + style.cyan(place(span)) + "\n";
  const std::string line = line_of(span);
  if (line.empty() || span.line <= 0) return text;
  const auto column = static_cast<size_t>(std::max(span.column, 1) - 1);
  size_t removed = 0;
  const std::string_view shown = window(line, column, removed);
  const std::string number = std::to_string(span.line);
  const std::string gutter(number.size() + 3, ' ');
  text += "   " + style.dim(number + " |") + "  " + visible(shown) + "\n";
  if (span.column <= 0 || column < removed || column - removed > shown.size()) return text;
  const size_t start = column - removed;
  const auto wanted = static_cast<size_t>(std::max(span.length, 1));
  const std::string_view marked = shown.substr(start, std::min(wanted, shown.size() - start));
  const size_t before = text_width(visible(shown.substr(0, start)));
  const size_t width = std::max<size_t>(text_width(visible(marked)), 1);
  text += gutter + style.dim(" |") + "  " + std::string(before, ' ') + style.red(std::string(width, '^')) + "\n";
  return text;
}

std::string error_text(const Error& error, const Style& style) {
  const std::string code = fmt::format("[{} {}]", code_text(error.code()), info(error.code()).slug);
  const size_t first_end = error.message().find('\n');
  std::string text =
      style.red("error:") + " " + style.bold(error.message().substr(0, first_end)) + "   " + style.dim(code) + "\n";
  if (first_end != std::string::npos) text += error.message().substr(first_end + 1) + "\n";
  if (error.span()) text += span_text(*error.span(), style);
  text += contexts_text(error, style);
  if (!error.hint().empty()) text += indented(error.hint());
  return text;
}

Json error_json(const Error& error) {
  Json fields = Json::object();
  fields.set("code", code_text(error.code()));
  fields.set("slug", info(error.code()).slug);
  fields.set("message", error.message());
  if (!error.hint().empty()) fields.set("hint", error.hint());
  if (error.span() && error.span()->known()) {
    fields.set("file", error.span()->file);
    fields.set("line", error.span()->line);
    fields.set("column", error.span()->column);
  }
  Json contexts = Json::array();
  for (const auto& context : error.contexts()) contexts.push_back(context.what);
  if (contexts.size() > 0) fields.set("context", contexts);
  return Json::object().set("error", fields);
}

}  // namespace weir::cli
