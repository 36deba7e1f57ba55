// A project in a folder of its own, removed afterwards.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/ids.h"
#include "project/load.h"
#include "project/render.h"

namespace weir::project {

class TempProject {
 public:
  struct File {
    std::string path, content;
  };
  using Files = std::vector<File>;

  // Without a dbt_project.yml among the files a small one is written.
  TempProject(std::initializer_list<File> files) : TempProject(Files(files)) {}
  explicit TempProject(const Files& files) : TempProject() {
    for (const File& file : files) write(file.path, file.content);
  }
  TempProject() : root_(std::filesystem::temp_directory_path() / ("weir-project-" + uuid_v4())) {
    std::filesystem::create_directories(root_);
    write("dbt_project.yml", "name: shop\n");
    flags.env.clear();
    flags.threads = 2;
  }
  ~TempProject() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }
  TempProject(const TempProject&) = delete;
  TempProject& operator=(const TempProject&) = delete;

  void write(const std::string& path, const std::string& content) {
    const std::filesystem::path file = root_ / path;
    std::filesystem::create_directories(file.parent_path());
    write_file(file, content);
  }
  void remove(const std::string& path) { std::filesystem::remove(root_ / path); }

  std::string root() const { return root_.string(); }
  Loaded try_load() const { return load(root(), flags); }
  Project project() const {
    Loaded loaded = try_load();
    for (const Error& error : loaded.errors) ADD_FAILURE() << describe(error);
    if (!loaded.project) throw std::runtime_error("the project did not load");
    return std::move(*loaded.project);
  }
  // "file:line:column: message [code]" of the only error.
  std::string only_error() const {
    const Loaded loaded = try_load();
    EXPECT_EQ(loaded.errors.size(), 1u);
    return loaded.errors.empty() ? "" : describe(loaded.errors.front());
  }
  static std::string describe(const Error& error) {
    std::string place;
    if (error.span() && error.span()->known())
      place = error.span()->file + ":" + std::to_string(error.span()->line) + ":" +
              std::to_string(error.span()->column) + ": ";
    return place + error.what();
  }

  LoadFlags flags;

 private:
  std::filesystem::path root_;
};

inline std::string rendered(const Project& project, const std::string& unique_id, const RenderState& state = {}) {
  return render(project, project.at(unique_id), state).sql;
}

}  // namespace weir::project
