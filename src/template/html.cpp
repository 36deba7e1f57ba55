#include "template/html.h"

#include <algorithm>
#include <cstdlib>

#include "template/unicode.h"

namespace weir::tmpl {

std::string escape_html(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '\'':
        out += "&#39;";
        break;
      case '"':
        out += "&#34;";
        break;
      default:
        out.push_back(c);
    }
  }
  return out;
}

namespace {

const HtmlEntity* find_entity(std::string_view name) {
  const HtmlEntity* end = kHtmlEntities + kHtmlEntityCount;
  const HtmlEntity* found = std::lower_bound(
      kHtmlEntities, end, name, [](const HtmlEntity& entity, std::string_view key) { return entity.name < key; });
  return found != end && found->name == name ? found : nullptr;
}

// What a numeric reference to this code point means in HTML 5; the windows-1252 range is read as such.
std::string character(uint64_t number) {
  static constexpr uint16_t kWindows[32] = {0x20AC, 0x81,   0x201A, 0x192,  0x201E, 0x2026, 0x2020, 0x2021,
                                            0x2C6,  0x2030, 0x160,  0x2039, 0x152,  0x8D,   0x17D,  0x8F,
                                            0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                            0x2DC,  0x2122, 0x161,  0x203A, 0x153,  0x9D,   0x17E,  0x178};
  std::string out;
  bool surrogate = number >= 0xD800 && number <= 0xDFFF;
  if (number == 0 || surrogate || number > 0x10FFFF) {
    append_char(out, 0xFFFD);
    return out;
  }
  if (number >= 0x80 && number < 0xA0) {
    append_char(out, kWindows[number - 0x80]);
    return out;
  }
  bool control = (number < 0x20 && number != 0x9 && number != 0xA && number != 0xC && number != 0xD) || number == 0x7F;
  bool none = (number >= 0xFDD0 && number <= 0xFDEF) || (number & 0xFFFE) == 0xFFFE;
  if (!control && !none) append_char(out, static_cast<char32_t>(number));
  return out;
}

// Reads the reference that begins at `at` (an '&'); empty result and unchanged `at` if there is none.
std::optional<std::string> reference(std::string_view text, size_t& at) {
  size_t end = at + 1;
  if (end < text.size() && text[end] == '#') {
    bool hex = end + 1 < text.size() && (text[end + 1] | 0x20) == 'x';
    size_t start = end + (hex ? 2 : 1);
    end = start;
    auto digit = [&](char c) {
      return hex ? std::isxdigit(static_cast<unsigned char>(c)) : std::isdigit(static_cast<unsigned char>(c));
    };
    while (end < text.size() && digit(text[end])) ++end;
    if (end == start) return std::nullopt;
    std::string digits(text.substr(start, std::min<size_t>(end - start, 12)));
    uint64_t number = std::strtoull(digits.c_str(), nullptr, hex ? 16 : 10);
    if (end - start > 12 && digits.find_first_not_of('0') != std::string::npos) number = 0x110000;
    at = end < text.size() && text[end] == ';' ? end + 1 : end;
    return character(number);
  }
  static constexpr std::string_view kStops = "\t\n\f <&#;";
  while (end < text.size() && end - at - 1 < 32 && kStops.find(text[end]) == std::string_view::npos) ++end;
  if (end == at + 1) return std::nullopt;
  size_t whole = end < text.size() && text[end] == ';' ? end + 1 : end;
  if (const HtmlEntity* entity = find_entity(text.substr(at + 1, whole - at - 1))) {
    at = whole;
    return entity->text;
  }
  for (size_t length = whole - at - 2; length > 1; --length)
    if (const HtmlEntity* entity = find_entity(text.substr(at + 1, length))) {
      at += 1 + length;
      return entity->text;
    }
  return std::nullopt;
}

std::string without(std::string text, std::string_view open, std::string_view close) {
  size_t start;
  while ((start = text.find(open)) != std::string::npos) {
    size_t end = text.find(close, start);
    if (end == std::string::npos) break;
    text.erase(start, end + close.size() - start);
  }
  return text;
}

// --- urlize ---

bool is_word(char32_t c) { return c == '_' || has_flag(c, char_word); }

template <class Test>
bool all_chars(std::string_view text, Test test) {
  for (size_t at = 0; at < text.size();)
    if (!test(next_char(text, at))) return false;
  return true;
}

bool is_letters(std::string_view text) {
  return all_chars(text, [](char32_t c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; });
}

bool is_number(std::string_view text, size_t most) {
  return !text.empty() && count_chars(text) <= most &&
         all_chars(text, [](char32_t c) { return has_flag(c, char_decimal); });
}

bool take_front(std::string_view& text, std::string_view part) {
  if (!text.starts_with(part)) return false;
  text.remove_prefix(part.size());
  return true;
}

std::vector<std::string_view> parts_of(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

// Every part but the last made of word characters, '%' and '-', within the lengths.
bool are_labels(const std::vector<std::string_view>& parts, size_t least, size_t most) {
  return std::all_of(parts.begin(), parts.end() - 1, [&](std::string_view part) {
    size_t length = count_chars(part);
    return length >= least && length <= most &&
           all_chars(part, [](char32_t c) { return is_word(c) || c == '%' || c == '-'; });
  });
}

bool is_domain(std::string_view host) {
  std::vector<std::string_view> parts = parts_of(host, '.');
  std::string_view last = parts.back();
  size_t length = count_chars(last);
  bool letters = length >= 2 && length <= 63 && is_letters(last);
  bool idna = take_front(last, "xn--") && length >= 6 && length <= 63 &&
              all_chars(last, [](char32_t c) { return is_word(c) || c == '%'; });
  return (letters || idna) && are_labels(parts, 1, SIZE_MAX);
}

bool is_known_domain(std::string_view host) {
  static constexpr std::string_view kKnown[] = {"com", "net", "int", "edu", "gov", "org", "info", "mil"};
  std::vector<std::string_view> parts = parts_of(host, '.');
  bool known = std::find(std::begin(kKnown), std::end(kKnown), parts.back()) != std::end(kKnown);
  return known && parts.size() > 1 && are_labels(parts, 2, 63);
}

bool is_ipv4(std::string_view host) {
  std::vector<std::string_view> parts = parts_of(host, '.');
  return parts.size() == 4 && std::all_of(parts.begin(), parts.end(), [](auto part) { return is_number(part, 3); });
}

bool is_ipv6(std::string_view host) {
  if (host.size() < 2 || host.front() != '[' || host.back() != ']') return false;
  std::vector<std::string_view> parts = parts_of(host.substr(1, host.size() - 2), ':');
  return parts.size() >= 3 && parts.size() <= 9 && std::all_of(parts.begin(), parts.end(), [](std::string_view part) {
           return part.size() <= 4 && part.find_first_not_of("0123456789abcdef") == std::string_view::npos;
         });
}

// An address by its host; port, path and query may follow.
bool is_address(std::string_view text) {
  std::string lowered = to_lower(text);
  std::string_view rest = lowered;
  bool scheme = take_front(rest, "http://") || take_front(rest, "https://");
  bool www = !scheme && rest.starts_with("www.");
  size_t bracket = rest.starts_with("[") ? rest.find(']') : std::string_view::npos;
  size_t end = rest.find_first_of(":/?#", bracket == std::string_view::npos ? 0 : bracket);
  std::string_view host = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end);
  bool valid = (scheme && (is_domain(host) || is_ipv4(host) || is_ipv6(host))) || (www && is_domain(host.substr(4))) ||
               (!scheme && is_known_domain(host));
  if (!valid) return false;
  if (rest.starts_with(":")) {
    size_t stop = std::min(rest.find_first_of("/?#"), rest.size());
    if (!is_number(rest.substr(1, stop - 1), 5)) return false;
    rest = rest.substr(stop);
  }
  return rest.empty() || rest[0] != ':';
}

bool is_mail(std::string_view text) {
  size_t at = text.rfind('@');
  if (at == std::string_view::npos || at == 0) return false;
  std::string_view domain = text.substr(at + 1);
  size_t dot = domain.rfind('.');
  if (dot == std::string_view::npos || dot == 0 || dot + 1 == domain.size()) return false;
  size_t first = 0;
  return is_word(next_char(domain, first)) && all_chars(domain.substr(dot + 1), is_word) &&
         all_chars(domain, [](char32_t c) { return is_word(c) || c == '.' || c == '-'; });
}

size_t count_of(std::string_view text, std::string_view part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + part.size())) ++count;
  return count;
}

class Linker {
 public:
  explicit Linker(const UrlizeOptions& options)
      : options_(options),
        attributes_((options.rel.empty() ? "" : " rel=\"" + escape_html(options.rel) + "\"") +
                    (options.target.empty() ? "" : " target=\"" + escape_html(options.target) + "\"")) {}

  std::string word(std::string_view text) const {
    std::string_view rest = text;
    while (take_front(rest, "(") || take_front(rest, "<") || take_front(rest, "&lt;")) {
    }
    std::string head(text.substr(0, text.size() - rest.size()));
    std::string middle(rest), tail;
    size_t end = middle.size();
    for (bool more = true; more && end > 0;) {
      more = false;
      if (std::string_view(")>.,\n").find(middle[end - 1]) != std::string_view::npos) {
        --end;
        more = true;
      } else if (end >= 4 && middle.compare(end - 4, 4, "&gt;") == 0) {
        end -= 4;
        more = true;
      }
    }
    tail = middle.substr(end);
    middle.resize(end);
    for (auto [open, close] : {std::pair("(", ")"), std::pair("<", ">"), std::pair("&lt;", "&gt;")}) {
      size_t opened = count_of(middle, open);
      if (opened <= count_of(middle, close)) continue;
      for (size_t i = std::min(opened, count_of(tail, close)); i > 0; --i) {
        size_t stop = tail.find(close) + std::string_view(close).size();
        middle += tail.substr(0, stop);
        tail.erase(0, stop);
      }
    }
    return head + linked(middle) + tail;
  }

 private:
  std::string shown(const std::string& text) const {
    if (!options_.trim_limit || count_chars(text) <= *options_.trim_limit) return text;
    return text.substr(0, char_offset(text, *options_.trim_limit)) + "...";
  }

  std::string linked(const std::string& text) const {
    auto starts = [&](std::string_view part) { return text.compare(0, part.size(), part) == 0; };
    if (is_address(text)) {
      std::string scheme = starts("https://") || starts("http://") ? "" : "https://";
      return "<a href=\"" + scheme + text + "\"" + attributes_ + ">" + shown(text) + "</a>";
    }
    if (starts("mailto:") && is_mail(text.substr(7))) return "<a href=\"" + text + "\">" + text.substr(7) + "</a>";
    if (text.find('@') != std::string::npos && !starts("www.") && !starts("@") && text.find(':') == std::string::npos &&
        is_mail(text))
      return "<a href=\"mailto:" + text + "\">" + text + "</a>";
    std::string out = text;
    for (const std::string& scheme : options_.extra_schemes)
      if (out != scheme && out.compare(0, scheme.size(), scheme) == 0)
        out = "<a href=\"" + out + "\"" + attributes_ + ">" + out + "</a>";
    return out;
  }

  const UrlizeOptions& options_;
  std::string attributes_;
};

}  // namespace

std::string unescape_html(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    if (text[at] == '&')
      if (auto found = reference(text, at)) {
        out += *found;
        continue;
      }
    out.push_back(text[at++]);
  }
  return out;
}

std::string strip_tags(std::string_view text) {
  std::string plain = without(without(std::string(text), "<!--", "-->"), "<", ">");
  std::string collapsed;
  bool blank = false;
  for (size_t at = 0; at < plain.size();) {
    char32_t c = next_char(plain, at);
    if (has_flag(c, char_space)) {
      blank = true;
      continue;
    }
    if (blank && !collapsed.empty()) collapsed.push_back(' ');
    blank = false;
    append_char(collapsed, c);
  }
  return unescape_html(collapsed);
}

std::string urlize(std::string_view escaped, const UrlizeOptions& options) {
  std::string out;
  Linker linker(options);
  for (size_t at = 0; at < escaped.size();) {
    size_t start = at, end = at;
    bool blank = has_flag(next_char(escaped, end), char_space);
    at = end;
    while (end < escaped.size() && has_flag(next_char(escaped, end), char_space) == blank) at = end;
    std::string_view part = escaped.substr(start, at - start);
    out += blank ? std::string(part) : linker.word(part);
  }
  return out;
}

}  // namespace weir::tmpl
