// Instants of a Hudi timeline, and the names of data files by which Hudi's readers find them: a file is the base file
// of a file group of its own, "<file id>_<write token>_<instant>.parquet", and counts once its instant is completed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir::lake::hudi {

// "yyyyMMddHHmmssSSS", UTC: the order of texts is the order of times.
std::string instant_of(int64_t time_ms);
int64_t time_of(std::string_view instant);  // of what instant_of gave; milliseconds

// The end of the names of data files that are written at an instant: "_0-0-0_20260102030405006".
std::string name_ending(std::string_view instant);

struct DataFileName {
  std::string folder;   // partition path: "p=a/q=b", "" for none
  std::string file_id;  // "<attempt>-<k>"
  std::string instant;
};
// nullopt for a file that no reader of Hudi would find. `path` is decoded, relative to the table.
std::optional<DataFileName> parse_data_file_name(std::string_view path);

}  // namespace weir::lake::hudi
