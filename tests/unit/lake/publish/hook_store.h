// A store with a hook before and after each operation: the hook may run other runners, lose answers, delay puts or
// throw.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "store/object_store.h"

namespace weir::lake::publish {

enum class Verb { read, head, list, put, put_if_absent, finish, remove };
inline bool mutates(Verb verb) { return verb >= Verb::put; }

enum class Fate {
  normal,
  lose_answer,  // happens, then Error{store_unknown}
  late,         // Error{store_unknown}; `late` gets the operation
  fail,         // Error{store_io}, nothing happened
  exists,       // of put_if_absent: somebody was faster
};

class HookStore final : public store::ObjectStore {
 public:
  explicit HookStore(std::shared_ptr<store::ObjectStore> inner) : inner_(std::move(inner)) {}

  std::function<Fate(Verb, const std::string& key)> before;
  std::function<void(Verb, const std::string& key)> after;
  std::function<void(std::function<void()>)> late;

  std::string read(const std::string& key) override {
    ask(Verb::read, key);
    return inner_->read(key);
  }
  std::string read(const std::string& key, uint64_t offset, uint64_t length) override {
    ask(Verb::read, key);
    return inner_->read(key, offset, length);
  }
  uint64_t read_into(const std::string& key, uint64_t offset, char* out, uint64_t length) override {
    ask(Verb::read, key);
    return inner_->read_into(key, offset, out, length);
  }
  std::optional<store::ObjectInfo> head(const std::string& key) override {
    ask(Verb::head, key);
    return inner_->head(key);
  }
  void list_from(const std::string& prefix, const std::string& start_after,
                 const std::function<bool(const store::ObjectInfo&)>& visit) override {
    ask(Verb::list, prefix);
    inner_->list_from(prefix, start_after, visit);
  }
  std::vector<std::string> list_folders(const std::string& prefix) override { return inner_->list_folders(prefix); }
  void put(const std::string& key, std::string_view bytes) override {
    mutate(Verb::put, key, [inner = inner_, key, content = std::string(bytes)] { inner->put(key, content); });
  }
  store::PutResult put_if_absent(const std::string& key, std::string_view bytes) override {
    auto result = std::make_shared<store::PutResult>(store::PutResult::exists);
    mutate(Verb::put_if_absent, key, [inner = inner_, key, content = std::string(bytes), result] {
      *result = inner->put_if_absent(key, content);
    });
    return *result;
  }
  std::unique_ptr<store::ObjectWriter> open_write(const std::string& key) override {
    ask(Verb::finish, key);
    return inner_->open_write(key);
  }
  void remove(const std::string& key) override {
    mutate(Verb::remove, key, [inner = inner_, key] { inner->remove(key); });
  }
  std::string uri() const override { return inner_->uri(); }

 private:
  Fate ask(Verb verb, const std::string& key) {
    const Fate fate = before ? before(verb, key) : Fate::normal;
    if (fate == Fate::fail) throw Error(ErrorCode::store_io, "injected failure at " + key);
    return fate;
  }
  void mutate(Verb verb, const std::string& key, const std::function<void()>& operation) {
    const Fate fate = ask(verb, key);
    if (fate == Fate::late) {
      late(operation);
    } else if (fate != Fate::exists) {
      operation();
      if (after) after(verb, key);
    }
    if (fate == Fate::late || fate == Fate::lose_answer) throw Error(ErrorCode::store_unknown, "no answer for " + key);
  }

  std::shared_ptr<store::ObjectStore> inner_;
};

}  // namespace weir::lake::publish
