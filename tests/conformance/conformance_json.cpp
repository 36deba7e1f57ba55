// links: weir_base

// JSONTestSuite, or any folder of files of its form: y_*.json must be read, n_*.json refused with a place, others may
// be either; what is read must be written and read again as the same.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/json.h"

namespace {

// RFC 8259 leaves duplicate keys to the reader; we refuse them, since an entry with two "add" would be ambiguous.
const std::set<std::string> refused_on_purpose = {"y_object_duplicated_key.json",
                                                  "y_object_duplicated_key_and_value.json"};

// What is wrong with our answer to the case; empty if nothing.
std::string judge(const std::string& name, const std::string& text) {
  std::optional<weir::Json> value;
  try {
    value = weir::Json::parse(text, name);
  } catch (const weir::Error& error) {
    if (error.code() != weir::ErrorCode::bad_json || !error.span())
      return std::string("refused without a place: ") + error.what();
    if (name.starts_with("y_") && !refused_on_purpose.contains(name)) return std::string("refused: ") + error.what();
    return "";
  }
  if (name.starts_with("n_") || refused_on_purpose.contains(name)) return "accepted as " + value->dump();
  const std::string written = value->dump();
  return weir::Json::parse(written).dump() == written ? "" : "not the same when written and read again";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2 || !std::filesystem::is_directory(argv[1])) {
    std::fprintf(stderr, "usage: conformance_json FOLDER\n");
    return 2;
  }
  std::vector<std::filesystem::path> cases;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(argv[1]))
    if (entry.path().extension() == ".json") cases.push_back(entry.path());
  std::sort(cases.begin(), cases.end());
  int failed = 0;
  for (const auto& path : cases) {
    const std::string wrong = judge(path.filename().string(), weir::read_file(path));
    if (wrong.empty()) continue;
    ++failed;
    std::printf("%s: %s\n", path.c_str(), wrong.c_str());
  }
  std::printf("%d passed, %d failed, 0 skipped\n", static_cast<int>(cases.size()) - failed, failed);
  return failed > 0 || cases.empty() ? 1 : 0;
}
