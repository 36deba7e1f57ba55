#include "engine/duckdb/session_state.h"

#include "base/error.h"
#include "base/text.h"
#include "engine/duckdb/lake_table.h"
#include "store/object_store.h"
#include "store/remote_uri.h"

namespace weir::engine::duck {

using namespace duckdb;

namespace {
const char* const state_key = "weir";
}

duckdb::shared_ptr<CallbackState> CallbackState::find(ClientContext& context) {
  return context.registered_state->Get<CallbackState>(state_key);
}

void CallbackState::attach(ClientContext& context, duckdb::shared_ptr<CallbackState> state) {
  context.registered_state->Insert(state_key, std::move(state));
}

void CallbackState::OnTaskStart(ClientContext& context) {
  if (cancel.cancelled()) context.interrupted = true;
}

SessionState::SessionState(std::shared_ptr<lake::Lake> lake_in, std::shared_ptr<StoreRegistry> stores_in,
                           lake::ParquetIo& parquet_in, CancelToken cancel_in)
    : lake(std::move(lake_in)), stores(std::move(stores_in)), parquet(parquet_in) {
  cancel = std::move(cancel_in);
}

SessionState::~SessionState() {
  for (auto& [store, prefix] : prefixes_) stores->remove(store.get());
}

duckdb::shared_ptr<SessionState> SessionState::find(ClientContext& context) {
  auto state = CallbackState::find(context);
  if (!state || !dynamic_cast<SessionState*>(state.get())) return nullptr;
  return shared_ptr_cast<CallbackState, SessionState>(state);
}

SessionState& SessionState::of(ClientContext& context) {
  auto state = find(context);
  if (!state) throw duckdb::TransactionException("this connection has no lake");
  return *state;
}

std::string SessionState::url_prefix(const std::shared_ptr<store::ObjectStore>& store) {
  std::lock_guard lock(mutex_);
  auto& prefix = prefixes_[store];
  if (prefix.empty()) prefix = stores->add(store);
  return prefix;
}

std::string SessionState::url_anywhere(const std::string& path) {
  if (store::is_remote_uri(path)) return path;
  local_opened_.call([this] { local_ = store::open("/"); });
  return url_prefix(local_) + path.substr(1);
}

std::string SessionState::url_of(const TableState& table, const lake::Add& add) {
  auto path = lake::decoded_path(add);
  if (!lake::is_absolute_path(path)) return table.url + table.location.key(path);
  if (auto key = lake::key_inside(table.location.uri(), path)) return table.url + table.location.key(*key);
  if (table.files_anywhere) return url_anywhere(path);
  if (auto key = lake::key_inside(lake->uri(), path)) return url_prefix(lake->shared_store()) + *key;
  throw Error(ErrorCode::path_outside,
              "table " + table.name.text() + ": its log names the data file \"" + valid_utf8(path) +
                  "\", which lies outside of the lake " + lake->uri(),
              "weir opens data files inside the lake only; copy the table with the engine that made it");
}

}  // namespace weir::engine::duck
