// SQLite's file layer with faults on demand: the operation sweep (tests/fault) lets each system call by which SQLite
// changes state.db, its journal and its log fail, get lost or be the last of the process. Counted are
//   write     pwrite64
//   sync      fdatasync
//   truncate  ftruncate
//   unlink    unlink
// which is what `strace -f -y` shows for these files. The shared index (state.db-shm) is memory and is not counted.
#pragma once

namespace weir::state {

// The name to open a database with; nullptr (SQLite's own layer) unless WEIR_FAULT or WEIR_FAULT_COUNT is set.
const char* fault_vfs();

}  // namespace weir::state
