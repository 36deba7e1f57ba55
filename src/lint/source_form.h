// How a file's text is written down: a mark of its encoding in front, lines that end with CRLF. Both are taken off
// before it is read, so that they are no blanks to judge, and put back when it is written.
#pragma once

#include <string>
#include <string_view>

namespace weir::lint {

class SourceForm {
 public:
  explicit SourceForm(std::string_view source);

  // Without the mark; with LF where every line ended with CRLF. Lines that end in both ways stay as they are.
  const std::string& text() const { return text_; }
  // Such a text as the source was written: restored(text()) is the source.
  std::string restored(const std::string& text) const;

 private:
  bool bom_ = false, crlf_ = false;
  std::string text_;
};

}  // namespace weir::lint
