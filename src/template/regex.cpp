#include "template/regex.h"

#include <re2/re2.h>

namespace weir::tmpl {

std::optional<Regex> Regex::compile(const std::string& pattern, std::string& problem) {
  auto compiled = std::make_shared<const re2::RE2>(pattern, re2::RE2::Quiet);
  if (compiled->ok()) return Regex(std::move(compiled));
  problem = compiled->error();
  return std::nullopt;
}

bool Regex::is_in(std::string_view text) const {
  return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *compiled_);
}

}  // namespace weir::tmpl
