#include "store/fault_store.h"

#include <unistd.h>

#include <array>

#include "base/text.h"

namespace weir::store {

namespace {

[[noreturn]] void die() { _exit(134); }

[[noreturn]] void unknown(std::string_view verb, const std::string& key) {
  throw Error(ErrorCode::store_unknown, "no answer to " + std::string(verb) + " of " + key + " (injected)",
              "run again: weir looks at what has arrived");
}

[[noreturn]] void io(std::string_view verb, const std::string& key, std::string_view cause) {
  throw Error(ErrorCode::store_io,
              "cannot " + std::string(verb) + " " + key + ": " + std::string(cause) + " (injected)",
              cause.starts_with("no space") ? "free some space on that disk and run again" : "run again");
}

}  // namespace

FaultPlan FaultPlan::parse(std::string_view text) {
  constexpr std::array<std::string_view, 8> names = {"none",        "crash", "crash_after", "fail",
                                                     "lose_answer", "late",  "torn",        "no_space"};
  const size_t at = text.find('@');
  const auto count = at == std::string_view::npos ? std::nullopt : parse_int(text.substr(at + 1));
  for (size_t i = 0; i < names.size(); ++i)
    if (names[i] == text.substr(0, at) && count && *count > 0)
      return {static_cast<FaultKind>(i), static_cast<uint64_t>(*count)};
  throw Error(ErrorCode::usage, "not a fault plan: \"" + std::string(text) + "\"",
              "it is <kind>@<n> with a kind of " + join({names.begin() + 1, names.end()}, ", "));
}

FaultCounter::Turn FaultCounter::next(std::string_view verb) {
  const std::lock_guard lock(mutex_);
  const uint64_t number = ++total_;
  auto slot = by_verb_.find(verb);
  if (slot == by_verb_.end()) slot = by_verb_.emplace(verb, 0).first;
  ++slot->second;
  order_.emplace_back(slot->first);
  const bool freeing = verb == "remove" || verb == "unlink";
  const bool hit = plan_.kind == FaultKind::no_space ? number >= plan_.at && !freeing : number == plan_.at;
  return {number, hit ? plan_.kind : FaultKind::none};
}

void FaultCounter::set_plan(FaultPlan plan) {
  const std::lock_guard lock(mutex_);
  plan_ = plan;
}

Json FaultCounter::counts() const {
  const std::lock_guard lock(mutex_);
  Json counts = Json::object();
  counts.set("total", static_cast<int64_t>(total_.load()));
  for (const auto& [verb, count] : by_verb_) counts.set(verb, count);
  return counts;
}

Json FaultCounter::order() const {
  const std::lock_guard lock(mutex_);
  Json order = Json::array();
  for (const std::string_view verb : order_) order.push_back(std::string(verb));
  return order;
}

// An object being written; each append and the finish are operations.
class FaultWriter final : public ObjectWriter {
 public:
  FaultWriter(FaultStore& store, std::string key, std::unique_ptr<ObjectWriter> inner)
      : store_(store), key_(std::move(key)), inner_(std::move(inner)) {}

  void append(std::string_view bytes) override {
    store_.act(
        "append", key_, [&] { inner_->append(bytes); }, [&] { inner_->append(bytes.substr(0, bytes.size() / 2)); },
        [] {});
  }
  uint64_t size() const override { return inner_->size(); }
  void finish() override {
    given_away_ = true;  // a late finish must survive the abort of a caller that heard no answer
    store_.act(
        "finish", key_, [&] { inner_->finish(); }, [] {}, [writer = inner_] { writer->finish(); });
  }
  void abort() noexcept override {
    if (!given_away_) inner_->abort();
  }

 private:
  FaultStore& store_;
  std::string key_;
  std::shared_ptr<ObjectWriter> inner_;  // shared with a late finish
  bool given_away_ = false;
};

FaultStore::FaultStore(std::shared_ptr<ObjectStore> inner, FaultPlan plan)
    : FaultStore(std::move(inner), std::make_shared<FaultCounter>(plan)) {}

FaultStore::FaultStore(std::shared_ptr<ObjectStore> inner, std::shared_ptr<FaultCounter> counter)
    : inner_(std::move(inner)), counter_(std::move(counter)) {}

FaultStore::~FaultStore() {
  try {
    release_late();
  } catch (...) {  // a late operation that fails is one that never happened
  }
}

void FaultStore::act(std::string_view verb, const std::string& key, const std::function<void()>& whole,
                     const std::function<void()>& half, std::function<void()> late) {
  const auto turn = counter_->next(verb);
  if (trace) trace(turn.number, verb, key);
  switch (turn.kind) {
    case FaultKind::none:
      whole();
      return;
    case FaultKind::crash:
      die();
    case FaultKind::crash_after:
      whole();
      die();
    case FaultKind::torn:
      half();
      die();
    case FaultKind::fail:
      io(verb, key, "input/output error");
    case FaultKind::no_space:
      io(verb, key, "no space left on device");
    case FaultKind::lose_answer:
      whole();
      unknown(verb, key);
    case FaultKind::late: {
      const std::lock_guard lock(mutex_);
      late_.push_back(std::move(late));
      break;
    }
  }
  unknown(verb, key);
}

void FaultStore::release_late() {
  std::vector<std::function<void()>> late;
  {
    const std::lock_guard lock(mutex_);
    late.swap(late_);
  }
  for (const auto& operation : late) operation();
}

void FaultStore::put(const std::string& key, std::string_view bytes) {
  // The temporary object of a torn put stays behind: nobody aborts it in a process that dies.
  auto half = [&] { inner_->open_write(key).release()->append(bytes.substr(0, bytes.size() / 2)); };
  act(
      "put", key, [&] { inner_->put(key, bytes); }, half,
      [inner = inner_, key, copy = std::string(bytes)] { inner->put(key, copy); });
}

PutResult FaultStore::put_if_absent(const std::string& key, std::string_view bytes) {
  PutResult result = PutResult::done;
  auto half = [&] { inner_->open_write(key).release()->append(bytes.substr(0, bytes.size() / 2)); };
  act(
      "put_if_absent", key, [&] { result = inner_->put_if_absent(key, bytes); }, half,
      [inner = inner_, key, copy = std::string(bytes)] { inner->put_if_absent(key, copy); });
  return result;
}

std::unique_ptr<ObjectWriter> FaultStore::open_write(const std::string& key) {
  return std::make_unique<FaultWriter>(*this, key, inner_->open_write(key));
}

void FaultStore::remove(const std::string& key) {
  act(
      "remove", key, [&] { inner_->remove(key); }, [] {}, [inner = inner_, key] { inner->remove(key); });
}

void FaultStore::make_durable(const std::string& key) { inner_->make_durable(key); }
std::string FaultStore::read(const std::string& key) { return inner_->read(key); }
std::string FaultStore::read(const std::string& key, uint64_t offset, uint64_t length) {
  return inner_->read(key, offset, length);
}
uint64_t FaultStore::read_into(const std::string& key, uint64_t offset, char* out, uint64_t length) {
  return inner_->read_into(key, offset, out, length);
}
std::unique_ptr<ObjectReader> FaultStore::open_read(const std::string& key) { return inner_->open_read(key); }
std::optional<ObjectInfo> FaultStore::head(const std::string& key) { return inner_->head(key); }
void FaultStore::list_from(const std::string& prefix, const std::string& start_after,
                           const std::function<bool(const ObjectInfo&)>& visit) {
  inner_->list_from(prefix, start_after, visit);
}
std::vector<std::string> FaultStore::list_folders(const std::string& prefix) { return inner_->list_folders(prefix); }

int FaultGate::pass(const DiskCall& call, const std::function<int(std::string_view)>& perform) {
  switch (counter_->next(name(call.operation)).kind) {
    case FaultKind::crash:
      die();
    case FaultKind::crash_after:
      perform(call.bytes);
      die();
    case FaultKind::torn:
      if (call.operation == DiskOperation::write) perform(call.bytes.substr(0, call.bytes.size() / 2));
      die();
    case FaultKind::fail:
      return EIO;
    case FaultKind::lose_answer:
      perform(call.bytes);
      return EIO;
    case FaultKind::no_space:
      return ENOSPC;
    default:
      return perform(call.bytes);
  }
}

}  // namespace weir::store
