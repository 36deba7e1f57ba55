// Python's bytes, as str.encode gives them: enough to show, measure, compare and decode them.
#pragma once

#include <string>
#include <string_view>

#include "template/object.h"

namespace weir::tmpl {

class Bytes final : public Object {
 public:
  explicit Bytes(std::string bytes) : bytes_(std::move(bytes)) {}
  std::string type_name() const override { return "bytes"; }
  std::optional<Value> get_item(Evaluation& evaluation, const Value& key) override;
  std::optional<Value> get_attr(Evaluation& evaluation, std::string_view name) override;
  std::unique_ptr<Iteration> iterate(Evaluation& evaluation) override;
  std::optional<size_t> length() const override { return bytes_.size(); }
  std::string repr() const override;
  bool equals(const Object& other) const override;
  std::optional<size_t> hash() const override { return std::hash<std::string>{}(bytes_); }
  bool is_sequence() const override { return true; }

 private:
  std::string bytes_;
};

// text.encode(encoding): utf-8, ascii and latin-1 are known.
Value encode_text(std::string_view text, std::string_view encoding);

}  // namespace weir::tmpl
