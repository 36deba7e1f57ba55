#include "store/hdfs/hdfs_store.h"

#include <algorithm>

#include "base/parallel.h"
#include "base/text.h"
#include "store/hdfs/listing.h"
#include "store/hdfs/placing.h"
#include "store/remote/reader.h"

namespace weir::store::hdfs {

namespace {

constexpr int removals_at_once = 16;

Operation open_at(const std::string& path, uint64_t offset, uint64_t length) {
  return {"GET",
          "OPEN",
          path,
          {{"offset", std::to_string(offset)}, {"length", std::to_string(std::min<uint64_t>(length, INT64_MAX))}},
          true};
}

// Of a range that may lie beyond the end, which the namenode refuses.
http::Answer read_at(Namenode& namenode, const std::string& key, uint64_t offset, char* into, uint64_t length) {
  const auto status = namenode.status(namenode.path(key), key);
  if (!status || is_folder(*status))
    throw Error(ErrorCode::store_not_found, "cannot read " + namenode.uri(key) + ": there is no such file");
  const uint64_t size = object_of(*status, key).size;
  if (offset >= size || length == 0) return {};
  length = std::min(length, size - offset);
  http::Outcome outcome = namenode.read(open_at(namenode.path(key), offset, length), key, into, length);
  if (!outcome.settled() || !outcome.last.answer.successful()) namenode.fail("read", key, outcome);
  return std::move(outcome.last.answer);
}

size_t remove_below(Namenode& namenode, const std::string& folder, const std::string& prefix,
                    const std::function<bool(std::string_view)>& wanted) {
  size_t removed = 0;
  for (const std::string& below : list_folder(namenode, folder).folders) {
    if (!below.starts_with(prefix) || !wanted(std::string_view(below).substr(prefix.size()))) continue;
    removed += remove_below(namenode, below, prefix, wanted);
    const http::Outcome outcome =
        namenode.send({"DELETE", "DELETE", namenode.path(below), {{"recursive", "false"}}, true});
    if (has_exception(outcome, "PathIsNotEmptyDirectoryException")) continue;
    if (!outcome.settled() || !outcome.last.answer.successful()) namenode.fail("remove the folder", below, outcome);
    if (boolean_in(outcome.last.answer).value_or(false)) ++removed;
  }
  return removed;
}

}  // namespace

std::string HdfsStore::read(const std::string& key) {
  check_key(key);
  http::Outcome outcome = namenode_->read({"GET", "OPEN", namenode_->path(key), {}, true}, key, nullptr, 0);
  if (!outcome.settled() || !outcome.last.answer.successful()) namenode_->fail("read", key, outcome);
  return std::move(outcome.last.answer.body);
}

std::string HdfsStore::read(const std::string& key, uint64_t offset, uint64_t length) {
  check_key(key);
  return read_at(*namenode_, key, offset, nullptr, length).body;
}

uint64_t HdfsStore::read_into(const std::string& key, uint64_t offset, char* out, uint64_t length) {
  check_key(key);
  return read_at(*namenode_, key, offset, out, length).body_bytes;
}

std::unique_ptr<ObjectReader> HdfsStore::open_read(const std::string& key) {
  check_key(key);
  const auto status = namenode_->status(namenode_->path(key), key);
  if (!status || is_folder(*status))
    throw Error(ErrorCode::store_not_found, "cannot read " + namenode_->uri(key) + ": there is no such file");
  remote::OpenedObject opened;
  opened.info = object_of(*status, key);
  // By its number, a file is the same one whatever is put in its place.
  const int64_t number = status->get_int("fileId").value_or(0);
  const std::string path = number > 0 ? "/.reserved/.inodes/" + std::to_string(number) : namenode_->path(key);
  const auto read = [namenode = namenode_.get(), path, key](uint64_t offset, char* out, uint64_t length) {
    const http::Outcome outcome = namenode->read(open_at(path, offset, length), key, out, length);
    if (!outcome.settled() || !outcome.last.answer.successful()) namenode->fail("read", key, outcome);
    return outcome.last.answer.body_bytes;
  };
  const Config& config = namenode_->config();
  const uint64_t size = opened.info.size, tail = std::min(size, config.tail_bytes);
  opened.last = {size - tail, std::string(tail, '\0')};
  if (tail > 0 && read(size - tail, opened.last.bytes.data(), tail) != tail)
    throw Error(ErrorCode::store_io, namenode_->uri(key) + " is shorter than the namenode says");
  return std::make_unique<remote::RemoteReader>(std::move(opened), read, config.read_ahead_bytes, namenode_->uri(key));
}

std::optional<ObjectInfo> HdfsStore::head(const std::string& key) {
  check_key(key);
  const auto status = namenode_->status(namenode_->path(key), key);
  return status && !is_folder(*status) ? std::optional(object_of(*status, key)) : std::nullopt;
}

void HdfsStore::list_from(const std::string& prefix, const std::string& start_after,
                          const std::function<bool(const ObjectInfo&)>& visit) {
  check_prefix(prefix);
  remote::walk_levels([this](const std::string& folder) { return list_folder(*namenode_, folder); }, prefix,
                      start_after, visit);
}

std::vector<std::string> HdfsStore::list_folders(const std::string& prefix) {
  check_prefix(prefix);
  const size_t slash = prefix.rfind('/');
  std::vector<std::string> names;
  for (const std::string& folder :
       list_folder(*namenode_, slash == std::string::npos ? "" : prefix.substr(0, slash)).folders)
    names.push_back(folder.substr(prefix.size()));
  std::sort(names.begin(), names.end());
  return names;
}

void HdfsStore::put(const std::string& key, std::string_view bytes) {
  check_key(key);
  put_file(*namenode_, key, bytes, Place::replacing);
}

PutResult HdfsStore::put_if_absent(const std::string& key, std::string_view bytes) {
  check_key(key);
  return put_file(*namenode_, key, bytes, Place::if_absent) == Placed::done ? PutResult::done : PutResult::exists;
}

std::unique_ptr<ObjectWriter> HdfsStore::open_write(const std::string& key) {
  check_key(key);
  return std::make_unique<HdfsWriter>(*namenode_, key);
}

void HdfsStore::remove(const std::string& key) {
  check_key(key);
  const http::Outcome outcome =
      namenode_->send({"DELETE", "DELETE", namenode_->path(key), {{"recursive", "false"}}, true});
  const bool gone = outcome.settled() && (outcome.last.answer.successful() || outcome.last.answer.status == 404 ||
                                          has_exception(outcome, "PathIsNotEmptyDirectoryException") ||
                                          has_exception(outcome, "ParentNotDirectoryException"));
  if (!gone) namenode_->fail("remove", key, outcome);
}

void HdfsStore::remove_all(const std::vector<std::string>& keys) {
  for (const auto& key : keys) check_key(key);
  parallel_for(keys.size(), removals_at_once, [&](size_t i) { remove(keys[i]); });
}

size_t HdfsStore::remove_empty_folders(const std::string& prefix, const std::function<bool(std::string_view)>& wanted) {
  check_prefix(prefix);
  const size_t slash = prefix.rfind('/');
  return remove_below(*namenode_, slash == std::string::npos ? "" : prefix.substr(0, slash), prefix, wanted);
}

std::unique_ptr<ObjectStore> open_hdfs(const std::string& uri, const Environment& environment, Clock& clock) {
  Config config = configure(uri, environment);
  auto http = std::make_shared<http::Client>(std::make_unique<http::CurlTransport>(config.curl), clock,
                                             http::system_random(), config.retry);
  return std::make_unique<HdfsStore>(std::make_unique<Namenode>(std::move(config), std::move(http), clock));
}

}  // namespace weir::store::hdfs
