// What a template may ask of the program around it. project/ answers while parsing (execute = false), run/ while
// running.
#pragma once

#include <optional>
#include <string_view>

#include "template/value.h"

namespace weir::tmpl {

class Template;
class Evaluation;

// One Host serves one evaluation at a time, on that evaluation's thread.
class Host {
 public:
  virtual ~Host() = default;

  // The value of a name that the template itself does not define: ref, source, config, var, env_var, this, target,
  // execute, is_incremental, adapter, a package (an object whose attributes are its macros), a macro of any file, ...
  // Asked at most once per name and macro call, only when the name is used. nullopt: the environment's globals are
  // asked next, and then the name is undefined. Search orders (own package, root project, installed packages) are the
  // host's.
  virtual std::optional<Value> lookup(Evaluation& evaluation, std::string_view name) = 0;

  // Whether calling what is undefined gives the same undefined value, and is no error: while dbt parses, a name that is
  // not there yet (a package to be installed, a branch for another target) is nothing to stop at.
  virtual bool undefined_is_callable() const { return false; }

  // A macro of the template `file` is about to run, for another macro if `nested`: for recording what a node reached.
  virtual void macro_entered(const Template& file, std::string_view macro, bool nested) {
    (void)file;
    (void)macro;
    (void)nested;
  }
};

// A Host that knows names from a table, for tests and simple renderings.
class TableHost : public Host {
 public:
  explicit TableHost(Dict names = {}) : names_(std::move(names)) {}
  Dict& names() { return names_; }
  std::optional<Value> lookup(Evaluation&, std::string_view name) override {
    const Value* found = names_.find(name);
    return found ? std::optional<Value>(*found) : std::nullopt;
  }

 private:
  Dict names_;
};

}  // namespace weir::tmpl
