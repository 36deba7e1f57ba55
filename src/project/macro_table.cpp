#include "project/macro_table.h"

#include <array>

#include "base/error.h"
#include "base/hash.h"

namespace weir::project {

namespace {

constexpr std::array<std::string_view, 3> dispatch_prefixes = {"weir__", "duckdb__", "default__"};

// Names whose use means that what comes out depends on more than the node's own text.
bool asks_warehouse(std::string_view name) {
  if (name == "run_query" || name == "statement" || name == "load_result" || name == "load_relation") return true;
  if (name == "graph" || name.starts_with("graph.") || name == "selected_resources")
    return true;  // depends on other nodes
  if (!name.starts_with("adapter.")) return false;
  const std::string_view method = name.substr(8);
  return method != "dispatch" && method != "quote" && method != "type" && method != "quote_as_configured";
}

bool reads_target(std::string_view name) { return name == "target" || name.starts_with("target."); }

bool reads_clock(std::string_view name) {
  if (name == "run_started_at" || name.starts_with("run_started_at.") || name == "invocation_id") return true;
  return name.starts_with("modules.datetime.") &&
         (name.ends_with(".now") || name.ends_with(".utcnow") || name.ends_with(".today"));
}

void note(std::string_view name, MacroTable::Reach& out) {
  out.queries = out.queries || asks_warehouse(name);
  out.clock = out.clock || reads_clock(name);
  out.target = out.target || reads_target(name);
}

}  // namespace

bool names_the_verb(std::string_view text) {
  return text.find("WHICH") != std::string_view::npos || text.find("invocation_args_dict") != std::string_view::npos;
}

bool names_the_call(std::string_view text) {
  for (const std::string_view word : {"invocation_id", "run_started_at", "modules"})
    if (text.find(word) != std::string_view::npos) return true;
  return names_the_verb(text);
}

void MacroTable::add_file(const std::string& package, const std::shared_ptr<const tmpl::Template>& file) {
  auto& names = by_package_[package];
  for (const tmpl::Block& block : file->blocks()) {
    if (block.macro_name.empty()) continue;
    const auto found = names.find(block.macro_name);
    if (found != names.end()) {
      const Span& other = found->second->block->span;
      throw Error(ErrorCode::duplicate_name, "found multiple macros named \"" + block.macro_name + "\" in " +
                                                 (package == root_package() ? "the project" : "package " + package))
          .with_span(block.span)
          .with_hint("the other one is at " + other.file + ":" + std::to_string(other.line) + "; rename one of them");
    }
    entries_.push_back({package, block.macro_name, "macro." + package + "." + block.macro_name, file, &block,
                        sha256_hex(block.source), package != standard_package && names_the_call(block.source)});
    names.emplace(block.macro_name, &entries_.back());
  }
}

std::string dbts_macro_id(const MacroEntry& entry) {
  const bool of_adapter = entry.package == standard_package && entry.name.starts_with("duckdb__");
  return of_adapter ? "macro.dbt_duckdb." + entry.name : entry.unique_id;
}

const MacroEntry* MacroTable::find(std::string_view package, std::string_view name) const {
  const auto names = by_package_.find(package);
  if (names == by_package_.end()) return nullptr;
  const auto found = names->second.find(std::string(name));
  return found == names->second.end() ? nullptr : found->second;
}

const MacroEntry* MacroTable::lookup(std::string_view package, std::string_view name) const {
  if (const MacroEntry* own = find(package, name)) return own;
  if (package != root_)
    if (const MacroEntry* root = find(root_, name)) return root;
  return find(standard_package, name);
}

const MacroEntry* MacroTable::by_id(std::string_view unique_id) const {
  if (!unique_id.starts_with("macro.")) return nullptr;
  const std::string_view rest = unique_id.substr(6);
  const size_t dot = rest.find('.');
  return dot == std::string_view::npos ? nullptr : find(rest.substr(0, dot), rest.substr(dot + 1));
}

std::vector<std::string> MacroTable::search_packages(std::string_view package, std::string_view macro_namespace) const {
  if (macro_namespace.empty()) return {std::string(package), root_, std::string(standard_package)};
  for (const DispatchOrder& order : orders_)
    if (order.macro_namespace == macro_namespace) return order.search_order;
  return {root_, std::string(macro_namespace)};
}

const MacroEntry* MacroTable::first_of(const std::vector<std::string>& packages, std::string_view name,
                                       std::vector<std::string>* tried) const {
  for (const std::string& place : packages)
    for (const std::string_view prefix : dispatch_prefixes) {
      const std::string full = std::string(prefix) + std::string(name);
      if (const MacroEntry* found = find(place, full)) return found;
      if (tried) tried->push_back(place + "." + full);
    }
  return nullptr;
}

const MacroEntry* MacroTable::dispatch(std::string_view package, std::string_view name,
                                       std::string_view macro_namespace, std::vector<std::string>* tried) const {
  return first_of(search_packages(package, macro_namespace), name, tried);
}

const MacroEntry* MacroTable::dispatch_in_test(std::string_view name, std::vector<std::string>* tried) const {
  std::vector<std::string> packages = {root_};
  for (const auto& [package, names] : by_package_)
    if (package != root_ && package != standard_package) packages.push_back(package);
  packages.emplace_back(standard_package);
  return first_of(packages, name, tried);
}

std::vector<const MacroEntry*> MacroTable::direct(
    std::string_view package, const std::vector<std::string>& names,
    const std::vector<std::pair<std::string, std::string>>& dispatched) const {
  std::vector<const MacroEntry*> out;
  const auto add = [&](const MacroEntry* entry) {
    if (entry) out.push_back(entry);
  };
  for (const std::string& name : names) {
    const size_t dot = name.find('.');
    const std::string_view first = std::string_view(name).substr(0, dot);
    if (const MacroEntry* own = lookup(package, first)) {
      add(own);
    } else if (dot != std::string::npos && is_package(first)) {
      const std::string_view rest = std::string_view(name).substr(dot + 1);
      add(find(first, rest.substr(0, rest.find('.'))));
    }
  }
  for (const auto& [name, macro_namespace] : dispatched) add(dispatch(package, name, macro_namespace, nullptr));
  return out;
}

void MacroTable::reach(std::string_view package, const std::vector<std::string>& names,
                       const std::vector<std::pair<std::string, std::string>>& dispatched, Reach& out) const {
  for (const std::string& name : names) note(name, out);
  std::vector<const MacroEntry*> open = direct(package, names, dispatched);
  while (!open.empty()) {
    const MacroEntry* entry = open.back();
    open.pop_back();
    if (!out.macros.insert(entry).second) continue;
    for (const std::string& name : entry->block->called_names) note(name, out);
    // A macro sees names as the node that calls it does.
    for (const MacroEntry* next : direct(package, entry->block->called_names, entry->block->dispatched))
      open.push_back(next);
    if (entry->package != package)
      for (const MacroEntry* next : direct(entry->package, entry->block->called_names, entry->block->dispatched))
        open.push_back(next);
  }
}

}  // namespace weir::project
