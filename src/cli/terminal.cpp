#include "cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "base/text.h"

namespace weir::cli {

namespace {

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? std::string_view(value) : std::string_view();
}

bool locale_is_utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const std::string value = lower(variable(name));
    if (!value.empty()) return value.find("utf-8") != std::string::npos || value.find("utf8") != std::string::npos;
  }
  return true;  // nothing said: today's terminals are UTF-8
}

bool wants_color(ColorWish wish, bool is_terminal) {
  if (wish != ColorWish::automatic) return wish == ColorWish::always;
  return is_terminal && variable("NO_COLOR").empty() && variable("TERM") != "dumb";
}

int number_in(const char* name) {
  const auto value = parse_int(variable(name));
  return value && *value > 0 && *value < 10000 ? static_cast<int>(*value) : 0;
}

}  // namespace

std::string_view Style::spinner(unsigned tick) const {
  static constexpr std::array<std::string_view, 10> dots = {"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"};
  static constexpr std::array<std::string_view, 4> bars = {"|", "/", "-", "\\"};
  return unicode ? dots[tick % dots.size()] : bars[tick % bars.size()];
}

std::string Style::wrap(std::string_view text, std::string_view code) const {
  if (!color || text.empty()) return std::string(text);
  return "\x1b[" + std::string(code) + "m" + std::string(text) + "\x1b[0m";
}

Terminal Terminal::detect(ColorWish wish) {
  Terminal terminal;
  terminal.out_is_terminal = isatty(STDOUT_FILENO) == 1;
  terminal.error_is_terminal = isatty(STDERR_FILENO) == 1;
  const bool utf8 = locale_is_utf8();
  terminal.out = {wants_color(wish, terminal.out_is_terminal), utf8 || !terminal.out_is_terminal};
  terminal.error = {wants_color(wish, terminal.error_is_terminal), utf8 || !terminal.error_is_terminal};
  return terminal;
}

Screen screen_of(int file_descriptor) {
  Screen screen;
  winsize size{};
  if (ioctl(file_descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    screen.columns = size.ws_col;
    if (size.ws_row > 0) screen.lines = size.ws_row;
  }
  if (int columns = number_in("COLUMNS")) screen.columns = columns;
  if (int lines = number_in("LINES")) screen.lines = lines;
  return screen;
}

}  // namespace weir::cli
