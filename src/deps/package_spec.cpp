#include "deps/package_spec.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/hash.h"
#include "base/text.h"
#include "project/python_json.h"

namespace weir::deps {

namespace {

struct Kind {
  PackageKind kind;
  const char* key;
  std::vector<std::string> others;  // keys that may stand beside it
};

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> table = {
      {PackageKind::local, "local", {"name"}},
      {PackageKind::tarball, "tarball", {"name"}},
      {PackageKind::git, "git", {"revision", "warn-unpinned", "subdirectory", "name"}},
      {PackageKind::hub, "package", {"version", "install_prerelease", "name"}},
      {PackageKind::unavailable, "private", {"provider", "revision", "warn-unpinned", "subdirectory", "name"}},
  };
  return table;
}

const Kind& kind_of(PackageKind kind) {
  return *std::find_if(kinds().begin(), kinds().end(), [&](const Kind& known) { return known.kind == kind; });
}

// Numbers as Python prints them, as texts and in JSON: 1.10 is 1.1, and 1.0 stays 1.0.
Json as_python(const Json& value) {
  if (const Json::Real* real = value.real()) {
    std::string text = fmt::format("{}", real->value);
    if (text.find_first_of(".eni") == std::string::npos) text += ".0";
    return Json(Json::Real{real->value, text});
  }
  if (value.is_array()) {
    Json out = Json::array();
    for (const Json& item : value.as_array()) out.push_back(as_python(item));
    return out;
  }
  if (!value.is_object()) return value;
  Json out = Json::object();
  for (const auto& [key, member] : value.as_object()) out.set(key, as_python(member));
  return out;
}

class Reader {
 public:
  Reader(const Json& rendered, const Json& written, const Yaml* yaml) : entry_(rendered), yaml_(yaml) {
    out_.unrendered = written;
    if (yaml) out_.span = yaml->span;
  }

  PackageSpec read() {
    const Kind& kind = find_kind();
    out_.kind = kind.kind;
    check_keys(kind);
    if (entry_.get_string(kind.key) == "")
      throw bad(kind.key, "A " + std::string(kind.kind == PackageKind::hub ? "hub" : kind.key) +
                              " package is missing the value of " + kind.key);
    out_.place = text_of(kind.key, true);
    if (kind.kind == PackageKind::hub) read_hub();
    if (kind.kind == PackageKind::tarball && !entry_.find("name")) throw bad(kind.key, "a tarball needs a name");
    out_.name = text_of("name", false);
    read_repository();
    out_.hashed = hashed(kind);
    return std::move(out_);
  }

 private:
  Error bad(const std::string& key, const std::string& message) const {
    const Yaml* member = yaml_ ? yaml_->find(key) : nullptr;
    Error error(ErrorCode::bad_packages, message);
    if (yaml_) error.with_span(member && member->span.known() ? member->span : yaml_->span);
    return error;
  }

  const Kind& find_kind() const {
    if (entry_.is_object())
      for (const Kind& kind : kinds())
        if (entry_.find(kind.key)) return kind;
    throw bad("", "an entry of packages has one of the keys package, git, local and tarball");
  }

  void check_keys(const Kind& kind) const {
    std::vector<std::string> known = kind.others;
    known.emplace_back(kind.key);
    for (const auto& [key, value] : entry_.as_object())
      if (std::find(known.begin(), known.end(), key) == known.end())
        throw bad(key, "a " + std::string(kind.key) + " entry has no key " + key + did_you_mean(key, known));
  }

  std::string text_of(const char* key, bool needed) const {
    const Json* value = entry_.find(key);
    if (value && value->is_string() && (!needed || !value->as_string().empty())) return value->as_string();
    if (!needed && (!value || value->is_null())) return {};
    throw bad(key, std::string(key) + " must be a text" + (needed ? " that is not empty" : ""));
  }

  std::string number_or_text(const std::string& key, const Json& value) const {
    if (value.is_string()) return value.as_string();
    if (value.is_number()) return value.dump();
    throw bad(key, key + " must be a text or a list of texts");
  }

  void read_hub() {
    if (out_.place.find('/') == std::string::npos)
      throw bad("package", "\"" + out_.place + "\" is no name on the hub: it has a namespace, like dbt-labs/dbt_utils");
    const Json* version = entry_.find("version");
    if (!version || version->is_null() || (version->is_string() && version->as_string().empty()))
      throw bad("package", out_.place + " needs a version");
    if (version->is_array())
      for (const Json& item : version->as_array()) out_.versions.push_back(number_or_text("version", item));
    else
      out_.versions = {number_or_text("version", *version)};
    out_.prereleases = flag("install_prerelease").value_or(false);
  }

  void read_repository() {
    if (const Json* revision = entry_.find("revision"); revision && !revision->is_null())
      out_.revision = number_or_text("revision", *revision);
    out_.warn_unpinned = flag("warn-unpinned");
    out_.subdirectory = text_of("subdirectory", false);
  }

  std::optional<bool> flag(const char* key) const {
    const Json* value = entry_.find(key);
    if (!value || value->is_null()) return std::nullopt;
    if (!value->is_bool()) throw bad(key, std::string(key) + " must be true or false");
    return value->as_bool();
  }

  // dbt's own form of an entry: every key of its kind, a name only where one is given.
  Json hashed(const Kind& kind) const {
    Json out = Json::object();
    const auto set = [&](const std::string& key) {
      const Json* value = entry_.find(key);
      if (value && !value->is_null())
        out.set(key, *value);
      else if (key != "name")
        out.set(key, key == "install_prerelease" ? Json(false) : Json());
    };
    set(kind.key);
    for (const std::string& key : kind.others) set(key);
    return out.set("unrendered", out_.unrendered);
  }

  const Json& entry_;
  const Yaml* yaml_;
  PackageSpec out_;
};

}  // namespace

const char* kind_key(PackageKind kind) { return kind_of(kind).key; }

std::string PackageSpec::written_place() const {
  const auto written = unrendered.is_object() ? unrendered.get_string(kind_key(kind)) : std::nullopt;
  return written.value_or(place);
}

std::vector<PackageSpec> parse_packages(const Yaml& list, const project::PlainValues* values) {
  std::vector<PackageSpec> out;
  if (list.is_null()) return out;
  if (list.kind != Yaml::Kind::sequence)
    throw Error(ErrorCode::bad_packages, "packages must be a list").with_span(list.span);
  for (const Yaml& item : list.items) {
    const Json written = as_python(item.to_json());
    const Json rendered = values ? as_python(values->value(item)) : written;
    out.push_back(Reader(rendered, written, &item).read());
  }
  return out;
}

std::vector<PackageSpec> parse_packages(const Json& list) {
  std::vector<PackageSpec> out;
  if (!list.is_array()) return out;
  for (const Json& item : list.as_array()) out.push_back(Reader(item, Json::object(), nullptr).read());
  return out;
}

std::string packages_hash(const std::vector<PackageSpec>& packages) {
  std::vector<std::string> texts;
  texts.reserve(packages.size());
  for (const PackageSpec& package : packages) texts.push_back(project::python_json(package.hashed, true));
  std::sort(texts.begin(), texts.end());
  return sha1_hex(join(texts, "\n"));
}

}  // namespace weir::deps
