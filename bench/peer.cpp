// Bare DuckDB, the peer of the bench cases: runs the statements of its last argument and prints the last result as CSV.
//   bench_peer [--threads N] [--memory TEXT] [--spill DIR] [--fsync PATH]... SQL
// Each path given with --fsync is made durable after the statements, folders with all that is below them: DuckDB's own COPY
// never calls fsync, a published table always does.
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <duckdb.hpp>
#include <filesystem>
#include <string>
#include <vector>

namespace {

void sync_path(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY);
  if (fd < 0 || ::fsync(fd) != 0) std::perror(path.c_str());
  if (fd >= 0) ::close(fd);
}

void sync_tree(const std::filesystem::path& path) {
  if (std::filesystem::is_directory(path))
    for (const auto& entry : std::filesystem::directory_iterator(path)) sync_tree(entry.path());
  sync_path(path);
}

void print(duckdb::MaterializedQueryResult& result) {
  for (duckdb::idx_t row = 0; row < result.RowCount(); ++row) {
    for (duckdb::idx_t column = 0; column < result.ColumnCount(); ++column)
      std::printf("%s%s", column ? "," : "", result.GetValue(column, row).ToString().c_str());
    std::printf("\n");
  }
}

}  // namespace

int main(int argc, char** argv) {
  duckdb::DBConfig config;
  config.SetOptionByName("threads", duckdb::Value::BIGINT(2));
  std::vector<std::string> durable;
  std::string sql;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--threads" && i + 1 < argc) {
      config.SetOptionByName("threads", duckdb::Value::BIGINT(std::stoll(argv[++i])));
    } else if (word == "--memory" && i + 1 < argc) {
      config.SetOptionByName("memory_limit", duckdb::Value(argv[++i]));
    } else if (word == "--spill" && i + 1 < argc) {
      config.SetOptionByName("temp_directory", duckdb::Value(argv[++i]));
    } else if (word == "--fsync" && i + 1 < argc) {
      durable.emplace_back(argv[++i]);
    } else {
      sql = word;
    }
  }
  try {
    duckdb::DuckDB database(nullptr, &config);
    duckdb::Connection connection(database);
    auto result = connection.Query(sql);
    if (result->HasError()) {
      std::fprintf(stderr, "%s\n", result->GetError().c_str());
      return 1;
    }
    print(*result);
    for (const auto& path : durable) sync_tree(path);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
