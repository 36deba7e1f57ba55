// Ledger entries as rows of a Parquet file.
#pragma once

#include <string>
#include <vector>

#include "lake/parquet_io.h"
#include "lake/publish/ledger.h"

namespace weir::lake::publish {

// The bytes of a Parquet file with these entries.
std::string ledger_bytes(const std::vector<LedgerEntry>& entries, ParquetIo& parquet);
// Error{ledger_damaged} naming `place` if a column is missing or of another type.
std::vector<LedgerEntry> ledger_entries(const std::string& bytes, const std::string& place, ParquetIo& parquet);

}  // namespace weir::lake::publish
