#include "engine/duckdb/fence.h"

#include <algorithm>
#include <array>
#include <duckdb/common/file_opener.hpp>
#include <duckdb/common/local_file_system.hpp>
#include <duckdb/common/multi_file/multi_file_list.hpp>
#include <duckdb/parser/expression/function_expression.hpp>
#include <duckdb/parser/parsed_data/copy_info.hpp>
#include <duckdb/parser/parsed_data/pragma_info.hpp>
#include <duckdb/parser/statement/call_statement.hpp>
#include <duckdb/parser/statement/copy_statement.hpp>
#include <duckdb/parser/statement/explain_statement.hpp>
#include <duckdb/parser/statement/pragma_statement.hpp>
#include <duckdb/parser/statement/prepare_statement.hpp>
#include <duckdb/parser/statement/set_statement.hpp>
#include <utility>

#include "base/text.h"
#include "engine/duckdb/session_state.h"

namespace weir::engine::duck {

using namespace duckdb;

namespace {

// Settings that name files which the engine writes past its file system, and places that it takes code from.
bool names_files(const std::string& setting) {
  static constexpr std::array<std::string_view, 9> names = {
      "profiling_output", "profile_output",        "log_query_path",
      "temp_directory",   "extension_directory",   "secret_directory",
      "home_directory",   "extension_directories", "custom_extension_repository"};
  return std::find(names.begin(), names.end(), lower(setting)) != names.end();
}

// The part of a pattern that names a folder.
std::string fixed_part(const std::string& pattern) {
  const size_t wild = pattern.find_first_of("*?[");
  if (wild == std::string::npos) return pattern;
  const size_t slash = pattern.rfind('/', wild);
  return slash == std::string::npos ? "." : pattern.substr(0, slash + 1);
}

class FencedFiles final : public LocalFileSystem {
 public:
  duckdb::unique_ptr<FileHandle> OpenFile(const string& path, FileOpenFlags flags,
                                          optional_ptr<FileOpener> opener) override {
    ask(path, opener);
    return LocalFileSystem::OpenFile(path, flags, opener);
  }
  void CreateDirectory(const string& directory, optional_ptr<FileOpener> opener) override {
    ask(directory, opener);
    LocalFileSystem::CreateDirectory(directory, opener);
  }
  void RemoveDirectory(const string& directory, optional_ptr<FileOpener> opener) override {
    ask(directory, opener);
    LocalFileSystem::RemoveDirectory(directory, opener);
  }
  void MoveFile(const string& source, const string& target, optional_ptr<FileOpener> opener) override {
    ask(source, opener);
    ask(target, opener);
    LocalFileSystem::MoveFile(source, target, opener);
  }
  void RemoveFile(const string& path, optional_ptr<FileOpener> opener) override {
    ask(path, opener);
    LocalFileSystem::RemoveFile(path, opener);
  }

 protected:
  bool ListFilesExtended(const string& directory, const std::function<void(OpenFileInfo& info)>& callback,
                         optional_ptr<FileOpener> opener) override {
    ask(directory, opener);
    return LocalFileSystem::ListFilesExtended(directory, callback, opener);
  }
  duckdb::unique_ptr<MultiFileList> GlobFilesExtended(const string& path, const FileGlobInput& input,
                                                      optional_ptr<FileOpener> opener) override {
    ask(fixed_part(path), opener);
    return LocalFileSystem::GlobFilesExtended(path, input, opener);
  }

 private:
  static void ask(const string& path, optional_ptr<FileOpener> opener) {
    auto context = FileOpener::TryGetClientContext(opener);
    if (!context) return;
    auto session = SessionState::find(*context);
    auto fence = session ? session->fence_now() : nullptr;
    if (fence) across(&session->errors, [&] { fence->check_file(path); });
  }
};

// What stands before a statement is not what asks for trust.
std::string without_comment(const std::string& statement) {
  const std::string_view text = trim(statement);
  const auto end = text.starts_with("/*") ? text.find("*/") : std::string_view::npos;
  return std::string(end == std::string_view::npos ? text : trim(text.substr(end + 2)));
}

}  // namespace

void Fence::refuse(const std::string& kind, const SQLStatement& statement) const {
  if (!reach_.kinds.contains(kind))
    throw not_trusted(
        kind, without_comment(statement.query.substr(statement.stmt_location,
                                                     statement.stmt_length ? statement.stmt_length : string::npos)));
}

void Fence::check(const SQLStatement& statement) const {
  switch (statement.type) {
    case StatementType::ATTACH_STATEMENT:
      return refuse("ATTACH", statement);
    case StatementType::EXPORT_STATEMENT:
      return refuse("EXPORT DATABASE", statement);
    case StatementType::COPY_STATEMENT:
      if (!statement.Cast<CopyStatement>().info->is_from) refuse("COPY TO", statement);
      return;
    case StatementType::PRAGMA_STATEMENT: {
      auto& name = statement.Cast<PragmaStatement>().info->name;
      if (names_files(name)) refuse("SET " + lower(name), statement);
      return;
    }
    case StatementType::SET_STATEMENT: {
      auto& name = statement.Cast<SetStatement>().name;
      if (names_files(name)) refuse("SET " + lower(name), statement);
      return;
    }
    case StatementType::CALL_STATEMENT: {
      auto& function = *statement.Cast<CallStatement>().function;
      if (function.GetExpressionClass() == ExpressionClass::FUNCTION &&
          iequals(function.Cast<FunctionExpression>().function_name, "enable_logging"))
        refuse("CALL enable_logging", statement);
      return;
    }
    case StatementType::EXPLAIN_STATEMENT:
      return check(*statement.Cast<ExplainStatement>().stmt);
    case StatementType::PREPARE_STATEMENT:
      return check(*statement.Cast<PrepareStatement>().statement);
    default:
      return;
  }
}

duckdb::unique_ptr<FileSystem> make_fenced_files() { return make_uniq<FencedFiles>(); }

}  // namespace weir::engine::duck
