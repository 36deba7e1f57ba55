// Files that belong together by their names: trips-01.csv and trips-02.csv are one source "trips", read by trips-*.csv.
#pragma once

#include <string>
#include <vector>

namespace weir::cli {

struct FileGroup {
  std::string name;                // "trips": lower case, letters, digits and _
  std::string pattern;             // glob that fits these files and later ones of the same kind; in the form of `files`
  std::vector<std::string> files;  // sorted
};

// Numbers in names and folders count as changing (trips-2024-01.csv), and so do hive folders (year=2024/). Groups come
// in the order of their names; names are unique.
std::vector<FileGroup> group_files(const std::vector<std::string>& files);

// A name for a table or column as SQL likes it: lower case, anything but letters, digits and _ replaced, no digit
// first.
std::string plain_name(const std::string& text);

}  // namespace weir::cli
