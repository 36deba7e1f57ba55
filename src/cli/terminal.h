// What the two output streams are, and how text looks on each: colour, symbols, width.
#pragma once

#include <string>
#include <string_view>

namespace weir::cli {

enum class ColorWish { automatic, always, never };

// How one stream is decorated. Without colour every function returns its text unchanged.
struct Style {
  bool color = false;
  bool unicode = true;

  std::string bold(std::string_view text) const { return wrap(text, "1"); }
  std::string dim(std::string_view text) const { return wrap(text, "2"); }
  std::string red(std::string_view text) const { return wrap(text, "31"); }
  std::string green(std::string_view text) const { return wrap(text, "32"); }
  std::string yellow(std::string_view text) const { return wrap(text, "33"); }
  std::string cyan(std::string_view text) const { return wrap(text, "36"); }

  std::string_view tick() const { return unicode ? "✓" : "+"; }
  std::string_view cross() const { return unicode ? "✗" : "x"; }
  std::string_view arrow() const { return unicode ? "→" : "->"; }
  std::string_view ellipsis() const { return unicode ? "…" : "..."; }
  std::string_view dot() const { return unicode ? "·" : "-"; }
  // Frame of the sign that something is at work; `tick` counts redraws.
  std::string_view spinner(unsigned tick) const;

 private:
  std::string wrap(std::string_view text, std::string_view code) const;
};

struct Screen {
  int columns = 80, lines = 24;
};

struct Terminal {
  bool out_is_terminal = false, error_is_terminal = false;
  Style out, error;

  // Looks at the streams and the environment: NO_COLOR and TERM=dumb switch colour off unless `wish` says otherwise; a
  // locale that is set and not UTF-8 switches the symbols to ASCII on a terminal.
  static Terminal detect(ColorWish wish);
};

// The size now (it may change at any time); COLUMNS and LINES win, 80 x 24 if nothing is known.
Screen screen_of(int file_descriptor);

}  // namespace weir::cli
