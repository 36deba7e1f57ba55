// Python models as dbt has them: what their text says enters the graph and the configuration, and the program that is
// run is the text with dbt's objects behind it.
#pragma once

#include <string>
#include <vector>

#include "project/host.h"
#include "project/render.h"

namespace weir::project {

// Notes what the model reads and how it is configured. Returns what is wrong with its text.
std::vector<Error> take_python_source(const Node& node, Capture& capture);

// The whole program: the model's text, then ref(), source(), config, this and dbtObj, as dbt names them.
std::string python_program(const Project& project, const Node& node, const RenderState& state);

// A relation that the model reads.
struct PythonInput {
  std::string relation;  // as the program names it: "lake"."main"."orders"
  std::string
      query;    // its rows: of the time, or none, where that is asked for; of an ephemeral model those of its query
  Place place;  // where the model expects it
};
// In the order of the text; with the model's own table, if that is there to be added to and the text names dbt.this.
std::vector<PythonInput> python_inputs(const Project& project, const Node& node, const RenderState& state);

}  // namespace weir::project
