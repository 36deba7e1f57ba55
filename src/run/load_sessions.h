// Whom the statements go to that change a table.
#pragma once

#include "engine/session.h"

namespace weir::run {

struct LoadSessions {
  LoadSessions(engine::Session& all) : session(all), main(all) {}  // NOLINT(google-explicit-constructor)
  LoadSessions(engine::Session& session, engine::Session& main) : session(session), main(main) {}

  engine::Session& session;
  // Gets those that dbt takes for the main ones, for target/run. On the lake, where all of them are told, it is the
  // same.
  engine::Session& main;
};

}  // namespace weir::run
