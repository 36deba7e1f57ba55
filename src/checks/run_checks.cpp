#include "checks/run_checks.h"

#include <chrono>
#include <map>
#include <optional>
#include <set>

#include "base/text.h"
#include "checks/check_sql.h"
#include "checks/decide.h"

namespace weir::checks {

namespace {

constexpr int kSampleRows = 10;

int64_t now_ms() {
  using std::chrono::duration_cast, std::chrono::milliseconds, std::chrono::steady_clock;
  return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

int64_t cell_int(const engine::Cell& cell) {
  if (const auto* value = std::get_if<int64_t>(&cell)) return *value;
  if (const auto* value = std::get_if<double>(&cell)) return static_cast<int64_t>(*value);
  if (const auto* value = std::get_if<bool>(&cell)) return *value ? 1 : 0;
  return parse_int(engine::cell_text(cell)).value_or(0);
}

// Of a query that a project has written. Texts as Python's strtobool takes them, as dbt does.
bool is_true(const engine::Cell& cell, const char* column) {
  const auto* text = std::get_if<std::string>(&cell);
  if (!text) return cell_int(cell) != 0;
  const std::string word = lower(*text);
  for (const char* yes : {"y", "yes", "t", "true", "on", "1"})
    if (word == yes) return true;
  for (const char* no : {"n", "no", "f", "false", "off", "0"})
    if (word == no) return false;
  throw Error(ErrorCode::check_arguments,
              "'get_test_sql' returns '" + *text + "' as " + column + ", which is neither true nor false");
}

bool decided_by_number(const Check& check) {
  return holds(check.config.warn_if, 0).has_value() && holds(check.config.error_if, 0).has_value();
}

class Runner {
 public:
  Runner(engine::Session& session, const std::vector<Check>& checks, StatisticsSource* statistics,
         const CancelToken& cancel)
      : session_(session), checks_(checks), statistics_(statistics), cancel_(cancel), results_(checks.size()) {}

  std::vector<CheckResult> run() {
    ask_statistics();
    for (const auto& [table, group] : groups()) decide_together(group);
    for (size_t i = 0; i < checks_.size(); i++) {
      if (!results_[i]) query_alone(i);
    }
    std::vector<CheckResult> all;
    for (size_t i = 0; i < checks_.size(); i++) {
      take_sample(checks_[i], *results_[i]);
      all.push_back(std::move(*results_[i]));
    }
    return all;
  }

 private:
  CheckResult blank(const Check& check, const char* decided_by) const {
    CheckResult result;
    result.name = check.name;
    result.title = check.title;
    result.asset = check.asset;
    result.severity = check.config.severity;
    result.failures_sql = failing_rows_sql(check);
    result.decided_by = decided_by;
    return result;
  }

  void ask_statistics() {
    if (statistics_ == nullptr) return;
    std::map<lake::TableName, std::optional<TableStatistics>> known;
    for (size_t i = 0; i < checks_.size(); i++) {
      const Check& check = checks_[i];
      if (check.kind == CheckKind::sql || !decided_by_number(check)) continue;
      auto [entry, fresh] = known.try_emplace(check.table);
      if (fresh) entry->second = statistics_->statistics(check.table);
      std::optional<Counted> counted = entry->second ? count_by_statistics(check, *entry->second) : std::nullopt;
      if (!counted) continue;
      results_[i] = blank(check, "statistics");
      judge(check, *counted, *results_[i]);
    }
  }

  // Undecided checks with an aggregate form, by table.
  std::map<lake::TableName, std::vector<size_t>> groups() const {
    std::map<lake::TableName, std::vector<size_t>> result;
    for (size_t i = 0; i < checks_.size(); i++) {
      if (!results_[i] && decided_by_number(checks_[i]) && aggregate_of(checks_[i]))
        result[checks_[i].table].push_back(i);
    }
    return result;
  }

  void decide_together(const std::vector<size_t>& group) {
    std::vector<size_t> left;
    for (size_t i : group) {
      if (!proven_or_better_alone(i)) left.push_back(i);
    }
    if (left.empty() || (left.size() == 1 && failing_condition(checks_[left[0]]))) return;
    std::vector<size_t> unknown = scan_together(left, true);
    if (unknown.size() > 1) scan_together(unknown, false);
  }

  // What the engine knows of the relation may prove that no row fails. A check whose query is a scan of one column is
  // best asked alone: the condition then goes into the scan, which looks at dictionaries and bounds before it looks at
  // rows, and no column is read twice.
  bool proven_or_better_alone(size_t i) {
    const Check& check = checks_[i];
    const std::optional<std::string> condition = failing_condition(check);
    if (!condition) return false;
    cancel_.check();
    const int64_t start = now_ms();
    engine::QueryOutline outline;
    try {
      outline = session_.outline("SELECT 1 FROM " + tested_relation(check) + " WHERE " + *condition);
    } catch (const Error& error) {
      if (error.code() == ErrorCode::cancelled) throw;
      return false;  // told when the check is asked
    }
    if (outline.no_rows) {
      results_[i] = blank(check, "statistics");
      judge(check, {}, *results_[i]);
      results_[i]->ms = now_ms() - start;
    }
    return outline.no_rows || outline.columns_scanned == 1;
  }

  // Checks of `unique` whose values are told apart by their places; by index.
  std::set<size_t> with_places(const std::vector<size_t>& group) {
    std::vector<size_t> unique;
    std::vector<std::string> columns;
    for (size_t i : group) {
      if (checks_[i].kind != CheckKind::unique) continue;
      unique.push_back(i);
      columns.push_back(column_sql(checks_[i].column));
    }
    std::set<size_t> found;
    if (unique.empty()) return found;
    Check unfiltered;
    unfiltered.table = checks_[unique.front()].table;
    unfiltered.database = checks_[unique.front()].database;
    try {
      const auto types = session_.describe("SELECT " + join(columns, ", ") + " FROM " + tested_relation(unfiltered));
      for (size_t k = 0; k < types.size() && types.size() == unique.size(); k++)
        if (are_places(types[k].type)) found.insert(unique[k]);
    } catch (const Error& error) {
      if (error.code() == ErrorCode::cancelled) throw;  // else told when the check is asked
    }
    return found;
  }

  // Returns those of `unique` that are still open since their values are too far apart. `places`: tries that way.
  std::vector<size_t> scan_together(const std::vector<size_t>& group, bool places) {
    cancel_.check();
    int64_t start = now_ms();
    std::vector<size_t> unknown;
    std::vector<std::string> columns;
    const std::set<size_t> by_place = places ? with_places(group) : std::set<size_t>();
    for (size_t i : group) {
      Aggregate aggregate = *aggregate_of(checks_[i], by_place.contains(i));
      columns.push_back(aggregate.failures);
      columns.push_back(aggregate.observed.empty() ? "NULL" : aggregate.observed);
    }
    Check unfiltered;
    unfiltered.table = checks_[group.front()].table;
    std::string sql = "SELECT " + join(columns, ",\n") + "\nFROM " + tested_relation(unfiltered);
    engine::Rows rows;
    try {
      session_.describe(sql);  // an error in binding leaves the transaction alive, and each check is then asked alone
      rows = session_.query(sql);
    } catch (const Error& error) {
      if (error.code() == ErrorCode::cancelled) throw;
      if (group.size() > 1) shared_error_ = error.message();
      return unknown;
    }
    for (size_t k = 0; k < group.size(); k++) {
      const Check& check = checks_[group[k]];
      if (std::holds_alternative<std::monostate>(rows.rows.at(0).at(2 * k))) {
        unknown.push_back(group[k]);
        continue;
      }
      Counted counted{cell_int(rows.rows[0][2 * k]), engine::cell_text(rows.rows[0][2 * k + 1])};
      if (check.kind == CheckKind::unique && counted.failures != 0) continue;  // dbt counts values, not rows
      CheckResult result = blank(check, "scan");
      result.executed_sql = sql;
      judge(check, counted, result);
      result.ms = now_ms() - start;
      results_[group[k]] = std::move(result);
    }
    return unknown;
  }

  // True: no row fails. Else nothing is known.
  bool proven(const Check& check) {
    if (!decided_by_number(check) || check.config.fail_calc != CheckConfig{}.fail_calc) return false;
    const std::optional<Proof> proof = proof_of(check);
    try {
      if (!proof || !of_one_kind(proof->columns)) return false;
      const engine::Rows rows = session_.query(proof->sql);
      const auto* yes = std::get_if<bool>(&rows.rows.at(0).at(0));
      return yes != nullptr && *yes;
    } catch (const Error& error) {
      if (error.code() == ErrorCode::cancelled) throw;
      return false;  // told by the check's own query
    }
  }

  // Whole numbers, or all of one type: what is equal in one bitmap is equal to the engine.
  bool of_one_kind(const std::vector<std::string>& queries) {
    std::set<std::string> types;
    for (const std::string& query : queries) {
      const auto columns = session_.describe(query);
      if (columns.size() != 1 || !are_places(columns[0].type)) return false;
      types.insert(columns[0].type.ends_with("INT") || columns[0].type.ends_with("INTEGER") ? "number"
                                                                                            : columns[0].type);
    }
    return types.size() == 1;
  }

  void query_alone(size_t i) {
    cancel_.check();
    const Check& check = checks_[i];
    int64_t start = now_ms();
    CheckResult result = blank(check, "query");
    result.executed_sql = evaluate_sql(check);
    if (proven(check)) {
      judge(check, {}, result);
      result.ms = now_ms() - start;
      results_[i] = std::move(result);
      return;
    }
    try {
      engine::Rows rows = session_.query(result.executed_sql);
      const std::vector<engine::Cell>& row = rows.rows.at(0);
      if (std::holds_alternative<std::monostate>(row.at(0))) {
        throw Error(ErrorCode::check_arguments,
                    "fail_calc " + check.config.fail_calc + " gives NULL where no row fails");
      }
      set_outcome(check, {cell_int(row[0]), ""}, is_true(row.at(1), "should_warn"), is_true(row.at(2), "should_error"),
                  result);
    } catch (const Error& error) {
      if (error.code() == ErrorCode::cancelled) throw;
      result.status = CheckStatus::error;
      result.message = error.message();
      // The statement shared with other checks may have ended the transaction: its message names the cause.
      bool aborted = error.message().find("transaction is aborted") != std::string::npos;
      if (aborted && !shared_error_.empty()) result.message = shared_error_;
    }
    result.ms = now_ms() - start;
    results_[i] = std::move(result);
  }

  void take_sample(const Check& check, CheckResult& result) {
    if (result.status != CheckStatus::fail && result.status != CheckStatus::warn) return;
    try {
      result.sample = session_.query("SELECT * FROM (\n" + failing_rows_sql(check) + "\n) AS failing LIMIT " +
                                     std::to_string(kSampleRows));
    } catch (const Error& error) {
      if (error.code() == ErrorCode::cancelled) throw;  // else the verdict stands without a sample
    }
  }

  engine::Session& session_;
  const std::vector<Check>& checks_;
  StatisticsSource* statistics_;
  const CancelToken& cancel_;
  std::vector<std::optional<CheckResult>> results_;
  std::string shared_error_;
};

}  // namespace

std::vector<CheckResult> run_checks(engine::Session& session, const std::vector<Check>& checks,
                                    StatisticsSource* statistics, const CancelToken& cancel) {
  return Runner(session, checks, statistics, cancel).run();
}

}  // namespace weir::checks
