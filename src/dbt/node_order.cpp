#include "dbt/node_order.h"

#include <algorithm>
#include <compare>
#include <cstddef>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "project/node_values.h"

namespace weir::dbt {

namespace {

using project::Node;
using project::Project;

bool is_of_source(const Node& test) { return test.test->attached_node.starts_with("source."); }

// What carries a test: its node, or all versions of it.
std::string_view block_of(const Node& test) {
  std::string_view id = test.test->attached_node;
  const project::Ref* const ref = is_of_source(test) ? nullptr : project::tested_ref(test);
  if (ref && ref->version) id.remove_suffix(std::min(id.size(), ref->version->size() + 2));
  return id;
}

// Where a generic test stands in its file: models before seeds and snapshots, block by block, version by version, tests
// of columns before those of the whole; of a source's table it is the other way round.
struct PlaceInFile {
  std::string_view type;  // of what is tested
  int block_line = 0;
  size_t id_size = 0;  // v2 comes before v10
  std::string_view id;
  bool behind = false;
  int line = 0, column = 0;
  auto operator<=>(const PlaceInFile&) const = default;
};

void sort_in_file(std::vector<const Node*>& tests) {
  std::unordered_map<std::string_view, int> first_lines;
  for (const Node* test : tests) {
    const auto [known, fresh] = first_lines.try_emplace(block_of(*test), test->span.line);
    if (!fresh) known->second = std::min(known->second, test->span.line);
  }
  std::vector<std::pair<PlaceInFile, const Node*>> places;
  places.reserve(tests.size());
  for (const Node* test : tests) {
    const std::string_view id = test->test->attached_node;
    const bool behind = !test->test->of_column != is_of_source(*test);
    places.emplace_back(PlaceInFile{id.substr(0, id.find('.')), first_lines.at(block_of(*test)), id.size(), id, behind,
                                    test->span.line, test->span.column},
                        test);
  }
  std::stable_sort(places.begin(), places.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (size_t i = 0; i < places.size(); i++) tests[i] = places[i].second;
}

// Generic tests as dbt has them: the project's own before those of packages, file by file, and behind all others those
// of sources.
void sort_tests(const Project& project, std::vector<const Node*>& tests) {
  using ByFile = std::unordered_map<std::string_view, std::vector<const Node*>>;
  ByFile of_nodes, of_sources;
  for (const Node* test : tests) (is_of_source(*test) ? of_sources : of_nodes)[test->file].push_back(test);
  tests.clear();
  for (ByFile* by_file : {&of_nodes, &of_sources}) {
    std::vector<std::pair<std::ptrdiff_t, std::string_view>> files;  // with the package's place
    for (const auto& [file, of_file] : *by_file) {
      const auto package = std::find(project.packages.begin(), project.packages.end(), of_file.front()->package);
      files.emplace_back(package - project.packages.begin(), file);
    }
    std::sort(files.begin(), files.end());
    for (const auto& [package, file] : files) {
      std::vector<const Node*>& of_file = by_file->at(file);
      sort_in_file(of_file);
      tests.insert(tests.end(), of_file.begin(), of_file.end());
    }
  }
}

}  // namespace

std::vector<const Node*> in_order(const Project& project, const std::function<bool(const Node&)>& wanted) {
  std::vector<const Node*> out, tests;
  for (const Node& node : project.nodes) {
    if (!wanted(node)) continue;
    const bool generic = node.test && !node.test->singular();
    (generic ? tests : out).push_back(&node);
  }
  sort_tests(project, tests);
  out.insert(out.end(), tests.begin(), tests.end());
  return out;
}

}  // namespace weir::dbt
