#include "cli/help.h"

#include <algorithm>

#include "base/text.h"
#include "cli/command_line.h"
#include "cli/text_width.h"

namespace weir::cli {

namespace {

// Folds at spaces; every line but the first begins with `indent` spaces.
std::string fold(const std::string& text, size_t indent, size_t columns) {
  std::string result, line;
  const size_t room = columns > indent + 20 ? columns - indent : 20;
  for (const auto& word : split(text, ' ')) {
    if (!line.empty() && text_width(line) + 1 + text_width(word) > room) {
      result += line + "\n" + std::string(indent, ' ');
      line.clear();
    }
    if (!line.empty()) line += ' ';
    line += word;
  }
  return result + line;
}

std::string usage(const Verb& verb, const std::vector<std::string>& path) {
  std::string text = "weir " + join(path, " ");
  if (!verb.verbs.empty()) return text + (verb.default_verb.empty() ? " VERB" : " [VERB]") + " [OPTIONS]";
  for (const auto& argument : verb.arguments) {
    const std::string name = argument.name + (argument.repeated ? "…" : "");
    text += argument.required ? " " + name : " [" + name + "]";
  }
  return text + " [OPTIONS]";
}

std::string flag_names(const Flag& flag) {
  std::string text = flag.letter ? std::string("-") + flag.letter + ", " : "    ";
  text += "--" + flag.spec.name;
  if (!flag.value_name.empty()) text += " " + flag.value_name;
  return text;
}

std::string flag_doc(const Flag& flag) {
  std::string text = flag.spec.doc;
  if (!flag.spec.allowed.empty()) text += " (" + join(flag.spec.allowed, ", ") + ")";
  const Json& value = flag.spec.default_value;
  if (value.is_string() && !value.as_string().empty()) text += " [" + value.as_string() + "]";
  if (value.is_int()) text += " [" + value.dump() + "]";
  if (!flag.environment.empty()) text += " [env " + flag.environment + "]";
  return text;
}

std::string flags_text(const std::vector<Flag>& flags, size_t columns) {
  size_t widest = 0;
  for (const auto& flag : flags)
    if (!flag.hidden) widest = std::max(widest, text_width(flag_names(flag)));
  widest = std::min<size_t>(widest, 30);
  std::string text;
  for (const auto& flag : flags) {
    if (flag.hidden) continue;
    text += "  " + pad_right(flag_names(flag), widest) + "  ";
    text += fold(flag_doc(flag), widest + 4, columns) + "\n";
  }
  return text;
}

void append_groups(std::string& text, const std::vector<Verb>& table, const Style& style, size_t columns) {
  size_t widest = 0;
  for (const auto& verb : table) widest = std::max(widest, verb.name.size());
  std::string group;
  for (const auto& verb : table) {
    if (verb.group != group) {
      group = verb.group;
      text += "\n" + style.bold(group) + "\n";
    }
    text += "  " + pad_right(verb.name, widest) + "  " + fold(verb.summary, widest + 4, columns) + "\n";
  }
}

std::string arguments_text(const Verb& verb, size_t columns) {
  size_t widest = 0;
  for (const auto& argument : verb.arguments) widest = std::max(widest, text_width(argument.name));
  std::string text;
  for (const auto& argument : verb.arguments)
    text += "  " + pad_right(argument.name, widest) + "  " + fold(argument.doc, widest + 4, columns) + "\n";
  return text;
}

std::string table_cell(std::string_view text) { return replace_all(std::string(text), "|", "\\|"); }

void append_reference(std::string& text, const Verb& verb, std::vector<std::string> path) {
  path.push_back(verb.name);
  text += "\n## weir " + join(path, " ") + "\n\n" + upper(verb.summary.substr(0, 1)) + verb.summary.substr(1) + ".\n";
  if (!verb.detail.empty()) text += "\n" + verb.detail + "\n";
  text += "\n```\n" + usage(verb, path) + "\n```\n";
  if (!verb.arguments.empty()) text += "\n| Argument | Meaning |\n|---|---|\n";
  for (const auto& argument : verb.arguments)
    text += "| `" + argument.name + "` | " + table_cell(argument.doc) + " |\n";
  if (!verb.flags.empty()) text += "\n| Option | Meaning |\n|---|---|\n";
  for (const auto& flag : verb.flags)
    if (!flag.hidden) text += "| `" + table_cell(trim(flag_names(flag))) + "` | " + table_cell(flag_doc(flag)) + " |\n";
  for (const auto& below : verb.verbs) append_reference(text, below, path);
}

}  // namespace

std::string overview(const std::vector<Verb>& table, const Style& style, int columns) {
  std::string text = style.bold("weir") + " runs data pipelines on Delta Lake: every run is a commit\n\n";
  text += "usage: weir VERB [ARGUMENTS] [OPTIONS]\n";
  append_groups(text, table, style, static_cast<size_t>(columns));
  text += "\n`weir VERB --help` shows one verb, `weir --version` the version.\n";
  return text;
}

std::string verb_help(const Verb& verb, const std::vector<std::string>& path, const Style& style, int columns) {
  const auto width = static_cast<size_t>(columns);
  std::string text = "usage: " + style.bold(usage(verb, path)) + "\n\n  " + fold(verb.summary, 2, width) + "\n";
  if (!verb.detail.empty())
    for (const auto& paragraph : split(verb.detail, '\n')) text += "\n  " + fold(paragraph, 2, width) + "\n";
  if (!verb.verbs.empty()) {
    size_t widest = 0;
    for (const auto& below : verb.verbs) widest = std::max(widest, below.name.size());
    text += "\n";
    for (const auto& below : verb.verbs)
      text += "  " + pad_right(below.name, widest) + "  " +
              fold(below.summary + (below.name == verb.default_verb ? " (what runs without a name)" : ""), widest + 4,
                   width) +
              "\n";
    text += "\n`weir " + join(path, " ") + " VERB --help` shows one.\n";
  }
  if (!verb.arguments.empty()) text += "\n" + arguments_text(verb, width);
  if (!verb.flags.empty()) text += "\n" + style.bold("options") + "\n" + flags_text(verb.flags, width);
  return text + "\n" + style.bold("everywhere") + "\n" + flags_text(common_flags(), width);
}

std::string reference_markdown(const std::vector<Verb>& table) {
  std::string text =
      "# Command line\n\nGenerated by `weir config --markdown`; a test keeps it current.\n\n"
      "Data goes to standard output, progress and errors to standard error. Exit codes: 0 done, 1 a run or check "
      "failed,\n"
      "2 the command line or the project must be changed, 3 conflict or lock, 130 interrupted.\n"
      "Completion for bash and zsh lies in docs/completion.\n\n"
      "Every verb understands:\n\n| Option | Meaning |\n|---|---|\n";
  for (const auto& flag : common_flags())
    if (!flag.hidden) text += "| `" + table_cell(trim(flag_names(flag))) + "` | " + table_cell(flag_doc(flag)) + " |\n";
  for (const auto& verb : table) append_reference(text, verb, {});
  return text;
}

}  // namespace weir::cli
