#include "lint/segment.h"

#include <array>
#include <unordered_map>

#include "base/text.h"

namespace weir::lint {

namespace {

constexpr std::array kind_names = {
#define WEIR_SEGMENT(name, parent) std::string_view(#name),
#include "lint/kinds.def"
#undef WEIR_SEGMENT
};
constexpr std::array kind_parents = {
#define WEIR_SEGMENT(name, parent) K::parent,
#include "lint/kinds.def"
#undef WEIR_SEGMENT
};

void crawl_into(Segment& at, std::initializer_list<K> wanted, const Crawl& how, bool self, size_t limit,
                Segments& found) {
  if (found.size() >= limit) return;
  if (self && at.is_any(wanted)) {
    found.push_back(&at);
    if (!how.into_found) return;
  }
  for (Segment* child : at.children)
    if (!child->is_any(how.stop)) crawl_into(*child, wanted, how, true, limit, found);
}

}  // namespace

std::string_view kind_name(K kind) { return kind_names[static_cast<size_t>(kind)]; }

K parent_kind(K kind) { return kind_parents[static_cast<size_t>(kind)]; }

K find_kind(std::string_view name) {
  static const auto table = [] {
    std::unordered_map<std::string_view, K> kinds;
    for (size_t i = 1; i < kind_names.size(); ++i) kinds.emplace(kind_names[i], static_cast<K>(i));
    return kinds;
  }();
  auto found = table.find(name);
  return found == table.end() ? K::none : found->second;
}

bool Segment::is_slow(K other) const {
  if (other == K::keyword && (kind == K::null_literal || kind == K::boolean_literal)) return true;
  // A signed number is one of its kind, but no literal word.
  if (other == K::literal && !raw) return false;
  for (K at = parent_kind(kind); at != K::none; at = parent_kind(at))
    if (at == other) return true;
  return false;
}

bool Segment::word_is(std::string_view upper_word) const { return raw && iequals(text, upper_word); }

Segment* Segment::child(K wanted) const {
  for (Segment* each : children)
    if (each->is(wanted)) return each;
  return nullptr;
}

Segment* Segment::child_any(std::initializer_list<K> wanted) const {
  for (Segment* each : children)
    if (each->is_any(wanted)) return each;
  return nullptr;
}

Segments Segment::children_of(std::initializer_list<K> wanted) const {
  Segments found;
  for (Segment* each : children)
    if (each->is_any(wanted)) found.push_back(each);
  return found;
}

std::string upper_text(const Segment& segment) { return upper(segment.text); }

std::string unquoted(const Segment& segment) {
  std::string_view text = segment.text;
  if (text.size() >= 2 && (text.front() == '"' || text.front() == '\'') && text.back() == text.front()) {
    const std::string quote(1, text.front());
    return replace_all(std::string(text.substr(1, text.size() - 2)), quote + quote, quote);
  }
  return std::string(text);
}

Segments crawl(Segment& root, std::initializer_list<K> wanted, const Crawl& how) {
  Segments found;
  crawl_into(root, wanted, how, how.self, SIZE_MAX, found);
  return found;
}

Segment* first_of(Segment& root, std::initializer_list<K> wanted, const Crawl& how) {
  Segments found;
  crawl_into(root, wanted, how, how.self, 1, found);
  return found.empty() ? nullptr : found.front();
}

bool holds(Segment& root, K wanted) {
  for (Segment* child : root.children)
    if (child->is(wanted) || holds(*child, wanted)) return true;
  return false;
}

Segment* ancestor(const Segment& segment, std::initializer_list<K> wanted) {
  for (Segment* at = segment.parent; at; at = at->parent)
    if (at->is_any(wanted)) return at;
  return nullptr;
}

bool is_inside(const Segment& segment, const Segment& outer) {
  for (const Segment* at = &segment; at; at = at->parent)
    if (at == &outer) return true;
  return false;
}

size_t line_after(const Segment& segment) {
  size_t line = segment.line;
  for (char c : segment.text) line += c == '\n';
  return line;
}

}  // namespace weir::lint
