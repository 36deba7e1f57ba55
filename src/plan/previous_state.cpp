#include "plan/previous_state.h"

#include <filesystem>
#include <map>

#include "base/error.h"
#include "base/file.h"
#include "base/time.h"
#include "plan/older_manifest.h"

namespace weir::plan {

namespace {

// unique_id -> when it was loaded last, of those whose freshness could be told.
std::map<std::string, int64_t> loaded_at(const Json& sources) {
  std::map<std::string, int64_t> out;
  const Json* results = sources.find("results");
  if (!results || !results->is_array()) return out;
  for (const Json& result : results->as_array()) {
    const auto id = result.get_string("unique_id"), at = result.get_string("max_loaded_at");
    if (const auto us = at ? parse_iso_us(*at) : std::nullopt; id && us) out[*id] = *us;
  }
  return out;
}

}  // namespace

Json PreviousState::read(const std::string& folder, const char* name, const char* remedy) {
  const auto path = std::filesystem::path(folder) / name;
  const auto text = read_file_if_exists(path);
  if (!text)
    throw Error(ErrorCode::bad_option_value, "there is no " + std::string(name) + " in the state folder " + folder)
        .with_hint(remedy);
  return Json::parse(*text, path.string());
}

const Json& PreviousState::manifest() const {
  if (manifest_) return *manifest_;
  Json found =
      read(folder_, "manifest.json", "--state names the target folder that an earlier run left, or a copy of it");
  bring_up_to_date(found, folder_);
  manifest_ = std::move(found);
  for (const char* kind :
       {"nodes", "sources", "exposures", "metrics", "semantic_models", "unit_tests", "saved_queries", "functions"})
    if (const Json* found = manifest_->find(kind); found && found->is_object())
      for (const auto& [id, node] : found->as_object()) nodes_.emplace(id, &node);
  if (const Json* found = manifest_->find("macros"); found && found->is_object())
    for (const auto& [id, macro] : found->as_object()) macros_.emplace(id, &macro);
  return *manifest_;
}

const Json* PreviousState::node(std::string_view unique_id) const {
  manifest();
  const auto found = nodes_.find(unique_id);
  return found == nodes_.end() ? nullptr : found->second;
}

const Json* PreviousState::macro(std::string_view unique_id) const {
  manifest();
  const auto found = macros_.find(unique_id);
  return found == macros_.end() ? nullptr : found->second;
}

std::vector<const Json*> PreviousState::nodes() const {
  manifest();
  std::map<std::string_view, const Json*> in_order(nodes_.begin(), nodes_.end());
  std::vector<const Json*> out;
  out.reserve(in_order.size());
  for (const auto& [id, node] : in_order) out.push_back(node);
  return out;
}

std::string PreviousState::adapter() const {
  const Json* metadata = manifest().find("metadata");
  return metadata && metadata->is_object() ? metadata->get_string("adapter_type").value_or("") : std::string();
}

std::string PreviousState::lake() const {
  const Json* metadata = manifest().find("metadata");
  const Json* env = metadata && metadata->is_object() ? metadata->find("env") : nullptr;
  return env && env->is_object() ? env->get_string("WEIR_LAKE").value_or("") : std::string();
}

std::string PreviousState::result(std::string_view unique_id) const {
  if (!results_) {
    results_.emplace();
    const Json all = read(folder_, "run_results.json", "weir build, run, test, seed and snapshot write it");
    if (const Json* list = all.find("results"); list && list->is_array())
      for (const Json& item : list->as_array())
        if (const auto id = item.get_string("unique_id")) (*results_)[*id] = item.get_string("status").value_or("");
  }
  const auto found = results_->find(std::string(unique_id));
  return found == results_->end() ? std::string() : found->second;
}

bool PreviousState::fresher(std::string_view unique_id) const {
  if (!fresher_) {
    const char* remedy = "weir source freshness writes it";
    for (const std::string& folder : {folder_, current_folder_})
      if (!std::filesystem::exists(std::filesystem::path(folder) / "sources.json"))
        throw Error(ErrorCode::bad_option_value,
                    "source_status compares with an earlier sources.json, and there is none in " + folder)
            .with_hint(remedy);
    const auto then = loaded_at(read(folder_, "sources.json", remedy));
    const auto now = loaded_at(read(current_folder_, "sources.json", remedy));
    fresher_.emplace();
    for (const auto& [id, at] : now)
      if (const auto before = then.find(id); before == then.end() || at > before->second) fresher_->insert(id);
  }
  return fresher_->count(unique_id) > 0;
}

}  // namespace weir::plan
