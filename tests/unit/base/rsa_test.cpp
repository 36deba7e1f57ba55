#include "base/rsa.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/text.h"
#include "test_key.h"

namespace weir {
namespace {

// printf 'a message' | openssl dgst -sha256 -sign KEY | xxd -p
TEST(Rsa, SignsAsOpensslDoes) {
  EXPECT_EQ(hex(rsa_sha256_signature(worthless_rsa_key, "a message")),
            "6122f0a45a203afd78f604f32d855638970b877a84e85c1e5342542a214c6f80"
            "5059ff11464395ca480e12eca000c3bc9841436f198185128be408701fbdd727");
}

TEST(Rsa, WhatIsNoKeyIsRefusedAndNotShown) {
  for (const char* bad : {"", "very secret", "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n"}) {
    try {
      rsa_sha256_signature(bad, "a message");
      FAIL() << bad;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::store_credentials);
      EXPECT_EQ(std::string(error.what()).find("secret"), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace weir
