#include "connectors/files/listing.h"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/parallel.h"
#include "base/text.h"
#include "connectors/files/object_listing.h"
#include "connectors/files/patterns.h"

namespace weir::files {

namespace {

namespace fs = std::filesystem;

constexpr uint64_t most_hashed = 8ULL * 1024 * 1024;

[[noreturn]] void fail(const fs::path& path, const std::string& cause) {
  throw Error(ErrorCode::store_io, path.string() + ": " + cause);
}

int64_t modified_ns(const struct stat& status) { return status.st_mtim.tv_sec * 1000000000LL + status.st_mtim.tv_nsec; }

std::string etag_on_disk(const struct stat& status) {
  return std::to_string(status.st_size) + "-" + std::to_string(modified_ns(status));
}

struct Entry {
  std::string name;
  bool link = false;
};

// Sorted by bytes. A folder that is not there has no entries.
std::vector<Entry> entries_of(const fs::path& folder) {
  DIR* directory = ::opendir(folder.c_str());
  if (directory == nullptr) {
    if (errno == ENOENT || errno == ENOTDIR) return {};
    fail(folder, std::strerror(errno));
  }
  std::vector<Entry> entries;
  errno = 0;
  while (const dirent* entry = ::readdir(directory)) {
    std::string name = entry->d_name;
    if (name != "." && name != "..") entries.push_back({name, entry->d_type == DT_LNK});
  }
  int cause = errno;
  ::closedir(directory);
  if (cause != 0) fail(folder, std::strerror(cause));
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.name < b.name; });
  return entries;
}

class Walk {
 public:
  Walk(const IngestSpec& spec, const Patterns& patterns) : spec_(spec), base_(patterns.base) {}

  void collect(const Pattern& pattern) { descend(pattern.fixed, pattern.segments, 0); }

  std::vector<FoundFile> sorted() {
    std::vector<FoundFile> files;
    for (auto& [label, file] : found_) files.push_back(std::move(file));
    return files;
  }

 private:
  void descend(const fs::path& folder, const std::vector<std::string>& segments, size_t at) {
    if (std::find(spec_.excluded.begin(), spec_.excluded.end(), folder) != spec_.excluded.end()) return;
    const std::string& segment = segments[at];
    bool last = at + 1 == segments.size();
    if (segment == "**") {
      if (!last) descend(folder, segments, at + 1);
      for (const Entry& entry : entries_of(folder)) {
        if (entry.name.front() == '.') continue;
        if (!entry.link && fs::is_directory(folder / entry.name)) descend(folder / entry.name, segments, at);
        if (last) take(folder / entry.name);
      }
    } else if (!has_wildcard(segment)) {
      step(folder / segment, segments, at, false);
    } else {
      for (const Entry& entry : entries_of(folder)) {
        if (name_matches(segment, entry.name)) step(folder / entry.name, segments, at, true);
      }
    }
  }

  void step(const fs::path& path, const std::vector<std::string>& segments, size_t at, bool listed) {
    if (at + 1 < segments.size()) {
      std::error_code ignored;
      if (fs::is_directory(path, ignored)) descend(path, segments, at + 1);
    } else if (listed || fs::exists(fs::symlink_status(path))) {
      take(path);
    }
  }

  // Adds the path if it is a file (or a link to one).
  void take(const fs::path& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) {
      fail(path, errno == ENOENT ? "is a link to nothing" : std::strerror(errno));
    }
    if (!S_ISREG(status.st_mode)) return;
    FoundFile file;
    file.place = path.string();
    file.label = path.lexically_relative(base_).generic_string();
    if (!is_valid_utf8(file.label)) {
      throw Error(ErrorCode::file_name, "the name " + valid_utf8(path.string()) + " is not UTF-8");
    }
    file.size = static_cast<uint64_t>(status.st_size);
    file.modified_ms = modified_ns(status) / 1000000;
    file.etag = etag_on_disk(status);
    if (spec_.hive_partitions) file.path_values = hive_values(file.label);
    found_.emplace(file.label, file);
  }

  const IngestSpec& spec_;
  const fs::path& base_;
  std::map<std::string, FoundFile> found_;
};

[[noreturn]] void changed(const FoundFile& file, bool there) {
  throw Error(ErrorCode::file_changed_while_read,
              file.label + (there ? " changed" : " was removed") + " while it was read");
}

std::string hash_of_object(const FoundFile& file) {
  std::unique_ptr<store::ObjectReader> reader;
  try {
    reader = file.store->open_read(file.key);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::store_not_found) changed(file, false);
    throw;
  }
  if (reader->info().etag != file.etag) changed(file, true);
  std::string content(reader->info().size, '\0');
  content.resize(reader->read_into(0, content.data(), content.size()));
  return sha256_hex(content);
}

void check_object(const FoundFile& file) {
  const auto now = file.store->head(file.key);
  if (!now || now->etag != file.etag) changed(file, now.has_value());
}

constexpr int requests_at_once = 16;

}  // namespace

Listing list_files(const IngestSpec& spec) {
  if (lies_in_store(spec)) return list_objects(spec, store::open);
  Patterns patterns = resolve_patterns(spec);
  Walk walk(spec, patterns);
  for (const Pattern& pattern : patterns.patterns) walk.collect(pattern);
  return {patterns.base.string(), patterns.base_rule, walk.sorted()};
}

std::string content_hash(const FoundFile& file) {
  if (file.size > most_hashed) return {};
  return file.store ? hash_of_object(file) : sha256_hex(read_file(file.place));
}

std::vector<std::string> content_hashes(const std::vector<const FoundFile*>& files) {
  std::vector<std::string> hashes(files.size());
  const bool remote = !files.empty() && files.front()->store != nullptr;
  parallel_for(files.size(), remote ? requests_at_once : 1, [&](size_t i) { hashes[i] = content_hash(*files[i]); });
  return hashes;
}

void check_still_the_same(const std::vector<FoundFile>& files) {
  const bool remote = !files.empty() && files.front().store != nullptr;
  parallel_for(files.size(), remote ? requests_at_once : 1, [&](size_t i) {
    const FoundFile& file = files[i];
    if (file.store) return check_object(file);
    struct stat status {};
    const bool there = ::stat(file.place.c_str(), &status) == 0;
    if (!there || etag_on_disk(status) != file.etag) changed(file, there);
  });
}

}  // namespace weir::files
