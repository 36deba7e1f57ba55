// Parts of a properties file that say the same wherever they stand: configuration as written, how fresh a source must
// be, where the options of an ingest stand.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/yaml.h"
#include "project/node.h"
#include "project/yaml_values.h"

namespace weir::project {

// The YAML of a file that dbt reads too. As in dbt a key that its mapping has already is warned of, and the last value
// counts. Throws Error{bad_yaml} with the place.
Yaml parse_warning(const std::string& text, const std::string& label, std::vector<Diagnostic>& warnings);

// Those of the keys that say something, as written.
Json described(const Yaml& mapping, const std::vector<std::string>& keys);

// `config` and the keys that older projects have beside it, with no Jinja rendered.
Json written_config(const Yaml& mapping, const std::vector<std::string>& moved);

// A key that is written both beside `config` and in it: nobody could tell which of them counts. Throws
// Error{bad_schema_yaml}.
void refuse_both(const Yaml& mapping, const std::vector<std::string>& moved);

// Where config.meta.weir.ingest, or meta.weir.ingest as older projects write it, has its keys: by "key" or "key.inner",
// itself by "".
void note_ingest_keys(const Yaml& table, std::map<std::string, Span>& spans);

// How fresh a table must be: the table's word goes before its source's, that of `config` before the one beside it.
// Each limit stands for itself. nullopt: nobody says anything; null: it need not be.
std::optional<Json> freshness_of(const Yaml& source, const Yaml& table, const YamlValues& values);

// A table that names its own column has no query of its source's. Throws Error{bad_schema_yaml}.
void settle_loaded_at(const Yaml& source, const Yaml& table, const YamlValues& values, Json& config);

// What a function takes and gives: described["arguments"] and described["returns"], as in dbt's manifest. An argument
// that may be left out comes behind those that may not. Throws Error{bad_schema_yaml}.
void read_signature(const Yaml& function, const std::string& name, const YamlValues& values, Json& described);

// Of the columns of a time spine: described["granularities"].
void note_granularities(const Yaml& model, Json& described);

// A model with a time_spine has the columns that it names, and says how fine the standard one is. `columns`: of its
// latest version, if it says which that is. Throws Error{bad_schema_yaml}.
void check_time_spine(const Yaml& model, const std::string& name, const std::vector<Column>& columns);

}  // namespace weir::project
