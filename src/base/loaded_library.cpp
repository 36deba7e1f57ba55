#include "base/loaded_library.h"

#include <dlfcn.h>

namespace weir {

LoadedLibrary::LoadedLibrary(std::initializer_list<const char*> files, std::string name, const std::string& purpose,
                             const std::string& package)
    : name_(std::move(name)) {
  for (const char* file : files)
    if ((library_ = dlopen(file, RTLD_NOW | RTLD_LOCAL))) return;
  throw Error(ErrorCode::store_io, "the library " + name_ + ", " + purpose + ", is not on this machine",
              "install it: apt-get install " + package);
}

void* LoadedLibrary::address_of(const char* function) const {
  void* address = dlsym(library_, function);
  if (!address) throw Error(ErrorCode::store_io, "the " + name_ + " of this machine has no " + function);
  return address;
}

}  // namespace weir
