#include "run/confine.h"

#include <filesystem>

#include "base/file.h"

namespace weir::run {

namespace {

engine::Reach reach_of(const project::Project& project) {
  const std::filesystem::path root(project.root);
  return {{resolved_path(root), resolved_path(root / project.settings.text("state_dir"))}, project.trust.kinds};
}

}  // namespace

void confine(engine::Session& session, const project::Project& project) {
  if (!project.trust.all) session.confine(reach_of(project));
}

void refuse_outside(const project::Project& project, const std::string& path, const Span& span) {
  if (project.trust.all) return;
  try {
    reach_of(project).check_file(path);
  } catch (Error& error) {
    throw error.with_span(span);
  }
}

}  // namespace weir::run
