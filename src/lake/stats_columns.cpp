#include "lake/stats_columns.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <optional>

#include "base/text.h"

namespace weir::lake {

namespace {

constexpr int64_t default_indexed_columns = 32;

void collect(const std::vector<Field>& fields, StatsColumn& above, std::vector<StatsColumn>& out) {
  for (const auto& field : fields) {
    above.path.push_back(field.name);
    above.physical.push_back(field.physical_name());
    above.field = &field;
    if (field.type.kind == TypeKind::struct_)
      collect(field.type.fields, above, out);
    else
      out.push_back(above);
    above.path.pop_back();
    above.physical.pop_back();
  }
}

// "a, b.c, `odd,name`.d" as lists of name parts.
std::vector<std::vector<std::string>> parse_names(std::string_view text) {
  std::vector<std::vector<std::string>> names;
  std::vector<std::string> parts(1);
  bool quoted = false;
  auto finish = [&] {
    for (auto& part : parts) part = trim(part);
    if (parts.size() > 1 || !parts[0].empty()) names.push_back(parts);
    parts.assign(1, {});
  };
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '`') {
      bool doubled = quoted && i + 1 < text.size() && text[i + 1] == '`';
      if (doubled)
        parts.back() += text[i++];
      else
        quoted = !quoted;
    } else if (!quoted && c == ',') {
      finish();
    } else if (!quoted && c == '.') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  finish();
  return names;
}

bool starts_with_name(const std::vector<std::string>& path, const std::vector<std::string>& name) {
  return name.size() <= path.size() &&
         std::equal(name.begin(), name.end(), path.begin(), [](const auto& a, const auto& b) { return iequals(a, b); });
}

}  // namespace

std::string StatsColumn::dotted() const { return join(physical, "."); }

std::vector<StatsColumn> stats_columns(const Schema& schema, const std::vector<std::string>& partition_columns,
                                       const std::map<std::string, std::string>& configuration) {
  std::vector<StatsColumn> columns;
  StatsColumn top;
  collect(schema.fields, top, columns);
  std::erase_if(columns, [&](const StatsColumn& column) {
    return std::any_of(partition_columns.begin(), partition_columns.end(),
                       [&](const auto& name) { return column.path.size() == 1 && iequals(name, column.path[0]); });
  });
  if (auto listed = configuration.find("delta.dataSkippingStatsColumns"); listed != configuration.end()) {
    auto names = parse_names(listed->second);
    std::erase_if(columns, [&](const StatsColumn& column) {
      return std::none_of(names.begin(), names.end(),
                          [&](const auto& name) { return starts_with_name(column.path, name); });
    });
    return columns;
  }
  auto number = configuration.find("delta.dataSkippingNumIndexedCols");
  int64_t limit = number == configuration.end() ? default_indexed_columns
                                                : parse_int(trim(number->second)).value_or(default_indexed_columns);
  if (limit >= 0 && static_cast<int64_t>(columns.size()) > limit) columns.resize(static_cast<size_t>(limit));
  return columns;
}

}  // namespace weir::lake
