// Libraries that are loaded when first needed, not linked: few runs need them, and the binary must start without them.
#pragma once

#include <initializer_list>
#include <string>

#include "base/error.h"

namespace weir {

// Stays loaded until the process ends. Several names are tried in turn.
class LoadedLibrary {
 public:
  // Throws Error{store_io}: the library `name`, `purpose` ("which remote stores need"), is not there; `package` is what
  // to install.
  LoadedLibrary(std::initializer_list<const char*> files, std::string name, const std::string& purpose,
                const std::string& package);
  // Throws Error{store_io} if the library has no such function.
  template <typename Function>
  void resolve(const char* function, Function& out) const {
    out = reinterpret_cast<Function>(address_of(function));
  }

 private:
  void* address_of(const char* function) const;
  std::string name_;
  void* library_ = nullptr;
};

}  // namespace weir
