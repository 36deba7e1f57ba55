// A target that is opened when it is first asked, for templates that are rendered side by side: one question at a time.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "project/render.h"

namespace weir::cli {

class LazyWarehouse final : public project::Warehouse {
  // First, since its type is deduced.
  template <typename Question>
  auto asked(const Question& question) {
    const std::scoped_lock lock(mutex_);
    return question(open_());
  }

 public:
  // `open` gives the same one each time; what it throws is what the question throws.
  explicit LazyWarehouse(std::function<project::Warehouse&()> open) : open_(std::move(open)) {}

  project::QueryResult query(std::string_view sql) override {
    return asked([&](project::Warehouse& target) { return target.query(sql); });
  }
  std::optional<std::string> relation_type(const project::RelationName& name) override {
    return asked([&](project::Warehouse& target) { return target.relation_type(name); });
  }
  std::vector<project::RelationColumn> columns(const project::RelationName& name) override {
    return asked([&](project::Warehouse& target) { return target.columns(name); });
  }
  std::vector<project::RelationColumn> columns_of_query(std::string_view sql) override {
    return asked([&](project::Warehouse& target) { return target.columns_of_query(sql); });
  }
  std::vector<project::ListedRelation> relations(const std::string& database, const std::string& schema) override {
    return asked([&](project::Warehouse& target) { return target.relations(database, schema); });
  }
  std::vector<std::string> schemas(const std::string& database) override {
    return asked([&](project::Warehouse& target) { return target.schemas(database); });
  }
  std::vector<std::string> functions(const std::string& database, const std::string& schema) override {
    return asked([&](project::Warehouse& target) { return target.functions(database, schema); });
  }

 private:
  std::function<project::Warehouse&()> open_;
  std::mutex mutex_;
};

}  // namespace weir::cli
