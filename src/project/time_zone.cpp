#include "project/time_zone.h"

#include <algorithm>
#include <string_view>

#include "base/error.h"
#include "base/file.h"

namespace weir::project {

namespace {

// Big-endian numbers of a zone file.
class ZoneBytes {
 public:
  explicit ZoneBytes(std::string_view bytes) : bytes_(bytes) {}
  int64_t number(size_t size) {
    if (size > bytes_.size() - at_) throw Error(ErrorCode::template_value, "a file of the zone database is cut off");
    uint64_t value = static_cast<unsigned char>(bytes_[at_]) & 0x80 ? ~uint64_t{0} : 0;
    for (size_t i = 0; i < size; i++) value = value << 8 | static_cast<unsigned char>(bytes_[at_++]);
    return static_cast<int64_t>(value);
  }
  void skip(int64_t size) { at_ = std::min(bytes_.size(), at_ + static_cast<size_t>(std::max<int64_t>(size, 0))); }

 private:
  std::string_view bytes_;
  size_t at_ = 0;
};

struct ZoneHeader {
  int64_t version = 0, utc_marks = 0, standard_marks = 0, leaps = 0, times = 0, types = 0, letters = 0;
  int64_t size(int64_t time_size) const {
    return times * (time_size + 1) + types * 6 + letters + leaps * (time_size + 4) + standard_marks + utc_marks;
  }
};

ZoneHeader read_header(ZoneBytes& bytes) {
  ZoneHeader out;
  if (bytes.number(4) != 0x545A6966) throw Error(ErrorCode::template_value, "no file of the zone database");  // TZif
  out.version = bytes.number(1);
  bytes.skip(15);
  for (int64_t* count : {&out.utc_marks, &out.standard_marks, &out.leaps, &out.times, &out.types, &out.letters}) {
    *count = bytes.number(4);
    if (*count < 0 || *count > 100'000) throw Error(ErrorCode::template_value, "no file of the zone database");
  }
  return out;
}

bool is_zone_name(const std::string& name) {
  const auto plain = [](char c) {
    return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '/' || c == '_' || c == '-' ||
           c == '+';
  };
  return !name.empty() && name.front() != '/' && std::all_of(name.begin(), name.end(), plain);
}

int rounded_minutes(int seconds) {
  const int shifted = seconds + 30;
  return shifted >= 0 ? shifted / 60 : -((59 - shifted) / 60);
}

}  // namespace

std::shared_ptr<const TimeZone> TimeZone::load(const std::string& name) {
  const auto text = is_zone_name(name) ? read_file_if_exists("/usr/share/zoneinfo/" + name) : std::nullopt;
  if (!text)
    throw Error(ErrorCode::template_value, "unknown time zone '" + name + "'")
        .with_hint("names are those of the zone database, like Europe/Rome; the machine needs it (Debian: tzdata)");
  ZoneBytes bytes(*text);
  ZoneHeader header = read_header(bytes);
  size_t time_size = 4;
  if (header.version >= '2') {  // the same once more with times of 64 bits
    bytes.skip(header.size(4));
    header = read_header(bytes);
    time_size = 8;
  }
  auto zone = std::make_shared<TimeZone>();
  zone->name_ = name;
  for (int64_t i = 0; i < header.times; i++) zone->changes_s_.push_back(bytes.number(time_size));
  std::vector<size_t> type_of;
  for (int64_t i = 0; i < header.times; i++) type_of.push_back(static_cast<size_t>(bytes.number(1) & 0xFF));
  std::vector<int> types;
  for (int64_t i = 0; i < header.types; i++) {
    types.push_back(static_cast<int>(bytes.number(4)));
    bytes.skip(2);
  }
  if (types.empty()) throw Error(ErrorCode::template_value, "no file of the zone database");
  zone->first_s_ = types.front();
  for (const size_t type : type_of) zone->offsets_s_.push_back(types.at(std::min(type, types.size() - 1)));
  return zone;
}

int TimeZone::first_offset() const { return rounded_minutes(first_s_); }

int TimeZone::offset_at(int64_t utc_s) const {
  const auto after = std::upper_bound(changes_s_.begin(), changes_s_.end(), utc_s);
  const auto index = static_cast<size_t>(after - changes_s_.begin());
  return rounded_minutes(index == 0 ? first_s_ : offsets_s_[index - 1]);
}

int TimeZone::offset_at_local(int64_t local_s) const {
  const int before = offset_at(local_s - 86'400), after = offset_at(local_s + 86'400);
  const int late = offset_at(local_s - after * 60);
  return late == after ? after : before;
}

}  // namespace weir::project
