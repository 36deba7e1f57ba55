#include "cli/completion.h"

#include <algorithm>

#include "base/error.h"
#include "cli/command_line.h"

namespace weir::cli {

namespace {

const Verb* named(const std::vector<Verb>& table, const std::string& name) {
  for (const auto& verb : table)
    if (verb.name == name) return &verb;
  return nullptr;
}

struct Place {
  const Verb* verb = nullptr;               // that the words so far lead to
  const std::vector<Verb>* next = nullptr;  // verbs that may stand at the cursor
  const Flag* open = nullptr;               // an option before the cursor that waits for its value
  size_t argument = 0;                      // index of the argument at the cursor
};

const Flag* flag_named(const std::vector<Flag>& flags, const std::string& word) {
  for (const auto& flag : flags)
    if (word == "--" + flag.spec.name || (flag.letter && word == std::string("-") + flag.letter)) return &flag;
  return nullptr;
}

Place find_place(const std::vector<std::string>& words, const std::vector<Verb>& table, std::vector<Flag>& flags) {
  Place place;
  place.next = &table;
  flags = common_flags();
  bool greedy = false;
  for (size_t i = 0; i + 1 < words.size(); ++i) {
    const std::string& word = words[i];
    if (place.open) {
      greedy = place.open->spec.type == OptionType::text_list;
      if (!greedy || (!word.empty() && word[0] == '-')) place.open = nullptr;
      if (!(greedy && !word.empty() && word[0] == '-')) continue;
    }
    if (!word.empty() && word[0] == '-') {
      const Flag* flag = flag_named(flags, word);
      place.open = flag && flag->spec.type != OptionType::boolean ? flag : nullptr;
      continue;
    }
    if (const Verb* verb = place.next ? named(*place.next, word) : nullptr) {
      place.verb = verb;
      place.next = verb->verbs.empty() ? nullptr : &verb->verbs;
      flags = all_flags(*verb);
    } else {
      ++place.argument;
    }
  }
  return place;
}

std::vector<std::string> values(Completes what, const NameSource& names) {
  if (what == Completes::file) return {"::files"};
  if (what == Completes::folder) return {"::folders"};
  if (what == Completes::error_code) {
    std::vector<std::string> codes;
    for (const auto& row : all_error_codes()) codes.push_back(code_text(row.code));
    return codes;
  }
  return what == Completes::nothing ? std::vector<std::string>{} : names(what);
}

Completes completes_at(const Verb& verb, size_t index) {
  if (verb.arguments.empty()) return Completes::nothing;
  if (index < verb.arguments.size()) return verb.arguments[index].completes;
  return verb.arguments.back().repeated ? verb.arguments.back().completes : Completes::nothing;
}

// A selector's graph operators stay in front of the name: "+ord" completes to "+orders".
std::string operators_of(const std::string& word) {
  const size_t end = word.find_first_not_of("+@0123456789");
  return end == std::string::npos || end == 0 || (word[0] != '+' && word[0] != '@' && word.find('+') > end)
             ? (word.find_first_not_of("+@") == std::string::npos ? word : "")
             : word.substr(0, end);
}

}  // namespace

std::vector<std::string> complete(const std::vector<std::string>& words, const std::vector<Verb>& table,
                                  const NameSource& names) {
  const std::string word = words.empty() ? std::string() : words.back();
  std::vector<Flag> flags;
  const Place place = find_place(words, table, flags);
  std::vector<std::string> candidates;
  std::string prefix;
  if (!word.empty() && word[0] == '-') {
    for (const auto& flag : flags)
      if (!flag.hidden) candidates.push_back("--" + flag.spec.name);
  } else if (place.open) {
    candidates = place.open->spec.allowed.empty() ? values(place.open->completes, names) : place.open->spec.allowed;
    if (place.open->completes == Completes::asset) prefix = operators_of(word);
  } else if (place.next) {
    for (const auto& verb : *place.next) candidates.push_back(verb.name);
  } else if (place.verb) {
    candidates = values(completes_at(*place.verb, place.argument), names);
    if (completes_at(*place.verb, place.argument) == Completes::asset) prefix = operators_of(word);
  }
  std::vector<std::string> result;
  for (const auto& candidate : candidates)
    if (candidate.rfind("::", 0) == 0 || (prefix + candidate).rfind(word, 0) == 0) result.push_back(prefix + candidate);
  std::sort(result.begin(), result.end());
  result.erase(std::unique(result.begin(), result.end()), result.end());
  return result;
}

}  // namespace weir::cli
