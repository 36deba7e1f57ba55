#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "deps/add_package.h"
#include "deps/package_files.h"
#include "deps/package_spec.h"

namespace weir::deps {
namespace {

using testing::ElementsAre;

// What dbt 1.11.16 gives for the same entries.
TEST(PackagesHash, IsDbts) {
  const auto hash = [](const std::string& list) {
    return packages_hash(parse_packages(Yaml::parse(list, "packages.yml"), nullptr));
  };
  EXPECT_EQ(hash("[]"), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  EXPECT_EQ(hash("- {package: dbt-labs/dbt_utils, version: 1.1.1}"), "a158c48c59c2bb7d729d2a4e215aabe5bb4f3353");
  EXPECT_EQ(hash("- package: dbt-labs/dbt_utils\n  version: ['>=0.8.0', '<2.0.0']\n"
                 "- git: https://example.org/x.git\n  revision: 1.0\n- local: ../x\n"),
            "9943ab87bd368a9a700dd1a48fc24ff15ddd33e4");
  EXPECT_EQ(hash("- git: https://example.org/x.git\n  revision: main\n  warn-unpinned: false\n  subdirectory: a/b\n"
                 "- tarball: https://example.org/\xC3\xA9.tgz\n  name: x\n"),
            "b6a6ddc36110b4d46b10abefdf3e45e66dd9b576");
  EXPECT_EQ(hash("- {package: a/b, version: 1.0.0, install_prerelease: true}"),
            "c3abe22411807d7e886d361b3a1ce2cce9664ba6");
  EXPECT_EQ(hash("- {package: a/b, version: [1, 2.0]}"), "d31d266aa328aecbda27403c0e4d986a352e6297");
  EXPECT_EQ(hash("- {private: x/y}"), "9ebbde7534a3a408ec862bca1c55ef0fb14f72a7");
  EXPECT_EQ(hash("- {local: x, name: n}\n- {git: x, revision: 1}"), "77e2ce19110ad95bc3aec607c8d727dc2d0e75c5");
}

TEST(LockText, QuotesWhatWouldBeReadAsSomethingElse) {
  EXPECT_EQ(lock_text({{{"package", "a/b"}, {"version", "1.0.0"}, {"name", "b"}},
                       {{"git", "https://x/y.git"}, {"revision", "1234567"}, {"name", "yes"}}},
                      "abc"),
            "packages:\n  - name: b\n    package: a/b\n    version: 1.0.0\n"
            "  - git: https://x/y.git\n    name: 'yes'\n    revision: '1234567'\nsha1_hash: abc\n");
  EXPECT_EQ(yaml_text("{{ env_var('X') }}/y"), "'{{ env_var(''X'') }}/y'");
  EXPECT_EQ(yaml_text("a: b"), "'a: b'");
  EXPECT_EQ(yaml_text("2024-01-01"), "'2024-01-01'");
  EXPECT_EQ(yaml_text(">=1.0.0"), "'>=1.0.0'");
  EXPECT_EQ(yaml_text(""), "''");
}

TEST(WithPackage, LeavesTheRestAsItIs) {
  const std::string before =
      "# our packages\npackages:\n  # dates\n  - package: acme/dates  # pinned\n    version: 0.5.0\n\n"
      "  - git: https://x/acme/my-utils.git\n    revision: v1\n# the end\n";
  const Edited added = with_package(before, "packages.yml", {"package", "acme/more", "1.0.0"});
  EXPECT_EQ(added.text,
            "# our packages\npackages:\n  # dates\n  - package: acme/dates  # pinned\n    version: 0.5.0\n\n"
            "  - git: https://x/acme/my-utils.git\n    revision: v1\n  - package: acme/more\n    version: 1.0.0\n# the "
            "end\n");
  const Edited replaced = with_package(before, "packages.yml", {"package", "acme/my_utils", ">=1.0.0,<2.0.0"});
  EXPECT_EQ(replaced.text,
            "# our packages\npackages:\n  # dates\n  - package: acme/dates  # pinned\n    version: 0.5.0\n\n"
            "  - package: acme/my_utils\n    version:\n      - '>=1.0.0'\n      - <2.0.0\n# the end\n");
  EXPECT_THAT(replaced.replaced, ElementsAre("https://x/acme/my-utils.git"));
}

TEST(WithPackage, MovesTheListInWhereAsked) {
  const std::string before = "packages:\n- package: acme/dates\n  version: 0.5.0\n\n# the end\n";
  const NewEntry entry{"package", "acme/more", "1.0.0"};
  EXPECT_EQ(
      with_package(before, "packages.yml", entry, true).text,
      "packages:\n  - package: acme/dates\n    version: 0.5.0\n  - package: acme/more\n    version: 1.0.0\n\n# the "
      "end\n");
  EXPECT_EQ(
      with_package(before, "packages.yml", entry).text,
      "packages:\n- package: acme/dates\n  version: 0.5.0\n- package: acme/more\n  version: 1.0.0\n\n# the end\n");
}

TEST(WithPackage, BeginsAListWhereThereIsNone) {
  EXPECT_EQ(with_package("", "packages.yml", {"local", "../near", ""}).text, "packages:\n  - local: ../near\n");
  EXPECT_EQ(with_package("# none yet\npackages: []\n", "packages.yml", {"git", "u", "v1"}).text,
            "# none yet\npackages:\n  - git: u\n    revision: v1\n");
  EXPECT_EQ(with_package("projects:\n  - name: x\n", "dependencies.yml", {"git", "u", "v1"}).text,
            "projects:\n  - name: x\npackages:\n  - git: u\n    revision: v1\n");
  EXPECT_THROW(with_package("packages: [{local: x}]\n", "packages.yml", {"local", "y", ""}), Error);
}

}  // namespace
}  // namespace weir::deps
