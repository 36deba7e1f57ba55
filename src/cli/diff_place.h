// What `weir diff A B` names: a table or a whole lake or database, as typed or as a target of the profile.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "checks/row_file.h"
#include "cli/workspace.h"
#include "lake/snapshot.h"
#include "project/project.h"

namespace weir::cli {

// A lake, or the file of a DuckDB database.
struct DiffPlace {
  bool is_lake = true;
  std::string uri;   // of the lake; absolute path of the file
  std::string name;  // of the database in SQL: views of the file name it
  std::vector<project::Attachment> attach;
  std::string label;  // as typed
  bool operator==(const DiffPlace& other) const { return is_lake == other.is_lake && uri == other.uri; }
};

struct DiffTable {
  std::string database, schema, name;  // database "" = the place's own
  lake::VersionSpec version = {};      // of a table of a lake
  std::string text() const;            // as it is typed: schema.name, quoted where that is needed
};

struct DiffSpec {
  DiffPlace place;
  std::optional<DiffTable> table;       // nullopt: all of it
  const project::Node* node = nullptr;  // if the name is one of the project
  bool has_version() const { return table && (table->version.version || table->version.at_ms); }
};

// TABLE[@VERSION], FILE.duckdb[:TABLE], LAKE[:TABLE[@VERSION]], or the word "lake". Throws Error{usage} and the like
// for what is none of these.
DiffSpec parse_diff_spec(Workspace& workspace, const std::string& text);
// Where a project is built. Throws Error{usage} for a database in memory.
DiffPlace place_of(const project::Project& project);

// Both places opened, to be read only: in one session, the second one through files where the session cannot have both.
class DiffSession {
 public:
  DiffSession(Workspace& workspace, const DiffPlace& a, const DiffPlace& b, const CancelToken& cancel);
  ~DiffSession();
  DiffSession(const DiffSession&) = delete;
  DiffSession& operator=(const DiffSession&) = delete;

  engine::Session& session() { return *session_; }
  // Tables and views of the place itself under their own names, in the order of these.
  std::vector<DiffTable> relations(bool of_a);
  bool has(bool of_a, const DiffTable& table);

  struct Opened {
    checks::ComparedSide side;
    std::unique_ptr<checks::RowFile> file;  // holds the rows, if need be
    std::optional<int64_t> version;
  };
  // Throws Error{sql_unknown_table} with the nearest name.
  Opened open(bool of_a, const DiffTable& table);

 private:
  struct Side {
    DiffPlace place;
    std::shared_ptr<lake::Lake> lake;
    engine::Engine* engine = nullptr;
    engine::Session* session = nullptr;
    std::optional<std::vector<DiffTable>> listed;  // of a database and of what is attached to it
  };
  const std::vector<DiffTable>& listed(Side& side);
  void attach(engine::Session& session, const DiffPlace& place);

  Workspace& workspace_;
  std::unique_ptr<engine::Engine> second_engine_;
  std::unique_ptr<engine::Session> session_, second_session_;
  Side a_, b_;
};

}  // namespace weir::cli
