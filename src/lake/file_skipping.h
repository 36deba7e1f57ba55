// Which files of a list a predicate leaves: by partition values first, then by statistics, column by column, read for
// those files only that are still in question.
#pragma once

#include <cstddef>
#include <vector>

#include "lake/file_list.h"
#include "lake/predicate.h"

namespace weir::lake {

// What one part of the predicate (an element of all_of_any) did.
struct SkipStep {
  bool by_partition = false;      // it asks for nothing but partition values
  size_t asked = 0;               // files it was asked about
  size_t skipped = 0;             // of those, how many it left out
  size_t without_statistics = 0;  // of those, how many stay because they have no statistics of a column it names
};

// Takes out of `kept`, ascending positions in the list, those files of which no row can satisfy the predicate: as
// may_match() would, for many files at once. `steps`: one for each part of the predicate.
void skip_files(const FileList& files, const Metadata& metadata, const Predicate& predicate, std::vector<size_t>& kept,
                std::vector<SkipStep>* steps = nullptr);

}  // namespace weir::lake
