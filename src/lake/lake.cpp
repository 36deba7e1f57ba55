#include "lake/lake.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "lake/catalog_json.h"
#include "lake/log_names.h"

namespace weir::lake {

namespace {

constexpr std::string_view catalog_folder = "_weir/catalog/";

std::string segment_of(const std::string& name) {
  std::string segment = percent_encode(lower(name), "_.-");
  // Names that mean something else as a folder, or that other tools take for hidden.
  if (segment.starts_with('.')) segment = "%2E" + segment.substr(1);
  if (segment == "_weir") segment = "%5Fweir";
  return segment;
}

std::string schema_folder(const std::string& schema) { return segment_of(schema) + "/"; }

bool has_commit(store::ObjectStore& store, const std::string& table_folder) {
  bool found = false;
  std::string log = table_folder + "_delta_log/";
  store.list_from(log, log, [&](const store::ObjectInfo& info) {
    std::string_view name = std::string_view(info.key).substr(log.size());
    auto parsed = parse_log_name(name);
    found = parsed && parsed->kind != LogKind::checksum && parsed->kind != LogKind::compaction;
    return !found && name[0] <= '9';
  });
  return found;
}

std::string catalog_key(int64_t number) { return fmt::format("{}{}.json", catalog_folder, version_text(number)); }

std::optional<int64_t> catalog_number(std::string_view key) {
  auto name = parse_log_name(key.substr(catalog_folder.size()));
  return name && name->kind == LogKind::commit ? std::optional(name->version) : std::nullopt;
}

}  // namespace

std::string Lake::folder_of(const TableName& name) {
  return segment_of(name.schema) + "/" + segment_of(name.name) + "/";
}

TableLocation Lake::location(const TableName& name) const { return location(name, catalog()); }

TableLocation Lake::location(const TableName& name, const CatalogContent& content) const {
  auto foreign = content.locations.find(lower(name.text()));
  if (foreign == content.locations.end()) return {store_, folder_of(name)};
  return {store::open(foreign->second), ""};
}

bool Lake::table_exists(const TableName& name) const {
  if (has_commit(*store_, folder_of(name))) return true;
  TableLocation place = location(name);
  return place.store != store_ && has_commit(*place.store, place.prefix);
}

std::vector<std::string> Lake::schemas() const {
  std::set<std::string> names;
  for (const auto& folder : store_->list_folders(""))
    if (folder != "_weir" && !folder.starts_with('.')) names.insert(percent_decode(folder));
  CatalogContent content = catalog();
  for (const auto& [name, view] : content.views) names.insert(name.substr(0, name.find('.')));
  for (const auto& [name, function] : content.functions) names.insert(name.substr(0, name.find('.')));
  for (const auto& [name, uri] : content.locations) names.insert(name.substr(0, name.find('.')));
  return {names.begin(), names.end()};
}

std::vector<std::string> Lake::tables(const std::string& schema) const {
  std::set<std::string> names;
  std::string parent = schema_folder(schema);
  for (const auto& folder : store_->list_folders(parent))
    if (has_commit(*store_, parent + folder + "/")) names.insert(percent_decode(folder));
  std::string prefix = lower(schema) + ".";
  for (const auto& [name, uri] : catalog().locations)
    if (name.starts_with(prefix)) names.insert(name.substr(prefix.size()));
  return {names.begin(), names.end()};
}

CatalogContent Lake::catalog() const {
  std::optional<int64_t> highest;
  std::string folder(catalog_folder);
  store_->list_from(folder, folder, [&](const store::ObjectInfo& info) {
    if (auto number = catalog_number(info.key)) highest = number;
    return true;
  });
  if (!highest) return {};
  std::string key = catalog_key(*highest);
  return parse_catalog(store_->read(key), *highest, store_->uri() + "/" + key);
}

CatalogContent Lake::update_catalog(const std::function<void(CatalogContent&)>& change) {
  std::string sent;  // what an earlier turn put without getting an answer
  while (true) {
    CatalogContent content = catalog();
    std::string before = catalog_text(content);
    if (!sent.empty() && before == sent) return content;
    change(content);
    std::string after = catalog_text(content);
    if (after == before) return content;
    ++content.number;
    try {
      if (store_->put_if_absent(catalog_key(content.number), after) == store::PutResult::done) return content;
      sent.clear();
    } catch (const Error& error) {
      if (error.code() != ErrorCode::store_unknown) throw;
      sent = after;
    }
  }
}

}  // namespace weir::lake
