// The lake as a catalogue of DuckDB: lake.<schema>.<table>.
//
// The catalogue is one per instance and only holds names of schemas; what they contain is asked of the connection's
// LakeTransaction, so several lakes can be open in one instance, one per session. Tables bind lazily: looking a name up
// reads its log, scanning opens its files.
//
// What Delta or this weir cannot do is refused by name when it is declared, never accepted and ignored.
#pragma once

#include <duckdb/catalog/catalog.hpp>
#include <duckdb/catalog/catalog_entry/schema_catalog_entry.hpp>
#include <duckdb/catalog/catalog_entry/table_catalog_entry.hpp>
#include <duckdb/main/config.hpp>
#include <duckdb/storage/database_size.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "engine/duckdb/lake_table.h"
#include "engine/duckdb/lake_transaction.h"

namespace weir::engine::duck {

class LakeCatalog;

class LakeTable final : public duckdb::TableCatalogEntry {
 public:
  LakeTable(duckdb::Catalog& catalog, duckdb::SchemaCatalogEntry& schema, duckdb::CreateTableInfo& info, StatePtr state)
      : TableCatalogEntry(catalog, schema, info), state(std::move(state)) {}
  const StatePtr state;

  duckdb::unique_ptr<duckdb::BaseStatistics> GetStatistics(duckdb::ClientContext&, duckdb::column_t column) override;
  duckdb::TableFunction GetScanFunction(duckdb::ClientContext&, duckdb::unique_ptr<duckdb::FunctionData>&) override;
  duckdb::TableStorageInfo GetStorageInfo(duckdb::ClientContext&) override;
  void BindUpdateConstraints(duckdb::Binder&, duckdb::LogicalGet&, duckdb::LogicalProjection&, duckdb::LogicalUpdate&,
                             duckdb::ClientContext&) override;
  duckdb::virtual_column_map_t GetVirtualColumns() const override;
  duckdb::vector<duckdb::column_t> GetRowIdColumns() const override;
};

class LakeSchema final : public duckdb::SchemaCatalogEntry {
 public:
  LakeSchema(duckdb::Catalog& catalog, duckdb::CreateSchemaInfo& info) : SchemaCatalogEntry(catalog, info) {}
  lake::TableName table_name(const std::string& table) const;

  void Scan(duckdb::ClientContext&, duckdb::CatalogType,
            const std::function<void(duckdb::CatalogEntry&)>& visit) override;
  void Scan(duckdb::CatalogType, const std::function<void(duckdb::CatalogEntry&)>& visit) override;
  duckdb::optional_ptr<duckdb::CatalogEntry> LookupEntry(duckdb::CatalogTransaction,
                                                         const duckdb::EntryLookupInfo&) override;
  duckdb::SimilarCatalogEntry GetSimilarEntry(duckdb::CatalogTransaction, const duckdb::EntryLookupInfo&) override;
  duckdb::optional_ptr<duckdb::CatalogEntry> CreateTable(duckdb::CatalogTransaction,
                                                         duckdb::BoundCreateTableInfo&) override;
  duckdb::optional_ptr<duckdb::CatalogEntry> CreateView(duckdb::CatalogTransaction, duckdb::CreateViewInfo&) override;
  void DropEntry(duckdb::ClientContext&, duckdb::DropInfo&) override;
  void Alter(duckdb::CatalogTransaction, duckdb::AlterInfo&) override;

  using Entry = duckdb::optional_ptr<duckdb::CatalogEntry>;
  Entry CreateIndex(duckdb::CatalogTransaction, duckdb::CreateIndexInfo&, duckdb::TableCatalogEntry&) override;
  Entry CreateFunction(duckdb::CatalogTransaction, duckdb::CreateFunctionInfo&) override;
  Entry CreateSequence(duckdb::CatalogTransaction, duckdb::CreateSequenceInfo&) override;
  Entry CreateTableFunction(duckdb::CatalogTransaction, duckdb::CreateTableFunctionInfo&) override;
  Entry CreateCopyFunction(duckdb::CatalogTransaction, duckdb::CreateCopyFunctionInfo&) override;
  Entry CreatePragmaFunction(duckdb::CatalogTransaction, duckdb::CreatePragmaFunctionInfo&) override;
  Entry CreateCollation(duckdb::CatalogTransaction, duckdb::CreateCollationInfo&) override;
  Entry CreateType(duckdb::CatalogTransaction, duckdb::CreateTypeInfo&) override;

 private:
  duckdb::CatalogEntry& make_table(LakeTransaction& transaction, StatePtr state);
  duckdb::CatalogEntry& make_view(LakeTransaction& transaction, const std::string& view, const std::string& sql);
};

class LakeCatalog final : public duckdb::Catalog {
 public:
  explicit LakeCatalog(duckdb::AttachedDatabase& db) : Catalog(db) {}
  LakeSchema& schema_object(const std::string& name);
  // Entries are made anew in each transaction; joins of DuckDB's listings need their oid to stay.
  duckdb::idx_t stable_oid(const lake::TableName& name, duckdb::idx_t fresh);

  void Initialize(bool) override {}
  duckdb::string GetCatalogType() override { return "weir"; }
  duckdb::optional_ptr<duckdb::CatalogEntry> CreateSchema(duckdb::CatalogTransaction,
                                                          duckdb::CreateSchemaInfo&) override;
  duckdb::optional_ptr<duckdb::SchemaCatalogEntry> LookupSchema(duckdb::CatalogTransaction,
                                                                const duckdb::EntryLookupInfo&,
                                                                duckdb::OnEntryNotFound) override;
  void ScanSchemas(duckdb::ClientContext&, std::function<void(duckdb::SchemaCatalogEntry&)> visit) override;
  duckdb::PhysicalOperator& PlanCreateTableAs(duckdb::ClientContext&, duckdb::PhysicalPlanGenerator&,
                                              duckdb::LogicalCreateTable&, duckdb::PhysicalOperator&) override;
  duckdb::PhysicalOperator& PlanInsert(duckdb::ClientContext&, duckdb::PhysicalPlanGenerator&, duckdb::LogicalInsert&,
                                       duckdb::optional_ptr<duckdb::PhysicalOperator>) override;
  duckdb::PhysicalOperator& PlanDelete(duckdb::ClientContext&, duckdb::PhysicalPlanGenerator&, duckdb::LogicalDelete&,
                                       duckdb::PhysicalOperator&) override;
  duckdb::PhysicalOperator& PlanDelete(duckdb::ClientContext&, duckdb::PhysicalPlanGenerator&,
                                       duckdb::LogicalDelete&) override;
  using Catalog::PlanUpdate;
  duckdb::PhysicalOperator& PlanUpdate(duckdb::ClientContext&, duckdb::PhysicalPlanGenerator&, duckdb::LogicalUpdate&,
                                       duckdb::PhysicalOperator&) override;
  duckdb::PhysicalOperator& PlanMergeInto(duckdb::ClientContext&, duckdb::PhysicalPlanGenerator&,
                                          duckdb::LogicalMergeInto&, duckdb::PhysicalOperator&) override;
  duckdb::unique_ptr<duckdb::LogicalOperator> BindCreateIndex(duckdb::Binder&, duckdb::CreateStatement&,
                                                              duckdb::TableCatalogEntry&,
                                                              duckdb::unique_ptr<duckdb::LogicalOperator>) override;
  duckdb::unique_ptr<duckdb::LogicalOperator> BindAlterAddIndex(duckdb::Binder&, duckdb::TableCatalogEntry&,
                                                                duckdb::unique_ptr<duckdb::LogicalOperator>,
                                                                duckdb::unique_ptr<duckdb::CreateIndexInfo>,
                                                                duckdb::unique_ptr<duckdb::AlterTableInfo>) override;
  duckdb::ErrorData SupportsCreateTable(duckdb::BoundCreateTableInfo&) override { return duckdb::ErrorData(); }
  duckdb::DatabaseSize GetDatabaseSize(duckdb::ClientContext&) override { return {}; }
  bool InMemory() override { return false; }
  duckdb::string GetDBPath() override { return "lake"; }
  bool SupportsTimeTravel() const override { return true; }
  duckdb::string GetDefaultSchema() const override { return "main"; }

 private:
  void DropSchema(duckdb::ClientContext&, duckdb::DropInfo&) override;

  std::mutex mutex_;
  std::map<std::string, duckdb::unique_ptr<LakeSchema>> schemas_;
  std::map<lake::TableName, duckdb::idx_t> oids_;
};

// Makes "ATTACH '' AS lake (TYPE weir)" possible.
void register_lake(duckdb::DBConfig& config);

}  // namespace weir::engine::duck
