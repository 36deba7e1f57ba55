#include <algorithm>
#include <map>
#include <set>

#include "lint/linter.h"

namespace weir::lint {

namespace {

std::string text_of(const Segments& segments) {
  std::string text;
  for (const Segment* each : segments) text += each->text;
  return text;
}

struct TextEdit {
  size_t start, stop;
  size_t order;  // among edits at the same place
  std::string text;
  const Segment* anchor;
  Fix::Edit what;
};

bool same_fix(const Fix& a, const Fix& b) {
  return a.edit == b.edit && a.anchor == b.anchor && a.start == b.start && a.stop == b.stop && a.text == b.text &&
         text_of(a.with) == text_of(b.with);
}

using FixesByAnchor = std::map<const Segment*, std::vector<const Fix*>>;

// Without those that say the same again; edits of the tree by their anchor, too.
std::vector<const Fix*> distinct_fixes(const std::vector<Finding>& findings, FixesByAnchor& by_anchor) {
  std::vector<const Fix*> fixes;
  for (const Finding& finding : findings)
    for (const Fix& fix : finding.fixes) {
      if (!fix.anchor || fix.anchor->fresh) continue;
      auto& same = by_anchor[fix.anchor];
      if (std::any_of(same.begin(), same.end(), [&](const Fix* each) { return same_fix(*each, fix); })) continue;
      if (fix.edit != Fix::source) same.push_back(&fix);
      fixes.push_back(&fix);
    }
  return fixes;
}

// Segments that are removed or replaced; nullopt: the fixes of one contradict each other.
std::optional<std::set<const Segment*>> segments_gone(const FixesByAnchor& by_anchor) {
  std::set<const Segment*> gone;
  for (const auto& [anchor, of] : by_anchor) {
    const bool both_sides =
        of.size() == 2 && of[0]->edit + of[1]->edit == Fix::before + Fix::after && of[0]->edit != of[1]->edit;
    if (of.size() > 1 && !both_sides) return std::nullopt;
    for (const Fix* fix : of)
      if (fix->edit == Fix::remove || fix->edit == Fix::replace) gone.insert(anchor);
  }
  return gone;
}

TextEdit edit_of(const Fix& fix) {
  const Segment& anchor = *fix.anchor;
  TextEdit edit{
      anchor.source_start, anchor.source_stop, anchor.raw_index * size_t{4}, text_of(fix.with), &anchor, fix.edit};
  if (fix.edit == Fix::before) edit.stop = edit.start;
  if (fix.edit == Fix::after) {
    edit.start = edit.stop;
    edit.order = anchor.raw_stop * size_t{4} - 1;
  }
  if (fix.edit == Fix::replace || fix.edit == Fix::remove) edit.order += 1;
  if (fix.edit == Fix::source) {
    edit.start = fix.start;
    edit.stop = fix.stop;
    edit.text = fix.text;
    edit.order += 2;
  }
  return edit;
}

std::string edited(const std::string& source, const std::vector<TextEdit>& edits) {
  // The same place of the source may have been rendered several times.
  std::map<std::tuple<size_t, size_t, std::string, int>, const Segment*> first;
  std::string result;
  size_t at = 0;
  for (const TextEdit& edit : edits) {
    const std::tuple key{edit.start, edit.stop, edit.text, static_cast<int>(edit.what)};
    const auto [known, is_new] = first.try_emplace(key, edit.anchor);
    if (!is_new && known->second->rendered_start != edit.anchor->rendered_start &&
        known->second->source_start == edit.anchor->source_start &&
        known->second->source_stop == edit.anchor->source_stop)
      continue;
    if (edit.start < at) continue;
    result.append(source, at, edit.start - at);
    result += edit.text;
    at = edit.stop;
  }
  result.append(source, at, std::string::npos);
  return result;
}

}  // namespace

std::optional<std::string> apply_fixes(const Tree& tree, const std::vector<Finding>& findings) {
  FixesByAnchor by_anchor;
  const std::vector<const Fix*> fixes = distinct_fixes(findings, by_anchor);
  const auto gone = segments_gone(by_anchor);
  if (!gone) return std::nullopt;
  std::vector<TextEdit> edits;
  for (const Fix* fix : fixes) {
    bool covered = false;
    for (const Segment* at = fix->anchor->parent; at && !covered; at = at->parent) covered = gone->count(at) > 0;
    if (covered) continue;
    TextEdit edit = edit_of(*fix);
    // What is in no source (a mark, a template's output) can only be replaced by nothing new.
    if (edit.start == edit.stop && edit.text.empty()) continue;
    edits.push_back(std::move(edit));
  }
  std::stable_sort(edits.begin(), edits.end(), [](const TextEdit& a, const TextEdit& b) {
    return std::tuple(a.start, a.order) < std::tuple(b.start, b.order);
  });
  return edited(tree.file.source, edits);
}

void discard_unsafe_fixes(const Tree& tree, Finding& finding) {
  if (finding.fixes.empty()) return;
  const TemplatedFile& file = tree.file;
  if (std::all_of(file.pieces.begin(), file.pieces.end(),
                  [](const SourcePiece& piece) { return piece.part == TemplatePart::literal; }))
    return;
  const auto is_templated = [](const SourcePiece* piece) { return piece->part == TemplatePart::templated; };
  const size_t end = file.rendered.size();
  const auto touched = [&](const Fix& fix, bool within) {
    size_t start = fix.anchor->rendered_start, stop = fix.anchor->rendered_stop;
    const size_t over = within ? 0 : 1;
    if (fix.edit == Fix::before) {
      stop = start + over;
      start = start == 0 ? 0 : start - 1;
    } else if (fix.edit == Fix::after) {
      start = stop < over ? 0 : stop - over;
      stop = stop + 1;
    } else if (fix.anchor->source_start == fix.anchor->source_stop) {
      return std::vector<const SourcePiece*>();
    }
    return file.pieces_of(start, std::min(stop, end));
  };
  std::set<int> blocks;
  for (const Fix& fix : finding.fixes) {
    if (fix.edit == Fix::source || !fix.anchor || fix.anchor->fresh) continue;
    const auto pieces = touched(fix, false);
    const bool side = fix.edit == Fix::before || fix.edit == Fix::after;
    const bool at_edge = (fix.edit == Fix::before && fix.anchor->rendered_start == 0) ||
                         (fix.edit == Fix::after && fix.anchor->rendered_stop >= end);
    bool unsafe = side ? !at_edge && !pieces.empty() && std::all_of(pieces.begin(), pieces.end(), is_templated)
                       : std::any_of(pieces.begin(), pieces.end(), is_templated);
    for (const Segment* from : fix.from)
      for (const SourcePiece* piece : file.pieces_of(from->rendered_start, from->rendered_stop))
        unsafe = unsafe || is_templated(piece);
    if (unsafe) return finding.fixes.clear();
    for (const SourcePiece* piece : touched(fix, true))
      if (piece->part == TemplatePart::literal || piece->part == TemplatePart::templated) blocks.insert(piece->block);
  }
  if (blocks.size() > 1) finding.fixes.clear();
}

}  // namespace weir::lint
