#include "cli/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>

#include "base/error.h"
#include "base/text.h"
#include "cli/dbt_flags.h"

namespace weir::cli {

namespace {

const Verb* find_verb(const std::vector<Verb>& table, std::string_view name) {
  for (const auto& verb : table)
    if (verb.name == name) return &verb;
  return nullptr;
}

std::vector<std::string> names_of(const std::vector<Verb>& table) {
  std::vector<std::string> names;
  for (const auto& verb : table) names.push_back(verb.name);
  return names;
}

[[noreturn]] void unknown_verb(const std::string& parent, const std::string& word, const std::vector<Verb>& table) {
  const std::string prefix = parent.empty() ? "weir" : "weir " + parent;
  throw Error(ErrorCode::usage, "\"" + word + "\" is not a verb of " + prefix + did_you_mean(word, names_of(table)),
              "`" + prefix + " --help` lists them");
}

bool takes_value(const Flag& flag) { return flag.spec.type != OptionType::boolean; }

const Flag* flag_of(const std::vector<Flag>& flags, std::string_view word) {
  for (const auto& flag : flags) {
    if (word.substr(0, 2) == "--" && word.substr(2) == flag.spec.name) return &flag;
    if (word.size() == 2 && word[0] == '-' && flag.letter != 0 && word[1] == flag.letter) return &flag;
  }
  return nullptr;
}

// dbt takes the options of all its verbs before the verb as well.
bool takes_value_in_dbt(const std::vector<Verb>& table, const std::string& word) {
  const auto with_value = [&](const std::vector<Flag>& flags) {
    const Flag* flag = flag_of(flags, word);
    return flag && takes_value(*flag);
  };
  return with_value(dbt_flags()) ||
         std::any_of(table.begin(), table.end(), [&](const Verb& verb) { return with_value(verb.flags); });
}

void add_missing(std::vector<Flag>& flags, const std::vector<Flag>& more) {
  for (Flag flag : more) {
    if (flag_of(flags, "--" + flag.spec.name)) continue;
    if (flag.letter && flag_of(flags, {std::string("-") + flag.letter})) flag.letter = 0;
    flags.push_back(std::move(flag));
  }
}

// Splits off what stands before the verb: common flags only (with their values).
struct Split {
  std::vector<std::string> before, after;
  std::string verb;
};
Split split_at_verb(const std::vector<std::string>& arguments, const std::vector<Verb>& table, bool as_dbt) {
  Split split;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (word.empty() || word[0] != '-') {
      split.verb = word;
      split.after.assign(arguments.begin() + static_cast<ptrdiff_t>(i) + 1, arguments.end());
      return split;
    }
    split.before.push_back(word);
    const Flag* flag = flag_of(common_flags(), word);
    const bool with_value = flag ? takes_value(*flag) : as_dbt && takes_value_in_dbt(table, word);
    if (with_value && i + 1 < arguments.size()) split.before.push_back(arguments[++i]);
  }
  return split;
}

// The first word that is neither an option nor its value: the verb below `parent`.
std::vector<std::string>::iterator first_word(std::vector<std::string>& words, const Verb& parent) {
  for (auto word = words.begin(); word != words.end(); ++word) {
    if (word->empty() || (*word)[0] != '-') return word;
    const auto with_value = [&](const Verb& below) {
      const auto flags = all_flags(below);
      const Flag* flag = flag_of(flags, *word);
      return flag && takes_value(*flag);
    };
    if (std::any_of(parent.verbs.begin(), parent.verbs.end(), with_value) && word + 1 != words.end()) ++word;
  }
  return words.end();
}

struct Values {
  std::map<std::string, std::vector<std::string>> of;  // flag -> texts
  std::vector<std::string> positional;
};

// CLI11 reads the words; which words exist is our tables' business.
Values read_words(const std::vector<Flag>& flags, std::vector<std::string> words) {
  CLI::App app;
  app.set_help_flag();
  app.allow_extras(true);
  app.prefix_command(false);
  std::map<std::string, std::vector<std::string>> texts;
  std::map<std::string, bool> switches;
  for (const auto& flag : flags) {
    const std::string& name = flag.spec.name;
    const std::string spelled = (flag.letter ? std::string("-") + flag.letter + "," : std::string()) + "--" + name;
    if (!takes_value(flag)) {
      app.add_flag(spelled, switches[name]);
      continue;
    }
    auto* option = app.add_option(spelled, texts[name]);
    option->allow_extra_args(flag.spec.type == OptionType::text_list);
    option->expected(1, flag.spec.type == OptionType::text_list ? CLI::detail::expected_max_vector_size : 1);
    option->multi_option_policy(flag.spec.type == OptionType::text_list ? CLI::MultiOptionPolicy::TakeAll
                                                                        : CLI::MultiOptionPolicy::TakeLast);
  }
  std::reverse(words.begin(), words.end());  // CLI11's vector form
  try {
    app.parse(words);
  } catch (const CLI::ArgumentMismatch& problem) {
    const std::string text = problem.what();
    throw Error(ErrorCode::usage, text.substr(0, text.find(':')) + " needs a value");
  } catch (const CLI::ParseError& problem) {
    throw Error(ErrorCode::usage, problem.what());
  }
  Values values;
  values.positional = app.remaining();
  for (const auto& flag : flags) {
    const auto* option = app.get_option("--" + flag.spec.name);
    if (option->count() == 0) continue;
    values.of[flag.spec.name] = takes_value(flag) ? texts[flag.spec.name] : std::vector<std::string>{"true"};
  }
  return values;
}

// Unknown options are left among the words that CLI11 did not take.
void refuse_unknown_flags(const std::vector<Flag>& flags, std::vector<std::string>& positional) {
  std::vector<std::string> names;
  for (const auto& flag : flags)
    if (!flag.hidden) names.push_back("--" + flag.spec.name);
  bool only_words = false;
  std::vector<std::string> kept;
  for (const auto& word : positional) {
    if (!only_words && word == "--") {
      only_words = true;
      continue;
    }
    const bool negative_number = parse_double(word).has_value();
    if (!only_words && word.size() > 1 && word[0] == '-' && !negative_number) {
      const std::string name = word.substr(0, word.find('='));
      throw Error(ErrorCode::unknown_option, "there is no option " + name + " here" + did_you_mean(name, names));
    }
    kept.push_back(word);
  }
  positional = std::move(kept);
}

void check_arguments(const Verb& verb, const std::string& path, const std::vector<std::string>& values) {
  size_t required = 0;
  bool repeated = false;
  for (const auto& argument : verb.arguments) {
    required += argument.required ? 1 : 0;
    repeated = repeated || argument.repeated;
  }
  const std::string hint = "`weir " + path + " --help` shows its use";
  if (values.size() < required) {
    const std::string& name = verb.arguments[values.size()].name;
    throw Error(ErrorCode::usage, "weir " + path + " needs " + name + ": " + verb.arguments[values.size()].doc, hint);
  }
  if (!repeated && values.size() > verb.arguments.size())
    throw Error(ErrorCode::usage,
                "weir " + path + " does not know what to do with \"" + values[verb.arguments.size()] + "\"", hint);
}

void set_from_environment(const std::vector<Flag>& flags, Options& options) {
  for (const auto& flag : flags) {
    if (flag.environment.empty()) continue;
    const char* value = std::getenv(flag.environment.c_str());
    if (value && *value) options.set(flag.spec.name, value, "env " + flag.environment);
  }
}

Options fill(const std::vector<Flag>& flags, const Values& values) {
  std::vector<OptionSpec> specs;
  for (const auto& flag : flags) specs.push_back(flag.spec);
  Options options(std::move(specs));
  set_from_environment(flags, options);
  for (const auto& [name, texts] : values.of) {
    const Flag& flag = *flag_of(flags, "--" + name);
    if (flag.spec.type == OptionType::text_list)
      options.set_value(name, Json::strings(texts), "--" + name);
    else
      options.set(name, texts.back(), "--" + name);
  }
  return options;
}

}  // namespace

std::vector<Flag> all_flags(const Verb& verb) {
  std::vector<Flag> flags = verb.flags;
  for (const auto& flag : common_flags())
    if (!flag_of(flags, "--" + flag.spec.name)) flags.push_back(flag);
  return flags;
}

CommandLine parse_command_line(const std::vector<std::string>& arguments, const std::vector<Verb>& table, bool as_dbt) {
  CommandLine line;
  Split split = split_at_verb(as_dbt ? in_weirs_spelling(arguments) : arguments, table, as_dbt);
  std::vector<std::string> words = split.before;
  words.insert(words.end(), split.after.begin(), split.after.end());
  const Verb* group = nullptr;  // with a verb below it that was not named
  std::vector<Flag> flags = common_flags();
  flags.push_back(
      Flag{OptionSpec{"version", OptionType::boolean, false, {}, "the version", false}, 'V', {}, {}, {}, false});
  if (!split.verb.empty()) {
    if (as_dbt && split.verb == "list") split.verb = "ls";
    line.verb = find_verb(table, split.verb);
    if (!line.verb) unknown_verb("", split.verb, table);
    line.path.push_back(split.verb);
    if (!line.verb->verbs.empty()) {
      const Verb* parent = line.verb;
      auto at = first_word(split.after, *parent);
      std::string name = at == split.after.end() ? parent->default_verb : *at;
      if (const Verb* below = find_verb(parent->verbs, name)) {
        line.verb = below;
        line.path.push_back(name);
        if (at != split.after.end())
          split.after.erase(at);
        else
          group = parent;
        words = split.before;
        words.insert(words.end(), split.after.begin(), split.after.end());
      } else if (at != split.after.end()) {
        unknown_verb(parent->name, *at, parent->verbs);
      }
    }
    flags = all_flags(*line.verb);
  }
  if (as_dbt) add_missing(flags, dbt_flags());
  Values values = read_words(flags, words);
  refuse_unknown_flags(flags, values.positional);
  line.help = values.of.count("help") > 0;
  if (line.help && group) {
    line.verb = group;
    line.path.pop_back();
  }
  line.version = !line.verb && values.of.count("version") > 0;
  line.options = fill(flags, values);
  line.values = std::move(values.positional);
  if (line.verb && !line.help) check_arguments(*line.verb, join(line.path, " "), line.values);
  return line;
}

}  // namespace weir::cli
