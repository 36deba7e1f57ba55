// weir lsp: a language server, for editors.
#include <unistd.h>

#include <filesystem>

#include "base/error.h"
#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/workspace.h"
#include "lsp/server.h"

namespace weir::cli {

namespace {

int run_lsp(Call& call) {
  Workspace workspace(call);
  std::unique_ptr<engine::Engine> engine;
  lsp::ServerSettings settings;
  settings.flags = workspace.load_flags();
  settings.version = WEIR_VERSION;
  settings.engine = [&]() -> engine::Engine& {
    if (!engine) {
      engine::EngineOptions options;
      options.spill_dir = (std::filesystem::temp_directory_path() / "weir-spill").string();
      engine = engine::open_duckdb(options);
    }
    return *engine;
  };
  return lsp::serve(STDIN_FILENO, STDOUT_FILENO, settings) ? exit_done : exit_failed;
}

}  // namespace

Verb lsp_verb() {
  Verb verb;
  verb.name = "lsp";
  verb.group = "Look";
  verb.summary = "language server on standard input and output, started by an editor";
  verb.detail =
      "Mistakes as one types, go to definition, hover, completion, references and symbols, over the language server "
      "protocol. Each file's project is found by its folder. Nothing is run, and no database is opened.";
  verb.flags = project_flags();
  verb.run = run_lsp;
  return verb;
}

}  // namespace weir::cli
