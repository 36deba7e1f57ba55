// A folder of files for one test.
#pragma once

#include <filesystem>
#include <string>

#include "base/file.h"
#include "base/ids.h"

namespace weir::files {

class TempFolder {
 public:
  TempFolder() { std::filesystem::create_directories(path_); }
  ~TempFolder() { std::filesystem::remove_all(path_); }
  const std::filesystem::path& path() const { return path_; }
  void put(const std::string& name, const std::string& content = "a,b\n1,2\n") const {
    std::filesystem::create_directories((path_ / name).parent_path());
    write_file(path_ / name, content);
  }

 private:
  std::filesystem::path path_ = std::filesystem::temp_directory_path() / ("weir-files-" + uuid_v4());
};

}  // namespace weir::files
