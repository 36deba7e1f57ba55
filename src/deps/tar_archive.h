// tar (POSIX ustar and pax, GNU's long names), as packages come: unpacked with nothing written outside of the folder.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace weir::deps {

struct TarEntry {
  enum class Kind { file, folder, symlink, copy };  // copy: a hard link, `link` is the path of the other
  Kind kind = Kind::file;
  std::filesystem::path path;  // normal, relative, leads nowhere outside
  std::string link;            // as it stands; of a symlink relative to its folder
  bool executable = false;
  std::string_view content;  // within the archive's bytes
};

// Files, folders and links, in order; devices and the like are passed over. Throws Error{package_fetch}, with `label`
// as the archive's name, if it is damaged or an entry leads outside of the archive's one folder.
std::vector<TarEntry> tar_entries(std::string_view bytes, const std::string& label);

// Unpacks them, executable bits kept. Returns the name of the one folder that all of it lies in. Throws what
// tar_entries throws, and Error{store_io}.
std::string unpack_tar(std::string_view bytes, const std::filesystem::path& into, const std::string& label);

// The same of a .tar.gz.
std::string unpack_tar_gz(std::string_view bytes, const std::filesystem::path& into, const std::string& label);

}  // namespace weir::deps
