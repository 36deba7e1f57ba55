#include "project/python_json.h"

#include <algorithm>
#include <cstdio>

namespace weir::project {

namespace {

// \uXXXX for everything outside ASCII, as surrogate pairs where needed. The text is UTF-8.
std::string ascii(const std::string& quoted) {
  std::string out;
  for (size_t i = 0; i < quoted.size();) {
    const auto byte = static_cast<unsigned char>(quoted[i]);
    if (byte < 0x80) {
      out += quoted[i++];
      continue;
    }
    const size_t length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2;
    uint32_t point = byte & (0xFFu >> (length + 1));
    for (size_t k = 1; k < length && i + k < quoted.size(); k++)
      point = (point << 6) | (static_cast<unsigned char>(quoted[i + k]) & 0x3Fu);
    char buffer[16];
    if (point >= 0x10000) {
      const uint32_t rest = point - 0x10000;
      std::snprintf(buffer, sizeof buffer, "\\u%04x\\u%04x", 0xD800 + (rest >> 10), 0xDC00 + (rest & 0x3FF));
    } else {
      std::snprintf(buffer, sizeof buffer, "\\u%04x", point);
    }
    out += buffer;
    i += length;
  }
  return out;
}

void append(std::string& out, const Json& value, bool sort_keys) {
  if (value.is_array()) {
    out += '[';
    for (size_t i = 0; i < value.as_array().size(); i++) {
      if (i) out += ", ";
      append(out, value.as_array()[i], sort_keys);
    }
    out += ']';
  } else if (value.is_object()) {
    Json::Object members = value.as_object();
    if (sort_keys)
      std::sort(members.begin(), members.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    out += '{';
    for (size_t i = 0; i < members.size(); i++) {
      if (i) out += ", ";
      out += ascii(Json(members[i].first).dump()) + ": ";
      append(out, members[i].second, sort_keys);
    }
    out += '}';
  } else {
    out += value.is_string() ? ascii(value.dump()) : value.dump();
  }
}

}  // namespace

std::string python_json(const Json& value, bool sort_keys) {
  std::string out;
  append(out, value, sort_keys);
  return out;
}

}  // namespace weir::project
