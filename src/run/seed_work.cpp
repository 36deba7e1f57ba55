// Seeds: a CSV file of the project becomes a table.
#include <filesystem>

#include "base/error.h"
#include "base/text.h"
#include "run/seed_types.h"
#include "run/work.h"

namespace weir::run {

namespace {

constexpr const char* kScan = "weir_seed";

class SeedWork final : public Work {
 public:
  explicit SeedWork(const WorkRequest& request)
      : parts_(request.parts), step_(request.step), node_(*request.step.node) {}

  void stage(Transaction& transaction, StepResult& result, ProgressWatch::Watched&) override {
    engine::Session& session = transaction.session();
    std::filesystem::path path = std::filesystem::path(parts_.world.project.root) / node_.file;
    try {
      register_as_text(session, path);
      std::vector<SeedColumn> columns = infer_seed_types(session, kScan, names_);
      for (SeedColumn& column : columns) {
        for (const auto& [name, type] : node_.config.column_types) {
          if (iequals(name, column.name)) column = declared_seed_column(column.name, type);
        }
      }
      session.execute("CREATE SCHEMA IF NOT EXISTS \"lake\"." + quote_identifier(node_.relation.schema));
      result.rows = make_table(session, columns);
    } catch (const Error& error) {
      throw in_node(error, node_, nullptr);
    }
    result.files = 1;
    result.source_bytes = std::filesystem::file_size(path);
  }

  void complete(lake::publish::Attempt& attempt) override {
    attempt.code = step_.code;
    attempt.cursor_after = Json::object();
  }

 private:
  void register_as_text(engine::Session& session, const std::filesystem::path& path) {
    engine::FileScan scan;
    scan.dialect.delimiter = node_.config.delimiter;
    scan.dialect.null_texts.clear();  // infer_seed_types knows what is null
    scan.files.push_back({path.string(), node_.file, {}});
    scan.collect_rejects = false;
    auto header =
        parts_.world.engine.sniffer()->header(scan.format, scan.compression, scan.dialect, scan.files.front());
    if (header.empty()) throw Error(ErrorCode::seed_malformed, node_.file + " is empty", "a seed needs a header line");
    for (const engine::SniffedColumn& column : header) {
      if (trim(column.in_file).empty())
        throw Error(ErrorCode::seed_malformed, node_.file + ": a column of the header has no name");
      for (const std::string& known : names_) {
        if (iequals(known, column.in_file)) {
          throw Error(ErrorCode::seed_malformed, node_.file + ": the header names \"" + column.in_file + "\" twice");
        }
      }
      names_.push_back(column.name);
      scan.columns.push_back({column.name, "VARCHAR", std::nullopt, false});
    }
    session.register_scan(kScan, scan);
  }

  int64_t make_table(engine::Session& session, const std::vector<SeedColumn>& columns) {
    std::vector<std::string> values;
    for (const SeedColumn& column : columns)
      values.push_back(column.value_sql + " AS " + quote_identifier(column.name));
    return session
        .query("CREATE OR REPLACE TABLE " + node_.relation_text() + " AS SELECT " + join(values, ",\n") + "\nFROM " +
               kScan)
        .changed;
  }

  RunParts& parts_;
  const plan::Step& step_;
  const project::Node& node_;
  std::vector<std::string> names_;
};

}  // namespace

std::unique_ptr<Work> seed_work(const WorkRequest& request) { return std::make_unique<SeedWork>(request); }

}  // namespace weir::run
