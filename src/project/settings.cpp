// weir.yml: what dbt's files cannot say, with the environment and the command line on top.
#include <unistd.h>

#include <filesystem>

#include "base/file.h"
#include "base/ids.h"
#include "base/text.h"
#include "project/load.h"

extern "C" char** environ;  // NOLINT

namespace weir::project {

namespace fs = std::filesystem;

EnvironmentVariables process_environment() {
  EnvironmentVariables out;
  for (char** entry = environ; entry && *entry; entry++) {
    const std::string_view text(*entry);
    const size_t equals = text.find('=');
    if (equals != std::string_view::npos) out.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return out;
}

Json custom_environment() {
  constexpr std::string_view prefix = "DBT_ENV_CUSTOM_ENV_";
  Json out = Json::object();
  for (char** entry = environ; entry && *entry; entry++) {
    const std::string_view text(*entry);
    const size_t equals = text.find('=');
    if (equals != std::string_view::npos && text.starts_with(prefix) && equals > prefix.size())
      out.set(text.substr(prefix.size(), equals - prefix.size()), std::string(text.substr(equals + 1)));
  }
  return out;
}

std::optional<std::string> find_root(const std::string& start) {
  std::error_code ignored;
  fs::path folder = fs::absolute(start.empty() ? "." : start, ignored).lexically_normal();
  if (!folder.has_filename()) folder = folder.parent_path();
  for (;;) {
    if (fs::is_regular_file(folder / "dbt_project.yml", ignored)) return folder.string();
    if (folder == folder.parent_path()) return std::nullopt;
    folder = folder.parent_path();
  }
}

std::vector<OptionSpec> weir_settings() {
  return {
      {"id", OptionType::text, {}, {}, "Owner of the project's tables, a UUID; written by `weir init`, to be kept"},
      {"lake", OptionType::text, Json("lake"), {}, "Folder or URI of the lake, relative to the project"},
      {"target", OptionType::text, {}, {}, "Target to use when --target is not given"},
      {"memory_limit", OptionType::bytes, {}, {}, "Memory of the engine; default 70 % of the machine's"},
      {"threads", OptionType::integer, {}, {}, "Threads of the engine; default one per processor"},
      {"spill_limit", OptionType::bytes, {}, {}, "Disk space for what does not fit into memory; default what is free"},
      {"python",
       OptionType::text,
       {},
       {},
       "Interpreter of Python models: a name or path, relative to the project; default that of the active virtual "
       "environment, else python3"},
      {"state_dir", OptionType::text, Json(".weir"), {}, "Folder of local state, relative to the project"},
  };
}

Options read_settings(const std::string& root, const LoadFlags& flags) {
  Options out(weir_settings());
  if (auto text = read_file_if_exists(fs::path(root) / "weir.yml"))
    out.read(Yaml::parse(*text, "weir.yml"), "weir.yml");
  for (const OptionSpec& spec : out.specs()) {
    const std::string variable = "WEIR_" + upper(spec.name);
    const auto found = flags.env.find(variable);
    if (found != flags.env.end() && !found->second.empty()) out.set(spec.name, found->second, "env " + variable);
  }
  for (const auto& [name, value] : flags.settings) out.set(name, value, "--" + replace_all(name, "_", "-"));
  if (out.is_set("id") && !is_uuid(out.text("id")))
    throw Error(ErrorCode::bad_option_value,
                "id must be a UUID, not \"" + out.text("id") + "\" (" + out.entry("id").origin + ")")
        .with_hint("remove the line to use the one made of the project's name");
  return out;
}

std::string lake_uri(const std::string& root, const Options& settings) {
  std::string lake = settings.text("lake");
  if (lake.find("://") != std::string::npos || lake.starts_with("memory:") || lake.starts_with("/")) return lake;
  return (fs::path(root) / lake).lexically_normal().string();
}

}  // namespace weir::project
