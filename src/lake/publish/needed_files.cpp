#include "lake/publish/needed_files.h"

#include <map>
#include <optional>

#include "base/error.h"
#include "base/text.h"
#include "lake/deletion_vector.h"
#include "lake/publish/chain.h"
#include "lake/publish/manifest.h"
#include "lake/table_gc.h"

namespace weir::lake::publish {

namespace {

class AssetFiles {
 public:
  AssetFiles(const Snapshot& table, ParquetIo& parquet, std::string asset)
      : table_(table), parquet_(parquet), asset_(std::move(asset)), anchor_(anchor_location()) {}

  void collect(int64_t keep_ms, int64_t now_ms, std::set<std::string>& needed) {
    const auto head_n = head_number();
    std::map<int64_t, int64_t> modified_ms;
    for (const ManifestInfo& info : list_manifest_infos(anchor_, asset_)) {
      modified_ms[info.n] = info.modified_ms;
      if (info.n < head_n.value_or(0)) continue;
      if (const auto manifest = read_manifest(anchor_, asset_, info.n)) take(*manifest, needed, false);
    }
    auto head = head_n ? read_manifest(anchor_, asset_, *head_n) : std::nullopt;
    if (!head) return;
    Chain chain(anchor_, asset_, std::move(*head));
    for (size_t i = 0; const Manifest* element = chain.at(i); ++i) {
      if (modified_ms[element->n] <= now_ms - keep_ms) return;
      take(*element, needed, true);
    }
  }

 private:
  // An address in the table's own store is opened there.
  TableLocation anchor_location() const {
    const TableLocation& here = table_.location();
    const auto note = read_anchor_note(here, asset_);
    if (!note || note->anchor_uri == here.uri()) return here;
    if (const auto key = key_inside(here.store->uri(), note->anchor_uri)) return {here.store, *key + "/"};
    return {store::open(note->anchor_uri), ""};
  }

  std::optional<int64_t> head_number() const {
    const bool here = anchor_.uri() == table_.location().uri();
    const auto newest = here ? nullptr : Snapshot::open_if_exists(anchor_, parquet_);
    const Snapshot* anchor = here ? &table_ : newest.get();
    const auto txn = anchor ? anchor->txn(app_id(asset_)) : std::nullopt;
    return txn ? std::optional(txn->version) : std::nullopt;
  }

  // Names of a group's other tables do no harm: they carry the attempt's id.
  void take(Manifest manifest, std::set<std::string>& needed, bool removed_too) const {
    load_actions(anchor_, manifest);
    for (const ManifestTable& entry : manifest.tables) {
      add_needed(needed, entry.actions, table_.location());
      if (!removed_too) continue;
      for (const Action& action : entry.actions)
        if (const auto* remove = std::get_if<Remove>(&action)) {
          const DeletionVector* vector = remove->deletion_vector ? &*remove->deletion_vector : nullptr;
          for (const auto& key : keys_in_table(table_.location(), remove->path, vector)) needed.insert(key);
        }
    }
  }

  const Snapshot& table_;
  ParquetIo& parquet_;
  std::string asset_;
  TableLocation anchor_;
};

}  // namespace

std::set<std::string> files_of_assets(const Snapshot& table, ParquetIo& parquet, const KeepOf& keep_of,
                                      int64_t now_ms) {
  std::set<std::string> needed;
  const TableLocation& location = table.location();
  for (const std::string& folder : location.store->list_folders(location.key("_weir/"))) {
    const std::string asset = percent_decode(folder);
    AssetFiles(table, parquet, asset).collect(keep_of(asset), now_ms, needed);
  }
  return needed;
}

}  // namespace weir::lake::publish
