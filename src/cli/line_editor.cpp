#include "cli/line_editor.h"

#include <fcntl.h>
#include <histedit.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <clocale>
#include <csignal>
#include <cwchar>
#include <utility>

#include "base/text.h"
#include "cli/text_width.h"

namespace weir::cli {

namespace {

constexpr int history_size = 2000;

int interrupt_pipe[2] = {-1, -1};  // the handler's word to the read: a signal that comes just before it is not lost

void on_interrupt(int) {
  const int before = errno;
  [[maybe_unused]] const auto written = ::write(interrupt_pipe[1], "", 1);
  errno = before;
}

// Interrupts the read instead of ending the process.
class InterruptReads {
 public:
  InterruptReads() {
    if (::pipe2(interrupt_pipe, O_CLOEXEC | O_NONBLOCK) != 0) interrupt_pipe[0] = interrupt_pipe[1] = -1;
    struct sigaction action {};
    action.sa_handler = on_interrupt;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, &before_);
  }
  ~InterruptReads() {
    sigaction(SIGINT, &before_, nullptr);
    for (int& end : interrupt_pipe) ::close(std::exchange(end, -1));
  }
  InterruptReads(const InterruptReads&) = delete;
  InterruptReads& operator=(const InterruptReads&) = delete;

 private:
  struct sigaction before_ {};
};

// Whether a key can be read; false: interrupted.
bool wait_for_key() {
  pollfd waiting[2] = {{STDIN_FILENO, POLLIN, 0}, {interrupt_pipe[0], POLLIN, 0}};
  while (::poll(waiting, 2, -1) < 0) {
    if (errno != EINTR) return true;  // the read will say it
  }
  if (waiting[1].revents == 0) return true;
  char told[64];
  while (::read(interrupt_pipe[0], told, sizeof told) > 0) {
  }
  return false;
}

// One key of the terminal, for the editor: 1, 0 at the end, -1 with errno.
int read_key(EditLine*, wchar_t* key) {
  std::mbstate_t state{};
  for (;;) {
    if (!wait_for_key()) {
      errno = EINTR;
      return -1;
    }
    char byte = 0;
    const auto got = ::read(STDIN_FILENO, &byte, 1);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got <= 0) return static_cast<int>(got);
    const size_t length = std::mbrtowc(key, &byte, 1, &state);
    if (length == static_cast<size_t>(-2)) continue;  // the first bytes of a character
    if (length != static_cast<size_t>(-1)) return 1;
    state = {};  // no character: left out
  }
}

// The editor counts columns by the locale; without a UTF-8 one every accent would move the cursor.
void use_utf8() {
  std::setlocale(LC_CTYPE, "");
  if (lower(std::setlocale(LC_CTYPE, nullptr)).find("utf") == std::string::npos) std::setlocale(LC_CTYPE, "C.UTF-8");
}

size_t word_start(std::string_view line) {
  const size_t found = line.find_last_of(" \t\n(),=<>+-*/;");
  return found == std::string_view::npos ? 0 : found + 1;
}

std::string common_start(const std::vector<std::string>& words) {
  std::string start = words.front();
  for (const auto& word : words) {
    size_t same = 0;
    while (same < start.size() && same < word.size() && start[same] == word[same]) ++same;
    start.resize(same);
  }
  return start;
}

}  // namespace

struct LineEditor::State {
  InterruptReads interruptible;  // as long as the editor lives: between two lines Ctrl-C ends nothing
  EditLine* editor = nullptr;
  History* history = nullptr;
  std::filesystem::path file;
  Completer completer;
  std::string prompt;

  static char* prompt_of(EditLine* editor) {
    void* data = nullptr;
    el_get(editor, EL_CLIENTDATA, &data);
    return static_cast<State*>(data)->prompt.data();
  }
  static unsigned char complete_word(EditLine* editor, int) {
    void* data = nullptr;
    el_get(editor, EL_CLIENTDATA, &data);
    return static_cast<State*>(data)->complete();
  }
  unsigned char complete();
};

unsigned char LineEditor::State::complete() {
  const LineInfo* info = el_line(editor);
  const std::string before(info->buffer, info->cursor);
  const std::string word = before.substr(word_start(before));
  const auto candidates = completer(before, word);
  if (candidates.empty()) return CC_REFRESH_BEEP;
  const std::string start = common_start(candidates);
  if (start.size() > word.size() || (candidates.size() == 1 && start != word)) {
    el_deletestr(editor, static_cast<int>(text_width(word)));
    el_insertstr(editor, (candidates.size() == 1 ? start + " " : start).c_str());
    return CC_REFRESH;
  }
  if (candidates.size() == 1) return el_insertstr(editor, " ") == -1 ? CC_ERROR : CC_REFRESH;
  std::string list = "\n";
  for (const auto& candidate : candidates) list += candidate + "  ";
  std::fputs((list + "\n").c_str(), stderr);
  return CC_REDISPLAY;
}

LineEditor::LineEditor(std::filesystem::path history_file, Completer completer) : state_(std::make_unique<State>()) {
  use_utf8();
  state_->file = std::move(history_file);
  state_->completer = std::move(completer);
  state_->editor = el_init("weir", stdin, stderr, stderr);
  el_set(state_->editor, EL_CLIENTDATA, state_.get());
  el_set(state_->editor, EL_PROMPT, State::prompt_of);
  el_set(state_->editor, EL_GETCFN, read_key);
  el_set(state_->editor, EL_EDITOR, "emacs");
  el_set(state_->editor, EL_ADDFN, "complete-word", "complete the word", State::complete_word);
  el_set(state_->editor, EL_BIND, "^I", "complete-word", nullptr);
  el_set(state_->editor, EL_BIND, "^R", "em-inc-search-prev", nullptr);
  el_set(state_->editor, EL_BIND, "\033[1;5C", "em-next-word", nullptr);
  el_set(state_->editor, EL_BIND, "\033[1;5D", "ed-prev-word", nullptr);
  state_->history = history_init();
  HistEvent event{};
  history(state_->history, &event, H_SETSIZE, history_size);
  history(state_->history, &event, H_SETUNIQUE, 1);
  el_set(state_->editor, EL_HIST, history, state_->history);
  if (!state_->file.empty()) history(state_->history, &event, H_LOAD, state_->file.c_str());
  el_source(state_->editor, nullptr);  // the user's ~/.editrc
}

LineEditor::~LineEditor() {
  history_end(state_->history);
  el_end(state_->editor);
}

LineEditor::Outcome LineEditor::read(const std::string& prompt, std::string& line) {
  state_->prompt = prompt;
  int count = 0;
  errno = 0;
  const char* text = el_gets(state_->editor, &count);
  if (!text) {
    if (errno != EINTR) return Outcome::end;
    el_reset(state_->editor);
    return Outcome::interrupted;
  }
  line.assign(text, static_cast<size_t>(std::max(count, 0)));
  if (!line.empty() && line.back() == '\n') line.pop_back();
  return Outcome::line;
}

void LineEditor::remember(const std::string& statement) {
  HistEvent event{};
  history(state_->history, &event, H_ENTER, replace_all(statement, "\n", " ").c_str());
  if (state_->file.empty()) return;
  std::error_code ignored;  // a history that cannot be kept is no reason to complain
  std::filesystem::create_directories(state_->file.parent_path(), ignored);
  history(state_->history, &event, H_SAVE, state_->file.c_str());
}

}  // namespace weir::cli
