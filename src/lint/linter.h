// Judging and mending one file.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lint/config.h"
#include "lint/rule.h"
#include "lint/templated.h"

namespace weir::lint {

struct Violation {
  std::string code, name, text;
  size_t line = 1, column = 1;  // in the source; columns count characters
  size_t end_line = 1, end_column = 1;
  bool fixable = false;
  bool warning = false;
  size_t fix_hash = 0;  // to know the same one from another turn of a loop
};

// From the source to what a template makes of it, and, behind that, what it would make in branches not taken. An Error
// becomes the violation TMP.
using Reader = std::function<std::vector<TemplatedFile>(const std::string& source)>;

// The rules that `rules` and `exclude_rules` choose. What they name that is no rule is told in `unknown`.
std::vector<const Rule*> chosen_rules(const Config& config, std::vector<std::string>& unknown);
// All codes that a name, code, group or pattern stands for.
std::vector<std::string> codes_of(const std::string& reference);

class Linter {
 public:
  Linter(const Config& config, std::vector<const Rule*> rules)
      : config_(config), layout_(layout_of(config)), rules_(std::move(rules)) {}

  std::vector<Violation> lint(const std::string& source, const Reader& read) const;

  struct Fixed {
    std::vector<Violation> before;  // found in the first pass
    std::string source;             // equals the given one if nothing changed
    // Nothing was done because of that: the file, or its template, is not understood. Told in `before` too, unless the
    // options or a comment hide it.
    std::optional<Violation> obstacle = {};
  };
  Fixed fix(const std::string& source, const Reader& read) const;

 private:
  struct Pass;
  void fix_variant(Fixed& fixed, TemplatedFile file, size_t variant, const Reader& read) const;
  const Config& config_;
  Layout layout_;
  std::vector<const Rule*> rules_;
};

// Comments `-- noqa`.
class Ignores {
 public:
  Ignores(const Tree& tree, const Config& config, std::vector<Violation>& malformed);
  bool hides(const std::string& code, size_t line) const;
  std::vector<Violation> unused() const;

 private:
  struct Directive {
    size_t line = 0, column = 0;
    std::vector<std::string> codes = {};  // empty: all
    enum Action : uint8_t { line_only, disable, enable } action = line_only;
    std::string text = {};
    mutable bool used = false;
    bool names(const std::string& code) const;
  };
  void read(const Segment& comment, const Tree& tree, std::vector<Violation>& malformed);
  std::vector<Directive> directives_;
  bool off_ = false;
  std::vector<std::string> except_;
};

// The source with fixes made; nullopt if they contradict each other.
std::optional<std::string> apply_fixes(const Tree& tree, const std::vector<Finding>& findings);
// Takes away fixes that would change what templates wrote.
void discard_unsafe_fixes(const Tree& tree, Finding& finding);

}  // namespace weir::lint
