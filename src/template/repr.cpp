// Python's str(), repr(), bool(), type names; plain data as JSON.
#include <cmath>

#include "template/cells.h"
#include "template/failure.h"
#include "template/object.h"
#include "template/text.h"

namespace weir::tmpl {

namespace {

void write_items(Reprs& reprs, const std::vector<Value>& items) {
  for (size_t i = 0; i < items.size(); ++i) {
    if (i) reprs.out() += ", ";
    reprs.write(items[i]);
  }
}

void write_dict(Reprs& reprs, const Dict& dict, bool values) {
  bool first = true;
  for (const auto& entry : dict.entries()) {
    if (!std::exchange(first, false)) reprs.out() += ", ";
    reprs.write(entry.key);
    if (!values) continue;
    reprs.out() += ": ";
    reprs.write(entry.value);
  }
}

// A container inside itself is shown as [...].
void write_container(Reprs& reprs, const Value& value) {
  bool list = value.is_list(), tuple = value.is_tuple(), set = value.is_set();
  std::string& out = reprs.out();
  if (!reprs.enter(Raw::cell(value))) {
    out += list ? "[...]" : tuple ? "(...)" : set ? "set(...)" : "{...}";
    return;
  }
  if (set && value.as_set().empty()) {
    out += "set()";
  } else {
    out += list ? '[' : tuple ? '(' : '{';
    if (list || tuple)
      write_items(reprs, value.items());
    else
      write_dict(reprs, set ? Raw::set(value).dict : Raw::dict(value).dict, !set);
    if (tuple && value.items().size() == 1) out.push_back(',');
    out += list ? ']' : tuple ? ')' : '}';
  }
  reprs.leave();
}

Json value_json(const Value& value, int depth, size_t& left) {
  check_value_depth(depth);
  if (left-- == 0) limit_error("the value is too large for JSON");
  switch (value.kind()) {
    case Kind::none:
      return nullptr;
    case Kind::boolean:
      return value.as_bool();
    case Kind::integer:
      if (value.is_small_int()) return value.as_int();
      return Json::Real{value.as_real(), int_text(value)};
    case Kind::real:
      if (!std::isfinite(value.as_real())) value_error("JSON has no number " + value.str());
      return Json::Real{value.as_real(), real_repr(value.as_real())};
    case Kind::string:
      return value.as_string();
    case Kind::list:
    case Kind::tuple: {
      Json::Array items;
      for (const Value& item : value.items()) items.push_back(value_json(item, depth + 1, left));
      return items;
    }
    case Kind::dict: {
      Json::Object members;
      for (const auto& entry : value.as_dict().entries()) {
        if (Raw::is_container(entry.key)) type_error("a JSON object's key cannot be a " + entry.key.type_name());
        members.emplace_back(entry.key.str(), value_json(entry.value, depth + 1, left));
      }
      return members;
    }
    case Kind::object:
      if (auto plain = value.as_object()->plain()) return value_json(*plain, depth + 1, left);
      break;
    case Kind::undefined:
      throw_undefined(value);
    case Kind::set:
      break;
  }
  type_error("a " + value.type_name() + " is no plain data");
}

}  // namespace

namespace {
constexpr size_t kMaxText = size_t{256} << 20;  // values inside values can unfold to any length
}

bool Reprs::enter(const Cell* cell) {
  for (const Cell* open : open_)
    if (open == cell) return false;
  check_value_depth(static_cast<int>(open_.size()));
  open_.push_back(cell);
  return true;
}

void Reprs::write(const Value& value) {
  if (out_.size() > kMaxText) limit_error("the text of a value is too long (more than 256 MiB)");
  switch (value.kind()) {
    case Kind::undefined:
      out_ += "Undefined";
      break;
    case Kind::none:
      out_ += "None";
      break;
    case Kind::boolean:
      out_ += value.as_bool() ? "True" : "False";
      break;
    case Kind::integer:
      out_ += int_text(value);
      break;
    case Kind::real:
      out_ += real_repr(Raw::real(value));
      break;
    case Kind::string:
      if (value.is_markup()) out_ += "Markup(";
      append_repr(out_, Raw::string(value).text);
      if (value.is_markup()) out_.push_back(')');
      break;
    case Kind::object:
      value.as_object()->write_repr(*this);
      break;
    default:
      write_container(*this, value);
  }
}

void Value::append_str(std::string& out) const {
  if (tag_ == Tag::string) {
    out += Raw::string(*this).text;
  } else if (tag_ == Tag::undefined) {
    check_not_strict(*this);
  } else if (Object* object = as_object()) {
    out += object->str();
  } else {
    Reprs(out).write(*this);
  }
}

std::string Value::str() const {
  std::string out;
  append_str(out);
  return out;
}

std::string Value::repr() const {
  std::string out;
  Reprs(out).write(*this);
  return out;
}

bool Value::truth() const {
  switch (tag_) {
    case Tag::none:
      return false;
    case Tag::boolean:
    case Tag::integer:
      return bits_.integer != 0;
    case Tag::real:
      return bits_.real != 0;
    case Tag::string:
      return !Raw::string(*this).text.empty();
    case Tag::list:
      return !Raw::list(*this).items.empty();
    case Tag::tuple:
      return !Raw::tuple(*this).items.empty();
    case Tag::dict:
      return !Raw::dict(*this).dict.empty();
    case Tag::set:
      return !Raw::set(*this).dict.empty();
    case Tag::big:
      return true;
    case Tag::object:
      return as_object()->truth();
    case Tag::undefined:
      check_not_strict(*this);
      break;
    case Tag::missing:
    case Tag::unresolved:
      break;
  }
  return false;
}

std::string Value::type_name() const {
  switch (kind()) {
    case Kind::none:
      return "NoneType";
    case Kind::boolean:
      return "bool";
    case Kind::integer:
      return "int";
    case Kind::real:
      return "float";
    case Kind::string:
      return is_markup() ? "Markup" : "str";
    case Kind::list:
      return "list";
    case Kind::tuple:
      return "tuple";
    case Kind::dict:
      return "dict";
    case Kind::set:
      return "set";
    case Kind::object:
      return as_object()->type_name();
    case Kind::undefined:
      break;
  }
  UndefinedMode mode = tag_ == Tag::undefined ? Raw::undefined(*this).mode : UndefinedMode::standard;
  return mode == UndefinedMode::strict      ? "StrictUndefined"
         : mode == UndefinedMode::chainable ? "ChainableUndefined"
                                            : "Undefined";
}

Json Value::to_json() const {
  size_t left = 4'000'000;
  return value_json(*this, 0, left);
}

}  // namespace weir::tmpl
