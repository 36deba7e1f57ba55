#include "deps/package_files.h"

#include <algorithm>

#include "base/file.h"
#include "base/text.h"
#include "base/yaml_scalar.h"

namespace weir::deps {

namespace fs = std::filesystem;

namespace {

std::optional<Yaml> read_yaml(const fs::path& folder, const std::string& label, const char* name) {
  const std::optional<std::string> text = read_file_if_exists(folder / name);
  if (!text) return std::nullopt;
  Yaml document = Yaml::parse(*text, label + name);
  if (!document.is_null() && document.kind != Yaml::Kind::mapping)
    throw Error(ErrorCode::bad_packages, label + name + " must be a mapping with the key packages")
        .with_span(document.span);
  return document;
}

void check_keys(const Yaml& document, const std::vector<std::string>& known) {
  for (const auto& [key, value] : document.members)
    if (std::find(known.begin(), known.end(), key.text) == known.end())
      throw Error(ErrorCode::bad_packages, "unknown key " + key.text + did_you_mean(key.text, known))
          .with_span(key.span);
}

bool looks_like_time(const std::string& text) {
  return text.size() >= 8 && std::count(text.begin(), text.end(), '-') >= 2 &&
         std::all_of(text.begin(), text.begin() + 4, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

Packages read_packages(const fs::path& folder, const std::string& label, bool is_root,
                       const project::PlainValues& values) {
  const std::optional<Yaml> packages = read_yaml(folder, label, "packages.yml");
  const std::optional<Yaml> dependencies = read_yaml(folder, label, "dependencies.yml");
  const Yaml* own = packages ? packages->find("packages") : nullptr;
  const Yaml* others = dependencies ? dependencies->find("packages") : nullptr;
  if (own && others)
    throw Error(ErrorCode::bad_packages, "packages stands in packages.yml and in dependencies.yml")
        .with_span(dependencies->find_key("packages")->span)
        .with_hint("keep one of them");
  Packages out;
  if (others) {
    out.file = "dependencies.yml";
    out.specs = parse_packages(*others, is_root ? nullptr : &values);
    return out;
  }
  if (!packages) return out;
  check_keys(*packages, {"packages"});
  if (own) out.specs = parse_packages(*own, &values);
  return out;
}

std::optional<Lock> read_lock(const fs::path& root, const project::PlainValues& values) {
  const std::optional<Yaml> document = read_yaml(root, "", lock_file_name);
  if (!document) return std::nullopt;
  Lock out;
  if (const Yaml* hash = document->find("sha1_hash"); hash && hash->kind == Yaml::Kind::scalar) out.hash = hash->text;
  if (const Yaml* list = document->find("packages")) out.packages = parse_packages(*list, &values);
  return out;
}

std::string yaml_text(const std::string& text) {
  const bool plain_bytes = std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
  if (!plain_bytes) {  // JSON's escapes are YAML's too
    std::string out;
    append_json_string(out, text);
    return out;
  }
  const bool starts_oddly =
      text.empty() || std::string_view("-?:,[]{}#&*!|>'\"%@` =").find(text[0]) != std::string_view::npos;
  const bool is_dash_word = text.size() > 1 && (text[0] == '-' || text[0] == '?' || text[0] == ':') && text[1] != ' ';
  const bool has_mark = text.find(": ") != std::string::npos || text.find(" #") != std::string::npos ||
                        text.ends_with(":") || text.ends_with(" ");
  const bool other_type = yaml_scalar_tag(text) != "str" || looks_like_time(text);
  if ((!starts_oddly || is_dash_word) && !has_mark && !other_type) return text;
  return "'" + replace_all(text, "'", "''") + "'";
}

std::string lock_text(const std::vector<LockEntry>& entries, const std::string& hash) {
  std::string out = entries.empty() ? "packages: []\n" : "packages:\n";
  for (LockEntry entry : entries) {
    std::sort(entry.begin(), entry.end());
    const char* before = "  - ";
    for (const auto& [key, value] : entry) {
      out += before + key + ": " + yaml_text(value) + "\n";
      before = "    ";
    }
  }
  return out + "sha1_hash: " + yaml_text(hash) + "\n";
}

}  // namespace weir::deps
