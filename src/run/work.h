// How one kind of step stages its output: the part of a step between inspect and the checks.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/session.h"
#include "lake/publish/publisher.h"
#include "project/render.h"
#include "run/parts.h"

namespace weir::run {

// A step's transaction: begun with the step's pins, and begun anew when a file turns out unreadable half-way.
class Transaction {
 public:
  Transaction(engine::Session& session, std::string attempt, engine::PinnedVersions pinned)
      : session_(session), attempt_(std::move(attempt)), pinned_(std::move(pinned)) {}
  ~Transaction() { session_.rollback(); }
  Transaction(const Transaction&) = delete;
  void begin() { session_.begin(attempt_, pinned_); }
  void begin_anew();  // with a new attempt id
  void release() { session_.release(); }
  engine::Session& session() const { return session_; }
  const std::string& attempt() const { return attempt_; }

 private:
  engine::Session& session_;
  std::string attempt_;
  engine::PinnedVersions pinned_;
};

class Work {
 public:
  virtual ~Work() = default;
  // Before the engine is needed. Returns why there is nothing to do, or nullopt.
  virtual std::optional<std::string> nothing_to_do() { return std::nullopt; }
  // How often its query is run.
  virtual size_t readings() { return 1; }
  // Runs the statements in the open transaction; fills rows, files, notes and the like.
  virtual void stage(Transaction& transaction, StepResult& result, ProgressWatch::Watched& watched) = 0;
  // Adds what only this kind knows: code, cursor, source files. Called after the checks have passed.
  virtual void complete(lake::publish::Attempt& attempt) = 0;
};

struct WorkRequest {
  RunParts& parts;
  const plan::Step& step;
  const lake::publish::Asset& asset;
  const lake::publish::Inspection& inspection;
};
std::unique_ptr<Work> table_work(const WorkRequest& request);
std::unique_ptr<Work> seed_work(const WorkRequest& request);
std::unique_ptr<Work> ingest_work(const WorkRequest& request);

// An engine's error in a statement as one of the node: its place in the model's file, and the node as context.
Error in_node(Error error, const project::Node& node, const project::Rendered* rendered);

// A code that also says up to when batches were built, or names the volatile functions of the SQL, in the form of
// project::split_code(); in this order.
std::string with_batches(const std::string& code, const std::string& until);
std::string with_volatile(const std::string& code, const std::vector<std::string>& functions);

}  // namespace weir::run
