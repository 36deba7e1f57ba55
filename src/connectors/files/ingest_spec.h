// What `config.meta.weir.ingest` of a source table says.
//
//   files: data/*.csv.gz            one glob or a list; `**` crosses folders; relative to the project, absolute or ~/…
//   base: data                      what _file is relative to; default: the project's folder if all patterns lie in it,
//                                   else the deepest folder that holds them all
//   format: csv                     csv | parquet | {type: csv, delimiter: ';', header: true, null_texts: ['', NA], …}
//                                   default: by the files' names
//   columns: {id: bigint, …}        declared types, or a list of {name, data_type}; others are inferred and pinned
//   write_disposition: append       append | replace | merge (by primary_key)
//   primary_key: id                 one name or a list
//   schema_contract: evolve         evolve | freeze, or {columns: …, data_type: …} as dlt has it
//   on_changed_file: error          error | reload | append
//   quarantine: {max_ratio: 0.01}
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/options.h"
#include "engine/file_scan.h"

namespace weir::files {

enum class WriteDisposition { append, replace, merge };
enum class OnChangedFile { error, reload, append };
enum class Contract { evolve, freeze };

struct DeclaredColumn {
  std::string name, type;
  std::optional<std::string> timestamp_format;
};

struct IngestSpec {
  std::string asset;  // for messages
  Span span;          // of the ingest mapping
  std::filesystem::path project_dir;
  std::vector<std::string> patterns;
  std::optional<std::string> base;
  std::optional<engine::FileFormat> format;  // nullopt: by the files' names
  engine::Compression compression = engine::Compression::detect;
  Json dialect = Json::object();  // what was declared of the CSV dialect; the rest is inferred and pinned
  std::vector<DeclaredColumn> columns;
  WriteDisposition disposition = WriteDisposition::append;
  std::vector<std::string> primary_key;
  Contract columns_contract = Contract::evolve, data_type_contract = Contract::evolve;
  OnChangedFile on_changed_file = OnChangedFile::error;
  double max_ratio = 0.01;  // quarantined / (loaded + quarantined) rows of one attempt
};

// `ingest` is the mapping; `declared` the columns of the source table in dbt's YAML that carry a data_type (they come
// first, ingest.columns win). Throws Error{unknown_option | bad_option_value} with "did you mean".
IngestSpec read_ingest_spec(const Json& ingest, const std::vector<DeclaredColumn>& declared, std::string asset,
                            const std::filesystem::path& project_dir, const Span& span);
const std::vector<OptionSpec>& ingest_options();  // for reference pages and `weir config show`

// Everything of the spec that changes what is written, as text to hash: the `code` of the step.
std::string ingest_code(const IngestSpec& spec);

// A dialect with what was declared laid over `inferred`.
engine::CsvDialect dialect_of(const Json& declared, engine::CsvDialect inferred);
Json to_json(const engine::CsvDialect& dialect);
engine::CsvDialect dialect_from_json(const Json& json);

}  // namespace weir::files
