#include "cli/live_display.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "base/text.h"
#include "base/time.h"
#include "cli/text_width.h"

namespace weir::cli {

namespace {

constexpr auto redraw_every = std::chrono::milliseconds(100);
constexpr size_t widest_name = 40;

int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

void write_all(const std::string& text) {
  std::fflush(stderr);
  for (size_t done = 0; done < text.size();) {
    const ssize_t n = write(STDERR_FILENO, text.data() + done, text.size() - done);
    if (n <= 0) return;  // the terminal is gone: the run goes on
    done += static_cast<size_t>(n);
  }
}

double fraction_of(const Event& event) {
  const Json* value = event.fields.find("fraction");
  return value && value->is_number() ? value->as_double() : -1;
}

bool ends_asset(const std::string& name) {
  return name == "asset.published" || name == "asset.up_to_date" || name == "asset.held_back" ||
         name == "asset.failed" || name == "asset.skipped" || name == "asset.cancelled";
}

}  // namespace

LiveDisplay::LiveDisplay(Style style) : style_(style) {
  ticker_ = std::thread([this] { tick(); });
}

LiveDisplay::~LiveDisplay() {
  finish();
  ticker_.join();
}

void LiveDisplay::planned(const std::vector<PlannedAsset>& assets) {
  const std::lock_guard lock(mutex_);
  for (const auto& planned : assets) {
    Asset asset;
    asset.running.asset = planned.asset;
    asset.running.kind = planned.kind;
    asset.running.checks = planned.checks;
    asset.needs = planned.needs;
    name_width_ = std::max(name_width_, std::min(text_width(planned.asset), widest_name));
    if (assets_.emplace(planned.asset, std::move(asset)).second) order_.push_back(planned.asset);
  }
}

void LiveDisplay::emit(const Event& event) {
  const std::lock_guard lock(mutex_);
  if (finished_) return;
  note(event);
  const auto columns = static_cast<size_t>(screen_of(STDERR_FILENO).columns);
  if (const auto text = finished_text(event, name_width_, columns, style_)) draw(*text);
}

void LiveDisplay::note(const Event& event) {
  const std::string name = event.text("asset");
  if (name.empty()) return;
  const auto found = assets_.find(name);
  if (event.name == "asset.started") {
    if (found == assets_.end()) order_.push_back(name);
    start(assets_[name], event);
  }
  if (found == assets_.end()) return;
  Asset& asset = found->second;
  if (ends_asset(event.name)) {
    asset.active = false;
    asset.done = true;
  }
  if (event.name != "asset.progress") return;
  RunningAsset& running = asset.running;
  running.phase = event.text("phase");
  running.fraction = fraction_of(event);
  running.rows = event.number("rows");
  running.rows_per_s = event.number("rows_per_s");
  running.files_done = event.number("files_done");
  running.files_total = event.number("files_total");
}

void LiveDisplay::start(Asset& asset, const Event& event) {
  const int64_t checks = asset.running.checks;
  asset.running = {};
  asset.running.asset = event.text("asset");
  asset.running.kind = event.text("kind");
  asset.running.checks = checks;
  asset.started_ms = now_ms();
  asset.active = true;
  asset.done = false;
}

std::string LiveDisplay::waits_for(const Asset& asset) const {
  std::string names;
  int more = 0;
  for (const auto& need : asset.needs) {
    const auto found = assets_.find(need);
    if (found == assets_.end() || found->second.done) continue;
    if (names.empty())
      names = need;
    else
      ++more;
  }
  return more > 0 ? fmt::format("{} and {} more", names, more) : names;
}

std::string LiveDisplay::live_lines(int columns, int lines) {
  std::vector<std::string> shown;
  size_t hidden = 0;
  const auto room = static_cast<size_t>(std::max(lines - 3, 1));
  const auto add = [&](std::string line) {
    if (shown.size() < room)
      shown.push_back(std::move(line));
    else
      ++hidden;
  };
  for (const auto& name : order_) {
    Asset& asset = assets_.at(name);
    if (!asset.active) continue;
    asset.running.elapsed_ms = now_ms() - asset.started_ms;
    add(" " + style_.cyan(style_.spinner(ticks_)) + " " + running_text(asset.running, name_width_, style_));
  }
  for (const auto& name : order_) {
    const Asset& asset = assets_.at(name);
    if (asset.active || asset.done) continue;
    const std::string needs = waits_for(asset);
    add("   " + pad_right(name, name_width_) + "  " +
        style_.dim(needs.empty() ? "waits for its turn" : "waits for " + needs));
  }
  if (hidden > 0) shown.push_back("   " + style_.dim(fmt::format("{} {} more", style_.ellipsis(), hidden)));
  if (stopping_) shown.push_back(style_.yellow("stopping: what commits now is finished first (again to kill)"));
  std::string text;
  drawn_widths_.clear();
  for (const auto& line : shown) {
    const std::string fitting = cut(line, static_cast<size_t>(std::max(columns - 1, 1)), style_.ellipsis());
    drawn_widths_.push_back(text_width(fitting));
    text += fitting + "\x1b[K\n";
  }
  return text;
}

// Goes back to the first live line, writes what stays and the live lines anew, and wipes what is left below. A window
// that became narrower has folded the old lines: they take more rows now.
void LiveDisplay::draw(const std::string& above) {
  const Screen screen = screen_of(STDERR_FILENO);
  const auto columns = static_cast<size_t>(std::max(screen.columns, 1));
  size_t rows = 0;
  for (const size_t width : drawn_widths_) rows += std::max<size_t>(1, (width + columns - 1) / columns);
  std::string text;
  if (rows > 0) text += fmt::format("\x1b[{}A", rows);
  text += "\r";
  text += replace_all(above, "\n", "\x1b[K\n");
  text += live_lines(screen.columns, screen.lines);
  text += "\x1b[J";
  write_all(text);
}

void LiveDisplay::tick() {
  std::unique_lock lock(mutex_);
  while (!finished_) {
    wake_.wait_for(lock, redraw_every);
    if (finished_) return;
    ++ticks_;
    const bool anything = std::any_of(assets_.begin(), assets_.end(), [](const auto& a) { return a.second.active; });
    if (anything || !drawn_widths_.empty()) draw("");
  }
}

void LiveDisplay::stopping() {
  const std::lock_guard lock(mutex_);
  if (finished_) return;
  stopping_ = true;
  draw("");
}

void LiveDisplay::finish() {
  const std::lock_guard lock(mutex_);
  if (finished_) return;
  const bool drawn = !drawn_widths_.empty();
  for (auto& [name, asset] : assets_) asset.active = false, asset.done = true;
  stopping_ = false;
  if (drawn) draw("");
  finished_ = true;
  wake_.notify_all();
}

}  // namespace weir::cli
