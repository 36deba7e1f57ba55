#include "engine/duckdb/kept_reads.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <duckdb/catalog/catalog.hpp>
#include <duckdb/catalog/catalog_entry/table_catalog_entry.hpp>
#include <duckdb/catalog/catalog_entry/table_function_catalog_entry.hpp>
#include <duckdb/common/file_system.hpp>
#include <duckdb/common/multi_file/multi_file_list.hpp>
#include <duckdb/main/database.hpp>
#include <duckdb/optimizer/optimizer_extension.hpp>
#include <duckdb/parser/expression/function_expression.hpp>
#include <duckdb/parser/parsed_data/create_info.hpp>
#include <duckdb/parser/statement/create_statement.hpp>
#include <duckdb/parser/tableref/basetableref.hpp>
#include <duckdb/parser/tableref/table_function_ref.hpp>
#include <duckdb/planner/expression/bound_cast_expression.hpp>
#include <duckdb/planner/operator/logical_get.hpp>
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
constexpr int64_t part_of_memory = 8;
// The bytes of rows are guessed before they are read: of text, and of what is packed.
constexpr int64_t as_rows = 2, unpacked = 8;
constexpr size_t most_files = 1000;  // all of which are looked at in each statement

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
  read.sql = "system.main." + name + "(" + join(arguments, ", ") + ")";
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

// As the file system tells it, to the nanosecond; nullopt where the path is no file of this machine.
std::optional<struct stat> local_file(const std::string& path) {
  struct stat info {};
  if (path.find("://") != std::string::npos || ::stat(path.c_str(), &info) != 0) return std::nullopt;
  return info;
}

bool is_kept(const LogicalOperator& plan) {
  if (plan.type != LogicalOperatorType::LOGICAL_GET) return false;
  const auto table = plan.Cast<LogicalGet>().GetTable();
  return table && table->ParentCatalog().GetName() == kept_database;
}

bool casts_kept(const LogicalOperator& plan) {
  if (plan.type != LogicalOperatorType::LOGICAL_PROJECTION || !is_kept(*plan.children.front())) return false;
  return std::any_of(plan.expressions.begin(), plan.expressions.end(), [](auto& expression) {
    return expression->GetExpressionClass() == ExpressionClass::BOUND_CAST &&
           expression->template Cast<BoundCastExpression>().child->GetExpressionClass() ==
               ExpressionClass::BOUND_COLUMN_REF;
  });
}

// A read of text that stands directly in a UNION or an INSERT has the types that are wanted there, so that 01234 keeps
// its zero; the rows of a table have only those that were found.
void refuse_lost_text(const LogicalOperator& plan) {
  switch (plan.type) {
    case LogicalOperatorType::LOGICAL_UNION:
    case LogicalOperatorType::LOGICAL_EXCEPT:
    case LogicalOperatorType::LOGICAL_INTERSECT:
    case LogicalOperatorType::LOGICAL_RECURSIVE_CTE:
    case LogicalOperatorType::LOGICAL_INSERT:
      for (auto& child : plan.children)
        if (casts_kept(*child)) throw BinderException("the text of a file is wanted, and only its rows are kept");
      break;
    default:
      break;
  }
  for (auto& child : plan.children) refuse_lost_text(*child);
}

void look_before_optimizing(OptimizerExtensionInput& input, duckdb::unique_ptr<LogicalOperator>& plan) {
  const auto session = SessionState::find(input.context);
  if (session && session->takes_kept && session->took_kept) refuse_lost_text(*plan);
}

int64_t row_bytes(ClientContext& context, const std::string& table) {
  int64_t bytes = 0;
  context.RunFunctionInTransaction([&] {
    auto& entry = Catalog::GetEntry<TableCatalogEntry>(context, kept_database, DEFAULT_SCHEMA, table);
    for (auto& column : entry.GetColumns().Logical())
      bytes += static_cast<int64_t>(GetTypeIdSize(column.Type().InternalType()));
  });
  return bytes;
}

}  // namespace

KeptTables::~KeptTables() {
  const auto instance = instance_.lock();
  if (!instance) return;
  for (auto& table : tables_) instance->kept_bytes -= table.bytes;
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
      } else if (const auto local = local_file(info.path)) {
        if (!S_ISREG(local->st_mode)) return std::nullopt;  // a pipe, which gives its rows once
        file.bytes = local->st_size;
        file.changed_ns = int64_t{local->st_mtim.tv_sec} * 1'000'000'000 + local->st_mtim.tv_nsec;
        file.tag = std::to_string(local->st_dev) + "/" + std::to_string(local->st_ino);
      } else {
        auto handle = system.OpenFile(info, FileFlags::FILE_FLAGS_READ);
        if (!handle->CanSeek()) return std::nullopt;
        file.bytes = system.GetFileSize(*handle);
        file.changed_ns = system.GetLastModifiedTime(*handle).value * 1000;
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
  int64_t text_bytes = 0;
  for (auto& file : table.files) text_bytes += file.bytes * (read.packed || is_packed(file.path) ? unpacked : 1);
  const bool partitioned =
      std::any_of(table.files.begin(), table.files.end(), [](auto& file) { return is_partitioned(file.path); });
  if (partitioned || text_bytes < fewest_bytes) return;
  const int64_t most = static_cast<int64_t>(BufferManager::GetBufferManager(context).GetMaxMemory()) / part_of_memory;
  const auto takes = [&](int64_t bytes) {
    table.bytes += bytes;
    return (instance->kept_bytes += bytes) <= most;
  };
  if (!takes(text_bytes * as_rows)) {
    instance->kept_bytes -= table.bytes;
    return;
  }
  instance->open_kept();
  table.name = "read_" + std::to_string(++instance->kept_number);
  tables_.push_back(table);  // from here on there is something to drop
  const std::string name = std::string(kept_database) + ".main." + table.name;
  table.rows = run("CREATE TABLE " + name + " AS SELECT * FROM " + read.sql);
  const bool fits = takes(table.rows * row_bytes(context, table.name) - table.bytes + text_bytes);
  tables_.back() = table;
  if (fits) return;
  run("DROP TABLE " + name);
  instance->kept_bytes -= table.bytes;
  tables_.pop_back();
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
  switch (statement.type) {
    case StatementType::CREATE_STATEMENT:
      break;
    case StatementType::EXPLAIN_STATEMENT:
    case StatementType::PREPARE_STATEMENT:  // the files are looked at now, and read later
    case StatementType::EXECUTE_STATEMENT:
      return false;
    default:
      return true;
  }
  const auto kind = statement.Cast<CreateStatement>().info->type;
  // A view is bound for its columns, and keeps its text. A type: the values of a PIVOT.
  return kind == CatalogType::TABLE_ENTRY || kind == CatalogType::VIEW_ENTRY || kind == CatalogType::TYPE_ENTRY;
}

void register_kept_reads(Connection& connection) {
  auto& context = *connection.context;
  context.RunFunctionInTransaction([&] {
    for (auto* name : functions) {
      auto& entry = Catalog::GetEntry<TableFunctionCatalogEntry>(context, SYSTEM_CATALOG, DEFAULT_SCHEMA, name);
      for (auto& function : entry.functions.functions) function.bind_replace = kept_in_place;
    }
  });
  OptimizerExtension lost_text;
  lost_text.pre_optimize_function = look_before_optimizing;
  OptimizerExtension::Register(DBConfig::GetConfig(context), std::move(lost_text));
}

}  // namespace weir::engine::duck
