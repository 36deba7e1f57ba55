#include <algorithm>

#include "cli/verb.h"

namespace weir::cli {

#define WEIR_VERB(name) Verb name##_verb();
#include "cli/verbs.def"
#undef WEIR_VERB

const std::vector<Verb>& verbs() {
  static const std::vector<Verb> table = {
#define WEIR_VERB(name) name##_verb(),
#include "cli/verbs.def"
#undef WEIR_VERB
  };
  return table;
}

bool Call::declares(std::string_view option) const {
  const auto& specs = options.specs();
  return std::any_of(specs.begin(), specs.end(), [&](const OptionSpec& spec) { return spec.name == option; });
}

bool Call::is_on(const std::string& name) const {
  if (!declares(name)) return false;
  const std::string negation = "no-" + name;
  return options.boolean(name) && !(declares(negation) && options.boolean(negation));
}

}  // namespace weir::cli
