// A thin owner of SQLite's handles for the rest of state/. Throws Error{state_io | state_damaged}.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace weir::state {

// A prepared statement. Parameters are bound in order with bind(), columns are read in order with the *_at functions.
class Statement {
 public:
  Statement(sqlite3* database, std::string_view sql);
  ~Statement();
  Statement(Statement&& other) noexcept;
  Statement(const Statement&) = delete;

  Statement& bind(int64_t value);
  Statement& bind(std::string_view value);
  Statement& bind(const std::optional<int64_t>& value);
  Statement& bind(const std::optional<int>& value);
  bool step();  // true: a row is there
  void run();   // to the end, then ready to be bound again

  int64_t int_at(int column) const;
  std::optional<int64_t> maybe_int_at(int column) const;
  std::string text_at(int column) const;

 private:
  sqlite3* database_;
  sqlite3_stmt* statement_ = nullptr;
  int next_ = 1;
};

class Database {
 public:
  enum class Mode { read, write };
  Database(const std::filesystem::path& file, Mode mode);
  ~Database();
  Database(const Database&) = delete;

  void execute(const std::string& sql);
  Statement prepare(std::string_view sql) const { return Statement(handle_, sql); }
  int64_t integer(std::string_view sql) const;  // the first column of the first row
  int64_t changes() const;
  const std::filesystem::path& file() const { return file_; }

 private:
  std::filesystem::path file_;
  sqlite3* handle_ = nullptr;
};

}  // namespace weir::state
