// Unit tests: a model's SQL over given rows instead of its inputs, the result compared with expected rows.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/yaml.h"
#include "project/render.h"
#include "project/source_files.h"
#include "template/value.h"

namespace weir::project {

// The CSV of the seed that an input is, for one whose rows are not given.
using SeedText = std::function<std::string(const std::string& input, const Span& span)>;

// An entry of `unit_tests:`. `fixtures` are the files that rows may be kept in. Throws Error{bad_schema_yaml} with the
// place.
UnitTest read_unit_test(const Yaml& yaml, const std::vector<SourceFile>& fixtures, const SeedText& seed_text);

// What stands in for the inputs while a unit test's model is rendered.
struct UnitInputs {
  std::map<std::string, std::string> queries;  // unique_id of a node -> the query of its rows
  std::string this_cte;                        // name that `this` prints as; "" = the model's own relation
  std::string this_query;
  tmpl::Dict names;  // overridden macros, "cents" or "utils.cents", as the values they give
  const Json* vars = nullptr;
  const Json* env_vars = nullptr;
};

// A model's SQL with `inputs` in the place of what it reads.
Rendered render_over(const Project& project, const Node& model, const RenderState& state, const UnitInputs& inputs);

// Rows as a query, each value cast to the type of its column, columns in the order of `columns`; those that a row does
// not give are NULL. dict and csv only. Throws Error{bad_schema_yaml} for a column that is not there.
std::string rows_query(const UnitTestRows& rows, const std::vector<RelationColumn>& columns, const Node& test);

}  // namespace weir::project
