#include "run/python_interpreter.h"

#include <cstdlib>
#include <filesystem>

#include "base/process.h"
#include "base/text.h"

namespace weir::run {

namespace fs = std::filesystem;

std::string python_interpreter(const project::Project& project) {
  if (project.settings.is_set("python")) {
    const std::string named = project.settings.text("python");
    return named.find('/') == std::string::npos ? named : (fs::path(project.root) / named).lexically_normal().string();
  }
  if (const char* active = std::getenv("VIRTUAL_ENV"); active != nullptr && *active != '\0')
    for (const char* name : {"bin/python3", "bin/python"}) {
      std::error_code none;
      if (const fs::path path = fs::path(active) / name; fs::exists(path, none)) return path.string();
    }
  return "python3";
}

bool is_interpreter_of_project(const project::Project& project) {
  return project.settings.is_set("python") && project.settings.entry("python").origin.starts_with("weir.yml");
}

std::string python_version(const std::string& interpreter) {
  const auto done =
      run_program({interpreter, "-I", "-S", "-c",
                   "import sys; print(sys.implementation.name, '.'.join(str(part) for part in sys.version_info[:3]))"});
  return done && done->exit_code == 0 ? std::string(trim(done->output)) : std::string();
}

}  // namespace weir::run
