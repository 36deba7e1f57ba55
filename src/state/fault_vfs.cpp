#include "state/fault_vfs.h"

#include <sqlite3.h>
#include <unistd.h>

#include <functional>
#include <new>

#include "store/fault_store.h"

namespace weir::state {

namespace {

using store::FaultKind;

constexpr const char* layer_name = "weir-faults";

store::FaultCounter& fault_counter() {
  static const std::shared_ptr<store::FaultCounter> of_the_process = store::state_faults();
  return *of_the_process;
}

[[noreturn]] void die_here() { _exit(134); }

// `half` does what a death in the middle would leave.
int meet(const char* verb, int failure, const std::function<int()>& whole, const std::function<int()>& half = {}) {
  switch (fault_counter().next(verb).kind) {
    case FaultKind::crash:
      die_here();
    case FaultKind::crash_after:
      whole();
      die_here();
    case FaultKind::torn:
      if (half) half();
      die_here();
    case FaultKind::fail:
      return failure;
    case FaultKind::lose_answer:
      whole();
      return failure;
    case FaultKind::no_space:
      return verb == std::string_view("write") ? SQLITE_FULL : whole();
    default:
      return whole();
  }
}

// SQLite allocates szOsFile bytes: this, and behind it the file of its own layer.
struct File {
  sqlite3_file head;
  sqlite3_file* inner;
};

sqlite3_file* inner_of(sqlite3_file* file) { return reinterpret_cast<File*>(file)->inner; }

int write_file(sqlite3_file* file, const void* bytes, int count, sqlite3_int64 offset) {
  sqlite3_file* inner = inner_of(file);
  const auto put = [&](int length) { return inner->pMethods->xWrite(inner, bytes, length, offset); };
  return meet(
      "write", SQLITE_IOERR_WRITE, [&] { return put(count); }, [&] { return put(count / 2); });
}

int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
  sqlite3_file* inner = inner_of(file);
  return meet("truncate", SQLITE_IOERR_TRUNCATE, [&] { return inner->pMethods->xTruncate(inner, size); });
}

int sync_file(sqlite3_file* file, int flags) {
  sqlite3_file* inner = inner_of(file);
  return meet("sync", SQLITE_IOERR_FSYNC, [&] { return inner->pMethods->xSync(inner, flags); });
}

// Everything else goes through as it is.
template <auto method, typename... Arguments>
int through(sqlite3_file* file, Arguments... arguments) {
  sqlite3_file* inner = inner_of(file);
  return (inner->pMethods->*method)(inner, arguments...);
}

void shm_barrier(sqlite3_file* file) { inner_of(file)->pMethods->xShmBarrier(inner_of(file)); }

using Methods = sqlite3_io_methods;

const Methods methods = {
    3,
    &through<&Methods::xClose>,
    &through<&Methods::xRead, void*, int, sqlite3_int64>,
    &write_file,
    &truncate_file,
    &sync_file,
    &through<&Methods::xFileSize, sqlite3_int64*>,
    &through<&Methods::xLock, int>,
    &through<&Methods::xUnlock, int>,
    &through<&Methods::xCheckReservedLock, int*>,
    &through<&Methods::xFileControl, int, void*>,
    &through<&Methods::xSectorSize>,
    &through<&Methods::xDeviceCharacteristics>,
    &through<&Methods::xShmMap, int, int, int, void volatile**>,
    &through<&Methods::xShmLock, int, int, int>,
    &shm_barrier,
    &through<&Methods::xShmUnmap, int>,
    &through<&Methods::xFetch, sqlite3_int64, int, void**>,
    &through<&Methods::xUnfetch, sqlite3_int64, void*>,
};

sqlite3_vfs* own_layer(sqlite3_vfs* layer) { return static_cast<sqlite3_vfs*>(layer->pAppData); }

int open_file(sqlite3_vfs* layer, const char* name, sqlite3_file* place, int flags, int* out_flags) {
  File* file = new (place) File{};
  file->inner = reinterpret_cast<sqlite3_file*>(file + 1);
  const int code = own_layer(layer)->xOpen(own_layer(layer), name, file->inner, flags, out_flags);
  if (file->inner->pMethods != nullptr) file->head.pMethods = &methods;
  return code;
}

int remove_file(sqlite3_vfs* layer, const char* name, int sync_folder) {
  const bool exists = access(name, F_OK) == 0;  // SQLite also removes what may not be there
  const auto whole = [&] { return own_layer(layer)->xDelete(own_layer(layer), name, sync_folder); };
  return exists ? meet("unlink", SQLITE_IOERR_DELETE, whole) : whole();
}

const char* registered() {
  sqlite3_vfs* own = sqlite3_vfs_find(nullptr);
  static sqlite3_vfs layer = *own;  // SQLite keeps the pointer
  layer.zName = layer_name;
  layer.pNext = nullptr;
  layer.pAppData = own;
  layer.szOsFile = static_cast<int>(sizeof(File)) + own->szOsFile;
  layer.xOpen = open_file;
  layer.xDelete = remove_file;
  return sqlite3_vfs_register(&layer, 0) == SQLITE_OK ? layer_name : nullptr;
}

}  // namespace

const char* fault_vfs() {
  if (store::state_faults() == nullptr) return nullptr;
  static const char* const name = registered();
  return name;
}

}  // namespace weir::state
