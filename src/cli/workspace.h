// What a verb works with: the project, its lake, the engine, the local state. Everything is opened at its first use, so
// a verb pays only for what it needs. Not thread-safe; one per call.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "base/cancel.h"
#include "cli/verb.h"
#include "engine/session.h"
#include "lake/lake.h"
#include "lake/publish/publisher.h"
#include "project/load.h"
#include "project/project.h"
#include "state/state_db.h"
#include "store/clock.h"

namespace weir::cli {

// Tells what loading warns of, by --warn-error and its like; under dbt's name as dbt's events too. Throws what
// WarningRule::tells throws.
void tell_warnings(const Call& call, const std::vector<project::Diagnostic>& warnings, const Json& project_flags);
// One that comes up later, in the same way; what is old in the rule itself was told.
void tell_warning(const Call& call, const project::Diagnostic& warning, const Json& project_flags);

class Workspace {
 public:
  explicit Workspace(const Call& call);
  ~Workspace();
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;

  // Folder of dbt_project.yml. Throws Error{no_project} naming `weir init`.
  const std::string& root();
  // False: no dbt_project.yml here or above; verbs over a lake then need --lake.
  bool has_project();
  // Loads and checks the whole project. Throws ProjectErrors (project_errors.h) with all mistakes; warnings are
  // printed.
  const project::Project& project();
  // See Project::defer.
  void defer(const project::Node& node, project::Place relation, bool deferred);
  // See Project::trust; cli/trust.h settles it.
  void set_trust(project::Trust trust);
  bool trust_settled() const { return trust_settled_; }
  const Call& call() const { return call_; }
  // weir.yml, environment and flags alone: cheap, and there even when the project has mistakes.
  const Options& settings();

  std::shared_ptr<lake::Lake> lake();
  engine::Engine& engine();
  // Another one beside it, with the same options: for what one engine cannot have at once.
  std::unique_ptr<engine::Engine> another_engine();
  std::string spill_dir();  // for what is too large for memory; made when first needed
  store::Clock& clock() { return clock_; }
  lake::publish::Publisher publisher(EventSink* events = nullptr);
  std::filesystem::path state_dir();
  std::unique_ptr<state::StateReader> state_reader();  // nullptr: nothing was ever recorded
  std::unique_ptr<state::StateWriter> state_writer(const std::string& verb);

  // A table by the name a user gives: "orders" (schema main), "raw.orders", "lake.raw.orders", or quoted parts.
  lake::TableName table_name(const std::string& text);
  // The same, but it must exist as a table. Throws Error{sql_unknown_table} with the nearest name.
  lake::TableName existing_table(const std::string& text);
  // The project's asset by any name project::Project::resolve takes. Throws when it has no table.
  const project::Node& asset_node(const std::string& text);
  lake::publish::Asset asset(const project::Node& node);

  // What the command line says of how a project is read.
  project::LoadFlags load_flags();

  int steps_at_once();  // --threads, else of the target, else one per processor, at most 8

 private:
  engine::EngineOptions engine_options();

  const Call& call_;
  std::optional<std::optional<std::string>> root_;
  std::unique_ptr<project::Project> project_;
  std::optional<Options> settings_;
  bool trust_settled_ = false;
  std::shared_ptr<lake::Lake> lake_;
  std::unique_ptr<engine::Engine> engine_;
  store::SystemClock clock_;
};

}  // namespace weir::cli
