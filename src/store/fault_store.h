// A store that wraps another and misbehaves on demand: the tool of the operation sweep (tests/fault).
//
// Mutating operations are counted from 1: put, put_if_absent, append, finish, remove (remove_all counts each key). A
// plan says at which count what happens:
//   crash        the process dies (_exit 134) before the operation
//   crash_after  it happens, then the process dies
//   fail         Error{store_io} and nothing happened
//   lose_answer  the operation happens, but the caller sees Error{store_unknown}
//   late         Error{store_unknown} now; the operation happens when release_late() is called, at the latest when
//                the store ends (an append never happens: its caller gives up the object)
//   torn         half of the bytes are written to a temporary object and the process dies
//   no_space     Error{store_io} with "no space left on device", from this count on until cleared (remove still works)
//
// In the real binary store::open() reads two environment variables, common to all stores of the process ('disk' to
// local ones):
//   WEIR_FAULT="<kind>@<n>"        at the n-th operation as above
//   WEIR_FAULT="disk:<kind>@<n>"   at the n-th system call of disk_gate.h instead, which is what strace counts
//                                  below the root: crash, crash_after, fail (EIO), lose_answer (done, then EIO),
//                                  torn (half of a write, then the process dies; of other calls as crash), no_space
//   WEIR_FAULT="state:<kind>@<n>"  at the n-th system call of state/fault_vfs.h, by which SQLite changes state.db
//   WEIR_FAULT_COUNT=<file>        the numbers, written at the end of the process:
//                                  {"store":{"total":N,"put":…},"disk":{"total":N,…},"state":{"total":N,…},
//                                   "order":{"store":["append","put",…],"disk":[…],"state":[…]}}
// "total" of "disk" equals the number of those calls in `strace -f -y -e trace=%file,%desc` below the root, each kind
// alike; store "put"+"put_if_absent"+"finish" that place an object equal its "link"+"rename".
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "store/disk_gate.h"
#include "store/object_store.h"

namespace weir::store {

enum class FaultKind { none, crash, crash_after, fail, lose_answer, late, torn, no_space };

struct FaultPlan {
  FaultKind kind = FaultKind::none;
  uint64_t at = 0;                                // 1-based count of mutating operations
  static FaultPlan parse(std::string_view text);  // "lose_answer@17"; throws Error{usage}
};

// Counts operations, and says which of them the plan hits. Shared by the stores of a process. Thread-safe.
class FaultCounter {
 public:
  explicit FaultCounter(FaultPlan plan = {}) : plan_(plan) {}
  struct Turn {
    uint64_t number;
    FaultKind kind;  // what this operation meets
  };
  Turn next(std::string_view verb);
  void set_plan(FaultPlan plan);
  uint64_t total() const { return total_.load(); }
  Json counts() const;  // {"total":3,"put":2,"remove":1}
  Json order() const;   // ["put","remove","put"]

 private:
  mutable std::mutex mutex_;
  FaultPlan plan_;
  std::atomic<uint64_t> total_{0};
  std::map<std::string, int64_t, std::less<>> by_verb_;
  std::vector<std::string_view> order_;  // keys of by_verb_
};

// What WEIR_FAULT wishes for the state database; nullptr if the environment wishes and counts nothing.
std::shared_ptr<FaultCounter> state_faults();

class FaultStore final : public ObjectStore {
 public:
  FaultStore(std::shared_ptr<ObjectStore> inner, FaultPlan plan);
  FaultStore(std::shared_ptr<ObjectStore> inner, std::shared_ptr<FaultCounter> counter);
  ~FaultStore() override;
  std::string read(const std::string& key) override;
  std::string read(const std::string& key, uint64_t offset, uint64_t length) override;
  uint64_t read_into(const std::string& key, uint64_t offset, char* out, uint64_t length) override;
  std::unique_ptr<ObjectReader> open_read(const std::string& key) override;
  std::optional<ObjectInfo> head(const std::string& key) override;
  void list_from(const std::string& prefix, const std::string& start_after,
                 const std::function<bool(const ObjectInfo&)>& visit) override;
  std::vector<std::string> list_folders(const std::string& prefix) override;
  void put(const std::string& key, std::string_view bytes) override;
  PutResult put_if_absent(const std::string& key, std::string_view bytes) override;
  std::unique_ptr<ObjectWriter> open_write(const std::string& key) override;
  void remove(const std::string& key) override;
  size_t remove_empty_folders(const std::string& prefix, const std::function<bool(std::string_view)>& wanted) override {
    return inner_->remove_empty_folders(prefix, wanted);
  }
  size_t remove_unfinished(const std::string& prefix, int64_t older_than_ms) override {
    return inner_->remove_unfinished(prefix, older_than_ms);
  }
  void make_durable(const std::string& key) override;
  std::string uri() const override { return inner_->uri(); }
  bool has_put_if_absent() const override { return inner_->has_put_if_absent(); }
  bool is_remote() const override { return inner_->is_remote(); }

  uint64_t operations() const { return counter_->total(); }
  void set_plan(FaultPlan plan) { counter_->set_plan(plan); }
  void release_late();
  // Called at each mutating operation with its number, verb and key: the trace of a run. Set it before the first
  // operation.
  std::function<void(uint64_t, std::string_view verb, const std::string& key)> trace;

 private:
  friend class FaultWriter;
  // Runs one operation as the plan has it. `half` does half of it; `late` is kept for release_late.
  void act(std::string_view verb, const std::string& key, const std::function<void()>& whole,
           const std::function<void()>& half, std::function<void()> late);
  std::shared_ptr<ObjectStore> inner_;
  std::shared_ptr<FaultCounter> counter_;
  std::mutex mutex_;
  std::vector<std::function<void()>> late_;
};

// The same at the level of system calls; give it to LocalStore.
class FaultGate final : public DiskGate {
 public:
  explicit FaultGate(std::shared_ptr<FaultCounter> counter) : counter_(std::move(counter)) {}
  int pass(const DiskCall& call, const std::function<int(std::string_view bytes)>& perform) override;

 private:
  std::shared_ptr<FaultCounter> counter_;
};

}  // namespace weir::store
