// Proofs by bitmaps (engine/duckdb/unique_values.h). The texts of dbt's tests are those of project::standard_tests().
#include "base/text.h"
#include "checks/check_sql.h"

namespace weir::checks {

namespace {

// Takes a text apart at fixed pieces.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}
  bool starts(std::string_view piece) {
    if (!rest_.starts_with(piece)) return ok_ = false;
    rest_.remove_prefix(piece.size());
    return ok_;
  }
  // What stands before the piece, which is taken too.
  std::string until(std::string_view piece) {
    const size_t at = rest_.find(piece);
    if (at == std::string_view::npos) {
      ok_ = false;
      return {};
    }
    std::string before(rest_.substr(0, at));
    rest_.remove_prefix(at + piece.size());
    return before;
  }
  // What stands before the end, which is this.
  std::string before_end(std::string_view end) {
    if (!rest_.ends_with(end)) ok_ = false;
    return ok_ ? std::string(rest_.substr(0, rest_.size() - end.size())) : std::string();
  }
  bool ok() const { return ok_; }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

std::string column_of(const std::string& column, const std::string& relation) {
  return "SELECT " + column + " FROM " + relation;
}

Proof found(const std::string& child, const std::string& parent) {
  return {"SELECT weir_all_found(x, listed) FROM (SELECT child.*, false FROM (" + child +
              ") AS child UNION ALL SELECT parent.*, true FROM (" + parent + ") AS parent) AS both_sides(x, listed)",
          {child, parent}};
}

std::optional<Proof> of_unique(std::string_view sql) {
  Reader reader(sql);
  reader.starts("select\n    ");
  const std::string column = reader.until(" as unique_field,\n    count(*) as n_records\n\nfrom ");
  const std::string relation =
      reader.before_end("\nwhere " + column + " is not null\ngroup by " + column + "\nhaving count(*) > 1");
  if (!reader.ok()) return std::nullopt;
  return Proof{"SELECT weir_all_differ(" + column + ") FROM " + relation, {column_of(column, relation)}};
}

std::optional<Proof> of_relationships(std::string_view sql) {
  Reader reader(sql);
  reader.starts("with child as (\n    select ");
  const std::string column = reader.until(" as from_field\n    from ");
  const std::string child = reader.until("\n    where " + column + " is not null\n),\n\nparent as (\n    select ");
  const std::string field = reader.until(" as to_field\n    from ");
  const std::string parent = reader.before_end(
      "\n)\n\nselect\n    from_field\n\nfrom child\nleft join parent\n    on child.from_field = parent.to_field\n\n"
      "where parent.to_field is null");
  if (!reader.ok()) return std::nullopt;
  return found(column_of(column, child), column_of(field, parent));
}

}  // namespace

std::optional<Proof> proof_of(const Check& check) {
  if (!check.evaluation.empty()) return std::nullopt;
  if (check.kind == CheckKind::relationships)
    return found(column_of(column_sql(check.column), tested_relation(check)),
                 column_of(column_sql(check.other_column), check.other_table));
  if (check.kind != CheckKind::sql) return std::nullopt;
  const std::string_view sql = trim(check.sql);
  auto proof = of_unique(sql);
  return proof ? proof : of_relationships(sql);
}

}  // namespace weir::checks
