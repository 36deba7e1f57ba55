#include "base/archive.h"

namespace weir {

namespace {

constexpr int deepest = 300;  // Json's own limit of nesting is below

enum class Kind : char { null, no, yes, integer, real, string, array, object };

[[noreturn]] void fail(const char* what) { throw Error(ErrorCode::internal, std::string("archive: ") + what); }

}  // namespace

void ArchiveWriter::put_size(size_t size) {
  while (size >= 0x80) {
    out_.push_back(static_cast<char>((size & 0x7F) | 0x80));
    size >>= 7;
  }
  out_.push_back(static_cast<char>(size));
}

void ArchiveWriter::put(const std::string& value) {
  put_size(value.size());
  out_ += value;
}

void ArchiveWriter::put(const Json& value) {
  if (value.is_null()) {
    put(Kind::null);
  } else if (value.is_bool()) {
    put(value.as_bool() ? Kind::yes : Kind::no);
  } else if (value.is_int()) {
    put(Kind::integer);
    put(value.as_int());
  } else if (const Json::Real* real = value.real()) {
    put(Kind::real);
    put(real->value);
    put(real->text);
  } else if (value.is_string()) {
    put(Kind::string);
    put(value.as_string());
  } else if (value.is_array()) {
    put(Kind::array);
    put(value.as_array());
  } else {
    put(Kind::object);
    put(value.as_object());
  }
}

std::string_view ArchiveReader::take(size_t count) {
  if (count > left_.size()) fail("it ends early");
  const std::string_view out = left_.substr(0, count);
  left_.remove_prefix(count);
  return out;
}

size_t ArchiveReader::get_size() {
  size_t size = 0;
  for (int shift = 0; shift < 63; shift += 7) {
    const auto byte = static_cast<unsigned char>(take(1).front());
    size |= static_cast<size_t>(byte & 0x7F) << shift;
    if (byte >= 0x80) continue;
    if (size > left_.size()) fail("a size is larger than what is left");
    return size;
  }
  fail("a size is too long");
}

void ArchiveReader::get(std::string& value) { value = take(get_size()); }

void ArchiveReader::get(Json& value, int depth) {
  if (depth > deepest) fail("values nest too deeply");
  Kind kind{};
  get(kind);
  switch (kind) {
    case Kind::null:
      value = Json();
      return;
    case Kind::no:
    case Kind::yes:
      value = Json(kind == Kind::yes);
      return;
    case Kind::integer: {
      int64_t number = 0;
      get(number);
      value = Json(number);
      return;
    }
    case Kind::real: {
      Json::Real real;
      get(real.value);
      get(real.text);
      value = Json(std::move(real));
      return;
    }
    case Kind::string: {
      std::string text;
      get(text);
      value = Json(std::move(text));
      return;
    }
    case Kind::array: {
      Json::Array items(get_size());
      for (Json& item : items) get(item, depth + 1);
      value = Json(std::move(items));
      return;
    }
    case Kind::object: {
      Json::Object members(get_size());
      for (auto& [key, item] : members) {
        get(key);
        get(item, depth + 1);
      }
      value = Json(std::move(members));
      return;
    }
  }
  fail("a value is of no kind");
}

std::shared_ptr<const void> ArchivePool::find(const Key& key) {
  const std::lock_guard lock(mutex_);
  const auto found = known_.find(key);
  return found == known_.end() ? nullptr : found->second;
}

void ArchivePool::add(const Key& key, std::shared_ptr<const void> value) {
  const std::lock_guard lock(mutex_);
  known_.emplace(key, std::move(value));
}

}  // namespace weir
