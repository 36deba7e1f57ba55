// Keys that a properties file may have, by what they stand in. Others are warned of.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace weir::project {

using KeyNames = std::vector<std::string>;

inline const KeyNames top_keys = {
    "version", "models",  "seeds",           "snapshots",     "sources",    "macros",     "analyses",  "exposures",
    "groups",  "metrics", "semantic_models", "saved_queries", "unit_tests", "data_tests", "functions", "anchors"};
inline const KeyNames node_keys = {"name",           "description", "config",      "columns",          "data_tests",
                                   "tests",          "docs",        "meta",        "access",           "group",
                                   "latest_version", "versions",    "constraints", "deprecation_date", "time_spine",
                                   "relation",       "primary_key", "tags",        "freshness"};
inline const KeyNames function_keys = {"name",      "description", "config", "columns", "docs",       "meta",
                                       "arguments", "returns",     "access", "group",   "constraints"};
inline const KeyNames source_keys = {"name",
                                     "description",
                                     "database",
                                     "schema",
                                     "loader",
                                     "tables",
                                     "tags",
                                     "meta",
                                     "config",
                                     "quoting",
                                     "freshness",
                                     "loaded_at_field",
                                     "loaded_at_query",
                                     "overrides",
                                     "unrendered_database",
                                     "unrendered_schema"};
inline const KeyNames table_keys = {"name",  "description", "identifier", "columns",         "data_tests",
                                    "tests", "external",    "freshness",  "loaded_at_field", "loaded_at_query",
                                    "tags",  "meta",        "config",     "quoting",         "loader"};
inline constexpr std::pair<const char*, const char*> declared_kinds[] = {{"exposures", "exposure"},
                                                                         {"groups", "group"},
                                                                         {"metrics", "metric"},
                                                                         {"semantic_models", "semantic_model"},
                                                                         {"saved_queries", "saved_query"}};
inline const KeyNames version_keys = {"v",      "defined_in", "description", "columns",     "data_tests",       "tests",
                                      "config", "access",     "docs",        "constraints", "deprecation_date", "meta"};
inline const KeyNames unit_test_keys = {"name",   "model",     "description", "given",
                                        "expect", "overrides", "config",      "versions"};
inline const KeyNames column_keys = {"name",   "description", "data_type", "data_tests",  "tests",
                                     "tags",   "meta",        "quote",     "constraints", "docs",
                                     "config", "policy_tags", "entity",    "dimension",   "granularity"};

}  // namespace weir::project
