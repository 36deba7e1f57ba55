#include "lint/linter.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "lint/source_form.h"

namespace weir::lint {

std::vector<std::string> codes_of(const std::string& reference) {
  std::vector<std::string> codes;
  for (const Rule& rule : rules()) {
    const auto fits = [&](std::string_view name) { return name == reference || glob_match(reference, name); };
    if (fits(rule.code) || fits(rule.name) || std::any_of(rule.groups.begin(), rule.groups.end(), fits) ||
        std::any_of(rule.aliases.begin(), rule.aliases.end(), fits))
      codes.emplace_back(rule.code);
  }
  return codes;
}

std::vector<const Rule*> chosen_rules(const Config& config, std::vector<std::string>& unknown) {
  const auto expand = [&](const std::vector<std::string>& names) {
    std::set<std::string> codes;
    for (const std::string& name : names) {
      const auto found = codes_of(name);
      if (found.empty()) unknown.push_back(name);
      codes.insert(found.begin(), found.end());
    }
    return codes;
  };
  auto wanted = config.list("core", "rules");
  if (wanted.empty()) wanted = {"all"};
  const auto taken = expand(wanted), left = expand(config.list("core", "exclude_rules"));
  std::vector<const Rule*> chosen;
  for (const Rule& rule : rules())
    if (taken.count(std::string(rule.code)) && !left.count(std::string(rule.code))) chosen.push_back(&rule);
  return chosen;
}

bool Ignores::Directive::names(const std::string& code) const {
  return codes.empty() || std::find(codes.begin(), codes.end(), code) != codes.end();
}

Ignores::Ignores(const Tree& tree, const Config& config, std::vector<Violation>& malformed) {
  for (const std::string& name : config.list("core", "disable_noqa_except"))
    for (const std::string& code : codes_of(name)) except_.push_back(code);
  off_ = config.flag("core", "disable_noqa") && except_.empty();
  if (off_) return;
  for (const Segment* raw : tree.raws)
    if (raw->is_comment()) read(*raw, tree, malformed);
  std::stable_sort(directives_.begin(), directives_.end(),
                   [](const Directive& a, const Directive& b) { return a.line < b.line; });
}

void Ignores::read(const Segment& comment, const Tree& tree, std::vector<Violation>& malformed) {
  std::string_view text = trim(comment.text);
  if (text.substr(0, 2) == "--") text = trim(text.substr(2));
  if (!text.empty() && text.front() == '#') text = trim(text.substr(1));
  if (text.size() >= 2 && text.substr(text.size() - 2) == "*/") text = trim(text.substr(0, text.size() - 2));
  if (text.substr(0, 2) == "/*") text = trim(text.substr(2));
  if (const size_t dashes = text.rfind("--"); dashes != std::string_view::npos) text = trim(text.substr(dashes + 2));
  if (text.substr(0, 4) != "noqa") return;
  const Tree::Place place = tree.source_place(comment.source_start);
  Directive directive{place.line, place.column};
  directive.text = std::string(text);
  const auto refuse = [&](std::string_view wanted) {
    malformed.push_back({"PRS", "", "This noqa is not understood: write " + std::string(wanted), place.line,
                         place.column, place.line, place.column});
  };
  std::string_view rest = trim(text.substr(4));
  if (!rest.empty()) {
    if (rest.front() != ':') return refuse("'noqa: <rule>[,...]");
    rest = trim(rest.substr(1));
  }
  if (!rest.empty()) {
    const std::string_view wanted = "'noqa: enable=<rule>[,...] | all' or 'noqa: disable=<rule>[,...] | all";
    if (const size_t equals = rest.find('='); equals != std::string_view::npos) {
      const std::string_view action = rest.substr(0, equals);
      if (action != "disable" && action != "enable") return refuse(wanted);
      directive.action = action == "disable" ? Directive::disable : Directive::enable;
      rest = rest.substr(equals + 1);
    } else if (rest == "disable" || rest == "enable") {
      return refuse(wanted);
    }
    if (trim(rest) != "all")
      for (const std::string& part : split(rest, ',')) {
        const std::string name(trim(part));
        const auto codes = codes_of(name);
        directive.codes.insert(directive.codes.end(), codes.begin(), codes.end());
        if (codes.empty()) directive.codes.push_back(name);
      }
  }
  directives_.push_back(std::move(directive));
}

bool Ignores::hides(const std::string& code, size_t line) const {
  if (off_ || (!except_.empty() && std::find(except_.begin(), except_.end(), code) == except_.end())) return false;
  bool hidden = false;
  for (const Directive& each : directives_)
    if (each.action == Directive::line_only && each.line == line && each.names(code)) {
      each.used = true;
      hidden = true;
    }
  if (hidden) return true;
  const Directive* last = nullptr;
  for (const Directive& each : directives_) {
    if (each.action == Directive::line_only || !each.names(code)) continue;
    if (each.line > line) {
      if (each.action == Directive::enable) each.used = true;
      break;
    }
    if (each.action == Directive::enable && last) each.used = true;
    last = each.action == Directive::disable ? &each : nullptr;
  }
  if (last) last->used = true;
  return last != nullptr;
}

std::vector<Violation> Ignores::unused() const {
  std::vector<Violation> found;
  for (const Directive& each : directives_)
    if (!each.used)
      found.push_back({"NOQA", "", "Nothing is hidden by " + repr(each.text), each.line, each.column, each.line,
                       each.column, false, true});
  return found;
}

namespace {

Violation violation_of(const Tree& tree, const Rule& rule, const Finding& finding) {
  Violation violation;
  violation.code = rule.code;
  violation.name = rule.name;
  violation.text = finding.text.empty() ? std::string(rule.description) : finding.text;
  const Tree::Place start = tree.source_place(finding.anchor->source_start),
                    stop = tree.source_place(finding.anchor->source_stop);
  violation.line = start.line;
  violation.column = start.column;
  violation.end_line = stop.line;
  violation.end_column = stop.column;
  violation.fixable = !finding.fixes.empty();
  std::string all;
  for (const Fix& fix : finding.fixes) {
    all += std::to_string(fix.edit) + ":" + fix.text;
    for (const Segment* each : fix.with) all += each->text;
  }
  violation.fix_hash = std::hash<std::string>()(all);
  return violation;
}

size_t unparsable_bytes(Tree& tree) {
  size_t bytes = 0;
  for (const Segment* each : crawl(*tree.root, {K::unparsable})) bytes += each->text.size();
  return bytes;
}

}  // namespace

// One reading of the file, and rules run on it.
struct Linter::Pass {
  Pass(const Linter& linter, TemplatedFile file)
      : linter(linter),
        tree(read_tree(std::move(file), linter.config_.tree_options())),
        ignores(*tree, linter.config_, malformed) {}

  std::vector<Finding> run(const Rule& rule) const {
    RuleRun run(*tree, linter.config_, linter.layout_, rule.name);
    rule.run(run);
    std::vector<Finding> kept;
    for (Finding& finding : run.found) {
      if (!finding.anchor || finding.anchor->fresh) {
        // Told at the first place that its fix touches.
        finding.anchor = nullptr;
        for (const Fix& fix : finding.fixes)
          if (!finding.anchor && fix.anchor && !fix.anchor->fresh) finding.anchor = fix.anchor;
        if (!finding.anchor) continue;
      }
      if (!rule.template_safe) discard_unsafe_fixes(*tree, finding);
      // Text that was not rendered (the body of a macro, say) has no layout that could be mended.
      const auto is_unseen = [](const Fix& fix) {
        return fix.anchor && fix.anchor->kind == K::placeholder && fix.edit != Fix::source &&
               (fix.anchor->part == TemplatePart::skipped ||
                (fix.anchor->part == TemplatePart::literal && !trim(fix.anchor->source).empty()));
      };
      if (std::any_of(finding.fixes.begin(), finding.fixes.end(), is_unseen)) finding.fixes.clear();
      if (ignores.hides(std::string(rule.code), tree->source_place(finding.anchor->source_start).line)) continue;
      const auto in_unparsable = [](const Segment* at) {
        return at->is(K::unparsable) || ancestor(*at, {K::unparsable});
      };
      if (in_unparsable(finding.anchor) || std::any_of(finding.fixes.begin(), finding.fixes.end(), [&](const Fix& fix) {
            return fix.anchor && !fix.anchor->fresh && in_unparsable(fix.anchor);
          }))
        continue;
      kept.push_back(std::move(finding));
    }
    return kept;
  }

  void collect(const Rule& rule, const std::vector<Finding>& findings, std::vector<Violation>& into) const {
    const bool ignore_templated = linter.config_.flag("core", "ignore_templated_areas");
    for (const Finding& each : findings)
      if (!ignore_templated || rule.targets_templated || each.anchor->literal)
        into.push_back(violation_of(*tree, rule, each));
  }

  // Comments that are no good noqa, and what is not understood; `hidden` also where noqa hides it.
  std::vector<Violation> unreadable(bool hidden = false) const {
    std::vector<Violation> found = malformed;
    for (Segment* each : crawl(*tree->root, {K::unparsable})) {
      const Tree::Place start = tree->source_place(each->source_start), stop = tree->source_place(each->source_stop);
      if (!hidden && ignores.hides("PRS", start.line)) continue;
      const bool long_text = each->text.size() > 40;
      const std::string text =
          each->is(K::nested_too_deep)
              ? "Brackets, queries and expressions are nested too deep to be understood"
              : "Not understood: " + repr(std::string(each->text.substr(0, 40)) + (long_text ? "..." : ""));
      found.push_back({"PRS", "", text, start.line, start.column, stop.line, stop.column});
    }
    return found;
  }

  const Linter& linter;
  std::vector<Violation> malformed;
  std::unique_ptr<Tree> tree;
  Ignores ignores;
};

namespace {

void finish(std::vector<Violation>& violations, const Config& config) {
  std::set<std::tuple<std::string, size_t, size_t, std::string, size_t>> seen;
  std::vector<Violation> kept;
  std::set<std::string> warnings, ignored;
  for (const std::string& name : config.list("core", "warnings")) {
    warnings.insert(name);
    for (const std::string& code : codes_of(name)) warnings.insert(code);
  }
  for (const std::string& name : config.list("core", "ignore")) ignored.insert(name);
  for (Violation& each : violations) {
    const bool of_parser = each.code == "PRS", of_template = each.code == "TMP";
    if ((of_parser && ignored.count("parsing")) || (of_template && ignored.count("templating")) ||
        (!of_parser && !of_template && ignored.count("linting")))
      continue;
    if (warnings.count(each.code)) each.warning = true;
    if (seen.emplace(each.code, each.line, each.column, each.text, each.fix_hash).second)
      kept.push_back(std::move(each));
  }
  std::stable_sort(kept.begin(), kept.end(), [](const Violation& a, const Violation& b) {
    return std::tie(a.line, a.column, a.code) < std::tie(b.line, b.column, b.code);
  });
  violations = std::move(kept);
}

Violation template_failure(const Error& error) {
  Violation violation;
  violation.code = "TMP";
  violation.text = error.message();
  if (error.span()) {
    violation.line = static_cast<size_t>(std::max(1, error.span()->line));
    violation.column = static_cast<size_t>(std::max(1, error.span()->column));
  }
  violation.end_line = violation.line;
  violation.end_column = violation.column;
  return violation;
}

}  // namespace

std::vector<Violation> Linter::lint(const std::string& source, const Reader& read) const {
  std::vector<Violation> violations;
  std::vector<TemplatedFile> files;
  try {
    files = read(SourceForm(source).text());
  } catch (const Error& error) {
    violations.push_back(template_failure(error));
  }
  for (size_t i = 0; i < files.size(); ++i) {
    const Pass pass(*this, std::move(files[i]));
    if (i == 0) violations = pass.unreadable();
    for (const Rule* rule : rules_) pass.collect(*rule, pass.run(*rule), violations);
    if (i == 0 && config_.flag("core", "warn_unused_ignores"))
      for (Violation& each : pass.ignores.unused()) violations.push_back(std::move(each));
  }
  finish(violations, config_);
  return violations;
}

Linter::Fixed Linter::fix(const std::string& source, const Reader& read) const {
  const SourceForm form(source);
  Fixed fixed;
  fixed.source = form.text();
  size_t variants = 1;
  for (size_t variant = 0; variant < variants && !fixed.obstacle; ++variant) {
    try {
      std::vector<TemplatedFile> files = read(fixed.source);
      if (variant == 0) variants = files.size();
      if (variant < files.size()) fix_variant(fixed, std::move(files[variant]), variant, read);
    } catch (const Error& error) {
      if (variant > 0) break;
      fixed.before.push_back(template_failure(error));
      fixed.obstacle = fixed.before.back();
    }
  }
  finish(fixed.before, config_);
  fixed.source = form.restored(fixed.source);
  return fixed;
}

void Linter::fix_variant(Fixed& fixed, TemplatedFile file, size_t variant, const Reader& read) const {
  auto pass = std::make_unique<Pass>(*this, std::move(file));
  if (variant == 0) {
    fixed.before = pass->unreadable();
    const std::vector<Violation> all = pass->unreadable(true);
    if (!all.empty() && !config_.flag("core", "fix_even_unparsable")) fixed.obstacle = all.front();
  }
  std::set<std::string> versions = {fixed.source};
  bool first = true;
  for (const bool late : {false, true}) {
    const int turns = late ? 2 : std::max(1, config_.number("core", "runaway_limit", 10));
    for (int turn = 0; turn < turns; ++turn) {
      bool changed = false;
      for (const Rule* rule : rules_) {
        if (!first && (rule->late != late || !rule->fixable)) continue;
        const std::vector<Finding> findings = pass->run(*rule);
        if (first) pass->collect(*rule, findings, fixed.before);
        if (fixed.obstacle || !rule->fixable ||
            std::all_of(findings.begin(), findings.end(), [](const Finding& each) { return each.fixes.empty(); }))
          continue;
        const auto next = apply_fixes(*pass->tree, findings);
        if (!next || versions.count(*next)) continue;
        std::unique_ptr<Pass> after;
        try {
          std::vector<TemplatedFile> files = read(*next);
          if (variant >= files.size()) continue;
          after = std::make_unique<Pass>(*this, std::move(files[variant]));
        } catch (const Error&) {
          continue;
        }
        if (unparsable_bytes(*after->tree) > unparsable_bytes(*pass->tree)) continue;
        versions.insert(*next);
        fixed.source = *next;
        pass = std::move(after);
        changed = true;
      }
      first = false;
      if (!changed) break;
    }
  }
}

}  // namespace weir::lint
