// A relation as templates see it: what ref(), source() and this give. Prints as quoted SQL text.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "project/node.h"
#include "template/object.h"
#include "template/value.h"

namespace weir::project {

class Relation final : public tmpl::Object {
 public:
  std::string database, schema, identifier;
  bool with_database = true, with_schema = true, with_identifier = true;  // parts that are printed
  Quoting quoting;                                                        // of these parts
  std::string kind;         // "table", "view", "function", "cte" or "" = unknown
  std::string cte;          // an ephemeral model: the name printed instead
  std::string external;     // a source that is no table: the path in quotes or the call printed instead
  std::string where;        // printed as a subquery over it
  bool empty = false;       // --empty: printed as a subquery without rows
  std::string time_filter;  // printed as a subquery of the rows of a time

  std::string type_name() const override { return "Relation"; }
  std::optional<tmpl::Value> get_attr(tmpl::Evaluation& evaluation, std::string_view name) override;
  std::optional<tmpl::Value> get_item(tmpl::Evaluation& evaluation, const tmpl::Value& key) override;
  std::optional<tmpl::Value> call_method(tmpl::Evaluation& evaluation, std::string_view name,
                                         const tmpl::Arguments& arguments) override;
  std::string name() const;  // without what narrows its rows
  std::string str() const override;
  std::string repr() const override { return "<Relation " + str() + ">"; }
  bool equals(const tmpl::Object& other) const override;
  std::optional<size_t> hash() const override;
  bool truth() const override { return true; }
  bool is_mapping() const override { return true; }  // macros ask `relation is mapping`, then relation.get('metadata')

  tmpl::Ref<Relation> copy() const;
};

tmpl::Value make_relation(Place place, std::string kind = {});

}  // namespace weir::project
