#include "run/confine.h"

#include <filesystem>

#include "base/file.h"

namespace weir::run {

namespace {

engine::Reach reach_of(const project::Project& project) {
  const std::filesystem::path root(project.root);
  return {{project.root, (root / project.settings.text("state_dir")).string()}, project.trust.kinds};
}

}  // namespace

void confine(engine::Session& session, const project::Project& project) {
  if (!project.trust.all) session.confine(reach_of(project));
}

void refuse_outside(const project::Project& project, const std::string& path, const Span& span) {
  if (project.trust.allows(engine::reach_file)) return;
  std::vector<std::string> folders;
  for (const std::string& folder : reach_of(project).folders) folders.push_back(resolved_path(folder));
  if (lies_outside(path, folders)) throw engine::not_trusted(engine::reach_file, path).with_span(span);
}

}  // namespace weir::run
