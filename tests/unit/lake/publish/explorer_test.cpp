// Thousands of seeded schedules per configuration must hold; each planted mistake must be caught. WEIR_SCHEDULES sets
// how many, WEIR_SEED a single schedule to repeat.
#include "explorer.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace weir::lake::publish {
namespace {

struct Named {
  const char* name;
  ScheduleOptions options;
};
std::ostream& operator<<(std::ostream& out, const Named& named) { return out << named.name; }

uint64_t number_from(const char* variable, uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

ScheduleOptions base(const std::function<void(ScheduleOptions&)>& change) {
  ScheduleOptions options;
  change(options);
  return options;
}

// The configurations of the model that the code can be put into.
const std::vector<Named>& configurations() {
  using Options = ScheduleOptions;
  static const std::vector<Named> all = {
      {"crash", base([](Options& o) { o.crashes = 3, o.lost = 2, o.late = 2; })},
      {"writers", base([](Options& o) { o.optimize = 2, o.append = 2; })},
      {"foreign", base([](Options& o) { o.restore = 1, o.overwrite = 1; })},
      {"follow", base([](Options& o) { o.restore = 2, o.follow_restore = true; })},
      // No late puts here: one that is older than the log's retention could take the place of a version that was
      // cleaned away.
      {"cleanup",
       base([](Options& o) { o.clean = 1, o.optimize = 1, o.restore = 1, o.follow_restore = true, o.late = 0; })},
      {"vacuum", base([](Options& o) { o.vacuum = 1, o.pauses = 2, o.long_sleeps = 3; })},
      {"vacuum_keep_0",
       base([](Options& o) { o.vacuum = 1, o.pauses = 2, o.long_sleeps = 3, o.rollback_keep_ms = 0; })},
      {"keep_0", base([](Options& o) { o.rollback_keep_ms = 0, o.rollback = 1, o.optimize = 1, o.crashes = 2; })},
      {"rollback", base([](Options& o) { o.rollback = 2, o.pauses = 2; })},
      {"rollback_writers", base([](Options& o) {
         o.rollback = 2, o.append = 1, o.optimize = 1, o.restore = 1, o.vacuum = 1, o.pauses = 2;
       })},
      {"collect", base([](Options& o) { o.collect = 3, o.rollback = 1, o.pauses = 3, o.late = 2; })},
      {"group", base([](Options& o) { o.tables = 2, o.crashes = 3; })},
      {"group_keep_0", base([](Options& o) { o.tables = 2, o.crashes = 2, o.rollback_keep_ms = 0; })},
      {"group_rollback", base([](Options& o) { o.tables = 2, o.rollback = 2, o.crashes = 2; })},
      {"group_all", base([](Options& o) {
         o.tables = 2, o.long_sleeps = 3, o.pauses = 1, o.optimize = 2, o.collect = 1, o.crashes = 2;
       })},
      {"group_foreign", base([](Options& o) { o.tables = 2, o.restore = 1, o.append = 1, o.crashes = 2; })},
      {"group_follow",
       base([](Options& o) { o.tables = 2, o.restore_all = 2, o.follow_restore = true, o.crashes = 2, o.late = 2; })},
      {"group_follow_partly", base([](Options& o) {
         o.tables = 2, o.restore = 2, o.restore_all = 1, o.append = 1, o.optimize = 1, o.follow_restore = true;
       })},
      {"group_follow_three", base([](Options& o) {
         o.tables = 3, o.restore_all = 2, o.rollback = 1, o.collect = 1, o.follow_restore = true, o.crashes = 2;
       })},
      {"group_rollback_vacuum",
       base([](Options& o) { o.tables = 2, o.rollback = 2, o.long_sleeps = 3, o.optimize = 2, o.crashes = 2; })},
      {"group_rollback_writers",
       base([](Options& o) { o.tables = 2, o.rollback = 2, o.append = 1, o.late = 2, o.crashes = 2; })},
      {"everything", base([](Options& o) {
         o.optimize = 1, o.restore = 1, o.vacuum = 1, o.collect = 1, o.rollback = 1, o.append = 1, o.pauses = 2;
         o.follow_restore = true;
       })},
  };
  return all;
}

class Explorer : public testing::TestWithParam<Named> {};

TEST_P(Explorer, holds) {
  const uint64_t schedules = number_from("WEIR_SCHEDULES", 120), only = number_from("WEIR_SEED", 0);
  for (uint64_t seed = only != 0 ? only : 1; seed <= (only != 0 ? only : schedules); ++seed) {
    const std::string broken = Schedule(seed, GetParam().options).run();
    ASSERT_EQ(broken, "") << "WEIR_SEED=" << seed;
  }
}

// What is planted is planted in a runner that is right without it.
TEST(MutantRunner, without_mutation_holds) {
  ScheduleOptions all;
  all.optimize = all.append = all.restore = all.vacuum = all.collect = 1;
  all.rollback = all.pauses = all.long_sleeps = 2;
  for (uint64_t seed = 1; seed <= number_from("WEIR_SCHEDULES", 120); ++seed)
    for (size_t tables = 1; tables <= 2; ++tables) {
      all.tables = tables;
      ASSERT_EQ(Schedule(seed, all, true).run(), "") << seed;
    }
}

// A schedule in which nothing happens proves nothing.
TEST(ExplorerItself, reaches_every_kind_of_attempt) {
  std::map<std::string, int> landed;
  for (const Named& named : configurations())
    for (uint64_t seed = 1; seed <= 60; ++seed) {
      Schedule schedule(seed, named.options);
      schedule.run();
      for (const auto& [kind, count] : schedule.landed()) landed[kind] += count;
    }
  for (const char* kind : {"publish", "rollback", "takeback", "adopt"}) {
    std::cout << kind << " " << landed[kind] << "\n";
    EXPECT_GT(landed[kind], 0) << kind;
  }
}

// The refusals of a group that is restored in part must not be all that its schedules come to.
TEST(ExplorerItself, follows_restored_groups_to_the_end) {
  int adopted = 0, published = 0;
  for (const Named& named : configurations()) {
    if (!std::string_view(named.name).starts_with("group_follow")) continue;
    for (uint64_t seed = 1; seed <= 60; ++seed) {
      Schedule schedule(seed, named.options);
      schedule.run();
      if (!schedule.landed().contains("adopt")) continue;
      ++adopted;
      published += schedule.consumed_all() ? 1 : 0;
    }
  }
  std::cout << adopted << " schedules followed a RESTORE of a group, " << published << " of them to the last record\n";
  EXPECT_GT(adopted, 30);
  EXPECT_GT(published, 20);
}

INSTANTIATE_TEST_SUITE_P(Schedules, Explorer, testing::ValuesIn(configurations()),
                         [](const auto& info) { return std::string(info.param.name); });

struct Planted {
  const char* name;
  ScheduleOptions options;
};
std::ostream& operator<<(std::ostream& out, const Planted& planted) { return out << planted.name; }

const std::vector<Planted>& planted_mistakes() {
  using Options = ScheduleOptions;
  static const std::vector<Planted> all = {
      {"commits_if_txn_is_smaller", base([](Options& o) { o.mutation = Mutation::commits_if_txn_is_smaller; })},
      {"group_commits_if_txn_is_smaller",
       base([](Options& o) { o.mutation = Mutation::commits_if_txn_is_smaller, o.tables = 2, o.rollback = 2; })},
      {"does_not_scan", base([](Options& o) { o.mutation = Mutation::does_not_scan, o.restore = 2, o.overwrite = 1; })},
      {"overwrites_manifests", base([](Options& o) { o.mutation = Mutation::overwrites_manifests; })},
      {"acks_its_own_cursor",
       base([](Options& o) { o.mutation = Mutation::acks_its_own_cursor, o.rollback = 2, o.runs_per_runner = 4; })},
      {"ignores_age_and_files", base([](Options& o) {
         o.mutation = Mutation::ignores_age_and_files, o.long_sleeps = 4, o.rollback_keep_ms = 0;
       })},
      {"skips_a_version", base([](Options& o) { o.mutation = Mutation::skips_a_version, o.late = 3; })},
      {"collects_above_the_head",
       base([](Options& o) { o.mutation = Mutation::collects_above_the_head, o.collect = 3; })},
      {"rolls_back_over_others",
       base([](Options& o) { o.mutation = Mutation::rolls_back_over_others, o.rollback = 3, o.append = 2; })},
  };
  return all;
}

class PlantedMistake : public testing::TestWithParam<Planted> {};

TEST_P(PlantedMistake, is_caught) {
  for (uint64_t seed = 1; seed <= 4000; ++seed) {
    const std::string broken = Schedule(seed, GetParam().options).run();
    if (broken.empty()) continue;
    std::cout << "caught by schedule " << seed << ": " << broken << "\n";
    return;
  }
  FAIL() << "4000 schedules did not show the mistake";
}

INSTANTIATE_TEST_SUITE_P(Schedules, PlantedMistake, testing::ValuesIn(planted_mistakes()),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace weir::lake::publish
