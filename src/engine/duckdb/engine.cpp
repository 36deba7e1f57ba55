#include <sched.h>

#include <cstdlib>
#include <duckdb/common/virtual_file_system.hpp>
#include <duckdb/main/client_config.hpp>
#include <duckdb/main/config.hpp>
#include <duckdb/main/valid_checker.hpp>
#include <fstream>

#include "base/text.h"
#include "engine/duckdb/block_allocator.h"
#include "engine/duckdb/change_feed.h"
#include "engine/duckdb/duck_session.h"
#include "engine/duckdb/file_relation.h"
#include "engine/duckdb/iceberg_scan.h"
#include "engine/duckdb/instance.h"
#include "engine/duckdb/kept_reads.h"
#include "engine/duckdb/lake_catalog.h"
#include "engine/duckdb/lake_scan.h"
#include "engine/duckdb/parquet_io.h"
#include "engine/duckdb/sniffer.h"
#include "engine/duckdb/strict_compression.h"

namespace weir::engine {

namespace duck {

using namespace duckdb;

namespace {

std::optional<int64_t> number_in(const char* path) {
  std::ifstream file(path);
  std::string text;
  file >> text;
  return parse_int(text);
}

int64_t machine_memory() {
  int64_t bytes = 1ll << 30;
  std::ifstream info("/proc/meminfo");
  std::string name;
  int64_t kib = 0;
  if (info >> name >> kib && kib > 0) bytes = kib * 1024;
  for (auto* path : {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
    if (auto limit = number_in(path); limit && *limit > 0) bytes = std::min(bytes, *limit);
  }
  return bytes;
}

int processors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  return sched_getaffinity(0, sizeof set, &set) == 0 ? std::max(1, CPU_COUNT(&set)) : 1;
}

std::string bytes_text(int64_t bytes) { return std::to_string(bytes) + "B"; }

void configure(DBConfig& config, const EngineOptions& options) {
  auto memory = options.memory_limit_bytes > 0 ? options.memory_limit_bytes : machine_memory() / 10 * 7;
  config.SetOptionByName("memory_limit", Value(bytes_text(memory)));
  constexpr int64_t scarce_memory = int64_t{2} << 30;
  if (memory > scarce_memory) config.allocator = block_allocator();
  config.SetOptionByName("threads", Value::BIGINT(options.threads > 0 ? options.threads : processors()));
  config.SetOptionByName("temp_directory", Value(options.spill_dir));
  if (options.max_spill_bytes > 0)
    config.SetOptionByName("max_temp_directory_size", Value(bytes_text(options.max_spill_bytes)));
  // Freed memory goes back the earlier the smaller the limit is, so that it holds for the process too. Under a large
  // one keeping it spares the page faults of taking it again.
  constexpr int64_t mib = 1 << 20;
  config.SetOptionByName("allocator_flush_threshold", Value(bytes_text(std::clamp(memory / 32, 16 * mib, 128 * mib))));
  config.SetOptionByName("allocator_bulk_deallocation_flush_threshold",
                         Value(bytes_text(std::clamp(memory / 16, 32 * mib, 512 * mib))));
  // It takes scans of two versions of one table for the same scan, and the rows of one of them are lost.
  config.SetOptionByName("disabled_optimizers", Value("common_subplan"));
  // What runs is what was linked: nothing is fetched or loaded while a run is on.
  config.SetOptionByName("autoinstall_known_extensions", Value::BOOLEAN(false));
  config.SetOptionByName("autoload_known_extensions", Value::BOOLEAN(false));
  config.SetOptionByName("allow_community_extensions", Value::BOOLEAN(false));
  config.SetOptionByName("allow_persistent_secrets", Value::BOOLEAN(false));
  register_lake(config);
}

}  // namespace

Instance::Instance(const EngineOptions& options, std::shared_ptr<StoreRegistry> stores) : stores_(std::move(stores)) {
  try {
    DBConfig config;
    configure(config, options);
    config.file_system = make_uniq<VirtualFileSystem>(make_fenced_files());
    db_ = std::make_unique<DuckDB>(nullptr, &config);
    db_->instance->GetFileSystem().RegisterSubSystem(make_object_file_system(stores_));
    register_strict_compression(db_->instance->GetFileSystem());
    register_variant_option(*db_->instance);
    register_scan_functions(*db_->instance);
    Connection connection(*db_);
    register_change_feed(connection);
    register_iceberg_scan(connection);
    register_kept_reads(connection);
    auto attached = connection.Query("ATTACH '' AS lake (TYPE weir)");
    if (attached->HasError()) attached->ThrowError();
  } catch (const std::exception& exception) {
    throw translated(exception, {}, nullptr).add_context("opening the engine");
  }
}

bool Instance::broken() const { return ValidChecker::IsInvalidated(*db_->instance); }

void Instance::open_kept() {
  kept_opened_.call([this] {
    Connection connection(*db_);
    auto attached = connection.Query(std::string("ATTACH ':memory:' AS ") + kept_database + " (HIDDEN)");
    if (attached->HasError()) attached->ThrowError();
  });
}

}  // namespace duck

namespace {

// Opens DuckDB when it is first needed, and again after an internal error.
class DuckEngine final : public Engine {
 public:
  explicit DuckEngine(EngineOptions options) : options_(std::move(options)), parquet_([this] { return instance(); }) {}

  std::unique_ptr<Session> session(std::shared_ptr<lake::Lake> lake, CancelToken cancel) override {
    return duck::make_session([this] { return instance(); }, std::move(lake), stores_, parquet_, std::move(cancel));
  }
  lake::ParquetIo& parquet() override { return parquet_; }
  std::string version() const override { return std::string("duckdb ") + duckdb::DuckDB::LibraryVersion(); }
  std::unique_ptr<FileSniffer> sniffer() override {
    return duck::make_sniffer([this] { return instance(); });
  }

 private:
  std::shared_ptr<duck::Instance> instance() {
    std::lock_guard lock(mutex_);
    if (!instance_ || instance_->broken()) instance_ = std::make_shared<duck::Instance>(options_, stores_);
    return instance_;
  }

  EngineOptions options_;
  std::mutex mutex_;
  std::shared_ptr<duck::StoreRegistry> stores_ = std::make_shared<duck::StoreRegistry>();
  std::shared_ptr<duck::Instance> instance_;
  duck::DuckParquetIo parquet_;
};

}  // namespace

std::unique_ptr<Engine> open_duckdb(const EngineOptions& options) { return std::make_unique<DuckEngine>(options); }

}  // namespace weir::engine
