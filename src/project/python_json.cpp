#include "project/python_json.h"

#include <algorithm>
#include <cstdio>
#include <string_view>

#include "base/text.h"
#include "base/yaml_scalar.h"

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

bool is_date(std::string_view text) {
  constexpr std::string_view form = "0000-00-00";
  if (text.size() < form.size()) return false;
  for (size_t i = 0; i < form.size(); i++)
    if (form[i] == '-' ? text[i] != '-' : text[i] < '0' || text[i] > '9') return false;
  return true;
}

bool is_plain(std::string_view text) {
  if (text.empty() || yaml_scalar_tag(text) != "str" || is_date(text)) return false;
  if (text == "=" || text == "<<" || text.starts_with("---") || text.starts_with("...")) return false;
  if (text.front() == ' ' || text.back() == ' ' || text.back() == ':') return false;
  if (std::string_view("#,[]{}&*!|>'\"%@`").find(text.front()) != std::string_view::npos) return false;
  const bool marks = text.front() == '-' || text.front() == '?' || text.front() == ':';
  if (marks && (text.size() == 1 || text[1] == ' ')) return false;
  return text.find(": ") == std::string_view::npos && text.find(" #") == std::string_view::npos;
}

std::string yaml_scalar(const Json& value) {
  if (!value.is_string()) return value.is_array() ? "[]" : value.is_object() ? "{}" : value.dump();
  const std::string& text = value.as_string();
  const auto is_odd = [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7E;
  };
  if (std::any_of(text.begin(), text.end(), is_odd)) return ascii(value.dump());
  return is_plain(text) ? text : "'" + replace_all(text, "'", "''") + "'";
}

bool is_block(const Json& value) { return (value.is_array() || value.is_object()) && value.size() > 0; }

void append_yaml(std::string& out, const Json& value, size_t indent, bool sort_keys) {
  const std::string space(indent, ' ');
  if (value.is_array()) {
    for (const Json& item : value.as_array()) {
      std::string inner;
      if (is_block(item))
        append_yaml(inner, item, indent + 2, sort_keys);
      else
        inner = std::string(indent + 2, ' ') + yaml_scalar(item) + "\n";
      out += space + "- " + inner.substr(indent + 2);
    }
    return;
  }
  Json::Object members = value.as_object();
  if (sort_keys)
    std::sort(members.begin(), members.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (const auto& [key, item] : members) {
    out += space + yaml_scalar(Json(key)) + ":";
    if (!is_block(item)) {
      out += " " + yaml_scalar(item) + "\n";
      continue;
    }
    out += "\n";
    append_yaml(out, item, item.is_array() ? indent : indent + 2, sort_keys);
  }
}

}  // namespace

std::string python_yaml(const Json& value, bool sort_keys) {
  std::string out;
  if (is_block(value)) {
    append_yaml(out, value, 0, sort_keys);
    return out;
  }
  out = yaml_scalar(value);
  const bool open = !value.is_array() && !value.is_object() && out.front() != '\'' && out.front() != '"';
  return out + (open ? "\n...\n" : "\n");
}

std::string python_json(const Json& value, bool sort_keys) {
  std::string out;
  append(out, value, sort_keys);
  return out;
}

}  // namespace weir::project
