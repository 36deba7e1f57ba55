// Time zones of the machine's zone database (RFC 8536), as Python's pytz gives them to templates.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace weir::project {

class TimeZone {
 public:
  // Throws Error{template_value} for a name that is not there.
  static std::shared_ptr<const TimeZone> load(const std::string& name);

  const std::string& name() const { return name_; }
  // Minutes east of UTC, rounded as pytz rounds them.
  int first_offset() const;  // local mean time in most zones: what a zone means that is not told the time
  int offset_at(int64_t utc_s) const;
  int offset_at_local(int64_t local_s) const;  // of a time that is twice: the later offset; that is not: the former

 private:
  std::string name_;
  std::vector<int64_t> changes_s_;  // ascending
  std::vector<int> offsets_s_;      // from changes_s_[i] on
  int first_s_ = 0;                 // before the first change
};

}  // namespace weir::project
