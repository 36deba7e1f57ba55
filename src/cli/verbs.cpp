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

}  // namespace weir::cli
