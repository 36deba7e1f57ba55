#include "deps/add_package.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "base/yaml.h"
#include "deps/package_files.h"

namespace weir::deps {

namespace {

std::string entry_text(const NewEntry& entry, const std::string& indent) {
  std::string out = indent + "- " + entry.kind + ": " + yaml_text(entry.place) + "\n";
  if (entry.version.empty()) return out;
  const std::string below = indent + "  ";
  out += below + (entry.kind == "git" ? "revision:" : "version:");
  if (entry.version.find(',') == std::string::npos) return out + " " + yaml_text(entry.version) + "\n";
  out += "\n";
  for (const std::string& part : split(entry.version, ',')) out += below + "  - " + yaml_text(part) + "\n";
  return out;
}

// The names under which dbt looks for the package among the entries.
std::set<std::string> variants(const std::string& name) {
  std::set<std::string> out;
  for (const std::string& form : {name, name.substr(name.rfind('/') + 1)})
    out.insert({form, replace_all(form, "_", "-"), replace_all(form, "-", "_")});
  return out;
}

bool is_same_package(const std::string& place, const std::set<std::string>& names) {
  const auto ends_word = [&](size_t at) { return at >= place.size() || place[at] == '/' || place[at] == '.'; };
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    const size_t at = place.find(name);
    return at != std::string::npos && (at == 0 || ends_word(at - 1)) && ends_word(at + name.size());
  });
}

std::string place_of(const Yaml& item) {
  for (const char* key : {"package", "git", "local", "tarball", "private"})
    if (const Yaml* value = item.find(key); value && value->kind == Yaml::Kind::scalar) return value->text;
  return {};
}

size_t indent_of(const std::string& line) { return std::min(line.find_first_not_of(' '), line.size()); }

// One after the last line that belongs to the entry that begins at `from`: deeper lines, no trailing blanks or
// comments.
size_t end_of_entry(const std::vector<std::string>& lines, size_t from) {
  const size_t dash = indent_of(lines[from]);
  size_t end = from + 1;
  for (size_t i = from + 1; i < lines.size(); i++) {
    const std::string_view content = trim(lines[i]);
    if (content.empty()) continue;
    if (indent_of(lines[i]) <= dash) break;
    if (!content.starts_with("#")) end = i + 1;
  }
  return end;
}

}  // namespace

Edited with_package(const std::string& text, const std::string& label, const NewEntry& entry, bool indents) {
  Edited out;
  const Yaml document = Yaml::parse(text, label);
  const Yaml* list = document.find("packages");
  if (!list || list->is_null() || (list->kind == Yaml::Kind::sequence && list->items.empty())) {
    std::vector<std::string> kept;
    for (const std::string& line : split(text, '\n'))
      if (!line.starts_with("packages:")) kept.push_back(line);
    std::string before = join(kept, "\n");
    if (!trim(before).empty() && !before.ends_with("\n")) before += "\n";
    out.text = std::string(trim(before).empty() ? "" : before) + "packages:\n" + entry_text(entry, "  ");
    return out;
  }
  std::vector<std::string> lines = split(text, '\n');
  if (lines.back().empty()) lines.pop_back();
  const auto line_of = [](const Yaml& item) { return static_cast<size_t>(item.span.line - 1); };
  for (const Yaml& item : list->items)
    if (line_of(item) >= lines.size() || !trim(lines[line_of(item)]).starts_with("- "))
      throw Error(ErrorCode::bad_packages, "the packages of " + label + " are not written one below the other")
          .with_span(list->span)
          .with_hint("add the entry yourself, or write each as  - package: name");
  const size_t begin = line_of(list->items.front()), end = end_of_entry(lines, line_of(list->items.back()));
  if (indents && indent_of(lines[begin]) == 0)
    for (size_t i = begin; i < end; i++)
      if (!lines[i].empty()) lines[i].insert(0, "  ");
  const std::string indent(indent_of(lines[begin]), ' ');
  const std::set<std::string> names = variants(entry.place);
  lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(end),
               entry_text(entry, indent).substr(0, entry_text(entry, indent).size() - 1));
  for (auto item = list->items.rbegin(); item != list->items.rend(); ++item) {
    if (!is_same_package(place_of(*item), names)) continue;
    const size_t from = line_of(*item), to = end_of_entry(lines, from);
    lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(from), lines.begin() + static_cast<std::ptrdiff_t>(to));
    out.replaced.push_back(place_of(*item));
  }
  out.text = join(lines, "\n") + "\n";
  return out;
}

}  // namespace weir::deps
