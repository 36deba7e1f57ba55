// `overrides: PACKAGE` of a source: what one package, mostly the project itself, says of a source of another in the
// place of what that one says.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/yaml.h"
#include "project/source_files.h"

namespace weir::project {

class SourceOverrides {
 public:
  // Takes those of a properties file. One that cannot be read is left out: its mistakes are told where it is read
  // whole.
  void add(const std::string& text, const SourceFile& file, std::vector<Error>& errors);
  const Yaml* find(const std::string& package, const std::string& source) const;  // nullptr: there is none
  // Of the texts that say something of this package's sources; "" where none does.
  std::string hash(const std::string& package) const;

 private:
  std::map<std::pair<std::string, std::string>, Yaml> blocks_;  // by package and source
  std::map<std::string, std::string> hashes_;                   // by package
};

// The block with the override's keys in the place of its own, and so its tables: those that both have. As in dbt a key
// without a value says nothing, but for `freshness`, which it takes away.
Yaml overridden(const Yaml& block, const Yaml& by);

}  // namespace weir::project
