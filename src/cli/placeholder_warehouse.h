// A target that has nothing yet: what templates ask of it is answered by what the project itself says.
#pragma once

#include "project/render.h"

namespace weir::cli {

class PlaceholderWarehouse final : public project::Warehouse {
 public:
  explicit PlaceholderWarehouse(const project::Project& project) : project_(project) {}

  // One value: what is looped over or listed is there once, and the SQL made of it is whole.
  project::QueryResult query(std::string_view) override {
    asked_ = true;
    return {{{"placeholder", "VARCHAR"}}, {{Json("placeholder")}}};
  }
  std::optional<std::string> relation_type(const project::RelationName& name) override;
  std::vector<project::RelationColumn> columns(const project::RelationName& name) override;
  std::vector<project::RelationColumn> columns_of_query(std::string_view) override {
    asked_ = true;
    return {{"placeholder", "VARCHAR"}};
  }
  std::vector<project::ListedRelation> relations(const std::string& database, const std::string& schema) override;
  std::vector<std::string> schemas(const std::string& database) override;
  std::vector<std::string> functions(const std::string& database, const std::string& schema) override;

  // Whether anything was asked since the last call: then another answer could have made other SQL.
  bool take_asked() {
    const bool asked = asked_;
    asked_ = false;
    return asked;
  }

 private:
  const project::Node* node_of(const project::RelationName& name) const;
  const project::Project& project_;
  bool asked_ = false;
};

}  // namespace weir::cli
