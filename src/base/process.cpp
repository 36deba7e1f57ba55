#include "base/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>

#include "base/error.h"

extern "C" char** environ;  // NOLINT

namespace weir {

namespace {

class Pipe {
 public:
  Pipe() {
    if (pipe2(ends_, O_CLOEXEC) != 0)
      throw Error(ErrorCode::store_io, "cannot make a pipe: " + std::string(std::strerror(errno)));
  }
  ~Pipe() {
    close_write();
    close(ends_[0]);
  }
  Pipe(const Pipe&) = delete;
  int read_end() const { return ends_[0]; }
  int write_end() const { return ends_[1]; }
  void close_write() {
    if (ends_[1] >= 0) close(ends_[1]);
    ends_[1] = -1;
  }

 private:
  int ends_[2] = {-1, -1};
};

std::vector<std::string> merged_environment(const std::map<std::string, std::optional<std::string>>& changes) {
  std::vector<std::string> out;
  for (char** entry = environ; entry && *entry; entry++) {
    const std::string text = *entry;
    if (!changes.contains(text.substr(0, text.find('=')))) out.push_back(text);
  }
  for (const auto& [name, value] : changes)
    if (value) out.push_back(name + "=" + *value);
  return out;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  out.reserve(texts.size() + 1);
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

// Both pipes are read as they fill: a program that waits for one must not wait for ever.
void read_both(const Pipe& output, const Pipe& errors, Finished& into) {
  pollfd waits[2] = {{output.read_end(), POLLIN, 0}, {errors.read_end(), POLLIN, 0}};
  std::string* texts[2] = {&into.output, &into.errors};
  int open = 2;
  while (open > 0) {
    if (poll(waits, 2, -1) < 0 && errno != EINTR) return;
    for (int i = 0; i < 2; i++) {
      if (waits[i].fd < 0 || waits[i].revents == 0) continue;
      char piece[8192];
      const ssize_t count = read(waits[i].fd, piece, sizeof piece);
      if (count > 0) {
        texts[i]->append(piece, static_cast<size_t>(count));
      } else if (count == 0 || errno != EINTR) {
        waits[i].fd = -1;
        open--;
      }
    }
  }
}

// Lines of a stream of pieces.
class Lines {
 public:
  explicit Lines(const std::function<void(std::string_view)>& tell) : tell_(tell) {}
  void take(std::string_view piece) {
    for (const char c : piece) {
      if (c == '\n' || rest_.size() >= longest) end();
      if (c != '\n' && c != '\r') rest_ += c;
    }
  }
  void finish() {
    if (!rest_.empty()) end();
  }

 private:
  static constexpr size_t longest = 10'000;
  void end() {
    if (tell_) tell_(rest_);
    rest_.clear();
  }
  const std::function<void(std::string_view)>& tell_;
  std::string rest_;
};

using SteadyClock = std::chrono::steady_clock;

// Reads what the child says until it has ended, and ends it when it should.
class Watch {
 public:
  Watch(pid_t child, int output, const WatchedProgram& program, const CancelToken& cancel)
      : child_(child), output_(output), program_(program), cancel_(cancel), lines_(program.on_line) {
    if (program.timeout_ms > 0) deadline_ = SteadyClock::now() + std::chrono::milliseconds(program.timeout_ms);
  }

  WatchedEnd until_end() {
    WatchedEnd end;
    while (!has_ended()) {
      read_some(50);
      end.timed_out = end.timed_out || (deadline_ && SteadyClock::now() > *deadline_);
      if (end.timed_out || cancel_.cancelled()) stop();
    }
    kill(-child_, SIGKILL);  // what it has left running
    while (read_some(0)) {
    }
    lines_.finish();
    int status = 0;
    while (waitpid(child_, &status, 0) < 0 && errno == EINTR) {
    }
    end.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return end;
  }

 private:
  // It is not waited for yet: until then nobody else can have its number.
  bool has_ended() const {
    siginfo_t info = {};
    const int asked = waitid(P_PID, static_cast<id_t>(child_), &info, WEXITED | WNOHANG | WNOWAIT);
    return asked == 0 ? info.si_pid == child_ : errno != EINTR;
  }

  // Was there something?
  bool read_some(int wait_ms) {
    pollfd wait = {output_, POLLIN, 0};
    if (poll(&wait, output_ >= 0 ? 1 : 0, wait_ms) <= 0) return false;
    char piece[8192];
    const ssize_t count = read(output_, piece, sizeof piece);
    if (count > 0) lines_.take({piece, static_cast<size_t>(count)});
    if (count == 0) output_ = -1;  // all have closed it
    return count > 0 || (count < 0 && errno == EINTR);
  }

  void stop() {
    const auto now = SteadyClock::now();
    if (!asked_) {
      kill(-child_, SIGTERM);
      asked_ = now;
    } else if (now - *asked_ > std::chrono::seconds(2)) {
      kill(-child_, SIGKILL);
    }
  }

  pid_t child_;
  int output_;
  const WatchedProgram& program_;
  const CancelToken& cancel_;
  Lines lines_;
  std::optional<SteadyClock::time_point> deadline_, asked_;
};

}  // namespace

std::optional<Finished> run_program(const std::vector<std::string>& words,
                                    const std::map<std::string, std::optional<std::string>>& environment) {
  std::vector<std::string> arguments = words, variables = merged_environment(environment);
  Pipe output, errors;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, output.write_end(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, errors.write_end(), STDERR_FILENO);
  pid_t child = 0;
  const int failed = posix_spawnp(&child, arguments.front().c_str(), &actions, nullptr, pointers(arguments).data(),
                                  pointers(variables).data());
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) return std::nullopt;
  output.close_write();
  errors.close_write();
  Finished out;
  read_both(output, errors, out);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  out.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return out;
}

std::optional<WatchedEnd> run_watched(const WatchedProgram& program, const CancelToken& cancel) {
  cancel.check();
  std::vector<std::string> arguments = program.words, variables = merged_environment(program.environment);
  Pipe input, output;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input.read_end(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output.write_end(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output.write_end(), STDERR_FILENO);
  if (!program.folder.empty()) posix_spawn_file_actions_addchdir_np(&actions, program.folder.c_str());
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  // Signals that this process's threads hold back must reach the child.
  sigset_t none, usual;
  sigemptyset(&none);
  sigemptyset(&usual);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) sigaddset(&usual, signal);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &usual);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  pid_t child = 0;
  const int failed = posix_spawnp(&child, arguments.front().c_str(), &actions, &attributes, pointers(arguments).data(),
                                  pointers(variables).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) return std::nullopt;
  output.close_write();
  const WatchedEnd end = Watch(child, output.read_end(), program, cancel).until_end();
  if (!end.timed_out) cancel.check();
  return end;
}

}  // namespace weir
