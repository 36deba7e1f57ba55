#include <algorithm>
#include <map>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "connectors/files/column_types.h"
#include "connectors/files/file_source.h"

namespace weir::files {

namespace {

using engine::FileFormat;
using engine::ScanColumn;
using engine::SniffedColumn;

constexpr size_t kSampleFiles = 10;

engine::ScanFile scan_file(const FoundFile& file) {
  return {file.place, file.label, file.path_values, file.store ? file.etag : ""};
}

// What is said of the engine or of a store is no fault of the file.
void rethrow_unless_of_file(const Error& error) {
  switch (error.code()) {
    case ErrorCode::cancelled:
    case ErrorCode::store_io:
    case ErrorCode::store_not_found:
    case ErrorCode::store_credentials:
    case ErrorCode::store_scheme:
      throw error;
    default:
      if (error.blame() == Blame::bug) throw error;
  }
}

template <typename Column>
const Column* find(const std::vector<Column>& columns, const std::string& name) {
  for (const Column& column : columns) {
    if (iequals(column.name, name)) return &column;
  }
  return nullptr;
}

std::string some_labels(const std::vector<FoundFile>& files) {
  std::vector<std::string> labels;
  for (size_t i = 0; i < files.size() && i < 3; i++) labels.push_back(files[i].label);
  std::string text = join(labels, ", ");
  if (files.size() > 3) text += " and " + std::to_string(files.size() - 3) + " more";
  return text;
}

FileFormat format_by_name(const FoundFile& file) {
  std::string name = lower(file.label);
  return name.ends_with(".parquet") || name.ends_with(".pq") ? FileFormat::parquet : FileFormat::csv;
}

class Planner {
 public:
  Planner(const IngestSpec& spec, const Listing& listing, const Diff& diff, const std::optional<Pin>& pin,
          const TableColumns& table, engine::FileSniffer& sniffer)
      : spec_(spec), listing_(listing), diff_(diff), pin_(pin), table_(table), sniffer_(sniffer) {}

  ReadPlan plan() {
    check_base();
    choose_files();
    choose_format();
    if (table_.empty()) {
      learn_columns();
    } else {
      take_columns_of_table();
    }
    for (const FoundFile& file : std::vector<FoundFile>(std::move(candidates_))) look_into(file);
    add_path_columns();
    add_declared_columns();
    build_scan();
    return std::move(plan_);
  }

 private:
  bool csv() const { return plan_.pin.format == FileFormat::csv; }

  void check_base() const {
    if (!pin_ || pin_->base_rule == listing_.base_rule) return;
    throw Error(ErrorCode::base_moved,
                spec_.asset + ": files were loaded with names relative to \"" + pin_->base_rule +
                    "\"; the patterns now give \"" + listing_.base_rule + "\"",
                "write `base: " + pin_->base_rule + "` under ingest to keep the names")
        .with_span(spec_.span);
  }

  void choose_files() {
    plan_.requarantining = diff_.retried;
    if (spec_.disposition == WriteDisposition::replace) {
      plan_.replace_all = true;
      candidates_ = listing_.files;
      return;
    }
    candidates_ = diff_.fresh;
    if (diff_.changed.empty()) return;
    if (spec_.on_changed_file == OnChangedFile::error) {
      throw Error(ErrorCode::file_changed, spec_.asset + ": " + some_labels(diff_.changed) + " changed after loading",
                  "say on_changed_file: reload (replace its rows) or append under ingest, or put the old content back")
          .with_span(spec_.span);
    }
    candidates_.insert(candidates_.end(), diff_.changed.begin(), diff_.changed.end());
    if (spec_.on_changed_file == OnChangedFile::reload) {
      for (const FoundFile& file : diff_.changed) plan_.reloading.push_back(file.label);
      plan_.requarantining.insert(plan_.requarantining.end(), plan_.reloading.begin(), plan_.reloading.end());
    }
    std::sort(candidates_.begin(), candidates_.end(),
              [](const FoundFile& a, const FoundFile& b) { return a.label < b.label; });
  }

  void choose_format() {
    if (pin_) plan_.pin = *pin_;
    plan_.pin.base_rule = listing_.base_rule;
    plan_.pin.columns.clear();
    if (spec_.format) {
      plan_.pin.format = *spec_.format;
    } else if (!pin_ && !candidates_.empty()) {
      plan_.pin.format = format_by_name(candidates_.front());
    }
    if (spec_.compression != engine::Compression::detect) plan_.pin.compression = spec_.compression;
    plan_.pin.dialect = dialect_of(spec_.dialect, plan_.pin.dialect);
    if (!pin_) pin_dialect();
  }

  // Looks into some of the files. What cannot be looked into is left to look_into(), which says why.
  void pin_dialect() {
    std::vector<engine::ScanFile> sample;
    size_t step = candidates_.size() / kSampleFiles + 1;
    for (size_t i = 0; i < candidates_.size(); i += step) {
      if (candidates_[i].size > 0) sample.push_back(scan_file(candidates_[i]));
    }
    std::optional<engine::SniffedFile> sniffed = sample.empty() ? std::nullopt : sniff_all(sample);
    for (size_t i = 0; !sniffed && sample.size() > 1 && i < sample.size(); i++) sniffed = sniff_all({sample[i]});
    if (!sniffed) return;
    if (csv()) plan_.pin.dialect = dialect_of(spec_.dialect, sniffed->dialect);
    sniffed_ = std::move(sniffed->columns);
  }

  // Types are only looked at where they are not known already: that is what costs time.
  std::optional<engine::SniffedFile> sniff_all(const std::vector<engine::ScanFile>& files) {
    std::optional<engine::SniffedFile> sniffed = sniff(files, false);
    if (!sniffed || !table_.empty()) return sniffed;
    bool by_position = !dialect_of(spec_.dialect, sniffed->dialect).header && !spec_.columns.empty();
    bool all_declared = by_position && sniffed->columns.size() <= spec_.columns.size();
    if (!by_position) {
      all_declared = std::all_of(sniffed->columns.begin(), sniffed->columns.end(),
                                 [&](const SniffedColumn& column) { return spec_.declared(column.name) != nullptr; });
    }
    return all_declared ? sniffed : sniff(files, true);
  }

  engine::KnownDialect known_dialect() const {
    auto declared = [&](const char* member) { return spec_.dialect.find(member) != nullptr; };
    engine::KnownDialect known;
    known.dialect = plan_.pin.dialect;
    known.delimiter = declared("delimiter");
    known.quote = declared("quote");
    known.escape = declared("escape");
    known.header = declared("header");
    known.skip_lines = declared("skip_lines");
    known.encoding = declared("encoding");
    return known;
  }

  std::optional<engine::SniffedFile> sniff(const std::vector<engine::ScanFile>& files, bool with_types = true) {
    const Pin& pin = plan_.pin;
    try {
      const engine::KnownDialect known = known_dialect();
      return with_types ? sniffer_.sniff(pin.format, pin.compression, files, known)
                        : sniffer_.sniff_names(pin.format, pin.compression, files, known);
    } catch (const Error& error) {
      rethrow_unless_of_file(error);
      sniffing_failed_ = error.message();
      return std::nullopt;
    }
  }

  ScanColumn as_declared(const SniffedColumn& column) const {
    const DeclaredColumn* declared = spec_.declared(column.name);
    if (declared != nullptr) return {column.name, declared->type, declared->timestamp_format, false};
    return {column.name, column.all_null ? "VARCHAR" : column.type, std::nullopt, false};
  }

  void learn_columns() {
    bool by_position = csv() && !plan_.pin.dialect.header && !spec_.columns.empty();
    for (size_t i = 0; i < sniffed_.size(); i++) {
      SniffedColumn column = sniffed_[i];
      if (by_position && i < spec_.columns.size()) column.name = spec_.columns[i].name;
      add_column(as_declared(column));
    }
    if (!sniffed_.empty() || !spec_.columns.empty()) return;
    if (candidates_.empty()) {
      throw Error(ErrorCode::no_files, spec_.asset + ": no file matches " + join(spec_.patterns, ", "),
                  listing_.files.empty() && listing_.base.find("://") != std::string::npos
                      ? "patterns are matched with whole keys; `*` stops at a '/'"
                      : "patterns are relative to " + spec_.project_dir.string())
          .with_span(spec_.span);
    }
    std::string why = sniffing_failed_.empty() ? "the files are empty" : sniffing_failed_;
    throw Error(ErrorCode::no_files,
                spec_.asset + ": the columns cannot be learnt from " + some_labels(candidates_) + ": " + why,
                "declare the columns with data_type, or mend the files")
        .with_span(spec_.span);
  }

  void add_column(ScanColumn column) {
    if (iequals(column.name, kFileColumn)) {
      throw Error(
          ErrorCode::column_type,
          spec_.asset + ": the files have a column \"" + column.name + "\", a name that weir uses for the file's name",
          "rename it in the files")
          .with_span(spec_.span);
    }
    if (!table_.empty()) plan_.added.push_back(column);
    plan_.pin.columns.push_back(std::move(column));
  }

  void take_columns_of_table() {
    for (const engine::ColumnInfo& column : table_) {
      if (iequals(column.name, kFileColumn)) continue;
      const ScanColumn* pinned = pin_ ? find(pin_->columns, column.name) : nullptr;
      const DeclaredColumn* declared = spec_.declared(column.name);
      ScanColumn scan = pinned != nullptr ? *pinned : ScanColumn{column.name, column.type, std::nullopt, false};
      if (declared != nullptr) {
        check_declared(*declared, scan, column.type);
        scan.type = declared->type;
        scan.timestamp_format = declared->timestamp_format;
      }
      plan_.pin.columns.push_back(scan);
    }
  }

  void check_declared(const DeclaredColumn& declared, const ScanColumn& scan, const std::string& stored) const {
    std::string type = canonical_type(declared.type);
    if (type == canonical_type(scan.type) || type == canonical_type(stored)) return;
    throw Error(ErrorCode::column_type,
                spec_.asset + ": column \"" + declared.name + "\" is declared as " + declared.type +
                    ", but the table was made with " + scan.type,
                "declare it as " + scan.type + ", or load everything anew with --full-refresh")
        .with_span(spec_.span);
  }

  // Reads the header: rejects the file, or takes it and adds the columns it brings.
  void look_into(const FoundFile& file) {
    if (file.size == 0 && csv()) {
      plan_.reading.push_back(file);
      return;
    }
    std::vector<SniffedColumn> header;
    try {
      header = sniffer_.header(plan_.pin.format, plan_.pin.compression, plan_.pin.dialect, scan_file(file));
    } catch (const Error& error) {
      rethrow_unless_of_file(error);
      plan_.rejected.push_back({file, error.message()});
      return;
    }
    if (csv() && !plan_.pin.dialect.header) header.clear();  // columns go by position
    if (!header.empty()) {
      std::optional<std::string> reason = misfit(header, file);
      if (reason) {
        plan_.rejected.push_back({file, *reason});
        return;
      }
      add_columns_of(file, header);
    }
    plan_.reading.push_back(file);
    scanned_.push_back(scan_file(file));
  }

  // Why a file with this header is no file of this table; nullopt if it is.
  std::optional<std::string> misfit(const std::vector<SniffedColumn>& header, const FoundFile& file) const {
    bool any = plan_.pin.columns.empty();
    for (const SniffedColumn& column : header) any |= find(plan_.pin.columns, column.name) != nullptr;
    if (!any) {
      return "none of its " + std::to_string(header.size()) + " columns (" + header.front().name +
             ", …) is one of the table's";
    }
    if (csv()) return std::nullopt;
    for (const SniffedColumn& column : header) {
      const ScanColumn* known = find(plan_.pin.columns, column.name);
      if (known == nullptr || known->from_path || fits_without_loss(column.type, known->type)) continue;
      std::string what = "column \"" + column.name + "\" is " + column.type + ", the table has " + known->type;
      if (spec_.data_type_contract == Contract::freeze) {
        throw Error(ErrorCode::schema_frozen, spec_.asset + ": " + file.label + ": " + what).with_span(spec_.span);
      }
      return what;
    }
    return std::nullopt;
  }

  void add_columns_of(const FoundFile& file, const std::vector<SniffedColumn>& header) {
    std::vector<std::string> fresh;
    for (const SniffedColumn& column : header) {
      bool known = find(plan_.pin.columns, column.name) != nullptr || file.path_values.contains(column.name);
      if (!known) fresh.push_back(column.name);
    }
    if (fresh.empty()) return;
    if (!table_.empty() && spec_.columns_contract == Contract::freeze) refuse_undeclared(file, fresh);
    std::optional<engine::SniffedFile> sniffed = csv() ? sniff({scan_file(file)}) : std::nullopt;
    for (const std::string& name : fresh) {
      const SniffedColumn* typed = sniffed ? find(sniffed->columns, name) : find(header, name);
      add_column(as_declared(typed != nullptr ? *typed : SniffedColumn{name, "VARCHAR", false}));
    }
  }

  void refuse_undeclared(const FoundFile& file, const std::vector<std::string>& names) const {
    std::vector<std::string> undeclared;
    for (const std::string& name : names) {
      if (spec_.declared(name) == nullptr) undeclared.push_back(name);
    }
    if (undeclared.empty()) return;
    throw Error(ErrorCode::schema_frozen,
                spec_.asset + ": " + file.label + " has new columns: " + join(undeclared, ", "),
                "declare them, or say schema_contract: evolve")
        .with_span(spec_.span);
  }

  void add_path_columns() {
    std::map<std::string, std::vector<std::string>> values;
    for (const FoundFile& file : plan_.reading) {
      for (const auto& [key, value] : file.path_values) values[key].push_back(value);
    }
    for (const auto& [key, texts] : values) {
      auto known = std::find_if(plan_.pin.columns.begin(), plan_.pin.columns.end(),
                                [&name = key](const ScanColumn& column) { return iequals(column.name, name); });
      if (known != plan_.pin.columns.end()) {
        known->from_path = true;
        continue;
      }
      const DeclaredColumn* declared = spec_.declared(key);
      add_column({key, declared != nullptr ? declared->type : type_of_path_values(texts), std::nullopt, true});
    }
  }

  void add_declared_columns() {
    for (const DeclaredColumn& declared : spec_.columns) {
      if (find(plan_.pin.columns, declared.name) != nullptr) continue;
      add_column({declared.name, declared.type, declared.timestamp_format, false});
    }
  }

  void build_scan() {
    if (scanned_.empty()) return;
    engine::FileScan scan;
    scan.format = plan_.pin.format;
    scan.compression = plan_.pin.compression;
    scan.dialect = plan_.pin.dialect;
    scan.columns = plan_.pin.columns;
    scan.files = std::move(scanned_);
    plan_.scan = std::move(scan);
  }

  const IngestSpec& spec_;
  const Listing& listing_;
  const Diff& diff_;
  const std::optional<Pin>& pin_;
  const TableColumns& table_;
  engine::FileSniffer& sniffer_;
  ReadPlan plan_;
  std::vector<FoundFile> candidates_;
  std::vector<SniffedColumn> sniffed_;
  std::string sniffing_failed_;
  std::vector<engine::ScanFile> scanned_;
};

}  // namespace

ReadPlan plan_reading(const IngestSpec& spec, const Listing& listing, const Diff& diff, const std::optional<Pin>& pin,
                      const TableColumns& table, engine::FileSniffer& sniffer) {
  return Planner(spec, listing, diff, pin, table, sniffer).plan();
}

ReadPlan without_file(ReadPlan plan, const std::string& label, const std::string& reason) {
  for (size_t i = 0; i < plan.reading.size(); i++) {
    if (plan.reading[i].label != label) continue;
    plan.rejected.push_back({plan.reading[i], reason});
    plan.reading.erase(plan.reading.begin() + static_cast<ptrdiff_t>(i));
    break;
  }
  if (!plan.scan) return plan;
  std::erase_if(plan.scan->files, [&](const engine::ScanFile& file) { return file.label == label; });
  if (plan.scan->files.empty()) plan.scan.reset();
  return plan;
}

}  // namespace weir::files
