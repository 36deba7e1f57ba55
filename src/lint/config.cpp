#include "lint/config.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "lint/config_defaults.h"
#include "lint/source_form.h"
#include "lint/toml.h"

namespace weir::lint {

namespace {

bool is_none(std::string_view value) { return value.empty() || iequals(value, "none"); }

std::vector<std::string> comma_list(std::string_view text) {
  std::vector<std::string> parts;
  for (const std::string& line : split(text, '\n'))
    for (const std::string& part : split(line, ','))
      if (const auto word = trim(part); !word.empty()) parts.emplace_back(word);
  return parts;
}

[[noreturn]] void refuse(const std::string& message, const std::string& hint, const std::string& label, int line) {
  throw Error(ErrorCode::bad_lint_config, message, hint).with_span({label, line, line > 0 ? 1 : 0, 0, ""});
}

const std::map<std::string, std::map<std::string, std::string>>& known_options() {
  static const auto known = Config().sections();
  return known;
}

using Name = std::pair<std::string, std::string>;  // section and key

// What names of older versions are now.
const std::map<Name, Name>& moved_options() {
  static const std::map<Name, Name> moved = {
      {{"rules", "max_line_length"}, {"core", "max_line_length"}},
      {{"rules", "tab_space_size"}, {"indentation", "tab_space_size"}},
      {{"rules", "indent_unit"}, {"indentation", "indent_unit"}},
      {{"rules", "comma_style"}, {"layout:type:comma", "line_position"}},
      {{"rules:LT04", "comma_style"}, {"layout:type:comma", "line_position"}},
      {{"rules:L019", "comma_style"}, {"layout:type:comma", "line_position"}},
      {{"rules:L052", "semicolon_newline"}, {"rules:convention.terminator", "multiline_newline"}},
      {{"rules:convention.terminator", "semicolon_newline"}, {"rules:convention.terminator", "multiline_newline"}},
      {{"indentation", "allow_implicit_indents"}, {"indentation", "implicit_indents"}},
  };
  return moved;
}

void check_layout_key(const std::string& key, const std::string& label, int line) {
  static const std::vector<std::string> keys = {"spacing_before",
                                                "spacing_after",
                                                "spacing_within",
                                                "line_position",
                                                "align_within",
                                                "align_scope",
                                                "keyword_line_position",
                                                "keyword_line_position_exclusions",
                                                "alignment_coordinate_space"};
  if (std::find(keys.begin(), keys.end(), key) == keys.end())
    refuse("\"" + key + "\" is no option of a layout" + did_you_mean(key, keys),
           "Options of a layout: " + join(keys, ", ") + ".", label, line);
}

// Why the option has no effect; "": it is known.
std::string unknown_option(const std::string& section, const std::string& key) {
  const auto& known = known_options();
  const auto place = known.find(section);
  if (place == known.end())
    return section.rfind("rules:", 0) == 0
               ? "no rule with options is called \"" + section.substr(6) + "\": the section has no effect"
               : "there is no section [sqlfluff:" + section + "]: it has no effect";
  if (place->second.count(key) || std::string_view(foreign_options).find(" " + key + " ") != std::string_view::npos)
    return {};
  const bool of_some_rule = section == "rules" && std::any_of(known.begin(), known.end(), [&](const auto& each) {
                              return each.first.rfind("rules:", 0) == 0 && each.second.count(key);
                            });
  if (of_some_rule) return {};
  std::vector<std::string> names;
  names.reserve(place->second.size());
  for (const auto& [name, each] : place->second) names.push_back(name);
  return "there is no option \"" + key + "\" here" + did_you_mean(key, names);
}

void check_value(const std::string& section, const std::string& key, const std::string& value, const std::string& label,
                 int line) {
  if (is_none(value)) return;
  if (const auto check = allowed_values().find(key); check != allowed_values().end()) {
    const auto allowed = split(check->second, ' ');
    if (std::find(allowed.begin(), allowed.end(), value) == allowed.end())
      refuse("\"" + value + "\" is no value of " + key + did_you_mean(value, allowed),
             "Write one of: " + join(allowed, ", ") + ".", label, line);
  }
  const auto place = known_options().find(section);
  if (place == known_options().end() || !place->second.count(key)) return;
  if (parse_int(place->second.at(key)) && !parse_int(value))
    refuse(key + " wants a number, not \"" + value + "\"", "Write a whole number.", label, line);
}

}  // namespace

// Sections of one INI text: lines `[sqlfluff:a:b]`, `key = value`, values may go on in indented lines.
template <class Take>
void each_option(std::string_view text, const std::string& label, const Take& take) {
  std::string section, key, value;
  int number = 0, at = 0;
  const auto flush = [&] {
    if (!key.empty()) take(section, key, std::string(trim(value)), at);
    key.clear();
  };
  for (const std::string& raw : split(text, '\n')) {
    ++number;
    const std::string_view line = trim(raw);
    if (line.empty() || line.front() == '#' || line.front() == ';') continue;
    const bool continues = !key.empty() && (raw.front() == ' ' || raw.front() == '\t');
    if (continues) {
      value += '\n';
      value += line;
      continue;
    }
    flush();
    if (line.front() == '[') {
      const size_t end = line.find(']');
      if (end == std::string_view::npos) refuse("the section has no ']'", "Write [sqlfluff:...].", label, number);
      section = std::string(line.substr(1, end - 1));
      continue;
    }
    const size_t equals = line.find_first_of("=:");
    if (equals == std::string_view::npos) {
      if (section.rfind("sqlfluff", 0) == 0)
        refuse("the line is no `name = value`", "Write `name = value`.", label, number);
      continue;
    }
    key = std::string(trim(line.substr(0, equals)));
    value = std::string(line.substr(equals + 1));
    at = number;
  }
  flush();
}

Config::Config() {
  each_option(default_options, "", [&](const std::string& section, const std::string& key, std::string value, int) {
    sections_[section == "sqlfluff" ? "core" : section.substr(9)][key] = std::move(value);
  });
}

std::string Config::text(const std::string& section, const std::string& key) const {
  const auto found = sections_.find(section);
  if (found == sections_.end()) return {};
  const auto value = found->second.find(key);
  return value == found->second.end() || is_none(value->second) ? std::string() : value->second;
}

bool Config::flag(const std::string& section, const std::string& key) const {
  return iequals(text(section, key), "true") || text(section, key) == "1";
}

int Config::number(const std::string& section, const std::string& key, int otherwise) const {
  return static_cast<int>(parse_int(text(section, key)).value_or(otherwise));
}

std::vector<std::string> Config::list(const std::string& section, const std::string& key) const {
  return comma_list(text(section, key));
}

std::string Config::rule_text(std::string_view rule, const std::string& key) const {
  const std::string own = "rules:" + std::string(rule);
  const auto found = sections_.find(own);
  if (found != sections_.end() && found->second.count(key)) return text(own, key);
  return text("rules", key);
}

bool Config::rule_flag(std::string_view rule, const std::string& key) const {
  return iequals(rule_text(rule, key), "true") || rule_text(rule, key) == "1";
}

int Config::rule_number(std::string_view rule, const std::string& key, int otherwise) const {
  return static_cast<int>(parse_int(rule_text(rule, key)).value_or(otherwise));
}

std::vector<std::string> Config::rule_list(std::string_view rule, const std::string& key) const {
  return comma_list(rule_text(rule, key));
}

void Config::take(const std::string& section, const std::string& key, std::string value, const std::string& label,
                  int line) {
  if (const auto found = moved_options().find({section, key}); found != moved_options().end()) {
    if (key == "allow_implicit_indents") value = iequals(value, "true") ? "allow" : "forbid";
    return take(found->second.first, found->second.second, std::move(value), label, line);
  }
  const std::string where = label + (line > 0 ? ":" + std::to_string(line) : "") + ": ";
  if (section.rfind("layout:type:", 0) == 0) {
    check_layout_key(key, label, line);
    const std::string kind = section.substr(12);
    if (find_kind(kind) == K::none)
      warnings.push_back(where + "no segment is called \"" + kind + "\" here: its layout has no effect");
  } else if (section.rfind("templater", 0) != 0) {
    if (const std::string why = unknown_option(section, key); !why.empty()) warnings.push_back(where + why);
    check_value(section, key, value, label, line);
  }
  sections_[section][key] = std::move(value);
}

void Config::read_ini(std::string_view text, const std::string& label) {
  each_option(text, label, [&](const std::string& section, const std::string& key, std::string value, int line) {
    if (section == "sqlfluff")
      take("core", key, std::move(value), label, line);
    else if (section.rfind("sqlfluff:", 0) == 0)
      take(section.substr(9), key, std::move(value), label, line);
  });
}

void Config::read_toml(std::string_view text, const std::string& label) {
  for (const TomlEntry& entry : read_toml_entries(text, label)) {
    std::vector<std::string> path = entry.path;
    if (path.size() < 3 || path[0] != "tool" || path[1] != "sqlfluff") continue;
    path.erase(path.begin(), path.begin() + 2);
    const std::string key = path.back();
    path.pop_back();
    // [tool.sqlfluff.rules.capitalisation.keywords] names a rule by its two parts.
    if (path.size() > 2 && path[0] == "rules") path = {"rules", join({path.begin() + 1, path.end()}, ".")};
    take(path.empty() ? "core" : join(path, ":"), key, join(entry.values, "\n"), label, entry.line);
  }
}

void Config::read_directives(std::string_view source, const std::string& label) {
  if (source.find("sqlfluff") == std::string_view::npos) return;
  int number = 0;
  for (const std::string& raw : split(SourceForm(source).text(), '\n')) {
    ++number;
    std::string_view line = trim(raw);
    if (line.substr(0, 2) != "--") continue;
    line = trim(line.substr(2));
    if (line.substr(0, 9) != "sqlfluff:") continue;
    // The value may have colons of its own: "layout:type:alias_expression:spacing_before:align".
    auto parts = split(line.substr(9), ':');
    for (auto& part : parts) part = std::string(trim(part));
    if (parts.size() < 2)
      refuse("the line is no `-- sqlfluff:name:value`", "Write `-- sqlfluff:max_line_length:100`.", label, number);
    size_t key = 0;
    if (parts[0] == "layout")
      key = 3;
    else if (parts[0] == "rules" && parts.size() > 3)
      key = 2;
    else if (parts[0] == "rules" && parts.size() == 3)
      key = 1;
    else if (parts[0] == "indentation")
      key = 1;
    else if (parts[0] == "templater")
      key = parts.size() - 2;
    if (key + 1 >= parts.size()) key = parts.size() - 2;
    const std::string section =
        key == 0 ? "core" : join({parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(key)}, ":");
    take(section, parts[key], join({parts.begin() + static_cast<std::ptrdiff_t>(key) + 1, parts.end()}, ":"), label,
         number);
  }
}

void Config::read_folder(const std::filesystem::path& folder) {
  for (const char* name : {"setup.cfg", "tox.ini", "pep8.ini", ".sqlfluff"})
    if (const auto text = read_file_if_exists(folder / name))
      read_ini(*text, (folder / name).lexically_normal().string());
  if (const auto text = read_file_if_exists(folder / "pyproject.toml"))
    read_toml(*text, (folder / "pyproject.toml").lexically_normal().string());
}

Config config_for(const std::filesystem::path& folder, const std::filesystem::path& working_folder) {
  namespace fs = std::filesystem;
  Config config;
  const fs::path absolute = fs::absolute(folder).lexically_normal(),
                 base = fs::absolute(working_folder).lexically_normal();
  // From the working folder down to the file's; of a file elsewhere only its own folder.
  std::vector<fs::path> line;
  for (fs::path at = absolute;; at = at.parent_path()) {
    line.push_back(at);
    if (at == base || at == at.parent_path()) break;
  }
  if (line.back() != base) line = {absolute, base};
  std::reverse(line.begin(), line.end());
  if (const char* home = std::getenv("HOME")) {
    config.read_folder(fs::path(home) / ".config" / "sqlfluff");
    if (std::find(line.begin(), line.end(), fs::path(home).lexically_normal()) == line.end()) config.read_folder(home);
  }
  for (const fs::path& each : line) config.read_folder(each.lexically_proximate(base));
  return config;
}

TreeOptions Config::tree_options() const {
  TreeOptions options;
  options.dialect = text("core", "dialect") == "ansi" ? Dialect::ansi : Dialect::duckdb;
  options.template_blocks_indent = flag("indentation", "template_blocks_indent");
  options.indented_joins = flag("indentation", "indented_joins");
  options.indented_ctes = flag("indentation", "indented_ctes");
  options.indented_using_on = flag("indentation", "indented_using_on");
  options.indented_using_on_newline = flag("indentation", "indented_using_on_newline");
  options.indented_on_contents = flag("indentation", "indented_on_contents");
  options.indented_then = flag("indentation", "indented_then");
  options.indented_then_contents = flag("indentation", "indented_then_contents");
  return options;
}

namespace {

Spacing read_spacing(const Config& config, const std::string& section, const std::string& key) {
  Spacing spacing;
  std::string value = config.text(section, key);
  if (value.empty()) return spacing;
  if (value == "inline") value = "touch:inline";
  const auto parts = split(value, ':');
  spacing.on_line = parts.size() > 1 && parts[1] == "inline";
  if (parts[0] == "single") spacing.what = Spacing::single;
  if (parts[0] == "touch") spacing.what = Spacing::touch;
  if (parts[0] == "any") spacing.what = Spacing::any;
  if (parts[0] == "align") {
    spacing.what = Spacing::align;
    // align, or align:KIND:WITHIN:SCOPE:SPACE in one.
    const auto part = [&](size_t at, const std::string& option) {
      return at < parts.size() ? parts[at] : config.text(section, option);
    };
    spacing.aligned = parts.size() > 1 ? find_kind(parts[1]) : find_kind(section.substr(12));
    spacing.within = find_kind(part(2, "align_within"));
    spacing.scope = spacing.within == K::none ? K::none : find_kind(part(3, "align_scope"));
    spacing.space = part(4, "alignment_coordinate_space");
  }
  if (spacing.what == Spacing::unset)
    throw Error(ErrorCode::bad_lint_config,
                "\"" + value + "\" is no value of " + key + " in [sqlfluff:" + section + "]",
                "Write single, touch, any or align, and `:inline` behind it where no line break may stand.");
  return spacing;
}

LinePosition read_line_position(const Config& config, const std::string& section, const std::string& key) {
  LinePosition position;
  position.text = config.text(section, key);
  if (position.text.empty()) {
    const auto found = config.sections().find(section);
    if (found != config.sections().end() && found->second.count(key)) position.what = LinePosition::none;
    return position;
  }
  const std::string first = split(position.text, ':')[0];
  if (first == "leading") position.what = LinePosition::leading;
  if (first == "trailing") position.what = LinePosition::trailing;
  if (first == "alone") position.what = LinePosition::alone;
  if (position.what == LinePosition::unset)
    throw Error(ErrorCode::bad_lint_config,
                "\"" + position.text + "\" is no value of " + key + " in [sqlfluff:" + section + "]",
                "Write leading, trailing or alone, and `:strict` behind it if it must always be so.");
  position.strict = position.text.size() >= 6 && position.text.substr(position.text.size() - 6) == "strict";
  position.attached = position.text.find("attached") != std::string::npos;
  return position;
}

std::vector<K> kinds_of(const std::vector<std::string>& names) {
  std::vector<K> kinds;
  for (const auto& name : names)
    if (const K kind = find_kind(name); kind != K::none) kinds.push_back(kind);
  return kinds;
}

}  // namespace

Layout layout_of(const Config& config) {
  Layout layout;
  const size_t count = static_cast<size_t>(K::comment_clause) + 1;
  std::vector<KindLayout> own(count);
  for (const auto& [section, options] : config.sections()) {
    if (section.rfind("layout:type:", 0) != 0) continue;
    const K kind = find_kind(section.substr(12));
    if (kind == K::none) continue;
    KindLayout& of = own[static_cast<size_t>(kind)];
    of.before = read_spacing(config, section, "spacing_before");
    of.after = read_spacing(config, section, "spacing_after");
    of.within = read_spacing(config, section, "spacing_within");
    of.line = read_line_position(config, section, "line_position");
    of.keyword_line = read_line_position(config, section, "keyword_line_position");
    of.keyword_exclusions = kinds_of(config.list(section, "keyword_line_position_exclusions"));
  }
  layout.kinds.resize(count);
  for (size_t i = 0; i < count; ++i) {
    std::vector<size_t> line;
    for (K kind = static_cast<K>(i); kind != K::none; kind = parent_kind(kind))
      line.push_back(static_cast<size_t>(kind));
    KindLayout& of = layout.kinds[i];
    for (auto each = line.rbegin(); each != line.rend(); ++each) {
      const KindLayout& from = own[*each];
      if (from.before.what != Spacing::unset) of.before = from.before;
      if (from.after.what != Spacing::unset) of.after = from.after;
      if (from.within.what != Spacing::unset) of.within = from.within;
      if (from.line.what != LinePosition::unset && from.line.what != LinePosition::none) of.line = from.line;
      if (from.keyword_line.what != LinePosition::unset && from.keyword_line.what != LinePosition::none)
        of.keyword_line = from.keyword_line;
      if (!from.keyword_exclusions.empty()) of.keyword_exclusions = from.keyword_exclusions;
    }
  }
  layout.tab_space_size = config.number("indentation", "tab_space_size", 4);
  layout.max_line_length = config.number("core", "max_line_length", 80);
  layout.indent_unit = config.text("indentation", "indent_unit");
  layout.implicit_indents = config.text("indentation", "implicit_indents");
  if (config.text("indentation", "implicit_indents").empty()) layout.implicit_indents = "forbid";
  layout.trailing_comments = config.text("indentation", "trailing_comments");
  layout.list_wrapping = config.text("indentation", "list_wrapping");
  layout.skip_indentation_in = kinds_of(config.list("indentation", "skip_indentation_in"));
  layout.skip_implicit_indents_in = kinds_of(config.list("indentation", "skip_implicit_indents_in"));
  layout.ignore_comment_lines = config.flag("indentation", "ignore_comment_lines");
  return layout;
}

}  // namespace weir::lint
