#include "plan/batch_ledger.h"

#include <algorithm>

#include "base/time.h"
#include "project/fingerprint.h"

namespace weir::plan {

using project::BatchSize;
using project::Microbatch;
using project::TimeWindow;

namespace {

// What a manifest without a ledger is taken to hold ends here.
int64_t presumed_end(const lake::publish::Manifest& head, BatchSize size, int64_t now_us) {
  const auto until_us = parse_iso_us(std::string(project::split_code(head.code).batches));
  return project::offset_batch(until_us ? *until_us : project::ceil_time(now_us, size), size, -1);
}

}  // namespace

BatchLedger BatchLedger::of(const lake::publish::Manifest& head, const Microbatch& config, int64_t now_us) {
  BatchLedger out;
  const Json* list = head.cursor_after.find("batches");
  if (list == nullptr) {
    out.add(
        {project::truncate_time(config.begin_us, config.batch_size), presumed_end(head, config.batch_size, now_us)});
    return out;
  }
  const auto damaged = [&] {
    return Error(ErrorCode::manifest_damaged,
                 "the cursor of " + head.asset + " tells no batches: " + head.cursor_after.dump());
  };
  if (!list->is_array()) throw damaged();
  for (const Json& window : list->as_array()) {
    if (!window.is_array() || window.size() != 2) throw damaged();
    std::optional<int64_t> times[2];
    for (size_t i = 0; i < 2; i++)
      if (const Json& text = window.as_array()[i]; text.is_string()) times[i] = parse_iso_us(text.as_string());
    if (!times[0] || !times[1]) throw damaged();
    out.add({*times[0], *times[1]});
  }
  return out;
}

void BatchLedger::add(const TimeWindow& window) {
  if (window.start_us >= window.end_us) return;
  TimeWindow whole = window;
  std::erase_if(held_, [&whole](const TimeWindow& other) {
    if (other.end_us < whole.start_us || other.start_us > whole.end_us) return false;
    whole = {std::min(whole.start_us, other.start_us), std::max(whole.end_us, other.end_us)};
    return true;
  });
  held_.insert(std::upper_bound(held_.begin(), held_.end(), whole), whole);
}

void BatchLedger::remove(const TimeWindow& window) {
  std::vector<TimeWindow> left;
  for (const TimeWindow& one : held_) {
    const TimeWindow before{one.start_us, std::min(one.end_us, window.start_us)};
    const TimeWindow after{std::max(one.start_us, window.end_us), one.end_us};
    if (before.start_us < before.end_us) left.push_back(before);
    if (after.start_us < after.end_us) left.push_back(after);
  }
  held_ = std::move(left);
}

std::vector<TimeWindow> BatchLedger::missing(int64_t start_us, int64_t end_us, BatchSize size) const {
  std::vector<TimeWindow> out;
  auto held = held_.begin();
  for (const TimeWindow& batch : project::batches_between(start_us, end_us, size)) {
    while (held != held_.end() && held->end_us <= batch.start_us) ++held;
    const bool whole = held != held_.end() && held->start_us <= batch.start_us && held->end_us >= batch.end_us;
    if (!whole) out.push_back(batch);
  }
  return out;
}

Json BatchLedger::cursor() const {
  Json list = Json::array();
  for (const TimeWindow& one : held_)
    list.push_back(Json(Json::Array{project::time_iso(one.start_us), project::time_iso(one.end_us)}));
  return Json::object().set("batches", std::move(list));
}

std::vector<TimeWindow> missing_batches(const Microbatch& config, const BatchLedger& ledger, int64_t now_us) {
  return ledger.missing(project::truncate_time(config.begin_us, config.batch_size),
                        project::truncate_time(now_us, config.batch_size), config.batch_size);
}

std::vector<TimeWindow> due_batches(const Microbatch& config, const BatchLedger& ledger, int64_t now_us) {
  const int64_t end_us = project::ceil_time(now_us, config.batch_size);
  // The newest batch ends at end_us: it is one before.
  const int64_t newest_us = project::offset_batch(end_us, config.batch_size, -config.lookback - 1);
  std::vector<TimeWindow> out = missing_batches(config, ledger, now_us);
  std::erase_if(out, [&](const TimeWindow& batch) { return batch.start_us >= newest_us; });
  const auto newest = project::batches_between(newest_us, end_us, config.batch_size);
  out.insert(out.end(), newest.begin(), newest.end());
  return out;
}

std::string batches_text(const std::vector<TimeWindow>& batches, BatchSize size) {
  if (batches.empty()) return "no batch";
  const auto name = [size](const TimeWindow& batch) { return project::batch_name(batch.start_us, size); };
  if (batches.size() == 1) return name(batches.front());
  return std::to_string(batches.size()) + " batches, " + name(batches.front()) + " to " + name(batches.back());
}

}  // namespace weir::plan
