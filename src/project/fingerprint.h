// Fingerprints: what decides whether a node is unchanged.
//
// node_code: sha256 over the raw file, the macros reached (transitively), the configuration, vars and environment read,
// the engine's version (of a Python model the interpreter's too), and node_code of the views and ephemeral models it
// reads and the functions it calls. checks_code: the same over the checks that gate it. Input versions are not part of
// it; they are compared apart (plan.h). The version of the node's own table never enters.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "project/project.h"

namespace weir::project {

class Fingerprints {
 public:
  Fingerprints(const Project& project, const std::string& engine_version, const std::string& python_version = {});
  const std::string& node_code(const Node& node) const;  // 64 hex digits
  // `code` of a manifest: "<node_code>" or "<node_code>+<checks_code>" with the checks given.
  std::string code(const Node& node, const std::vector<const Node*>& checks) const;
  // Tables behind what a node reads: parents, with views, ephemeral models and functions replaced by what they read.
  // Sorted by unique_id.
  const std::vector<const Node*>& inputs(const Node& node) const;

 private:
  const Project& project_;
  std::vector<std::string> codes_;
  std::vector<std::vector<const Node*>> inputs_;
};

// A manifest's code taken apart:
// "<node_code>[+<checks_code>][;batches=2026-01-06T00:00:00+00:00][;volatile=now,random]". The last parts are added by
// run/: up to when a microbatch model was built, and for a node whose SQL calls functions that do not give the same
// answer each time those functions.
struct SplitCode {
  std::string_view node, checks, batches, volatile_functions;
};
SplitCode split_code(std::string_view code);

}  // namespace weir::project
