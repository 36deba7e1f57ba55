#include "lake/optimize.h"

#include <algorithm>
#include <map>

#include "lake/file_list.h"
#include "lake/history.h"
#include "lake/table_properties.h"

namespace weir::lake {

namespace {

// A file of this share of the target is large enough to be left alone.
constexpr double large_enough = 0.75;

struct Candidate {
  std::string path;
  int64_t bytes = 0;  // what its live rows will take, roughly
  bool purge = false;
};

double deleted_share(const Add& add) {
  if (!add.deletion_vector) return 0;
  auto rows = add.stats ? rows_in_stats(*add.stats) : std::nullopt;
  if (!rows || *rows == 0) return 1;
  return static_cast<double>(add.deletion_vector->cardinality) / static_cast<double>(*rows);
}

// First fit, smallest first: full groups come out early, and no file is moved twice.
void pack(const PartitionValues& partition, std::vector<Candidate> files, int64_t target_bytes,
          std::vector<RewriteGroup>& groups) {
  std::sort(files.begin(), files.end(), [](const Candidate& a, const Candidate& b) {
    return std::tie(a.bytes, a.path) < std::tie(b.bytes, b.path);
  });
  RewriteGroup group{partition, {}, 0};
  bool purge = false;
  auto finish = [&] {
    if (group.paths.size() > 1 || purge) groups.push_back(std::move(group));
    group = {partition, {}, 0};
    purge = false;
  };
  for (auto& file : files) {
    if (!group.paths.empty() && group.bytes + file.bytes > target_bytes) finish();
    group.paths.push_back(std::move(file.path));
    group.bytes += file.bytes;
    purge |= file.purge;
  }
  finish();
}

}  // namespace

std::vector<RewriteGroup> plan_optimize(const Snapshot& snapshot, const OptimizeOptions& options) {
  const auto target = static_cast<int64_t>(options.target_bytes ? options.target_bytes
                                                                : target_file_bytes(snapshot.metadata().configuration));
  std::map<PartitionValues, std::vector<Candidate>> partitions;
  auto files = snapshot.file_list();
  for (size_t i = 0; i < files->size(); ++i) {
    const Add add = files->add(i);
    const double deleted = deleted_share(add);
    const bool purge = add.deletion_vector && (options.purge_all || deleted >= options.purge_share);
    const bool small = static_cast<double>(add.size_bytes) < large_enough * static_cast<double>(target);
    if (!purge && !small) continue;
    auto left = static_cast<int64_t>(static_cast<double>(add.size_bytes) * (1 - deleted));
    partitions[add.partition_values].push_back({add.path, left, purge});
  }
  std::vector<RewriteGroup> groups;
  for (auto& [partition, candidates] : partitions) pack(partition, std::move(candidates), target, groups);
  return groups;
}

}  // namespace weir::lake
