// A DuckDB database file as the target of a run: a session that has it attached and in use, and what templates may ask
// of it.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "engine/session.h"
#include "project/render.h"
#include "run/parts.h"

namespace weir::run {

// Attaches the target's file and what else its profile names, and makes its schema the one that plain names mean.
// Throws what the engine says of a file that cannot be opened. With a project the session is confined to what of it was
// confirmed (confine.h).
std::unique_ptr<engine::Session> open_database(engine::Engine& engine, std::shared_ptr<lake::Lake> lake,
                                               const project::Target& target, CancelToken cancel,
                                               const project::Project* project);

// From now on the session's statements carry the project's query-comment, and the run's watcher is told of them.
void annotate(const RunParts& parts, engine::Session& session, const project::Node* node);

// Makes the schemas that the plan builds in: once, before anything runs, since steps that did it side by side would be
// in each other's way.
void make_schemas(RunParts& parts, const plan::Plan& plan);

class Database final : public project::Warehouse {
 public:
  Database(engine::Session& session, std::string database) : session_(session), database_(std::move(database)) {}
  project::QueryResult query(std::string_view sql) override;
  std::optional<std::string> relation_type(const project::RelationName& name) override;
  std::vector<project::RelationColumn> columns(const project::RelationName& name) override;
  std::vector<project::RelationColumn> columns_of_query(std::string_view sql) override;
  std::vector<project::ListedRelation> relations(const std::string& database, const std::string& schema) override;
  std::vector<std::string> schemas(const std::string& database) override;
  std::vector<std::string> functions(const std::string& database, const std::string& schema) override;

 private:
  const std::string& or_own(const std::string& database) const { return database.empty() ? database_ : database; }
  engine::Session& session_;
  std::string database_;
};

// A session on whatever the target is, with its warehouse.
class TargetSession {
 public:
  // Confined to what of the project was confirmed.
  TargetSession(engine::Engine& engine, const std::shared_ptr<lake::Lake>& lake, const project::Project& project,
                CancelToken cancel);
  // The same, with another target in place of the project's.
  TargetSession(engine::Engine& engine, const std::shared_ptr<lake::Lake>& lake, const project::Target& target,
                const project::Project& project, CancelToken cancel)
      : TargetSession(engine, lake, target, &project, std::move(cancel)) {}
  // For statements of weir's own.
  TargetSession(engine::Engine& engine, const std::shared_ptr<lake::Lake>& lake, const project::Target& target,
                CancelToken cancel);
  explicit TargetSession(RunParts& parts)
      : TargetSession(parts.world.engine, parts.world.lake, parts.world.project, parts.cancel) {}
  engine::Session& session() { return *session_; }
  project::Warehouse& warehouse() { return *warehouse_; }

 private:
  TargetSession(engine::Engine& engine, const std::shared_ptr<lake::Lake>& lake, const project::Target& target,
                const project::Project* project, CancelToken cancel);
  std::unique_ptr<engine::Session> session_;
  std::unique_ptr<project::Warehouse> warehouse_;
};

}  // namespace weir::run
