#include "project/source_overrides.h"

#include <algorithm>
#include <array>

#include "base/hash.h"
#include "project/macro_table.h"
#include "project/yaml_values.h"

namespace weir::project {

namespace {

// Whether a source is overridden by this block: the package's name.
std::string overridden_package(const Yaml& block) {
  const Yaml* package = block.find("overrides");
  return package && package->kind == Yaml::Kind::scalar ? package->text : std::string();
}

// `tests` is the older name of `data_tests`.
std::string_view key_of(const Yaml::Member& member) {
  return member.key.text == "tests" ? std::string_view("data_tests") : std::string_view(member.key.text);
}

// As values are read that have templates: what these render to.
Yaml rendered(const Yaml& yaml, const YamlValues& values) {
  Yaml out = yaml;
  for (Yaml& item : out.items) item = rendered(item, values);
  for (Yaml::Member& member : out.members) member.value = rendered(member.value, values);
  if (yaml.kind != Yaml::Kind::scalar || !has_jinja(yaml.text)) return out;
  const Json value = values.text(yaml.text, yaml.span);
  if (value.is_null()) out.kind = Yaml::Kind::null;
  out.quoted = value.is_string();
  out.text = value.is_string() ? value.as_string() : value.dump();
  return out;
}

void put_keys(Yaml& into, const Yaml& from, const std::vector<std::string_view>& but, const YamlValues& values) {
  constexpr std::array<std::string_view, 3> read_later = {"description", "columns", "data_tests"};
  for (const Yaml::Member& member : from.members) {
    const std::string_view key = key_of(member);
    if (std::find(but.begin(), but.end(), key) != but.end()) continue;
    if (member.value.is_null() && key != "freshness") continue;
    Yaml::Member put = member;
    if (std::find(read_later.begin(), read_later.end(), key) == read_later.end())
      put.value = rendered(member.value, values);
    const auto own = std::find_if(into.members.begin(), into.members.end(),
                                  [&](const Yaml::Member& known) { return key_of(known) == key; });
    if (own == into.members.end())
      into.members.push_back(std::move(put));
    else
      *own = std::move(put);
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
    if (names_the_call(text)) of_this_call_.insert(package);
    const auto [known, fresh] = blocks_.try_emplace({package, name->text}, Override{block, file.package});
    if (!fresh)
      errors.push_back(
          Error(ErrorCode::duplicate_name, "source " + name->text + " of " + package + " is overridden twice")
              .with_span(block.span)
              .with_hint("the other place is " + known->second.block.span.file + ":" +
                         std::to_string(known->second.block.span.line)));
  }
}

const SourceOverrides::Override* SourceOverrides::find(const std::string& package, const std::string& source) const {
  const auto found = blocks_.find({package, source});
  return found == blocks_.end() ? nullptr : &found->second;
}

std::string SourceOverrides::hash(const std::string& package) const {
  const auto found = hashes_.find(package);
  return found == hashes_.end() ? std::string() : found->second;
}

Yaml overridden(const Yaml& block, const SourceOverrides::Override& by, const Rendering& rendering) {
  const YamlValues values(rendering, by.by);
  Yaml out = block;
  put_keys(out, by.block, {"name", "overrides", "tables"}, values);
  const Yaml* tables = by.block.find("tables");
  if (!tables) return out;
  for (Yaml::Member& member : out.members) {
    if (member.key.text != "tables") continue;
    for (Yaml& table : member.value.items)
      if (const Yaml* name = table.find("name"))
        if (const Yaml* said = table_called(*tables, name->text)) put_keys(table, *said, {"name"}, values);
  }
  return out;
}

}  // namespace weir::project
