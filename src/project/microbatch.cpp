#include "project/microbatch.h"

#include <algorithm>

#include "base/time.h"

namespace weir::project {

namespace {

class Reader {
 public:
  Reader(const Node& node, const Span& span) : node_(node), span_(span) {}
  const Json* find(const char* key) const {
    const Json* found = node_.config->all.find(key);
    return found && !found->is_null() ? found : nullptr;
  }
  [[noreturn]] void fail(const std::string& what) const {
    throw Error(ErrorCode::bad_config, "microbatch model " + node_.name + " " + what).with_span(span_);
  }
  std::string text(const char* key, const std::string& what) const {
    const Json* found = find(key);
    if (!found || !found->is_string() || found->as_string().empty()) fail("needs " + std::string(key) + ": " + what);
    return found->as_string();
  }

 private:
  const Node& node_;
  const Span& span_;
};

}  // namespace

std::optional<Microbatch> microbatch_config(const Node& node, const Span& span) {
  const bool wanted = node.type == ResourceType::model && node.config->enabled &&
                      node.config->materialized == "incremental" && node.config->incremental_strategy == "microbatch";
  if (!wanted) return std::nullopt;
  const Reader read(node, span);
  Microbatch out;
  out.event_time = read.text("event_time", "the column that says when a row happened");
  const std::string begin = read.text("begin", "the time of its first batch, e.g. '2026-01-01'");
  const auto begin_us = parse_iso_us(begin);
  if (!begin_us) read.fail("has begin: \"" + begin + "\", which is no time");
  out.begin_us = *begin_us;
  const std::string size = read.text("batch_size", "hour, day, month or year");
  const auto batch_size = parse_batch_size(size);
  if (!batch_size) read.fail("has batch_size: " + size + "; it may be hour, day, month or year");
  out.batch_size = *batch_size;
  if (const Json* lookback = read.find("lookback")) {
    if (!lookback->is_int()) read.fail("has lookback: " + lookback->dump() + ", which is no whole number");
    out.lookback = static_cast<int>(std::clamp<int64_t>(lookback->as_int(), -1'000'000, 1'000'000));
  }
  if (const Json* concurrent = read.find("concurrent_batches")) {
    if (!concurrent->is_bool()) read.fail("has concurrent_batches: " + concurrent->dump() + "; it is true or false");
    out.concurrent_batches = concurrent->as_bool();
  }
  return out;
}

bool reads_itself(const tmpl::Template& file) {
  const auto& names = file.called_names();
  return std::any_of(names.begin(), names.end(),
                     [](const std::string& name) { return name == "this" || name.starts_with("this."); });
}

}  // namespace weir::project
