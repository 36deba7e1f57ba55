// Text files that several statements read in the same way (read_csv, read_json and what stands for them): they are read
// once into a table of a hidden database in memory, which the binder then puts in the place of each such call, in views
// and macros too. A file that has changed since is read by the statement itself.
#pragma once

#include <duckdb/main/client_context.hpp>
#include <duckdb/main/connection.hpp>
#include <duckdb/parser/sql_statement.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/duckdb/instance.h"
#include "engine/session.h"

namespace weir::engine::duck {

inline constexpr const char* kept_database = "weir_kept";

// A call that reads files.
struct FileRead {
  std::string sql;                    // "read_csv('a.csv', header = true)": the same for the same read
  std::vector<std::string> patterns;  // of its files
  bool packed = false;                // its files are, whatever their names say
  bool operator==(const FileRead&) const = default;
};

// The tables that hold what was read. They go with it.
class KeptTables final : public KeptRead {
 public:
  explicit KeptTables(const std::shared_ptr<Instance>& instance) : instance_(instance) {}
  ~KeptTables() override;
  KeptTables(const KeptTables&) = delete;
  KeptTables& operator=(const KeptTables&) = delete;

  // Does nothing where keeping does not pay. `run` runs a statement of the session, which must be in no transaction,
  // and returns the number of rows it wrote.
  void add(duckdb::ClientContext& context, const FileRead& read,
           const std::function<int64_t(const std::string& sql)>& run);
  bool empty() const { return tables_.empty(); }
  int64_t file_bytes() const override;
  int64_t rows() const override;

  // The table with the rows of this read as its files are now; "" = there is none.
  std::string table_of(duckdb::ClientContext& context, const FileRead& read) const;

 private:
  struct File {
    std::string path;
    int64_t bytes = 0, changed_ns = 0;
    std::string tag;
    bool operator==(const File&) const = default;
  };
  using Files = std::vector<File>;
  struct Table {
    FileRead read;
    Files files;
    int64_t bytes = 0;  // of its rows
    std::string name;
    int64_t rows = 0;
  };
  // nullopt: too many, or none that could be read twice.
  static std::optional<Files> files_of(duckdb::ClientContext& context, const FileRead& read);

  const std::weak_ptr<Instance> instance_;  // which a broken engine is not kept open by
  std::vector<Table> tables_;
};

// Gives the functions that read text files their look at what is kept. For an open instance.
void register_kept_reads(duckdb::Connection& connection);

// Does the statement read rows, and nothing of files that their rows do not tell?
bool may_take_kept(const duckdb::SQLStatement& statement);

}  // namespace weir::engine::duck
