// CREATE TABLE and ALTER TABLE on lake tables.
#include "engine/duckdb/lake_ddl.h"

#include <chrono>
#include <duckdb/parser/constraints/check_constraint.hpp>
#include <duckdb/parser/constraints/not_null_constraint.hpp>
#include <duckdb/parser/expression/cast_expression.hpp>
#include <duckdb/parser/expression/columnref_expression.hpp>
#include <duckdb/parser/expression/constant_expression.hpp>
#include <duckdb/parser/parsed_data/alter_table_info.hpp>
#include <duckdb/parser/parsed_data/comment_on_column_info.hpp>
#include <duckdb/parser/parsed_data/create_table_info.hpp>

#include "base/ids.h"
#include "base/text.h"
#include "engine/duckdb/spark_sql.h"
#include "engine/duckdb/table_rules.h"
#include "engine/duckdb/types.h"
#include "lake/clustering.h"
#include "lake/column_references.h"
#include "lake/features.h"
#include "lake/iceberg/compat.h"
#include "lake/row_tracking.h"
#include "lake/schema_change.h"
#include "lake/table_properties.h"

namespace weir::engine::duck {

using namespace duckdb;

namespace {

[[noreturn]] void not_on_lake_tables(const std::string& what, const std::string& hint) {
  throw Error(ErrorCode::sql_unsupported, what, hint);
}

std::string option_text(const std::string& name, const ParsedExpression& value) {
  if (value.GetExpressionType() != ExpressionType::VALUE_CONSTANT)
    not_on_lake_tables("the value of table option \"" + name + "\" is no constant", "'delta.appendOnly' = 'true'");
  return lake::property_value(lake::property_name(name), value.Cast<ConstantExpression>().value.ToString());
}

std::string constraint_name(const Constraint& constraint) {
  switch (constraint.type) {
    case ConstraintType::UNIQUE:
      return "PRIMARY KEY and UNIQUE constraints are";
    case ConstraintType::FOREIGN_KEY:
      return "FOREIGN KEY constraints are";
    default:
      return "this constraint is";
  }
}

bool is_null_constant(const ParsedExpression& expression) {
  return expression.GetExpressionType() == ExpressionType::VALUE_CONSTANT &&
         expression.Cast<ConstantExpression>().value.IsNull();
}

lake::Field field_of(const ColumnDefinition& column) {
  if (column.Type().id() == LogicalTypeId::VARCHAR && !StringType::GetCollation(column.Type()).empty())
    not_on_lake_tables("collations are not supported on lake tables: \"" + column.Name() + "\"",
                       "Use COLLATE in the queries that need it.");
  if (column.Type().id() != LogicalTypeId::VARIANT && contains_type(column.Type(), LogicalTypeId::VARIANT))
    not_on_lake_tables("a VARIANT cannot be part of a nested column: \"" + column.Name() + "\"",
                       "Make the whole column a VARIANT: x::VARIANT.");
  lake::Field field;
  field.name = column.Name();
  field.type = to_delta(column.Type(), column.Name());
  if (column.Generated())
    field.metadata.set("delta.generationExpression", to_spark(column.GeneratedExpression()));
  else if (column.HasDefaultValue() && !is_null_constant(column.DefaultValue()))
    field.metadata.set("CURRENT_DEFAULT", to_spark(column.DefaultValue()));
  return field;
}

// DuckDB drops the names that constraints are given: "<column>_check", numbered from the second one on.
std::string free_constraint_name(const lake::Metadata& metadata, const std::string& sql) {
  std::string column = "table";
  for (auto& name : lake::names_in(sql)) {
    if (!metadata.schema.find(name)) continue;
    column = lower(name);
    break;
  }
  auto name = column + "_check";
  for (int i = 2; metadata.configuration.count("delta.constraints." + name); ++i)
    name = column + "_check" + std::to_string(i);
  return name;
}

// A column, or a field in it.
lake::ColumnPath sorted_column(const ParsedExpression& key) {
  if (key.GetExpressionClass() != ExpressionClass::COLUMN_REF)
    not_on_lake_tables("SORTED BY takes columns only: " + key.ToString(), "Add a column that holds the value.");
  auto& names = key.Cast<ColumnRefExpression>().column_names;
  return {names.begin(), names.end()};
}

// As CREATE TABLE declares it.
lake::Metadata declared_metadata(CreateTableInfo& info) {
  lake::Metadata metadata;
  metadata.id = uuid_v4();
  metadata.created_time_ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count();
  for (auto& column : info.columns.Logical()) metadata.schema.fields.push_back(field_of(column));
  for (auto& constraint : info.constraints) {
    if (constraint->type == ConstraintType::CHECK) {
      auto sql = to_spark(*constraint->Cast<CheckConstraint>().expression);
      metadata.configuration["delta.constraints." + free_constraint_name(metadata, sql)] = sql;
      continue;
    }
    if (constraint->type != ConstraintType::NOT_NULL)
      not_on_lake_tables(constraint_name(*constraint) + " not supported on lake tables",
                         "Declare a test on the column (unique, not_null, relationships, accepted_range) instead.");
    metadata.schema.fields.at(constraint->Cast<NotNullConstraint>().index.index).nullable = false;
  }
  for (auto& key : info.partition_keys) {
    if (key->GetExpressionClass() != ExpressionClass::COLUMN_REF)
      not_on_lake_tables("PARTITIONED BY takes columns only: " + key->ToString(), "Add a column that holds the value.");
    auto name = key->Cast<ColumnRefExpression>().GetColumnName();
    auto* field = metadata.schema.find(name);
    if (!field)
      throw Error(ErrorCode::sql_unknown_column, "PARTITIONED BY names no column of the table: \"" + name + "\"");
    if (!field->type.is_primitive() || field->type.kind == lake::TypeKind::binary)
      not_on_lake_tables(
          "a table cannot be partitioned by \"" + field->name + "\" of type " + lake::type_name(field->type),
          "Partition by a text, number, date or time.");
    metadata.partition_columns.push_back(field->name);
  }
  if (metadata.partition_columns.size() == metadata.schema.fields.size())
    not_on_lake_tables("a table needs a column beside those it is partitioned by", "Partition by fewer columns.");
  for (auto& [name, value] : info.options)
    metadata.configuration[lake::property_name(name)] = option_text(name, *value);
  if (metadata.schema.any_type([](auto& type) { return type.kind == lake::TypeKind::variant; }))
    metadata.configuration.try_emplace("delta.enableVariantShredding", "true");  // as weir's files are
  return metadata;
}

}  // namespace

namespace {

lake::Metadata created_metadata(LakeTransaction& transaction, const lake::TableName& name, CreateTableInfo& info) {
  auto metadata = declared_metadata(info);
  auto old = transaction.table(name);
  if (!old || !old->base) {
    lake::iceberg::add_defaults(metadata.configuration);
    if (lake::is_true(metadata, "delta.enableRowTracking")) lake::name_row_id_columns(metadata);
    lake::map_columns(metadata, true);
    metadata.schema_string = metadata.schema.to_string();
    return metadata;
  }
  auto& before = old->snapshot()->metadata();
  auto configuration = std::exchange(metadata.configuration, before.configuration);
  for (auto& [key, value] : configuration) metadata.configuration[key] = value;
  lake::iceberg::add_defaults(metadata.configuration);
  if (lake::is_true(metadata, "delta.enableRowTracking")) lake::name_row_id_columns(metadata);
  if (metadata.configuration == before.configuration && metadata.partition_columns == before.partition_columns &&
      lake::same_columns(metadata.schema, before.schema))
    return before;
  metadata.id = before.id;  // the table stays the same one: its history, its readers, its publisher
  metadata.name = before.name;
  metadata.description = before.description;
  metadata.created_time_ms = before.created_time_ms;
  lake::map_columns(metadata, true);
  metadata.schema_string = metadata.schema.to_string();
  return metadata;
}

// What the domain must be for a table of these columns to be clustered so; nullopt if it says that already.
std::optional<lake::DomainMetadata> changed_clustering(const lake::Metadata& metadata, const lake::Domains& now,
                                                       const std::vector<lake::ColumnPath>& columns) {
  auto known = now.find(lake::clustering_domain);
  if (columns.empty() && known == now.end()) return std::nullopt;
  auto wanted = lake::clustering_of(metadata, columns);
  if (known != now.end() && lake::same_clustering(known->second, wanted)) return std::nullopt;
  return wanted;
}

}  // namespace

DeclaredTable declared_table(LakeTransaction& transaction, const lake::TableName& name, CreateTableInfo& info) {
  DeclaredTable declared;
  for (auto& key : info.sort_keys) declared.clustering.push_back(sorted_column(*key));
  declared.metadata = created_metadata(transaction, name, info);
  return declared;
}

std::unique_ptr<TableState> created_state(LakeTransaction& transaction, const lake::TableName& name,
                                          OnCreateConflict on_conflict, DeclaredTable declared,
                                          const std::string& operation) {
  auto& metadata = declared.metadata;
  auto old = transaction.table(name);
  if (old && on_conflict == OnCreateConflict::IGNORE_ON_CONFLICT) return nullptr;
  if (old && on_conflict != OnCreateConflict::REPLACE_ON_CONFLICT)
    throw Error(ErrorCode::sql_exists, "table \"" + name.text() + "\" already exists");
  if (!old && transaction.view(name)) throw Error(ErrorCode::sql_exists, "\"" + name.text() + "\" is a view");
  if (old && old->base) {
    auto state = old->copy();
    auto& before = old->snapshot()->metadata();
    state->metadata_changed = metadata.schema_string != before.schema_string ||
                              metadata.configuration != before.configuration ||
                              metadata.partition_columns != before.partition_columns;
    if (lake::supports(state->protocol, "clustering") && !metadata.partition_columns.empty())
      not_on_lake_tables("table \"" + name.text() + "\" is clustered and cannot be replaced by a partitioned one",
                         "Create a table of another name.");
    state->metadata = std::move(metadata);
    state->clustering = changed_clustering(state->metadata, old->snapshot()->domains(), declared.clustering);
    state->columns = columns_of(state->metadata);
    state->overwritten = true;
    state->added.clear();
    state->feed.clear();
    state->removed = old->base->all();
    state->rows_added = 0;
    state->bytes_added = 0;
    state->rows_removed = old->row_count().value_or(0);
    state->operation = "CREATE OR REPLACE TABLE" + operation.substr(std::string("CREATE TABLE").size());
    return state;
  }
  auto state = std::make_unique<TableState>();
  state->name = name;
  state->location = transaction.session().lake->location(name);
  state->url = transaction.session().url_prefix(state->location.store);
  state->metadata = std::move(metadata);
  state->clustering = changed_clustering(state->metadata, {}, declared.clustering);
  state->protocol = lake::lowest_protocol(state->metadata, state->clustering.has_value());
  state->columns = columns_of(state->metadata);
  state->operation = operation;
  return state;
}

// ---- ALTER TABLE ----

namespace {

lake::ColumnPath path_of(const duckdb::vector<string>& names) { return {names.begin(), names.end()}; }

struct Alteration {
  lake::Metadata metadata;
  std::string operation;  // in Delta's words
  std::optional<lake::DomainMetadata> clustering = std::nullopt;
  Json parameters = Json::object();
};

// nullopt: the statement says that nothing is to be done then (IF EXISTS, IF NOT EXISTS).
std::optional<Alteration> unless(bool allowed, ErrorCode code, const std::function<Alteration()>& change) {
  try {
    return change();
  } catch (const Error& error) {
    if (!allowed || error.code() != code) throw;
    return std::nullopt;
  }
}

lake::Field added_field(const ColumnDefinition& column) {
  auto field = field_of(column);
  if (field.metadata.find("CURRENT_DEFAULT"))
    not_on_lake_tables("the new column \"" + field.name + "\" cannot have a default: rows that are there have no value",
                       "Add it without, then ALTER TABLE … ALTER COLUMN … SET DEFAULT …");
  if (field.metadata.find("delta.generationExpression"))
    not_on_lake_tables("the new column \"" + field.name + "\" cannot be generated: rows that are there have no value",
                       "Create the table anew: CREATE OR REPLACE TABLE … AS SELECT …");
  return field;
}

Alteration set_default(const lake::Metadata& now, const SetDefaultInfo& info) {
  bool none = !info.expression || is_null_constant(*info.expression);
  auto sql = none ? std::nullopt : std::optional(to_spark(*info.expression));
  return {lake::with_column_default(now, {info.column_name}, sql), "CHANGE COLUMN"};
}

// A rule for rows that nobody has asked whether they keep it (row_rule.h).
void refuse_unasked(const TableState& state) {
  if (!state.files().empty())
    not_on_lake_tables("a rule for the rows of a table cannot be made by a prepared statement",
                       "Give the ALTER TABLE as a statement of its own.");
}

Alteration widen(const lake::Metadata& now, const ChangeColumnTypeInfo& info) {
  auto& expression = *info.expression;
  bool plain = expression.GetExpressionClass() == ExpressionClass::CAST &&
               expression.Cast<CastExpression>().child->GetExpressionClass() == ExpressionClass::COLUMN_REF;
  if (!plain)
    not_on_lake_tables("ALTER COLUMN … TYPE takes no USING on lake tables", "Change the values with UPDATE before.");
  auto type = to_delta(info.target_type, info.column_name);
  return {lake::with_wider_column(now, {info.column_name}, type), "CHANGE COLUMN"};
}

Alteration set_properties(const TableState& state, const SetTableOptionsInfo& info, bool rows_were_asked) {
  auto& now = state.metadata;
  std::map<std::string, std::optional<std::string>> changes;
  for (auto& [name, value] : info.table_options) {
    if (lake::is_constraint(name) && !rows_were_asked) refuse_unasked(state);
    changes[lake::property_name(name)] = option_text(name, *value);
  }
  return {lake::with_properties(now, changes), "SET TBLPROPERTIES"};
}

Alteration unset_properties(const lake::Metadata& now, const ResetTableOptionsInfo& info) {
  std::map<std::string, std::optional<std::string>> changes;
  for (auto& name : info.table_options) changes[lake::property_name(name)] = std::nullopt;
  return {lake::with_properties(now, changes), "UNSET TBLPROPERTIES"};
}

std::string names_of(const std::vector<lake::ColumnPath>& columns) {
  std::vector<std::string> names;
  names.reserve(columns.size());
  for (auto& column : columns) names.push_back(lake::text_of_column(column));
  return join(names, ",");
}

Alteration cluster(const TableState& state, const SetSortedByInfo& info) {
  std::vector<lake::ColumnPath> columns;
  for (auto& key : info.orders) {
    if (key.type == OrderType::DESCENDING)
      not_on_lake_tables("SORTED BY … DESC is not supported on lake tables: clustering knows no direction",
                         "Leave DESC out.");
    columns.push_back(sorted_column(*key.expression));
  }
  Alteration change{state.metadata, "CLUSTER BY", changed_clustering(state.metadata, state.domains(), columns)};
  change.parameters.set("oldClusteringColumns", names_of(lake::clustering_columns(state.metadata, state.domains())))
      .set("newClusteringColumns", names_of(columns));
  return change;
}

void refuse_clustering_column(const TableState& state, const lake::ColumnPath& dropped) {
  for (auto& column : lake::clustering_columns(state.metadata, state.domains())) {
    bool inside = dropped.size() <= column.size() && std::equal(dropped.begin(), dropped.end(), column.begin(),
                                                                [](auto& a, auto& b) { return iequals(a, b); });
    if (inside)
      not_on_lake_tables("column \"" + lake::text_of(dropped) + "\" cannot be dropped: the table is clustered by it",
                         "ALTER TABLE … SET SORTED BY (…) without it comes first.");
  }
}

std::optional<Alteration> add_column(const lake::Metadata& now, const lake::ColumnPath& parent,
                                     const ColumnDefinition& column, bool if_not_exists) {
  return unless(if_not_exists, ErrorCode::sql_exists, [&]() -> Alteration {
    return {lake::with_column(now, parent, added_field(column)), "ADD COLUMNS"};
  });
}

std::optional<Alteration> drop_column(const TableState& state, const lake::ColumnPath& dropped, bool if_exists) {
  refuse_clustering_column(state, dropped);
  return unless(if_exists, ErrorCode::sql_unknown_column, [&]() -> Alteration {
    return {lake::without_column(state.metadata, dropped), "DROP COLUMNS"};
  });
}

[[noreturn]] void refuse_alteration(const AlterTableInfo& info) {
  switch (info.alter_table_type) {
    case AlterTableType::RENAME_TABLE:
      not_on_lake_tables("lake tables cannot be renamed", "Create one of the new name.");
    case AlterTableType::ADD_CONSTRAINT:
      not_on_lake_tables(constraint_name(*info.Cast<AddConstraintInfo>().constraint) + " not supported on lake tables",
                         "Declare a test on the column (unique, not_null, relationships) instead.");
    case AlterTableType::SET_PARTITIONED_BY:
      not_on_lake_tables("the partitioning of a lake table cannot be changed",
                         "Create it anew: CREATE OR REPLACE TABLE … PARTITIONED BY (…) AS SELECT …");
    default:
      not_on_lake_tables("this ALTER TABLE is not supported on lake tables",
                         "Columns can be added, renamed, dropped, widened; properties can be SET and RESET.");
  }
}

std::optional<Alteration> altered(const TableState& state, AlterTableInfo& info, bool rows_were_asked) {
  auto& now = state.metadata;
  switch (info.alter_table_type) {
    case AlterTableType::ADD_COLUMN: {
      auto& add = info.Cast<AddColumnInfo>();
      return add_column(now, {}, add.new_column, add.if_column_not_exists);
    }
    case AlterTableType::ADD_FIELD: {
      auto& add = info.Cast<AddFieldInfo>();
      return add_column(now, path_of(add.column_path), add.new_field, add.if_field_not_exists);
    }
    case AlterTableType::RENAME_COLUMN: {
      auto& rename = info.Cast<RenameColumnInfo>();
      return Alteration{lake::with_renamed_column(now, {rename.old_name}, rename.new_name), "RENAME COLUMN"};
    }
    case AlterTableType::RENAME_FIELD: {
      auto& rename = info.Cast<RenameFieldInfo>();
      return Alteration{lake::with_renamed_column(now, path_of(rename.column_path), rename.new_name), "RENAME COLUMN"};
    }
    case AlterTableType::REMOVE_COLUMN: {
      auto& drop = info.Cast<RemoveColumnInfo>();
      return drop_column(state, {drop.removed_column}, drop.if_column_exists);
    }
    case AlterTableType::REMOVE_FIELD: {
      auto& drop = info.Cast<RemoveFieldInfo>();
      return drop_column(state, path_of(drop.column_path), drop.if_column_exists);
    }
    case AlterTableType::ALTER_COLUMN_TYPE:
      return widen(now, info.Cast<ChangeColumnTypeInfo>());
    case AlterTableType::DROP_NOT_NULL:
      return Alteration{lake::with_nullability(now, {info.Cast<DropNotNullInfo>().column_name}, true), "CHANGE COLUMN"};
    case AlterTableType::SET_NOT_NULL:
      if (!rows_were_asked) refuse_unasked(state);
      return Alteration{lake::with_nullability(now, {info.Cast<SetNotNullInfo>().column_name}, false), "CHANGE COLUMN"};
    case AlterTableType::SET_TABLE_OPTIONS:
      return set_properties(state, info.Cast<SetTableOptionsInfo>(), rows_were_asked);
    case AlterTableType::RESET_TABLE_OPTIONS:
      return unset_properties(now, info.Cast<ResetTableOptionsInfo>());
    case AlterTableType::SET_DEFAULT:
      return set_default(now, info.Cast<SetDefaultInfo>());
    case AlterTableType::SET_SORTED_BY:
      return cluster(state, info.Cast<SetSortedByInfo>());
    default:
      refuse_alteration(info);
  }
}

}  // namespace

void alter_table(ClientContext& context, LakeTransaction& transaction, const lake::TableName& name, AlterInfo& info) {
  auto state = transaction.table(name);
  if (!state) throw Error(ErrorCode::sql_unknown_table, "table \"" + name.text() + "\" does not exist");
  std::optional<Alteration> change;
  if (info.type == AlterType::SET_COLUMN_COMMENT) {
    auto& comment = info.Cast<SetColumnCommentInfo>();
    std::optional<std::string> text;
    if (!comment.comment_value.IsNull()) text = comment.comment_value.ToString();
    change = {lake::with_column_comment(state->metadata, {comment.column_name}, text), "CHANGE COLUMN"};
  } else if (info.type == AlterType::ALTER_TABLE) {
    change = altered(*state, info.Cast<AlterTableInfo>(), transaction.session().rows_were_asked);
  } else {
    not_on_lake_tables("this ALTER is not supported in a lake", "Views are replaced: CREATE OR REPLACE VIEW.");
  }
  if (!change) return;
  auto& before = state->metadata;
  bool same =
      change->metadata.schema_string == before.schema_string && change->metadata.configuration == before.configuration;
  if (same && !change->clustering) return;
  auto fresh = state->copy();
  fresh->metadata = std::move(change->metadata);
  if (!same) fresh->metadata_changed = fresh->base != nullptr;
  if (change->clustering) fresh->clustering = std::move(change->clustering);
  for (auto& [key, value] : change->parameters.as_object()) fresh->operation_parameters.set(key, value);
  if (!fresh->base) fresh->protocol = lake::lowest_protocol(fresh->metadata, fresh->clustering.has_value());
  fresh->columns = columns_of(fresh->metadata);
  if (lake::row_rules_of(fresh->metadata) != lake::row_rules_of(before))
    new_rows_of(context, name, fresh->metadata, fresh->columns);  // refuses rules that could not be kept
  fresh->note_operation(change->operation);
  transaction.stage(std::move(fresh));
}

}  // namespace weir::engine::duck
