// Reading lines from a terminal with editing, history (Ctrl-R searches it) and completion by Tab.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace weir::cli {

class LineEditor {
 public:
  // Candidates for the word before the cursor, given the whole line up to there.
  using Completer = std::function<std::vector<std::string>(const std::string& line, const std::string& word)>;

  // The history is kept in `history_file` (created when first needed; unreadable is fine: it is then only of this
  // session).
  LineEditor(std::filesystem::path history_file, Completer completer);
  ~LineEditor();
  LineEditor(const LineEditor&) = delete;
  LineEditor& operator=(const LineEditor&) = delete;

  // Ctrl-C throws the line away, Ctrl-D on an empty one ends. While the editor lives SIGINT does not end the process.
  enum class Outcome { line, interrupted, end };
  Outcome read(const std::string& prompt, std::string& line);
  void remember(const std::string& statement);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace weir::cli
