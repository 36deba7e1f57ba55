// Files get their content under a name that nobody sees and are then renamed, which the namenode does at once or not at
// all: so a file is there with all of its bytes or is not there.
#pragma once

#include <string>
#include <string_view>

#include "store/hdfs/namenode.h"
#include "store/remote/part_writer.h"

namespace weir::store::hdfs {

enum class Placed {
  done,
  exists,      // only with Place::if_absent
  not_placed,  // surely, and it will not happen any more; the file under the old name is gone
};
enum class Place { replacing, if_absent };

// Renames `from` (a name of ours) to the key's path. A lost answer is resolved by looking: whether the old name is
// still there tells whether it happened. Throws Error{store_unknown} if that cannot be told either.
Placed place(Namenode& namenode, const std::string& from, const std::string& key, Place how);

// Writes the object as a whole, resolving lost answers. Gives `done` or `exists`.
Placed put_file(Namenode& namenode, const std::string& key, std::string_view bytes, Place how);

// Small files as put_file; large ones in parts, which are joined (CONCAT) and renamed.
class HdfsWriter final : public remote::PartWriter {
 public:
  // The namenode must outlive the writer.
  HdfsWriter(Namenode& namenode, std::string key) : namenode_(namenode), key_(std::move(key)) {}
  ~HdfsWriter() override { abort(); }

 private:
  uint64_t part_bytes(size_t) const override { return namenode_.config().part_bytes; }
  void put_whole(std::string_view bytes) override { put_file(namenode_, key_, bytes, Place::replacing); }
  void begin() override;
  void send_part(std::string_view bytes) override;
  void complete(std::string_view rest) override;
  void discard() noexcept override { namenode_.discard(folder_, true); }
  void join_parts();

  Namenode& namenode_;
  std::string key_;
  std::string folder_;  // of the parts
  std::vector<std::string> parts_;
};

}  // namespace weir::store::hdfs
