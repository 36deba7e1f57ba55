// All macros of a project, its packages and the built-in package "dbt", and the orders in which names are looked up.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "template/environment.h"
#include "template/template.h"

namespace weir::project {

struct MacroEntry {
  std::string package, name;  // name as called: a test's macro is "test_<name>"
  std::string unique_id;      // "macro.shop.cents"
  std::shared_ptr<const tmpl::Template> file;
  const tmpl::Block* block = nullptr;
  std::string text_sha256;
  bool names_call = false;  // names_the_call(its text), of macros of projects and packages
};

// Its id in dbt's manifests: of what comes with an adapter "macro.dbt_duckdb.duckdb__…".
std::string dbts_macro_id(const MacroEntry& entry);

// Whether a text names what differs from call to call (the verb, the invocation, the clock), so that what is made of it
// may not hold for another call. The second: the verb alone.
bool names_the_call(std::string_view text);
bool names_the_verb(std::string_view text);

struct DispatchOrder {
  std::string macro_namespace;
  std::vector<std::string> search_order;
};

inline constexpr std::string_view standard_package = "dbt";

// Filled by one thread, then read by many.
class MacroTable {
 public:
  explicit MacroTable(std::string root_package) : root_(std::move(root_package)) {}
  MacroTable(const MacroTable&) = delete;
  MacroTable& operator=(const MacroTable&) = delete;

  // Every macro, test and materialization block of a file. Throws Error{duplicate_name} if the package has the name
  // already.
  void add_file(const std::string& package, const std::shared_ptr<const tmpl::Template>& file);
  void add_package(const std::string& package) { by_package_[package]; }  // also one without macros
  void set_dispatch(std::vector<DispatchOrder> orders) { orders_ = std::move(orders); }

  const MacroEntry* find(std::string_view package, std::string_view name) const;
  // As a node of `package` sees a plain name: its own package, the root project, the built-in ones.
  const MacroEntry* lookup(std::string_view package, std::string_view name) const;
  const MacroEntry* by_id(std::string_view unique_id) const;  // nullptr if there is none
  bool is_package(std::string_view name) const { return by_package_.find(name) != by_package_.end(); }
  const std::deque<MacroEntry>& all() const { return entries_; }
  const std::string& root_package() const { return root_; }

  // adapter.dispatch: packages in search order, in each weir__, duckdb__, default__. nullptr = none; `tried` gets the
  // names.
  const MacroEntry* dispatch(std::string_view package, std::string_view name, std::string_view macro_namespace,
                             std::vector<std::string>* tried) const;

  // The same without a namespace in a generic test, which sees the macros of every package: the root project's first,
  // the built-in ones last.
  const MacroEntry* dispatch_in_test(std::string_view name, std::vector<std::string>* tried) const;

  // What names that a text uses (Template::called_names) reach, transitively. The result is sorted by unique_id.
  struct Reach {
    std::set<const MacroEntry*> macros;
    bool queries = false;  // run_query, statement, adapter lookups
    bool clock = false;    // run_started_at, invocation_id, now()
    bool target = false;   // target
  };
  void reach(std::string_view package, const std::vector<std::string>& names,
             const std::vector<std::pair<std::string, std::string>>& dispatched, Reach& out) const;
  // The macros reached directly by one macro.
  std::vector<const MacroEntry*> direct(std::string_view package, const std::vector<std::string>& names,
                                        const std::vector<std::pair<std::string, std::string>>& dispatched) const;

 private:
  std::vector<std::string> search_packages(std::string_view package, std::string_view macro_namespace) const;
  const MacroEntry* first_of(const std::vector<std::string>& packages, std::string_view name,
                             std::vector<std::string>* tried) const;
  std::string root_;
  std::deque<MacroEntry> entries_;
  std::map<std::string, std::unordered_map<std::string, const MacroEntry*>, std::less<>> by_package_;
  std::vector<DispatchOrder> orders_;
};

}  // namespace weir::project
