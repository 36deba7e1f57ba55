#include "lake/iceberg/snapshot_write.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <map>

#include "base/error.h"
#include "base/failpoint.h"
#include "base/hash.h"
#include "lake/deletion_vector.h"
#include "lake/iceberg/data_files.h"
#include "lake/iceberg/puffin.h"

namespace weir::lake::iceberg {

namespace {

constexpr size_t most_manifests = 100;       // of a snapshot, before small ones are put together
constexpr int64_t small_manifest = 8 << 20;  // bytes
constexpr size_t entries_of_manifest = 20'000;
constexpr size_t puffin_target = size_t{64} << 20;  // bytes of vectors, after which another file begins

// How many files of a kind, and how many rows they have.
struct Count {
  int64_t files = 0, rows = 0;
  void add(int64_t more_rows) {
    ++files;
    rows += more_rows;
  }
};

class SnapshotWriter {
 public:
  SnapshotWriter(const TableLocation& table, const SnapshotDraft& draft)
      : table_(table),
        draft_(draft),
        change_(draft.change),
        location_(table.uri()),
        schema_(draft.next.manifest_schema(draft.metadata)) {
    head_.format_version = draft.next.format_version();
    head_.snapshot_id = snapshot_id_of(draft.metadata, change_.version);
    head_.parent_id = draft.before ? draft.before->snapshot_id() : 0;
    head_.sequence_number = draft.next.sequence_number();
    if (!third()) return;
    next_row_id_ = draft.next.next_row_id();
    head_.first_row_id = next_row_id_;
  }

  Json write() {
    if (draft_.before && !change_.whole) take_over(draft_.before->manifest_list());
    add_entries(added_files());
    add_entries(added_vectors());
    if (manifests_.size() > most_manifests) put_together();
    check_total();
    const std::string list = manifest_list_bytes(manifests_, head_);
    Json json = Json::object().set("snapshot-id", head_.snapshot_id);
    if (head_.parent_id != 0) json.set("parent-snapshot-id", head_.parent_id);
    json.set("sequence-number", head_.sequence_number).set("timestamp-ms", draft_.time_ms);
    json.set("manifest-list", put_object(fmt::format("snap-{}", head_.snapshot_id), "avro", list));
    json.set("summary", summary());
    if (third()) {
      if (change_.highest_row_id) next_row_id_ = std::max(next_row_id_, *change_.highest_row_id + 1);
      json.set("first-row-id", *head_.first_row_id).set("added-rows", next_row_id_ - *head_.first_row_id);
    }
    return std::move(json.set("schema-id", draft_.next.json.at("current-schema-id").as_int()));
  }

 private:
  bool third() const { return head_.format_version >= format_with_vectors; }

  // ---- the snapshot before ----

  // Its manifests, without what is gone.
  void take_over(const std::string& list) {
    std::vector<ManifestFile> of_vectors;
    for (auto& manifest : manifests_of(list)) {
      if (manifest.live_files() == 0) continue;
      if (manifest.of_deletes)
        of_vectors.push_back(std::move(manifest));
      else if (change_.gone.empty())
        manifests_.push_back(std::move(manifest));
      else
        keep_rest(rest_of(std::move(manifest)));
    }
    take_over_vectors(std::move(of_vectors));
  }

  struct Rest {
    ManifestFile manifest;
    std::vector<Entry> entries;
    bool all = false;
  };

  // What stays of a manifest.
  Rest rest_of(ManifestFile manifest) {
    Rest rest;
    const bool vectors = manifest.of_deletes;
    auto& removed = vectors ? removed_vectors_ : removed_files_;
    const int64_t before = removed.files;
    for (auto& entry : read_entries(manifest)) {
      if (!(vectors ? change_.bare.contains(entry.referenced_file) : change_.gone.contains(entry.path))) {
        rest.entries.push_back(std::move(entry));
        continue;
      }
      removed.add(entry.rows);
      if (vectors) rows_gone_before_[entry.referenced_file] = entry.rows;
    }
    rest.all = removed.files == before;
    rest.manifest = std::move(manifest);
    return rest;
  }

  void keep_rest(Rest rest) {
    if (rest.all) {
      manifests_.push_back(std::move(rest.manifest));
      return;
    }
    check_spec(rest);
    for (auto& entry : rest.entries) entry.status = EntryStatus::existing;
    add_entries(std::move(rest.entries));
  }

  // Only a table that is replaced is partitioned otherwise, and of that no file stays.
  void check_spec(const Rest& rest) const {
    if (!rest.entries.empty() && rest.manifest.spec_id != schema_.spec.at("spec-id").as_int())
      throw Error(ErrorCode::bad_avro, fmt::format("{} is partitioned as the table is no more", rest.manifest.path));
  }

  void take_over_vectors(std::vector<ManifestFile> manifests) {
    const bool files_return = std::any_of(change_.added.begin(), change_.added.end(), [&](const Add* add) {
      return third() && add->default_row_commit_version.value_or(0) < change_.version;
    });
    if (change_.bare.empty() && !files_return) {
      std::move(manifests.begin(), manifests.end(), std::back_inserter(manifests_));
      return;
    }
    std::vector<Rest> rests;
    rests.reserve(manifests.size());
    for (auto& manifest : manifests) rests.push_back(rest_of(std::move(manifest)));
    find_returning_rows();
    if (files_return || rows_return_)
      move_vectors(std::move(rests));
    else
      for (auto& rest : rests) keep_rest(std::move(rest));
  }

  // Of files that stay, with a smaller vector or with none.
  void find_returning_rows() {
    auto before = rows_gone_before_;
    for (const auto* add : change_.vectors) {
      const auto gone = before.find(file_uri(table_, add->path));
      if (gone == before.end()) continue;
      rows_return_ |= add->deletion_vector->cardinality < gone->second;
      before.erase(gone);
    }
    for (const auto& [file, rows] : before) rows_return_ |= !change_.gone.contains(file);
  }

  // Puts the vectors that stay into Puffin files that hold no other ones: a reader that takes all vectors of a file
  // that it opens must not find those by which rows were gone that are back.
  void move_vectors(std::vector<Rest> rests) {
    std::vector<Entry> entries;
    for (auto& rest : rests) {
      check_spec(rest);
      std::move(rest.entries.begin(), rest.entries.end(), std::back_inserter(entries));
    }
    const std::vector<Entry> from = entries;
    put_vectors(entries, [&](size_t i) { return read_frame(from[i]); });
    for (auto& entry : entries) {
      entry.status = EntryStatus::added;
      entry.snapshot_id = head_.snapshot_id;
    }
    add_entries(std::move(entries));
  }

  void put_together() {
    std::vector<ManifestFile> stay;
    std::vector<Entry> files, vectors;
    for (auto& manifest : manifests_) {
      if (manifest.bytes >= small_manifest || manifest.spec_id != schema_.spec.at("spec-id").as_int() ||
          manifest.snapshot_id == head_.snapshot_id) {
        stay.push_back(std::move(manifest));
        continue;
      }
      for (auto& entry : read_entries(manifest)) {
        entry.status = EntryStatus::existing;
        (manifest.of_deletes ? vectors : files).push_back(std::move(entry));
      }
    }
    manifests_ = std::move(stay);
    add_entries(std::move(files));
    add_entries(std::move(vectors));
  }

  // ---- what is new ----

  std::vector<Entry> new_entries(const std::vector<const Add*>& adds, decltype(entry_of)* make) const {
    std::vector<Entry> entries;
    entries.reserve(adds.size());
    for (const auto* add : adds) {
      Entry entry = make(table_, *add, draft_.metadata);
      entry.snapshot_id = head_.snapshot_id;
      entries.push_back(std::move(entry));
    }
    return entries;
  }

  std::vector<Entry> added_files() const {
    std::vector<Entry> entries = new_entries(change_.added, entry_of);
    for (Entry& entry : entries)
      if (!third()) entry.sequence_number = head_.sequence_number;
    return entries;
  }

  std::vector<Entry> added_vectors() const {
    std::vector<Entry> entries = new_entries(change_.vectors, vector_entry_of);
    for (Entry& entry : entries) entry.sequence_number = head_.sequence_number;
    put_vectors(entries, [&](size_t i) { return deletion_vector_frame(table_, *change_.vectors[i]->deletion_vector); });
    return entries;
  }

  // Puts the vectors of these entries into Puffin files, and says where each is.
  void put_vectors(std::vector<Entry>& entries, const std::function<std::string(size_t)>& frame_of) const {
    for (size_t first = 0, next = 0; first < entries.size(); first = next) {
      std::vector<VectorBlob> blobs;
      for (size_t bytes = 0; next < entries.size() && bytes < puffin_target; ++next) {
        blobs.push_back({entries[next].referenced_file, entries[next].rows, frame_of(next)});
        bytes += blobs.back().frame.size();
      }
      const PuffinFile file = puffin_of(blobs);
      failpoint("iceberg.puffin");
      const std::string uri = put_object("deletes", "puffin", file.bytes);
      for (size_t i = 0; i < blobs.size(); ++i) {
        Entry& entry = entries[first + i];
        entry.path = uri;
        entry.bytes = static_cast<int64_t>(file.bytes.size());
        entry.blob_offset = file.offsets[i];
        entry.blob_bytes = static_cast<int64_t>(blobs[i].frame.size());
      }
    }
  }

  void add_entries(std::vector<Entry> entries) {
    for (size_t from = 0; from < entries.size(); from += entries_of_manifest) {
      const size_t to = std::min(entries.size(), from + entries_of_manifest);
      const std::vector<Entry> part(std::make_move_iterator(entries.begin() + static_cast<std::ptrdiff_t>(from)),
                                    std::make_move_iterator(entries.begin() + static_cast<std::ptrdiff_t>(to)));
      Writer writer{head_.snapshot_id, head_.sequence_number};
      if (third() && part.front().content == Content::data) writer.first_row_id = next_row_id_;
      ManifestFile file = describe(schema_, part, writer);
      const std::string bytes = manifest_bytes(schema_, part, file);
      next_row_id_ += rows_given_ids(part, file);
      failpoint("iceberg.manifest");
      file.path = put_object("manifest", "avro", bytes);
      file.bytes = static_cast<int64_t>(bytes.size());
      manifests_.push_back(std::move(file));
    }
  }

  // ---- objects ----

  std::string put_object(const std::string& what, const std::string& ending, const std::string& bytes) const {
    const std::string relative = fmt::format("metadata/{}-{}.{}", what, sha256_hex(bytes).substr(0, 32), ending);
    const std::string key = table_.key(relative);
    if (table_.store->put_if_absent(key, bytes) != store::PutResult::done) {
      // There already, unless it was damaged since.
      const auto there = table_.store->head(key);
      if (!there || there->size != bytes.size()) table_.store->put(key, bytes);
    }
    return location_ + "/" + relative;
  }

  std::string key_of(const std::string& uri) const {
    if (!uri.starts_with(location_ + "/metadata/"))
      throw Error(ErrorCode::bad_avro, fmt::format("{} is not below {}/metadata", uri, location_));
    return table_.key(uri.substr(location_.size() + 1));
  }
  std::vector<ManifestFile> manifests_of(const std::string& list) const {
    return list.empty() ? std::vector<ManifestFile>() : read_manifest_list(table_.store->read(key_of(list)), list);
  }
  std::vector<Entry> read_entries(const ManifestFile& manifest) const {
    auto entries = read_manifest(table_.store->read(key_of(manifest.path)), manifest);
    std::erase_if(entries, [](const Entry& entry) { return entry.status == EntryStatus::deleted; });
    return entries;
  }
  std::string read_frame(const Entry& entry) const {
    const auto size = static_cast<uint64_t>(entry.blob_bytes);
    std::string bytes = table_.store->read(key_of(entry.path), static_cast<uint64_t>(entry.blob_offset), size);
    if (bytes.size() == size) return bytes;
    throw Error(ErrorCode::bad_avro, fmt::format("{} is cut off", entry.path));
  }

  // ---- what it comes to ----

  // Commits of other writers may add files that are there already; then the files that are there tell.
  void check_total() const {
    if (change_.whole || !draft_.files) return;
    int64_t files = 0;
    for (const auto& manifest : manifests_) files += manifest.of_deletes ? 0 : manifest.live_files();
    if (*draft_.files != files)
      throw Error(ErrorCode::bad_avro,
                  fmt::format("{}: the manifests hold {} files, the log {}", location_, files, *draft_.files));
  }

  const char* operation() const {
    if (change_.removes && !change_.data_change) return "replace";
    if (!change_.removes) return "append";
    return change_.added.empty() && !rows_return_ ? "delete" : "overwrite";
  }

  Json summary() const {
    Count files, added_files, vectors, added_vectors;
    for (const auto& manifest : manifests_) {
      auto& all = manifest.of_deletes ? vectors : files;
      auto& added = manifest.of_deletes ? added_vectors : added_files;
      all.files += manifest.live_files();
      all.rows += manifest.live_rows();
      if (manifest.snapshot_id != head_.snapshot_id) continue;
      added.files += manifest.added_files;
      added.rows += manifest.added_rows;
    }
    Json json = Json::object().set("operation", operation());
    const auto count = [&](const char* name, int64_t value) { json.set(name, std::to_string(value)); };
    count("added-data-files", added_files.files);
    count("added-records", added_files.rows);
    count("deleted-data-files", removed_files_.files);
    count("deleted-records", removed_files_.rows);
    count("total-data-files", files.files);
    count("total-records", files.rows);
    if (third()) {
      count("added-delete-files", added_vectors.files);
      count("added-dvs", added_vectors.files);
      count("removed-delete-files", removed_vectors_.files);
      count("removed-dvs", removed_vectors_.files);
      count("added-position-deletes", added_vectors.rows);
      count("removed-position-deletes", removed_vectors_.rows);
      count("total-position-deletes", vectors.rows);
      count("total-equality-deletes", 0);
    }
    count("total-delete-files", vectors.files);
    count(version_property, change_.version);
    return json;
  }

  const TableLocation& table_;
  const SnapshotDraft& draft_;
  const Change& change_;
  std::string location_;
  ManifestSchema schema_;
  ListHead head_;
  int64_t next_row_id_ = 0;
  std::vector<ManifestFile> manifests_;
  Count removed_files_, removed_vectors_;
  std::map<std::string, int64_t> rows_gone_before_;  // by the vectors that leave, by data file
  bool rows_return_ = false;
};

}  // namespace

Json write_snapshot(const TableLocation& table, const SnapshotDraft& draft) {
  return SnapshotWriter(table, draft).write();
}

}  // namespace weir::lake::iceberg
