#include "base/ids.h"

#include <gtest/gtest.h>

#include <set>

#include "base/hash.h"
#include "base/text.h"

namespace weir {
namespace {

// FIPS 180-4 examples.
TEST(Hash, KnownDigests) {
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex(sha1_bytes("abc")), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(md5_hex("abc"), "900150983cd24fb0d6963f7d28e17f72");
}

TEST(Hash, PiecesGiveTheDigestOfTheWhole) {
  Sha256 pieces;
  for (int i = 0; i < 1000; ++i) pieces.update(std::string(static_cast<size_t>(i % 70), 'a'));
  std::string whole;
  for (int i = 0; i < 1000; ++i) whole += std::string(static_cast<size_t>(i % 70), 'a');
  EXPECT_EQ(pieces.finish_hex(), sha256_hex(whole));
  EXPECT_ANY_THROW(pieces.update("x"));
  EXPECT_ANY_THROW(pieces.finish_hex());
}

TEST(Ids, RandomUuids) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string id = uuid_v4();
    EXPECT_TRUE(is_uuid(id)) << id;
    EXPECT_EQ(id[14], '4');
    EXPECT_NE(std::string("89ab").find(id[19]), std::string::npos) << id;
    seen.insert(id);
  }
  EXPECT_EQ(seen.size(), 1000U);
}

// The ids of projects follow from these: they must never change.
TEST(Ids, NamedUuidsAreFixed) {
  EXPECT_EQ(uuid_v5("jaffle_shop"), "c1ce75e7-c94c-5e53-8efe-0a36cad49236");
  EXPECT_EQ(uuid_v5("jaffle_shop")[14], '5');
  EXPECT_NE(uuid_v5("a"), uuid_v5("b"));
}

TEST(Ids, UlidsSortByTime) {
  EXPECT_EQ(ulid(0).substr(0, 10), "0000000000");
  EXPECT_EQ(ulid(1469918176385).substr(0, 10), "01ARYZ6S41");  // the example of the ULID specification
  EXPECT_EQ(ulid(281474976710655).substr(0, 10), "7ZZZZZZZZZ");
  EXPECT_LT(ulid(1000), ulid(1001));
  EXPECT_EQ(ulid(1).size(), 26U);
  EXPECT_NE(ulid(1), ulid(1));
}

TEST(Ids, IsUuid) {
  EXPECT_TRUE(is_uuid("5B1EC80D-3f64-4a92-8d17-e2409cb37a51"));
  for (const char* bad : {"", "5b1ec80d3f644a928d17e2409cb37a51", "5b1ec80d-3f64-4a92-8d17-e2409cb37a5",
                          "5b1ec80d-3f64-4a92-8d17-e2409cb37a5g", "5b1ec80d-3f64-4a92-8d1-7e2409cb37a51"})
    EXPECT_FALSE(is_uuid(bad)) << bad;
}

}  // namespace
}  // namespace weir
