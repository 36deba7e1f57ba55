#include "run/shared_reads.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "run/confine.h"

namespace weir::run {

namespace {

// Keeping all rows takes as long as two or three readings, which convert only the columns that are asked for.
constexpr size_t readings_that_pay = 3;

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

// The engine ends the reading of a file where a query has the rows it was limited to.
bool ends_early(const project::Node& node) {
  std::string text = lower(node.raw);
  const size_t at = text.rfind("limit");
  if (at == std::string::npos || at == 0 || std::string_view(" \t\r\n}").find(text[at - 1]) == std::string_view::npos)
    return false;
  text.erase(0, at + std::string_view("limit").size());
  for (size_t open = text.find('{'); open != std::string::npos; open = text.find('{')) {
    const size_t close = text.find('}', open);
    if (close == std::string::npos) return false;
    text.erase(open, close + 1 - open);
  }
  return text.find_first_not_of(" \t\r\n;}0123456789") == std::string::npos;
}

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
  std::map<std::string, std::set<const project::Node*>> of_tests;
  for (const plan::Step& step : plan.steps) {
    const bool binds_only = !lake && step.kind == plan::StepKind::view && step.decision.action != plan::Action::skip;
    if (!reads(step) && !binds_only) continue;
    // On the lake the tests of one table share its scan.
    const std::string table = lake && step.node->test ? step.node->test->attached_node : std::string();
    std::vector<const project::Node*> queries = {step.node};
    if (lake) queries.insert(queries.end(), step.checks.begin(), step.checks.end());
    for (const project::Node* query : queries) {
      if (ends_early(*query)) continue;
      Sources sources(project);
      sources.add(*query);
      for (const project::Node* node : sources.found()) {
        if (!table.empty() && !of_tests[table].insert(node).second) continue;
        auto& source = *sources_.try_emplace(node->external).first;
        source.second.asset = node->relation.text();
        if (!binds_only) source.second.readings++;
        Reader& reader = of_step_[&step];
        reader.sources.push_back(&source);
        reader.binds_only = binds_only;
        reader.times = binds_only ? 0 : 1;
      }
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
    const size_t more = reader.binds_only ? 0 : times - std::min(times, reader.times);
    for (auto* shared : reader.sources) {
      auto kept = rows_of(session, shared->first, shared->second, more);
      if (kept && std::find(rows.begin(), rows.end(), kept) == rows.end()) rows.push_back(std::move(kept));
    }
    reader.times += more;
  }
  if (!rows.empty()) session.use_kept(std::move(rows));
}

// `more`: readings that were not expected.
std::shared_ptr<const engine::KeptRead> SharedReads::rows_of(engine::Session& session, const std::string& location,
                                                             Source& source, size_t more) {
  const std::lock_guard reading(source.reading);
  size_t readings = 0;
  {
    const std::lock_guard lock(source.mutex);
    source.readings += more;
    if (source.tried || source.readings < readings_that_pay) return source.rows;
    source.tried = true;
    readings = source.readings;
  }
  auto rows = read(session, location, source, readings);
  const std::lock_guard lock(source.mutex);
  return source.rows = std::move(rows);
}

std::shared_ptr<const engine::KeptRead> SharedReads::read(engine::Session& session, const std::string& location,
                                                          const Source& source, size_t readings) {
  const int64_t started_ms = clock_.now_ms();
  std::shared_ptr<const engine::KeptRead> rows;
  try {
    rows = session.keep_read(location);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::cancelled || error.code() == ErrorCode::engine_broken) throw;
    return nullptr;  // the step's own statement says what is wrong, and where
  }
  if (!rows) return nullptr;
  announcer_.emit("source.read", Json::object()
                                     .set("asset", source.asset)
                                     .set("readings", static_cast<int64_t>(readings))
                                     .set("rows", rows->rows())
                                     .set("bytes", rows->file_bytes())
                                     .set("ms", clock_.now_ms() - started_ms));
  return rows;
}

void SharedReads::done(const plan::Step& step) noexcept {
  const auto found = of_step_.find(&step);
  if (found == of_step_.end()) return;
  Reader& reader = found->second;
  for (auto* shared : reader.sources) {
    Source& source = shared->second;
    std::shared_ptr<const engine::KeptRead> no_longer_read;  // goes behind the lock
    const std::lock_guard lock(source.mutex);
    source.readings -= std::min(reader.times, source.readings);
    if (source.readings == 0) no_longer_read = std::move(source.rows);
  }
  reader.times = 0;  // it is not counted twice
}

}  // namespace weir::run
