#include "base/failpoint.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <thread>

#include "base/error.h"
#include "base/text.h"

namespace weir {

namespace {

constexpr std::string_view member_prefix = "group.member.";

bool is_failpoint(std::string_view name) {
  if (name.substr(0, member_prefix.size()) == member_prefix)
    return parse_int(name.substr(member_prefix.size())).has_value();
  const auto& names = failpoint_names();
  return std::find(names.begin(), names.end(), name) != names.end();
}

struct Wish {
  std::string name;
  int64_t at = 0;  // 0 = each time
  std::string action = "crash";
};

Wish parse_wish(std::string_view text) {
  Wish wish;
  if (const size_t colon = text.find(':'); colon != std::string_view::npos) {
    wish.action = text.substr(colon + 1);
    text = text.substr(0, colon);
  }
  bool ok = wish.action == "crash" || wish.action == "pause" || wish.action == "error";
  if (const size_t at = text.find('@'); at != std::string_view::npos) {
    const auto count = parse_int(text.substr(at + 1));
    ok = ok && count && *count > 0;
    wish.at = count.value_or(0);
    text = text.substr(0, at);
  }
  wish.name = text;
  if (!ok)
    throw Error(ErrorCode::usage, "WEIR_FAIL is not <name>[@<k>][:crash|pause|error] at \"" + std::string(text) + "\"");
  if (!is_failpoint(wish.name))
    throw Error(ErrorCode::usage,
                "WEIR_FAIL names no failpoint: \"" + wish.name + "\"" + did_you_mean(wish.name, failpoint_names()));
  return wish;
}

// How often each failpoint named in WEIR_FAIL was reached: of the process, as the failpoints are.
int64_t count_arrival(const std::string& name) {
  static std::mutex mutex;
  static std::map<std::string, int64_t> arrivals;
  const std::lock_guard lock(mutex);
  return ++arrivals[name];
}

void pause(const std::string& name) {
  const char* folder = std::getenv("WEIR_FAIL_DIR");
  if (!folder || !*folder) throw Error(ErrorCode::usage, "WEIR_FAIL asks for a pause, but WEIR_FAIL_DIR is not set");
  const std::string reached = std::string(folder) + "/" + name + ".reached";
  const std::string release = std::string(folder) + "/" + name + ".release";
  const int fd = open(reached.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) throw Error(ErrorCode::store_io, "cannot write " + reached + ": " + std::strerror(errno));
  close(fd);
  while (access(release.c_str(), F_OK) != 0) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  unlink(reached.c_str());
  unlink(release.c_str());
}

void act(const Wish& wish) {
  if (wish.action == "crash") _exit(134);
  if (wish.action == "pause") return pause(wish.name);
  throw Error(ErrorCode::injected, "failpoint " + wish.name + " was reached");
}

}  // namespace

void failpoint(std::string_view name) {
  require(is_failpoint(name), "every failpoint is listed in failpoint.cpp");
  const char* wishes = std::getenv("WEIR_FAIL");
  if (!wishes || !*wishes) return;
  for (const auto& text : split(wishes, ',')) {
    const Wish wish = parse_wish(trim(text));
    if (wish.name != name) continue;
    const int64_t arrival = count_arrival(text);
    if (wish.at == 0 || wish.at == arrival) act(wish);
  }
}

const std::vector<std::string>& failpoint_names() {
  static const std::vector<std::string> names = {
      "inspect.done",
      "stage.file",
      "stage.vectors",
      "stage.done",
      "prepare.before",
      "prepare.landed_no_answer",
      "prepare.late",
      "prepare.done",
      "guard.done",
      "commit.before",
      "commit.landed_no_answer",
      "commit.late",
      "commit.exists",
      "commit.done",
      "group.anchor_done",
      "group.member.<i>",
      "verify.before",
      "verify.missing",
      "ack.decided",
      "ack.sent",
      "state.before",
      "rollback.planned",
      "rollback.anchor_done",
      "takeback.prepared",
      "adopt.prepared",
      "gc.files",
      "gc.manifest",
      "hudi.commit",
      "hudi.note",
      "iceberg.manifest",
      "iceberg.puffin",
      "iceberg.metadata",
      "iceberg.hint",
      "vacuum.files",
      "optimize.before",
      "optimize.done",
      "convert.before",
      "convert.done",
      "clone.before",
      "clone.done",
  };
  return names;
}

}  // namespace weir
