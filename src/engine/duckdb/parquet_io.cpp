#include "engine/duckdb/parquet_io.h"

#include <duckdb/common/arrow/arrow.hpp>
#include <duckdb/common/arrow/arrow_converter.hpp>
#include <duckdb/common/arrow/arrow_util.hpp>
#include <duckdb/common/arrow/arrow_wrapper.hpp>
#include <duckdb/function/table/arrow.hpp>
#include <duckdb/function/table/arrow/arrow_duck_schema.hpp>
#include <duckdb/main/chunk_scan_state/query_result.hpp>
#include <duckdb/main/relation.hpp>

#include "base/text.h"
#include "engine/duckdb/arrow_stream.h"
#include "engine/duckdb/errors.h"
#include "engine/duckdb/instance.h"
#include "engine/duckdb/row_taker.h"
#include "engine/duckdb/session_state.h"

namespace weir::engine::duck {

using namespace duckdb;

namespace {

constexpr idx_t batch_rows = 8192;
constexpr idx_t read_ahead_bytes = 16 << 20;

class ResultStream final : public format::BatchStream {
 public:
  ResultStream(duckdb::unique_ptr<QueryResult> result, ClientContext& context, RaiseError raise,
               std::shared_ptr<void> keep)
      : keep_(std::move(keep)),
        result_(std::move(result)),
        properties_(context.GetClientProperties()),
        extensions_(ArrowTypeExtensionData::GetExtensionTypes(context, result_->types)),
        schema_(make_schema()),
        scan_(make_uniq<QueryResultChunkScanState>(*result_)),
        raise_(std::move(raise)) {}

  const format::BatchSchema& schema() const override { return schema_; }
  std::optional<format::Batch> next() override {
    ArrowArray array{};
    idx_t rows = 0;
    ErrorData error;
    if (!ArrowUtil::TryFetchChunk(*scan_, properties_, batch_rows, &array, rows, error, extensions_)) {
      if (array.release) array.release(&array);
      raise_(error);
    }
    if (rows == 0) {
      if (array.release) array.release(&array);
      return std::nullopt;
    }
    return format::Batch(array);
  }

 private:
  format::BatchSchema make_schema() {
    ArrowSchema schema{};
    ArrowConverter::ToArrowSchema(&schema, result_->types, result_->names, properties_);
    return format::BatchSchema(schema);
  }

  std::shared_ptr<void> keep_;
  duckdb::unique_ptr<QueryResult> result_;
  ClientProperties properties_;
  unordered_map<idx_t, const duckdb::shared_ptr<ArrowTypeExtensionData>> extensions_;
  format::BatchSchema schema_;
  duckdb::unique_ptr<QueryResultChunkScanState> scan_;
  RaiseError raise_;
};

// A copy of a schema that its receiver may release: it borrows everything from the original.
struct BorrowedSchema {
  std::vector<ArrowSchema> children;
  std::vector<ArrowSchema*> pointers;
};

void borrow(const ArrowSchema& from, ArrowSchema& to) {
  auto held = std::make_unique<BorrowedSchema>();
  held->children.resize(static_cast<size_t>(from.n_children));
  for (size_t i = 0; i < held->children.size(); ++i) {
    borrow(*from.children[i], held->children[i]);
    held->pointers.push_back(&held->children[i]);
  }
  to = from;
  to.children = held->pointers.empty() ? nullptr : held->pointers.data();
  if (from.dictionary) {
    auto* dictionary = new ArrowSchema{};
    borrow(*from.dictionary, *dictionary);
    to.dictionary = dictionary;
  }
  to.private_data = held.release();
  to.release = [](ArrowSchema* schema) {
    std::unique_ptr<BorrowedSchema> mine(static_cast<BorrowedSchema*>(schema->private_data));
    for (auto& child : mine->children) {
      if (child.release) child.release(&child);
    }
    if (schema->dictionary) {
      if (schema->dictionary->release) schema->dictionary->release(schema->dictionary);
      delete schema->dictionary;
    }
    schema->release = nullptr;
  };
}

}  // namespace

std::unique_ptr<format::BatchStream> batches_of(duckdb::unique_ptr<QueryResult> result, ClientContext& context,
                                                RaiseError raise, std::shared_ptr<void> keep) {
  return std::make_unique<ResultStream>(std::move(result), context, std::move(raise), std::move(keep));
}

// The C stream over a BatchStream.
struct StreamShim {
  static BatchRelation& self(ArrowArrayStream* stream) { return *static_cast<BatchRelation*>(stream->private_data); }
  static int get_schema(ArrowArrayStream* stream, ArrowSchema* out) {
    borrow(self(stream).stream_.schema().c_schema(), *out);
    return 0;
  }
  static int get_next(ArrowArrayStream* stream, ArrowArray* out) {
    *out = ArrowArray{};
    try {
      if (auto batch = self(stream).stream_.next()) *out = std::move(*batch).take();
      return 0;
    } catch (...) {
      self(stream).failure_ = std::current_exception();
      return 5;  // EIO
    }
  }
  static const char* get_last_error(ArrowArrayStream*) { return "the rows to be written could not be read"; }
  static void release(ArrowArrayStream* stream) { stream->release = nullptr; }

  static duckdb::unique_ptr<ArrowArrayStreamWrapper> produce(uintptr_t factory, ArrowStreamParameters&) {
    auto wrapper = make_uniq<ArrowArrayStreamWrapper>();
    wrapper->arrow_array_stream = {get_schema, get_next, get_last_error, release, reinterpret_cast<void*>(factory)};
    wrapper->number_of_rows = -1;
    return wrapper;
  }
  static void schema(ArrowArrayStream* factory, ArrowSchema& out) {
    borrow(reinterpret_cast<BatchRelation*>(factory)->stream_.schema().c_schema(), out);
  }
};

// arrow_scan_dumb, since arrow_scan would expect the producer to project and filter.
duckdb::shared_ptr<Relation> BatchRelation::relation(Connection& connection) {
  return connection.TableFunction("arrow_scan_dumb",
                                  {Value::POINTER(reinterpret_cast<uintptr_t>(this)),
                                   Value::POINTER(reinterpret_cast<uintptr_t>(&StreamShim::produce)),
                                   Value::POINTER(reinterpret_cast<uintptr_t>(&StreamShim::schema))});
}

namespace {

// What an open read holds on to.
struct ReadHold {
  std::shared_ptr<Instance> instance;
  std::unique_ptr<StoreUse> store;
  std::unique_ptr<Connection> connection;
  duckdb::shared_ptr<CallbackState> state = make_shared_ptr<CallbackState>();
};

[[noreturn]] void raise_parquet(const ErrorData& data, ErrorPark& park, const store::ObjectStore& store,
                                const std::string& key) {
  if (auto parked = park.take(data.RawMessage())) throw *parked;
  auto error = translated(data, {}, nullptr);
  auto code = error.code();
  if (code == ErrorCode::out_of_memory || code == ErrorCode::cancelled || code == ErrorCode::spill_full) throw error;
  throw Error(ErrorCode::bad_parquet, key + " in " + store.uri() + " cannot be read: " + error.message());
}

}  // namespace

// A connection with one object of a store at hand.
class OpenObject {
 public:
  OpenObject(std::shared_ptr<Instance> instance, store::ObjectStore& store, const std::string& key)
      : hold_(std::make_shared<ReadHold>()) {
    const auto info = store.head(key);
    if (!info) throw Error(ErrorCode::store_not_found, "no object " + key + " in " + store.uri());
    identity_ = store.uri() + '\0' + key + '\0' + info->etag;
    hold_->instance = std::move(instance);
    hold_->store = std::make_unique<StoreUse>(*hold_->instance->stores(), store);
    hold_->connection = std::make_unique<Connection>(hold_->instance->db());
    CallbackState::attach(*hold_->connection->context, hold_->state);
    raise_ = [&store, key, state = hold_->state](const ErrorData& data) {
      raise_parquet(data, state->errors, store, key);
    };
  }
  std::string url(const std::string& key) const { return quote_literal(hold_->store->url(key)); }
  const std::string& identity() const { return identity_; }  // of this content
  duckdb::unique_ptr<PreparedStatement> prepare(const std::string& sql) const {
    auto prepared = hold_->connection->Prepare(sql);
    if (prepared->HasError()) raise_(prepared->error);
    return prepared;
  }
  std::unique_ptr<format::BatchStream> run(const std::string& sql) {
    // Decoding goes on while the reader works on what it has.
    hold_->connection->context->config.streaming_buffer_size = read_ahead_bytes;
    auto result = hold_->connection->SendQuery(sql);
    if (result->HasError()) raise_(result->GetErrorObject());
    auto& context = *hold_->connection->context;
    return batches_of(std::move(result), context, raise_, std::move(hold_));
  }
  // A query whose rows go to `taker`.
  void run(const std::string& sql, RowTaker& taker) {
    hold_->state->taker = &taker;
    auto result = hold_->connection->Query(sql);
    if (result->HasError()) raise_(result->GetErrorObject());
  }

 private:
  std::shared_ptr<ReadHold> hold_;
  std::string identity_;
  RaiseError raise_;
};

namespace {

// The SQL of a field; nullopt if there is none of this path.
std::optional<std::string> field_sql(const std::vector<std::string>& names, const std::vector<LogicalType>& types,
                                     const lake::ParquetSelection::Path& path) {
  std::string sql = "o";
  child_list_t<LogicalType> level;
  for (idx_t i = 0; i < names.size(); ++i) level.emplace_back(names[i], types[i]);
  for (auto& wanted : path) {
    auto found = std::find_if(level.begin(), level.end(), [&](auto& one) { return iequals(one.first, wanted); });
    if (found == level.end()) return std::nullopt;
    sql += "." + quote_identifier(found->first);
    LogicalType type = found->second;
    level = type.id() == LogicalTypeId::STRUCT ? StructType::GetChildTypes(type) : child_list_t<LogicalType>();
  }
  return sql;
}

std::string source_of(const OpenObject& object, const std::string& key) {
  return "read_parquet(" + object.url(key) + ", hive_partitioning = false)";
}

}  // namespace

std::unique_ptr<format::BatchStream> DuckParquetIo::read(store::ObjectStore& store, const std::string& key,
                                                         const std::vector<std::string>& columns) {
  OpenObject object(instance_(), store, key);
  auto source = source_of(object, key);
  std::string list = "*";
  if (!columns.empty()) {
    std::vector<std::string> present;
    auto prepared = object.prepare("SELECT * FROM " + source);
    for (auto& wanted : columns) {
      for (auto& name : prepared->GetNames()) {
        if (iequals(name, wanted)) present.push_back(quote_identifier(name));
      }
    }
    if (present.empty())
      throw Error(ErrorCode::bad_parquet, key + " has none of the columns asked for: " + join(columns, ", "));
    list = join(present, ", ");
  }
  return object.run("SELECT " + list + " FROM " + source);
}

namespace {

// A selection in SQL.
struct SelectionSql {
  std::vector<std::string> names, columns;  // of the fields that there are, and of "row"
  std::string rest;                         // " FROM … WHERE …"
};

// nullopt if there is none of the fields.
std::optional<SelectionSql> selection_sql(const std::string& source, const std::vector<std::string>& names,
                                          const std::vector<LogicalType>& types,
                                          const lake::ParquetSelection& selection) {
  SelectionSql sql;
  sql.rest = " FROM " + source + " o";
  for (size_t i = 0; i < selection.fields.size(); ++i) {
    if (auto column = field_sql(names, types, selection.fields[i])) {
      sql.names.push_back(std::to_string(i));
      sql.columns.push_back(std::move(*column));
    }
  }
  if (sql.columns.empty()) return std::nullopt;
  sql.names.emplace_back("row");
  sql.columns.emplace_back("o.file_row_number");
  std::vector<std::string> conditions;
  std::vector<std::string> present;
  for (auto& path : selection.present) {
    if (auto sql = field_sql(names, types, path)) present.push_back(*sql + " IS NOT NULL");
  }
  if (!present.empty()) conditions.push_back("(" + join(present, " OR ") + ")");
  if (auto& rows = selection.rows)
    conditions.push_back("o.file_row_number BETWEEN " + std::to_string(rows->first) + " AND " +
                         std::to_string(rows->last));
  if (!conditions.empty()) sql.rest += " WHERE " + join(conditions, " AND ");
  return sql;
}

}  // namespace

std::shared_ptr<const DuckParquetIo::Columns> DuckParquetIo::columns_of(const OpenObject& object,
                                                                        const std::string& key) {
  constexpr size_t kept = 32;
  {
    std::lock_guard lock(mutex_);
    for (auto& columns : lately_) {
      if (columns->object == object.identity()) return columns;
    }
  }
  auto prepared = object.prepare("SELECT * FROM " + source_of(object, key));
  auto columns = std::make_shared<Columns>();
  columns->object = object.identity();
  columns->names.assign(prepared->GetNames().begin(), prepared->GetNames().end());
  columns->types.assign(prepared->GetTypes().begin(), prepared->GetTypes().end());
  std::lock_guard lock(mutex_);
  lately_.push_back(columns);
  if (lately_.size() > kept) lately_.pop_front();
  return columns;
}

std::unique_ptr<format::BatchStream> DuckParquetIo::select(store::ObjectStore& store, const std::string& key,
                                                           const lake::ParquetSelection& selection) {
  OpenObject object(instance_(), store, key);
  const auto columns = columns_of(object, key);
  auto sql = selection_sql(source_of(object, key), columns->names, columns->types, selection);
  if (!sql) return nullptr;
  for (size_t i = 0; i < sql->columns.size(); ++i) sql->columns[i] += " AS " + quote_identifier(sql->names[i]);
  return object.run("SELECT " + join(sql->columns, ", ") + sql->rest);
}

bool DuckParquetIo::scan(store::ObjectStore& store, const std::string& key, const lake::ParquetSelection& selection,
                         const std::function<void(const format::ArrowView& rows)>& take) {
  OpenObject object(instance_(), store, key);
  const auto columns = columns_of(object, key);
  auto sql = selection_sql(source_of(object, key), columns->names, columns->types, selection);
  if (!sql) return false;
  RowTaker taker{sql->names, take};
  object.run("SELECT sum(weir_take_rows(" + join(sql->columns, ", ") + "))" + sql->rest, taker);
  return true;
}

uint64_t DuckParquetIo::write(store::ObjectStore& store, const std::string& key, format::BatchStream& rows) {
  auto instance = instance_();
  StoreUse use(*instance->stores(), store);
  Connection connection(instance->db());
  auto state = make_shared_ptr<CallbackState>();
  CallbackState::attach(*connection.context, state);
  BatchRelation source(rows);
  case_insensitive_map_t<duckdb::vector<Value>> options;
  options["compression"] = {Value("zstd")};
  options["compression_level"] = {Value::BIGINT(1)};
  options["use_tmp_file"] = {Value::BOOLEAN(false)};
  try {
    source.relation(connection)->WriteParquet(use.url(key), options);
  } catch (const std::exception& exception) {
    if (source.failure()) std::rethrow_exception(source.failure());
    throw translated(exception, {}, &state->errors).add_context("writing " + key + " in " + store.uri());
  }
  auto info = store.head(key);
  require(info.has_value(), "a file that was written is there");
  return info->size;
}

}  // namespace weir::engine::duck
