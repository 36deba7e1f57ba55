#include "engine/duckdb/lake_catalog.h"

#include <chrono>
#include <duckdb/catalog/catalog_entry/view_catalog_entry.hpp>
#include <duckdb/catalog/similar_catalog_entry.hpp>
#include <duckdb/parser/constraints/not_null_constraint.hpp>
#include <duckdb/parser/expression/columnref_expression.hpp>
#include <duckdb/parser/expression/constant_expression.hpp>
#include <duckdb/parser/parsed_data/alter_table_info.hpp>
#include <duckdb/parser/parsed_data/create_index_info.hpp>
#include <duckdb/parser/parsed_data/create_schema_info.hpp>
#include <duckdb/parser/parsed_data/create_table_info.hpp>
#include <duckdb/parser/parsed_data/create_view_info.hpp>
#include <duckdb/parser/parsed_data/drop_info.hpp>
#include <duckdb/parser/statement/create_statement.hpp>
#include <duckdb/parser/statement/select_statement.hpp>
#include <duckdb/planner/parsed_data/bound_create_table_info.hpp>
#include <duckdb/planner/tableref/bound_at_clause.hpp>
#include <duckdb/storage/database_size.hpp>
#include <duckdb/storage/statistics/numeric_stats.hpp>
#include <duckdb/storage/storage_extension.hpp>
#include <duckdb/storage/table_storage_info.hpp>

#include "base/ids.h"
#include "base/text.h"
#include "engine/duckdb/lake_ddl.h"
#include "engine/duckdb/lake_functions.h"
#include "engine/duckdb/lake_names.h"
#include "engine/duckdb/table_rules.h"
#include "engine/duckdb/types.h"

namespace weir::engine::duck {

using namespace duckdb;

namespace {

[[noreturn]] void unsupported(const std::string& what, const std::string& hint) {
  throw Error(ErrorCode::sql_unsupported, what, hint);
}

}  // namespace

// ---- views ----

namespace {

std::string view_sql(LakeTransaction& transaction, const std::string& schema, CreateViewInfo& info) {
  qualify_names(transaction, schema, *info.query->node);
  auto sql = info.query->ToString();
  if (info.aliases.empty()) return sql;
  std::vector<std::string> names;
  for (auto& alias : info.aliases) names.push_back(quote_identifier(alias));
  return "SELECT * FROM (" + sql + ") AS " + quote_identifier(info.view_name) + "(" + join(names, ", ") + ")";
}

}  // namespace

// ---- schema ----

lake::TableName LakeSchema::table_name(const std::string& table) const { return {name, lower(table)}; }

CatalogEntry& LakeSchema::make_table(LakeTransaction& transaction, StatePtr state) {
  CreateTableInfo info(*this, state->name.name);
  std::vector<std::string> names;
  for (auto& column : state->columns) names.push_back(column.name);
  for (size_t i = 0; i < state->columns.size(); ++i) {
    auto& column = state->columns[i];
    ColumnDefinition definition(column.name, column.type);
    if (auto value = default_of(state->metadata.schema.fields[i], names)) definition.SetDefaultValue(std::move(value));
    info.columns.AddColumn(std::move(definition));
    if (!column.nullable) info.constraints.push_back(make_uniq<NotNullConstraint>(LogicalIndex(i)));
  }
  auto table = state->name;
  auto entry = make_uniq<LakeTable>(catalog, *this, info, std::move(state));
  entry->oid = catalog.Cast<LakeCatalog>().stable_oid(table, entry->oid);
  return transaction.keep(std::move(entry));
}

CatalogEntry& LakeSchema::make_view(LakeTransaction& transaction, const std::string& view, const std::string& sql) {
  CreateViewInfo info(*this, view);
  info.sql = sql;
  info.query = CreateViewInfo::ParseSelect(sql);
  auto entry = make_uniq<ViewCatalogEntry>(catalog, *this, info);
  entry->oid = catalog.Cast<LakeCatalog>().stable_oid(table_name(view), entry->oid);
  return transaction.keep(std::move(entry));
}

namespace {

lake::VersionSpec version_of(const BoundAtClause& at) {
  lake::VersionSpec spec;
  auto& value = at.GetValue();
  if (iequals(at.Unit(), "version")) {
    spec.version = value.DefaultCastAs(LogicalType::BIGINT).GetValue<int64_t>();
  } else if (iequals(at.Unit(), "timestamp")) {
    auto time = value.DefaultCastAs(LogicalType::TIMESTAMP_TZ).GetValueUnsafe<int64_t>();
    spec.at_ms = time / 1000 - (time % 1000 < 0 ? 1 : 0);
  } else {
    unsupported("AT takes VERSION or TIMESTAMP, not " + at.Unit(), "AT (VERSION => 3)");
  }
  return spec;
}

}  // namespace

optional_ptr<CatalogEntry> LakeSchema::LookupEntry(CatalogTransaction ct, const EntryLookupInfo& info) {
  if (names_functions(info.GetCatalogType())) return look_up_function(ct, *this, info);
  if (info.GetCatalogType() != CatalogType::TABLE_ENTRY && info.GetCatalogType() != CatalogType::VIEW_ENTRY)
    return nullptr;
  auto& transaction = LakeTransaction::of(ct);
  auto& session = transaction.session();
  return across(&session.errors, [&]() -> optional_ptr<CatalogEntry> {
    auto table = table_name(info.GetEntryName());
    auto at = info.GetAtClause();
    auto state = transaction.table(table);
    if (state && at) state = transaction.table_at(table, version_of(*at));
    if (state) {
      if (session.looked_up) session.looked_up->insert(table);
      return &make_table(transaction, std::move(state));
    }
    if (auto view = transaction.view(table)) return &make_view(transaction, table.name, view->sql);
    return nullptr;
  });
}

void LakeSchema::Scan(ClientContext& context, CatalogType type, const std::function<void(CatalogEntry&)>& visit) {
  if (names_functions(type)) return scan_functions(context, *this, type, visit);
  if (type != CatalogType::TABLE_ENTRY && type != CatalogType::VIEW_ENTRY) return;
  auto& transaction = LakeTransaction::of(context, catalog);
  across(&transaction.session().errors, [&] {
    for (auto& table : transaction.tables(name)) {
      if (auto state = transaction.table({name, table})) visit(make_table(transaction, std::move(state)));
    }
    for (auto& view : transaction.views(name)) {
      if (auto entry = transaction.view({name, view})) visit(make_view(transaction, view, entry->sql));
    }
  });
}

void LakeSchema::Scan(CatalogType, const std::function<void(CatalogEntry&)>&) {
  throw NotImplementedException("a lake is listed within a transaction only");
}

SimilarCatalogEntry LakeSchema::GetSimilarEntry(CatalogTransaction ct, const EntryLookupInfo& info) {
  auto& transaction = LakeTransaction::of(ct);
  SimilarCatalogEntry best;  // by names only: no table is opened for a suggestion
  auto names = across(&transaction.session().errors, [&] {
    auto all = transaction.tables(name);
    all.merge(transaction.views(name));
    return all;
  });
  for (auto& candidate : names) {
    auto score = StringUtil::SimilarityRating(candidate, info.GetEntryName());
    if (score > best.score) {
      best.score = score;
      best.name = candidate;
    }
  }
  return best;
}

optional_ptr<CatalogEntry> LakeSchema::CreateTable(CatalogTransaction ct, BoundCreateTableInfo& bound) {
  auto& transaction = LakeTransaction::of(ct);
  return across(&transaction.session().errors, [&]() -> optional_ptr<CatalogEntry> {
    auto table = table_name(bound.Base().table);
    auto declared = declared_table(transaction, table, bound.Base());
    auto state = created_state(transaction, table, bound.Base().on_conflict, std::move(declared), "CREATE TABLE");
    if (!state) return nullptr;
    transaction.stage(std::move(state));
    return &make_table(transaction, transaction.table(table));
  });
}

optional_ptr<CatalogEntry> LakeSchema::CreateView(CatalogTransaction ct, CreateViewInfo& info) {
  auto& transaction = LakeTransaction::of(ct);
  return across(&transaction.session().errors, [&]() -> optional_ptr<CatalogEntry> {
    auto view = table_name(info.view_name);
    if (transaction.table(view)) throw Error(ErrorCode::sql_exists, "\"" + view.text() + "\" is a table");
    if (transaction.view(view)) {
      if (info.on_conflict == OnCreateConflict::IGNORE_ON_CONFLICT) return nullptr;
      if (info.on_conflict != OnCreateConflict::REPLACE_ON_CONFLICT)
        throw Error(ErrorCode::sql_exists, "view \"" + view.text() + "\" already exists");
    }
    lake::ViewEntry entry;
    entry.sql = view_sql(transaction, name, info);
    transaction.stage_view(view, entry);
    return &make_view(transaction, view.name, entry.sql);
  });
}

void LakeSchema::DropEntry(ClientContext& context, DropInfo& info) {
  if (names_functions(info.type)) return drop_function(context, *this, info);
  auto& transaction = LakeTransaction::of(context, catalog);
  across(&transaction.session().errors, [&] {
    auto entry = table_name(info.name);
    auto state = transaction.table(entry);
    if (info.type == CatalogType::VIEW_ENTRY) {
      if (state) throw Error(ErrorCode::sql_binder, "\"" + entry.text() + "\" is a table, not a view");
      if (transaction.view(entry))
        transaction.stage_view(entry, std::nullopt);
      else if (info.if_not_found != OnEntryNotFound::RETURN_NULL)
        throw Error(ErrorCode::sql_unknown_table, "view \"" + entry.text() + "\" does not exist");
      return;
    }
    if (!state) throw Error(ErrorCode::sql_binder, "\"" + entry.text() + "\" is a view, not a table", "DROP VIEW");
    if (state->base)
      throw Error(ErrorCode::drop_refused, "table \"" + entry.text() + "\" cannot be dropped by SQL",
                  "TRUNCATE it, or delete its folder when nothing reads it any more.");
    transaction.forget(entry);
  });
}

void LakeSchema::Alter(CatalogTransaction ct, AlterInfo& info) {
  auto& transaction = LakeTransaction::of(ct);
  across(&transaction.session().errors, [&] { alter_table(*ct.context, transaction, table_name(info.name), info); });
}

namespace {
const char* const no_objects = "A lake holds tables, views and macros; make it TEMP, or write it into the query.";
}
LakeSchema::Entry LakeSchema::CreateIndex(CatalogTransaction, CreateIndexInfo&, TableCatalogEntry&) {
  throw NotImplementedException("a lake has no indexes");
}
LakeSchema::Entry LakeSchema::CreateFunction(CatalogTransaction ct, CreateFunctionInfo& info) {
  return create_function(ct, *this, info);
}
LakeSchema::Entry LakeSchema::CreateSequence(CatalogTransaction, CreateSequenceInfo&) {
  throw NotImplementedException("a lake has no sequences. %s", no_objects);
}
LakeSchema::Entry LakeSchema::CreateTableFunction(CatalogTransaction, CreateTableFunctionInfo&) {
  throw NotImplementedException("a lake has no table functions. %s", no_objects);
}
LakeSchema::Entry LakeSchema::CreateCopyFunction(CatalogTransaction, CreateCopyFunctionInfo&) {
  throw NotImplementedException("a lake has no copy functions");
}
LakeSchema::Entry LakeSchema::CreatePragmaFunction(CatalogTransaction, CreatePragmaFunctionInfo&) {
  throw NotImplementedException("a lake has no pragmas");
}
LakeSchema::Entry LakeSchema::CreateCollation(CatalogTransaction, CreateCollationInfo&) {
  throw NotImplementedException("a lake has no collations");
}
LakeSchema::Entry LakeSchema::CreateType(CatalogTransaction, CreateTypeInfo&) {
  throw NotImplementedException("a lake has no types of its own. %s", no_objects);
}

// ---- catalogue ----

LakeSchema& LakeCatalog::schema_object(const std::string& schema) {
  std::lock_guard lock(mutex_);
  auto& slot = schemas_[schema];
  if (!slot) {
    CreateSchemaInfo info;
    info.schema = schema;
    slot = make_uniq<LakeSchema>(*this, info);
  }
  return *slot;
}

idx_t LakeCatalog::stable_oid(const lake::TableName& table, idx_t fresh) {
  std::lock_guard lock(mutex_);
  return oids_.emplace(table, fresh).first->second;
}

optional_ptr<CatalogEntry> LakeCatalog::CreateSchema(CatalogTransaction ct, CreateSchemaInfo& info) {
  auto& transaction = LakeTransaction::of(ct);
  auto schema = lower(info.schema);
  return across(&transaction.session().errors, [&]() -> optional_ptr<CatalogEntry> {
    if (transaction.schema_exists(schema)) {
      if (info.on_conflict == OnCreateConflict::IGNORE_ON_CONFLICT) return nullptr;
      throw Error(ErrorCode::sql_exists, "schema \"" + schema + "\" already exists");
    }
    transaction.session().created_schemas.insert(schema);
    return &schema_object(schema);
  });
}

void LakeCatalog::DropSchema(ClientContext& context, DropInfo& info) {
  auto& transaction = LakeTransaction::of(context, *this);
  across(&transaction.session().errors, [&] {
    auto schema = lower(info.name);
    if (!transaction.tables(schema).empty() || !transaction.views(schema).empty() ||
        !transaction.functions(schema).empty())
      throw Error(ErrorCode::drop_refused, "schema \"" + schema + "\" is not empty",
                  "Schemas of a lake go with their last table.");
    transaction.session().created_schemas.erase(schema);
  });
}

optional_ptr<SchemaCatalogEntry> LakeCatalog::LookupSchema(CatalogTransaction ct, const EntryLookupInfo& info,
                                                           OnEntryNotFound if_not_found) {
  auto schema = lower(info.GetEntryName());
  if (schema == "main") return &schema_object(schema);
  auto& transaction = LakeTransaction::of(ct);
  if (across(&transaction.session().errors, [&] { return transaction.schema_exists(schema); }))
    return &schema_object(schema);
  if (if_not_found == OnEntryNotFound::RETURN_NULL) return nullptr;
  throw BinderException(info.GetErrorContext(), "Schema \"%s\" does not exist in the lake", schema);
}

void LakeCatalog::ScanSchemas(ClientContext& context, std::function<void(SchemaCatalogEntry&)> visit) {
  auto& transaction = LakeTransaction::of(context, *this);
  for (auto& schema : across(&transaction.session().errors, [&] { return transaction.schemas(); }))
    visit(schema_object(schema));
}

duckdb::unique_ptr<LogicalOperator> LakeCatalog::BindCreateIndex(Binder&, CreateStatement&, TableCatalogEntry&,
                                                                 duckdb::unique_ptr<LogicalOperator>) {
  throw NotImplementedException("a lake has no indexes");  // DuckDB's own would bind its native storage and crash
}

duckdb::unique_ptr<LogicalOperator> LakeCatalog::BindAlterAddIndex(Binder&, TableCatalogEntry&,
                                                                   duckdb::unique_ptr<LogicalOperator>,
                                                                   duckdb::unique_ptr<CreateIndexInfo>,
                                                                   duckdb::unique_ptr<AlterTableInfo>) {
  throw NotImplementedException("PRIMARY KEY and UNIQUE constraints are not supported on lake tables");
}

void register_lake(DBConfig& config) {
  auto extension = make_shared_ptr<StorageExtension>();
  extension->attach = [](optional_ptr<StorageExtensionInfo>, ClientContext&, AttachedDatabase& db, const string&,
                         AttachInfo&,
                         AttachOptions&) -> duckdb::unique_ptr<Catalog> { return make_uniq<LakeCatalog>(db); };
  extension->create_transaction_manager = [](optional_ptr<StorageExtensionInfo>, AttachedDatabase& db,
                                             Catalog&) -> duckdb::unique_ptr<TransactionManager> {
    return make_uniq<LakeTransactionManager>(db);
  };
  StorageExtension::Register(config, "weir", std::move(extension));
}

}  // namespace weir::engine::duck
