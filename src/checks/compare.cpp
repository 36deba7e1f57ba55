#include "checks/compare.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "checks/stored_type.h"

namespace weir::checks {

namespace {

using engine::Cell;
using engine::ColumnInfo;

const ColumnInfo* column_of(const std::vector<ColumnInfo>& columns, const std::string& name) {
  for (const ColumnInfo& column : columns)
    if (iequals(column.name, name)) return &column;
  return nullptr;
}

bool is_listed(const std::vector<std::string>& names, const std::string& name) {
  return std::any_of(names.begin(), names.end(), [&](const std::string& other) { return iequals(other, name); });
}

int64_t number(const Cell& cell) {
  const auto* value = std::get_if<int64_t>(&cell);
  return value ? *value : parse_int(engine::cell_text(cell)).value_or(0);
}

// A column that both sides have, in the type in which its values are compared.
struct Pair {
  std::string name, name_b;
  std::string sql_a, sql_b;  // the value, cast where need be
  std::string type;
};

std::string compared_type(const std::string& a, const std::string& b) {
  if (is_compared_as_text(a) || is_compared_as_text(b)) return "VARCHAR";
  if (a == b) return a;
  if (is_numeric_type(a) && is_numeric_type(b)) return is_float_type(a) || is_float_type(b) ? "DOUBLE" : "";
  if (is_plain_time_type(a) && is_plain_time_type(b)) return "TIMESTAMP";
  return "VARCHAR";
}

std::string value_sql(const ColumnInfo& physical, const std::string& type) {
  const std::string name = quote_identifier(physical.name);
  return type.empty() || physical.type == type ? name : "CAST(" + name + " AS " + type + ")";
}

class Comparer {
 public:
  Comparer(engine::Session& session, const ComparedSide& a, const ComparedSide& b, const CompareOptions& options)
      : session_(session), a_(a), b_(b), options_(options) {}

  TableComparison run() {
    choose_columns();
    if (keys_.empty())
      as_multisets();
    else
      by_key();
    return std::move(out_);
  }

 private:
  // ---- which columns

  void choose_columns() {
    check_names();
    std::vector<ColumnInfo> wanted_a = wanted(a_.columns), wanted_b = wanted(b_.columns);
    out_.schema = compare_columns(wanted_a, wanted_b, options_.as_stored);
    const auto physical_a = session_.describe("SELECT * FROM " + a_.relation);
    const auto physical_b = session_.describe("SELECT * FROM " + b_.relation);
    for (const std::string& name : options_.key) keys_.push_back(pair_of(name, physical_a, physical_b));
    for (const ColumnInfo& column : wanted_a)
      if (column_of(wanted_b, column.name) && !is_listed(options_.key, column.name))
        values_.push_back(pair_of(column.name, physical_a, physical_b));
    for (const Pair& pair : keys_) out_.key.push_back(pair.name);
    for (const Pair& pair : values_) out_.columns.push_back(pair.name);
  }

  void check_names() const {
    std::vector<std::string> known;
    for (const ColumnInfo& column : a_.columns) known.push_back(column.name);
    for (const ColumnInfo& column : b_.columns)
      if (!is_listed(known, column.name)) known.push_back(column.name);
    const auto check = [&](const std::vector<std::string>& names, const char* option) {
      for (const std::string& name : names)
        if (!is_listed(known, name))
          throw Error(ErrorCode::bad_option_value,
                      std::string(option) + ": there is no column \"" + name + "\"" + did_you_mean(name, known),
                      "the columns are " + join(known, ", "));
    };
    check(options_.columns, "--columns");
    check(options_.exclude_columns, "--exclude-columns");
    check(options_.key, "--key");
    for (const std::string& name : options_.key)
      if (!column_of(a_.columns, name) || !column_of(b_.columns, name))
        throw Error(ErrorCode::bad_option_value, "--key: column \"" + name + "\" is on one side only",
                    "rows are matched by columns that both sides have");
  }

  std::vector<ColumnInfo> wanted(const std::vector<ColumnInfo>& columns) const {
    std::vector<ColumnInfo> out;
    for (const ColumnInfo& column : columns) {
      const bool named = options_.columns.empty() || is_listed(options_.columns, column.name);
      if ((named || is_listed(options_.key, column.name)) && !is_listed(options_.exclude_columns, column.name))
        out.push_back(column);
    }
    return out;
  }

  Pair pair_of(const std::string& name, const std::vector<ColumnInfo>& physical_a,
               const std::vector<ColumnInfo>& physical_b) const {
    const ColumnInfo &a = *column_of(a_.columns, name), &b = *column_of(b_.columns, name);
    std::string type =
        options_.as_stored ? compared_type(stored_type(a.type), stored_type(b.type)) : compared_type(a.type, b.type);
    return {a.name, b.name, value_sql(*column_of(physical_a, name), type),
            value_sql(*column_of(physical_b, name), type), std::move(type)};
  }

  // ---- pieces of SQL

  static std::string names(const char* letter, size_t count, const std::string& prefix = {}) {
    std::string out;
    for (size_t i = 0; i < count; i++) out += (i ? ", " : "") + prefix + letter + std::to_string(i);
    return out;
  }

  // The rows of a side: the key as k0, k1, …, the other columns as c0, c1, …
  std::string rows_sql(bool of_a, bool values) const {
    std::vector<std::string> out;
    const auto add = [&](const std::vector<Pair>& pairs, const char* letter) {
      for (size_t i = 0; i < pairs.size(); i++)
        out.push_back((of_a ? pairs[i].sql_a : pairs[i].sql_b) + " AS " + letter + std::to_string(i));
    };
    add(keys_, "k");
    if (values) add(values_, "c");
    if (out.empty()) out.emplace_back("true AS p");
    return "SELECT " + join(out, ", ") + " FROM " + (of_a ? a_.relation : b_.relation) +
           (options_.where.empty() ? "" : " WHERE (" + options_.where + "\n)");
  }

  std::string same_key(const std::string& one, const std::string& other) const {
    std::string out;
    for (size_t i = 0; i < keys_.size(); i++) {
      const std::string key = ".k" + std::to_string(i);
      out += (i ? " AND " : "") + one + key + " IS NOT DISTINCT FROM " + other + key;
    }
    return out;
  }

  std::string differs(size_t i) const {
    const std::string a = "a.c" + std::to_string(i), b = "b.c" + std::to_string(i);
    std::string out = a + " IS DISTINCT FROM " + b;
    if (!options_.tolerance || !is_float_type(values_[i].type)) return out;
    // In DOUBLE, where no difference of two FLOATs is lost. Infinities and NaN are near to nothing but themselves.
    const auto wide = [](const std::string& value) { return "CAST(" + value + " AS DOUBLE)"; };
    const Tolerance& tolerance = *options_.tolerance;
    std::string allowed = wide(Json(tolerance.value).dump());
    if (tolerance.relative) allowed += " * greatest(abs(" + wide(a) + "), abs(" + wide(b) + "))";
    return "(" + out + " AND NOT coalesce(isfinite(" + a + ") AND isfinite(" + b + ") AND abs(" + wide(a) + " - " +
           wide(b) + ") <= " + allowed + ", false))";
  }

  std::string any_differs() const {
    std::string out;
    for (size_t i = 0; i < values_.size(); i++) out += (i ? " OR " : "") + differs(i);
    return out.empty() ? "false" : "(" + out + ")";
  }

  // a and b as common table expressions: all rows, or those whose key is unique on both sides. `part` is "ANTI" for
  // these, "SEMI" for the others.
  std::string with_sides(const char* part) const {
    if (!has_duplicates())
      return "WITH a AS (SELECT true AS p, * FROM (" + rows_sql(true, true) + ")), b AS (SELECT true AS p, * FROM (" +
             rows_sql(false, true) + "))\n";
    const std::string key = names("k", keys_.size());
    const auto several = [&](bool of_a) {
      return "SELECT " + key + " FROM (" + rows_sql(of_a, false) + ") GROUP BY " + key + " HAVING count(*) > 1";
    };
    const auto side = [&](bool of_a) {
      return "(SELECT true AS p, r.* FROM (" + rows_sql(of_a, true) + ") r " + part + " JOIN d ON " +
             same_key("r", "d") + ")";
    };
    return "WITH d AS MATERIALIZED (" + several(true) + " UNION " + several(false) + "), a AS " + side(true) +
           ", b AS " + side(false) + "\n";
  }

  bool has_duplicates() const { return out_.a.duplicate_keys > 0 || out_.b.duplicate_keys > 0; }

  // ---- with a key

  KeyCounts count_keys(bool of_a) const {
    const std::string key = names("k", keys_.size());
    std::string null;
    for (size_t i = 0; i < keys_.size(); i++) null += (i ? " OR k" : "k") + std::to_string(i) + " IS NULL";
    const auto rows = session_.query(
        "SELECT coalesce(sum(n), 0)::BIGINT, count(*) FILTER (n > 1), coalesce(sum(n) FILTER (n > 1), 0)::BIGINT, "
        "coalesce(sum(n) FILTER (" +
        null + "), 0)::BIGINT FROM (SELECT " + key + ", count(*) AS n FROM (" + rows_sql(of_a, false) + ") GROUP BY " +
        key + ")");
    const auto& row = rows.rows.at(0);
    return {number(row[0]), number(row[1]), number(row[2]), number(row[3])};
  }

  void by_key() {
    out_.a = count_keys(true);
    out_.b = count_keys(false);
    std::string sql = with_sides("ANTI") +
                      "SELECT count(*) FILTER (b.p IS NULL), count(*) FILTER (a.p IS NULL), count(*) FILTER (a.p AND "
                      "b.p), count(*) FILTER (a.p AND b.p AND " +
                      any_differs() + ")";
    for (size_t i = 0; i < values_.size(); i++) sql += ", count(*) FILTER (a.p AND b.p AND " + differs(i) + ")";
    const auto rows = session_.query(sql + " FROM a FULL JOIN b ON " + same_key("a", "b"));
    const auto& row = rows.rows.at(0);
    out_.only_a = number(row[0]);
    out_.only_b = number(row[1]);
    out_.both = number(row[2]);
    out_.changed = number(row[3]);
    for (size_t i = 0; i < values_.size(); i++)
      if (const int64_t count = number(row[4 + i]); count > 0) out_.mismatches.push_back({values_[i].name, count});
    if (has_duplicates()) count_among_duplicates();
    if (options_.limit > 0) sample_by_key();
  }

  void count_among_duplicates() {
    const std::string both = names("k", keys_.size()) + (values_.empty() ? "" : ", " + names("c", values_.size()));
    const auto rows = session_.query(
        with_sides("SEMI") +
        "SELECT coalesce(sum(greatest(x - y, 0)), 0)::BIGINT, coalesce(sum(greatest(y - x, 0)), 0)::BIGINT FROM "
        "(SELECT count(*) FILTER (s) AS x, count(*) FILTER (NOT s) AS y FROM (SELECT true AS s, " +
        both + " FROM a UNION ALL SELECT false, " + both + " FROM b) GROUP BY " + both + ")");
    out_.duplicates_only_a = number(rows.rows.at(0)[0]);
    out_.duplicates_only_b = number(rows.rows.at(0)[1]);
  }

  void sample_by_key() {
    const std::string limit = " LIMIT " + std::to_string(options_.limit);
    const auto order = [&](const std::string& side) {
      return " ORDER BY " + names("k", keys_.size(), side + ".") + limit;
    };
    const auto only = [&](const char* side, const char* other, SampleRow::Kind kind) {
      for (auto& row : session_
                           .query(with_sides("ANTI") + "SELECT " + side + ".* EXCLUDE (p) FROM " + side +
                                  " ANTI JOIN " + other + " ON " + same_key("a", "b") + order(side))
                           .rows) {
        SampleRow sample;
        sample.kind = kind;
        take(row, 0, keys_.size(), sample.key);
        take(row, keys_.size(), values_.size(), kind == SampleRow::Kind::only_a ? sample.a : sample.b);
        out_.samples.push_back(std::move(sample));
      }
    };
    if (out_.only_a > 0) only("a", "b", SampleRow::Kind::only_a);
    if (out_.only_b > 0) only("b", "a", SampleRow::Kind::only_b);
    if (out_.changed > 0) sample_changed(order("a"));
    if (has_duplicates()) sample_duplicates(limit);
  }

  void sample_changed(const std::string& order) {
    std::string sql = with_sides("ANTI") + "SELECT " + names("k", keys_.size(), "a.") + ", " +
                      names("c", values_.size(), "a.") + ", " + names("c", values_.size(), "b.");
    for (size_t i = 0; i < values_.size(); i++) sql += ", " + differs(i);
    for (auto& row :
         session_.query(sql + " FROM a JOIN b ON " + same_key("a", "b") + " WHERE " + any_differs() + order).rows) {
      SampleRow sample;
      sample.kind = SampleRow::Kind::changed;
      const size_t keys = keys_.size(), values = values_.size();
      take(row, 0, keys, sample.key);
      take(row, keys, values, sample.a);
      take(row, keys + values, values, sample.b);
      for (size_t i = 0; i < values; i++) {
        const auto* differs = std::get_if<bool>(&row[keys + 2 * values + i]);
        sample.differs.push_back(differs && *differs);
      }
      out_.samples.push_back(std::move(sample));
    }
  }

  void sample_duplicates(const std::string& limit) {
    const std::string key = names("k", keys_.size());
    for (auto& row :
         session_
             .query(with_sides("SEMI") + "SELECT " + key +
                    ", count(*) FILTER (s), count(*) FILTER (NOT s) FROM (SELECT true AS s, " + key +
                    " FROM a UNION ALL SELECT false, " + key + " FROM b) GROUP BY " + key + " ORDER BY " + key + limit)
             .rows) {
      SampleRow sample;
      sample.kind = SampleRow::Kind::duplicate;
      take(row, 0, keys_.size(), sample.key);
      take(row, keys_.size(), 1, sample.a);
      take(row, keys_.size() + 1, 1, sample.b);
      out_.samples.push_back(std::move(sample));
    }
  }

  static void take(std::vector<Cell>& row, size_t from, size_t count, std::vector<Cell>& into) {
    for (size_t i = from; i < from + count; i++) into.push_back(std::move(row[i]));
  }

  // ---- without a key

  // How often each row is in A (x) and in B (y).
  std::string grouped_sql() const {
    const std::string columns = names("c", values_.size());
    return "(SELECT " + columns +
           ", count(*) FILTER (s) AS x, count(*) FILTER (NOT s) AS y FROM (SELECT true AS s, * FROM (" +
           rows_sql(true, true) + ") UNION ALL SELECT false, * FROM (" + rows_sql(false, true) + ")) GROUP BY " +
           columns + ")";
  }

  void as_multisets() {
    if (values_.empty()) return count_rows();
    std::string sql =
        "SELECT coalesce(sum(x), 0)::BIGINT, coalesce(sum(y), 0)::BIGINT, coalesce(sum(greatest(x - y, 0)), "
        "0)::BIGINT, coalesce(sum(greatest(y - x, 0)), 0)::BIGINT";
    // The values of a column are the same, in whatever order, if their hashes weigh the same.
    for (size_t i = 0; i < values_.size(); i++)
      sql += ", coalesce(sum(hash(c" + std::to_string(i) + ")::HUGEINT * (x - y)), 0) <> 0";
    const auto rows = session_.query(sql + " FROM " + grouped_sql());
    const auto& row = rows.rows.at(0);
    out_.a.rows = number(row[0]);
    out_.b.rows = number(row[1]);
    out_.only_a = number(row[2]);
    out_.only_b = number(row[3]);
    for (size_t i = 0; i < values_.size(); i++)
      if (const auto* differ = std::get_if<bool>(&row[4 + i]); differ && *differ)
        out_.mismatches.push_back({values_[i].name, 1});
    if (options_.limit > 0 && !out_.same_rows()) sample_rows();
  }

  void count_rows() {
    for (const bool of_a : {true, false})
      (of_a ? out_.a : out_.b).rows =
          number(session_.query("SELECT count(*) FROM (" + rows_sql(of_a, false) + ")").rows.at(0)[0]);
  }

  // Each of them once, however often it is missing.
  void sample_rows() {
    for (const bool of_a : {true, false})
      for (auto& row : session_
                           .query("SELECT " + names("c", values_.size()) + " FROM " + grouped_sql() + " WHERE " +
                                  (of_a ? "x > y" : "x < y") + " ORDER BY ALL LIMIT " + std::to_string(options_.limit))
                           .rows) {
        SampleRow sample;
        sample.kind = of_a ? SampleRow::Kind::only_a : SampleRow::Kind::only_b;
        take(row, 0, values_.size(), of_a ? sample.a : sample.b);
        out_.samples.push_back(std::move(sample));
      }
  }

  engine::Session& session_;
  const ComparedSide &a_, &b_;
  const CompareOptions& options_;
  std::vector<Pair> keys_, values_;
  TableComparison out_;
};

std::string rows_without(const std::string& first, const std::string& second) {
  return "SELECT * FROM (" + first + " EXCEPT ALL " + second + ")";
}

}  // namespace

Tolerance parse_tolerance(const std::string& text) {
  const bool relative = text.ends_with("%");
  const auto value = parse_double(relative ? std::string_view(text).substr(0, text.size() - 1) : text);
  if (!value || !(*value >= 0) || *value > 1e300)
    throw Error(ErrorCode::bad_option_value, "--tolerance: \"" + text + "\" is no number from 0 on",
                "write 0.01, 1e-9, or 0.1% of the larger value");
  return {relative ? *value / 100 : *value, relative};
}

std::vector<SchemaDifference> compare_columns(const std::vector<ColumnInfo>& a, const std::vector<ColumnInfo>& b,
                                              bool as_stored) {
  using Kind = SchemaDifference::Kind;
  const auto type = [&](const ColumnInfo& column) { return as_stored ? stored_type(column.type) : column.type; };
  std::vector<SchemaDifference> out;
  std::vector<std::string> order_a, order_b;
  for (const ColumnInfo& column : a) {
    const ColumnInfo* other = column_of(b, column.name);
    if (!other) {
      out.push_back({Kind::removed, column.name, column.type, ""});
      continue;
    }
    order_a.push_back(column.name);
    if (type(column) != type(*other)) out.push_back({Kind::type, column.name, column.type, other->type});
  }
  for (const ColumnInfo& column : b) {
    if (column_of(a, column.name))
      order_b.push_back(column.name);
    else
      out.push_back({Kind::added, column.name, "", column.type});
  }
  for (size_t i = 0; i < order_a.size(); i++) {
    const auto found = std::find_if(order_b.begin(), order_b.end(),
                                    [&](const std::string& name) { return iequals(name, order_a[i]); });
    const auto place = static_cast<size_t>(found - order_b.begin());
    if (place != i) out.push_back({Kind::position, order_a[i], std::to_string(i + 1), std::to_string(place + 1)});
  }
  return out;
}

TableComparison compare(engine::Session& session, const ComparedSide& a, const ComparedSide& b,
                        const CompareOptions& options) {
  if (options.tolerance && options.key.empty())
    throw Error(ErrorCode::bad_option_value, "--tolerance needs a key: without one rows are compared as wholes",
                "name the columns of the key with --key");
  return Comparer(session, a, b, options).run();
}

std::string row_changes_sql(const std::string& before, const std::string& after) {
  return "SELECT '-' AS diff, * FROM (" + rows_without(before, after) + ") UNION ALL SELECT '+' AS diff, * FROM (" +
         rows_without(after, before) + ")";
}

}  // namespace weir::checks
