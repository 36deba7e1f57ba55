#include "engine/duckdb/object_fs.h"

#include <duckdb/common/file_opener.hpp>

#include "base/failpoint.h"
#include "base/text.h"
#include "engine/duckdb/errors.h"
#include "engine/duckdb/session_state.h"
#include "store/cancel_scope.h"
#include "store/remote_uri.h"

namespace weir::engine::duck {

using namespace duckdb;

namespace {
constexpr std::string_view scheme = "weir-lake://";
}

std::string StoreRegistry::add(std::shared_ptr<store::ObjectStore> store) {
  std::lock_guard lock(mutex_);
  auto [known, fresh] = ids_.try_emplace(store.get(), next_id_);
  if (fresh) ++next_id_;
  auto& entry = stores_[known->second];
  if (!entry.store) entry.store = std::move(store);
  ++entry.uses;
  return std::string(scheme) + std::to_string(known->second) + "/";
}

void StoreRegistry::remove(const store::ObjectStore* store) {
  std::lock_guard lock(mutex_);
  auto id = ids_.find(store);
  if (id == ids_.end()) return;
  auto entry = stores_.find(id->second);
  if (--entry->second.uses > 0) return;
  stores_.erase(entry);
  ids_.erase(id);
}

std::pair<std::shared_ptr<store::ObjectStore>, std::string> StoreRegistry::resolve_remote(const std::string& uri) {
  const size_t slash = uri.find('/', uri.find("://") + 3);
  if (slash == std::string::npos || slash + 1 == uri.size())
    throw Error(ErrorCode::store_scheme, uri + " names no file in its store");
  const std::string root = uri.substr(0, slash);
  const std::lock_guard lock(mutex_);
  auto& store = remote_[root];
  if (!store) store = store::open(root);
  return {store, uri.substr(slash + 1)};
}

std::pair<std::shared_ptr<store::ObjectStore>, std::string> StoreRegistry::resolve(const std::string& url) {
  if (store::is_remote_uri(url)) return resolve_remote(url);
  require(url.rfind(scheme, 0) == 0, "a lake URL starts with weir-lake://");
  auto rest = url.substr(scheme.size());
  auto slash = rest.find('/');
  auto id = parse_int(rest.substr(0, slash));
  require(id && slash != std::string::npos, "a lake URL names a store");
  std::lock_guard lock(mutex_);
  auto entry = stores_.find(static_cast<uint64_t>(*id));
  require(entry != stores_.end(), "the store of a lake URL is registered");
  return {entry->second.store, rest.substr(slash + 1)};
}

StoreUse::StoreUse(StoreRegistry& registry, std::shared_ptr<store::ObjectStore> store)
    : registry_(registry), store_(store.get()), prefix_(registry.add(std::move(store))) {}

StoreUse::StoreUse(StoreRegistry& registry, store::ObjectStore& borrowed)
    : StoreUse(registry, std::shared_ptr<store::ObjectStore>(&borrowed, [](store::ObjectStore*) {})) {}

StoreUse::~StoreUse() { registry_.remove(store_); }

namespace {

struct ObjectHandle final : FileHandle {
  ObjectHandle(FileSystem& fs, const string& path, FileOpenFlags flags, duckdb::shared_ptr<CallbackState> session)
      : FileHandle(fs, path, flags), session(std::move(session)) {}
  // A file that was not closed was not finished: the writer's destructor leaves nothing behind.
  void Close() override {
    if (!writer) return;
    across(park(), [&] {
      auto finished = std::move(writer);
      if (session) failpoint("stage.file");  // written, not yet in its place
      finished->finish();
      size = finished->size();
    });
  }
  ErrorPark* park() { return session ? &session->errors : nullptr; }

  duckdb::shared_ptr<CallbackState> session;  // nullptr for connections of our own
  std::shared_ptr<store::ObjectStore> store;
  std::string key;
  uint64_t size = 0, position = 0;
  int64_t modified_ms = 0;
  std::string etag;
  std::unique_ptr<store::ObjectReader>
      reader;  // of remote stores: reads ahead, and brings the footer when it is opened
  std::unique_ptr<store::ObjectWriter> writer;

  std::function<bool()> wish() const {
    if (!session) return {};
    return [state = session.get()] { return state->cancel.cancelled() || state->stopped; };
  }

  void open_for_reading() {
    const store::CancelScope scope(wish());
    std::optional<store::ObjectInfo> info;
    if (store->is_remote()) {
      reader = store->open_read(key);
      info = reader->info();
    } else if (info = store->head(key); !info) {
      throw Error(ErrorCode::store_not_found, "no object " + key + " in " + store->uri());
    }
    size = info->size;
    modified_ms = info->modified_ms;
    etag = info->etag;
  }
  uint64_t read_into(uint64_t offset, void* out, int64_t bytes) {
    const store::CancelScope scope(wish());
    auto* to = static_cast<char*>(out);
    auto length = static_cast<uint64_t>(bytes);
    return reader ? reader->read_into(offset, to, length) : store->read_into(key, offset, to, length);
  }
};

ObjectHandle& object(FileHandle& handle) { return handle.Cast<ObjectHandle>(); }

class ObjectFileSystem final : public FileSystem {
 public:
  explicit ObjectFileSystem(std::shared_ptr<StoreRegistry> registry) : registry_(std::move(registry)) {}

  std::string GetName() const override { return "WeirObjectStore"; }
  bool CanHandleFile(const string& path) override { return path.rfind(scheme, 0) == 0 || store::is_remote_uri(path); }
  bool CanSeek() override { return true; }
  // Of what is not on a disk, DuckDB reads whole column chunks at once instead of page by page.
  bool OnDiskFile(FileHandle& handle) override { return !object(handle).store->is_remote(); }
  FileType GetFileType(FileHandle&) override { return FileType::FILE_TYPE_REGULAR; }
  string PathSeparator(const string&) override { return "/"; }

  duckdb::unique_ptr<FileHandle> OpenFile(const string& path, FileOpenFlags flags,
                                          optional_ptr<FileOpener> opener) override {
    auto handle = make_uniq<ObjectHandle>(*this, path, flags, session_of(opener));
    across(handle->park(), [&] {
      std::tie(handle->store, handle->key) = registry_->resolve(path);
      if (flags.OpenForWriting()) {
        if (store::is_remote_uri(path))
          throw Error(ErrorCode::sql_unsupported, path + " cannot be written to by SQL: only lakes are",
                      "write to a local file, or to a table of the lake");
        handle->writer = handle->store->open_write(handle->key);
      } else {
        handle->open_for_reading();
        check_unchanged(*handle, path, opener);
      }
    });
    return handle;
  }

  void Read(FileHandle& handle, void* buffer, int64_t bytes, idx_t location) override {
    auto& file = object(handle);
    auto got = across(file.park(), [&] {
      if (file.session) file.session->cancel.check();
      return file.read_into(location, buffer, bytes);
    });
    if (got != static_cast<uint64_t>(bytes))
      throw IOException("%s ends at byte %llu, %lld more were expected", file.key, location + got,
                        bytes - static_cast<int64_t>(got));
  }
  int64_t Read(FileHandle& handle, void* buffer, int64_t bytes) override {
    auto& file = object(handle);
    auto got = across(file.park(), [&] { return file.read_into(file.position, buffer, bytes); });
    file.position += got;
    return static_cast<int64_t>(got);
  }
  int64_t Write(FileHandle& handle, void* buffer, int64_t bytes) override {
    auto& file = object(handle);
    across(file.park(), [&] {
      require(file.writer != nullptr, "a file is written before it is closed");
      file.writer->append({static_cast<const char*>(buffer), static_cast<size_t>(bytes)});
    });
    file.position += static_cast<uint64_t>(bytes);
    return bytes;
  }
  void Write(FileHandle& handle, void* buffer, int64_t bytes, idx_t location) override {
    if (location != object(handle).position) throw NotImplementedException("objects are written in order");
    Write(handle, buffer, bytes);
  }

  int64_t GetFileSize(FileHandle& handle) override {
    auto& file = object(handle);
    return static_cast<int64_t>(file.writer ? file.writer->size() : file.size);
  }
  timestamp_t GetLastModifiedTime(FileHandle& handle) override {
    return Timestamp::FromEpochMs(object(handle).modified_ms);
  }
  string GetVersionTag(FileHandle& handle) override { return object(handle).etag; }
  void Seek(FileHandle& handle, idx_t location) override { object(handle).position = location; }
  void Reset(FileHandle& handle) override { object(handle).position = 0; }
  idx_t SeekPosition(FileHandle& handle) override { return object(handle).position; }
  void FileSync(FileHandle&) override {}  // durable when closed

  bool FileExists(const string& path, optional_ptr<FileOpener> opener) override {
    auto session = session_of(opener);
    return across(session ? &session->errors : nullptr, [&] {
      auto [store, key] = registry_->resolve(path);
      return store->head(key).has_value();
    });
  }
  bool DirectoryExists(const string&, optional_ptr<FileOpener>) override { return true; }
  void CreateDirectory(const string&, optional_ptr<FileOpener>) override {}
  // Of a remote store the keys that match ("**" crosses folders), in their order; names in a lake are literal.
  duckdb::vector<OpenFileInfo> Glob(const string& path, FileOpener* opener) override {
    if (!store::is_remote_uri(path)) return {OpenFileInfo(path)};
    const size_t wildcard = path.find_first_of("*?[", path.find('/', path.find("://") + 3));
    if (wildcard == string::npos) return {OpenFileInfo(path)};
    auto session = session_of(opener);
    duckdb::vector<OpenFileInfo> found;
    across(session ? &session->errors : nullptr, [&] {
      const auto place = registry_->resolve(path);
      const string& pattern = place.second;
      const string root = path.substr(0, path.size() - pattern.size());
      const size_t slash = pattern.rfind('/', wildcard - root.size());
      const std::function<bool()> wished = [&] { return session && (session->cancel.cancelled() || session->stopped); };
      const store::CancelScope scope(wished);
      place.first->list_from(slash == string::npos ? "" : pattern.substr(0, slash + 1), "", [&](const auto& info) {
        if (!glob_match(pattern, info.key, true)) return true;
        auto& file = found.emplace_back(root + info.key);
        file.extended_info = make_shared_ptr<ExtendedOpenFileInfo>();
        file.extended_info->options[listed_bytes] = Value::UBIGINT(info.size);
        file.extended_info->options[listed_etag] = Value(info.etag);
        return true;
      });
    });
    return found;
  }

 private:
  // A file of a registered scan must be what was listed, each time it is opened: its parts are read by several handles.
  static void check_unchanged(const ObjectHandle& file, const string& path, optional_ptr<FileOpener> opener) {
    if (!store::is_remote_uri(path)) return;
    auto context = FileOpener::TryGetClientContext(opener);
    const auto session = context ? SessionState::find(*context) : nullptr;
    if (!session) return;
    for (const auto& [scan, files] : session->scan_files) {
      const auto known = files.find(path);
      if (known == files.end() || known->second.etag.empty() || known->second.etag == file.etag) continue;
      throw Error(ErrorCode::file_changed_while_read, known->second.label + " changed while it was read");
    }
  }
  static duckdb::shared_ptr<CallbackState> session_of(optional_ptr<FileOpener> opener) {
    auto context = FileOpener::TryGetClientContext(opener);
    return context ? CallbackState::find(*context) : nullptr;
  }
  std::shared_ptr<StoreRegistry> registry_;
};

}  // namespace

duckdb::unique_ptr<FileSystem> make_object_file_system(std::shared_ptr<StoreRegistry> registry) {
  return make_uniq<ObjectFileSystem>(std::move(registry));
}

}  // namespace weir::engine::duck
