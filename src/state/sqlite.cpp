#include "state/sqlite.h"

#include <sqlite3.h>

#include <utility>

#include "base/error.h"
#include "state/fault_vfs.h"

namespace weir::state {

namespace {

[[noreturn]] void fail(sqlite3* database, int code, const std::string& doing) {
  const char* name = database != nullptr ? sqlite3_db_filename(database, "main") : nullptr;
  std::string file = name != nullptr && *name != '\0' ? name : "state.db";
  std::string cause = database != nullptr ? sqlite3_errmsg(database) : sqlite3_errstr(code);
  int primary = code & 0xff;
  if (primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB) {
    throw Error(
        ErrorCode::state_damaged, file + " is damaged: " + cause,
        "the next command that writes moves it aside and begins a new one; weir state rebuild fills it from the lake");
  }
  throw Error(ErrorCode::state_io, file + ": " + doing + ": " + cause,
              primary == SQLITE_FULL
                  ? "free some space on that disk and run again"
                  : "mend the disk or the permissions and run again; what is published is not touched");
}

}  // namespace

Statement::Statement(sqlite3* database, std::string_view sql) : database_(database) {
  int code = sqlite3_prepare_v2(database, sql.data(), static_cast<int>(sql.size()), &statement_, nullptr);
  if (code != SQLITE_OK) fail(database, code, "preparing a statement");
}

Statement::~Statement() { sqlite3_finalize(statement_); }

Statement::Statement(Statement&& other) noexcept
    : database_(other.database_), statement_(std::exchange(other.statement_, nullptr)), next_(other.next_) {}

Statement& Statement::bind(int64_t value) {
  sqlite3_bind_int64(statement_, next_++, value);
  return *this;
}

Statement& Statement::bind(std::string_view value) {
  int code = sqlite3_bind_text64(statement_, next_++, value.data(), value.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  if (code != SQLITE_OK) fail(database_, code, "binding a value");
  return *this;
}

Statement& Statement::bind(const std::optional<int64_t>& value) {
  if (value) return bind(*value);
  sqlite3_bind_null(statement_, next_++);
  return *this;
}

Statement& Statement::bind(const std::optional<int>& value) {
  return bind(value ? std::optional<int64_t>(*value) : std::nullopt);
}

bool Statement::step() {
  int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  sqlite3_reset(statement_);
  fail(database_, code, "running a statement");
}

void Statement::run() {
  while (step()) {
  }
  sqlite3_reset(statement_);
  next_ = 1;
}

int64_t Statement::int_at(int column) const { return sqlite3_column_int64(statement_, column); }

std::optional<int64_t> Statement::maybe_int_at(int column) const {
  if (sqlite3_column_type(statement_, column) == SQLITE_NULL) return std::nullopt;
  return int_at(column);
}

std::string Statement::text_at(int column) const {
  const unsigned char* text = sqlite3_column_text(statement_, column);
  if (text == nullptr) return {};
  return {reinterpret_cast<const char*>(text), static_cast<size_t>(sqlite3_column_bytes(statement_, column))};
}

Database::Database(const std::filesystem::path& file, Mode mode) : file_(file) {
  int flags = SQLITE_OPEN_NOMUTEX;
  flags |= mode == Mode::write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
  int code = sqlite3_open_v2(file.c_str(), &handle_, flags, fault_vfs());
  if (code != SQLITE_OK) {
    std::string cause = handle_ != nullptr ? sqlite3_errmsg(handle_) : sqlite3_errstr(code);
    sqlite3_close(handle_);
    throw Error(ErrorCode::state_io, file.string() + ": cannot be opened: " + cause);
  }
  sqlite3_extended_result_codes(handle_, 1);
  // Only recovery of the log after a crash can make anyone wait; that takes milliseconds.
  sqlite3_busy_timeout(handle_, 2000);
}

Database::~Database() { sqlite3_close(handle_); }

void Database::execute(const std::string& sql) {
  int code = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(handle_, code, "running a statement");
}

int64_t Database::integer(std::string_view sql) const {
  Statement statement = prepare(sql);
  return statement.step() ? statement.int_at(0) : 0;
}

int64_t Database::changes() const { return sqlite3_changes64(handle_); }

}  // namespace weir::state
