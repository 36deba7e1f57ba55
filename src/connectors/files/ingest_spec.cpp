#include "connectors/files/ingest_spec.h"

#include "base/error.h"
#include "base/text.h"

namespace weir::files {

namespace {

// What may be written in a short form is written out, so that one table of options describes it.
Json written_out(Json ingest) {
  if (const Json* format = ingest.find("format"); format != nullptr && format->is_string()) {
    ingest.set("format", Json::object().set("type", *format));
  }
  if (const Json* contract = ingest.find("schema_contract"); contract != nullptr && contract->is_string()) {
    ingest.set("schema_contract", Json::object().set("columns", *contract).set("data_type", *contract));
  }
  return ingest;
}

// Where the keys of the mapping stand.
struct Places {
  const Span& mapping;
  const std::map<std::string, Span>& keys;  // dotted names

  // That of the key, else of the one it is below, else of the mapping.
  Span at(std::string name) const {
    for (;;) {
      if (const auto found = keys.find(name); found != keys.end()) return found->second;
      const auto dot = name.rfind('.');
      if (dot == std::string::npos) return mapping;
      name.resize(dot);
    }
  }
};

[[noreturn]] void refuse(const std::string& what, const Span& span) {
  throw Error(ErrorCode::bad_option_value, what).with_span(span);
}

void add_declared(std::vector<DeclaredColumn>& columns, DeclaredColumn column) {
  for (DeclaredColumn& known : columns) {
    if (!iequals(known.name, column.name)) continue;
    known = std::move(column);
    return;
  }
  columns.push_back(std::move(column));
}

void read_columns(const Json& json, std::vector<DeclaredColumn>& columns, const Places& places) {
  const Span span = places.at("columns");
  if (json.is_object()) {
    for (const auto& [name, type] : json.as_object()) {
      if (!type.is_string())
        refuse("ingest.columns: the type of \"" + name + "\" must be a text", places.at("columns." + name));
      add_declared(columns, {name, type.as_string(), std::nullopt});
    }
    return;
  }
  if (!json.is_array()) refuse("ingest.columns must be a mapping of names to types or a list", span);
  for (const Json& item : json.as_array()) {
    if (!item.is_object()) refuse("ingest.columns: each item needs name and data_type", span);
    Options options({{"name", OptionType::text, {}, {}, "", false},
                     {"data_type", OptionType::text, {}, {}, "", false},
                     {"timestamp_format", OptionType::text, {}, {}, "", false}});
    options.read(item, "ingest.columns", "ingest.columns", [&](const std::string&) { return span; });
    DeclaredColumn column{options.text("name"), options.text("data_type"), std::nullopt};
    if (column.name.empty() || column.type.empty()) refuse("ingest.columns: each item needs name and data_type", span);
    if (options.is_set("timestamp_format")) column.timestamp_format = options.text("timestamp_format");
    add_declared(columns, std::move(column));
  }
}

std::optional<char> character(const Json& json, const char* name) {
  const std::string& text = json.as_string();
  if (text.empty()) return std::nullopt;
  if (text.size() == 1) return text[0];
  throw Error(ErrorCode::bad_option_value, "format." + std::string(name) + " must be one character or empty");
}

std::string text_of(std::optional<char> c) { return c ? std::string(1, *c) : std::string(); }

constexpr const char* kDialectOptions[] = {
    "delimiter",        "quote",    "escape",  "header",       "skip_lines",        "null_texts",         "date_format",
    "timestamp_format", "encoding", "comment", "null_padding", "decimal_separator", "thousands_separator"};

void read_dialect(const Options& options, IngestSpec& spec, const Places& places) {
  for (const char* name : kDialectOptions) {
    const std::string dotted = std::string("format.") + name;
    if (!options.is_set(dotted)) continue;
    spec.dialect.set(name, options.value(dotted));
    try {
      dialect_of(spec.dialect, {});
    } catch (Error& error) {
      throw error.with_span(places.at(dotted));
    }
  }
}

void read_policies(const Options& options, IngestSpec& spec, const Places& places) {
  std::string disposition = options.text("write_disposition");
  spec.disposition = disposition == "replace" ? WriteDisposition::replace
                     : disposition == "merge" ? WriteDisposition::merge
                                              : WriteDisposition::append;
  spec.primary_key = options.list("primary_key");
  if (spec.disposition == WriteDisposition::merge && spec.primary_key.empty()) {
    refuse("write_disposition: merge needs primary_key", places.at("write_disposition"));
  }
  auto contract = [&](const char* name) {
    return options.text(name) == "freeze" ? Contract::freeze : Contract::evolve;
  };
  spec.columns_contract = contract("schema_contract.columns");
  spec.data_type_contract = contract("schema_contract.data_type");
  std::string changed = options.text("on_changed_file");
  spec.on_changed_file = changed == "reload"   ? OnChangedFile::reload
                         : changed == "append" ? OnChangedFile::append
                                               : OnChangedFile::error;
  spec.max_ratio = options.number("quarantine.max_ratio");
  if (!(spec.max_ratio >= 0 && spec.max_ratio <= 1))
    refuse("quarantine.max_ratio must be between 0 and 1", places.at("quarantine.max_ratio"));
}

}  // namespace

namespace {

std::vector<OptionSpec> format_options() {
  return {
      {"format.type",
       OptionType::text,
       {},
       {"csv", "parquet"},
       "Format of the files; by default what their names say.",
       false},
      {"format.compression",
       OptionType::text,
       "detect",
       {"detect", "none", "gzip", "zstd"},
       "Compression of CSV files; detect goes by their names.",
       false},
      {"format.delimiter", OptionType::text, {}, {}, "Text between two fields.", false},
      {"format.quote", OptionType::text, {}, {}, "Character around fields; empty for none.", false},
      {"format.escape", OptionType::text, {}, {}, "Character before a quote inside a field.", false},
      {"format.header", OptionType::boolean, {}, {}, "Whether the first line names the columns.", false},
      {"format.skip_lines", OptionType::integer, {}, {}, "Lines to skip at the beginning of each file.", false},
      {"format.null_texts", OptionType::text_list, {}, {}, "Texts that mean null.", false},
      {"format.date_format", OptionType::text, {}, {}, "How dates are written (strptime); empty for ISO.", false},
      {"format.timestamp_format",
       OptionType::text,
       {},
       {},
       "How timestamps are written (strptime); empty for ISO.",
       false},
      {"format.decimal_separator", OptionType::text, {}, {".", ","}, "Between the whole part and the fraction.", false},
      {"format.thousands_separator", OptionType::text, {}, {}, "Character between thousands; empty for none.", false},
      {"format.encoding", OptionType::text, {}, {}, "Character encoding of the files.", false},
      {"format.comment", OptionType::text, {}, {}, "Lines that begin with it are skipped.", false},
      {"format.null_padding",
       OptionType::boolean,
       {},
       {},
       "Fill rows with too few columns with nulls instead of quarantining them.",
       false},
  };
}

}  // namespace

std::vector<OptionSpec> ingest_options() {
  const std::vector<std::string> contracts = {"evolve", "freeze"};
  std::vector<OptionSpec> options = {
      {"files",
       OptionType::text_list,
       {},
       {},
       "Globs of the files; ** crosses folders; relative to the project, absolute, ~/ or URIs of a store.",
       false},
      {"base", OptionType::text, {}, {}, "Folder that the names in _file are relative to.", false},
      {"columns", OptionType::map, {}, {}, "Declared types by column; others are inferred and pinned.", false},
      {"hive_partitions", OptionType::boolean, true, {}, "Whether folders key=value become columns.", false},
      {"write_disposition",
       OptionType::text,
       "append",
       {"append", "replace", "merge"},
       "What new files do to the table.",
       false},
      {"primary_key", OptionType::text_list, {}, {}, "Columns that identify a row, for merge.", false},
      {"schema_contract.columns", OptionType::text, "evolve", contracts, "Whether new columns in files are added.",
       false},
      {"schema_contract.data_type", OptionType::text, "evolve", contracts,
       "Whether files with other types are quarantined or stop the run.", false},
      {"on_changed_file",
       OptionType::text,
       "error",
       {"error", "reload", "append"},
       "What to do when a loaded file has other content.",
       false},
      {"quarantine.max_ratio",
       OptionType::number,
       0.01,
       {},
       "Share of bad rows above which nothing is published.",
       false},
  };
  const auto formats = format_options();
  options.insert(options.begin() + 2, formats.begin(), formats.end());
  return options;
}

const DeclaredColumn* IngestSpec::declared(const std::string& column) const {
  for (const DeclaredColumn& known : columns) {
    if (iequals(known.name, column)) return &known;
  }
  return nullptr;
}

IngestSpec read_ingest_spec(const Json& ingest, const std::vector<DeclaredColumn>& declared, std::string asset,
                            const std::filesystem::path& project_dir, const Span& span,
                            const std::map<std::string, Span>& key_spans) {
  const Places places{span, key_spans};
  IngestSpec spec;
  spec.asset = std::move(asset);
  spec.span = span;
  spec.project_dir = project_dir;
  if (!ingest.is_object()) refuse(spec.asset + ": ingest must be a mapping", span);
  for (const DeclaredColumn& column : declared) add_declared(spec.columns, column);
  Json rest = written_out(ingest);
  if (const Json* columns = rest.find("columns"); columns != nullptr && !columns->is_null()) {
    read_columns(*columns, spec.columns, places);
    rest.erase("columns");
  }
  Options options(ingest_options());
  options.read(rest, "ingest", spec.asset, [&](const std::string& name) { return places.at(name); });
  spec.patterns = options.list("files");
  if (spec.patterns.empty()) refuse(spec.asset + ": ingest.files is missing", span);
  if (options.is_set("base")) spec.base = options.text("base");
  if (options.is_set("format.type")) {
    spec.format = options.text("format.type") == "parquet" ? engine::FileFormat::parquet : engine::FileFormat::csv;
  }
  spec.compression = engine::compression_named(options.text("format.compression")).value();
  read_dialect(options, spec, places);
  spec.hive_partitions = options.boolean("hive_partitions");
  read_policies(options, spec, places);
  return spec;
}

IngestSpec ingest_spec_of(const project::Project& project, const project::Node& source) {
  std::vector<DeclaredColumn> declared;
  for (const project::Column& column : source.columns) {
    if (!column.data_type.empty()) declared.push_back({column.name, column.data_type, std::nullopt});
  }
  const project::Ingest& ingest = *source.ingest;
  IngestSpec spec =
      read_ingest_spec(ingest.options, declared, source.asset, project.root, ingest.span, ingest.key_spans);
  std::string lake = project.lake;
  constexpr std::string_view kFile = "file://";
  if (lake.starts_with(kFile)) lake = lake.substr(kFile.size());
  const bool local = lake.find("://") == std::string::npos;
  spec.excluded.push_back(local ? std::filesystem::path(lake).lexically_normal().string() : lake);
  return spec;
}

Json declared_types(const IngestSpec& spec) {
  Json types = Json::object();
  for (const DeclaredColumn& column : spec.columns) types.set(lower(column.name), column.type);
  return types;
}

engine::CsvDialect dialect_of(const Json& declared, engine::CsvDialect dialect) {
  if (auto text = declared.get_string("delimiter")) dialect.delimiter = *text;
  if (const Json* quote = declared.find("quote")) dialect.quote = character(*quote, "quote");
  if (const Json* escape = declared.find("escape")) dialect.escape = character(*escape, "escape");
  dialect.header = declared.get_bool("header").value_or(dialect.header);
  dialect.skip_lines = static_cast<int>(declared.get_int("skip_lines").value_or(dialect.skip_lines));
  if (const Json* texts = declared.find("null_texts")) {
    dialect.null_texts.clear();
    for (const Json& text : texts->as_array()) dialect.null_texts.push_back(text.as_string());
  }
  dialect.date_format = declared.get_string("date_format").value_or(dialect.date_format);
  dialect.timestamp_format = declared.get_string("timestamp_format").value_or(dialect.timestamp_format);
  dialect.decimal_separator = declared.get_string("decimal_separator").value_or(dialect.decimal_separator);
  if (const Json* group = declared.find("thousands_separator"))
    dialect.thousands_separator = text_of(character(*group, "thousands_separator"));
  if (dialect.thousands_separator == dialect.decimal_separator)
    throw Error(ErrorCode::bad_option_value, "format.decimal_separator and format.thousands_separator are the same");
  dialect.encoding = declared.get_string("encoding").value_or(dialect.encoding);
  dialect.comment = declared.get_string("comment").value_or(dialect.comment);
  dialect.null_padding = declared.get_bool("null_padding").value_or(dialect.null_padding);
  return dialect;
}

Json to_json(const engine::CsvDialect& dialect) {
  Json json = Json::object();
  json.set("delimiter", dialect.delimiter);
  json.set("quote", text_of(dialect.quote)).set("escape", text_of(dialect.escape)).set("header", dialect.header);
  json.set("skip_lines", dialect.skip_lines).set("null_texts", Json::strings(dialect.null_texts));
  json.set("date_format", dialect.date_format).set("timestamp_format", dialect.timestamp_format);
  if (dialect.decimal_separator != ".") json.set("decimal_separator", dialect.decimal_separator);
  if (!dialect.thousands_separator.empty()) json.set("thousands_separator", dialect.thousands_separator);
  json.set("encoding", dialect.encoding).set("comment", dialect.comment).set("null_padding", dialect.null_padding);
  return json;
}

engine::CsvDialect dialect_from_json(const Json& json) { return dialect_of(json, {}); }

}  // namespace weir::files
