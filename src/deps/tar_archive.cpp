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
    for (const char c : trim(text(field))) {
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

class Unpacker {
 public:
  Unpacker(const fs::path& into, const std::string& label) : into_(into), label_(label) {}

  void put(const Entry& entry, const Reader& reader) {
    const fs::path name = fs::path(entry.name).lexically_normal();
    if (name == "." || name == "./") return;
    if (!stays_inside(name)) reader.damaged("it has the path " + entry.name);
    // Through a link that an earlier entry made, a file could land elsewhere.
    for (fs::path part = name.parent_path(); !part.empty(); part = part.parent_path())
      if (links_.contains(part.string())) reader.damaged(entry.name + " lies behind a link");
    tops_.insert(name.begin()->string());
    const fs::path path = into_ / name;
    if (entry.type == '5') {
      fs::create_directories(path);
    } else if (entry.type == '0' || entry.type == '7') {
      write_artifact(path, entry.content);
      if ((entry.mode & 0100) != 0)
        fs::permissions(path, fs::perms::owner_exec | fs::perms::group_exec | fs::perms::others_exec,
                        fs::perm_options::add);
    } else if (entry.type == '2') {
      put_link(entry, name, reader);
    } else if (entry.type == '1') {
      const fs::path target = fs::path(entry.link).lexically_normal();
      if (!stays_inside(target) || links_.contains(target.string())) reader.damaged("it links to " + entry.link);
      fs::create_directories(path.parent_path());
      fs::copy_file(into_ / target, path, fs::copy_options::overwrite_existing);
    }
  }

  std::string top() const {
    if (tops_.size() != 1)
      throw Error(ErrorCode::package_fetch,
                  label_ + " is no package: it has " + std::to_string(tops_.size()) + " folders, not one");
    return *tops_.begin();
  }

 private:
  void put_link(const Entry& entry, const fs::path& name, const Reader& reader) {
    const fs::path target = name.parent_path() / entry.link;
    if (fs::path(entry.link).is_absolute() || !stays_inside(target) ||
        target.lexically_normal().begin()->string() != name.begin()->string())
      reader.damaged("it links to " + entry.link);
    fs::create_directories((into_ / name).parent_path());
    fs::create_symlink(entry.link, into_ / name);
    links_.insert(name.string());
  }

  const fs::path& into_;
  const std::string& label_;
  std::set<std::string> tops_, links_;
};

}  // namespace

std::string unpack_tar(std::string_view bytes, const fs::path& into, const std::string& label) {
  Reader reader(bytes, label);
  Unpacker unpacker(into, label);
  try {
    for (Entry entry; reader.next(entry);) unpacker.put(entry, reader);
  } catch (const fs::filesystem_error& error) {
    throw Error(ErrorCode::store_io, "cannot unpack " + label + ": " + error.code().message());
  }
  return unpacker.top();
}

std::string unpack_tar_gz(std::string_view bytes, const fs::path& into, const std::string& label) {
  const std::optional<std::string> tar = gunzip(bytes, largest_archive);
  if (!tar) throw Error(ErrorCode::package_fetch, label + " is no package: it is no .tar.gz, or damaged");
  return unpack_tar(*tar, into, label);
}

}  // namespace weir::deps
