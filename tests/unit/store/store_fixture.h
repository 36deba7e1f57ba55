// A temporary folder for tests of stores; removed at the end.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>

#include "base/ids.h"
#include "store/object_store.h"
#include "store/remote/environment.h"

namespace weir::store {

class FolderTest : public testing::Test {
 protected:
  FolderTest() : folder_(std::filesystem::temp_directory_path() / ("weir-" + uuid_v4())) {
    std::filesystem::create_directory(folder_);
  }
  ~FolderTest() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path folder_;
};

inline std::vector<std::string> keys(ObjectStore& store, const std::string& prefix = {},
                                     const std::string& after = {}) {
  std::vector<std::string> found;
  for (const auto& info : list(store, prefix, after)) found.push_back(info.key);
  return found;
}

// The code of the Error that the call throws.
template <typename Call>
std::optional<ErrorCode> code_of(Call call) {
  try {
    call();
    return std::nullopt;
  } catch (const Error& error) {
    return error.code();
  }
}

// An environment of its own.
inline remote::Environment environment_of(std::map<std::string, std::string> values) {
  return [values = std::move(values)](const std::string& name) -> std::optional<std::string> {
    const auto found = values.find(name);
    return found == values.end() || found->second.empty() ? std::nullopt : std::optional(found->second);
  };
}

// The Error that the call throws, as text; "" if it throws none.
template <typename Call>
std::string error_of(Call call) {
  try {
    call();
    return "";
  } catch (const Error& error) {
    return std::string(error.what()) + (error.hint().empty() ? "" : " hint: " + error.hint());
  }
}

}  // namespace weir::store
