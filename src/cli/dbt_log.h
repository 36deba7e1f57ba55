// dbt's events, as its tools read them. Under dbt's name each goes to dbt.log in --log-path (else logs/ in the
// project): a line of text, or of JSON with --log-format-file json. Those that are told go to standard output too: as
// text, or as JSON with --log-format json. Under weir's name all of this does nothing.
#pragma once

#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/json.h"
#include "cli/verb.h"
#include "project/log_line.h"
#include "project/node.h"

namespace weir::cli {

struct DbtEvent {
  std::string name, level;  // dbt's name of it; debug, info, warn or error
  std::string message;
  Json data = Json::object();
  std::string thread = "MainThread";
};

// Whether dbt's code of an event begins with "D": `Deprecations` in --warn-error-options names all of these.
bool is_deprecation(std::string_view event);
// Of these, what dbt tells once in a call and counts for its summary.
bool is_counted_deprecation(std::string_view event);

// What a call tells. The file is opened when something is written first. Thread-safe.
class DbtLog {
 public:
  DbtLog(std::filesystem::path folder, bool json, bool to_file)
      : folder_(std::move(folder)), json_(json), to_file_(to_file) {}
  void write(const DbtEvent& event, int64_t at_ms);
  // A deprecation that was met; each one counts, also what is not told a second time.
  void met(const std::string& deprecation);
  std::map<std::string, int64_t> deprecations();  // how often, by event
  void silence_summary() { summary_silenced_ = true; }
  bool summary_silenced() const { return summary_silenced_; }

 private:
  const std::filesystem::path folder_;
  const bool json_, to_file_;
  std::mutex mutex_;
  std::ofstream out_;
  std::map<std::string, int64_t> deprecations_;
  std::atomic<bool> summary_silenced_ = false;
};

bool is_dbt(const Call& call);

// What a template says; `told`: not only noted in a log of details.
DbtEvent jinja_event(const project::LogLine& line, bool told);

// To the log; to standard output only where that is JSON, since its text is told otherwise. Never throws: a log that
// cannot be written is no reason to stop.
void log_event(const Call& call, const DbtEvent& event);
void log_event(const Call& call, std::string_view name, std::string_view level, const std::string& message,
               const Json& data = Json::object());
// To both. With --quiet standard output gets errors alone, without --debug nothing of level debug; where it is a list
// that programs read (ls), it gets errors alone too.
void tell_event(const Call& call, const DbtEvent& event);

// Gives the call its log, where it is dbt's, and tells of the call itself: which dbt this answers for, and options that
// dbt calls deprecated.
void log_call(Call& call);

// What dbt calls such an error: "Compilation Error", "Parsing Error", "Runtime Error".
std::string_view dbt_error_kind(const Error& error);
// "Runtime Error in model orders (models/orders.sql)"
std::string dbt_title(const project::Node& node, std::string_view kind);
// A text below such a title.
std::string dbt_indented(std::string_view text);

}  // namespace weir::cli
