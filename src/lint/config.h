// What a file is judged by: sqlfluff's options with its defaults, from `.sqlfluff`, `setup.cfg`, `tox.ini`,
// `pep8.ini` and `pyproject.toml` of the file's folder and those above it, and from `-- sqlfluff:` lines in the file.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lint/segment.h"
#include "lint/tree.h"

namespace weir::lint {

// Sections: "core" ([sqlfluff]), "indentation", "rules", "rules:layout.long_lines", "layout:type:comma",
// "templater:jinja:context". A value "None" is as good as none.
class Config {
 public:
  Config();  // the defaults

  void set(const std::string& section, const std::string& key, std::string value) {
    sections_[section][key] = std::move(value);
  }
  std::string text(const std::string& section, const std::string& key) const;  // "" if it is not there or None
  bool flag(const std::string& section, const std::string& key) const;
  int number(const std::string& section, const std::string& key, int otherwise = 0) const;
  std::vector<std::string> list(const std::string& section, const std::string& key) const;
  // An option of a rule: of its own section, else of [sqlfluff:rules].
  std::string rule_text(std::string_view rule, const std::string& key) const;
  bool rule_flag(std::string_view rule, const std::string& key) const;
  int rule_number(std::string_view rule, const std::string& key, int otherwise) const;
  std::vector<std::string> rule_list(std::string_view rule, const std::string& key) const;
  const std::map<std::string, std::map<std::string, std::string>>& sections() const { return sections_; }

  // As if a file said it.
  void put(const std::string& section, const std::string& key, std::string value) {
    take(section, key, std::move(value), "", 0);
  }

  // Reads a file's text of the INI form or pyproject.toml; `label` is for messages. Options that do not exist are told
  // in `warnings`, wrong values are Error{bad_lint_config}.
  void read_ini(std::string_view text, const std::string& label);
  void read_toml(std::string_view text, const std::string& label);
  // Lines `-- sqlfluff:rules:capitalisation.keywords:capitalisation_policy:upper`.
  void read_directives(std::string_view source, const std::string& label);
  // All files of one folder, if it has some.
  void read_folder(const std::filesystem::path& folder);
  std::vector<std::string> warnings;

  TreeOptions tree_options() const;

 private:
  void take(const std::string& section, const std::string& key, std::string value, const std::string& label, int line);
  std::map<std::string, std::map<std::string, std::string>> sections_;
};

// The options of a file in that folder: of the user's own configuration, of the folders from the working folder down.
Config config_for(const std::filesystem::path& folder, const std::filesystem::path& working_folder);

// ---- layout

struct Spacing {
  enum What : uint8_t { unset, single, touch, any, align } what = unset;
  bool on_line = false;  // ":inline": no line break either
  K aligned = K::none, within = K::none, scope = K::none;
  std::string space = {};  // of positions: "source", "templated" or ""
};

struct LinePosition {
  enum What : uint8_t { unset, leading, trailing, alone, none } what = unset;
  bool strict = false, attached = false;
  std::string text = {};
};

struct KindLayout {
  Spacing before, after, within;
  LinePosition line, keyword_line;
  std::vector<K> keyword_exclusions;
};

struct Layout {
  std::vector<KindLayout> kinds;  // by kind, what its parents have included
  int tab_space_size = 4, max_line_length = 80;
  std::string indent_unit = "space", implicit_indents = "forbid", trailing_comments = "before",
              list_wrapping = "one_per_line";
  std::vector<K> skip_indentation_in, skip_implicit_indents_in;
  bool ignore_comment_lines = false;

  const KindLayout& of(K kind) const { return kinds[static_cast<size_t>(kind)]; }
  std::string one_indent() const {
    return indent_unit == "tab" ? "\t" : std::string(static_cast<size_t>(tab_space_size), ' ');
  }
};

Layout layout_of(const Config& config);

}  // namespace weir::lint
