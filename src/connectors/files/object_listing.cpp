#include "connectors/files/object_listing.h"

#include <map>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "connectors/files/patterns.h"
#include "store/remote_uri.h"

namespace weir::files {

namespace {

using Segments = std::vector<std::string>;

[[noreturn]] void refuse(const IngestSpec& spec, const std::string& what, const std::string& hint = {}) {
  throw Error(ErrorCode::bad_option_value, spec.asset + ": " + what, hint).with_span(spec.span);
}

struct Uri {
  std::string root;  // "s3://bucket"
  std::string key;   // what follows the '/' behind it
};

Uri split_uri(const std::string& written) {
  const size_t slash = written.find('/', written.find("://") + 3);
  return {written.substr(0, slash), slash == std::string::npos ? "" : written.substr(slash + 1)};
}

// Keys below a folder; "" is the root.
std::string below(const std::string& folder) { return folder.empty() ? folder : folder + "/"; }

// One pattern: `folder` holds what it has before the first segment with a wildcard (or the name), `segments` the rest.
struct ObjectPattern {
  std::string folder;
  Segments segments;

  bool is_name() const { return segments.size() == 1 && !has_wildcard(segments.front()); }
  // What all keys begin with that can match.
  std::string prefix() const {
    const std::string& first = segments.front();
    const std::string literal = first.substr(0, first.find_first_of("*?["));
    return below(folder) + (literal == "." || literal == ".." ? "" : literal);
  }
};

ObjectPattern parse(const IngestSpec& spec, const std::string& written, const std::string& key) {
  const Segments names = split(key, '/');
  ObjectPattern pattern;
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i].empty() && i + 1 == names.size())
      refuse(spec, "\"" + written + "\" names no file",
             "write a pattern for its files: " + written + (written.ends_with('/') ? "" : "/") + "*.csv");
    if (names[i].empty() || names[i] == "." || names[i] == "..")
      refuse(spec, "\"" + written + "\" holds an empty name, \".\" or \"..\", which no object has");
    if (pattern.segments.empty() && !has_wildcard(names[i]) && i + 1 < names.size())
      pattern.folder = below(pattern.folder) + names[i];
    else
      pattern.segments.push_back(names[i]);
  }
  return pattern;
}

bool matches_from(const Segments& segments, size_t at, const Segments& names, size_t from) {
  if (at == segments.size()) return from == names.size();
  if (from == names.size()) return false;
  if (segments[at] != "**")
    return name_matches(segments[at], names[from]) && matches_from(segments, at + 1, names, from + 1);
  const bool hidden = names[from].starts_with('.');
  if (at + 1 == segments.size() && from + 1 == names.size()) return !hidden;
  return matches_from(segments, at + 1, names, from) || (!hidden && matches_from(segments, at, names, from + 1));
}

class ObjectListing {
 public:
  ObjectListing(const IngestSpec& spec, const OpenStore& open) : spec_(spec) {
    for (const std::string& written : spec.patterns) add(written);
    find_base();
    for (const std::string& place : spec.excluded) {
      if (place.starts_with(root_ + "/")) excluded_.push_back(below(std::string(trim_slash(split_uri(place).key))));
    }
    store_ = open(root_);
  }

  Listing list() {
    for (const ObjectPattern& pattern : patterns_) collect(pattern);
    Listing listing{root_ + (base_.empty() ? "" : "/" + base_), base_rule_, {}};
    for (auto& [label, file] : found_) listing.files.push_back(std::move(file));
    return listing;
  }

 private:
  static std::string_view trim_slash(std::string_view key) {
    while (key.ends_with('/')) key.remove_suffix(1);
    return key;
  }

  void add(const std::string& written) {
    const Uri uri = split_uri(written);
    if (root_.empty()) root_ = uri.root;
    if (uri.root != root_)
      refuse(spec_, "files of one source lie in one place: " + root_ + " and " + uri.root + " are two",
             "make two sources, and a model that unites them");
    patterns_.push_back(parse(spec_, written, uri.key));
  }

  void find_base() {
    if (spec_.base) {
      const Uri uri = split_uri(*spec_.base);
      base_ = trim_slash(uri.key);
      base_rule_ = *spec_.base;
      for (const ObjectPattern& pattern : patterns_) {
        if (store::is_remote_uri(*spec_.base) && uri.root == root_ && below(pattern.folder).starts_with(below(base_)))
          continue;
        refuse(spec_, "files in " + root_ + "/" + pattern.folder + " do not lie in ingest.base " + *spec_.base);
      }
      return;
    }
    base_ = patterns_.front().folder;
    for (const ObjectPattern& pattern : patterns_) {
      while (!below(pattern.folder).starts_with(below(base_))) {
        const size_t slash = base_.rfind('/');
        base_ = slash == std::string::npos ? "" : base_.substr(0, slash);
      }
    }
    base_rule_ = root_ + (base_.empty() ? "" : "/" + base_);
  }

  void collect(const ObjectPattern& pattern) {
    if (pattern.is_name()) {
      if (const auto info = store_->head(below(pattern.folder) + pattern.segments.front())) take(*info);
      return;
    }
    // What is excluded may be large: it is passed over, not listed.
    const std::string prefix = pattern.prefix();
    for (std::string start, next;; start = std::exchange(next, {})) {
      store_->list_from(prefix, start, [&](const store::ObjectInfo& info) {
        if (const std::string past = past_excluded(prefix, info.key); !past.empty()) {
          if (past <= start) return true;
          next = past;
          return false;
        }
        if (matches(pattern, info.key)) take(info);
        return true;
      });
      if (next.empty()) return;
    }
  }

  // A key behind all those of the excluded folder that this one lies in; "" if it lies in none. Whoever names a place
  // inside such a folder means it.
  std::string past_excluded(const std::string& prefix, const std::string& key) const {
    constexpr const char* last_character = "\xF4\x8F\xBF\xBF";
    for (const std::string& folder : excluded_) {
      if (key.starts_with(folder) && !prefix.starts_with(folder)) return folder + last_character;
    }
    return {};
  }

  static bool matches(const ObjectPattern& pattern, const std::string& key) {
    return matches_from(pattern.segments, 0, split(key.substr(below(pattern.folder).size()), '/'), 0);
  }

  void take(const store::ObjectInfo& info) {
    FoundFile file;
    file.label = info.key.substr(below(base_).size());
    file.place = root_ + "/" + info.key;
    if (!is_valid_utf8(file.label))
      throw Error(ErrorCode::file_name, "the name " + valid_utf8(file.place) + " is not UTF-8");
    file.size = info.size;
    file.modified_ms = info.modified_ms;
    file.etag = info.etag;
    if (spec_.hive_partitions) file.path_values = hive_values(file.label);
    file.store = store_;
    file.key = info.key;
    found_.insert_or_assign(file.label, file);
  }

  const IngestSpec& spec_;
  std::string root_, base_, base_rule_;
  std::vector<ObjectPattern> patterns_;
  Segments excluded_;
  std::shared_ptr<store::ObjectStore> store_;
  std::map<std::string, FoundFile> found_;
};

}  // namespace

bool lies_in_store(const IngestSpec& spec) {
  size_t remote = 0;
  for (const std::string& pattern : spec.patterns) {
    const size_t scheme = pattern.find("://");
    if (store::is_remote_uri(pattern)) {
      ++remote;
    } else if (scheme != std::string::npos && pattern.substr(0, scheme) != "file") {
      throw Error(ErrorCode::store_scheme,
                  spec.asset + ": files of \"" + pattern.substr(0, scheme) + "://\" cannot be listed",
                  "write a path, or a URI of a store that docs/stores.md lists")
          .with_span(spec.span);
    }
  }
  if (remote != 0 && remote != spec.patterns.size())
    refuse(spec, "ingest.files names paths and URIs of a store", "make two sources, and a model that unites them");
  return remote != 0;
}

Listing list_objects(const IngestSpec& spec, const OpenStore& open) { return ObjectListing(spec, open).list(); }

}  // namespace weir::files
