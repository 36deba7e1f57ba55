// Times commits: appends a file that is not there to a table of a lake, several times, through lake::Transaction.
//   bench_append LAKE SCHEMA.TABLE COUNT
// Prints the milliseconds of each commit, from Transaction::commit() to its return, then their median. The snapshot is
// opened once and refreshed between the commits, as a long session does.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/error.h"
#include "engine/session.h"
#include "lake/commit.h"
#include "lake/lake.h"
#include "store/object_store.h"

namespace {

using Clock = std::chrono::steady_clock;

double append(const weir::lake::TableLocation& table, std::shared_ptr<const weir::lake::Snapshot> base,
              weir::lake::ParquetIo& parquet, int number) {
  weir::lake::Add add;
  add.path = "bench-" + std::to_string(number) + ".parquet";
  for (const auto& column : base->metadata().partition_columns) add.partition_values[column] = "2024-01-01";
  add.size_bytes = 1000;
  add.modification_time_ms = 1'704'067'200'000;
  add.stats = R"({"numRecords":1})";
  weir::lake::Transaction transaction(table, std::move(base), parquet);
  transaction.draft().actions.emplace_back(std::move(add));
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto start = Clock::now();
  const auto outcome = transaction.commit(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
  const double elapsed = std::chrono::duration<double, std::milli>(Clock::now() - start).count();
  if (!std::holds_alternative<weir::lake::Committed>(outcome))
    throw std::runtime_error("the commit did not go through");
  for (const auto& note : transaction.notes()) std::fprintf(stderr, "%s\n", note.c_str());
  return elapsed;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  try {
    const std::string name = argv[2];
    const auto dot = name.find('.');
    weir::lake::Lake lake(weir::store::open(argv[1]));
    const auto table = lake.location({name.substr(0, dot), name.substr(dot + 1)});
    auto engine = weir::engine::open_duckdb({});
    auto snapshot = weir::lake::Snapshot::open(table, engine->parquet());
    std::vector<double> times;
    for (int i = 0; i < std::atoi(argv[3]); ++i) {
      times.push_back(append(table, snapshot, engine->parquet(), i));
      std::printf("%.3f\n", times.back());
      snapshot = weir::lake::Snapshot::refresh(snapshot, engine->parquet());
    }
    std::sort(times.begin(), times.end());
    std::printf("%.3f\n", times.at(times.size() / 2));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
