#include "lint/source_form.h"

namespace weir::lint {

namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

bool ends_with_crlf_only(std::string_view text) {
  bool any = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\n') continue;
    if (i == 0 || text[i - 1] != '\r') return false;
    any = true;
  }
  return any;
}

std::string without_cr(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i)
    if (text[i] != '\r' || i + 1 == text.size() || text[i + 1] != '\n') out += text[i];
  return out;
}

}  // namespace

SourceForm::SourceForm(std::string_view source) {
  bom_ = source.starts_with(byte_order_mark);
  if (bom_) source.remove_prefix(byte_order_mark.size());
  crlf_ = ends_with_crlf_only(source);
  text_ = crlf_ ? without_cr(source) : std::string(source);
}

std::string SourceForm::restored(const std::string& text) const {
  std::string out(bom_ ? byte_order_mark : std::string_view());
  for (char c : text) {
    if (c == '\n' && crlf_) out += '\r';
    out += c;
  }
  return out;
}

}  // namespace weir::lint
