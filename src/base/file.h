// Local files outside a lake: project files, state folders. (A table's bytes go through store/ only.)
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

std::string read_file(const std::filesystem::path& path);  // throws Error{store_io}
std::optional<std::string> read_file_if_exists(const std::filesystem::path& path);
// The path from the root of the machine, with links resolved as far as it exists.
std::string resolved_path(const std::filesystem::path& path);
// Whether a path of this machine ("file:…" too) leads out of all of these folders, which are resolved. A relative path
// is one from where the process is; places in stores ("s3://…") lead nowhere on this machine.
bool lies_outside(std::string_view path, const std::vector<std::string>& folders);
// Writes beside and renames: a reader sees the old or the new content.
void write_file(const std::filesystem::path& path, std::string_view content);
// The same without waiting for the disk, folders on the way made: for what can be made again, like artefacts.
// A file that has this content already is left as it is.
void write_artifact(const std::filesystem::path& path, std::string_view content);

// write_artifact piece by piece: the file is there, whole, after finish(); without it nothing is.
class ArtifactFile {
 public:
  explicit ArtifactFile(const std::filesystem::path& path);
  ~ArtifactFile();
  ArtifactFile(const ArtifactFile&) = delete;
  ArtifactFile& operator=(const ArtifactFile&) = delete;
  void write(std::string_view piece);
  void finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace weir
