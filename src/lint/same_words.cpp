#include "lint/same_words.h"

#include <algorithm>
#include <string>
#include <vector>

#include "base/text.h"
#include "lint/templated.h"

namespace weir::lint {

namespace {

struct WordsOf {
  std::vector<std::string> words, comments, commas;
};

std::string without_blanks(std::string_view text) {
  std::string out;
  for (char c : text)
    if (c != ' ' && c != '\t' && c != '\n' && c != '\r') out += c;
  return out;
}

// Each piece of the source by itself: a tag is one word.
WordsOf words_of(std::string_view source, Dialect dialect) {
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
    text += " \x01" + std::to_string(tags.size()) + "\x01 ";
  }
  for (const Word& word : lex(text, dialect)) {
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

// Operators and commas may have changed places with comments only, never with words: their order is that of the words.
}  // namespace

bool same_words(std::string_view before, std::string_view after, Dialect dialect) {
  const WordsOf a = words_of(before, dialect), b = words_of(after, dialect);
  return a.words == b.words && a.comments == b.comments;
}

}  // namespace weir::lint
