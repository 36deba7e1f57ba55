#include "lsp/text_places.h"

#include <algorithm>

#include "base/text.h"

namespace weir::lsp {

namespace {

bool continues(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }
int64_t units_of(char first) { return static_cast<unsigned char>(first) >= 0xF0U ? 2 : 1; }

}  // namespace

TextPlaces::TextPlaces(std::string_view text) : text_(text), starts_{0} {
  for (size_t i = 0; i < text.size(); ++i)
    if (text[i] == '\n' || (text[i] == '\r' && (i + 1 == text.size() || text[i + 1] != '\n'))) starts_.push_back(i + 1);
}

size_t TextPlaces::line_end(size_t line) const {
  size_t end = line + 1 < starts_.size() ? starts_[line + 1] : text_.size();
  while (end > starts_[line] && (text_[end - 1] == '\n' || text_[end - 1] == '\r')) --end;
  return end;
}

size_t TextPlaces::offset(int64_t line, int64_t character) const {
  if (line < 0) return 0;
  if (static_cast<size_t>(line) >= starts_.size()) return text_.size();
  const size_t end = line_end(static_cast<size_t>(line));
  size_t at = starts_[static_cast<size_t>(line)];
  while (at < end && character > 0) {
    character -= units_of(text_[at]);
    if (character < 0) break;  // within a pair of code units: before it
    for (++at; at < end && continues(text_[at]);) ++at;
  }
  return at;
}

size_t TextPlaces::offset_of_span(int line, int column) const {
  if (line < 1) return 0;
  if (static_cast<size_t>(line) > starts_.size()) return text_.size();
  const size_t index = static_cast<size_t>(line) - 1;
  size_t at = starts_[index] + static_cast<size_t>(std::max(column, 1) - 1);
  at = std::min(at, line_end(index));
  while (at > starts_[index] && at < text_.size() && continues(text_[at])) --at;
  return at;
}

Json TextPlaces::position(size_t offset) const {
  offset = std::min(offset, text_.size());
  const auto after = std::upper_bound(starts_.begin(), starts_.end(), offset);
  const auto line = static_cast<int64_t>(after - starts_.begin()) - 1;
  int64_t units = 0;
  for (size_t i = *(after - 1); i < offset; ++i)
    if (!continues(text_[i])) units += units_of(text_[i]);
  return Json::object().set("line", line).set("character", units);
}

Json TextPlaces::range(size_t begin, size_t end) const {
  return Json::object().set("start", position(begin)).set("end", position(std::max(begin, end)));
}

std::string path_of_uri(std::string_view uri) {
  if (!uri.starts_with("file://")) return "";
  uri.remove_prefix(7);
  const size_t slash = uri.find('/');  // after a host, which is this one
  return slash == std::string_view::npos ? "" : percent_decode(uri.substr(slash));
}

std::string uri_of_path(std::string_view path) { return "file://" + percent_encode(path, "/-._~"); }

}  // namespace weir::lsp
