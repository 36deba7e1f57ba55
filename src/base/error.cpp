#include "base/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace weir {

namespace {

std::vector<ErrorCodeInfo> make_table() {
  std::vector<ErrorCodeInfo> table = {
#define WEIR_ERROR(number, slug, blame, title, explanation) \
  ErrorCodeInfo{ErrorCode::slug, #slug, Blame::blame, title, explanation},
#include "base/error_codes.def"
#undef WEIR_ERROR
  };
  static std::vector<std::string> slugs = [&] {
    std::vector<std::string> dashed;
    for (const auto& row : table) {
      dashed.emplace_back(row.slug);
      std::replace(dashed.back().begin(), dashed.back().end(), '_', '-');
    }
    return dashed;
  }();
  for (size_t i = 0; i < table.size(); ++i) table[i].slug = slugs[i];
  std::sort(table.begin(), table.end(), [](const auto& a, const auto& b) { return a.code < b.code; });
  return table;
}

}  // namespace

const std::vector<ErrorCodeInfo>& all_error_codes() {
  static const std::vector<ErrorCodeInfo> table = make_table();
  return table;
}

const ErrorCodeInfo& info(ErrorCode code) {
  for (const auto& row : all_error_codes())
    if (row.code == code) return row;
  return all_error_codes().front();
}

const ErrorCodeInfo* find_error_code(std::string_view text) {
  for (const auto& row : all_error_codes())
    if (row.slug == text) return &row;
  for (std::string_view prefix : {"WEIR-E", "weir-e", "E", "e"})
    if (text.substr(0, prefix.size()) == prefix) {
      text.remove_prefix(prefix.size());
      break;
    }
  int number = 0;
  auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc{} || end != text.data() + text.size()) return nullptr;
  for (const auto& row : all_error_codes())
    if (static_cast<int>(row.code) == number) return &row;
  return nullptr;
}

std::string code_text(ErrorCode code) { return fmt::format("WEIR-E{:04}", static_cast<int>(code)); }

Error::Error(ErrorCode code, std::string message) : Error(code, std::move(message), {}) {}

Error::Error(ErrorCode code, std::string message, std::string hint)
    : code_(code), blame_(info(code).blame), message_(valid_utf8(message)), hint_(valid_utf8(hint)) {
  what_ = fmt::format("{} [{} {}]", message_, code_text(code_), info(code_).slug);
}

Error& Error::with_span(Span span) & {
  span_ = std::move(span);
  return *this;
}
Error&& Error::with_span(Span span) && { return std::move(with_span(std::move(span))); }
Error& Error::with_hint(std::string hint) & {
  hint_ = std::move(hint);
  return *this;
}
Error&& Error::with_hint(std::string hint) && { return std::move(with_hint(std::move(hint))); }
Error& Error::with_blame(Blame blame) & {
  blame_ = blame;
  return *this;
}
Error&& Error::with_blame(Blame blame) && { return std::move(with_blame(blame)); }
Error& Error::add_context(std::string what, Span span) & {
  contexts_.push_back({std::move(what), std::move(span)});
  return *this;
}
Error&& Error::add_context(std::string what, Span span) && {
  return std::move(add_context(std::move(what), std::move(span)));
}

void require(bool ok, std::string_view rule) {
  if (!ok) throw Error(ErrorCode::internal, fmt::format("broken rule: {}", rule));
}

}  // namespace weir
