#include "project/source_overrides.h"

#include <algorithm>

#include "base/hash.h"

namespace weir::project {

namespace {

// Whether a source is overridden by this block: the package's name.
std::string overridden_package(const Yaml& block) {
  const Yaml* package = block.find("overrides");
  return package && package->kind == Yaml::Kind::scalar ? package->text : std::string();
}

void put_keys(Yaml& into, const Yaml& from, const std::vector<std::string_view>& but) {
  for (const Yaml::Member& member : from.members) {
    const std::string& key = member.key.text;
    if (std::find(but.begin(), but.end(), key) != but.end()) continue;
    if (member.value.is_null() && key != "freshness") continue;
    const auto own = std::find_if(into.members.begin(), into.members.end(),
                                  [&](const Yaml::Member& known) { return known.key.text == key; });
    if (own == into.members.end())
      into.members.push_back(member);
    else
      own->value = member.value;
  }
}

const Yaml* table_called(const Yaml& tables, const std::string& name) {
  for (const Yaml& table : tables.items)
    if (const Yaml* own = table.find("name"); own && own->text == name) return &table;
  return nullptr;
}

}  // namespace

void SourceOverrides::add(const std::string& text, const SourceFile& file, std::vector<Error>& errors) {
  if (text.find("overrides:") == std::string::npos || text.find("sources:") == std::string::npos) return;
  Yaml document;
  try {
    std::vector<Yaml> repeated;
    document = Yaml::parse(text, file.label, &repeated);
  } catch (const Error&) {
    return;
  }
  const Yaml* sources = document.find("sources");
  if (!sources) return;
  for (const Yaml& block : sources->items) {
    const std::string package = overridden_package(block);
    const Yaml* name = block.find("name");
    if (package.empty() || !name) continue;
    hashes_[package] = sha256_hex(hashes_[package] + text);
    const auto [known, fresh] = blocks_.try_emplace({package, name->text}, block);
    if (!fresh)
      errors.push_back(
          Error(ErrorCode::duplicate_name, "source " + name->text + " of " + package + " is overridden twice")
              .with_span(block.span)
              .with_hint("the other place is " + known->second.span.file + ":" +
                         std::to_string(known->second.span.line)));
  }
}

const Yaml* SourceOverrides::find(const std::string& package, const std::string& source) const {
  const auto found = blocks_.find({package, source});
  return found == blocks_.end() ? nullptr : &found->second;
}

std::string SourceOverrides::hash(const std::string& package) const {
  const auto found = hashes_.find(package);
  return found == hashes_.end() ? std::string() : found->second;
}

Yaml overridden(const Yaml& block, const Yaml& by) {
  Yaml out = block;
  put_keys(out, by, {"name", "overrides", "tables"});
  const Yaml* tables = by.find("tables");
  if (!tables) return out;
  for (Yaml::Member& member : out.members) {
    if (member.key.text != "tables") continue;
    for (Yaml& table : member.value.items)
      if (const Yaml* name = table.find("name"))
        if (const Yaml* said = table_called(*tables, name->text)) put_keys(table, *said, {"name"});
  }
  return out;
}

}  // namespace weir::project
