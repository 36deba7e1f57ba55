#include "base/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/text.h"

namespace weir {

namespace {

[[noreturn]] void wrong_kind(const Json& value, std::string_view wanted) {
  throw Error(ErrorCode::bad_json, fmt::format("expected a JSON {}, found {}", wanted, value.kind()));
}

template <typename T, typename Variant>
T& get_as(const Json& json, Variant& value, std::string_view wanted) {
  auto* found = std::get_if<std::remove_const_t<T>>(&value);
  if (!found) wrong_kind(json, wanted);
  return *found;
}

// 2^53: up to here a double that looks like an integer is one.
constexpr double exact_integers = 9007199254740992.0;

}  // namespace

Json::Json(uint64_t value) {
  if (value <= static_cast<uint64_t>(std::numeric_limits<int64_t>::max()))
    value_ = static_cast<int64_t>(value);
  else
    value_ = Real{static_cast<double>(value), std::to_string(value)};
}

Json Json::strings(const std::vector<std::string>& values) {
  Array array;
  array.reserve(values.size());
  for (const auto& value : values) array.emplace_back(value);
  return Json(std::move(array));
}

Json Json::strings(const std::map<std::string, std::string>& values) {
  Object object;
  object.reserve(values.size());
  for (const auto& [key, value] : values) object.emplace_back(key, value);
  return Json(std::move(object));
}

std::string_view Json::kind() const {
  constexpr std::string_view names[] = {"null", "boolean", "number", "number", "string", "array", "object"};
  return names[value_.index()];
}

bool Json::as_bool() const { return get_as<const bool>(*this, value_, "boolean"); }

int64_t Json::as_int() const {
  if (const auto* number = std::get_if<int64_t>(&value_)) return *number;
  const Real* number = real();
  if (!number) wrong_kind(*this, "integer");
  if (!(std::abs(number->value) <= exact_integers) || number->value != std::trunc(number->value))
    throw Error(ErrorCode::bad_json, fmt::format("expected a JSON integer of 64 bits, found {}", dump()));
  return static_cast<int64_t>(number->value);
}

double Json::as_double() const {
  if (const auto* number = std::get_if<int64_t>(&value_)) return static_cast<double>(*number);
  return get_as<const Real>(*this, value_, "number").value;
}

const std::string& Json::as_string() const { return get_as<const std::string>(*this, value_, "string"); }
const Json::Array& Json::as_array() const { return get_as<const Array>(*this, value_, "array"); }
Json::Array& Json::as_array() { return get_as<Array>(*this, value_, "array"); }
const Json::Object& Json::as_object() const { return get_as<const Object>(*this, value_, "object"); }
Json::Object& Json::as_object() { return get_as<Object>(*this, value_, "object"); }

const Json* Json::find(std::string_view key) const {
  const auto* object = std::get_if<Object>(&value_);
  if (!object) return nullptr;
  for (const auto& member : *object)
    if (member.first == key) return &member.second;
  return nullptr;
}

Json* Json::find(std::string_view key) { return const_cast<Json*>(std::as_const(*this).find(key)); }

const Json& Json::at(std::string_view key) const {
  const Json* found = find(key);
  if (!found && !is_object()) wrong_kind(*this, "object");
  if (!found) throw Error(ErrorCode::bad_json, fmt::format("the JSON object has no \"{}\"", key));
  return *found;
}

Json& Json::set(std::string_view key, Json value) {
  if (Json* found = find(key))
    *found = std::move(value);
  else
    as_object().emplace_back(std::string(key), std::move(value));
  return *this;
}

bool Json::erase(std::string_view key) {
  auto* object = std::get_if<Object>(&value_);
  return object && std::erase_if(*object, [&](const Member& member) { return member.first == key; }) > 0;
}

namespace {

// Runs an access and says of which member it failed.
template <typename Access>
auto of_member(const Json* found, std::string_view key, Access access) -> std::optional<decltype(access(*found))> {
  if (!found || found->is_null()) return std::nullopt;
  try {
    return access(*found);
  } catch (Error& error) {
    throw std::move(error.add_context(fmt::format("member \"{}\"", key)));
  }
}

}  // namespace

std::optional<std::string> Json::get_string(std::string_view key) const {
  return of_member(find(key), key, [](const Json& value) { return std::string(value.as_string()); });
}
std::optional<int64_t> Json::get_int(std::string_view key) const {
  return of_member(find(key), key, [](const Json& value) { return value.as_int(); });
}
std::optional<bool> Json::get_bool(std::string_view key) const {
  return of_member(find(key), key, [](const Json& value) { return value.as_bool(); });
}

void Json::push_back(Json value) { as_array().push_back(std::move(value)); }

size_t Json::size() const {
  if (const auto* array = std::get_if<Array>(&value_)) return array->size();
  if (const auto* object = std::get_if<Object>(&value_)) return object->size();
  return 0;
}

}  // namespace weir
