// What an editor asks of a place in a file: definition, hover, completion, references, symbols. The answers are those
// of LSP 3.17, null where there is none.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/json.h"
#include "lsp/calls.h"
#include "lsp/live_project.h"
#include "project/rendering.h"

namespace weir::lsp {

class Answers {
 public:
  // `text_of` gives a file as the editor has it, else as it lies on disk.
  using TextOf = std::function<std::string(const std::string& path)>;
  Answers(LiveProject& project, std::string path, const std::string& text, TextOf text_of);

  Json definition(size_t offset);
  Json hover(size_t offset);
  Json completion(size_t offset);
  Json references(size_t offset);
  Json symbols();

 private:
  struct Place {
    std::string path;
    int line = 1, column = 1, length = 0;
  };
  Json location(const Place& place) const;
  Json location(const std::string& path, size_t begin, size_t end) const;
  const project::Node* node_at(const Cursor& cursor) const;  // that a ref() or source() at the place means
  const project::Node* node_named(const TemplateCall& call) const;
  const project::Macro* macro_named(const std::string& name) const;
  const project::DocsBlock* docs_named(const TemplateCall& call) const;  // that a doc() means
  Json doc_place(const TemplateCall& call) const;
  Json var_place(const std::string& name) const;
  std::vector<const project::Node*> inputs() const;  // nodes that the text reads, ephemeral models too
  std::string about(const project::Node& node) const;
  std::string about(const project::Macro& macro) const;
  std::string about_column(const std::string& name) const;
  std::string package() const;
  Json item(const std::string& label, int kind, const std::string& detail, const Cursor& cursor,
            const std::string& text = "") const;
  void complete_text(const Cursor& cursor, Json& items) const;
  void complete_names(const Cursor& cursor, Json& items) const;
  void complete_columns(const Cursor& cursor, Json& items) const;

  LiveProject& project_;
  const std::string path_;
  const std::string& text_;
  TextOf text_of_;
  const bool yaml_;
};

}  // namespace weir::lsp
