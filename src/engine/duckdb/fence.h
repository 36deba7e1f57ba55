// Keeps the statements of a confined session inside of their reach (engine/reach.h): statements by what they are, files
// of this machine when they are opened.
#pragma once

#include <duckdb/common/file_system.hpp>
#include <duckdb/parser/sql_statement.hpp>
#include <string>
#include <utility>

#include "engine/reach.h"

namespace weir::engine::duck {

class Fence {
 public:
  explicit Fence(Reach reach) : reach_(std::move(reach)) {}
  // These throw Error{not_trusted}.
  void check(const duckdb::SQLStatement& statement) const;
  void check_file(const std::string& path) const { reach_.check_file(path); }

 private:
  void refuse(const std::string& kind, const duckdb::SQLStatement& statement) const;
  Reach reach_;
};

// The files of this machine, where a session's fence is asked before one is opened, listed, made, moved or removed.
duckdb::unique_ptr<duckdb::FileSystem> make_fenced_files();

}  // namespace weir::engine::duck
