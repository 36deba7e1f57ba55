// Local files outside a lake: project files, state folders. (A table's bytes go through store/ only.)
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace weir {

std::string read_file(const std::filesystem::path& path);  // throws Error{store_io}
std::optional<std::string> read_file_if_exists(const std::filesystem::path& path);
// Writes beside and renames: a reader sees the old or the new content.
void write_file(const std::filesystem::path& path, std::string_view content);
// The same without waiting for the disk, folders on the way made: for what can be made again, like artefacts.
void write_artifact(const std::filesystem::path& path, std::string_view content);

// Adds to the end of a file that exists, by one write: of several at once none is torn apart by another.
void append_artifact(const std::filesystem::path& path, std::string_view content);

}  // namespace weir
