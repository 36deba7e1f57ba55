// A regular expression to look for in texts, of RE2's form: time grows with the text, and nothing recurses. Values are
// cheap to copy and may be used on several threads.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

namespace weir::tmpl {

class Regex {
 public:
  // nullopt if it is no pattern, and why in `problem`.
  static std::optional<Regex> compile(const std::string& pattern, std::string& problem);
  // Does the text match, or a part of it?
  bool is_in(std::string_view text) const;

 private:
  explicit Regex(std::shared_ptr<const re2::RE2> compiled) : compiled_(std::move(compiled)) {}
  std::shared_ptr<const re2::RE2> compiled_;
};

}  // namespace weir::tmpl
