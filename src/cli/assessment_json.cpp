// What an assessment came to: its counts, and the whole as JSON.
#include <algorithm>

#include "cli/assessment.h"

namespace weir::cli {

namespace {

Json finding_json(const Finding& finding) {
  return Json::object()
      .set("verdict", verdict_text(finding.verdict))
      .set("code", finding.code)
      .set("message", finding.message)
      .set("remedy", finding.remedy.empty() ? Json() : Json(finding.remedy))
      .set("file", finding.span.known() ? Json(finding.span.file) : Json())
      .set("line", finding.span.line > 0 ? Json(finding.span.line) : Json())
      .set("column", finding.span.column > 0 ? Json(finding.span.column) : Json());
}

}  // namespace

std::string_view verdict_text(Verdict verdict) {
  constexpr std::string_view texts[] = {"runs", "runs, with notes", "cannot be told", "does not run"};
  return texts[static_cast<size_t>(verdict)];
}

Verdict Assessed::verdict() const {
  Verdict worst = Verdict::runs;
  for (const Finding& finding : findings) worst = std::max(worst, finding.verdict);
  return worst;
}

size_t Assessment::count(std::string_view kind, Verdict verdict) const {
  return static_cast<size_t>(std::count_if(items.begin(), items.end(), [&](const Assessed& item) {
    return item.kind == kind && item.verdict() == verdict;
  }));
}

Json assessment_json(const Assessment& assessment) {
  Json counts = Json::object(), items = Json::array();
  bool runs = true;
  for (const Assessed& item : assessment.items) {
    Json findings = Json::array();
    for (const Finding& finding : item.findings) findings.push_back(finding_json(finding));
    const std::string verdict(verdict_text(item.verdict()));
    runs = runs && item.verdict() != Verdict::blocked;
    items.push_back(Json::object()
                        .set("kind", item.kind)
                        .set("name", item.name)
                        .set("file", item.file.empty() ? Json() : Json(item.file))
                        .set("verdict", verdict)
                        .set("findings", std::move(findings)));
    if (!counts.find(item.kind)) counts.set(item.kind, Json::object());
    Json& of_kind = *counts.find(item.kind);
    of_kind.set(verdict, of_kind.get_int(verdict).value_or(0) + 1);
  }
  return Json::object()
      .set("project", assessment.project)
      .set("adapter", assessment.adapter.empty() ? Json() : Json(assessment.adapter))
      .set("target", assessment.target.empty() ? Json() : Json(assessment.target))
      .set("runs", runs)
      .set("counts", std::move(counts))
      .set("items", std::move(items));
}

}  // namespace weir::cli
