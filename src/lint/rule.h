// A rule looks at a tree and tells what it finds, with fixes where it knows some. Codes, names, groups, options and
// meaning are sqlfluff's (docs.sqlfluff.com, Rules Reference).
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lint/config.h"
#include "lint/segment.h"
#include "lint/tree.h"

namespace weir::lint {

struct Fix {
  enum Edit : uint8_t { remove, replace, before, after, source } edit = remove;
  Segment* anchor = nullptr;
  Segments with = {};          // what comes: made for it, or there already, and then moved or copied
  Segments from = {};          // segments whose text the new one repeats: it must not be a template's
  size_t start = 0, stop = 0;  // of `source`: bytes of the source that `text` replaces
  std::string text = {};
};

struct Finding {
  Segment* anchor = nullptr;
  std::vector<Fix> fixes = {};
  std::string text = {};  // "" = the rule's description
};

class RuleRun {
 public:
  RuleRun(Tree& tree, const Config& config, const Layout& layout, std::string_view rule)
      : tree(tree), config(config), layout(layout), rule_(rule) {}

  Tree& tree;
  const Config& config;
  const Layout& layout;
  std::vector<Finding> found;

  bool duckdb() const { return tree.dialect == Dialect::duckdb; }
  std::string text(const std::string& option) const { return config.rule_text(rule_, option); }
  bool flag(const std::string& option) const { return config.rule_flag(rule_, option); }
  int number(const std::string& option, int otherwise = 0) const {
    return config.rule_number(rule_, option, otherwise);
  }
  std::vector<std::string> list(const std::string& option) const { return config.rule_list(rule_, option); }

  Finding& find(Segment* anchor, std::string text = {}, std::vector<Fix> fixes = {}) {
    found.push_back({anchor, std::move(fixes), std::move(text)});
    return found.back();
  }
  void add(std::vector<Finding> findings) {
    for (auto& each : findings) found.push_back(std::move(each));
  }
  // All segments of these kinds, outermost first; with `nested` false not below those.
  Segments all(std::initializer_list<K> kinds, bool nested = true) const {
    return crawl(*tree.root, kinds, {{K::unparsable}, nested});
  }

 private:
  std::string_view rule_;
};

struct Rule {
  std::string_view code, name;
  std::vector<std::string_view> aliases;
  std::vector<std::string_view> groups;
  std::string_view description;
  bool fixable = false;
  bool late = false;               // runs when the others have nothing more to fix
  bool targets_templated = false;  // judges what templates wrote too
  bool template_safe = false;      // its fixes never touch what templates wrote
  void (*run)(RuleRun&) = nullptr;
};

const std::vector<Rule>& rules();  // by code
// Options of its own, with their defaults.
std::map<std::string, std::string> options_of(const Rule& rule);

// Python's repr of a text, as sqlfluff's messages show it.
std::string repr(std::string_view text);
inline Fix fix_remove(Segment* anchor) { return {Fix::remove, anchor}; }
inline Fix fix_replace(Segment* anchor, Segments with, Segments from = {}) {
  return {Fix::replace, anchor, std::move(with), std::move(from)};
}
inline Fix fix_before(Segment* anchor, Segments with, Segments from = {}) {
  return {Fix::before, anchor, std::move(with), std::move(from)};
}
inline Fix fix_after(Segment* anchor, Segments with, Segments from = {}) {
  return {Fix::after, anchor, std::move(with), std::move(from)};
}

}  // namespace weir::lint
