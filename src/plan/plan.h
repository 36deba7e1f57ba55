// What would run, in which order, and why: a plain value. Reads the lake's logs and manifests, writes nothing, needs no
// engine.
//
// A step stands for one asset (or view, or function, or a test that no step gates). Its checks are the tests that must
// pass on its staged state before it is published. A test over several assets belongs to the topologically last of
// them, which then also waits for the others (check_inputs). make_plan decides with what is in the lake now; since a
// parent that runs may or may not publish a new version, run/ decides again at the step's turn: decide().
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lake/lake.h"
#include "lake/publish/publisher.h"
#include "plan/select.h"
#include "project/fingerprint.h"
#include "project/project.h"

namespace weir::plan {

enum class Verb { build, run, test, seed, snapshot, ingest, compile };

// ephemeral: only in compile's plans; unit_test: only on a database
enum class StepKind { ingest, seed, table, incremental, view, snapshot, test, unit_test, ephemeral, function };
// On the lake: an entry of its catalogue, no table.
inline bool is_entry(StepKind kind) { return kind == StepKind::view || kind == StepKind::function; }

enum class Action {
  run,
  recheck,  // the data is up to date, but checks or what they compare with changed: check the published state, then
            // publish a commit without data that carries the new code (views: the catalogue entry)
  skip,
};

// A table read, at a version. `table` and `id` are those of the manifest's inputs.
struct Input {
  const project::Node* node = nullptr;
  std::string table;        // "main.orders"
  std::string id;           // metaData.id; "" = does not exist
  int64_t version = -1;     // -1 = does not exist
  bool check_only = false;  // read by a check, not by the step itself
  lake::publish::ManifestInput manifest_input() const { return {table, id, version}; }
};

// What the lake says of a node, read fresh.
struct Observed {
  bool exists = false;
  std::string table_id;  // metaData.id
  int64_t version = -1;
  std::optional<lake::publish::Manifest> head;  // of its asset
  std::optional<lake::ViewEntry> view;          // or function
  std::optional<Error> refusal;                 // the protocol's refusal (foreign change, copied, …)
  std::vector<std::string> warnings;            // foreign changes that on_foreign_change: warn tolerates
};

struct Decision {
  Action action = Action::run;
  std::string why;  // "input raw.trips v1 → v2", "code changed", "first run", …
};

struct Step {
  const project::Node* node = nullptr;
  std::vector<std::string> warnings;  // to be told even if there is nothing to do: see Observed
  StepKind kind = StepKind::table;
  std::vector<const project::Node*> checks;       // tests to pass before publishing (build); empty for run, seed
  std::vector<const project::Node*> reads;        // tables read through views; from Fingerprints::inputs
  std::vector<const project::Node*> check_reads;  // tables read only by checks
  std::string code;                               // for the manifest; includes the checks
  std::string batches_until;     // microbatch: the end of the newest batch, or "asked" if the command names batches
  int64_t batches_now_us = 0;    // and the time that is now to its batches
  std::vector<size_t> needs;     // steps of this plan that must end well before; ascending
  int wave = 0;                  // longest way from a step without needs
  bool full_refresh = false;     // --full-refresh with config.full_refresh applied
  std::vector<Input> inputs;     // as observed when planned
  Decision decision;             // as of planning; a parent that runs may still change nothing
  bool waits_on_parent = false;  // decision is "run" only because a parent runs
};

std::string_view kind_text(StepKind kind);  // "ingest", "table", …
std::string asset_of(const Step& step);     // the asset it publishes; a test's name

struct Plan {
  Verb verb = Verb::build;
  std::vector<Step> steps;  // topological order
  std::vector<std::string> warnings;
  const Step* find(const project::Node& node) const;
  size_t running() const;  // steps whose decision is not skip
};

struct PlanRequest {
  Verb verb = Verb::build;
  Selection selection;
  bool full_refresh = false;
  bool force = false;          // run unchanged steps too
  std::string engine_version;  // enters the fingerprints
  std::string python_version;  // of the interpreter, where a Python model is selected; enters theirs
  // For the line of an ingest step: "1 new file, 98,113 rows"; "" = nothing new. Not set: ingest steps say "look for
  // new files".
  std::function<std::string(const project::Node& source)> look_at_source;
  // Hook for volatile SQL: names of volatile functions a node's rendered SQL calls, as remembered or computed by run/.
  std::function<std::vector<std::string>(const project::Node& node)> volatile_functions;
  int threads = 0;  // for reading logs; 0 = as the machine has
};

// Reads the lake for planning. Thread-safe. The standard one reads catalogue, snapshots and heads.
class LakeView {
 public:
  virtual ~LakeView() = default;
  virtual Observed observe(const project::Node& node) = 0;
  // Many at once, on up to `threads` threads (0 = as the machine has): what is common to them is read once.
  virtual std::vector<Observed> observe_all(const std::vector<const project::Node*>& nodes, int threads);
  // Did the commits (from, to] of the node's table leave its rows as they were (OPTIMIZE, a commit that only moves a
  // txn)? False if one of them cannot be read.
  virtual bool same_rows(const project::Node& node, int64_t from, int64_t to) = 0;
};
std::unique_ptr<LakeView> open_lake_view(const project::Project& project, std::shared_ptr<lake::Lake> lake,
                                         lake::publish::Publisher& publisher, lake::ParquetIo& parquet);

// Throws Error{bad_selector}, Error{not_built} (a selected node is unsupported).
Plan make_plan(const project::Project& project, const PlanRequest& request, LakeView& lake);

// The plan for a target that is a database: dbt's own order. Every selected node is a step, tests too, and runs; in a
// build what reads a node waits for the node's tests, and a model for its unit tests. Asks nothing of the target.
Plan make_database_plan(const project::Project& project, const PlanRequest& request);

// Does a verb take a node of this kind at all?
bool in_verb(Verb verb, const project::Node& node);
StepKind kind_of(const project::Node& node);
// Throws Error{not_built} for nodes that cannot be run, all of them named, so that one --exclude can name them.
void refuse_unsupported(const project::Project& project, const std::vector<const project::Node*>& nodes);
// Throws the first mistake that validate() finds, and says how many more there are.
void refuse_invalid(const project::Project& project, const std::vector<const project::Node*>& nodes);

// The inputs of a step as they are now, and what follows from them. For run/, at the step's turn.
std::vector<Input> observe_inputs(const Step& step, LakeView& lake);
// An ingest step's decision is always to run: whether there are new files only the connector can tell. If it finds
// none, the step is up to date when the head's code is the step's, else a recheck.
Decision decide(const Step& step, const PlanRequest& request, const Observed& own, const std::vector<Input>& inputs,
                LakeView& lake);

// Properties to store with the catalogue entry of a view or a function, so that decide() knows it again.
Json view_properties(const Step& step, const std::vector<Input>& inputs);

// `build --plan`: one line per step, "main.daily    run    input raw.trips v1 → v2 (1 new file)".
std::string plan_text(const Plan& plan);
Json plan_json(const Plan& plan);

}  // namespace weir::plan
