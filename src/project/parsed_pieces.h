// The pieces that a project is parsed in, remembered from one reading to the next (parse_cache.h): nodes of a file,
// what a properties file describes, its tests. A piece is remembered with the hash of all that it was made of, so that
// asking with the hash of what there is now gives what parsing would give, or nothing.
//
// Never remembered: what looked at the clock, what is of a text that names what differs from call to call, pieces with
// mistakes (their owner does not offer them). Environment variables that any template asked for are remembered with
// their values; when one differs all is parsed anew.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/archive.h"
#include "project/node_parser.h"
#include "project/parse_cache.h"
#include "project/rendering.h"
#include "project/schema_yaml.h"

namespace weir::project {

class ParsedPieces {
 public:
  // `cache` has not begun yet. `key`: the hash of what every piece depends on.
  ParsedPieces(ParseCache& cache, std::string key, const Rendering& rendering);

  // Why nothing that is kept of earlier readings holds; "" = it does.
  const std::string& anew_because() const { return anew_because_; }
  // Whether the project is what it was when this was asked last. `files`: the hash of all files that are not part of
  // what every piece depends on.
  bool is_unchanged(const std::string& files);

  // The key of a piece made of these parts; nullopt if it may not be remembered.
  std::string key_of(const std::vector<std::string_view>& parts) const;

  // The nodes of a piece; those that are the whole of a file get `raw` back. Any thread.
  std::optional<ParsedNodes> nodes(const std::string& piece, const std::string& key, const std::string* raw);
  void remember(const std::string& piece, const std::string& key, const ParsedNodes& nodes, bool with_raw);

  // What a properties file describes, by name only: enough to find what belongs to what. nullopt for files that hold
  // more than models, seeds, analyses and sources.
  std::optional<SchemaFile> outline(const std::string& piece, const std::string& key, const SourceFile& file);
  void remember_outline(const std::string& piece, const std::string& key, const SchemaFile& schema);

  void save();  // once, when all is parsed; in any thread

 private:
  void check_environment();
  std::string environment_now(const std::set<std::string>& names) const;
  std::string key_, anew_because_;
  const Rendering& rendering_;
  ParseCache& cache_;
  ArchivePool shared_;  // configurations that several nodes have
  std::set<std::string> env_before_;
  bool environment_known_ = false;  // its entry is there and holds
};

// What tells this build of weir from others: what it makes of a file may differ.
std::string build_identity();

}  // namespace weir::project
