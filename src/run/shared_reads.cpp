#include "run/shared_reads.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/error.h"
#include "run/confine.h"

namespace weir::run {

namespace {

// Sources in files that a query of the node reads.
class Sources {
 public:
  explicit Sources(const project::Project& project) : project_(project) {}
  void add(const project::Node& node) {
    for (const std::string& id : node.depends_on) {
      const project::Node* const read = project_.find(id) ? &project_.at(id) : nullptr;
      if (!read) continue;
      if (!read->external.empty()) found_.insert(read);
      if ((read->is_view() || read->is_ephemeral()) && seen_.insert(read).second) add(*read);
    }
  }
  const std::set<const project::Node*>& found() const { return found_; }

 private:
  const project::Project& project_;
  std::set<const project::Node*> found_, seen_;
};

bool reads(const plan::Step& step) {
  if (step.decision.action == plan::Action::skip || step.node->unit) return false;
  switch (step.kind) {
    case plan::StepKind::table:
    case plan::StepKind::incremental:
    case plan::StepKind::snapshot:
      return step.decision.action == plan::Action::run;  // else its published table is checked
    case plan::StepKind::view:
      return !step.checks.empty();
    default:
      return step.kind == plan::StepKind::test;
  }
}

}  // namespace

void SharedReads::expect(const project::Project& project, const plan::Plan& plan) {
  project_ = &project;
  if (project.inputs.empty) return;
  const bool lake = project.target.kind == project::TargetKind::lake;
  std::set<std::string> tested;
  for (const plan::Step& step : plan.steps) {
    if (!reads(step)) continue;
    // On the lake the tests of one table share its scan.
    const std::string table = lake && step.node->test ? step.node->test->attached_node : std::string();
    if (!table.empty() && !tested.insert(table).second) continue;
    Sources sources(project);
    sources.add(*step.node);
    for (const project::Node* node : sources.found()) {
      auto& source = *sources_.try_emplace(node->external).first;
      source.second.asset = node->relation.text();
      source.second.readings++;
      of_step_[&step].sources.push_back(&source);
    }
  }
}

void SharedReads::give(engine::Session& session, const std::vector<const plan::Step*>& steps, size_t times) {
  std::vector<std::shared_ptr<const engine::KeptRead>> rows;
  for (const plan::Step* step : steps) {
    const auto found = of_step_.find(step);
    if (found == of_step_.end()) continue;
    confine(session, *project_);
    Reader& reader = found->second;
    for (auto* shared : reader.sources) {
      auto& [location, source] = *shared;
      std::lock_guard lock(source.mutex);
      source.readings += times - std::min(times, reader.times);
      if (!source.tried && source.readings > 1) read(session, location, source);
      if (source.rows) rows.push_back(source.rows);
    }
    if (times > reader.times) reader.times = times;
  }
  if (!rows.empty()) session.use_kept(std::move(rows));
}

void SharedReads::read(engine::Session& session, const std::string& location, Source& source) {
  source.tried = true;
  const int64_t started_ms = clock_.now_ms();
  try {
    source.rows = session.keep_read(location);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::cancelled || error.code() == ErrorCode::engine_broken) throw;
    return;  // the step's own statement says what is wrong, and where
  }
  if (!source.rows) return;
  announcer_.emit("source.read", Json::object()
                                     .set("asset", source.asset)
                                     .set("readings", static_cast<int64_t>(source.readings))
                                     .set("rows", source.rows->rows())
                                     .set("bytes", source.rows->file_bytes())
                                     .set("ms", clock_.now_ms() - started_ms));
}

void SharedReads::done(const plan::Step& step) noexcept {
  const auto found = of_step_.find(&step);
  if (found == of_step_.end()) return;
  Reader& reader = found->second;
  for (auto* shared : reader.sources) {
    Source& source = shared->second;
    std::lock_guard lock(source.mutex);
    source.readings -= std::min(reader.times, source.readings);
    if (source.readings == 0) source.rows.reset();
  }
  reader.times = 0;  // it is not counted twice
}

}  // namespace weir::run
