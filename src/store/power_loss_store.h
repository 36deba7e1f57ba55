// A LocalStore on a disk that loses power: what was not made durable by fsync is forgotten.
//
// It writes to the real folder and remembers beside, call by call (disk_gate.h), what a disk is obliged to hold: a
// file's bytes after fsync of the file, a name after fsync of its folder. lose_power() makes the folder look like that
// again. As a file system may have written more than it had to, a seed other than 0 keeps some of the rest, by chance:
// each unsettled change of a folder, and a part of each file's unsynced bytes. Use it from one thread at a time.
//
//   PowerLossStore disk(folder, {.at = 17});           // power goes at the 17th system call that changes the disk
//   try { run(disk.store()); } catch (const Error&) {}
//   disk.lose_power(seed);
//   run(LocalStore(folder));                           // must find every promise kept
#pragma once

#include <filesystem>
#include <memory>
#include <set>

#include "store/local_store.h"

namespace weir::store {

struct PowerCut {
  uint64_t at =
      0;  // 1-based count of calls; this one and all later ones do nothing and throw Error{store_io}. 0 = never
  std::set<DiskOperation> ignored;  // kinds of calls that the disk claims to have done and has not: a disk that lies
};

class PowerLossStore {
 public:
  // What the folder holds now counts as durable.
  explicit PowerLossStore(const std::filesystem::path& root, PowerCut cut = {});
  ~PowerLossStore();
  ObjectStore& store();
  uint64_t calls() const;  // so far
  bool power_is_off() const;
  void lose_power(uint64_t seed = 0);  // may be called at any time; all later calls throw

 private:
  class Disk;
  std::shared_ptr<Disk> disk_;
  LocalStore store_;
};

}  // namespace weir::store
