// A project as it is being typed: read anew, with the editor's texts instead of the files', after each pause. Only
// memory is written: the target's database is not opened, so that nobody who builds has to wait. Columns come from the
// SQL of what is read, from declarations, from catalog.json of the last `weir docs generate`, from seeds, and from the
// tables of a lake that lies in a folder.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "engine/session.h"
#include "project/load.h"
#include "project/node_names.h"
#include "project/node_path.h"
#include "run/column_lineage.h"

namespace weir::lsp {

using Texts = std::map<std::string, std::string>;  // by absolute path

// What is wrong at a place, in a file with this absolute path.
struct Trouble {
  Error error;
  bool warning = false;
};

class LiveProject {
 public:
  LiveProject(std::string root, project::LoadFlags flags, std::function<engine::Engine&()> engine)
      : root_(std::move(root)), flags_(std::move(flags)), engine_(std::move(engine)) {}

  // Reads it all again. The SQL of the nodes in these files is bound too.
  void look(const Texts& texts);
  // By absolute path. What the last look found; the SQL of a file that could not be looked at, since the project did
  // not load, is as it was found before, if its text is.
  const std::map<std::string, std::vector<Trouble>>& troubles() const { return troubles_; }

  const std::string& root() const { return root_; }
  // As it was last read, files with mistakes left out; nullptr: it could not be read yet.
  const project::Project* project() const { return project_.get(); }
  std::vector<const project::Node*> nodes_in(const std::string& path) const;
  // What ref(), function() and source() mean in package `from`; nullptr: nothing.
  const project::Node* find_ref(const project::Ref& ref, const std::string& from) const;
  const project::Node* find_function(const project::Ref& ref, const std::string& from) const;
  const project::Node* find_source(const std::string& source, const std::string& table, const std::string& from) const;
  std::vector<engine::StandInColumn> columns(const project::Node& node);
  // Of a file as spans name it; of the one that a node is defined in.
  std::string path_of(const std::string& file) const { return project::path_of_span(root_, file); }
  std::string path_of(const project::Node& node) const { return project::path_of_node(root_, node); }

 private:
  engine::Session& session();
  run::ProjectLineage& lineage();
  void forget_session();
  std::vector<engine::StandInColumn> outside(const project::Node& node);
  std::vector<engine::StandInColumn> seed_columns(const project::Node& node);
  void read_catalog();
  // A project in which the files with mistakes say nothing, so that the others can be looked at.
  std::unique_ptr<project::Project> without(const std::vector<Error>& errors);
  void bind(const Texts& texts);
  bool is_told(const project::Node& node, const Error& error);
  bool knows_columns(const project::Node& node, bool typed);
  void add(Error error, bool warning);

  const std::string root_;
  project::LoadFlags flags_;
  std::function<engine::Engine&()> engine_;
  std::unique_ptr<project::Project> project_;
  std::optional<project::NodeNames> names_;  // of its nodes
  std::set<std::string> broken_;             // paths of files with mistakes, which are left out of it
  std::map<std::string, std::vector<Trouble>> troubles_;
  // What binding found in the file's nodes, and the text that it was of.
  struct Bound {
    std::string text;
    std::vector<Error> errors;
  };
  std::map<std::string, Bound> bound_;
  std::unique_ptr<engine::Session> session_;
  std::string session_of_;  // the target that it stands for
  bool lake_is_near_ = false;
  std::unique_ptr<run::ProjectLineage> lineage_;
  run::ProjectLineage::Memory memory_;
  std::map<std::string, std::vector<engine::StandInColumn>> catalog_;  // by unique_id
  int64_t catalog_time_ = -1;
  struct Seed {
    std::string read;  // what its columns were read of: hash of the text, delimiter
    std::vector<engine::StandInColumn> columns;
  };
  std::map<std::string, Seed> seeds_;  // by path
};

}  // namespace weir::lsp
