// The lake as the planner sees it: heads, versions, views. Everything is read anew at each call.
#include <algorithm>

#include "base/parallel.h"
#include "base/text.h"
#include "plan/plan.h"

namespace weir::plan {

namespace {

bool changes_rows(const lake::Action& action) {
  if (const auto* add = std::get_if<lake::Add>(&action)) return add->data_change;
  if (const auto* remove = std::get_if<lake::Remove>(&action)) return remove->data_change;
  return std::holds_alternative<lake::Metadata>(action);
}

class StandardLakeView final : public LakeView {
 public:
  StandardLakeView(const project::Project& project, std::shared_ptr<lake::Lake> lake,
                   lake::publish::Publisher& publisher, lake::ParquetIo& parquet)
      : project_(project), lake_(std::move(lake)), publisher_(publisher), parquet_(parquet) {}

  Observed observe(const project::Node& node) override { return observe(node, lake_->catalog()); }

  std::vector<Observed> observe_all(const std::vector<const project::Node*>& nodes, int threads) override {
    const lake::CatalogContent content = lake_->catalog();
    std::vector<Observed> out(nodes.size());
    parallel_for(nodes.size(), threads, [&](size_t i) { out[i] = observe(*nodes[i], content); });
    return out;
  }

  bool same_rows(const project::Node& node, int64_t from, int64_t to) override {
    if (from > to || to - from > max_commits) return false;
    const lake::CommitRange range = lake::read_commits(lake_->location(node.read_relation()), from, to);
    if (range.first_missing) return false;
    for (const lake::CommitFile& commit : range.commits)
      if (std::any_of(commit.actions.begin(), commit.actions.end(), changes_rows)) return false;
    return true;
  }

 private:
  static constexpr int64_t max_commits = 1000;  // beyond it, reading them costs more than running

  Observed observe(const project::Node& node, const lake::CatalogContent& content) {
    if (node.deferred) return elsewhere(node, content);
    if (node.is_view() || node.is_function()) return entry(node, content);
    Observed out;
    if (!node.has_table()) return out;
    const bool ours = node.type != project::ResourceType::source || node.ingest;
    if (!ours) return table(node, content);
    try {
      const auto asset = project::asset_of(project_, node, *lake_, content);
      lake::publish::Inspection inspection = publisher_.look(asset);
      out.head = std::move(inspection.head);
      out.warnings = std::move(inspection.warnings);
      if (!inspection.snapshots.empty()) take(inspection.snapshots.front(), out);
    } catch (Error& error) {
      out = table(node, content);
      out.refusal = std::move(error);
    }
    return out;
  }

  static void take(const std::shared_ptr<const lake::Snapshot>& snapshot, Observed& out) {
    if (!snapshot) return;
    out.exists = true;
    out.table_id = snapshot->metadata().id;
    out.version = snapshot->version();
  }

  Observed table(const project::Node& node, const lake::CatalogContent& content) {
    Observed out;
    try {
      take(lake::Snapshot::open_if_exists(lake_->location(node.read_relation(), content), parquet_), out);
    } catch (Error& error) {
      out.refusal = std::move(error);
    }
    return out;
  }

  // Of another environment: its tables are inputs like sources, its views are what they are.
  Observed elsewhere(const project::Node& node, const lake::CatalogContent& content) {
    if (node.is_function() || content.views.contains(lower(node.read_relation().text()))) return entry(node, content);
    return table(node, content);
  }

  static Observed entry(const project::Node& node, const lake::CatalogContent& content) {
    Observed out;
    const auto& entries = node.is_function() ? content.functions : content.views;
    const auto found = entries.find(lower(node.read_relation().text()));
    if (found == entries.end()) return out;
    out.exists = true;
    out.view = found->second;
    return out;
  }

  const project::Project& project_;
  std::shared_ptr<lake::Lake> lake_;
  lake::publish::Publisher& publisher_;
  lake::ParquetIo& parquet_;
};

}  // namespace

std::vector<Observed> LakeView::observe_all(const std::vector<const project::Node*>& nodes, int threads) {
  std::vector<Observed> out(nodes.size());
  parallel_for(nodes.size(), threads, [&](size_t i) { out[i] = observe(*nodes[i]); });
  return out;
}

std::unique_ptr<LakeView> open_lake_view(const project::Project& project, std::shared_ptr<lake::Lake> lake,
                                         lake::publish::Publisher& publisher, lake::ParquetIo& parquet) {
  return std::make_unique<StandardLakeView>(project, std::move(lake), publisher, parquet);
}

}  // namespace weir::plan
