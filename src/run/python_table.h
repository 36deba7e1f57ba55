// The rows of a Python model: its inputs are written to files, an interpreter runs it, and what it returns is a file
// that the step then reads like any query. All in the step's own transaction: inputs have the versions that it is
// pinned to.
#pragma once

#include <string>
#include <vector>

#include "engine/session.h"
#include "project/python_model.h"
#include "project/render.h"
#include "run/parts.h"

namespace weir::run {

class PythonTable {
 public:
  // `program`: as project::render gives it. The others outlive this.
  PythonTable(RunParts& parts, const project::Node& node, std::string program);
  ~PythonTable();  // removes the files
  PythonTable(const PythonTable&) = delete;

  // Runs the model and returns the query that reads its rows, while this lives. What the model prints becomes notes of
  // the step. Throws Error{python_failed}, with the line of the model, Error{python_missing} and Error{cancelled}.
  std::string query(engine::Session& session, const project::RenderState& state);

 private:
  Json write_inputs(engine::Session& session, const project::RenderState& state) const;
  Json write_input(engine::Session& session, const project::PythonInput& input, size_t number) const;
  void run(const std::string& request) const;
  [[noreturn]] void fail(const Json& answer) const;
  std::string file(const std::string& name) const { return folder_ + "/" + name; }

  RunParts& parts_;
  const project::Node& node_;
  std::string program_, interpreter_, folder_;
};

// Before anything runs: what a run that died has left.
void remove_python_files(const project::Project& project);

}  // namespace weir::run
