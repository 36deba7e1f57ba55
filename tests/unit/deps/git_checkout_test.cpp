#include "deps/git_checkout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/ids.h"

namespace weir::deps {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

// Nothing listens on port 1; git's own message names the address as it was given.
TEST(GitCheckout, AnErrorShowsNoPassword) {
  const fs::path into = fs::path(testing::TempDir()) / ("weir-git-" + uuid_v4());
  try {
    check_out("https://me:s3cret@127.0.0.1:1/x.git", "v1", "", into, into);
    ADD_FAILURE() << "fetched from nowhere";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::package_fetch);
    EXPECT_THAT(error.message(), HasSubstr("https://*****@127.0.0.1:1/x.git"));
    EXPECT_THAT(error.message(), Not(HasSubstr("s3cret")));
  }
  fs::remove_all(into);
}

}  // namespace
}  // namespace weir::deps
