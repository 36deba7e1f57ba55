#include "state/writer_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "base/time.h"

namespace weir::state {

namespace {

// Written in one call and always of this length, so that a reader sees one holder and never a mixture.
constexpr size_t kHolderBytes = 512;

std::filesystem::path lock_path(const std::filesystem::path& state_dir) { return state_dir / "writer.lock"; }

std::optional<int64_t> start_ticks_of(int64_t pid) {
  std::optional<std::string> stat;
  try {
    stat = read_file_if_exists("/proc/" + std::to_string(pid) + "/stat");
  } catch (const Error&) {
    return std::nullopt;  // it ended between open and read
  }
  if (!stat) return std::nullopt;
  size_t after_name = stat->rfind(')');  // the name itself may hold spaces and parentheses
  if (after_name == std::string::npos) return std::nullopt;
  std::vector<std::string> fields = split(std::string_view(*stat).substr(after_name + 2), ' ');
  constexpr size_t kStartTime = 22 - 3;  // fields are numbered from 1 and the first two are before the name's end
  return fields.size() > kStartTime ? parse_int(fields[kStartTime]) : std::nullopt;
}

std::optional<Holder> parse_holder(std::string_view text) {
  try {
    Json json = Json::parse(trim(text));
    Holder holder;
    holder.process = {json.at("pid").as_int(), json.at("start").as_int()};
    holder.verb = json.at("verb").as_string();
    holder.run = json.at("run").as_string();
    holder.since_ms = json.at("since").as_int();
    return holder;
  } catch (const Error&) {
    return std::nullopt;
  }
}

[[noreturn]] void refuse(const std::filesystem::path& state_dir) {
  std::optional<std::string> text = read_file_if_exists(lock_path(state_dir));
  std::optional<Holder> holder = text ? parse_holder(*text) : std::nullopt;
  if (!holder) {
    throw Error(ErrorCode::state_locked, "another process is just starting to write to " + state_dir.string(),
                "run the command again when it is done");
  }
  std::string who = "process " + std::to_string(holder->process.pid) + " (weir " + holder->verb;
  who += (holder->run.empty() ? "" : ", run " + holder->run) + ", since " + iso_seconds(holder->since_ms) + ")";
  throw Error(ErrorCode::state_locked, who + " is writing to " + state_dir.string(),
              "wait for it, stop it with kill -INT " + std::to_string(holder->process.pid) +
                  ", or give this command its own --state-dir");
}

}  // namespace

ProcessId this_process() {
  int64_t pid = ::getpid();
  return {pid, start_ticks_of(pid).value_or(0)};
}

bool is_alive(const ProcessId& process) {
  std::optional<int64_t> start = start_ticks_of(process.pid);
  return start && *start == process.start_ticks;
}

std::unique_ptr<WriterLock> WriterLock::acquire(const std::filesystem::path& state_dir, const std::string& verb,
                                                int64_t now_ms) {
  std::error_code failure;
  std::filesystem::create_directories(state_dir, failure);
  int fd = failure ? -1 : ::open(lock_path(state_dir).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) {
    std::string cause = failure ? failure.message() : std::strerror(errno);
    throw Error(ErrorCode::state_io, lock_path(state_dir).string() + ": " + cause,
                "choose a folder that can be written with --state-dir or WEIR_STATE_DIR");
  }
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    int cause = errno;
    ::close(fd);
    if (cause == EWOULDBLOCK) refuse(state_dir);
    throw Error(ErrorCode::state_io, lock_path(state_dir).string() + ": " + std::strerror(cause));
  }
  std::unique_ptr<WriterLock> lock(new WriterLock(fd, Holder{this_process(), verb, "", now_ms}));
  lock->write_holder();
  return lock;
}

WriterLock::~WriterLock() {
  // Emptied, not removed: a file that is removed could be locked by one process and created anew by another.
  [[maybe_unused]] int ignored = ::ftruncate(fd_, 0);
  ::close(fd_);
}

void WriterLock::set_run(const std::string& run) {
  holder_.run = run;
  write_holder();
}

void WriterLock::write_holder() {
  Json json = Json::object();
  json.set("pid", holder_.process.pid).set("start", holder_.process.start_ticks).set("verb", holder_.verb);
  json.set("run", holder_.run).set("since", holder_.since_ms);
  std::string text = json.dump();
  text.resize(kHolderBytes - 1, ' ');
  text += '\n';
  if (::pwrite(fd_, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
    throw Error(ErrorCode::state_io, std::string("writer.lock: ") + std::strerror(errno));
  }
}

std::optional<Holder> lock_holder(const std::filesystem::path& state_dir) {
  // The lock itself is not tried: even a shared one held for an instant could make a writer fail.
  std::optional<std::string> text = read_file_if_exists(lock_path(state_dir));
  std::optional<Holder> holder = text ? parse_holder(*text) : std::nullopt;
  if (!holder || !is_alive(holder->process)) return std::nullopt;
  return holder;
}

}  // namespace weir::state
