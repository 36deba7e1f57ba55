// Writing an object of unknown length: Put Blob while it is small, else blocks and a block list.
#pragma once

#include "store/azure/container.h"
#include "store/remote/part_writer.h"

namespace weir::store::azure {

// Sends `bytes` as the whole object; with `only_if_absent` once if it may have been carried out.
http::Outcome send_blob(Container& container, const std::string& key, std::string_view bytes, bool only_if_absent);
// Repeatable. Throws Error{store_unknown} if it may have happened.
void put_blob(Container& container, const std::string& key, std::string_view bytes);

class AzureWriter final : public remote::PartWriter {
 public:
  // The container must outlive the writer.
  AzureWriter(Container& container, std::string key) : container_(container), key_(std::move(key)) {}
  ~AzureWriter() override { abort(); }

 private:
  uint64_t part_bytes(size_t number) const override;
  void put_whole(std::string_view bytes) override { put_blob(container_, key_, bytes); }
  void begin() override;
  void send_part(std::string_view bytes) override;
  void complete(std::string_view rest) override;
  void discard() noexcept override {}  // blocks that no list names are never seen and are gone after a week

  Container& container_;
  std::string key_;
  std::string upload_;  // part of the names of its blocks, which those of another writer of the key must not share
  std::vector<std::string> block_ids_;
};

}  // namespace weir::store::azure
