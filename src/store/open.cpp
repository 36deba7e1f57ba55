// store::open (declared in object_store.h).
#include <cstdlib>

#include "base/file.h"
#include "base/text.h"
#include "store/fault_store.h"
#include "store/local_store.h"
#include "store/memory_store.h"
#include "store/s3/s3_store.h"

namespace weir::store {

namespace {

// The wishes of WEIR_FAULT and WEIR_FAULT_COUNT, common to all stores of the process.
class Faults {
 public:
  Faults() {
    const char* wish = std::getenv("WEIR_FAULT");
    const std::string_view text = wish ? wish : "";
    const bool disk = text.starts_with("disk:"), state = text.starts_with("state:");
    const FaultPlan plan = text.empty() ? FaultPlan{} : FaultPlan::parse(text.substr(disk ? 5 : state ? 6 : 0));
    (disk ? disk_ : state ? state_ : store_)->set_plan(plan);
    if ((disk || state) && plan.kind == FaultKind::late)
      throw Error(ErrorCode::usage, "a system call cannot be late: \"" + std::string(text) + "\"");
    if (const char* file = std::getenv("WEIR_FAULT_COUNT")) file_ = file;
    asked_ = !text.empty() || !file_.empty();
  }
  ~Faults() {
    if (file_.empty()) return;
    Json counts = Json::object();
    counts.set("store", store_->counts()).set("disk", disk_->counts()).set("state", state_->counts());
    try {
      write_file(file_, counts.dump());
    } catch (const Error& error) {
      std::fprintf(stderr, "%s\n", error.what());
    }
  }
  Faults(const Faults&) = delete;
  Faults& operator=(const Faults&) = delete;

  std::shared_ptr<ObjectStore> local(const std::filesystem::path& root) const {
    if (!asked_) return std::make_shared<LocalStore>(root);
    return std::make_shared<FaultStore>(std::make_shared<LocalStore>(root, std::make_shared<FaultGate>(disk_)), store_);
  }
  std::shared_ptr<ObjectStore> remote(std::shared_ptr<ObjectStore> store) const {
    return asked_ ? std::make_shared<FaultStore>(std::move(store), store_) : store;
  }
  std::shared_ptr<FaultCounter> state() const { return asked_ ? state_ : nullptr; }

 private:
  std::shared_ptr<FaultCounter> store_ = std::make_shared<FaultCounter>();
  std::shared_ptr<FaultCounter> disk_ = std::make_shared<FaultCounter>();
  std::shared_ptr<FaultCounter> state_ = std::make_shared<FaultCounter>();
  std::string file_;
  bool asked_ = false;
};

const Faults& faults() {
  static const Faults of_the_process;
  return of_the_process;
}

Clock& system_clock() {
  static SystemClock without_state;
  return without_state;
}

std::string path_of_file_uri(std::string_view uri) {
  std::string_view rest = uri.substr(std::string_view("file:").size());
  if (rest.starts_with("//")) {
    rest.remove_prefix(2);
    if (rest.starts_with("localhost/")) rest.remove_prefix(std::string_view("localhost").size());
  }
  if (!rest.starts_with('/'))
    throw Error(ErrorCode::store_scheme, "not the URI of a local folder: " + std::string(uri), "write file:///path");
  return percent_decode(rest);
}

}  // namespace

std::shared_ptr<FaultCounter> state_faults() { return faults().state(); }

std::shared_ptr<ObjectStore> open(const std::string& uri_or_path) {
  if (uri_or_path.empty()) throw Error(ErrorCode::store_scheme, "an empty path is no place for a store");
  if (uri_or_path.starts_with("memory:")) return std::make_shared<MemoryStore>(uri_or_path.substr(7));
  if (uri_or_path.starts_with("file:")) return faults().local(path_of_file_uri(uri_or_path));
  if (uri_or_path.starts_with("s3://") || uri_or_path.starts_with("s3a://"))
    return faults().remote(s3::open_s3(uri_or_path, s3::process_environment(), system_clock()));
  if (const size_t scheme = uri_or_path.find("://"); scheme != std::string::npos)
    throw Error(ErrorCode::store_scheme,
                "no store for the scheme \"" + uri_or_path.substr(0, scheme) + "\" in " + uri_or_path,
                "stores are a local path, file:///path and s3://bucket/folder");
  return faults().local(uri_or_path);
}

}  // namespace weir::store
