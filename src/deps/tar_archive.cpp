#include "deps/tar_archive.h"

#include <algorithm>
#include <cstring>
#include <set>
#include <system_error>

#include "base/error.h"
#include "base/file.h"
#include "base/gzip.h"
#include "base/text.h"

namespace weir::deps {

namespace fs = std::filesystem;

namespace {

constexpr size_t block_bytes = 512;
constexpr uint64_t largest_archive = uint64_t{1} << 31;

struct Entry {
  std::string name, link;
  char type = '0';
  unsigned mode = 0644;
  std::string_view content;
};

class Reader {
 public:
  Reader(std::string_view bytes, const std::string& label) : bytes_(bytes), label_(label) {}

  [[noreturn]] void damaged(const std::string& why) const {
    throw Error(ErrorCode::package_fetch, label_ + " is no package: " + why);
  }

  // False: the archive is at its end.
  bool next(Entry& out) {
    std::string long_name, long_link;
    for (;;) {
      if (at_ + block_bytes > bytes_.size()) return false;
      const std::string_view header = bytes_.substr(at_, block_bytes);
      if (std::all_of(header.begin(), header.end(), [](char c) { return c == '\0'; })) return false;
      check_sum(header);
      const uint64_t size = octal(header.substr(124, 12));
      at_ += block_bytes;
      if (size > bytes_.size() - at_) damaged("it ends within a file");
      const std::string_view content = bytes_.substr(at_, size);
      at_ += (size + block_bytes - 1) / block_bytes * block_bytes;
      at_ = std::min(at_, bytes_.size());
      const char type = header[156];
      if (type == 'x' || type == 'g') {
        if (type == 'x') read_pax(content, long_name, long_link);
      } else if (type == 'L' || type == 'K') {
        (type == 'L' ? long_name : long_link) = text(content);
      } else {
        out = entry(header, content, type);
        if (!long_name.empty()) out.name = long_name;
        if (!long_link.empty()) out.link = long_link;
        return true;
      }
    }
  }

 private:
  static std::string text(std::string_view field) { return std::string(field.substr(0, field.find('\0'))); }

  uint64_t octal(std::string_view field) const {
    uint64_t value = 0;
    if (!field.empty() && (static_cast<unsigned char>(field[0]) & 0x80) != 0) {  // GNU: as a number
      for (size_t i = 4; i < field.size(); i++) value = value << 8 | static_cast<unsigned char>(field[i]);
      return value;
    }
    const std::string digits = text(field);
    for (const char c : trim(digits)) {
      if (c < '0' || c > '7') damaged("a number in it is none");
      value = value * 8 + static_cast<uint64_t>(c - '0');
    }
    return value;
  }

  void check_sum(std::string_view header) const {
    uint64_t sum = 0;
    for (size_t i = 0; i < block_bytes; i++) sum += i >= 148 && i < 156 ? ' ' : static_cast<unsigned char>(header[i]);
    if (sum != octal(header.substr(148, 8))) damaged("a checksum does not fit");
  }

  static Entry entry(std::string_view header, std::string_view content, char type) {
    Entry out;
    out.name = text(header.substr(0, 100));
    out.link = text(header.substr(157, 100));
    const std::string prefix = header.substr(257, 5) == "ustar" ? text(header.substr(345, 155)) : std::string();
    if (!prefix.empty() && header.substr(257, 6) == std::string_view("ustar\0", 6)) out.name = prefix + "/" + out.name;
    out.type = type == '\0' ? '0' : type;
    out.mode = 0;
    for (const char c : text(header.substr(100, 8)))
      if (c >= '0' && c <= '7') out.mode = out.mode * 8 + static_cast<unsigned>(c - '0');
    out.content = content;
    return out;
  }

  // "27 path=some/long/name\n", one after the other.
  void read_pax(std::string_view content, std::string& name, std::string& link) const {
    while (!content.empty()) {
      const size_t space = content.find(' ');
      const auto length = space == std::string_view::npos ? std::nullopt : parse_int(content.substr(0, space));
      if (!length || *length <= static_cast<int64_t>(space) + 1 || static_cast<size_t>(*length) > content.size())
        damaged("an extended header does not fit");
      const std::string_view record = content.substr(space + 1, static_cast<size_t>(*length) - space - 2);
      const size_t equals = record.find('=');
      if (equals != std::string_view::npos && record.substr(0, equals) == "path") name = record.substr(equals + 1);
      if (equals != std::string_view::npos && record.substr(0, equals) == "linkpath") link = record.substr(equals + 1);
      content.remove_prefix(static_cast<size_t>(*length));
    }
  }

  std::string_view bytes_;
  const std::string& label_;
  size_t at_ = 0;
};

bool stays_inside(const fs::path& path) {
  const fs::path normal = path.lexically_normal();
  return !normal.empty() && normal.is_relative() && *normal.begin() != "..";
}

// Entries of one folder, none of which leads out of it, also not through the links before it.
class Checker {
 public:
  Checker(const Reader& reader, const std::string& label) : reader_(reader), label_(label) {}

  void add(const Entry& entry) {
    TarEntry out;
    out.path = fs::path(entry.name).lexically_normal();
    if (out.path == "." || out.path == "./") return;
    if (!out.path.has_filename()) out.path = out.path.parent_path();
    if (!stays_inside(out.path)) reader_.damaged("it has the path " + entry.name);
    for (fs::path part = out.path; !part.empty(); part = part.parent_path())
      if (links_.contains(part.string())) reader_.damaged(entry.name + " lies behind a link");
    out.link = entry.link;
    out.executable = (entry.mode & 0100) != 0;
    out.content = entry.content;
    if (!take_kind(entry, out)) return;
    tops_.insert(out.path.begin()->string());
    entries_.push_back(std::move(out));
  }

  std::vector<TarEntry> take() {
    if (tops_.size() != 1)
      throw Error(ErrorCode::package_fetch,
                  label_ + " is no package: it has " + std::to_string(tops_.size()) + " folders, not one");
    return std::move(entries_);
  }

 private:
  // False: it is nothing that a package has.
  bool take_kind(const Entry& entry, TarEntry& out) {
    const auto leads_out = [&](const fs::path& target) {
      return fs::path(entry.link).is_absolute() || !stays_inside(target) ||
             target.lexically_normal().begin()->string() != out.path.begin()->string();
    };
    switch (entry.type) {
      case '5':
        out.kind = TarEntry::Kind::folder;
        return true;
      case '0':
      case '7':
        return true;
      case '2':
        out.kind = TarEntry::Kind::symlink;
        if (leads_out(out.path.parent_path() / entry.link)) reader_.damaged("it links to " + entry.link);
        links_.insert(out.path.string());
        return true;
      case '1':
        out.kind = TarEntry::Kind::copy;
        if (leads_out(entry.link) || behind_link(fs::path(entry.link).lexically_normal()))
          reader_.damaged("it links to " + entry.link);
        return true;
      default:
        return false;
    }
  }

  bool behind_link(fs::path path) const {
    for (; !path.empty(); path = path.parent_path())
      if (links_.contains(path.string())) return true;
    return false;
  }

  const Reader& reader_;
  const std::string& label_;
  std::vector<TarEntry> entries_;
  std::set<std::string> tops_, links_;
};

void put(const TarEntry& entry, const fs::path& into) {
  const fs::path path = into / entry.path;
  fs::create_directories(entry.kind == TarEntry::Kind::folder ? path : path.parent_path());
  constexpr auto runs = fs::perms::owner_exec | fs::perms::group_exec | fs::perms::others_exec;
  switch (entry.kind) {
    case TarEntry::Kind::folder:
      return;
    case TarEntry::Kind::file:
      write_artifact(path, entry.content);
      if (entry.executable) fs::permissions(path, runs, fs::perm_options::add);
      return;
    case TarEntry::Kind::symlink:
      fs::create_symlink(entry.link, path);
      return;
    case TarEntry::Kind::copy:
      fs::copy_file(into / fs::path(entry.link).lexically_normal(), path, fs::copy_options::overwrite_existing);
      return;
  }
}

}  // namespace

std::vector<TarEntry> tar_entries(std::string_view bytes, const std::string& label) {
  Reader reader(bytes, label);
  Checker checker(reader, label);
  for (Entry entry; reader.next(entry);) checker.add(entry);
  return checker.take();
}

std::string unpack_tar(std::string_view bytes, const fs::path& into, const std::string& label) {
  const std::vector<TarEntry> entries = tar_entries(bytes, label);
  try {
    for (const TarEntry& entry : entries) put(entry, into);
  } catch (const fs::filesystem_error& error) {
    throw Error(ErrorCode::store_io, "cannot unpack " + label + ": " + error.code().message());
  }
  return entries.front().path.begin()->string();
}

std::string unpack_tar_gz(std::string_view bytes, const fs::path& into, const std::string& label) {
  const std::optional<std::string> tar = gunzip(bytes, largest_archive);
  if (!tar) throw Error(ErrorCode::package_fetch, label + " is no package: it is no .tar.gz, or damaged");
  return unpack_tar(*tar, into, label);
}

}  // namespace weir::deps
