#include "lake/convert.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/error.h"
#include "base/ids.h"
#include "base/text.h"
#include "lake/hive_partitions.h"

namespace weir::lake {

namespace {

// What Delta's other writers forbid in names of columns that are not mapped.
constexpr std::string_view forbidden_in_names = " ,;{}()\n\t=";

[[noreturn]] void refuse_folder(const std::string& message, const std::string& hint = {}) {
  throw Error(ErrorCode::convert_refused, message, hint);
}

struct File {
  std::string relative;  // key below the folder
  uint64_t size = 0;
  int64_t modified_ms = 0;
  HiveValues values;
  ParquetFacts facts;
};

bool is_passed_over(const std::string& segment, bool folder) {
  const bool partition = folder && segment.find('=') != std::string::npos;
  return (segment.starts_with('_') && !partition) || segment.starts_with('.');
}

bool is_parquet(const std::string& name) {
  const auto low = lower(name);
  return low.ends_with(".parquet") || low.ends_with(".parq");
}

// Columns of all files together, each with the file in which it was first met.
class MergedColumns {
 public:
  void add(const std::vector<Field>& fields, const std::string& file) { merge(fields_, fields, "", file); }
  std::vector<Field> take() { return std::move(fields_); }

 private:
  void merge(std::vector<Field>& known, const std::vector<Field>& fields, const std::string& above,
             const std::string& file) {
    for (const auto& field : fields) {
      const std::string name = above.empty() ? field.name : above + "." + field.name;
      if (field.name.find_first_of(forbidden_in_names) != std::string::npos)
        refuse_folder(fmt::format("{}: the column \"{}\" has a name that Delta does not allow", file, valid_utf8(name)),
                      "names have no spaces, commas, semicolons, braces, parentheses or '='");
      auto same =
          std::find_if(known.begin(), known.end(), [&](const Field& other) { return iequals(other.name, field.name); });
      if (same == known.end()) {
        known.push_back(field);
        first_[lower(name)] = file;
        continue;
      }
      const std::string before = first_file(name);
      if (same->name != field.name)
        refuse_folder(fmt::format("{}: the column \"{}\" is called \"{}\" in {}", file, name, same->name, before));
      merge_types(same->type, field.type, name, file, before);
    }
  }

  void merge_types(DataType& known, const DataType& type, const std::string& name, const std::string& file,
                   const std::string& before) {
    if (known == type) return;
    if (known.kind != type.kind || known.is_primitive())
      refuse_folder(fmt::format("{}: the column \"{}\" is {}, and {} in {}", file, name, type_name(type),
                                type_name(known), before),
                    "write the file anew with the type of the others");
    if (known.kind == TypeKind::struct_) return merge(known.fields, type.fields, name, file);
    for (size_t i = 0; i < known.fields.size(); ++i)
      merge_types(known.fields[i].type, type.fields[i].type, name + "." + known.fields[i].name, file, before);
  }

  // In which a column was met: the one of its struct, if that came with it.
  std::string first_file(std::string name) const {
    name = lower(name);
    auto found = first_.find(name);
    while (found == first_.end() && name.find('.') != std::string::npos) {
      name.resize(name.rfind('.'));
      found = first_.find(name);
    }
    return found == first_.end() ? "another file" : found->second;
  }

  std::vector<Field> fields_;
  std::map<std::string, std::string> first_;
};

class Converter {
 public:
  Converter(const TableLocation& folder, ParquetIo& parquet, const ConvertOptions& options)
      : folder_(folder), parquet_(parquet), options_(options) {}

  Conversion convert(int64_t now_ms) {
    list();
    const auto partitions = partition_columns();
    read_footers();
    Conversion result;
    set_metadata(result.metadata, partitions, now_ms);
    CommitDraft& draft = result.draft;
    draft.operation = "CONVERT";
    draft.actions.emplace_back(lowest_protocol(result.metadata));
    draft.actions.emplace_back(result.metadata);
    for (const auto& file : files_) {
      draft.actions.emplace_back(add_of(file, result.metadata, partitions));
      result.rows += file.facts.rows;
      result.bytes += static_cast<int64_t>(file.size);
    }
    result.files = static_cast<int64_t>(files_.size());
    draft.operation_parameters.set("numFiles", result.files)
        .set("partitionedBy", Json::strings(result.metadata.partition_columns).dump())
        .set("collectStats", true)
        .set("sourceFormat", "parquet");
    draft.operation_metrics.set("numConvertedFiles", result.files);
    return result;
  }

 private:
  void list() {
    if (latest_version(folder_))
      refuse_folder(folder_.uri() + " is a Delta table already", "weir table history shows it");
    folder_.store->list_from(folder_.prefix, {}, [&](const store::ObjectInfo& info) {
      if (!info.key.starts_with(folder_.prefix)) return true;
      take({info.key.substr(folder_.prefix.size()), info.size, info.modified_ms, {}, {}});
      return true;
    });
    if (files_.empty()) refuse_folder("there is no Parquet file in " + folder_.uri());
  }

  void take(File file) {
    const auto segments = split(file.relative, '/');
    bool hidden = false;
    for (size_t i = 0; i < segments.size(); ++i) {
      const bool is_folder = i + 1 < segments.size();
      if (is_folder && segments[i] == "_delta_log" && i > 0)
        refuse_folder(fmt::format("{}: the folder holds another Delta table", file.relative));
      hidden = hidden || is_passed_over(segments[i], is_folder);
    }
    if (hidden) return;
    if (!is_parquet(segments.back()))
      refuse_folder(fmt::format("{} is not a Parquet file by its name", file.relative),
                    "move it away: in a table's folder a vacuum would take it for garbage");
    auto values = hive_values(file.relative);
    if (!values) refuse_folder(fmt::format("{}: some of its folders are partitions and some are not", file.relative));
    file.values = std::move(*values);
    files_.push_back(std::move(file));
  }

  // By the folders of the first file; those of all others must be the same.
  std::vector<Field> partition_columns() const {
    const auto& first = files_.front();
    for (const auto& file : files_) {
      const bool same = std::equal(file.values.begin(), file.values.end(), first.values.begin(), first.values.end(),
                                   [](const auto& a, const auto& b) { return a.first == b.first; });
      if (!same)
        refuse_folder(fmt::format("{}: its partition folders are not those of {}", file.relative, first.relative),
                      "all files have the same partition columns in the same order");
    }
    const auto& declared = options_.partition_columns;
    if (!declared.empty() && declared.size() != first.values.size())
      refuse_folder(fmt::format("{} partition columns are declared, and {} has {}", declared.size(), first.relative,
                                first.values.size()));
    std::vector<Field> columns;
    for (size_t i = 0; i < first.values.size(); ++i) {
      Field column{first.values[i].first, {}};
      if (declared.empty()) {
        std::vector<std::optional<std::string>> values;
        for (const auto& file : files_) values.push_back(file.values[i].second);
        column.type = inferred_type(values);
      } else {
        if (!iequals(declared[i].name, column.name))
          refuse_folder(fmt::format("the partition column \"{}\" is declared where {} has \"{}\"", declared[i].name,
                                    first.relative, column.name));
        column.type = declared[i].type;
      }
      columns.push_back(std::move(column));
    }
    return columns;
  }

  void read_footers() {
    size_t read = 0;
    for (auto& file : files_) {
      options_.progress(++read, files_.size());
      try {
        file.facts = parquet_.facts(*folder_.store, folder_.key(file.relative));
      } catch (const Error& error) {
        if (error.code() != ErrorCode::bad_parquet && error.code() != ErrorCode::sql_type_not_in_delta) throw;
        refuse_folder(fmt::format("{}: {}", file.relative, error.message()), error.hint());
      }
    }
  }

  void set_metadata(Metadata& metadata, const std::vector<Field>& partitions, int64_t now_ms) const {
    MergedColumns columns;
    for (const auto& file : files_) columns.add(without(file.facts.columns, partitions), file.relative);
    metadata.id = uuid_v4();
    metadata.created_time_ms = now_ms;
    metadata.configuration = options_.configuration;
    metadata.schema.fields = columns.take();
    if (metadata.schema.fields.empty())
      refuse_folder(fmt::format("{}: there is no column beside the partition columns", files_.front().relative));
    for (const auto& column : partitions) {
      metadata.schema.fields.push_back(column);
      metadata.partition_columns.push_back(column.name);
    }
    metadata.schema_string = metadata.schema.to_string();
  }

  static std::vector<Field> without(std::vector<Field> fields, const std::vector<Field>& partitions) {
    std::erase_if(fields, [&](const Field& field) {
      return std::any_of(partitions.begin(), partitions.end(),
                         [&](const Field& column) { return iequals(column.name, field.name); });
    });
    return fields;
  }

  static Add add_of(const File& file, const Metadata& metadata, const std::vector<Field>& partitions) {
    Add add;
    add.path = encode_path(file.relative);
    add.size_bytes = static_cast<int64_t>(file.size);
    add.modification_time_ms = file.modified_ms;
    for (size_t i = 0; i < partitions.size(); ++i) {
      const auto& [name, value] = file.values[i];
      std::optional<std::string> text;
      if (value) {
        text = partition_value_text(*value, partitions[i].type);
        if (!text)
          refuse_folder(fmt::format("{}: \"{}\" is no {} ({})", file.relative, valid_utf8(*value),
                                    type_name(partitions[i].type), name));
      }
      add.partition_values[name] = std::move(text);
    }
    add.stats = write_stats(metadata.schema, metadata.partition_columns, metadata.configuration, file.facts.rows,
                            file.facts.leaves);
    return add;
  }

  const TableLocation& folder_;
  ParquetIo& parquet_;
  const ConvertOptions& options_;
  std::vector<File> files_;
};

// SQL's names of types, as Delta has them.
std::string delta_type(const std::string& type) {
  static const std::map<std::string, std::string> names = {
      {"int", "integer"}, {"bigint", "long"}, {"smallint", "short"}, {"tinyint", "byte"},
      {"text", "string"}, {"real", "float"},  {"varchar", "string"}, {"bool", "boolean"}};
  auto low = lower(type);
  std::erase(low, ' ');
  const auto known = names.find(low);
  return known == names.end() ? low : known->second;
}

}  // namespace

Conversion plan_conversion(const TableLocation& folder, ParquetIo& parquet, const ConvertOptions& options,
                           int64_t now_ms) {
  return Converter(folder, parquet, options).convert(now_ms);
}

std::vector<Field> parse_partition_columns(const std::string& text) {
  Json fields = Json::array();
  int depth = 0;
  std::string one;
  auto finish = [&] {
    const std::string column(trim(one));
    const size_t space = column.find_first_of(" \t");
    if (space == std::string::npos)
      throw Error(ErrorCode::usage, "a partition column needs a name and a type: \"" + column + "\"",
                  "--partition \"day date, region string\"");
    fields.push_back(Json::object()
                         .set("name", column.substr(0, space))
                         .set("type", delta_type(std::string(trim(std::string_view(column).substr(space)))))
                         .set("nullable", true)
                         .set("metadata", Json::object()));
    one.clear();
  };
  for (char c : text) {
    depth += c == '(' ? 1 : c == ')' ? -1 : 0;
    if (c == ',' && depth == 0)
      finish();
    else
      one += c;
  }
  finish();
  try {
    return Schema::parse(Json::object().set("type", "struct").set("fields", std::move(fields)).dump()).fields;
  } catch (const Error& error) {
    throw Error(ErrorCode::usage, "partition columns: " + error.message(), "--partition \"day date, region string\"");
  }
}

}  // namespace weir::lake
