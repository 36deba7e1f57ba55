#include "checks/table_key.h"

#include <gmock/gmock.h>

#include "../project/temp_project.h"

namespace weir::checks {
namespace {

using Columns = std::vector<engine::ColumnInfo>;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(TableKey, ASharedKeyIsOneThatBothSidesHaveWhole) {
  project::TempProject files(
      {{"models/orders.sql",
        "{{ config(materialized='incremental', unique_key=['id', 'day']) }}select 1 as id, current_date as day"}});
  const project::Project project = files.project();
  const project::Node& node = project.at("model.shop.orders");
  const Columns both = {{"ID", "INTEGER"}, {"day", "DATE"}, {"n", "INTEGER"}}, one = {{"id", "INTEGER"}};
  EXPECT_THAT(shared_key(project, node, both, both), ElementsAre("id", "day"));
  EXPECT_THAT(shared_key(project, node, both, one), IsEmpty());
  EXPECT_THAT(shared_key(project, node, one, both), IsEmpty());
  EXPECT_THAT(shared_key(project, node, both, both, {"n"}), ElementsAre("id", "day"));
  EXPECT_THAT(shared_key(project, node, both, both, {"Day"}), IsEmpty());
}

}  // namespace
}  // namespace weir::checks
