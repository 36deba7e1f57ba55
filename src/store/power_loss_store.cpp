#include "store/power_loss_store.h"

#include <map>
#include <mutex>
#include <random>

#include "base/file.h"
#include "store/local_disk.h"

namespace weir::store {

namespace {

struct File {
  std::string bytes;
  uint64_t synced_bytes = 0;
};

// What a name leads to: a file, or (null) a folder.
using Entry = std::shared_ptr<File>;
using Names = std::map<std::string, Entry>;  // by path relative to the root

}  // namespace

class PowerLossStore::Disk final : public DiskGate {
 public:
  Disk(std::filesystem::path root, PowerCut cut) : root_(std::move(root)), cut_(std::move(cut)) {
    if (!std::filesystem::exists(root_)) return;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root_)) {
      const std::string path = entry.path().lexically_relative(root_).string();
      Entry file;
      if (entry.is_regular_file()) {
        file = std::make_shared<File>(File{read_file(entry.path()), 0});
        file->synced_bytes = file->bytes.size();
      }
      durable_[path] = now_[path] = file;
    }
  }

  int pass(const DiskCall& call, const std::function<int(std::string_view)>& perform) override {
    const std::lock_guard lock(mutex_);
    ++calls_;
    if (cut_.at != 0 && calls_ >= cut_.at) off_ = true;
    if (off_) throw Error(ErrorCode::store_io, "the power is off");
    if (cut_.ignored.contains(call.operation)) return 0;
    const int result = perform(call.bytes);
    if (result == 0) remember(call);
    return result;
  }

  uint64_t calls() const { return calls_; }
  bool off() const { return off_; }

  void lose_power(uint64_t seed) {
    const std::lock_guard lock(mutex_);
    off_ = true;
    std::mt19937_64 chance(seed);
    auto kept = [&] { return seed != 0 && chance() % 2 == 0; };
    Names survived = durable_;
    // Each unsettled change of a folder may have reached the disk, or not.
    for (const auto& [path, entry] : now_)
      if (const auto old = durable_.find(path); (old == durable_.end() || old->second != entry) && kept())
        survived[path] = entry;
    for (const auto& [path, entry] : durable_)
      if (!now_.contains(path) && kept()) survived.erase(path);
    materialise(survived, [&](const File& file) {
      const uint64_t unsynced = file.bytes.size() - file.synced_bytes;
      return file.synced_bytes + (seed == 0 || unsynced == 0 ? 0 : chance() % (unsynced + 1));
    });
  }

 private:
  void remember(const DiskCall& call) {
    switch (call.operation) {
      case DiskOperation::create:
        now_[call.path] = std::make_shared<File>();
        break;
      case DiskOperation::make_folder:
        now_[call.path] = nullptr;
        break;
      case DiskOperation::write:
        now_.at(call.path)->bytes += call.bytes;
        break;
      case DiskOperation::sync:
        now_.at(call.path)->synced_bytes = now_.at(call.path)->bytes.size();
        break;
      case DiskOperation::link:
        now_[call.to] = now_.at(call.path);
        break;
      case DiskOperation::rename: {
        Entry moved = now_.at(call.path);
        now_.erase(call.path);
        now_[call.to] = std::move(moved);
        break;
      }
      case DiskOperation::unlink:
        now_.erase(call.path);
        break;
      case DiskOperation::sync_folder:
        settle(call.path);
        break;
    }
  }

  void settle(const std::string& folder) {
    auto is_inside = [&](const auto& named) { return folder_of(named.first) == folder; };
    std::erase_if(durable_, is_inside);
    for (const auto& named : now_)
      if (is_inside(named)) durable_.insert(named);
  }

  void materialise(const Names& names, const std::function<uint64_t(const File&)>& length) const {
    std::filesystem::remove_all(root_);
    std::filesystem::create_directories(root_);
    for (const auto& [path, entry] : names) {  // a folder comes before what is in it
      // What lies in a folder whose own name was lost is lost with it.
      const std::string folder = folder_of(path);
      if (!std::filesystem::is_directory(root_ / folder)) continue;
      if (entry)
        write_file(root_ / path, std::string_view(entry->bytes).substr(0, length(*entry)));
      else
        std::filesystem::create_directory(root_ / path);
    }
  }

  std::filesystem::path root_;
  PowerCut cut_;
  std::mutex mutex_;
  uint64_t calls_ = 0;
  bool off_ = false;
  Names now_, durable_;
};

PowerLossStore::PowerLossStore(const std::filesystem::path& root, PowerCut cut)
    : disk_(std::make_shared<Disk>(root, std::move(cut))), store_(root, disk_) {}
PowerLossStore::~PowerLossStore() = default;
ObjectStore& PowerLossStore::store() { return store_; }
uint64_t PowerLossStore::calls() const { return disk_->calls(); }
bool PowerLossStore::power_is_off() const { return disk_->off(); }
void PowerLossStore::lose_power(uint64_t seed) { disk_->lose_power(seed); }

}  // namespace weir::store
