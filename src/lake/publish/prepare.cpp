#include "lake/publish/prepare.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/failpoint.h"
#include "base/hash.h"
#include "lake/action_json.h"
#include "lake/publish/retry.h"

namespace weir::lake::publish {

namespace {

constexpr size_t max_inline_actions_bytes = 1'000'000;

int64_t first_free_number(const TableLocation& anchor, const Manifest& plan) {
  const int64_t parent_n = plan.parent ? plan.parent->n : 0;
  const auto above = list_manifest_infos(anchor, plan.asset, parent_n);
  return std::max(parent_n, above.empty() ? 0 : above.back().n) + 1;
}

Sent send(store::ObjectStore& store, const std::string& key, const std::string& bytes) {
  if (answer_at("prepare.late", Sent::done) == Sent::unknown) return Sent::unknown;
  store::PutResult result{};
  try {
    result = store.put_if_absent(key, bytes);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::store_unknown) throw;
    return Sent::unknown;
  }
  return result == store::PutResult::exists ? Sent::exists : answer_at("prepare.landed_no_answer", Sent::done);
}

// done = the key holds our bytes; exists = it holds another's.
Sent send_until_known(store::ObjectStore& store, const std::string& key, const std::string& bytes,
                      store::Clock& clock) {
  for (int sends = 0; sends < max_sends; ++sends) {
    failpoint("prepare.before");
    const Sent sent = send(store, key, bytes);
    if (sent == Sent::done) return sent;
    if (sent == Sent::exists) return store.read(key) == bytes ? Sent::done : Sent::exists;
    clock.sleep_for(pause_before_resend_ms(sends));
  }
  no_answer(key);
}

std::string actions_bytes(const Manifest& manifest) {
  Json tables = Json::array();
  for (const ManifestTable& table : manifest.tables) {
    Json actions = Json::array();
    for (const Action& action : table.actions) actions.push_back(to_json(action));
    tables.push_back(std::move(actions));
  }
  return Json::object().set("format", 1).set("n", manifest.n).set("tables", std::move(tables)).dump() + "\n";
}

// False if a file of another attempt is in the place: the number is then left alone.
bool put_actions_beside(const TableLocation& anchor, Manifest& manifest, store::Clock& clock) {
  const std::string bytes = actions_bytes(manifest);
  if (bytes.size() <= max_inline_actions_bytes) return true;
  const ActionsFile beside{fmt::format("{:020}.actions.json", manifest.n), sha256_hex(bytes)};
  const std::string key = manifest_folder(anchor, manifest.asset) + beside.file;
  if (send_until_known(*anchor.store, key, bytes, clock) == Sent::exists) return false;
  manifest.actions_file = beside;
  return true;
}

void write_notes(const TableLocation& anchor, const Manifest& manifest, const std::vector<TableLocation>& members) {
  for (const TableLocation& member : members)
    write_anchor_note(member, manifest.asset, {anchor.uri(), manifest.owner}, manifest.kind == Kind::adopt);
}

// Tries number plan.n; nullopt if another attempt has it.
std::optional<Prepared> take(const TableLocation& anchor, Manifest manifest, const AtNumber& at_number,
                             store::Clock& clock) {
  if (at_number) at_number(manifest);
  const int64_t before_ms = clock.now_ms();
  manifest.actions_file.reset();
  if (!put_actions_beside(anchor, manifest, clock)) return std::nullopt;
  const std::string bytes = manifest.to_bytes();
  manifest.sha256 = sha256_hex(bytes);
  const std::string key = manifest_key(anchor, manifest.asset, manifest.n);
  if (send_until_known(*anchor.store, key, bytes, clock) == Sent::exists) return std::nullopt;
  const auto object = anchor.store->head(key);
  failpoint("prepare.done");
  return Prepared{std::move(manifest), StoreClock(clock, before_ms, object ? object->modified_ms : before_ms)};
}

}  // namespace

Prepared prepare(const TableLocation& anchor, const std::vector<TableLocation>& members, Manifest plan,
                 const AtNumber& at_number, store::Clock& clock) {
  for (plan.n = first_free_number(anchor, plan);; ++plan.n)
    if (auto prepared = take(anchor, plan, at_number, clock)) {
      write_notes(anchor, prepared->manifest, members);
      return std::move(*prepared);
    }
}

}  // namespace weir::lake::publish
