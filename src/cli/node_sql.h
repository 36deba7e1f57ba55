// The final SQL of a node outside of a run: for compile and show.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "cli/workspace.h"
#include "project/render.h"
#include "run/database.h"

namespace weir::cli {

class NodeSql {
 public:
  // Templates may query the lake while they are rendered: the session answers, reading only.
  NodeSql(Workspace& workspace, bool full_refresh, CancelToken cancel = {});

  project::Rendered of(const project::Node& node);     // models, tests, analyses
  project::Rendered of_text(const std::string& text);  // --inline
  bool has_sql(const project::Node& node) const;
  engine::Session& session() { return target_.session(); }
  std::optional<std::string> relation_type(const project::RelationName& name) {
    return target_.warehouse().relation_type(name);
  }

 private:
  project::RenderState state_for(const project::Node* node);
  void tell(const project::Rendered& rendered) const;  // log() and print() of templates

  Workspace& workspace_;
  run::TargetSession target_;
  bool full_refresh_;
};

}  // namespace weir::cli
