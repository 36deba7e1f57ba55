// Files as input, as data: connectors describe, the engine reads. Connectors write no SQL.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/object_store.h"

namespace weir::engine {

enum class FileFormat { csv, parquet };
enum class Compression { detect, none, gzip, zstd };
inline constexpr std::array<std::string_view, 4> compression_names = {"detect", "none", "gzip", "zstd"};
inline std::string_view name_of(Compression compression) { return compression_names[static_cast<size_t>(compression)]; }
inline std::optional<Compression> compression_named(std::string_view name) {
  for (size_t i = 0; i < compression_names.size(); ++i)
    if (compression_names[i] == name) return static_cast<Compression>(i);
  return std::nullopt;
}

struct ScanColumn {
  std::string name;
  std::string type;  // SQL type as declared or pinned
  std::optional<std::string> timestamp_format;
  bool from_path = false;  // hive partition column key=value in the path
};

// How CSV is written; every field pinned, nothing guessed at read time.
struct CsvDialect {
  std::string delimiter = ",";
  std::optional<char> quote = '"', escape = '"';
  bool header = true;
  int skip_lines = 0;
  std::vector<std::string> null_texts = {""};
  std::string date_format, timestamp_format;                 // "" = ISO
  std::string decimal_separator = ".", thousands_separator;  // one character; "" = thousands are not separated
  std::string encoding = "utf-8";
  std::string comment;        // "" = none
  bool null_padding = false;  // rows with too few columns are filled with NULL instead of being rejected
};

struct ScanFile {
  std::string uri;                                 // path or URI the engine opens (absolute)
  std::string label;                               // value of the _file column: relative to the source's base
  std::map<std::string, std::string> path_values;  // hive keys found in its path
  // Of an object in a store: a scan of a session that finds another one when it opens the object throws
  // Error{file_changed_while_read}. "" = it is not looked at.
  std::string etag = {};
};

struct FileScan {
  FileFormat format = FileFormat::csv;
  Compression compression = Compression::detect;
  CsvDialect dialect;
  std::vector<ScanColumn>
      columns;  // in table order; a file lacking one gives NULL (by name for CSV with header and Parquet)
  std::vector<ScanFile> files;
  bool collect_rejects = true;  // false: the first bad row is an error
};

struct SniffedColumn {
  std::string name, type;
  bool all_null = false;
  std::string in_file = {};  // of header(): the name as it stands in a CSV file; `name` is made unique and not empty
};
struct SniffedFile {
  CsvDialect dialect;
  std::vector<SniffedColumn> columns;
};

// What is known of a CSV dialect before anybody looks at a file: of these members only those that are marked, of
// the others all.
struct KnownDialect {
  CsvDialect dialect;
  bool delimiter = false, quote = false, escape = false, header = false, skip_lines = false, encoding = false;
};

// Reads beginnings of files (or all of it) to infer dialect and types. Survives a few polluted rows: the dialect that
// gives the most rows with the same number of columns wins.
class FileSniffer {
 public:
  virtual ~FileSniffer() = default;
  virtual SniffedFile sniff(FileFormat format, Compression compression, const std::vector<ScanFile>& files,
                            const KnownDialect& known) = 0;
  // The same without looking at values: dialect and names; CSV columns are all VARCHAR. Much cheaper than sniff().
  virtual SniffedFile sniff_names(FileFormat format, Compression compression, const std::vector<ScanFile>& files,
                                  const KnownDialect& known) = 0;
  // Column names of one file as they stand in it (CSV header or Parquet schema), cheaply.
  virtual std::vector<SniffedColumn> header(FileFormat format, Compression compression, const CsvDialect& dialect,
                                            const ScanFile& file) = 0;
};

}  // namespace weir::engine
