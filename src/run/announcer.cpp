#include "run/events.h"

namespace weir::run {

void Announcer::emit(std::string name, Json fields) const {
  if (sink_ == nullptr) return;
  Event event;
  event.name = std::move(name);
  event.time_ms = clock_.now_ms();
  event.fields = Json::object().set("run", run_);
  for (auto& [key, value] : fields.as_object()) event.fields.set(key, std::move(value));
  sink_->emit(event);
}

void Announcer::note(const std::string& asset, const project::LogLine& line) const {
  Json fields = Json::object().set("asset", asset).set("message", line.text);
  if (line.warns) fields.set("warns", true);
  emit("asset.note", std::move(fields));
}

std::function<void(const project::LogLine& line, bool told)> details_for(StepWatcher* watcher) {
  if (watcher == nullptr) return {};
  return [watcher](const project::LogLine& line, bool told) {
    if (!told) watcher->noted(line);
  };
}

}  // namespace weir::run
