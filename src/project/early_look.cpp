#include "project/early_look.h"

#include "project/plain_values.h"
#include "project/profile.h"
#include "project/yaml_values.h"

namespace weir::project {

std::shared_ptr<Rendering> begin_rendering(const std::string& root, ProjectFile& file, const LoadFlags& flags,
                                           const Options& settings) {
  auto rendering = std::make_shared<Rendering>(file.name);
  rendering->env = flags.env;
  rendering->invocation_id = flags.invocation_id;
  rendering->started_at_ms = flags.started_at_ms;
  // Of dbt's options the usual values, over them what the project says, over it what is given.
  for (const Json* from :
       {flags.arguments.find("usual"), static_cast<const Json*>(&file.flags), flags.arguments.find("given")})
    if (from && from->is_object() && flags.arguments.size() > 0)
      for (const auto& [key, value] : from->as_object()) rendering->arguments.set(key, value);
  rendering->variables.set_command_line(parse_vars(flags.vars));
  rendering->variables.set_package(file.name, file.vars);
  rendering->set_flags(flags, file.flags);
  const YamlValues values(*rendering, file.name);
  if (const Yaml* profile = file.document.find("profile"); profile && profile->kind == Yaml::Kind::scalar)
    file.profile = values.text(file.profile, profile->span).as_string();
  rendering->set_target(choose_target(root, file.profile, flags, settings, *rendering));
  render_project_file(file, values);
  rendering->quoting = quoting_of({}, &file.quoting);
  return rendering;
}

}  // namespace weir::project
