#include "project/parsed_pieces.h"

#include <sys/stat.h>

#include <algorithm>
#include <tuple>

#include "base/hash.h"
#include "base/ids.h"
#include "project/node_archive.h"

namespace weir::project {

namespace {

const std::string environment_piece = "environment", files_piece = "files";

// Of a patch what finds its node; of a source's table what finds its node and its tests.
struct Outline {
  std::vector<std::pair<std::string, std::string>> patches;  // kind, name
  std::vector<Span> patch_spans;
  struct Table {
    std::string source, name, database;
  };
  std::vector<Table> tables;
};

template <class Archive>
void archive_members(Archive& archive, Outline::Table& value) {
  auto& [source, name, database] = value;
  archive(source, name, database);
}

template <class Archive>
void archive_members(Archive& archive, Outline& value) {
  auto& [patches, patch_spans, tables] = value;
  archive(patches, patch_spans, tables);
}

bool is_plain(const Patch& patch) { return patch.kind != "snapshots" && patch.versions.empty(); }

}  // namespace

std::string build_identity() {
  struct stat status {};
  if (stat("/proc/self/exe", &status) != 0) return uuid_v4();  // like no other
  return std::to_string(status.st_size) + "." + std::to_string(status.st_mtim.tv_sec) + "." +
         std::to_string(status.st_mtim.tv_nsec);
}

ParsedPieces::ParsedPieces(ParseCache& cache, std::string key, const Rendering& rendering)
    : key_(std::move(key)), rendering_(rendering), cache_(cache) {
  if (!cache_.begin(key_))
    anew_because_ = cache_.was_there() ? "what all of them depend on is not what it was when they were read last"
                                       : "nothing is kept of an earlier reading";
  check_environment();
  if (!environment_known_ && anew_because_.empty()) anew_because_ = "the environment is not what it was";
}

std::string ParsedPieces::environment_now(const std::set<std::string>& names) const {
  std::string out;
  ArchiveWriter write(out);
  write(names.size());
  for (const std::string& name : names) {
    const auto found = rendering_.env.find(name);
    write(name, found != rendering_.env.end(), sha256_hex(found == rendering_.env.end() ? "" : found->second));
  }
  return out;
}

void ParsedPieces::check_environment() {
  const std::string_view before = cache_.find(environment_piece, key_);
  if (before.empty()) return cache_.forget_all();  // nothing tells whether the other pieces hold
  ArchiveReader read(before);
  size_t count = 0;
  for (read(count); count > 0; count--) {
    std::string name, hash;
    bool there = false;
    read(name, there, hash);
    env_before_.insert(std::move(name));
  }
  environment_known_ = environment_now(env_before_) == before;
  if (environment_known_) return;
  cache_.forget_all();
  env_before_.clear();
}

bool ParsedPieces::is_unchanged(const std::string& files) {
  const bool same = cache_.find(files_piece, key_) == files;
  if (!same) cache_.put(files_piece, key_, files);
  return same && environment_known_;
}

std::string ParsedPieces::key_of(const std::vector<std::string_view>& parts) const {
  Sha256 hash;
  hash.update(key_);
  for (const std::string_view part : parts) {
    hash.update(std::to_string(part.size()) + ":");
    hash.update(part);
  }
  return hash.finish_hex().substr(0, 32);
}

std::optional<ParsedNodes> ParsedPieces::nodes(const std::string& piece, const std::string& key,
                                               const std::string* raw) {
  const std::string_view bytes = cache_.find(piece, key);
  if (bytes.empty()) return std::nullopt;
  ArchiveReader read(bytes, &shared_);
  size_t count = 0;
  read(count);
  ParsedNodes out(count);
  for (auto& parsed : out) {
    read(*(parsed = std::make_shared<ParsedNode>()));
    if (raw) parsed->node.raw = *raw;
  }
  return out;
}

void ParsedPieces::remember(const std::string& piece, const std::string& key, const ParsedNodes& nodes, bool with_raw) {
  if (std::any_of(nodes.begin(), nodes.end(),
                  [](const auto& parsed) { return parsed->of_this_call || parsed->node.reads_clock; }))
    return;
  std::string bytes;
  ArchiveWriter write(bytes);
  write(nodes.size());
  for (const auto& parsed : nodes) {
    std::string raw;
    if (!with_raw) raw.swap(parsed->node.raw);
    write(*parsed);
    if (!with_raw) raw.swap(parsed->node.raw);
  }
  cache_.put(piece, key, bytes);
}

std::optional<SchemaFile> ParsedPieces::outline(const std::string& piece, const std::string& key,
                                                const SourceFile& file) {
  const std::string_view bytes = cache_.find(piece, key);
  if (bytes.empty()) return std::nullopt;
  Outline outline;
  ArchiveReader read(bytes);
  read(outline);
  SchemaFile out;
  for (size_t i = 0; i < outline.patches.size(); i++) {
    Patch& patch = out.patches.emplace_back();
    std::tie(patch.kind, patch.name) = outline.patches[i];
    patch.span = outline.patch_spans.at(i);
    patch.file = file;
  }
  for (const Outline::Table& table : outline.tables) {
    SourceTable& made = out.sources.emplace_back();
    made.source = table.source;
    made.name = table.name;
    made.database = table.database;
    made.file = file;
  }
  return out;
}

void ParsedPieces::remember_outline(const std::string& piece, const std::string& key, const SchemaFile& schema) {
  if (!schema.unit_tests.empty() || !schema.declared.empty()) return;
  if (!std::all_of(schema.patches.begin(), schema.patches.end(), is_plain)) return;
  Outline outline;
  for (const Patch& patch : schema.patches) {
    outline.patches.emplace_back(patch.kind, patch.name);
    outline.patch_spans.push_back(patch.span);
  }
  for (const SourceTable& table : schema.sources) outline.tables.push_back({table.source, table.name, table.database});
  std::string bytes;
  ArchiveWriter write(bytes);
  write(outline);
  cache_.put(piece, key, bytes);
}

void ParsedPieces::save() {
  std::set<std::string> asked = rendering_.env_asked();
  asked.insert(env_before_.begin(), env_before_.end());
  if (!environment_known_ || asked != env_before_) cache_.put(environment_piece, key_, environment_now(asked));
  cache_.save();
}

}  // namespace weir::project
