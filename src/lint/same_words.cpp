#include "lint/same_words.h"

#include <algorithm>
#include <string>
#include <vector>

#include "base/text.h"
#include "lint/templated.h"

namespace weir::lint {

namespace {

struct WordsOf {
  std::vector<std::string> words, comments;
};

std::string without_blanks(std::string_view text) {
  std::string out;
  for (char c : text)
    if (c != ' ' && c != '\t' && c != '\n' && c != '\r') out += c;
  return out;
}

WordsOf words_of(std::string_view source, const std::string& tag, Dialect dialect) {
  WordsOf found;
  // Tags become words that no SQL has, so that what is quoted around them stays one word.
  std::string text;
  std::vector<std::string> tags;
  for (const SourcePiece& piece : cut_template(source)) {
    const std::string_view part = source.substr(piece.start, piece.stop - piece.start);
    if (piece.part == TemplatePart::literal) {
      text += part;
      continue;
    }
    if (piece.part == TemplatePart::comment) {
      found.comments.push_back(without_blanks(part));
      text += ' ';
      continue;
    }
    tags.push_back(without_blanks(part));
    text += " " + tag + std::to_string(tags.size()) + " ";
  }
  for (const Word& word : lex(text, dialect, true)) {
    const std::string_view part = std::string_view(text).substr(word.start, word.stop - word.start);
    if (word.kind == K::whitespace || word.kind == K::newline) continue;
    if (word.kind == K::inline_comment || word.kind == K::block_comment)
      found.comments.emplace_back(without_blanks(part));
    else
      found.words.push_back(word.kind == K::word ? lower(part) : std::string(part));
  }
  found.words.insert(found.words.end(), tags.begin(), tags.end());
  std::sort(found.comments.begin(), found.comments.end());
  return found;
}

}  // namespace

bool same_words(std::string_view before, std::string_view after, Dialect dialect) {
  // In place of tags, the same in both.
  const std::string tag = absent_text(std::string(before) + std::string(after));
  const WordsOf a = words_of(before, tag, dialect), b = words_of(after, tag, dialect);
  return a.words == b.words && a.comments == b.comments;
}

}  // namespace weir::lint
