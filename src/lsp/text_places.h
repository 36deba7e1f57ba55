// Places in a text as editors count them: lines and UTF-16 code units from 0. Offsets are bytes of UTF-8.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace weir::lsp {

class TextPlaces {
 public:
  explicit TextPlaces(std::string_view text);  // which must stay

  // What lies behind the end of a line or of the text is that end.
  size_t offset(int64_t line, int64_t character) const;
  size_t offset_of(const Json& position) const {
    return offset(position.at("line").as_int(), position.at("character").as_int());
  }
  // Of a place as weir's errors have it: from 1, columns in bytes.
  size_t offset_of_span(int line, int column) const;
  Json position(size_t offset) const;
  Json range(size_t begin, size_t end) const;

 private:
  size_t line_end(size_t line) const;  // without the line break
  std::string_view text_;
  std::vector<size_t> starts_;
};

// "file:///a%20b.sql" and "/a b.sql". "" for other schemes.
std::string path_of_uri(std::string_view uri);
std::string uri_of_path(std::string_view path);

}  // namespace weir::lsp
