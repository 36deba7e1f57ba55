#include "dbt/docs_page.h"

#include "base/text.h"
#include "dbt/page_parts.h"

namespace weir::dbt {

std::string docs_page(const Json& data) {
  std::string page;
  for (const PagePart& part : page_parts)
    if (part.name == "page.html") page = part.text;
  // The data comes last: nothing in it is taken for a mark.
  for (const PagePart& part : page_parts)
    if (part.name != "page.html") page = replace_all(page, "/*{" + std::string(part.name) + "}*/", part.text);
  // Within a script element only "<" could end it.
  return replace_all(page, "/*{data}*/", replace_all(data.dump(), "<", "\\u003c"));
}

}  // namespace weir::dbt
