// links: weir_deps

// What `weir deps` gets from elsewhere, as any bytes: an archive, the hub's answer, packages.yml, a version. Each is
// understood, and then holds nothing that leads outside or that cannot be compared, or it is an error that blames the
// input. The last byte chooses what the others are; of a text that ends in a line end it is packages.yml.
#include <cstdlib>
#include <string>

#include "base/error.h"
#include "base/gzip.h"
#include "deps/hub.h"
#include "deps/package_files.h"
#include "deps/tar_archive.h"
#include "deps/version.h"

namespace {

using namespace weir;
using namespace weir::deps;

void demand(bool ok) {
  if (!ok) std::abort();
}

void check_archive(std::string_view bytes) {
  std::string top;
  for (const TarEntry& entry : tar_entries(bytes, "archive")) {
    demand(entry.path.is_relative() && !entry.path.empty() && *entry.path.begin() != "..");
    if (top.empty()) top = entry.path.begin()->string();
    demand(*entry.path.begin() == top);
    demand(entry.content.empty() || (entry.content.data() >= bytes.data() &&
                                     entry.content.data() + entry.content.size() <= bytes.data() + bytes.size()));
  }
}

class Answer final : public Web {
 public:
  explicit Answer(std::string body) : body_(std::move(body)) {}
  std::optional<std::string> get(const std::string&) override { return body_; }

 private:
  std::string body_;
};

void check_hub(const std::string& body) {
  Answer web(body);
  Hub hub(web, "http://hub/");
  for (const auto& [version, known] : hub.package("a/b").versions) demand(packages_hash(known.packages).size() == 40);
  installable(hub.compatible("a/b", "1.11.16"), true);
}

void check_packages(const std::string& text) {
  const std::vector<PackageSpec> specs = parse_packages(Yaml::parse(text, "packages.yml"), nullptr);
  for (const PackageSpec& spec : specs) {
    demand(!spec.place.empty());
    // What is written into the lock is read again as the same.
    const Yaml again = Yaml::parse(lock_text({{{"local", spec.place}}}, "hash"), "lock");
    demand(again.find("packages")->items.at(0).find("local")->as_string() == spec.place);
  }
  demand(packages_hash(specs).size() == 40);
}

void check_version(const std::string& text) {
  const Version version = Version::parse(text);
  demand(Version::parse(version.text()).text() == version.text());
  demand(version.compare(version) == 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string bytes(reinterpret_cast<const char*>(data), size - 1);
  try {
    switch (data[size - 1]) {
      case 'T':
        check_archive(bytes);
        break;
      case 'Z':
        if (const auto tar = gunzip(bytes, 1 << 24)) check_archive(*tar);
        break;
      case 'H':
        check_hub(bytes);
        break;
      case 'V':
        check_version(bytes);
        break;
      default:
        check_packages(bytes);
    }
  } catch (const Error& error) {
    demand(error.code() != ErrorCode::internal);
  }
  return 0;
}
