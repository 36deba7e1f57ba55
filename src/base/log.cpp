#include "base/log.h"

#include <algorithm>
#include <chrono>
#include <string>

#include "base/text.h"
#include "base/time.h"

namespace weir {

namespace {

std::string_view name(LogLevel level) {
  constexpr std::string_view names[] = {"debug", "info", "warn", "error"};
  return names[static_cast<size_t>(level)];
}

// Bare when it is one plain word, else as a JSON string, so that a line is one line and can be taken apart again.
void append_value(std::string& out, const Json& value) {
  if (!value.is_string()) return value.dump_to(out);
  const std::string& text = value.as_string();
  const bool plain =
      !text.empty() && is_valid_utf8(text) && text.find_first_of(" \"\\=\x7f") == std::string::npos &&
      std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  if (plain)
    out += text;
  else
    append_json_string(out, text);
}

std::string text_line(const std::string& time, LogLevel level, std::string_view message, const Json& fields) {
  std::string line = time + " " + std::string(name(level)) + " ";
  // A message with line breaks would look like several records.
  for (char c : valid_utf8(message)) line += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  for (const auto& [key, value] : fields.as_object()) {
    line += ' ';
    line += key;
    line += '=';
    append_value(line, value);
  }
  return line;
}

std::string json_line(const std::string& time, LogLevel level, std::string_view message, const Json& fields) {
  Json record = Json::object();
  record.set("time", time).set("level", name(level)).set("message", message);
  for (const auto& [key, value] : fields.as_object()) record.set(key, value);
  return record.dump();
}

}  // namespace

void Logger::log(LogLevel level, std::string_view message, const Json& fields) {
  if (!wants(level)) return;
  using namespace std::chrono;
  const int64_t now_ms = duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
  std::string line = format_ == LogFormat::json ? json_line(iso_ms(now_ms), level, message, fields)
                                                : text_line(iso_seconds(now_ms), level, message, fields);
  line += '\n';
  const std::lock_guard lock(mutex_);
  std::fwrite(line.data(), 1, line.size(), out_);
  std::fflush(out_);
}

}  // namespace weir
