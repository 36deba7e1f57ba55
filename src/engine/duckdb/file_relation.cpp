#include "engine/duckdb/file_relation.h"

#include <algorithm>
#include <duckdb/catalog/catalog_transaction.hpp>
#include <duckdb/main/extension/extension_loader.hpp>
#include <duckdb/parser/parsed_data/create_scalar_function_info.hpp>

#include "base/ids.h"
#include "base/text.h"
#include "engine/duckdb/read_types.h"
#include "engine/duckdb/reject_reasons.h"
#include "engine/duckdb/row_taker.h"
#include "engine/duckdb/unclosed_quotes.h"
#include "engine/duckdb/unique_values.h"

namespace weir::engine::duck {

using namespace duckdb;

std::string local_path(const std::string& uri) {
  constexpr std::string_view file = "file://";
  return uri.rfind(file, 0) == 0 ? percent_decode(uri.substr(file.size())) : uri;
}

Compression compression_of(const std::string& path, Compression declared) {
  if (declared != Compression::detect) return declared;
  auto name = lower(path);
  if (name.ends_with(".gz") || name.ends_with(".gzip")) return Compression::gzip;
  return name.ends_with(".zst") || name.ends_with(".zstd") ? Compression::zstd : Compression::none;
}

std::string literal_pattern(const std::string& path) {
  std::string pattern;
  for (char c : path) {
    if (c == '*' || c == '?' || c == '[')
      pattern += {'[', c, ']'};
    else
      pattern += c;
  }
  return pattern;
}

FileCompressionType compression_type(Compression compression) {
  switch (compression) {
    case Compression::gzip:
      return FileCompressionType::GZIP;
    case Compression::zstd:
      return FileCompressionType::ZSTD;
    default:
      return FileCompressionType::UNCOMPRESSED;
  }
}

namespace {

const char* const path_column = "__weir_path";

void run(Connection& connection, SessionState& session, const std::string& sql) {
  auto done = connection.Query(sql);
  if (done->HasError()) throw translated(done->GetErrorObject(), {}, &session.errors);
}

// ---- functions ----

std::string file_value(SessionState& session, const std::string& scan, const std::string& key, const std::string& path,
                       bool& found) {
  found = false;
  auto files = session.scan_files.find(scan);
  if (files == session.scan_files.end()) return {};
  auto file = files->second.find(path);
  if (file == files->second.end()) return {};
  if (key == "_file") {
    found = true;
    return file->second.label;
  }
  auto value = file->second.path_values.find(key);
  found = value != file->second.path_values.end();
  return found ? value->second : std::string();
}

// Paths come as constants, chunk by chunk: one look-up then serves a whole chunk.
void file_value_function(DataChunk& arguments, ExpressionState& state, Vector& result) {
  auto& session = SessionState::of(state.GetContext());
  bool constant = arguments.AllConstant();
  idx_t rows = constant ? 1 : arguments.size();
  result.SetVectorType(constant ? VectorType::CONSTANT_VECTOR : VectorType::FLAT_VECTOR);
  for (idx_t row = 0; row < rows; ++row) {
    bool found = false;
    auto value = file_value(session, arguments.GetValue(0, row).ToString(), arguments.GetValue(1, row).ToString(),
                            arguments.GetValue(2, row).ToString(), found);
    result.SetValue(row, found ? Value(value) : Value(LogicalType::VARCHAR));
  }
}

void raw_line_function(DataChunk& arguments, ExpressionState& state, Vector& result) {
  auto& fs = FileSystem::GetFileSystem(state.GetContext());
  result.SetVectorType(VectorType::FLAT_VECTOR);
  for (idx_t row = 0; row < arguments.size(); ++row) {
    auto offset = arguments.GetValue(1, row).GetValue<uint64_t>();
    auto length = arguments.GetValue(2, row).GetValue<int64_t>();
    std::string bytes(static_cast<size_t>(std::max<int64_t>(length, 0)), '\0');
    auto file = fs.OpenFile(arguments.GetValue(0, row).ToString(), FileFlags::FILE_FLAGS_READ);
    file->Seek(offset);
    auto got = file->Read(bytes.data(), bytes.size());
    bytes.resize(static_cast<size_t>(std::max<int64_t>(got, 0)));
    result.SetValue(row, Value::BLOB_RAW(bytes));
  }
}

}  // namespace

void register_scan_functions(DatabaseInstance& db) {
  ExtensionLoader loader(db, "weir");
  register_read_types(loader);
  register_row_taker(loader);
  register_unique_values(loader);
  loader.RegisterFunction(ScalarFunction("weir_file_value",
                                         {LogicalType::VARCHAR, LogicalType::VARCHAR, LogicalType::VARCHAR},
                                         LogicalType::VARCHAR, file_value_function));
  loader.RegisterFunction(ScalarFunction("weir_raw_line",
                                         {LogicalType::VARCHAR, LogicalType::UBIGINT, LogicalType::BIGINT},
                                         LogicalType::BLOB, raw_line_function));
}

// ---- CSV ----

std::string csv_options(const CsvDialect& dialect, Compression compression) {
  auto one = [](const std::optional<char>& c) { return quote_literal(c ? std::string(1, *c) : std::string()); };
  std::vector<std::string> nulls;
  for (auto& text : dialect.null_texts) nulls.push_back(quote_literal(text));
  if (nulls.empty()) nulls.push_back("chr(1) || 'no null text'");
  std::string options = "auto_detect = false, delim = " + quote_literal(dialect.delimiter) +
                        ", quote = " + one(dialect.quote) + ", escape = " + one(dialect.escape) +
                        ", header = " + (dialect.header ? "true" : "false") +
                        ", skip = " + std::to_string(dialect.skip_lines) + ", nullstr = [" + join(nulls, ", ") + "]" +
                        ", compression = " + quote_literal(std::string(name_of(compression)));
  if (!dialect.date_format.empty()) options += ", dateformat = " + quote_literal(dialect.date_format);
  if (!dialect.timestamp_format.empty()) options += ", timestampformat = " + quote_literal(dialect.timestamp_format);
  if (dialect.decimal_separator != ".") options += ", decimal_separator = " + quote_literal(dialect.decimal_separator);
  if (!dialect.thousands_separator.empty()) options += ", thousands = " + quote_literal(dialect.thousands_separator);
  if (!iequals(dialect.encoding, "utf-8")) options += ", encoding = " + quote_literal(dialect.encoding);
  if (!dialect.comment.empty()) options += ", comment = " + quote_literal(dialect.comment);
  // Padding is decided line by line, which the parallel reader cannot do across quoted line ends.
  if (dialect.null_padding) options += ", null_padding = true, parallel = false";
  return options;
}

std::string_view without_lines(std::string_view text, const CsvDialect& dialect) {
  for (int i = 0; i < dialect.skip_lines; ++i) {
    auto end = text.find('\n');
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  while (!dialect.comment.empty() && text.substr(0, dialect.comment.size()) == dialect.comment) {
    auto end = text.find('\n');
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  return text;
}

std::optional<std::vector<std::string>> next_record(std::string_view& text, const CsvDialect& dialect,
                                                    bool whole_file) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (quoted) {
      if (dialect.escape && c == *dialect.escape && i + 1 < text.size() && text[i + 1] == *dialect.quote) {
        fields.back() += text[++i];
      } else if (c == *dialect.quote) {
        quoted = false;
      } else {
        fields.back() += c;
      }
    } else if (dialect.quote && c == *dialect.quote && fields.back().empty()) {
      quoted = true;
    } else if (text.substr(i, dialect.delimiter.size()) == dialect.delimiter) {
      fields.emplace_back();
      i += dialect.delimiter.size() - 1;
    } else if (c == '\n' || c == '\r') {
      text.remove_prefix(i + (text.substr(i, 2) == "\r\n" ? 2 : 1));
      return fields;
    } else {
      fields.back() += c;
    }
  }
  if (!whole_file) return std::nullopt;
  text = {};
  return fields;
}

namespace {

// What a store says of an object is no fault of the file.
[[noreturn]] void throw_unreadable(Connection& connection, const std::string& path, const std::exception& exception) {
  const auto message = ErrorData(exception).RawMessage();
  if (const auto state = CallbackState::find(*connection.context)) {
    if (auto of_store = state->errors.take(message)) throw *of_store;
  }
  throw Error(ErrorCode::file_unreadable, path + " cannot be read: " + message);
}

std::string beginning_of(Connection& connection, const std::string& path, Compression compression, size_t bytes,
                         bool& whole) {
  auto& fs = FileSystem::GetFileSystem(*connection.context);
  try {
    auto packed = compression_type(compression_of(path, compression));
    auto file = fs.OpenFile(path, FileOpenFlags(FileFlags::FILE_FLAGS_READ) | packed);
    std::string text(bytes, '\0');
    size_t filled = 0;
    while (filled < bytes) {
      auto got = file->Read(text.data() + filled, bytes - filled);
      if (got <= 0) break;
      filled += static_cast<size_t>(got);
    }
    whole = filled < bytes;
    text.resize(filled);
    return text;
  } catch (const std::exception& exception) {
    throw_unreadable(connection, path, exception);
  }
}

std::string in_utf8(std::string text, const std::string& path, const std::string& encoding) {
  if (iequals(encoding, "utf-8")) return text.rfind("\xEF\xBB\xBF", 0) == 0 ? text.substr(3) : text;
  std::string out;
  auto put = [&](uint32_t code) {
    if (code < 0x80) {
      out += static_cast<char>(code);
    } else if (code < 0x800) {
      out += static_cast<char>(0xC0 | code >> 6);
      out += static_cast<char>(0x80 | (code & 0x3F));
    } else {
      out += static_cast<char>(0xE0 | code >> 12);
      out += static_cast<char>(0x80 | (code >> 6 & 0x3F));
      out += static_cast<char>(0x80 | (code & 0x3F));
    }
  };
  auto byte = [&](size_t i) { return static_cast<uint32_t>(static_cast<unsigned char>(text[i])); };
  if (iequals(encoding, "latin-1")) {
    for (size_t i = 0; i < text.size(); ++i) put(byte(i));
  } else if (iequals(encoding, "utf-16")) {  // the names of columns hold no surrogate pairs, or are not matched
    bool big = text.size() >= 2 && byte(0) == 0xFE && byte(1) == 0xFF;
    bool marked = big || (text.size() >= 2 && byte(0) == 0xFF && byte(1) == 0xFE);
    for (size_t i = marked ? 2 : 0; i + 1 < text.size(); i += 2)
      put(big ? byte(i) << 8 | byte(i + 1) : byte(i + 1) << 8 | byte(i));
  } else {
    throw Error(ErrorCode::file_unreadable, path + ": encoding " + encoding + " is not supported",
                "utf-8, utf-16 or latin-1");
  }
  return out;
}

}  // namespace

std::string read_beginning(Connection& connection, const std::string& path, Compression compression,
                           const std::string& encoding, size_t bytes, bool& whole) {
  return in_utf8(beginning_of(connection, path, compression, bytes, whole), path, encoding);
}

void check_width(const std::string& path, size_t columns) {
  if (columns <= most_columns) return;
  throw Error(ErrorCode::file_unreadable, path + ": " + std::to_string(columns) + " columns; a table has " +
                                              std::to_string(most_columns) + " at most");
}

std::vector<std::string> unique_names(std::vector<std::string> names) {
  std::set<std::string> seen;
  for (size_t i = 0; i < names.size(); ++i) {
    names[i] = std::string(trim(names[i]));
    if (names[i].empty()) names[i] = "column" + std::to_string(i);
    const auto name = names[i];
    for (int k = 1; !seen.insert(lower(names[i])).second; ++k) names[i] = name + "_" + std::to_string(k);
  }
  return names;
}

std::vector<std::string> read_csv_header(Connection& connection, const std::string& path, Compression compression,
                                         const CsvDialect& dialect) {
  constexpr size_t longest = 16 << 20;
  for (size_t bytes = 64 << 10;; bytes *= 16) {
    bool whole = false;
    auto text = read_beginning(connection, path, compression, dialect.encoding, bytes, whole);
    auto rest = without_lines(text, dialect);
    if (whole && rest.empty()) return {};
    if (auto record = next_record(rest, dialect, whole)) {
      check_width(path, record->size());
      for (auto& name : *record) name = std::string(trim(name));
      return *record;
    }
    if (bytes >= longest) throw Error(ErrorCode::file_unreadable, path + ": no end of the header line within 16 MB");
  }
}

namespace {

struct CsvGroup {
  Compression compression = Compression::none;
  std::vector<std::string> header;
  std::vector<std::string> paths;
};

std::vector<CsvGroup> groups_of(Connection& connection, const FileScan& scan) {
  std::map<std::pair<Compression, std::vector<std::string>>, CsvGroup> groups;
  for (auto& file : scan.files) {
    auto path = local_path(file.uri);
    std::vector<std::string> header;
    if (scan.dialect.header) {
      header = unique_names(read_csv_header(connection, path, scan.compression, scan.dialect));
      if (header.empty()) continue;  // nothing in it
      for (auto& name : header) name = lower(name);
    }
    auto packed = compression_of(path, scan.compression);
    auto& group = groups[{packed, header}];
    group.compression = packed;
    group.header = header;
    group.paths.push_back(path);
  }
  std::vector<CsvGroup> list;
  for (auto& [key, group] : groups) list.push_back(std::move(group));
  return list;
}

// Columns as they stand in the files of the group: (name given to DuckDB, type).
std::vector<std::pair<std::string, std::string>> file_columns(const FileScan& scan, const CsvGroup& group) {
  std::vector<std::pair<std::string, std::string>> columns;
  std::set<std::string> taken;
  auto declared = [&](const std::string& name) {
    return std::find_if(scan.columns.begin(), scan.columns.end(),
                        [&](auto& column) { return !column.from_path && iequals(column.name, name); });
  };
  if (!scan.dialect.header) {
    for (auto& column : scan.columns) {
      if (!column.from_path) columns.emplace_back(column.name, column.type);
    }
    return columns;
  }
  for (size_t i = 0; i < group.header.size(); ++i) {
    auto found = declared(group.header[i]);
    if (found != scan.columns.end() && taken.insert(lower(found->name)).second)
      columns.emplace_back(found->name, found->type);
    else
      columns.emplace_back("__weir_unread_" + std::to_string(i), "VARCHAR");
  }
  if (taken.empty())
    throw Error(ErrorCode::file_unreadable,
                group.paths.front() + ": its header names none of the source's columns: " + join(group.header, ", "));
  return columns;
}

std::string list_of(const std::vector<std::string>& paths) {
  std::vector<std::string> quoted;
  for (auto& path : paths) quoted.push_back(quote_literal(literal_pattern(path)));
  return "[" + join(quoted, ", ") + "]";
}

// The declared columns, then _file. `has` tells which of them the files hold.
std::string select_list(const std::string& scan_name, const FileScan& scan,
                        const std::function<bool(const std::string&)>& has) {
  auto read_value = [&](const ScanColumn& column) {
    auto name = quote_identifier(column.name);
    if (scan.format != FileFormat::csv) return name;
    auto read = read_type(column.type, scan.dialect);
    return read.is_declared() ? name : read.before + name + read.after + " AS " + name;
  };
  auto value_of = [&](const std::string& key) {
    return "weir_file_value(" + quote_literal(scan_name) + ", " + quote_literal(key) + ", " + path_column + ")";
  };
  std::string list;
  for (auto& column : scan.columns) {
    auto name = quote_identifier(column.name);
    if (column.from_path)
      list += "CAST(" + value_of(column.name) + " AS " + column.type + ") AS " + name + ", ";
    else if (has(column.name))
      list += read_value(column) + ", ";
    else
      list += "CAST(NULL AS " + column.type + ") AS " + name + ", ";
  }
  return list + value_of("_file") + " AS _file";
}

// DuckDB takes one format for dates and one for timestamps per read: those of the columns become the dialect's.
FileScan with_formats(FileScan scan) {
  auto& dialect = scan.dialect;
  for (auto& column : scan.columns) {
    if (!column.timestamp_format || column.timestamp_format->empty()) continue;
    auto& format = iequals(column.type, "DATE") ? dialect.date_format : dialect.timestamp_format;
    if (!format.empty() && format != *column.timestamp_format)
      throw Error(ErrorCode::sql_unsupported,
                  "columns of one source have different time formats: \"" + format + "\" and \"" +
                      *column.timestamp_format + "\" (column \"" + column.name + "\")",
                  "Declare the column as VARCHAR and use strptime() in a model.");
    format = *column.timestamp_format;
  }
  return scan;
}

std::string empty_relation(const std::string& name, const FileScan& scan) {
  auto none = [](const std::string&) { return false; };
  return "SELECT " + select_list(name, scan, none) + " FROM (SELECT NULL::VARCHAR AS " + path_column + ") WHERE false";
}

std::string csv_relation(Connection& connection, const std::string& name, const FileScan& declared,
                         const std::string& errors, const std::string& scans) {
  const auto scan = with_formats(declared);
  auto options = ", filename = " + quote_literal(path_column);
  if (scan.collect_rejects)
    options += ", store_rejects = true, rejects_limit = 0, rejects_table = " + quote_literal(errors) +
               ", rejects_scan = " + quote_literal(scans);
  std::vector<std::string> parts;
  for (auto& group : groups_of(connection, scan)) {
    std::vector<std::string> columns;
    std::set<std::string> present;
    for (auto& [column, type] : file_columns(scan, group)) {
      columns.push_back(quote_literal(column) + ": " + quote_literal(read_type(type, scan.dialect).type));
      present.insert(lower(column));
    }
    auto has = [&](const std::string& column) { return present.count(lower(column)) > 0; };
    parts.push_back("SELECT " + select_list(name, scan, has) + " FROM read_csv(" + list_of(group.paths) + ", " +
                    csv_options(scan.dialect, group.compression) + options + ", columns = {" + join(columns, ", ") +
                    "})");
  }
  return parts.empty() ? empty_relation(name, scan) : join(parts, " UNION ALL ");
}

std::string parquet_relation(const std::string& name, const FileScan& scan) {
  if (scan.files.empty()) return empty_relation(name, scan);
  std::vector<std::string> columns, paths;
  for (auto& column : scan.columns) {
    if (column.from_path) continue;
    auto field = quote_literal(column.name);
    columns.push_back(field + ": {'name': " + field + ", 'type': " + quote_literal(column.type) +
                      ", 'default_value': NULL}");
  }
  for (auto& file : scan.files) paths.push_back(local_path(file.uri));
  auto all = [](const std::string&) { return true; };
  return "SELECT " + select_list(name, scan, all) + " FROM read_parquet(" + list_of(paths) +
         ", hive_partitioning = false, filename = " + quote_literal(path_column) + ", schema = MAP {" +
         join(columns, ", ") + "})";
}

void check_quotes(Connection& connection, SessionState& session, const std::string& errors, const std::string& scans,
                  Compression compression, const CsvDialect& dialect) {
  auto found =
      connection.Query("SELECT s.file_path, greatest(e.line, 1)::BIGINT, e.line_byte_position::BIGINT FROM temp.main." +
                       quote_identifier(errors) + " e JOIN temp.main." + quote_identifier(scans) +
                       " s USING (scan_id, file_id) WHERE e.error_type = 'UNQUOTED VALUE' ORDER BY ALL");
  if (found->HasError()) throw translated(found->GetErrorObject(), {}, &session.errors);
  std::map<std::string, std::vector<RejectedLine>> lines;
  for (idx_t row = 0; row < found->RowCount(); ++row) {
    auto offset = std::max<int64_t>(found->GetValue(2, row).GetValue<int64_t>() - 1, 0);
    lines[found->GetValue(0, row).ToString()].push_back(
        {static_cast<uint64_t>(found->GetValue(1, row).GetValue<int64_t>()), static_cast<uint64_t>(offset)});
  }
  for (auto& [path, rejected] : lines) {
    try {
      check_quotes_close(FileSystem::GetFileSystem(*connection.context), path, compression, dialect, rejected);
    } catch (const Error&) {
      throw;
    } catch (const std::exception& exception) {
      throw_unreadable(connection, path, exception);
    }
  }
}

}  // namespace

void FileRelations::add(Connection& connection, SessionState& session, const std::string& name, const FileScan& scan) {
  auto number = replace_all(uuid_v4(), "-", "");  // reject tables are found by name in the whole instance
  Scan added;
  if (scan.collect_rejects && scan.format == FileFormat::csv) {
    added.errors = "weir_reject_errors_" + number;
    added.scans = "weir_reject_scans_" + number;
    added.types = declared_types_sql(scan);
    added.compression = scan.compression;
    added.dialect = scan.dialect;
  }
  auto& files = session.scan_files[name];
  files.clear();
  for (auto& file : scan.files) files[local_path(file.uri)] = file;
  auto relation = scan.format == FileFormat::csv ? csv_relation(connection, name, scan, added.errors, added.scans)
                                                 : parquet_relation(name, scan);
  run(connection, session, "CREATE OR REPLACE TEMP VIEW " + quote_identifier(name) + " AS " + relation);
  scans_[name] = std::move(added);
}

std::string FileRelations::rejects(Connection& connection, SessionState& session, const std::string& name) {
  auto found = scans_.find(name);
  if (found == scans_.end()) throw Error(ErrorCode::sql_unknown_table, "no scan \"" + name + "\" is registered");
  auto relation = quote_identifier(name + "__rejects");
  auto& scan = found->second;
  if (scan.listed) return relation;
  bool kept = false;
  if (!scan.errors.empty()) {
    auto exists = connection.Query("SELECT count(*) FROM duckdb_tables() WHERE temporary AND table_name = " +
                                   quote_literal(scan.errors));
    if (exists->HasError()) throw translated(exists->GetErrorObject(), {}, &session.errors);
    kept = exists->GetValue(0, 0).GetValue<int64_t>() > 0;
  }
  std::string select =
      "SELECT NULL::VARCHAR AS _file, NULL::BIGINT AS _line, NULL::VARCHAR AS _column, NULL::BLOB AS _raw, "
      "NULL::VARCHAR AS _reason WHERE false";
  if (kept) {
    check_quotes(connection, session, scan.errors, scan.scans, scan.compression, scan.dialect);
    select = "SELECT weir_file_value(" + quote_literal(name) +
             ", '_file', s.file_path) AS _file, greatest(e.line, 1)::BIGINT AS _line, "
             "e.column_name AS _column, CASE WHEN e.error_type = 'INVALID ENCODING' AND NOT "
             "regexp_matches(lower(s.file_path), "
             "'\\.(gz|gzip|zst|zstd)$') THEN weir_raw_line(s.file_path, e.line_byte_position - 1, "
             "octet_length(encode(e.csv_line))) "
             "ELSE encode(e.csv_line) END AS _raw, " +
             reject_reason_sql(scan.types) + " AS _reason FROM temp.main." + quote_identifier(scan.errors) +
             " e JOIN temp.main." + quote_identifier(scan.scans) +
             " s USING (scan_id, file_id) "
             "QUALIFY row_number() OVER (PARTITION BY s.file_path, e.line_byte_position ORDER BY e.column_idx, "
             "e.scan_id) = 1";
    scan.listed = true;  // before the scan has run there is nothing to list yet
  }
  run(connection, session, "CREATE OR REPLACE TEMP VIEW " + relation + " AS " + select);
  return relation;
}

void FileRelations::forget(Connection& connection, SessionState& session) {
  for (auto& [name, scan] : scans_) {
    connection.Query("DROP VIEW IF EXISTS temp.main." + quote_identifier(name + "__rejects"));
    connection.Query("DROP VIEW IF EXISTS temp.main." + quote_identifier(name));
    if (scan.errors.empty()) continue;
    connection.Query("DROP TABLE IF EXISTS temp.main." + quote_identifier(scan.errors));
    connection.Query("DROP TABLE IF EXISTS temp.main." + quote_identifier(scan.scans));
  }
  scans_.clear();
  session.scan_files.clear();
}

}  // namespace weir::engine::duck
