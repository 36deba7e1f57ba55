// The little HTML that filters need: escaping, character references, removal of tags, links.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::tmpl {

std::string escape_html(std::string_view text);    // & < > ' " as references
std::string unescape_html(std::string_view text);  // named and numeric references, as HTML 5 reads them
std::string strip_tags(std::string_view text);     // without comments and tags, blanks collapsed, references read

struct UrlizeOptions {
  std::optional<size_t> trim_limit;
  std::string rel, target;  // empty = none
  std::vector<std::string> extra_schemes;
};
// Escaped text with its addresses made links.
std::string urlize(std::string_view escaped, const UrlizeOptions& options);

struct HtmlEntity {
  const char* name;
  const char* text;
};
extern const HtmlEntity kHtmlEntities[];
extern const size_t kHtmlEntityCount;

}  // namespace weir::tmpl
