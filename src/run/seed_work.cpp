// Seeds on the lake.
#include <filesystem>

#include "base/error.h"
#include "project/node_path.h"
#include "run/recorded_session.h"
#include "run/seed_load.h"
#include "run/work.h"

namespace weir::run {

namespace {

class SeedWork final : public Work {
 public:
  explicit SeedWork(const WorkRequest& request)
      : parts_(request.parts), step_(request.step), node_(*request.step.node) {}

  void stage(Transaction& transaction, StepResult& result, ProgressWatch::Watched&) override {
    const std::string& root = parts_.world.project.root;
    try {
      RecordedSession recorded(transaction.session());
      const NotedAtEnd noted{recorded, result.sql.executed};
      result.rows = load_seed(recorded, parts_.world.engine, root, node_);
    } catch (const Error& error) {
      throw in_node(error, node_, nullptr);
    }
    result.files = 1;
    result.source_bytes = std::filesystem::file_size(project::path_of_node(root, node_));
  }

  void complete(lake::publish::Attempt& attempt) override {
    attempt.code = step_.code;
    attempt.cursor_after = Json::object();
  }

 private:
  RunParts& parts_;
  const plan::Step& step_;
  const project::Node& node_;
};

}  // namespace

std::unique_ptr<Work> seed_work(const WorkRequest& request) { return std::make_unique<SeedWork>(request); }

}  // namespace weir::run
