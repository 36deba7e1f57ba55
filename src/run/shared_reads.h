// Files that several steps of a run read: a source with an `external_location` is read once for all of them, where that
// pays (from three readings on, and engine::Session::keep_read). What has been read stays until the last of them has
// ended.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/session.h"
#include "plan/plan.h"
#include "project/project.h"
#include "run/events.h"

namespace weir::run {

// Used by all threads of a run.
class SharedReads {
 public:
  SharedReads(const Announcer& announcer, store::Clock& clock) : announcer_(announcer), clock_(clock) {}
  // Before the steps run. Their readers are counted: what reads a source itself, or by views and ephemeral models.
  void expect(const project::Project& project, const plan::Plan& plan);
  // Before the session's transaction, which is confined then: reads what the steps share with others, unless that is
  // done, and has the session take it. Files that cannot be read are left to the steps' own statements. `times`: how
  // often each of them will read, batches and builds that are compared counted.
  void give(engine::Session& session, const std::vector<const plan::Step*>& steps, size_t times = 1);
  // The step has ended, or will not run.
  void done(const plan::Step& step) noexcept;

 private:
  struct Source {
    std::string asset;
    std::mutex reading;   // held while it is read
    std::mutex mutex;     // of what follows
    size_t readings = 0;  // to come
    bool tried = false;
    std::shared_ptr<const engine::KeptRead> rows;
  };
  struct Reader {
    std::vector<std::pair<const std::string, Source>*> sources;  // one that several of its queries read, as often
    size_t times = 1;                                            // how often they are read
    bool binds_only = false;                                     // a view: it looks at columns, and is no reading
  };
  std::shared_ptr<const engine::KeptRead> rows_of(engine::Session& session, const std::string& location, Source& source,
                                                  size_t more);
  std::shared_ptr<const engine::KeptRead> read(engine::Session& session, const std::string& location,
                                               const Source& source, size_t readings);

  const Announcer& announcer_;
  store::Clock& clock_;
  const project::Project* project_ = nullptr;
  std::map<std::string, Source> sources_;        // by location
  std::map<const plan::Step*, Reader> of_step_;  // each used by one thread at a time
};

}  // namespace weir::run
