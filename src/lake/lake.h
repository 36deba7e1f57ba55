// A lake: a store holding tables at <schema>/<identifier>/ and, under _weir/catalog/, the names that are no tables:
// views, functions and tables that live elsewhere.
//
// A table exists if and only if its _delta_log holds a commit. The catalogue is a sequence of whole-content JSON
// objects <20 digits>.json, each put if absent; the highest is the current one. A lost race is retried on the new
// content.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "lake/snapshot.h"

namespace weir::lake {

struct TableName {
  std::string schema, name;  // as SQL gives them; compared case-insensitively
  std::string text() const { return schema + "." + name; }
  auto operator<=>(const TableName&) const = default;
};

// A view, or a function.
struct ViewEntry {
  std::string sql;                   // a SELECT, names qualified by schema
  Json properties = Json::object();  // fingerprint of the node that made it, its inputs, ...
};

struct CatalogContent {
  int64_t number = 0;                            // 0 = no catalogue object yet
  std::map<std::string, ViewEntry> views;        // key "schema.name", lower case
  std::map<std::string, ViewEntry> functions;    // likewise; their sql is CREATE MACRO name(…) AS …
  std::map<std::string, std::string> locations;  // "schema.name" -> URI of a table kept elsewhere
};

class Lake {
 public:
  explicit Lake(std::shared_ptr<store::ObjectStore> store) : store_(std::move(store)) {}

  // <schema>/<identifier>/, lower case, anything but [a-z0-9_.-] percent-encoded. A leading '.' and the schema _weir
  // are encoded too, since they would mean something else as folders. percent_decode of a segment gives the lower-case
  // name.
  static std::string folder_of(const TableName& name);
  TableLocation location(const TableName& name) const;  // the folder's, or the catalogue's foreign location
  // The same with the catalogue at hand, for whoever asks for many tables.
  TableLocation location(const TableName& name, const CatalogContent& content) const;
  bool table_exists(const TableName& name) const;
  std::vector<std::string> schemas() const;  // of folders, views, functions, foreign tables; lower case, sorted
  std::vector<std::string> tables(const std::string& schema) const;  // names that have a log, and foreign ones

  CatalogContent catalog() const;  // throws Error{bad_catalog}
  // Applies `change` to the newest content and puts the next object; again if another writer was faster. `change` may
  // be called several times. A change that alters nothing puts nothing. Returns the content that holds.
  CatalogContent update_catalog(const std::function<void(CatalogContent&)>& change);

  store::ObjectStore& store() const { return *store_; }
  std::shared_ptr<store::ObjectStore> shared_store() const { return store_; }
  std::string uri() const { return store_->uri(); }

 private:
  std::shared_ptr<store::ObjectStore> store_;
};

}  // namespace weir::lake
