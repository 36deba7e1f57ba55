// Looks at the sessions of running steps a few times a second and tells how far they are.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "engine/session.h"
#include "run/events.h"
#include "run/recorder.h"

namespace weir::run {

class ProgressWatch {
 public:
  ProgressWatch(const Announcer& announcer, Recorder& recorder) : announcer_(announcer), recorder_(recorder) {}
  ~ProgressWatch();

  // Until the end of its life the session is watched; it must live longer.
  class Watched {
   public:
    ~Watched();
    Watched(const Watched&) = delete;
    void phase(const std::string& phase);
    void files(int64_t total);

   private:
    friend class ProgressWatch;
    Watched(ProgressWatch& watch, int key) : watch_(watch), key_(key) {}
    ProgressWatch& watch_;
    int key_;
  };
  std::unique_ptr<Watched> watch(const std::string& asset, int number, const engine::Session& session);

  // One look at all sessions, as the thread does.
  void look();

 private:
  struct Entry {
    std::string asset, phase = "write";
    int number = 1;
    const engine::Session* session = nullptr;
    int64_t files_total = 0, started_ms = 0;
    int64_t told = -1;  // what the state was told last
  };
  void run();
  void tell(Entry& entry);

  const Announcer& announcer_;
  Recorder& recorder_;
  std::mutex mutex_;
  std::condition_variable stopped_;
  bool stop_ = false;
  int next_key_ = 0;
  std::map<int, Entry> entries_;
  std::thread thread_;
};

}  // namespace weir::run
