// What earlier readings of a project made of its files, so that only what changed is parsed again ("partial parsing").
//
// An entry belongs to a piece of the project (a model file, the tests of a properties file) and to a key: the hash of
// all that the piece was made of. Another key is another entry; nothing is ever updated. What all pieces depend on
// (this build of weir, target, variables, macros, dbt_project.yml) is the cache's own key: another one and it starts
// anew. A file that is missing, damaged, torn or of another build is an empty cache.
//
// File: a line that says what it is, with the cache's key; then entries, each with its length and CRC-32. It is written
// as a whole and put in place at once, so that of two readings at the same time one leaves its own.
#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace weir::project {

class ParseCache {
 public:
  // Reads the file. Cheap where there is none. In any thread: what it holds is asked for after begin().
  explicit ParseCache(std::string path);
  ParseCache(const ParseCache&) = delete;
  ParseCache& operator=(const ParseCache&) = delete;

  // Once: entries of a file with another key are none. False: this is such a file, or there is none.
  bool begin(const std::string& key);
  bool was_there() const { return !content_.empty(); }

  // The bytes of an entry whose key is this one; empty if there is none. Valid as long as the cache. Any thread.
  std::string_view find(const std::string& piece, const std::string& key);
  void put(const std::string& piece, const std::string& key, const std::string& bytes);  // any thread
  void forget_all();                                                                     // as if there had been no file

  // Writes what was found or put, if anything was put. A place that cannot be written is no error: the next reading is
  // a whole one. In any thread, when nothing is found or put any more.
  void save();

 private:
  struct Entry {
    std::string_view key, bytes, record;
    bool used = false;
  };
  bool take_record(std::string_view& left);
  std::string path_, header_, content_;                  // header_: the line that this reading's file begins with
  std::unordered_map<std::string_view, Entry> entries_;  // by piece; views into content_
  std::mutex mutex_;                                     // of what follows, and of Entry::used
  std::string added_;
};

}  // namespace weir::project
