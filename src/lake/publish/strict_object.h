// Reads a JSON object whose keys are all known: a missing, unknown or wrongly typed key is Error{manifest_damaged}
// naming the place and the key.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "base/json.h"

namespace weir::lake::publish {

class StrictObject {
 public:
  StrictObject(const Json& json, std::string place);

  const Json& need(const std::string& key);   // any kind, must be there
  const Json* maybe(const std::string& key);  // nullptr if absent or null
  std::string text(const std::string& key);
  int64_t number(const std::string& key);
  bool flag(const std::string& key);
  const Json::Array& list(const std::string& key);
  const Json& object(const std::string& key);
  std::string place_of(const std::string& key) const { return place_ + "." + key; }
  void done() const;  // every key of the object must have been asked for

 private:
  [[noreturn]] void refuse(const std::string& key, std::string_view problem) const;
  const Json& json_;
  std::string place_;
  std::set<std::string, std::less<>> seen_;
};

}  // namespace weir::lake::publish
