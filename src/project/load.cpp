#include "project/load.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <tuple>

#include "base/ids.h"
#include "project/builder.h"

namespace weir::project {

namespace {

int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

bool before(const Error& a, const Error& b) {
  const Span none;
  const Span& x = a.span() ? *a.span() : none;
  const Span& y = b.span() ? *b.span() : none;
  return std::tie(x.file, x.line, x.column) < std::tie(y.file, y.line, y.column);
}

}  // namespace

Loaded load(const std::string& root, const LoadFlags& given) {
  LoadFlags flags = given;
  if (flags.invocation_id.empty()) flags.invocation_id = uuid_v4();
  if (flags.started_at_ms == 0) flags.started_at_ms = now_ms();
  Loaded out;
  try {
    std::error_code ignored;
    const std::string folder = std::filesystem::absolute(root, ignored).lexically_normal().string();
    ProjectBuilder builder(folder.ends_with("/") && folder.size() > 1 ? folder.substr(0, folder.size() - 1) : folder,
                           flags, out);
    builder.build();
  } catch (Error& error) {
    out.errors.push_back(std::move(error));
  }
  std::stable_sort(out.errors.begin(), out.errors.end(), before);
  if (!out.errors.empty() && !flags.keep_partial) out.project.reset();
  return out;
}

Project load_or_throw(const std::string& root, const LoadFlags& flags) {
  Loaded loaded = load(root, flags);
  if (loaded.errors.empty()) return std::move(*loaded.project);
  Error first = std::move(loaded.errors.front());
  if (loaded.errors.size() > 1) {
    const std::string more = std::to_string(loaded.errors.size() - 1) + " more errors";
    first.with_hint(first.hint().empty() ? more : first.hint() + "; " + more);
  }
  throw first;
}

}  // namespace weir::project
