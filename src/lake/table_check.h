// Whether a table is what its log says: `weir table check`. Nothing is written, and damage is a finding, not an error
// (only a version that cannot be opened at all is one, thrown by Snapshot::open).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lake/predicate.h"
#include "lake/snapshot.h"

namespace weir::lake {

struct Finding {
  std::string
      what;  // "missing", "size", "deletion vector", "unreadable", "rows", "statistics", "checkpoint", "checksum"
  std::string file;    // key in the table's store, or as the log has it
  std::string log;     // what the log says
  std::string found;   // what is there
  std::string remedy;  // what to do
};

struct TableCheck {
  int64_t files = 0, deletion_vectors = 0;  // looked at
  std::vector<Finding> findings;
  std::vector<std::string> notes;  // what could not be looked at, and why
};

// Every live file is there with the size that the log says; every deletion vector can be read and names rows that the
// file has.
void check_files(const Snapshot& snapshot, TableCheck& check);

// The parts of the log that stand for others: checkpoints of the newest version that has any, up to the snapshot's, and
// the snapshot's own checksum, against what the commits say. A checkpoint whose commits were cleaned away, with no
// older one before it, is noted as not comparable.
void check_log(const Snapshot& snapshot, ParquetIo& parquet, TableCheck& check);

// What somebody who read a file found in it, without the rows that its deletion vector takes away.
struct MeasuredColumn {
  Scalar min, max;  // monostate: not measured, or no value that is not null
  int64_t nulls = 0;
  bool nested = false;  // below a struct, or a list or map: writers count nulls there in different ways
};
struct MeasuredFile {
  int64_t rows = 0;
  std::map<std::string, MeasuredColumn> columns;  // dotted names of leaves
};
// Statistics that would make a reader skip rows that are there, or count them wrongly, are findings; bounds that are
// only wider than need be are not.
void check_stats(const Add& add, const std::string& file, const Snapshot& snapshot, const MeasuredFile& measured,
                 TableCheck& check);

}  // namespace weir::lake
