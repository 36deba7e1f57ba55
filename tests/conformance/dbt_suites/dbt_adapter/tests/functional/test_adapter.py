"""The classes of dbt-tests-adapter that dbt-duckdb's own tests do not inherit, each made a test class here.

An adapter's authors choose which classes they inherit. Left out are those that dbt-duckdb itself cannot pass as they stand: they ask
an adapter for fixtures or methods of its own, or for what DuckDB does not have (grants, materialized views, functions in Python and
JavaScript, types of other warehouses). `./dev conformance dbt_suites --dbt-itself` runs what is here by dbt.
"""

import importlib

CLASSES = """
aliases.test_aliases BaseSameAliasDifferentDatabases
basic.test_table_materialization BaseTableMaterialization
caching.test_caching BaseNoPopulateCache
constraints.test_constraints BaseTableContractSqlHeader BaseIncrementalContractSqlHeader BaseConstraintQuotedColumn BaseIncrementalForeignKeyConstraint
dbt_clone.test_dbt_clone BaseCloneNotPossible BaseCloneSameTargetAndState
dbt_debug.test_dbt_debug BaseDebugPostgres BaseDebugInvalidProjectPostgres
dbt_show.test_dbt_show BaseShowLimit BaseShowSqlHeader BaseShowDoesNotHandleDoubleLimit
empty.test_empty MetadataWithEmptyFlag
ephemeral.test_ephemeral BaseEphemeralErrorHandling
functions.test_udfs ErrorForUnsupportedType PythonUDFNotSupported PythonUDFRuntimeVersionRequired PythonUDFEntryPointRequired
hooks.test_model_hooks BasePrePostModelHooksOnSeeds BaseHooksRefsOnSeeds BasePrePostModelHooksOnSeedsPlusPrefixed BasePrePostModelHooksOnSeedsPlusPrefixedWhitespace BasePrePostModelHooksOnSnapshots BasePrePostSnapshotHooksInConfigKwargs BaseDuplicateHooksInConfigs
incremental.test_incremental_merge_exclude_columns BaseMergeExcludeColumns
persist_docs.test_persist_docs BasePersistDocsAllColumnsMissing BasePersistDocsQuotedColumnCaseSensitive BasePersistDocsQuotedDescriptionNotAppliedOnMismatch
query_comment.test_query_comment BaseQueryComments BaseMacroQueryComments BaseMacroArgsQueryComments BaseMacroInvalidQueryComments BaseNullQueryComments BaseEmptyQueryComments
relations.test_dropping_schema_named BaseDropSchemaNamed
simple_copy.test_simple_copy SimpleCopyBase EmptyModelsArentRunBase
simple_seed.test_seed BaseBasicSeedTests BaseSeedConfigFullRefreshOff BaseSeedCustomSchema BaseSeedWithUniqueDelimiter BaseSeedWithWrongDelimiter BaseSeedWithEmptyDelimiter BaseSimpleSeedEnabledViaConfig BaseSeedParsing BaseSeedSpecificFormats BaseTestEmptySeed
simple_snapshot.new_record_check_mode BaseSnapshotNewRecordCheckMode
simple_snapshot.new_record_dbt_valid_to_current BaseSnapshotNewRecordDbtValidToCurrent
simple_snapshot.new_record_timestamp_mode BaseSnapshotNewRecordTimestampMode
simple_snapshot.test_ephemeral_snapshot_hard_deletes BaseSnapshotEphemeralHardDeletes BaseSnapshotNewColumnTimestampStrategy BaseSnapshotNewColumnSpecificCheckCols BaseSnapshotNewColumnWithDeletes
simple_snapshot.test_various_configs BaseSnapshotColumnNames BaseSnapshotColumnNamesFromDbtProject BaseSnapshotInvalidColumnNames BaseSnapshotDbtValidToCurrent BaseSnapshotMultiUniqueKey
store_test_failures_tests.basic StoreTestFailuresAsInteractions StoreTestFailuresAsProjectLevelOff StoreTestFailuresAsProjectLevelView StoreTestFailuresAsProjectLevelEphemeral StoreTestFailuresAsGeneric StoreTestFailuresAsExceptions
store_test_failures_tests.test_store_test_failures BaseStoreTestFailuresLimit
unit_testing.test_quoted_reserved_word_column_names BaseUnitTestQuotedReservedWordColumnNames
unit_testing.test_types BaseUnitTestingVarcharFixtureNoTruncation
utils.data_types.test_type_bigint BaseTypeBigInt
utils.data_types.test_type_boolean BaseTypeBoolean
utils.data_types.test_type_int BaseTypeInt
utils.data_types.test_type_numeric BaseTypeNumeric
utils.data_types.test_type_string BaseTypeString
utils.data_types.test_type_timestamp BaseTypeTimestamp
utils.test_cast BaseCast
utils.test_current_timestamp BaseCurrentTimestampAware
utils.test_null_compare BaseMixedNullCompare BaseNullCompare
utils.test_source_freshness_custom_info BaseCalculateFreshnessMethod
utils.test_validate_sql BaseValidateSqlMethod
"""

for line in CLASSES.split("\n"):
    if line:
        module, *names = line.split()
        for name in names:
            test = f"Test{name.removeprefix('Base')}" if not name.startswith("Test") else name
            assert test not in globals(), test
            base = getattr(importlib.import_module(f"dbt.tests.adapter.{module}"), name)
            globals()[test] = type(test, (base,), {"__module__": __name__, "__test__": True})
