// tar (POSIX ustar and pax, GNU's long names), as packages come: unpacked with nothing written outside of the folder.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace weir::deps {

// Unpacks files, folders and links that stay inside, executable bits kept; devices and the like are passed over. All
// of it has to lie in one folder of the archive: returns that folder's name. Throws Error{package_fetch}, with `label`
// as the archive's name, if it is damaged, has several folders or an entry that leads outside.
std::string unpack_tar(std::string_view bytes, const std::filesystem::path& into, const std::string& label);

// The same of a .tar.gz.
std::string unpack_tar_gz(std::string_view bytes, const std::filesystem::path& into, const std::string& label);

}  // namespace weir::deps
