// The rows of a query, handed over by the threads that produce them: neither gathered nor put in order first.
#pragma once

#include <duckdb/main/extension/extension_loader.hpp>
#include <functional>
#include <string>
#include <vector>

#include "format/arrow_view.h"

namespace weir::engine::duck {

// Hung on a connection (CallbackState::taker) while it runs "SELECT sum(weir_take_rows(…)) FROM …": `take` gets the
// arguments as the columns of a struct, some thousand rows at a time, and is called by several threads at once.
struct RowTaker {
  std::vector<std::string> names;  // of the columns
  std::function<void(const format::ArrowView& rows)> take;
};

void register_row_taker(duckdb::ExtensionLoader& loader);

}  // namespace weir::engine::duck
