#include "lake/staged_names.h"

#include <gtest/gtest.h>

#include "base/ids.h"

namespace weir::lake {
namespace {

TEST(StagedNames, tell_the_attempt_and_only_weir_s_own) {
  const std::string attempt = uuid_v4();
  EXPECT_EQ(attempt_of("p=1/" + staged_file_name(attempt, 12)), attempt);
  const std::string vectors = staged_vectors_uuid(attempt);
  EXPECT_TRUE(is_uuid(vectors));
  EXPECT_EQ(attempt_of("3/deletion_vector_" + vectors + ".bin"), attempt);
  EXPECT_EQ(attempt_of("deletion_vector_" + uuid_v4() + ".bin"), "") << "another engine's";
  EXPECT_EQ(attempt_of("part-00000-" + attempt + "-c000.snappy.parquet"), "");
  EXPECT_EQ(attempt_of(attempt + ".parquet"), "");
}

}  // namespace
}  // namespace weir::lake
