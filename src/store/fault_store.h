// A store that wraps another and misbehaves on demand: the tool of the operation sweep (tests/fault).
//
// Mutating operations (put, put_if_absent, open_write's finish, remove, and each append) are counted from 1. A Plan says at
// which count what happens:
//   crash        the process dies (_exit 134) before the operation
//   crash_after  it happens, then the process dies
//   fail         Error{store_io} and nothing happened
//   lose_answer  the operation happens, but the caller sees Error{store_unknown}
//   late         Error{store_unknown} now; the operation happens when release_late() is called
//   torn         half of the bytes are written to a temporary object and the process dies
//   no_space     Error{store_io} with "no space left on device", from this count on until cleared
// The environment variable WEIR_FAULT="<kind>@<n>" installs a plan in the real binary, WEIR_FAULT_COUNT=<file> makes it
// write the number of operations at exit.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>

#include "store/object_store.h"

namespace weir::store {

enum class FaultKind { none, crash, crash_after, fail, lose_answer, late, torn, no_space };

struct FaultPlan {
  FaultKind kind = FaultKind::none;
  uint64_t at = 0;  // 1-based count of mutating operations
  static FaultPlan parse(std::string_view text);  // "lose_answer@17"
};

class FaultStore final : public ObjectStore {
 public:
  FaultStore(std::shared_ptr<ObjectStore> inner, FaultPlan plan);
  ~FaultStore() override;
  std::string read(const std::string& key) override;
  std::string read(const std::string& key, uint64_t offset, uint64_t length) override;
  uint64_t read_into(const std::string& key, uint64_t offset, char* out, uint64_t length) override;
  std::optional<ObjectInfo> head(const std::string& key) override;
  void list_from(const std::string& prefix, const std::string& start_after,
                 const std::function<bool(const ObjectInfo&)>& visit) override;
  std::vector<std::string> list_folders(const std::string& prefix) override;
  void put(const std::string& key, std::string_view bytes) override;
  PutResult put_if_absent(const std::string& key, std::string_view bytes) override;
  std::unique_ptr<ObjectWriter> open_write(const std::string& key) override;
  void remove(const std::string& key) override;
  std::string uri() const override { return inner_->uri(); }
  bool has_put_if_absent() const override { return inner_->has_put_if_absent(); }

  uint64_t operations() const { return count_.load(); }
  void set_plan(FaultPlan plan);
  void release_late();
  // Called at each mutating operation with its number, verb and key: the trace of a run.
  std::function<void(uint64_t, std::string_view verb, const std::string& key)> trace;

 private:
  friend class FaultWriter;
  enum class Fate { normal, lose_answer, late };
  Fate before(std::string_view verb, const std::string& key, const std::function<void()>& half);
  void after();
  std::shared_ptr<ObjectStore> inner_;
  std::mutex mutex_;
  FaultPlan plan_;
  std::atomic<uint64_t> count_{0};
  bool crash_after_ = false;
  std::vector<std::function<void()>> late_;
};

}  // namespace weir::store
