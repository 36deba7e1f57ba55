#include "lake/publish/strict_object.h"

#include <fmt/format.h>

namespace weir::lake::publish {

StrictObject::StrictObject(const Json& json, std::string place) : json_(json), place_(std::move(place)) {
  if (!json.is_object())
    throw Error(ErrorCode::manifest_damaged, fmt::format("{}: an object is needed, found {}", place_, json.kind()));
}

void StrictObject::refuse(const std::string& key, std::string_view problem) const {
  throw Error(ErrorCode::manifest_damaged, fmt::format("{}: key \"{}\" {}", place_, key, problem));
}

const Json& StrictObject::need(const std::string& key) {
  seen_.insert(key);
  const Json* value = json_.find(key);
  if (value == nullptr) refuse(key, "is missing");
  return *value;
}

const Json* StrictObject::maybe(const std::string& key) {
  seen_.insert(key);
  const Json* value = json_.find(key);
  return value == nullptr || value->is_null() ? nullptr : value;
}

std::string StrictObject::text(const std::string& key) {
  const Json& value = need(key);
  if (!value.is_string()) refuse(key, "must be a string");
  return value.as_string();
}

int64_t StrictObject::number(const std::string& key) {
  const Json& value = need(key);
  if (!value.is_int()) refuse(key, "must be a whole number");
  return value.as_int();
}

bool StrictObject::flag(const std::string& key) {
  const Json& value = need(key);
  if (!value.is_bool()) refuse(key, "must be true or false");
  return value.as_bool();
}

const Json::Array& StrictObject::list(const std::string& key) {
  const Json& value = need(key);
  if (!value.is_array()) refuse(key, "must be a list");
  return value.as_array();
}

const Json& StrictObject::object(const std::string& key) {
  const Json& value = need(key);
  if (!value.is_object()) refuse(key, "must be an object");
  return value;
}

void StrictObject::done() const {
  for (const auto& [key, value] : json_.as_object())
    if (!seen_.contains(key)) refuse(key, "is not known in format 1");
}

}  // namespace weir::lake::publish
