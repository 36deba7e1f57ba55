#include "checks/row_file.h"

#include <filesystem>
#include <utility>

#include "base/ids.h"
#include "base/text.h"
#include "checks/stored_type.h"

namespace weir::checks {

RowFile::RowFile(engine::Session& session, const std::string& relation, std::vector<engine::ColumnInfo> columns,
                 const std::string& folder)
    : columns_(std::move(columns)) {
  std::filesystem::create_directories(folder);
  path_ = (std::filesystem::path(folder) / ("rows-" + uuid_v4() + ".parquet")).string();
  std::vector<std::string> values;
  for (const engine::ColumnInfo& column : columns_) {
    const std::string name = quote_identifier(column.name), type = file_type(column.type);
    values.push_back(type == column.type ? name : "CAST(" + name + " AS " + type + ") AS " + name);
  }
  try {
    session.query_own("COPY (SELECT " + join(values, ", ") + " FROM " + relation + ") TO " + quote_literal(path_) +
                      " (FORMAT parquet)");
  } catch (...) {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
    throw;
  }
}

RowFile::~RowFile() {
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
}

ComparedSide RowFile::side() const { return {"read_parquet(" + quote_literal(path_) + ")", columns_}; }

}  // namespace weir::checks
