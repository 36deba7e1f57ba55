// store::open (declared in object_store.h), and the schemes it knows.
#include <cstdlib>
#include <map>

#include "base/file.h"
#include "base/text.h"
#include "store/azure/azure_store.h"
#include "store/fault_store.h"
#include "store/gcs/gcs_store.h"
#include "store/hdfs/hdfs_store.h"
#include "store/local_store.h"
#include "store/memory_store.h"
#include "store/remote_uri.h"
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
    counts.set("order",
               Json::object().set("store", store_->order()).set("disk", disk_->order()).set("state", state_->order()));
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

using OpenRemote = std::unique_ptr<ObjectStore> (*)(const std::string& uri, const remote::Environment&, Clock&);

const std::map<std::string, OpenRemote, std::less<>> remote_schemes = {
    {"s3", s3::open_s3},       {"s3a", s3::open_s3},         {"gs", gcs::open_gcs},
    {"az", azure::open_azure}, {"abfs", azure::open_azure},  {"abfss", azure::open_azure},
    {"hdfs", hdfs::open_hdfs}, {"webhdfs", hdfs::open_hdfs}, {"swebhdfs", hdfs::open_hdfs},
};

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

bool is_remote_uri(std::string_view uri) {
  const size_t colon = uri.find("://");
  return colon != std::string_view::npos && remote_schemes.contains(uri.substr(0, colon));
}

std::shared_ptr<ObjectStore> open(const std::string& uri_or_path) {
  if (uri_or_path.empty()) throw Error(ErrorCode::store_scheme, "an empty path is no place for a store");
  if (uri_or_path.starts_with("memory:")) return std::make_shared<MemoryStore>(uri_or_path.substr(7));
  if (uri_or_path.starts_with("file:")) return faults().local(path_of_file_uri(uri_or_path));
  if (const size_t colon = uri_or_path.find("://"); colon != std::string::npos) {
    const std::string scheme = uri_or_path.substr(0, colon);
    if (const auto known = remote_schemes.find(scheme); known != remote_schemes.end())
      return faults().remote(known->second(uri_or_path, remote::process_environment(), system_clock()));
    throw Error(ErrorCode::store_scheme, "no store for the scheme \"" + scheme + "\" in " + uri_or_path,
                "stores are a local path, file:///path and the URIs that docs/stores.md lists");
  }
  return faults().local(uri_or_path);
}

}  // namespace weir::store
