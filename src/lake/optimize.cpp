#include "lake/optimize.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "base/error.h"
#include "base/ids.h"
#include "base/text.h"
#include "lake/features.h"
#include "lake/file_list.h"
#include "lake/history.h"
#include "lake/space_curve.h"
#include "lake/table_properties.h"

namespace weir::lake {

namespace {

// A file of this share of the target is large enough to be left alone.
constexpr double large_enough = 0.75;
// A cube of so many files is left alone, and none is made much larger: sorting one is the unit of work.
constexpr int64_t files_of_full_cube = 100;
constexpr double overfull = 1.5;
// A cube is taken in again while it is at most so many times what comes in.
constexpr int64_t worth_moving = 2;

constexpr size_t automatic_small_files = 50;  // as Delta's own automatic compaction waits for
constexpr int64_t automatic_bytes = 1LL << 30;

struct Candidate {
  std::string path;
  int64_t bytes = 0;  // what its live rows will take, roughly
  bool purge = false;
  bool small = false;
};

double deleted_share(const FileList& files, size_t i) {
  const DeletionVector* vector = files.deletion_vector(i);
  if (!vector) return 0;
  auto rows = files.records(i);
  if (!rows || *rows == 0) return 1;
  return static_cast<double>(vector->cardinality) / static_cast<double>(*rows);
}

class Plan {
 public:
  Plan(const Snapshot& snapshot, const OptimizeOptions& options)
      : snapshot_(snapshot),
        options_(options),
        target_bytes_(static_cast<int64_t>(
            options.target_bytes ? options.target_bytes : target_file_bytes(snapshot.metadata().configuration))) {}

  std::vector<RewriteGroup> make() {
    const auto clustering = clustering_columns(snapshot_.metadata(), snapshot_.domains());
    if (!options_.z_order.empty()) {
      check_z_order(!clustering.empty());
      order_partitions();
    } else if (!clustering.empty()) {
      cluster(clustering);
    } else {
      compact();
    }
    return std::move(groups_);
  }

 private:
  template <class Visit>
  void each_file(Visit visit) const {
    const auto files = snapshot_.file_list();
    for (size_t i = 0; i < files->size(); ++i) {
      const Add add = files->entry(i);
      if (!options_.wanted || options_.wanted(add.partition_values)) visit(add, deleted_share(*files, i));
    }
  }

  Candidate candidate_of(const Add& add, double deleted) const {
    Candidate file{add.path, static_cast<int64_t>(static_cast<double>(add.size_bytes) * (1 - deleted))};
    file.purge = add.deletion_vector && (options_.purge_all || deleted >= options_.purge_share);
    file.small = static_cast<double>(add.size_bytes) < large_enough * static_cast<double>(target_bytes_);
    return file;
  }

  // Adds a group if the limit allows it still.
  bool take(RewriteGroup group) {
    const bool fits = options_.most_bytes == 0 || bytes_ == 0 || bytes_ + group.bytes <= options_.most_bytes;
    if (!fits) return false;
    bytes_ += group.bytes;
    groups_.push_back(std::move(group));
    return true;
  }

  bool enough(const std::vector<Candidate>& files) const {
    auto small = std::count_if(files.begin(), files.end(), [](const Candidate& file) { return file.small; });
    return static_cast<size_t>(small) >= options_.min_small_files;
  }

  // ---- any order ----

  void compact() {
    std::map<PartitionValues, std::vector<Candidate>> partitions;
    each_file([&](const Add& add, double deleted) {
      Candidate file = candidate_of(add, deleted);
      if (file.purge || file.small) partitions[add.partition_values].push_back(std::move(file));
    });
    for (auto& [partition, files] : partitions)
      if (enough(files)) pack(partition, std::move(files));
  }

  // First fit, smallest first: full groups come out early, and no file is moved twice.
  void pack(const PartitionValues& partition, std::vector<Candidate> files) {
    std::sort(files.begin(), files.end(), [](const Candidate& a, const Candidate& b) {
      return std::tie(a.bytes, a.path) < std::tie(b.bytes, b.path);
    });
    RewriteGroup group{partition, {}, 0, std::nullopt};
    bool purge = false;
    auto finish = [&] {
      if (group.paths.size() > 1 || purge) take(std::move(group));
      group = {partition, {}, 0, std::nullopt};
      purge = false;
    };
    for (auto& file : files) {
      if (!group.paths.empty() && group.bytes + file.bytes > target_bytes_) finish();
      group.paths.push_back(std::move(file.path));
      group.bytes += file.bytes;
      purge |= file.purge;
    }
    finish();
  }

  // ---- Z-order ----

  void check_z_order(bool clustered) const {
    auto refuse = [](const std::string& message, const std::string& hint) {
      throw Error(ErrorCode::sql_unsupported, message, hint);
    };
    const std::string purpose = "rows cannot be put in Z-order by";
    if (clustered) refuse("the table is clustered by columns of its own", "Leave the order to them: no --zorder.");
    if (options_.z_order.size() > max_curve_dimensions)
      refuse(fmt::format("{} {} columns, {} at most", purpose, options_.z_order.size(), max_curve_dimensions),
             "Each further column takes from the others; two or three are most useful.");
    const Metadata& metadata = snapshot_.metadata();
    std::set<const Field*> seen;
    for (const auto& path : options_.z_order) {
      const Field* field = &field_at(metadata, path);
      for (const auto& partition : metadata.partition_columns)
        if (path.size() == 1 && iequals(partition, path[0]))
          refuse(fmt::format("{} \"{}\": the table is partitioned by it", purpose, path[0]),
                 "Every file has one value of it; leave it out.");
      check_has_bounds(metadata, path, purpose);
      if (!seen.insert(field).second) refuse(fmt::format("{} \"{}\" twice", purpose, text_of(path)), "");
    }
  }

  void order_partitions() {
    std::map<PartitionValues, RewriteGroup> partitions;
    each_file([&](const Add& add, double deleted) {
      auto& group = partitions[add.partition_values];
      group.paths.push_back(add.path);
      group.bytes += candidate_of(add, deleted).bytes;
    });
    for (auto& [partition, group] : partitions) {
      group.partition = partition;
      group.order = RowOrder{options_.z_order, std::nullopt};
      take(std::move(group));
    }
  }

  // ---- clusters ----

  struct Known {  // files of one cube
    std::vector<Candidate> files;
    int64_t bytes = 0;
  };

  void cluster(const std::vector<ColumnPath>& columns) {
    std::vector<std::string> names;
    names.reserve(columns.size());
    for (const auto& column : columns) names.push_back(text_of_column(column));
    std::vector<Candidate> taken;
    std::map<std::string, Known> cubes;
    sort_out(names, taken, cubes);
    if (!enough(taken)) return;
    int64_t bytes = 0;
    for (const auto& file : taken) bytes += file.bytes;
    auto old = worth_taking(std::move(cubes), bytes);
    if (taken.empty() && old.size() < 2) return;  // a cube by itself is as it should be
    for (auto& cube : old)
      for (auto& file : cube.files) taken.push_back(std::move(file));
    fill_cubes(columns, names, std::move(taken));
  }

  // Files that come in, and the cubes that are there and not full.
  void sort_out(const std::vector<std::string>& names, std::vector<Candidate>& fresh,
                std::map<std::string, Known>& cubes) const {
    each_file([&](const Add& add, double deleted) {
      Candidate file = candidate_of(add, deleted);
      const auto cube = cube_of(add);
      const bool foreign = clustered_by_others(add) || (cube && cube->columns != names);
      if (foreign && !options_.full && !file.purge) return;
      if (!cube || foreign || file.purge) return fresh.push_back(std::move(file));
      Known& known = cubes[cube->id];
      known.bytes += file.bytes;
      known.files.push_back(std::move(file));
    });
    std::erase_if(cubes, [&](const auto& cube) { return cube.second.bytes >= files_of_full_cube * target_bytes_; });
  }

  // Smallest first, as long as they are small against what is taken already, or smaller than a file should be.
  std::vector<Known> worth_taking(std::map<std::string, Known>&& cubes, int64_t bytes) const {
    std::vector<Known> sorted;
    sorted.reserve(cubes.size());
    for (auto& [id, cube] : cubes) sorted.push_back(std::move(cube));
    std::sort(sorted.begin(), sorted.end(), [](const Known& a, const Known& b) { return a.bytes < b.bytes; });
    size_t count = 0;
    for (; count < sorted.size(); ++count) {
      const int64_t own = sorted[count].bytes;
      const bool small = static_cast<double>(own) < large_enough * static_cast<double>(target_bytes_);
      if (!options_.full && !small && own > worth_moving * bytes) break;
      bytes += own;
    }
    sorted.resize(count);
    return sorted;
  }

  void fill_cubes(const std::vector<ColumnPath>& columns, const std::vector<std::string>& names,
                  std::vector<Candidate> files) {
    const auto most = static_cast<int64_t>(overfull * static_cast<double>(files_of_full_cube * target_bytes_));
    auto limit = options_.most_bytes > 0 ? std::min(most, options_.most_bytes) : most;
    RewriteGroup group;
    auto finish = [&] {
      group.order = RowOrder{columns, Cube{uuid_v4(), names}};
      return take(std::exchange(group, {}));
    };
    for (auto& file : files) {
      if (!group.paths.empty() && group.bytes + file.bytes > limit && !finish()) return;
      group.paths.push_back(std::move(file.path));
      group.bytes += file.bytes;
    }
    finish();
  }

  const Snapshot& snapshot_;
  const OptimizeOptions& options_;
  const int64_t target_bytes_;
  std::vector<RewriteGroup> groups_;
  int64_t bytes_ = 0;
};

}  // namespace

std::vector<RewriteGroup> plan_optimize(const Snapshot& snapshot, const OptimizeOptions& options) {
  return Plan(snapshot, options).make();
}

bool compacts_itself(const Metadata& metadata) { return is_true(metadata, "delta.autoOptimize.autoCompact"); }

std::optional<OptimizeOptions> automatic_compaction(const Snapshot& snapshot) {
  if (!compacts_itself(snapshot.metadata())) return std::nullopt;
  if (snapshot.totals().files < static_cast<int64_t>(automatic_small_files)) return std::nullopt;
  OptimizeOptions options;
  options.purge_share = 2;
  options.min_small_files = automatic_small_files;
  options.most_bytes = automatic_bytes;
  return options;
}

}  // namespace weir::lake
