#include "base/base64.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace weir {
namespace {

TEST(Base64, ThereAndBack) {
  for (const char* text : {"", "f", "fo", "foo", "foob", "\xff\xfe\xfd\xfb"})
    EXPECT_EQ(base64_decode(base64(text)), text);
  EXPECT_EQ(base64_decode("Zm8"), "fo");
  for (const char* bad : {"Z", "Zm9v!", "Zg===", "Z=g=", "Zm9v\n", "__79"})
    EXPECT_EQ(base64_decode(bad), std::nullopt) << bad;
  EXPECT_EQ(base64_url("\xff\xfe\xfd\xfb"), "__79-w");
}

}  // namespace
}  // namespace weir
