#include "run/progress_watch.h"

#include <chrono>
#include <cmath>

namespace weir::run {

namespace {

constexpr auto kInterval = std::chrono::milliseconds(200);

int64_t steady_ms() {
  using std::chrono::duration_cast, std::chrono::milliseconds, std::chrono::steady_clock;
  return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

}  // namespace

ProgressWatch::~ProgressWatch() {
  {
    std::scoped_lock guard(mutex_);
    stop_ = true;
  }
  stopped_.notify_all();
  if (thread_.joinable()) thread_.join();
}

std::unique_ptr<ProgressWatch::Watched> ProgressWatch::watch(const std::string& asset, int number,
                                                             const engine::Session& session) {
  std::scoped_lock guard(mutex_);
  int key = next_key_++;
  Entry& entry = entries_[key];
  entry.asset = asset;
  entry.number = number;
  entry.session = &session;
  entry.started_ms = steady_ms();
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  return std::unique_ptr<Watched>(new Watched(*this, key));
}

ProgressWatch::Watched::~Watched() {
  std::scoped_lock guard(watch_.mutex_);
  watch_.entries_.erase(key_);
}

void ProgressWatch::Watched::phase(const std::string& phase) {
  std::scoped_lock guard(watch_.mutex_);
  watch_.entries_.at(key_).phase = phase;
}

void ProgressWatch::Watched::files(int64_t total) {
  std::scoped_lock guard(watch_.mutex_);
  watch_.entries_.at(key_).files_total = total;
}

void ProgressWatch::run() {
  std::unique_lock guard(mutex_);
  while (!stopped_.wait_for(guard, kInterval, [this] { return stop_; })) {
    for (auto& [key, entry] : entries_) tell(entry);
  }
}

void ProgressWatch::look() {
  std::scoped_lock guard(mutex_);
  for (auto& [key, entry] : entries_) tell(entry);
}

void ProgressWatch::tell(Entry& entry) {
  engine::Progress progress = entry.session->progress();
  bool known = progress.fraction >= 0;
  int64_t elapsed_ms = std::max<int64_t>(steady_ms() - entry.started_ms, 1);
  int64_t files_done =
      known ? static_cast<int64_t>(std::floor(progress.fraction * static_cast<double>(entry.files_total))) : 0;
  Json fields = Json::object();
  fields.set("asset", entry.asset).set("phase", entry.phase).set("fraction", known ? progress.fraction : -1.0);
  fields.set("rows", progress.rows_staged).set("rows_per_s", progress.rows_staged * 1000 / elapsed_ms);
  if (entry.files_total > 0) fields.set("files_done", files_done).set("files_total", entry.files_total);
  announcer_.emit("asset.progress", std::move(fields));
  bool in_files = entry.files_total > 0;
  int64_t done = in_files ? files_done : known ? static_cast<int64_t>(std::floor(progress.fraction * 100)) : 0;
  if (entry.phase != "write" || done <= entry.told) return;
  entry.told = done;
  recorder_.progress(entry.asset, entry.number, done, in_files ? entry.files_total : 100,
                     in_files ? "files" : "percent");
}

}  // namespace weir::run
