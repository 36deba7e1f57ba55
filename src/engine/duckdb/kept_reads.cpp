#include "engine/duckdb/kept_reads.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <duckdb/catalog/catalog.hpp>
#include <duckdb/catalog/catalog_entry/table_function_catalog_entry.hpp>
#include <duckdb/common/file_system.hpp>
#include <duckdb/common/multi_file/multi_file_list.hpp>
#include <duckdb/main/database.hpp>
#include <duckdb/parser/expression/function_expression.hpp>
#include <duckdb/parser/parsed_data/create_info.hpp>
#include <duckdb/parser/statement/create_statement.hpp>
#include <duckdb/parser/tableref/basetableref.hpp>
#include <duckdb/parser/tableref/table_function_ref.hpp>
#include <duckdb/storage/buffer_manager.hpp>
#include <map>

#include "base/text.h"
#include "engine/duckdb/object_fs.h"
#include "engine/duckdb/session_state.h"

namespace weir::engine::duck {

using namespace duckdb;

namespace {

constexpr std::array<const char*, 6> functions = {"read_csv",       "read_csv_auto", "read_json",
                                                  "read_json_auto", "read_ndjson",   "read_ndjson_auto"};

// A statement that reads less than this is done in no time.
constexpr int64_t fewest_bytes = 1 << 20;
// All kept rows together take memory from the statements that read them.
constexpr int64_t part_of_memory = 16;
constexpr int64_t unpacked_at_most = 8;  // times the bytes of a packed file
constexpr size_t most_files = 1000;      // all of which are looked at in each statement

bool is_named(const TableFunctionBindInput& input, std::string_view name) {
  return std::any_of(input.named_parameters.begin(), input.named_parameters.end(),
                     [&](auto& parameter) { return iequals(parameter.first, name); });
}

FileRead read_of(const TableFunctionBindInput& input) {
  FileRead read;
  std::string name = lower(input.ref.function->Cast<FunctionExpression>().function_name);
  if (name.ends_with("_auto")) name.resize(name.size() - std::string_view("_auto").size());
  std::vector<std::string> arguments;
  for (auto& value : input.inputs) {
    arguments.push_back(value.ToSQLString());
    if (value.IsNull()) continue;
    if (value.type().id() == LogicalTypeId::VARCHAR) read.patterns.push_back(value.ToString());
    if (value.type().id() == LogicalTypeId::LIST)
      for (auto& pattern : ListValue::GetChildren(value)) read.patterns.push_back(pattern.ToString());
  }
  std::map<std::string, std::string> named;
  for (auto& [key, value] : input.named_parameters) named[lower(key)] = value.ToSQLString();
  for (auto& [key, value] : named) arguments.push_back(quote_identifier(key) + " = " + value);
  read.sql = name + "(" + join(arguments, ", ") + ")";
  read.packed = is_named(input, "compression");
  return read;
}

// Rows of these are not all that the call leaves behind, or depend on the columns that are asked for, or are asked for
// by a part of the files' names.
bool is_of_its_own(const TableFunctionBindInput& input) {
  if (!input.ref.function || input.ref.sample || input.ref.with_ordinality == OrdinalityType::WITH_ORDINALITY)
    return true;
  for (auto* name : {"store_rejects", "rejects_table", "rejects_scan", "rejects_limit", "ignore_errors", "filename",
                     "hive_partitioning", "hive_types"})
    if (is_named(input, name)) return true;
  return false;
}

duckdb::unique_ptr<TableRef> kept_in_place(ClientContext& context, TableFunctionBindInput& input) {
  auto session = SessionState::find(context);
  if (!session || (!session->noted_reads && !session->takes_kept) || is_of_its_own(input)) return nullptr;
  const FileRead read = read_of(input);
  if (session->noted_reads) session->noted_reads->push_back(read);
  if (!session->takes_kept) return nullptr;
  for (auto& kept : session->kept) {
    const std::string table = kept->table_of(context, read);
    if (table.empty()) continue;
    session->took_kept = true;
    auto rows = make_uniq<BaseTableRef>();
    rows->catalog_name = kept_database;
    rows->schema_name = DEFAULT_SCHEMA;
    rows->table_name = table;
    rows->alias =
        input.ref.alias.empty() ? input.ref.function->Cast<FunctionExpression>().function_name : input.ref.alias;
    return rows;
  }
  return nullptr;
}

bool is_packed(const std::string& path) {
  const std::string name = lower(path);
  return name.ends_with(".gz") || name.ends_with(".gzip") || name.ends_with(".zst") || name.ends_with(".zstd");
}

// "…/day=3/a.csv": such a part is a column, and a condition on it leaves files out.
bool is_partitioned(const std::string& path) {
  const std::string folders = path.substr(0, path.rfind('/') + 1);
  return folders.find('=') != std::string::npos;
}

}  // namespace

KeptTables::~KeptTables() {
  const auto instance = instance_.lock();
  if (!instance) return;
  for (auto& table : tables_) instance->kept_bytes -= table.unpacked_bytes;
  if (tables_.empty() || instance->broken()) return;
  try {
    Connection connection(instance->db());
    for (auto& table : tables_)
      connection.Query(std::string("DROP TABLE IF EXISTS ") + kept_database + ".main." + table.name);
  } catch (const std::exception&) {
    // What could not be dropped goes with the process.
  }
}

std::optional<KeptTables::Files> KeptTables::files_of(ClientContext& context, const FileRead& read) {
  Files files;
  auto& system = FileSystem::GetFileSystem(context);
  for (auto& pattern : read.patterns) {
    const auto found = system.GlobFiles(pattern, FileGlobOptions::ALLOW_EMPTY);
    if (files.size() + found.size() > most_files) return std::nullopt;
    for (auto& info : found) {
      File file{info.path, 0, 0, {}};
      const auto* listed = info.extended_info ? &info.extended_info->options : nullptr;
      if (listed && listed->count(listed_bytes) > 0 && listed->count(listed_etag) > 0) {
        file.bytes = listed->at(listed_bytes).GetValue<int64_t>();
        file.tag = listed->at(listed_etag).ToString();
      } else {
        auto handle = system.OpenFile(info, FileFlags::FILE_FLAGS_READ);
        if (!handle->CanSeek()) return std::nullopt;  // a pipe, which gives its rows once
        file.bytes = system.GetFileSize(*handle);
        file.changed_us = system.GetLastModifiedTime(*handle).value;
        file.tag = system.GetVersionTag(*handle);
      }
      files.push_back(std::move(file));
    }
  }
  return files;
}

void KeptTables::add(ClientContext& context, const FileRead& read,
                     const std::function<int64_t(const std::string& sql)>& run) {
  const bool known = std::any_of(tables_.begin(), tables_.end(), [&](auto& table) { return table.read == read; });
  const auto instance = instance_.lock();
  if (known || !instance) return;
  std::optional<Files> files;
  context.RunFunctionInTransaction([&] { files = files_of(context, read); });
  if (!files) return;
  Table table{read, std::move(*files), 0, {}, 0};
  for (auto& file : table.files)
    table.unpacked_bytes += file.bytes * (read.packed || is_packed(file.path) ? unpacked_at_most : 1);
  const bool partitioned =
      std::any_of(table.files.begin(), table.files.end(), [](auto& file) { return is_partitioned(file.path); });
  const auto memory = static_cast<int64_t>(BufferManager::GetBufferManager(context).GetMaxMemory());
  if (partitioned || table.unpacked_bytes < fewest_bytes ||
      table.unpacked_bytes > memory / part_of_memory - instance->kept_bytes)
    return;
  instance->open_kept();
  static std::atomic<uint64_t> number{0};
  table.name = "read_" + std::to_string(++number);
  instance->kept_bytes += table.unpacked_bytes;
  tables_.push_back(table);  // from here on there is something to drop
  tables_.back().rows =
      run(std::string("CREATE TABLE ") + kept_database + ".main." + table.name + " AS SELECT * FROM " + read.sql);
}

int64_t KeptTables::file_bytes() const {
  int64_t bytes = 0;
  for (auto& table : tables_)
    for (auto& file : table.files) bytes += file.bytes;
  return bytes;
}

int64_t KeptTables::rows() const {
  int64_t rows = 0;
  for (auto& table : tables_) rows += table.rows;
  return rows;
}

std::string KeptTables::table_of(ClientContext& context, const FileRead& read) const {
  const auto instance = instance_.lock();
  if (!instance || context.db.get() != instance->db().instance.get()) return {};
  for (auto& table : tables_)
    if (table.read == read) return files_of(context, read) == table.files ? table.name : std::string();
  return {};
}

bool may_take_kept(const SQLStatement& statement) {
  // Columns that every file has and no table: their names may mean something else beside a table.
  const std::string text = lower(statement.query);
  for (auto* name : {"filename", "file_index", "file_row_number", "rowid"})
    if (text.find(name) != std::string::npos) return false;
  if (statement.type != StatementType::CREATE_STATEMENT) return statement.type != StatementType::EXPLAIN_STATEMENT;
  const auto kind = statement.Cast<CreateStatement>().info->type;
  return kind == CatalogType::TABLE_ENTRY || kind == CatalogType::TYPE_ENTRY;  // the values of a PIVOT
}

void register_kept_reads(Connection& connection) {
  auto& context = *connection.context;
  context.RunFunctionInTransaction([&] {
    for (auto* name : functions) {
      auto& entry = Catalog::GetEntry<TableFunctionCatalogEntry>(context, SYSTEM_CATALOG, DEFAULT_SCHEMA, name);
      for (auto& function : entry.functions.functions) function.bind_replace = kept_in_place;
    }
  });
}

}  // namespace weir::engine::duck
