// Writing an object of unknown length in bounded memory: one request while it is small, else part by part.
#pragma once

#include <string>

#include "store/object_store.h"

namespace weir::store::remote {

// What the stores' ways of writing in parts have in common. A derived class calls abort() in its destructor.
class PartWriter : public ObjectWriter {
 public:
  void append(std::string_view bytes) final;
  uint64_t size() const final { return size_; }
  void finish() final;
  void abort() noexcept final;

 protected:
  // Of the part with this number, counted from 0.
  virtual uint64_t part_bytes(size_t number) const = 0;
  virtual void put_whole(std::string_view bytes) = 0;
  // Before the first part.
  virtual void begin() = 0;
  // A full part, in order. The bytes are gone afterwards.
  virtual void send_part(std::string_view bytes) = 0;
  // The last part, which is never empty; then the object is there, durable.
  virtual void complete(std::string_view rest) = 0;
  // Of an upload that was begun. Must not throw.
  virtual void discard() noexcept = 0;

 private:
  std::string buffer_;
  uint64_t size_ = 0;
  size_t parts_ = 0;
  bool begun_ = false, open_ = true;
};

// Part sizes for stores with a limit on the number of parts: each thousand of them is twice as large as the one before.
uint64_t growing_part_bytes(uint64_t first, size_t number);

}  // namespace weir::store::remote
