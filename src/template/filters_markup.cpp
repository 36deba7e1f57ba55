// Filters about HTML, URLs and JSON.
#include <algorithm>

#include "template/builtins.h"
#include "template/cells.h"
#include "template/failure.h"
#include "template/html.h"
#include "template/operators.h"

namespace weir::tmpl {

namespace {

Value marked(Evaluation& evaluation, std::string text) {
  return evaluation.escapes() ? Value::markup(std::move(text)) : Value(std::move(text));
}

Value escape(Evaluation&, const Arguments& arguments) { return escape_value(Binder("escape", arguments, {"s"}, 1)[0]); }

Value force_escape(Evaluation&, const Arguments& arguments) {
  return Value::markup(escape_html(Binder("forceescape", arguments, {"value"}, 1)[0].str()));
}

Value safe(Evaluation&, const Arguments& arguments) {
  return Value::markup(Binder("safe", arguments, {"value"}, 1)[0].str());
}

Value strip_markup(Evaluation&, const Arguments& arguments) {
  return strip_tags(Binder("striptags", arguments, {"value"}, 1)[0].str());
}

std::string url_quote(std::string_view text, bool query) {
  std::string out;
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) || c == '_' || c == '.' || c == '-' || c == '~' || (c == '/' && !query)) {
      out.push_back(c);
    } else if (c == ' ' && query) {
      out.push_back('+');
    } else {
      static constexpr char kDigits[] = "0123456789ABCDEF";
      out += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return out;
}

Value url_encode(Evaluation& evaluation, const Arguments& arguments) {
  Binder bind("urlencode", arguments, {"value"}, 1);
  const Value& value = bind[0];
  if (value.is_string() || value.is_number() || value.is_none()) return url_quote(value.str(), false);
  Value pairs = value.is_dict() ? evaluation.call_method(value, "items", {}) : value;
  std::string out;
  Value pair;
  for (auto all = evaluation.iterate(pairs); all->next(pair);) {
    if (pair.is_number() || pair.is_none()) type_error("cannot unpack non-iterable " + pair.type_name() + " object");
    std::vector<Value> parts = evaluation.to_vector(pair);
    if (parts.size() != 2) value_error("expected pairs to encode as a query, got " + pair.repr());
    if (!out.empty()) out.push_back('&');
    out += url_quote(parts[0].str(), true) + "=" + url_quote(parts[1].str(), true);
  }
  return out;
}

Value xml_attributes(Evaluation& evaluation, const Arguments& arguments) {
  Binder bind("xmlattr", arguments, {"d", "autospace"}, 1);
  if (bind[0].is_undefined()) throw_undefined(bind[0]);
  if (!bind[0].is_dict()) type_error(in_quotes(bind[0].type_name()) + " object has no attribute 'items'");
  std::string out;
  for (const auto& entry : bind[0].as_dict().entries()) {
    if (entry.value.is_none() || entry.value.is_undefined()) continue;
    if (!entry.key.is_string())
      type_error("expected string or bytes-like object, got " + in_quotes(entry.key.type_name()));
    if (entry.key.as_string().find_first_of(" \t\n\r\f\v/>=") != std::string::npos)
      value_error("Invalid character in attribute name: " + entry.key.repr());
    if (!out.empty()) out.push_back(' ');
    out += escape_value(entry.key).as_string() + "=\"" + escape_value(entry.value).as_string() + "\"";
    evaluation.charge_bytes(out.size());
  }
  if (bind.or_default(1, true).truth() && !out.empty()) out.insert(0, 1, ' ');
  return marked(evaluation, std::move(out));
}

Value to_json(Evaluation& evaluation, const Arguments& arguments) {
  Binder bind("tojson", arguments, {"value", "indent"}, 1);
  std::string out;
  for (char c : json_text(evaluation, bind[0], true, bind[1])) {
    static constexpr std::string_view kUnsafe = "<>&'";
    static constexpr const char* kEscapes[] = {"\\u003c", "\\u003e", "\\u0026", "\\u0027"};
    size_t unsafe = kUnsafe.find(c);
    if (unsafe == std::string_view::npos)
      out.push_back(c);
    else
      out += kEscapes[unsafe];
  }
  evaluation.charge_bytes(out.size());
  return Value::markup(std::move(out));
}

std::string rel_attribute(Evaluation& evaluation, const Value& given, bool nofollow) {
  std::vector<std::string> parts = {"noopener"};
  if (nofollow) parts.push_back("nofollow");
  if (!given.is_none())
    for (const Value& part : evaluation.call_method(given, "split", {}).items()) parts.push_back(part.as_string());
  std::sort(parts.begin(), parts.end());
  parts.erase(std::unique(parts.begin(), parts.end()), parts.end());
  std::string rel;
  for (const std::string& part : parts) rel += (rel.empty() ? "" : " ") + part;
  return rel;
}

Value link_urls(Evaluation& evaluation, const Arguments& arguments) {
  Binder bind("urlize", arguments, {"value", "trim_url_limit", "nofollow", "target", "rel", "extra_schemes"}, 1);
  UrlizeOptions options;
  if (!bind[1].is_none()) options.trim_limit = static_cast<size_t>(std::max<int64_t>(bind[1].as_int(), 0));
  if (!bind[3].is_none()) options.target = bind[3].as_string();
  options.rel = rel_attribute(evaluation, bind[4], bind[2].truth());
  if (!bind[5].is_none())
    for (const Value& scheme : evaluation.to_vector(bind[5])) options.extra_schemes.push_back(scheme.as_string());
  std::string out = urlize(escape_value(bind[0]).as_string(), options);
  evaluation.charge_bytes(out.size());
  return marked(evaluation, std::move(out));
}

}  // namespace

void add_markup_filters(Environment& environment) {
  environment.add_filter("escape", escape);
  environment.add_filter("e", escape);
  environment.add_filter("forceescape", force_escape);
  environment.add_filter("safe", safe);
  environment.add_filter("striptags", strip_markup);
  environment.add_filter("urlencode", url_encode);
  environment.add_filter("xmlattr", xml_attributes);
  environment.add_filter("tojson", to_json);
  environment.add_filter("urlize", link_urls);
}

}  // namespace weir::tmpl
