#include "deps/resolve.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "deps/version.h"

namespace weir::deps {

namespace {

// All that is asked of one package.
struct Wanted {
  PackageSpec spec;  // the first that asked
  std::vector<Version> versions;
  std::vector<std::string> revisions;
  bool warn_unpinned = true;
  std::vector<std::string> asked_by;  // packages; "" is the project itself
};

// A repository counts as the same with and without ".git".
std::vector<std::string> names_of(const PackageSpec& spec) {
  if (spec.kind == PackageKind::tarball) return {spec.place};
  if (spec.kind != PackageKind::git) return {spec.place};
  const std::string below = spec.subdirectory.empty() ? "" : "/" + spec.subdirectory;
  const std::string other =
      spec.place.ends_with(".git") ? spec.place.substr(0, spec.place.size() - 4) : spec.place + ".git";
  return {spec.place + below, other + below};
}

Wanted wanted_of(const PackageSpec& spec, const std::string& asked_by) {
  if (spec.kind == PackageKind::unavailable)
    throw Error(ErrorCode::bad_packages, "private packages are a service of dbt's platform: " + spec.place,
                "name the repository with git:")
        .with_span(spec.span);
  Wanted out;
  out.spec = spec;
  out.asked_by = {asked_by};
  try {
    for (const std::string& text : spec.versions) out.versions.push_back(Version::parse(text));
  } catch (Error& error) {
    if (spec.span.known()) error.with_span(spec.span);
    throw;
  }
  if (spec.revision) out.revisions = {*spec.revision};
  out.warn_unpinned = spec.warn_unpinned.value_or(true);
  return out;
}

std::string asked_text(const Wanted& wanted) {
  std::vector<std::string> out;
  for (const std::string& who : wanted.asked_by)
    if (const std::string text = who.empty() ? "packages.yml" : "package " + who;
        std::find(out.begin(), out.end(), text) == out.end())
      out.push_back(text);
  return "asked for by " + join(out, ", ");
}

// In the order in which they are first met.
class Listing {
 public:
  bool empty() const { return list_.empty(); }
  std::vector<Wanted>& all() { return list_; }

  Wanted& add(Wanted wanted) {
    for (const std::string& name : names_of(wanted.spec))
      for (Wanted& known : list_)
        if (names_of(known.spec).front() == name) return merge(known, wanted);
    return list_.emplace_back(std::move(wanted));
  }

 private:
  static Wanted& merge(Wanted& known, Wanted& more) {
    known.asked_by.insert(known.asked_by.end(), more.asked_by.begin(), more.asked_by.end());
    if (known.spec.kind != more.spec.kind)
      throw Error(ErrorCode::package_conflict, "\"" + known.spec.place + "\" is wanted as " +
                                                   kind_key(known.spec.kind) + " and as " + kind_key(more.spec.kind) +
                                                   ", " + asked_text(known));
    known.versions.insert(known.versions.end(), more.versions.begin(), more.versions.end());
    known.revisions.insert(known.revisions.end(), more.revisions.begin(), more.revisions.end());
    known.warn_unpinned = known.warn_unpinned && more.warn_unpinned;
    return known;
  }
  std::vector<Wanted> list_;
};

void pin_version(const Wanted& wanted, const std::string& dbt_version, PackageSource& source, Pinned& out) {
  const std::string& name = wanted.spec.place;
  const auto range = reduce(wanted.versions);
  if (!range) {
    std::vector<std::string> texts;
    for (const Version& version : wanted.versions) texts.push_back(version.text());
    throw Error(ErrorCode::package_conflict,
                "no version of " + name + " can be " + join(texts, " and ") + ", " + asked_text(wanted));
  }
  bool prereleases = wanted.spec.prereleases;
  for (const Version& version : wanted.versions) prereleases = prereleases || !version.prerelease.empty();
  const std::vector<std::string> there = installable(source.hub().compatible(name, dbt_version), prereleases);
  const auto best = newest_within(there, *range);
  if (!best)
    throw Error(ErrorCode::package_not_found,
                "no version of " + name + " is within " + range->text() + ", " + asked_text(wanted),
                there.empty() ? "no version of it fits dbt " + dbt_version + " (--no-version-check takes others too)"
                              : "there are " + join(there, ", "));
  out.version = *best;
  out.newest = there.back();
}

Pinned pinned_of(const Wanted& wanted, const std::string& dbt_version, PackageSource& source) {
  const PackageSpec& spec = wanted.spec;
  Pinned out;
  out.kind = spec.kind;
  out.place = spec.place;
  out.written_place = spec.written_place();
  out.subdirectory = spec.subdirectory;
  out.warn_unpinned = wanted.warn_unpinned;
  if (spec.kind == PackageKind::tarball) out.name = spec.name;
  if (spec.kind == PackageKind::hub) pin_version(wanted, dbt_version, source, out);
  const std::set<std::string> revisions(wanted.revisions.begin(), wanted.revisions.end());
  if (revisions.size() > 1)
    throw Error(ErrorCode::package_conflict,
                spec.place + " is wanted in several revisions: " + join({revisions.begin(), revisions.end()}, ", ") +
                    "; " + asked_text(wanted));
  if (!revisions.empty()) out.revision = *revisions.begin();
  return out;
}

void check_names(const std::vector<Resolution>& found, const std::string& project_name) {
  for (size_t i = 0; i < found.size(); i++) {
    if (found[i].project == project_name)
      throw Error(ErrorCode::package_conflict,
                  found[i].pinned.place + " is called " + project_name + ", as the project itself");
    for (size_t k = 0; k < i; k++)
      if (found[k].project == found[i].project)
        throw Error(ErrorCode::package_conflict,
                    found[k].pinned.place + " and " + found[i].pinned.place + " are both called " + found[i].project);
  }
}

}  // namespace

std::vector<Resolution> resolve(const std::vector<PackageSpec>& packages, const std::string& project_name,
                                const std::string& dbt_version, PackageSource& source) {
  Listing final_list, pending;
  std::vector<Pinned> looked_at;  // packages may need each other
  for (const PackageSpec& spec : packages) pending.add(wanted_of(spec, ""));
  while (!pending.empty()) {
    Listing next;
    for (Wanted& wanted : pending.all()) {
      Pinned pinned = pinned_of(final_list.add(wanted), dbt_version, source);
      if (std::find(looked_at.begin(), looked_at.end(), pinned) != looked_at.end()) continue;
      looked_at.push_back(pinned);
      const Metadata metadata = source.metadata(pinned);
      for (const PackageSpec& spec : metadata.packages) next.add(wanted_of(spec, metadata.project));
    }
    pending = std::move(next);
  }
  std::vector<Resolution> out;
  for (const Wanted& wanted : final_list.all()) {
    Pinned pinned = pinned_of(wanted, dbt_version, source);
    const std::string project = source.metadata(pinned).project;
    out.push_back({std::move(pinned), project});
  }
  check_names(out, project_name);
  return out;
}

std::vector<Pinned> pin(const std::vector<PackageSpec>& packages, const std::string& dbt_version,
                        PackageSource& source) {
  Listing list;
  for (const PackageSpec& spec : packages) list.add(wanted_of(spec, ""));
  std::vector<Pinned> out;
  for (const Wanted& wanted : list.all()) out.push_back(pinned_of(wanted, dbt_version, source));
  return out;
}

}  // namespace weir::deps
