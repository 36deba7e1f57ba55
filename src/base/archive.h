// Values to bytes and back, for files that only the same build of weir reads again: caches. Sizes as varints, numbers
// as they lie in memory, nothing described. A type joins in by a function beside it that names all its members once,
// for both directions:
//
//   template <class Archive> void archive_members(Archive& archive, Column& value) { auto& [name, type] = value;
//   archive(name, type); }
//
// (the structured binding does not compile when a member is added and not named).
#pragma once

#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeindex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/boxed.h"
#include "base/error.h"
#include "base/json.h"
#include "base/shared_value.h"

namespace weir {

template <class T>
inline constexpr bool is_archived_as_it_lies = std::is_arithmetic_v<T> || std::is_enum_v<T>;

class ArchiveWriter {
 public:
  explicit ArchiveWriter(std::string& out) : out_(out) {}

  template <class... T>
  void operator()(const T&... values) {
    (put(values), ...);
  }

 private:
  void put_size(size_t size);
  void put(const std::string& value);
  void put(const Json& value);
  template <class T>
  void put(const std::vector<T>& values) {
    put_size(values.size());
    for (const T& value : values) put(value);
  }
  template <class K, class V>
  void put(const std::map<K, V>& values) {
    put_size(values.size());
    for (const auto& [key, value] : values) {
      put(key);
      put(value);
    }
  }
  template <class A, class B>
  void put(const std::pair<A, B>& value) {
    put(value.first);
    put(value.second);
  }
  template <class T>
  void put(const std::optional<T>& value) {
    put_if_there(value);
  }
  template <class T>
  void put(const Boxed<T>& value) {
    put_if_there(value);
  }
  template <class T>
  void put_if_there(const T& value) {
    put(value.has_value());
    if (value) put(*value);
  }
  template <class T>
  void put(const T& value) {
    if constexpr (is_archived_as_it_lies<T>)
      out_.append(reinterpret_cast<const char*>(&value), sizeof value);
    else
      archive_members(*this, const_cast<T&>(value));  // a writer only reads
  }
  template <class T>
  void put(const SharedValue<T>& value) {
    std::string bytes;
    ArchiveWriter write(bytes);
    write(*value);
    put(bytes);
  }
  std::string& out_;
};

// Shared values that several readers met, by their bytes, so that equal ones are one. The bytes must live as long as it
// does. Any thread.
class ArchivePool {
 public:
  template <class T, class Make>
  SharedValue<T> get(std::string_view bytes, const Make& make) {
    const Key key(typeid(T), bytes);
    if (auto known = find(key)) return SharedValue<T>(std::static_pointer_cast<const T>(std::move(known)));
    auto made = std::make_shared<T>();
    make(*made);
    add(key, made);
    return SharedValue<T>(std::shared_ptr<const T>(std::move(made)));
  }

 private:
  using Key = std::pair<std::type_index, std::string_view>;
  struct Hash {
    size_t operator()(const Key& key) const { return std::hash<std::string_view>()(key.second); }
  };
  std::shared_ptr<const void> find(const Key& key);
  void add(const Key& key, std::shared_ptr<const void> value);
  std::mutex mutex_;
  std::unordered_map<Key, std::shared_ptr<const void>, Hash> known_;
};

// Throws Error{internal} when the bytes end early or hold what no writer wrote.
class ArchiveReader {
 public:
  explicit ArchiveReader(std::string_view bytes, ArchivePool* pool = nullptr) : left_(bytes), pool_(pool) {}

  template <class... T>
  void operator()(T&... values) {
    (get(values), ...);
  }
  bool at_end() const { return left_.empty(); }

 private:
  size_t get_size();  // of things that take a byte each at least
  std::string_view take(size_t count);
  void get(std::string& value);
  void get(Json& value) { get(value, 0); }
  void get(Json& value, int depth);
  template <class T>
  void get(std::vector<T>& values) {
    values.clear();
    values.resize(get_size());
    for (T& value : values) get(value);
  }
  template <class K, class V>
  void get(std::map<K, V>& values) {
    values.clear();
    for (size_t left = get_size(); left > 0; left--) {
      K key{};
      get(key);
      get(values.emplace_hint(values.end(), std::move(key), V{})->second);
    }
  }
  template <class A, class B>
  void get(std::pair<A, B>& value) {
    get(value.first);
    get(value.second);
  }
  template <class T>
  void get(std::optional<T>& value) {
    get_if_there(value);
  }
  template <class T>
  void get(Boxed<T>& value) {
    get_if_there(value);
  }
  template <class T>
  void get_if_there(T& value) {
    bool there = false;
    get(there);
    if (there)
      get(value.emplace());
    else
      value.reset();
  }
  template <class T>
  void get(T& value) {
    if constexpr (is_archived_as_it_lies<T>)
      std::memcpy(&value, take(sizeof value).data(), sizeof value);
    else
      archive_members(*this, value);
  }
  template <class T>
  void get(SharedValue<T>& value) {
    const std::string_view bytes = take(get_size());
    const auto read = [&](T& into) { ArchiveReader(bytes, pool_)(into); };
    if (pool_)
      value = pool_->get<T>(bytes, read);
    else
      read(value.edit());
  }
  std::string_view left_;
  ArchivePool* pool_;
};

template <class Archive>
void archive_members(Archive& archive, Span& value) {
  auto& [file, line, column, length, line_text] = value;
  archive(file, line, column, length, line_text);
}

}  // namespace weir
