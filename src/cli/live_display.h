// The progress of a run on a terminal: one line per asset that runs or waits, redrawn in place; lines of finished
// assets stay above. A drawing is one write, lines are overwritten and not cleared first, so nothing flickers; the size
// is asked for at each drawing, so the window may change. Works wherever CSI A, K and J do (xterm, tmux, the Linux
// console).
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "cli/event_text.h"
#include "cli/progress.h"

namespace weir::cli {

class LiveDisplay final : public ProgressSink {
 public:
  explicit LiveDisplay(Style style);
  ~LiveDisplay() override;
  void planned(const std::vector<PlannedAsset>& assets) override;
  void emit(const Event& event) override;
  void stopping() override;
  void finish() override;

 private:
  struct Asset {
    RunningAsset running;
    std::vector<std::string> needs;
    int64_t started_ms = 0;
    bool active = false, done = false;
  };
  void note(const Event& event);  // under the mutex
  void start(Asset& asset, const Event& event);
  std::string live_lines(int columns, int lines);  // and remembers their widths
  void draw(const std::string& above);
  void tick();
  std::string waits_for(const Asset& asset) const;

  Style style_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::map<std::string, Asset> assets_;
  std::vector<std::string> order_;
  std::vector<size_t> drawn_widths_;  // of the lines below the finished ones, as last drawn
  size_t name_width_ = 12;
  unsigned ticks_ = 0;
  bool stopping_ = false, finished_ = false;
  std::thread ticker_;
};

}  // namespace weir::cli
