// Tables of a database that foreign keys tie together. DuckDB replaces no table while another's key names it, drops no
// key from a table, and has steps that change two such tables side by side fail.
//
// So the tables that refer to one that is replaced are set aside within its transaction: their rows stay under their
// names, their keys come back when the run builds them.
#pragma once

#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "engine/session.h"
#include "plan/plan.h"

namespace weir::run {

// Which nodes' tables are tied to others. One for a run, used by all its threads.
class ForeignKeys {
 public:
  // Held while the table of a tied node is built; it holds nothing where the node is not tied. Before the step's
  // transaction begins, so that it sees what the one before has done.
  std::unique_lock<std::mutex> hold(engine::Session& session, const project::Node& node);

 private:
  std::mutex mutex_, reading_;
  bool read_ = false;
  std::set<std::string> tied_;  // before the run: "database.schema.table", lower case
};

// Whether the node's table has foreign keys, or is to have some. DuckDB gives such a table no other name.
bool has_foreign_keys(engine::Session& session, const project::Node& node);

// Sets the tables aside that refer to the node's, those further away first, and drops them and the node's own. Returns
// their names. Throws Error{sql_constraint} where one of them is none that the plan builds from scratch afterwards.
std::vector<std::string> set_aside(engine::Session& session, const project::Project& project, const plan::Plan& plan,
                                   const project::Node& node);
void put_back(engine::Session& session, const project::Node& node, const std::vector<std::string>& tables);

}  // namespace weir::run
