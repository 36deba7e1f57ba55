// `overrides: PACKAGE` of a source: what one package, mostly the project itself, says of a source of another in the
// place of what that one says.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/yaml.h"
#include "project/rendering.h"
#include "project/source_files.h"

namespace weir::project {

class SourceOverrides {
 public:
  // Takes those of a properties file. One that cannot be read is left out: its mistakes are told where it is read
  // whole.
  void add(const std::string& text, const SourceFile& file, std::vector<Error>& errors);
  struct Override {
    Yaml block;
    std::string by;  // the package that says it, whose variables its templates see
  };
  const Override* find(const std::string& package, const std::string& source) const;  // nullptr: there is none
  // Of the texts that say something of this package's sources; "" where none does.
  std::string hash(const std::string& package) const;
  // Whether one of them may be another in the next call.
  bool of_this_call(const std::string& package) const { return of_this_call_.contains(package); }

 private:
  std::map<std::pair<std::string, std::string>, Override> blocks_;  // by package and source
  std::map<std::string, std::string> hashes_;                       // by package
  std::set<std::string> of_this_call_;
};

// The block with the override's keys in the place of its own, and so its tables: those that both have. As in dbt a key
// without a value says nothing, but for `freshness`, which it takes away.
Yaml overridden(const Yaml& block, const SourceOverrides::Override& by, const Rendering& rendering);

}  // namespace weir::project
