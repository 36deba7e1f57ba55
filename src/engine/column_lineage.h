// Where the columns of a query come from, as values: for each column the input columns that it is derived from and how,
// in OpenLineage's words (column lineage facet, 1-2-0). `masking` is not judged.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace weir::engine {

// The first three are direct: the value is made of the input's values. The others are indirect: the input decides
// which value is taken, or which rows there are.
enum class Derivation : uint8_t {
  identity,
  transformation,
  aggregation,
  filter,
  join,
  group_by,
  sort,
  window,
  conditional
};
inline constexpr int derivation_count = 9;
std::string_view derivation_text(Derivation derivation);  // "identity", "group_by", ...
inline bool is_direct(Derivation derivation) { return derivation <= Derivation::aggregation; }

class Derivations {
 public:
  Derivations() = default;
  explicit Derivations(Derivation derivation) : bits_(bit(derivation)) {}
  void add(Derivation derivation) { bits_ = static_cast<uint16_t>(bits_ | bit(derivation)); }
  void add(Derivations others) { bits_ = static_cast<uint16_t>(bits_ | others.bits_); }
  void remove(Derivation derivation) { bits_ = static_cast<uint16_t>(bits_ & ~bit(derivation)); }
  bool has(Derivation derivation) const { return (bits_ & bit(derivation)) != 0; }
  bool direct() const { return (bits_ & 7U) != 0; }
  bool empty() const { return bits_ == 0; }
  std::vector<Derivation> list() const;
  bool operator==(const Derivations&) const = default;

 private:
  static uint16_t bit(Derivation derivation) { return static_cast<uint16_t>(1U << static_cast<unsigned>(derivation)); }
  uint16_t bits_ = 0;
};

// A table or view by the parts of its name, or a table function that reads something by its call ("read_csv('a.csv')"),
// whose database and schema are "".
struct NamedRelation {
  std::string database, schema, name;
  bool operator==(const NamedRelation&) const = default;
  auto operator<=>(const NamedRelation& other) const {
    return std::tie(database, schema, name) <=> std::tie(other.database, other.schema, other.name);
  }
};

struct InputColumn {
  NamedRelation relation;
  std::string column;
  bool operator==(const InputColumn&) const = default;
  auto operator<=>(const InputColumn& other) const {
    return std::tie(relation, column) <=> std::tie(other.relation, other.column);
  }
};

using Origins = std::map<InputColumn, Derivations>;

struct DerivedColumn {
  std::string name, type;
  Origins origins;
};

struct ColumnLineage {
  std::vector<DerivedColumn> columns;
  // What decides which rows there are, and in which order: filters, keys of joins and groups. Each column depends on
  // these too.
  Origins rows;
};

// Columns of relations that a query is bound to instead of what the target has under their names, which may be a view,
// or nothing yet. Names in lower case; a type of "" is not known: it is bound as a
// text, and so is what is made of it, again of type "" where that is a text.
struct StandInColumn {
  std::string name, type;
};
using StandIns = std::map<NamedRelation, std::vector<StandInColumn>>;

}  // namespace weir::engine
