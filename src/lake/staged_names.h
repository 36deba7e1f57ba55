// How objects are named that an attempt has staged, so that an attempt's own are told from everybody else's by their
// names.
#pragma once

#include <cstdint>
#include <string>

namespace weir::lake {

// "<attempt>-<k><ending>.parquet"
std::string staged_file_name(const std::string& attempt, int64_t k, const std::string& ending = {});

// The uuid for an object of deletion vectors, whose name the protocol dictates: that of the attempt, as version 8. The
// vectors of other engines, and attempts, are of version 4.
std::string staged_vectors_uuid(const std::string& attempt);

// The attempt that staged the object; "" for names that are not weir's.
std::string attempt_of(const std::string& key);

}  // namespace weir::lake
