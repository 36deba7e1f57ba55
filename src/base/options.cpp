#include "base/options.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "base/time.h"

namespace weir {

namespace {

std::string_view type_name(OptionType type) {
  constexpr std::string_view names[] = {
      "true or false",         "an integer", "a number", "a text", "a list of texts", "a duration like \"7 days\"",
      "a size like \"512MB\"", "a mapping"};
  return names[static_cast<size_t>(type)];
}

// The value in the option's own kind, or nullopt when it does not fit. Durations and sizes keep the text the user
// wrote.
std::optional<Json> fit(OptionType type, const Json& value) {
  switch (type) {
    case OptionType::boolean:
      return value.is_bool() ? std::optional(value) : std::nullopt;
    case OptionType::integer:
      return value.is_int() ? std::optional(value) : std::nullopt;
    case OptionType::number:
      return value.is_number() ? std::optional(value) : std::nullopt;
    case OptionType::text:
      return value.is_string() ? std::optional(value) : std::nullopt;
    case OptionType::map:
      return value.is_object() ? std::optional(value) : std::nullopt;
    case OptionType::duration: {
      const bool ok =
          value.is_string() ? parse_duration_ms(value.as_string()).has_value() : value.is_int() && value.as_int() == 0;
      return ok ? std::optional(value) : std::nullopt;
    }
    case OptionType::bytes: {
      const bool ok =
          value.is_string() ? parse_bytes(value.as_string()).has_value() : value.is_int() && value.as_int() >= 0;
      return ok ? std::optional(value) : std::nullopt;
    }
    case OptionType::text_list:
      break;
  }
  if (value.is_string()) return Json(Json::Array{value});
  if (!value.is_array()) return std::nullopt;
  const auto& items = value.as_array();
  return std::all_of(items.begin(), items.end(), [](const Json& item) { return item.is_string(); })
             ? std::optional(value)
             : std::nullopt;
}

std::optional<Json> json_or_nothing(std::string_view text) {
  try {
    return Json::parse(text);
  } catch (const Error&) {
    return std::nullopt;
  }
}

// A value as a flag or an environment variable gives it.
std::optional<Json> from_text(OptionType type, std::string_view text) {
  switch (type) {
    case OptionType::boolean: {
      const std::string word = lower(text);
      if (word == "true" || word == "1" || word == "yes" || word == "on" || word == "t" || word == "y")
        return Json(true);
      if (word == "false" || word == "0" || word == "no" || word == "off" || word == "f" || word == "n")
        return Json(false);
      return std::nullopt;
    }
    case OptionType::integer: {
      const auto value = parse_int(text);
      return value ? std::optional(Json(*value)) : std::nullopt;
    }
    case OptionType::number: {
      const auto value = parse_double(text);
      return value ? std::optional(Json(*value)) : std::nullopt;
    }
    case OptionType::text_list: {
      Json list = Json::array();
      for (const auto& part : split(text, ','))
        if (!trim(part).empty()) list.push_back(trim(part));
      return list;
    }
    case OptionType::map:
      return json_or_nothing(text);
    case OptionType::duration:
      return Json(text == "0" ? "0s" : text);
    default:
      return Json(text);
  }
}

// Of a text option every scalar is taken as it is written: a delimiter "1", a version 1.10, a flag "no".
Json yaml_value(OptionType type, const Yaml& node) {
  const bool wants_text = type == OptionType::text || type == OptionType::duration || type == OptionType::bytes;
  if (wants_text && node.kind == Yaml::Kind::scalar)
    return type == OptionType::duration && node.text == "0" ? Json("0s") : Json(node.text);
  if (type == OptionType::text_list && node.kind == Yaml::Kind::scalar) return node.text;
  if (type != OptionType::text_list || node.kind != Yaml::Kind::sequence) return node.to_json();
  Json list = Json::array();
  for (const auto& item : node.items)
    list.push_back(item.kind == Yaml::Kind::scalar ? Json(item.text) : item.to_json());
  return list;
}

std::string kind_in_words(const Json& value) {
  return value.is_object() || value.is_array() || value.is_null() ? "a JSON " + std::string(value.kind())
                                                                  : value.dump();
}

}  // namespace

Options::Options(std::vector<OptionSpec> specs) : specs_(std::move(specs)) {
  for (const auto& spec : specs_) values_.push_back({spec.default_value, "default"});
}

const OptionSpec* Options::find(std::string_view name) const {
  for (const auto& spec : specs_)
    if (spec.name == name) return &spec;
  return nullptr;
}

void Options::unknown(std::string_view name, std::string_view where, const Span& span) const {
  std::vector<std::string> names;
  for (const auto& spec : specs_) names.push_back(spec.name);
  const std::string place = where.empty() ? "" : fmt::format(" in {}", where);
  Error error(ErrorCode::unknown_option,
              fmt::format("\"{}\" is not an option{}{}", name, place, did_you_mean(name, names)));
  if (!names.empty() && names.size() <= 12) error.with_hint("known: " + join(names, ", "));
  if (span.known()) error.with_span(span);
  throw error;
}

const OptionSpec& Options::spec(std::string_view name) const {
  const OptionSpec* found = find(name);
  require(found != nullptr, fmt::format("the option \"{}\" is declared", name));
  return *found;
}

const OptionValue& Options::entry(std::string_view name) const {
  return values_[static_cast<size_t>(&spec(name) - specs_.data())];
}

void Options::assign(const OptionSpec& spec, const Json& value, std::string origin, const Span& span) {
  auto refuse = [&](const std::string& wanted) {
    const std::string found = spec.secret ? "something else" : kind_in_words(value);
    Error error(ErrorCode::bad_option_value, fmt::format("\"{}\" must be {}, found {}", spec.name, wanted, found));
    if (span.known()) error.with_span(span);
    if (!origin.empty() && !span.known()) error.add_context("given by " + origin);
    throw error;
  };
  OptionValue& slot = values_[static_cast<size_t>(&spec - specs_.data())];
  if (value.is_null()) {
    slot = {spec.default_value, "default"};
    return;
  }
  auto fitted = fit(spec.type, value);
  if (!fitted) refuse(std::string(type_name(spec.type)));
  if (spec.type == OptionType::text && !spec.allowed.empty() &&
      std::find(spec.allowed.begin(), spec.allowed.end(), fitted->as_string()) == spec.allowed.end())
    refuse("one of " + join(spec.allowed, ", "));
  slot = {std::move(*fitted), std::move(origin)};
}

void Options::read_yaml(const Yaml& mapping, const std::string& prefix, std::string_view where) {
  for (const auto& [key, value] : mapping.members) {
    const std::string name = prefix + key.text;
    if (const OptionSpec* found = find(name)) {
      assign(*found, yaml_value(found->type, value), fmt::format("{}:{}", key.span.file, key.span.line), value.span);
      continue;
    }
    const bool is_group =
        std::any_of(specs_.begin(), specs_.end(), [&](const auto& s) { return s.name.starts_with(name + "."); });
    if (!is_group) unknown(name, where, key.span);
    if (value.is_null()) continue;
    if (value.kind != Yaml::Kind::mapping)
      throw Error(ErrorCode::bad_option_value, fmt::format("\"{}\" must be a mapping", name)).with_span(value.span);
    read_yaml(value, name + ".", where);
  }
}

void Options::read(const Yaml& mapping, std::string_view where) {
  if (mapping.is_null()) return;
  if (mapping.kind != Yaml::Kind::mapping)
    throw Error(ErrorCode::bad_option_value, fmt::format("{} must be a mapping", where)).with_span(mapping.span);
  read_yaml(mapping, "", where);
}

void Options::read_json(const Json& mapping, const std::string& prefix, std::string_view where, std::string_view origin,
                        const SpanOf& span_of) {
  for (const auto& [key, value] : mapping.as_object()) {
    const std::string name = prefix + key;
    const Span span = span_of ? span_of(name) : Span{};
    if (const OptionSpec* found = find(name)) {
      assign(*found, value, std::string(origin), span);
      continue;
    }
    const bool is_group =
        std::any_of(specs_.begin(), specs_.end(), [&](const auto& s) { return s.name.starts_with(name + "."); });
    if (!is_group) unknown(name, where, span);
    if (value.is_null()) continue;
    if (!value.is_object()) {
      Error error(ErrorCode::bad_option_value, fmt::format("\"{}\" in {} must be a mapping", name, where));
      throw span.known() ? error.with_span(span) : error;
    }
    read_json(value, name + ".", where, origin, span_of);
  }
}

void Options::read(const Json& mapping, std::string_view where, std::string_view origin, const SpanOf& span_of) {
  if (mapping.is_null()) return;
  if (!mapping.is_object()) throw Error(ErrorCode::bad_option_value, fmt::format("{} must be a mapping", where));
  read_json(mapping, "", where, origin, span_of);
}

void Options::set(std::string_view name, std::string_view text, std::string origin) {
  const OptionSpec* found = find(name);
  if (!found) unknown(name, origin, {});
  // What is no value of the type is refused by assign, which knows how to say it.
  assign(*found, from_text(found->type, text).value_or(Json(text)), std::move(origin), {});
}

void Options::set_value(std::string_view name, const Json& value, std::string origin) {
  const OptionSpec* found = find(name);
  if (!found) unknown(name, origin, {});
  assign(*found, value, std::move(origin), {});
}

bool Options::is_set(std::string_view name) const { return entry(name).origin != "default"; }
Json Options::value(std::string_view name) const { return entry(name).value; }
bool Options::boolean(std::string_view name) const {
  const Json& value = entry(name).value;
  return !value.is_null() && value.as_bool();
}
int64_t Options::integer(std::string_view name) const { return entry(name).value.as_int(); }
double Options::number(std::string_view name) const { return entry(name).value.as_double(); }
std::string Options::text(std::string_view name) const {
  const Json& value = entry(name).value;
  return value.is_null() ? "" : value.as_string();
}
std::vector<std::string> Options::list(std::string_view name) const {
  std::vector<std::string> items;
  const Json& value = entry(name).value;
  if (value.is_string()) return {value.as_string()};
  if (!value.is_null())
    for (const auto& item : value.as_array()) items.push_back(item.as_string());
  return items;
}
int64_t Options::duration_ms(std::string_view name) const {
  const Json& value = entry(name).value;
  return value.is_int() ? value.as_int() : parse_duration_ms(value.as_string()).value();
}
int64_t Options::bytes(std::string_view name) const {
  const Json& value = entry(name).value;
  return value.is_int() ? value.as_int() : parse_bytes(value.as_string()).value();
}

std::optional<int64_t> parse_bytes(std::string_view text) {
  const std::string lowered = lower(trim(text));
  const std::string_view whole = lowered;
  const size_t number_end = std::min(whole.find_first_not_of("0123456789."), whole.size());
  const auto count = parse_double(whole.substr(0, number_end));
  const std::string_view unit = trim(whole.substr(number_end));
  constexpr std::string_view powers = "kmgt";
  double scale = 1;
  if (!unit.empty() && unit != "b" && unit != "bytes") {
    const size_t power = powers.find(unit.front());
    const std::string_view rest = unit.substr(1);
    if (power == std::string_view::npos || (!rest.empty() && rest != "b" && rest != "ib")) return std::nullopt;
    for (size_t i = 0; i <= power; ++i) scale *= rest == "ib" ? 1024 : 1000;
  }
  if (!count || *count * scale > 9e18) return std::nullopt;
  return static_cast<int64_t>(*count * scale);
}

}  // namespace weir
