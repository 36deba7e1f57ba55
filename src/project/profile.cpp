#include "project/profile.h"

#include <filesystem>
#include <optional>

#include "base/file.h"
#include "base/text.h"
#include "base/yaml.h"
#include "project/early_look.h"
#include "project/yaml_values.h"

namespace weir::project {

namespace {

constexpr const char* lake_target = "lake";

std::optional<std::string> environment(const LoadFlags& flags, const char* name) {
  const auto found = flags.env.find(name);
  if (found == flags.env.end() || found->second.empty()) return std::nullopt;
  return found->second;
}

std::vector<std::string> keys_of(const Yaml& mapping) {
  std::vector<std::string> out;
  for (const auto& [key, value] : mapping.members) out.push_back(key.text);
  return out;
}

// A profile as it stands in profiles.yml; texts are rendered when asked for.
class Profile {
 public:
  Profile(std::string name, const Yaml& yaml, const YamlValues& values)
      : name_(std::move(name)), yaml_(yaml), values_(values) {}

  const Yaml& outputs() const {
    const Yaml* found = yaml_.find("outputs");
    if (!found || found->kind != Yaml::Kind::mapping)
      throw Error(ErrorCode::profile_not_found, "profile " + name_ + " has no outputs").with_span(yaml_.span);
    return *found;
  }
  std::string default_target() const { return text(yaml_, "target").value_or("default"); }
  std::optional<std::string> text(const Yaml& mapping, std::string_view key) const {
    const Yaml* found = mapping.find(key);
    if (!found || found->is_null()) return std::nullopt;
    const Json value = values_.value(*found);
    return value.is_string() ? value.as_string() : value.dump();
  }
  const Yaml& output(const std::string& target) const {
    const Yaml* found = outputs().find(target);
    if (found) return *found;
    std::vector<std::string> names = keys_of(outputs());
    names.push_back(lake_target);
    throw Error(ErrorCode::profile_not_found,
                "profile " + name_ + " has no target named '" + target + "'" + did_you_mean(target, names))
        .with_span(outputs().span)
        .with_hint("its targets are " + join(keys_of(outputs()), ", ") + "; `lake` is always there");
  }
  const std::string& name() const { return name_; }

 private:
  std::string name_;
  const Yaml& yaml_;
  const YamlValues& values_;
};

bool is_secret(std::string_view key) {
  for (const char* word : {"password", "pass", "secret", "token", "key", "credentials"})
    if (lower(key).find(word) != std::string::npos) return true;
  return false;
}

Error refused(const Yaml& output, const char* key, const std::string& message) {
  const Yaml* found = output.find(key);
  return Error(ErrorCode::adapter_refused, message)
      .with_span(found ? found->span : output.span)
      .with_hint("run the same project on the lake with --target lake, or write `target: lake` into weir.yml");
}

std::string plain_text(const Json& value) { return value.is_string() ? value.as_string() : value.dump(); }

// What is built into the engine; naming it asks for nothing.
bool is_linked_extension(const Json& value) {
  const std::string name = value.is_string() ? value.as_string() : value.get_string("name").value_or("");
  return name == "parquet" || name == "json" || name == "icu" || name == "core_functions";
}

// The keys of dbt-duckdb's credentials that decide where and how things are built.
void read_database(const Yaml& output, const Json& all, Target& out) {
  for (const char* key : {"plugins", "secrets", "filesystems", "remote"})
    if (const Json* value = all.find(key); value && !value->is_null())
      throw refused(output, key, "target " + out.name + " has " + key + ", which weir does not know");
  if (const Json* extensions = all.find("extensions"); extensions && extensions->is_array())
    for (const Json& extension : extensions->as_array())
      if (!is_linked_extension(extension))
        throw refused(output, "extensions",
                      "target " + out.name + " wants the extension " + plain_text(extension) +
                          "; weir loads none, and has core functions, json, icu and parquet built in");
  const std::string path = all.get_string("path").value_or(":memory:");
  if (path.starts_with("md:") || path.starts_with("motherduck:") || path.find("://") != std::string::npos)
    throw refused(output, "path", "target " + out.name + " is at " + path + "; only files and :memory: are opened");
  out.kind = TargetKind::database;
  const bool in_memory = path.starts_with(":memory:");
  out.path = in_memory ? "" : std::filesystem::absolute(path).lexically_normal().string();
  const std::string stem = in_memory ? "memory" : std::filesystem::path(path).stem().string();
  out.database = all.get_string("database").value_or(stem);
  if (iequals(out.database, lake_target))
    throw refused(output, "path",
                  "target " + out.name +
                      " is a database called lake, as weir's own is; give it another "
                      "name");
  if (const Json* settings = all.find("settings"); settings && settings->is_object())
    for (const auto& [key, value] : settings->as_object()) out.settings.emplace_back(key, plain_text(value));
  if (const Json* list = all.find("attach"); list && list->is_array())
    for (const Json& item : list->as_array()) {
      if (const auto type = item.get_string("type"); type && *type != "duckdb")
        throw refused(output, "attach", "target " + out.name + " attaches a database of type " + *type);
      Attachment attachment;
      attachment.path = item.get_string("path").value_or("");
      attachment.alias = item.get_string("alias").value_or(std::filesystem::path(attachment.path).stem().string());
      attachment.read_only = item.get_bool("read_only").value_or(false);
      out.attach.push_back(std::move(attachment));
    }
}

Target from_output(const Profile& profile, const std::string& name, const YamlValues& values) {
  const Yaml& output = profile.output(name);
  const std::string type = profile.text(output, "type").value_or("");
  const Json all = values.value(output);
  Target out;
  out.name = name;
  if (type == "duckdb")
    read_database(output, all, out);
  else if (type != lake_target)
    throw refused(output, "type",
                  "target " + name + " of profile " + profile.name() + " is for " +
                      (type.empty() ? "no known database" : type) + ", not for DuckDB or the lake");
  out.schema = profile.text(output, "schema").value_or("main");
  for (const auto& [key, value] : all.as_object())
    if (!is_secret(key) && key != "type" && key != "schema" && key != "threads") out.extra.set(key, value);
  if (auto threads = all.get_int("threads")) out.threads = static_cast<int>(*threads);
  return out;
}

// The built-in target; the schema is that of the profile's usual target, so that names stay the same.
Target built_in(const Profile* profile) {
  Target out;
  if (!profile) return out;
  if (const Yaml* output = profile->outputs().find(profile->default_target()))
    if (auto schema = profile->text(*output, "schema")) out.schema = *schema;
  return out;
}

}  // namespace

std::optional<std::string> find_profiles(const std::string& root, const LoadFlags& flags) {
  std::vector<std::string> folders;
  if (flags.profiles_dir) {
    folders = {*flags.profiles_dir};
  } else {
    if (auto dir = environment(flags, "DBT_PROFILES_DIR")) folders.push_back(*dir);
    folders.push_back(root);
    if (auto home = environment(flags, "HOME")) folders.push_back(*home + "/.dbt");
  }
  for (const std::string& folder : folders) {
    const std::string path = folder + "/profiles.yml";
    std::error_code ignored;
    if (std::filesystem::is_regular_file(path, ignored)) return path;
  }
  if (flags.profiles_dir)
    throw Error(ErrorCode::profile_not_found, "there is no profiles.yml in " + *flags.profiles_dir)
        .with_hint("mend --profiles-dir, or use --target lake, which needs none");
  return std::nullopt;
}

Target choose_target(const std::string& root, const std::string& project_profile, const LoadFlags& flags,
                     const Options& settings, const Rendering& rendering) {
  const std::string profile_name = flags.profile.value_or(project_profile);
  std::string wanted = flags.target.value_or(settings.text("target"));
  const bool lake_wanted = wanted == lake_target;
  const std::optional<std::string> path = find_profiles(root, flags);
  Target target;
  bool of_project = false;
  if (!path || profile_name.empty()) {
    if (!wanted.empty() && !lake_wanted)
      throw Error(ErrorCode::profile_not_found, "there is no target \"" + wanted + "\": no profiles.yml was found")
          .with_hint("leave --target out or use --target lake, which needs no profile");
  } else {
    const std::string label = *path == root + "/profiles.yml" ? "profiles.yml" : *path;
    const Yaml document = Yaml::parse(read_file(*path), label);
    const YamlValues values(rendering, rendering.macros.root_package());
    of_project = !flags.profiles_dir && label == "profiles.yml" && environment(flags, "DBT_PROFILES_DIR") != root;
    const Yaml* found = document.find(profile_name);
    if (found) {
      const Profile profile(profile_name, *found, values);
      if (wanted.empty()) wanted = profile.default_target();
      const bool own_lake = lake_wanted && profile.outputs().find(lake_target);
      target = lake_wanted && !own_lake ? built_in(&profile) : from_output(profile, wanted, values);
    } else if (!lake_wanted) {
      throw Error(ErrorCode::profile_not_found, "Could not find profile named '" + profile_name + "' in " + label +
                                                    did_you_mean(profile_name, keys_of(document)))
          .with_span(document.span)
          .with_hint("add it there, or use --target lake, which needs none");
    }
  }
  target.profile_name = profile_name;
  target.of_project = of_project;
  if (settings.is_set("threads")) target.threads = static_cast<int>(settings.integer("threads"));
  return target;
}

}  // namespace weir::project
