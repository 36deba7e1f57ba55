#include "lake/publish/settle.h"

#include "lake/publish/chain.h"

namespace weir::lake::publish {

namespace {

int64_t version_in(const TableLocation& table, const ManifestTable& entry, const Snapshot& newest,
                   const std::string& app, int64_t n) {
  for (const CommitFile& commit : read_commits(table, entry.read_version, newest.version()).commits)
    if (const Txn* txn = commit.txn(app); txn != nullptr && txn->version == n) return commit.version;
  return -1;
}

// On the chain, and not taken back by the next element.
bool holds(const Asset& asset, const Manifest& head, int64_t n) {
  Chain chain(asset.anchor().location, asset.id, head);
  for (size_t i = 0; const Manifest* element = chain.at(i); ++i) {
    if (element->n == n) return true;
    if (element->kind == Kind::takeback && element->parent->n == n) return false;
  }
  return false;
}

}  // namespace

Outcome settle(Publisher& publisher, const Asset& asset, const Manifest& manifest,
               std::variant<Published, Superseded, NeedsInspect> result, SourcePosition* source) {
  if (auto* published = std::get_if<Published>(&result)) return std::move(*published);
  if (auto* superseded = std::get_if<Superseded>(&result)) return std::move(*superseded);
  const Inspection now = publisher.inspect(asset, source);
  if (!now.head || !holds(asset, *now.head, manifest.n)) return Superseded{std::get<NeedsInspect>(result).why};
  Published published;
  published.n = manifest.n;
  published.versions.assign(asset.tables.size(), -1);
  for (size_t i = 0; i < asset.tables.size(); ++i)
    for (const ManifestTable& entry : manifest.tables)
      if (entry.uri == asset.tables[i].location.uri() && now.snapshots[i])
        published.versions[i] =
            version_in(asset.tables[i].location, entry, *now.snapshots[i], app_id(asset.id), manifest.n);
  return published;
}

}  // namespace weir::lake::publish
