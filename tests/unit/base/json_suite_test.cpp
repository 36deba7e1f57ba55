// JSONTestSuite: y_ must be accepted, n_ refused, i_ and the transformations are free but must not crash and must give
// text that is read again.
#include <gtest/gtest.h>

#include <filesystem>

#include "base/file.h"
#include "base/json.h"

namespace weir {
namespace {

std::optional<Json> parse(const std::string& text) {
  try {
    return Json::parse(text);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::bad_json);
    EXPECT_TRUE(error.span().has_value());
    return std::nullopt;
  }
}

// RFC 8259 lets a parser refuse duplicate keys; we do (a commit with two "add" would be ambiguous).
bool duplicate_keys(const std::string& name) {
  return name == "y_object_duplicated_key.json" || name == "y_object_duplicated_key_and_value.json";
}

TEST(JsonSuite, EveryCase) {
  int accepted = 0, refused = 0, free = 0;
  const auto folder = std::filesystem::path(WEIR_SOURCE_DIR) / "tests/conformance/json";
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".json") continue;
    const std::string name = entry.path().filename().string();
    SCOPED_TRACE(name);
    const auto value = parse(read_file(entry.path()));
    if (name.starts_with("y_")) {
      EXPECT_EQ(value.has_value(), !duplicate_keys(name));
      ++accepted;
    } else if (name.starts_with("n_")) {
      EXPECT_FALSE(value.has_value());
      ++refused;
    } else {
      ++free;
    }
    if (value) {
      EXPECT_EQ(Json::parse(value->dump()).dump(), value->dump());
    }
  }
  EXPECT_EQ(accepted, 68);
  EXPECT_EQ(refused, 123);
  EXPECT_EQ(free, 32);
}

}  // namespace
}  // namespace weir
