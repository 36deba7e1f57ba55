// The statistics of the files of a part of a checkpoint, read when they are asked for: from add.stats_parsed where that
// holds the columns asked for, else from the texts in add.stats.
#pragma once

#include <memory>

#include "lake/checkpoint_part.h"
#include "lake/stats_source.h"

namespace weir::lake {

// `parquet` must outlive what is returned.
std::shared_ptr<const StatsSource> statistics_of(const CheckpointPart& part, ParquetIo& parquet);

}  // namespace weir::lake
