// Which line of a template a line of its output came from, by comparing the two texts.
#pragma once

#include <string>
#include <vector>

namespace weir::project {

// For each line of `output` the index of its line in `source`, or -1. Equal lines are matched in order; between two
// matches with as many lines on both sides the lines correspond one to one; else a line with a tag is known by the text
// in front of the tag.
std::vector<int> match_lines(const std::vector<std::string>& source, const std::vector<std::string>& output);

// The column (1-based) in `source` that column `column` of `output` came from, the lines corresponding to each other:
// what is equal from the left keeps its column, what is equal from the right keeps its distance to the end, the rest is
// where they first differ.
int match_column(const std::string& source, const std::string& output, int column);

}  // namespace weir::project
