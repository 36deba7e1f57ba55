#include "cli/progress.h"

#include <mutex>

#include "cli/event_text.h"
#include "cli/live_display.h"

namespace weir::cli {

namespace {

// One line per event.
class LineSink final : public ProgressSink {
 public:
  LineSink(std::FILE* out, bool json) : out_(out), json_(json) {}
  void planned(const std::vector<PlannedAsset>&) override {}
  void emit(const Event& event) override {
    const auto line = json_ ? json_line(event) : plain_line(event);
    if (line) put(*line);
  }
  void stopping() override {
    if (!json_) put("stopping: what commits now is finished first (again to kill)");
  }
  void finish() override {}

 private:
  void put(const std::string& line) {
    const std::lock_guard lock(mutex_);
    std::fputs((line + "\n").c_str(), out_);
    std::fflush(out_);
  }
  static std::optional<std::string> json_line(const Event& event) { return cli::json_line(event); }

  std::mutex mutex_;
  std::FILE* out_;
  bool json_;
};

class SilentSink final : public ProgressSink {
 public:
  void planned(const std::vector<PlannedAsset>&) override {}
  void emit(const Event&) override {}
  void stopping() override {}
  void finish() override {}
};

}  // namespace

std::unique_ptr<ProgressSink> progress_sink(const Terminal& terminal, bool json, bool quiet) {
  if (json) return std::make_unique<LineSink>(stderr, true);
  if (quiet) return std::make_unique<SilentSink>();
  if (terminal.error_is_terminal) return std::make_unique<LiveDisplay>(terminal.error);
  return std::make_unique<LineSink>(stderr, false);
}

}  // namespace weir::cli
