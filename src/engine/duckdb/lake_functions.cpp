#include "engine/duckdb/lake_functions.h"

#include <duckdb/catalog/catalog_entry/scalar_macro_catalog_entry.hpp>
#include <duckdb/catalog/catalog_entry/table_macro_catalog_entry.hpp>
#include <duckdb/catalog/catalog_search_path.hpp>
#include <duckdb/function/scalar_macro_function.hpp>
#include <duckdb/function/table_macro_function.hpp>
#include <duckdb/main/client_data.hpp>
#include <duckdb/parser/expression/columnref_expression.hpp>
#include <duckdb/parser/parsed_data/create_macro_info.hpp>
#include <duckdb/parser/parser.hpp>
#include <duckdb/parser/statement/create_statement.hpp>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "engine/duckdb/lake_names.h"

namespace weir::engine::duck {

using namespace duckdb;

namespace {

bool is_table_kind(CatalogType type) {
  return type == CatalogType::TABLE_MACRO_ENTRY || type == CatalogType::TABLE_FUNCTION_ENTRY;
}

// DuckDB's own text does not quote the names of parameters.
std::string parameters_sql(const MacroFunction& macro) {
  std::vector<std::string> out;
  for (idx_t i = 0; i < macro.parameters.size(); i++) {
    auto& name = macro.parameters[i]->Cast<ColumnRefExpression>().GetColumnName();
    std::string text = quote_identifier(name);
    if (i < macro.types.size() && macro.types[i].id() != LogicalTypeId::UNKNOWN)
      text += " " + macro.types[i].ToString();
    if (auto found = macro.default_parameters.find(name); found != macro.default_parameters.end())
      text += " := " + found->second->ToString();
    out.push_back(std::move(text));
  }
  return "(" + join(out, ", ") + ")";
}

std::string macro_sql(const CreateMacroInfo& info) {
  std::vector<std::string> out;
  for (auto& macro : info.macros) {
    const bool table = macro->type == MacroType::TABLE_MACRO;
    out.push_back(parameters_sql(*macro) + " AS " +
                  (table ? "TABLE " + macro->Cast<TableMacroFunction>().query_node->ToString()
                         : "(" + macro->Cast<ScalarMacroFunction>().expression->ToString() + ")"));
  }
  return "CREATE MACRO " + quote_identifier(info.name) + " " + join(out, ", ");
}

// The parser gives types by name; what is called needs them resolved.
duckdb::unique_ptr<CreateMacroInfo> parsed_macro(ClientContext& context, const std::string& sql) {
  Parser parser;
  parser.ParseQuery(sql);
  require(parser.statements.size() == 1 && parser.statements[0]->type == StatementType::CREATE_STATEMENT,
          "the catalogue's text of a function is a CREATE MACRO");
  auto info = duckdb::unique_ptr_cast<CreateInfo, CreateMacroInfo>(
      std::move(parser.statements[0]->Cast<CreateStatement>().info));
  for (auto& macro : info->macros)
    for (auto& type : macro->types)
      if (type.id() != LogicalTypeId::UNKNOWN) type = TransformStringToLogicalType(type.ToString(), context);
  return info;
}

CatalogEntry& make_function(LakeTransaction& transaction, LakeSchema& schema, CreateMacroInfo& info) {
  const auto name = schema.table_name(info.name);
  duckdb::unique_ptr<MacroCatalogEntry> entry;
  if (info.type == CatalogType::TABLE_MACRO_ENTRY)
    entry = make_uniq<TableMacroCatalogEntry>(schema.catalog, schema, info);
  else
    entry = make_uniq<ScalarMacroCatalogEntry>(schema.catalog, schema, info);
  entry->oid = schema.catalog.Cast<LakeCatalog>().stable_oid({name.schema, name.name + "()"}, entry->oid);
  return transaction.keep(std::move(entry));
}

// Plain names are what the session means by them, which DuckDB has looked at already.
void qualify(ClientContext& context, LakeTransaction& transaction, CreateMacroInfo& info) {
  auto& plain = ClientData::Get(context).catalog_search_path->GetDefault();
  const std::string schema = iequals(plain.catalog, "lake") ? lower(plain.schema) : "main";
  for (auto& macro : info.macros) {
    if (macro->type == MacroType::TABLE_MACRO)
      qualify_names_in_function(transaction, schema, *macro->Cast<TableMacroFunction>().query_node);
    else
      qualify_names_in_function(transaction, schema, *macro->Cast<ScalarMacroFunction>().expression);
  }
}

}  // namespace

bool names_functions(CatalogType type) {
  return is_table_kind(type) || type == CatalogType::MACRO_ENTRY || type == CatalogType::SCALAR_FUNCTION_ENTRY ||
         type == CatalogType::AGGREGATE_FUNCTION_ENTRY;
}

optional_ptr<CatalogEntry> look_up_function(CatalogTransaction ct, LakeSchema& schema, const EntryLookupInfo& info) {
  auto& transaction = LakeTransaction::of(ct);
  return across(&transaction.session().errors, [&]() -> optional_ptr<CatalogEntry> {
    auto found = transaction.function(schema.table_name(info.GetEntryName()));
    if (!found) return nullptr;
    auto macro = parsed_macro(*ct.context, found->sql);
    if ((macro->type == CatalogType::TABLE_MACRO_ENTRY) != is_table_kind(info.GetCatalogType())) return nullptr;
    return &make_function(transaction, schema, *macro);
  });
}

void scan_functions(ClientContext& context, LakeSchema& schema, CatalogType type,
                    const std::function<void(CatalogEntry&)>& visit) {
  if (type == CatalogType::AGGREGATE_FUNCTION_ENTRY) return;
  auto& transaction = LakeTransaction::of(context, schema.catalog);
  across(&transaction.session().errors, [&] {
    for (auto& name : transaction.functions(schema.name)) {
      auto entry = transaction.function({schema.name, name});
      auto macro = entry ? parsed_macro(context, entry->sql) : nullptr;
      if (macro && (macro->type == CatalogType::TABLE_MACRO_ENTRY) == is_table_kind(type))
        visit(make_function(transaction, schema, *macro));
    }
  });
}

optional_ptr<CatalogEntry> create_function(CatalogTransaction ct, LakeSchema& schema, CreateFunctionInfo& info) {
  if (info.type != CatalogType::MACRO_ENTRY && info.type != CatalogType::TABLE_MACRO_ENTRY)
    throw NotImplementedException("a lake has no functions but macros");
  auto& transaction = LakeTransaction::of(ct);
  return across(&transaction.session().errors, [&]() -> optional_ptr<CatalogEntry> {
    auto name = schema.table_name(info.name);
    if (transaction.function(name)) {
      if (info.on_conflict == OnCreateConflict::IGNORE_ON_CONFLICT) return nullptr;
      if (info.on_conflict != OnCreateConflict::REPLACE_ON_CONFLICT)
        throw Error(ErrorCode::sql_exists, "function \"" + name.text() + "\" already exists",
                    "CREATE OR REPLACE MACRO");
    }
    auto& macro = info.Cast<CreateMacroInfo>();
    qualify(*ct.context, transaction, macro);
    lake::ViewEntry entry;
    entry.sql = macro_sql(macro);
    transaction.stage_function(name, entry);
    return &make_function(transaction, schema, *parsed_macro(*ct.context, entry.sql));
  });
}

void drop_function(ClientContext& context, LakeSchema& schema, DropInfo& info) {
  auto& transaction = LakeTransaction::of(context, schema.catalog);
  across(&transaction.session().errors, [&] {
    auto name = schema.table_name(info.name);
    if (transaction.function(name))
      transaction.stage_function(name, std::nullopt);
    else if (info.if_not_found != OnEntryNotFound::RETURN_NULL)
      throw Error(ErrorCode::sql_unknown_table, "function \"" + name.text() + "\" does not exist");
  });
}

}  // namespace weir::engine::duck
