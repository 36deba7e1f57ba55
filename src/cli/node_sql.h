// The final SQL of a node outside of a run: for compile, show and lint.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "cli/lazy_warehouse.h"
#include "cli/workspace.h"
#include "project/render.h"
#include "run/database.h"

namespace weir::cli {

class NodeSql {
 public:
  // when_asked: the target is opened when a template first asks it, or never; a database file that is not there is not
  // made, an empty database in memory answers in its place.
  enum class Opens : uint8_t { at_once, when_asked };
  // Templates may query the lake while they are rendered: the session answers, reading only.
  NodeSql(Workspace& workspace, bool full_refresh, CancelToken cancel = {}, Opens opens = Opens::at_once);

  project::Rendered of(const project::Node& node);  // models, tests, analyses
  // The same of several nodes at once; what it logs is not told.
  project::Rendered quietly(const project::Node& node);
  void tell(const project::LogLines& logged) const;    // log() and print() of templates
  project::Rendered of_text(const std::string& text);  // --inline
  // Another text in place of a node's own, rendered alone: without its CTEs, and what it logs is not told.
  std::string of_source(const project::Node& node, const std::string& text);
  bool has_sql(const project::Node& node) const;
  engine::Session& session() { return target().session(); }
  std::optional<std::string> relation_type(const project::RelationName& name) {
    return target().warehouse().relation_type(name);
  }

 private:
  run::TargetSession& target();
  project::RenderState state_for(const project::Node* node);

  Workspace& workspace_;
  CancelToken cancel_;
  Opens opens_;
  std::unique_ptr<run::TargetSession> target_;
  LazyWarehouse warehouse_;
  bool full_refresh_;
};

}  // namespace weir::cli
