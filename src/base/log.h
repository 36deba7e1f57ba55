// Structured log lines to standard error or a file: "2026-01-05T09:12:44Z level message key=value …" or JSON.
#pragma once

#include <cstdio>
#include <mutex>
#include <string_view>

#include "base/json.h"

namespace weir {

enum class LogLevel { debug, info, warn, error };
enum class LogFormat { text, json };

class Logger {
 public:
  explicit Logger(std::FILE* out = stderr, LogLevel level = LogLevel::warn, LogFormat format = LogFormat::text)
      : out_(out), level_(level), format_(format) {}
  bool wants(LogLevel level) const { return level >= level_; }
  void log(LogLevel level, std::string_view message, const Json& fields = Json::object());

 private:
  std::mutex mutex_;
  std::FILE* out_;
  LogLevel level_;
  LogFormat format_;
};

}  // namespace weir
