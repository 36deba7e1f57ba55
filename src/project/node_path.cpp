#include "project/node_path.h"

#include <filesystem>

namespace weir::project {

std::string path_of_span(const std::string& root, const std::string& file) {
  return (std::filesystem::path(root) / file).lexically_normal().string();
}

std::string path_of_node(const std::string& root, const Node& node) {
  return path_of_span(root, node.span.known() ? node.span.file : node.file);
}

std::string path_of_patch(const std::string& root, const Node& node) {
  if (node.patch_file.empty()) return "";
  // A package describes its own nodes only, so both files lie in the same folder.
  std::string package;
  if (node.span.file.ends_with(node.file)) package = node.span.file.substr(0, node.span.file.size() - node.file.size());
  return path_of_span(root, package + node.patch_file);
}

}  // namespace weir::project
