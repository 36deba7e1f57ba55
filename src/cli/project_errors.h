// All mistakes of a project at once. Thrown by Workspace::project, caught by main: each is shown with its place, and
// nothing is run.
#pragma once

#include <vector>

#include "base/error.h"

namespace weir::cli {

class ProjectErrors : public Error {
 public:
  // `errors` is not empty; the first one is what this Error itself says.
  explicit ProjectErrors(std::vector<Error> errors) : Error(errors.front()), errors_(std::move(errors)) {}
  const std::vector<Error>& errors() const { return errors_; }

 private:
  std::vector<Error> errors_;
};

}  // namespace weir::cli
