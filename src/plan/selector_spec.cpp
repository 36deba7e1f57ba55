#include "plan/selector_spec.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace weir::plan {

namespace {

Error bad(const std::string& message, const Span& span) {
  return Error(ErrorCode::bad_selector, message).with_span(span);
}

Spec one(Criterion criterion, IndirectSelection indirect, const std::vector<NamedSelector>& named) {
  if (criterion.method == "selector") {
    if (criterion.ancestors || criterion.descendants || criterion.with_childrens_parents)
      throw Error(ErrorCode::bad_selector, "selection \"" + criterion.text + "\": a selector takes no + and no @")
          .with_hint("write them at the criteria inside selectors.yml");
    return find_selector(named, criterion.value).spec;
  }
  Spec out;
  out.kind = Spec::Kind::criterion;
  out.criterion = std::move(criterion);
  out.indirect = indirect;
  return out;
}

// Definitions of selectors.yml, one file at a time.
class Definitions {
 public:
  Definitions(IndirectSelection indirect, const std::vector<NamedSelector>& above)
      : indirect_(indirect), above_(above) {}

  Spec read(const Yaml& yaml) const {
    try {
      if (yaml.kind == Yaml::Kind::scalar) return one(parse_criterion(yaml.text), indirect_, above_);
    } catch (Error& error) {
      error.with_span(yaml.span);
      throw;
    }
    if (yaml.kind != Yaml::Kind::mapping)
      throw bad("a definition must be a text or a mapping", yaml.span)
          .with_hint("write  definition: 'tag:nightly'  or  definition: {union: [...]}");
    for (const char* key : {"union", "intersection"})
      if (const Yaml* parts = yaml.find(key)) {
        if (yaml.members.size() > 1)
          throw bad(std::string(key) + " must be the only key here", yaml.members[1].key.span)
              .with_hint("what is to be left out stands in the list of " + std::string(key) + ", as - exclude: [...]");
        return group(*parts, key == std::string_view("union") ? Spec::Kind::any_of : Spec::Kind::all_of, key);
      }
    return criterion(yaml);
  }

 private:
  static const Yaml& list_of(const Yaml& yaml, const std::string& key) {
    if (yaml.kind != Yaml::Kind::sequence || yaml.items.empty())
      throw bad(key + " must be a list of definitions", yaml.span).with_hint("begin each entry with  - ");
    return yaml;
  }

  Spec excluded(const Yaml& yaml) const {
    Spec out;
    for (const Yaml& item : list_of(yaml, "exclude").items) out.parts.push_back(read(item));
    return out;
  }

  static Spec less(Spec from, Spec what) {
    Spec out;
    out.kind = Spec::Kind::without;
    out.parts.push_back(std::move(from));
    out.parts.push_back(std::move(what));
    return out;
  }

  Spec group(const Yaml& yaml, Spec::Kind kind, const std::string& key) const {
    Spec out;
    out.kind = kind;
    std::optional<Spec> excludes;
    for (const Yaml& item : list_of(yaml, key).items) {
      const Yaml* exclude = item.find("exclude");
      if (!exclude || item.members.size() > 1) {
        out.parts.push_back(read(item));
        continue;
      }
      if (excludes) throw bad(key + " may have only one exclude", item.span).with_hint("put both into one list");
      excludes = excluded(*exclude);
    }
    if (out.parts.empty()) throw bad(key + " has nothing but an exclude", yaml.span);
    return excludes ? less(std::move(out), std::move(*excludes)) : out;
  }

  // {method: tag, value: nightly, parents: true, ...} or {tag: nightly}.
  Spec criterion(const Yaml& yaml) const {
    Criterion out;
    IndirectSelection indirect = indirect_;
    const Yaml* exclude = nullptr;
    if (yaml.members.size() == 1 && !yaml.find("method")) {
      const Yaml::Member& member = yaml.members.front();
      out.method = member.key.text;
      out.value = text(member.value);
    } else {
      for (const Yaml::Member& member : yaml.members) take(member, out, indirect, exclude);
      if (out.method.empty() || !yaml.find("value"))
        throw bad("a criterion needs method and value", yaml.span).with_hint("write  {method: tag, value: nightly}");
    }
    const std::vector<std::string> words = split(out.method, '.');
    out.text = out.method + ":" + out.value;
    out.method = words.front();
    out.arguments.assign(words.begin() + 1, words.end());
    try {
      check_criterion(out);
      Spec spec = one(std::move(out), indirect, above_);
      return exclude ? less(std::move(spec), excluded(*exclude)) : spec;
    } catch (Error& error) {
      error.with_span(yaml.span);
      throw;
    }
  }

  static std::string text(const Yaml& yaml) {
    if (yaml.kind != Yaml::Kind::scalar) throw bad("the value of a criterion must be a text", yaml.span);
    return yaml.text;
  }

  static bool truth(const Yaml& yaml) {
    const Json value = yaml.to_json();
    if (!value.is_bool()) throw bad("this must be true or false", yaml.span);
    return value.as_bool();
  }

  static std::optional<int> steps(const Yaml& yaml) {
    const Json value = yaml.to_json();
    if (!value.is_int() || value.as_int() < 0 || value.as_int() > 1'000'000)
      throw bad("this must be a number of steps", yaml.span);
    return static_cast<int>(value.as_int());
  }

  static void take(const Yaml::Member& member, Criterion& out, IndirectSelection& indirect, const Yaml*& exclude) {
    static const std::vector<std::string> known = {
        "method",   "value",          "childrens_parents",  "parents", "parents_depth",
        "children", "children_depth", "indirect_selection", "exclude"};
    const std::string& key = member.key.text;
    const Yaml& value = member.value;
    if (key == "method") {
      out.method = text(value);
    } else if (key == "value") {
      out.value = text(value);
    } else if (key == "childrens_parents") {
      out.with_childrens_parents = truth(value);
    } else if (key == "children_parents") {
      // Often written so, and passed over by dbt.
    } else if (key == "parents") {
      out.ancestors = truth(value);
    } else if (key == "children") {
      out.descendants = truth(value);
    } else if (key == "parents_depth") {
      out.ancestors_depth = steps(value);
    } else if (key == "children_depth") {
      out.descendants_depth = steps(value);
    } else if (key == "exclude") {
      exclude = &value;
    } else if (key == "indirect_selection") {
      const auto word = parse_indirect_selection(text(value));
      if (!word) throw bad("\"" + value.text + "\" is not eager, cautious, buildable or empty", value.span);
      indirect = *word;
    } else {
      throw bad("a criterion has no key \"" + key + "\"" + did_you_mean(key, known), member.key.span);
    }
  }

  IndirectSelection indirect_;
  const std::vector<NamedSelector>& above_;
};

NamedSelector read_selector(const Yaml& item, IndirectSelection indirect, const std::vector<NamedSelector>& above) {
  NamedSelector out;
  const Yaml* name = item.find("name");
  const Yaml* definition = item.find("definition");
  if (!name || name->kind != Yaml::Kind::scalar) throw bad("a selector needs a name", item.span);
  if (!definition) throw bad("selector " + name->text + " needs a definition", item.span);
  out.name = name->text;
  for (const NamedSelector& other : above)
    if (other.name == out.name) throw bad("two selectors are called \"" + out.name + "\"", name->span);
  out.spec = Definitions(indirect, above).read(*definition);
  if (const Yaml* is_default = item.find("default")) {
    const Json value = is_default->to_json();
    if (!value.is_bool()) throw bad("default must be true or false", is_default->span);
    out.is_default = value.as_bool();
  }
  for (const NamedSelector& other : above)
    if (out.is_default && other.is_default)
      throw bad("both " + other.name + " and " + out.name + " are the default", item.span);
  return out;
}

}  // namespace

Spec parse_selection(const std::vector<std::string>& texts, IndirectSelection indirect,
                     const std::vector<NamedSelector>& named) {
  Spec out;
  out.indirect = indirect;
  for (const std::string& text : texts)
    for (const std::string& word : split(text, ' ')) {
      if (trim(word).empty()) continue;
      Spec part;
      part.kind = Spec::Kind::all_of;
      part.indirect = indirect;
      part.told = trim(word);
      for (const std::string& criterion : split(part.told, ','))
        part.parts.push_back(one(parse_criterion(criterion), indirect, named));
      out.parts.push_back(std::move(part));
    }
  return out;
}

std::vector<NamedSelector> read_selectors(const Yaml& document, IndirectSelection indirect) {
  std::vector<NamedSelector> out;
  const Yaml* list = document.find("selectors");
  if (!list || list->kind != Yaml::Kind::sequence)
    throw bad("selectors.yml must hold a list under `selectors`", document.span)
        .with_hint("write  selectors: [{name: nightly, definition: 'tag:nightly'}]");
  for (const Yaml& item : list->items) out.push_back(read_selector(item, indirect, out));
  return out;
}

const NamedSelector& find_selector(const std::vector<NamedSelector>& named, const std::string& name) {
  std::vector<std::string> names;
  for (const NamedSelector& selector : named) {
    if (selector.name == name) return selector;
    names.push_back(selector.name);
  }
  throw Error(ErrorCode::bad_selector, "selectors.yml has no selector \"" + name + "\"" + did_you_mean(name, names));
}

}  // namespace weir::plan
