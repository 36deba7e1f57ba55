#include "project/line_map.h"

#include <algorithm>
#include <cstdint>

#include "base/text.h"

namespace weir::project {

namespace {

constexpr size_t max_cells = 4'000'000;
constexpr size_t least_literal = 6;

// The longest common subsequence of the lines; blank ones match nothing by themselves.
void match_equal(const std::vector<std::string>& source, const std::vector<std::string>& output,
                 std::vector<int>& out) {
  const size_t n = source.size(), m = output.size();
  if (n == 0 || m == 0 || n * m > max_cells) return;
  std::vector<uint32_t> length((n + 1) * (m + 1), 0);
  const auto at = [&](size_t i, size_t j) -> uint32_t& { return length[i * (m + 1) + j]; };
  const auto equal = [&](size_t i, size_t j) { return !trim(source[i]).empty() && trim(source[i]) == trim(output[j]); };
  for (size_t i = n; i-- > 0;)
    for (size_t j = m; j-- > 0;) at(i, j) = equal(i, j) ? at(i + 1, j + 1) + 1 : std::max(at(i + 1, j), at(i, j + 1));
  for (size_t i = 0, j = 0; i < n && j < m;) {
    if (equal(i, j)) {
      out[j++] = static_cast<int>(i++);
    } else if (at(i + 1, j) >= at(i, j + 1)) {
      i++;
    } else {
      j++;
    }
  }
}

// What stands in front of the first tag of a line, if it is enough to know the line by; "" else.
std::string literal_start(const std::string& line) {
  const size_t tag = std::min(line.find("{{"), line.find("{%"));
  if (tag == std::string::npos) return {};
  const std::string start(trim(line.substr(0, tag)));
  return start.size() < least_literal ? std::string() : start;
}

// Lines between two matches whose numbers differ: known by how they begin, in order. A loop makes many of one line.
void match_beginnings(const std::vector<std::string>& source, const std::vector<std::string>& output, int source_first,
                      int source_end, int first, int end, std::vector<int>& out) {
  int from = source_first;
  for (int k = first; k < end; k++) {
    const std::string line(trim(output[static_cast<size_t>(k)]));
    for (int i = from; i < source_end; i++) {
      const std::string start = literal_start(source[static_cast<size_t>(i)]);
      if (start.empty() || !line.starts_with(start)) continue;
      out[static_cast<size_t>(k)] = from = i;
      break;
    }
  }
}

}  // namespace

std::vector<int> match_lines(const std::vector<std::string>& source, const std::vector<std::string>& output) {
  std::vector<int> out(output.size(), -1);
  match_equal(source, output, out);
  const int end = static_cast<int>(output.size());
  int before = -1, source_before = -1;
  for (int at = 0; at <= end; at++) {
    const int source_at = at == end ? static_cast<int>(source.size()) : out[static_cast<size_t>(at)];
    if (source_at < 0) continue;
    if (at - before == source_at - source_before)
      for (int k = before + 1; k < at; k++) out[static_cast<size_t>(k)] = source_before + (k - before);
    else
      match_beginnings(source, output, source_before + 1, source_at, before + 1, at, out);
    before = at, source_before = source_at;
  }
  return out;
}

int match_column(const std::string& source, const std::string& output, int column) {
  const size_t at = column > 0 ? static_cast<size_t>(column - 1) : 0;
  const size_t shorter = std::min(source.size(), output.size());
  size_t same = 0;
  while (same < shorter && source[same] == output[same]) same++;
  if (at < same || source == output) return column;
  size_t tail = 0;
  while (tail < shorter - same && source[source.size() - 1 - tail] == output[output.size() - 1 - tail]) tail++;
  if (at < output.size() && output.size() - at <= tail)
    return static_cast<int>(source.size() - (output.size() - at)) + 1;
  return static_cast<int>(same) + 1;
}

}  // namespace weir::project
