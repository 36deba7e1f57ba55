#include "lsp/symbols.h"

#include <algorithm>
#include <cctype>
#include <functional>
#include <set>

#include "base/text.h"
#include "base/yaml.h"
#include "lsp/text_places.h"

namespace weir::lsp {

namespace {

// SymbolKind of LSP 3.17.
constexpr int symbol_module = 2, symbol_class = 5, symbol_field = 8, symbol_function = 12, symbol_object = 19;

// Words and signs of a text, with where they are.
struct Piece {
  std::string text;  // in lower case
  size_t begin = 0, end = 0;
};

std::vector<Piece> pieces_of(const std::string& text) {
  std::vector<Piece> out;
  for (size_t i = 0; i < text.size();) {
    size_t end = i + 1;
    if (is_word_part(text[i]))
      while (end < text.size() && is_word_part(text[end])) ++end;
    else if (text.compare(i, 2, "--") == 0)
      end = std::min(text.find('\n', i), text.size());
    else if (text.compare(i, 2, "{#") == 0)
      end = std::min(text.find("#}", i), text.size());
    else if (text.compare(i, 2, "{%") == 0 || text.compare(i, 2, "%}") == 0)
      end = i + 2;
    if (std::isspace(static_cast<unsigned char>(text[i])) == 0) out.push_back({lower(text.substr(i, end - i)), i, end});
    i = end;
  }
  return out;
}

}  // namespace

bool is_word_part(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

std::vector<BlockTag> block_tags(const std::string& text) {
  static const std::set<std::string> kinds{"macro", "test", "data_test", "snapshot", "materialization", "docs"};
  std::vector<BlockTag> out;
  const std::vector<Piece> pieces = pieces_of(text);
  for (size_t i = 0; i + 2 < pieces.size(); ++i) {
    if (pieces[i].text != "{%") continue;
    const size_t word = pieces[i + 1].text == "-" || pieces[i + 1].text == "+" ? i + 2 : i + 1;
    if (word + 1 < pieces.size() && kinds.contains(pieces[word].text))
      out.push_back({pieces[word].text, pieces[i].begin, pieces[word + 1].begin, pieces[word + 1].end});
  }
  return out;
}

Json template_symbols(const std::string& text, bool sql) {
  const TextPlaces places(text);
  Json out = Json::array();
  const auto add = [&](size_t name, size_t name_end, int kind, size_t begin, size_t end) {
    out.push_back(Json::object()
                      .set("name", text.substr(name, name_end - name))
                      .set("kind", kind)
                      .set("range", places.range(begin, end))
                      .set("selectionRange", places.range(name, name_end)));
  };
  for (const BlockTag& tag : block_tags(text)) {
    const size_t closing = text.find("end" + tag.kind, tag.name_end);
    const size_t end = closing == std::string::npos ? std::string::npos : text.find("%}", closing);
    add(tag.name_begin, tag.name_end, symbol_function, tag.begin, end == std::string::npos ? tag.name_end : end + 2);
  }
  if (!sql) return out;
  const std::vector<Piece> pieces = pieces_of(text);  // with NAME as (, and NAME as materialized (
  for (size_t i = 1; i + 2 < pieces.size(); ++i) {
    const std::string& before = pieces[i - 1].text;
    if (before != "with" && before != "," && before != "recursive") continue;
    size_t next = i + 1;
    if (!is_word_part(text[pieces[i].begin]) || pieces[next].text != "as") continue;
    for (++next; next < pieces.size() && (pieces[next].text == "not" || pieces[next].text == "materialized");) ++next;
    if (next < pieces.size() && pieces[next].text == "(")
      add(pieces[i].begin, pieces[i].end, symbol_object, pieces[i].begin, pieces[next].end);
  }
  return out;
}

Json yaml_symbols(const std::string& text) {
  const TextPlaces places(text);
  const std::function<Json(const Yaml&, int)> named = [&](const Yaml& list, int kind) {
    Json out = Json::array();
    for (const Yaml& entry : list.items) {
      const Yaml* name = entry.find("name");
      if (!name || name->kind != Yaml::Kind::scalar || name->text.empty()) continue;
      const size_t begin = places.offset_of_span(name->span.line, name->span.column);
      const size_t end = begin + name->text.size() + (name->quoted ? 2 : 0);
      Json symbol = Json::object()
                        .set("name", name->text)
                        .set("kind", kind)
                        .set("range", places.range(begin, end))
                        .set("selectionRange", places.range(begin, end));
      Json below = Json::array();
      for (const auto& [key, below_kind] : {std::pair("tables", symbol_class), std::pair("columns", symbol_field)})
        if (const Yaml* inner = entry.find(key)) {
          Json more = named(*inner, below_kind);
          for (Json& each : more.as_array()) below.push_back(std::move(each));
        }
      if (below.size() > 0) symbol.set("children", std::move(below));
      out.push_back(std::move(symbol));
    }
    return out;
  };
  Json out = Json::array();
  try {
    const Yaml document = Yaml::parse(text, "");
    for (const Yaml::Member& member : document.members) {
      const int kind = member.key.text == "sources" ? symbol_module : symbol_class;
      Json symbols = named(member.value, kind);
      for (Json& each : symbols.as_array()) out.push_back(std::move(each));
    }
  } catch (const Error&) {
    // being typed
  }
  return out;
}

}  // namespace weir::lsp
