// The statements of an ingest: tables, rows, rejects, counts.
#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "run/ingest_work.h"
#include "run/lake_warehouse.h"
#include "run/table_clauses.h"

namespace weir::run {

namespace {

constexpr const char* kScan = "weir_source";
constexpr int kSamples = 5;

std::string list_of(const std::vector<engine::ScanColumn>& columns) {
  std::string text;
  for (const engine::ScanColumn& column : columns) text += quote_identifier(column.name) + ", ";
  return text + quote_identifier(files::kFileColumn);
}

std::string labels_sql(const std::vector<std::string>& labels) {
  std::vector<std::string> quoted;
  for (const std::string& label : labels) quoted.push_back(quote_literal(label));
  return "(" + join(quoted, ", ") + ")";
}

// Bytes of any kind as a BLOB literal.
std::string blob_sql(const std::string& bytes) { return "from_hex(" + quote_literal(hex(bytes)) + ")"; }

std::string columns_sql(const std::vector<engine::ScanColumn>& columns) {
  std::string text;
  for (const engine::ScanColumn& column : columns) text += quote_identifier(column.name) + " " + column.type + ", ";
  return text + quote_identifier(files::kFileColumn) + " VARCHAR";
}

std::string quarantine_columns_sql() {
  std::vector<std::string> parts;
  for (const engine::ColumnInfo& column : files::quarantine_columns()) {
    parts.push_back(quote_identifier(column.name) + " " + column.type);
  }
  return join(parts, ", ");
}

}  // namespace

void IngestWork::load(engine::Session& session) {
  rows_ = rejects_ = 0;
  counts_.clear();
  prepare_tables(session);
  remove_former_rows(session);
  if (plan_.scan) {
    session.register_scan(kScan, *plan_.scan);
    rows_ = spec_.disposition == files::WriteDisposition::merge ? merge_rows(session) : insert_rows(session);
    insert_rejects(session);
    check_ratio(session);
    count_by_file(session);
  }
  insert_rejected_files(session);
}

void IngestWork::prepare_tables(engine::Session& session) {
  std::string quarantine = relation_sql(project::quarantine_of(node_));
  bool has_quarantine = inspection_.snapshots.size() > 1 && inspection_.snapshots[1] != nullptr;
  session.execute("CREATE SCHEMA IF NOT EXISTS \"lake\"." + quote_identifier(node_.relation.schema));
  if (anew_) {
    session.execute("CREATE OR REPLACE TABLE " + node_.relation_text() + " (" + columns_sql(plan_.pin.columns) + ")" +
                    table_clauses(*node_.config));
  } else {
    for (const engine::ScanColumn& column : plan_.added) {
      session.execute("ALTER TABLE " + node_.relation_text() + " ADD COLUMN " + quote_identifier(column.name) + " " +
                      column.type);
    }
  }
  if (!has_quarantine) {
    session.execute("CREATE TABLE " + quarantine + " (" + quarantine_columns_sql() + ")");
  } else if (step_.full_refresh) {
    session.execute("CREATE OR REPLACE TABLE " + quarantine + " (" + quarantine_columns_sql() + ")");
  }
}

void IngestWork::remove_former_rows(engine::Session& session) {
  if (anew_) return;
  std::string quarantine = relation_sql(project::quarantine_of(node_));
  if (plan_.replace_all) {
    session.execute("DELETE FROM " + node_.relation_text());
    session.execute("DELETE FROM " + quarantine);
    return;
  }
  auto remove = [&](const std::string& relation, const std::vector<std::string>& labels) {
    if (!labels.empty()) session.execute("DELETE FROM " + relation + " WHERE \"_file\" IN " + labels_sql(labels));
  };
  remove(node_.relation_text(), plan_.reloading);
  remove(quarantine, plan_.requarantining);
}

int64_t IngestWork::insert_rows(engine::Session& session) {
  std::string columns = list_of(plan_.scan->columns);
  return session
      .query("INSERT INTO " + node_.relation_text() + " (" + columns + ") SELECT " + columns + " FROM " + kScan)
      .changed;
}

void IngestWork::refuse_duplicate_keys(engine::Session& session) {
  std::vector<std::string> keys;
  for (const std::string& key : spec_.primary_key) keys.push_back(quote_identifier(key));
  std::string list = join(keys, ", ");
  engine::Rows rows = session.query("SELECT " + list + ", \"_file\" FROM temp.main.weir_batch GROUP BY " + list +
                                    ", \"_file\" HAVING count(*) > 1 LIMIT 1");
  if (rows.rows.empty()) return;
  std::vector<std::string> cells;
  for (const engine::Cell& cell : rows.rows[0]) cells.push_back(engine::cell_text(cell));
  std::string file = cells.back();
  cells.pop_back();
  throw Error(ErrorCode::merge_duplicates, file + " holds the key (" + join(cells, ", ") + ") more than once",
              "mend the file, or choose another primary_key");
}

// Of one key in several files the file that is last by name wins; within one file there is no order, so it is refused.
int64_t IngestWork::merge_rows(engine::Session& session) {
  session.execute(std::string("CREATE OR REPLACE TEMP TABLE weir_batch AS SELECT * FROM ") + kScan);
  refuse_duplicate_keys(session);
  std::vector<std::string> keys, matches, updates, values;
  for (const std::string& key : spec_.primary_key) {
    keys.push_back(quote_identifier(key));
    matches.push_back("weir_new." + keys.back() + " = weir_old." + keys.back());
  }
  std::vector<std::string> names;
  for (const engine::ScanColumn& column : plan_.scan->columns) names.push_back(quote_identifier(column.name));
  names.push_back(quote_identifier(files::kFileColumn));
  for (const std::string& name : names) {
    updates.push_back(name + " = weir_new." + name);
    values.push_back("weir_new." + name);
  }
  std::string newest = "SELECT * FROM temp.main.weir_batch QUALIFY row_number() OVER (PARTITION BY " +
                       join(keys, ", ") + " ORDER BY \"_file\" DESC) = 1";
  int64_t rows =
      session
          .query("MERGE INTO " + node_.relation_text() + " AS weir_old USING (" + newest + ") AS weir_new ON " +
                 join(matches, " AND ") + " WHEN MATCHED THEN UPDATE SET " + join(updates, ", ") +
                 " WHEN NOT MATCHED THEN INSERT (" + join(names, ", ") + ") VALUES (" + join(values, ", ") + ")")
          .changed;
  session.execute("DROP TABLE temp.main.weir_batch");
  return rows;
}

void IngestWork::insert_rejects(engine::Session& session) {
  if (plan_.scan->format != engine::FileFormat::csv) return;
  rejects_ = session
                 .query("INSERT INTO " + relation_sql(project::quarantine_of(node_)) +
                        " SELECT \"_file\", \"_line\", \"_column\", \"_raw\", \"_reason\", " +
                        quote_literal(parts_.announcer.run()) + ", now() FROM " + session.scan_rejects(kScan))
                 .changed;
}

void IngestWork::insert_rejected_files(engine::Session& session) {
  if (plan_.rejected.empty()) return;
  std::vector<std::string> rows;
  for (const files::RejectedFile& file : plan_.rejected) {
    rows.push_back("(" + quote_literal(file.file.label) + ", NULL, NULL, " + blob_sql("") + ", " +
                   quote_literal(valid_utf8(file.reason)) + ", " + quote_literal(parts_.announcer.run()) + ", now())");
  }
  session.execute("INSERT INTO " + relation_sql(project::quarantine_of(node_)) + " VALUES " + join(rows, ", "));
}

void IngestWork::check_ratio(engine::Session& session) {
  if (rejects_ == 0) return;
  double ratio = static_cast<double>(rejects_) / static_cast<double>(rows_ + rejects_);
  if (ratio <= spec_.max_ratio) return;
  std::string text = asset_.id + ": " + human_count(static_cast<uint64_t>(rejects_)) + " of " +
                     human_count(static_cast<uint64_t>(rows_ + rejects_)) + " rows do not fit";
  engine::Rows sample = session.query("SELECT \"_file\", \"_line\", \"_reason\" FROM " + session.scan_rejects(kScan) +
                                      " ORDER BY 1, 2 LIMIT " + std::to_string(kSamples));
  for (const std::vector<engine::Cell>& row : sample.rows) {
    std::string reason = engine::cell_text(row[2]);
    text += "\n  " + engine::cell_text(row[0]) + ":" + engine::cell_text(row[1]) + ": " +
            reason.substr(0, reason.find('\n'));
  }
  throw Error(ErrorCode::quarantine_ratio, text,
              "mend the files or the declared types, or raise quarantine.max_ratio; nothing was published")
      .with_span(spec_.span);
}

void IngestWork::count_by_file(engine::Session& session) {
  const std::vector<engine::ScanFile>& scanned = plan_.scan->files;
  if (scanned.size() == 1) {
    counts_[scanned.front().label] = {rows_, rejects_};
    return;
  }
  std::vector<std::string> labels;
  for (const engine::ScanFile& file : scanned) labels.push_back(file.label);
  auto count = [&](const std::string& relation, int64_t FileCounts::*member) {
    engine::Rows rows = session.query("SELECT \"_file\", count(*) FROM " + relation + " WHERE \"_file\" IN " +
                                      labels_sql(labels) + " GROUP BY 1");
    for (const std::vector<engine::Cell>& row : rows.rows) {
      const auto* number = std::get_if<int64_t>(&row[1]);
      if (number != nullptr) counts_[engine::cell_text(row[0])].*member = *number;
    }
  };
  count(node_.relation_text(), &FileCounts::loaded);
  if (rejects_ > 0) count(session.scan_rejects(kScan), &FileCounts::quarantined);
}

}  // namespace weir::run
