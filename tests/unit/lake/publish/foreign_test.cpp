#include "lake/publish/foreign.h"

#include <gtest/gtest.h>

namespace weir::lake::publish {
namespace {

CommitFile commit(const std::string& operation, std::vector<Action> actions) {
  CommitFile file;
  if (!operation.empty()) {
    CommitInfo info;
    info.fields.set("operation", operation);
    file.actions.emplace_back(info);
  }
  for (Action& action : actions) file.actions.push_back(std::move(action));
  return file;
}
Add add(bool data_change) {
  Add out;
  out.path = "a";
  out.data_change = data_change;
  return out;
}
Remove removal(bool data_change) {
  Remove out;
  out.path = "b";
  out.data_change = data_change;
  return out;
}
Metadata metadata(const std::string& id) {
  Metadata out;
  out.id = id;
  return out;
}
ChangeClass class_of(const std::string& operation, std::vector<Action> actions) {
  return classify(commit(operation, std::move(actions)), "id");
}

TEST(Classify, what_moves_no_row_is_harmless) {
  EXPECT_EQ(class_of("OPTIMIZE", {removal(false), add(false)}), ChangeClass::harmless);
  EXPECT_EQ(class_of("WRITE", {add(true)}), ChangeClass::harmless);
  EXPECT_EQ(class_of("", {add(true)}), ChangeClass::harmless);
  EXPECT_EQ(class_of("ADD COLUMNS", {metadata("id")}), ChangeClass::harmless);
  EXPECT_EQ(class_of("REPLACE COLUMNS", {metadata("id")}), ChangeClass::harmless);
  EXPECT_EQ(class_of("VACUUM END", {}), ChangeClass::harmless);
  EXPECT_EQ(class_of("DELETE", {}), ChangeClass::harmless);
}

TEST(Classify, row_changes_are_for_the_asset_to_judge) {
  for (const char* operation : {"DELETE", "UPDATE", "MERGE", "merge"})
    EXPECT_EQ(class_of(operation, {removal(true), add(true)}), ChangeClass::changing) << operation;
}

TEST(Classify, what_replaces_the_table_is_destructive) {
  EXPECT_EQ(class_of("RESTORE", {add(true)}), ChangeClass::destructive);
  EXPECT_EQ(class_of("CLONE", {add(true)}), ChangeClass::destructive);
  EXPECT_EQ(class_of("TRUNCATE", {}), ChangeClass::destructive);
  EXPECT_EQ(class_of("CREATE OR REPLACE TABLE AS SELECT", {add(true)}), ChangeClass::destructive);
  EXPECT_EQ(class_of("WRITE", {removal(true), add(true)}), ChangeClass::destructive);
  EXPECT_EQ(class_of("", {removal(true)}), ChangeClass::destructive);
  EXPECT_EQ(class_of("SET TBLPROPERTIES", {metadata("other")}), ChangeClass::destructive);
}

TEST(FileKey, differs_by_deletion_vector_and_not_by_escaping) {
  Add plain = add(true);
  plain.path = "a%20b";
  Add spelled = plain;
  spelled.path = "a b";
  EXPECT_EQ(file_key(plain), file_key(spelled));
  Add with_vector = plain;
  with_vector.deletion_vector = DeletionVector{"u", "abc", 1, 2, 3};
  EXPECT_NE(file_key(plain), file_key(with_vector));
}

}  // namespace
}  // namespace weir::lake::publish
