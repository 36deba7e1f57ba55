// The manifest: the immutable decision record of one attempt (docs/publish-protocol.md, "Formats").
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "lake/snapshot.h"

namespace weir::lake::publish {

enum class Kind { publish, rollback, takeback, adopt, fence };
std::string_view kind_text(Kind kind);

struct Parent {
  int64_t n = 0;
  std::string sha256;
  bool operator==(const Parent&) const = default;
};

struct ManifestTable {
  std::string uri;
  std::string id;                     // metaData.id
  int64_t read_version = -1;          // -1: the attempt creates the table
  std::optional<int64_t> txn_before;  // the asset's txn in this table when planned; the commit needs it unchanged.
                                      // In the anchor it is the parent's n; nullopt: none yet
  std::string mode;                   // "append", "overwrite", "merge", "metadata_only"
  bool blind = false;                 // the step read nothing of this table
  Json commit_info = Json::object();  // operation, operationParameters, operationMetrics, ... of the commit
  std::vector<Action> actions;        // may be kept beside the manifest (<n>.actions.json) when big
  int64_t staged_at_ms = 0;           // store's time of the oldest staged file; 0 = none
};

// The file beside a manifest that holds the actions of all its tables, when they are more than 1 MB of JSON:
// {"format":1,"n":…,"tables":[[action, …], …]}. Written before the manifest.
struct ActionsFile {
  std::string file, sha256;
};

struct ManifestInput {
  std::string table, id;
  int64_t version = 0;
  bool operator==(const ManifestInput&) const = default;
};

struct SourceFile {
  std::string uri;
  uint64_t size = 0;
  std::string etag;
};

struct ManifestCheck {
  std::string name;
  bool ok = true;
  Json detail = Json::object();  // failures, severity, ...
};

struct Manifest {
  int64_t n = 0;
  Kind kind = Kind::publish;
  std::string asset, owner, attempt;  // attempt: a UUID
  std::optional<Parent> parent;       // nullopt: no txn before
  std::string run, step, code;
  std::optional<std::pair<std::string, std::string>> interval;
  Json cursor_before, cursor_after;   // null before = full refresh where a cursor exists
  Json ack_floor;                     // null for sources that keep data by themselves
  std::string source_identity;        // of a source with a position ("" = files, queries)
  Json source_start;                  // where that source began when the asset was first published
  std::vector<ManifestTable> tables;  // [0] is the anchor
  std::vector<ManifestInput> inputs;
  std::vector<SourceFile> source_files;
  std::optional<std::pair<int64_t, std::vector<int64_t>>> restores;  // n, one version per table
  int64_t deadline_ms = 0;                                           // 0 = none (nothing staged)
  std::vector<ManifestCheck> checks;
  std::optional<ActionsFile> actions_file;  // set: the tables' actions are in that file, not in the manifest's bytes
  std::string sha256;                       // of the bytes it was read from or written as; not part of them

  std::string to_bytes() const;  // deterministic
  // Strict: every key must be known and of its kind. Error{manifest_damaged} naming place and cause;
  // Error{newer_format} for a format number above 1. If actions_file is set, the tables' actions are empty until
  // load_actions().
  static Manifest parse(std::string_view bytes, const std::string& place);
  bool has_table_without_append() const;  // any table that is overwritten, merged, ...
};

// <table>/_weir/<asset>/ (the asset percent-encoded as one segment) and the object of attempt n below it.
std::string manifest_folder(const TableLocation& anchor, const std::string& asset);
std::string manifest_key(const TableLocation& anchor, const std::string& asset, int64_t n);
std::string app_id(const std::string& asset);  // "weir:<asset>"

// nullopt = absent. Error{manifest_damaged | newer_format}, also if the file holds another number than its name. The
// actions of big manifests are not loaded: see load_actions.
std::optional<Manifest> read_manifest(const TableLocation& anchor, const std::string& asset, int64_t n);
// Reads the actions from beside the manifest if they are kept there and not loaded yet; verifies their sha256.
void load_actions(const TableLocation& anchor, Manifest& manifest);

struct ManifestInfo {
  int64_t n = 0;
  int64_t modified_ms = 0;  // the store's time
};
// Numbers greater than `after`, ascending. Costs one listing of what is newer than `after`.
std::vector<ManifestInfo> list_manifest_infos(const TableLocation& anchor, const std::string& asset, int64_t after = 0);
std::vector<int64_t> list_manifests(const TableLocation& anchor, const std::string& asset);  // numbers, ascending

// Members of a group hold _weir/<asset>/anchor.json, put if absent.
struct AnchorNote {
  std::string anchor_uri, owner;
};
std::optional<AnchorNote> read_anchor_note(const TableLocation& member, const std::string& asset);
// Puts it if absent; `replace` (adopt) overwrites one that says something else.
void write_anchor_note(const TableLocation& member, const std::string& asset, const AnchorNote& note,
                       bool replace = false);

}  // namespace weir::lake::publish
