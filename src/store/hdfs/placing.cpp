#include "store/hdfs/placing.h"

#include "base/ids.h"
#include "base/text.h"

namespace weir::store::hdfs {

namespace {

constexpr int most_rounds = 3;

std::string folder_path(const std::string& path) { return path.substr(0, path.rfind('/')); }

int64_t number_of(const std::optional<Json>& status) { return status ? status->get_int("fileId").value_or(0) : 0; }

// After a rename whose answer was lost. A copy of the request may still be under way, so the old name is taken away:
// then it can never succeed.
Placed resolve(Namenode& namenode, const std::string& from, const std::string& key, http::Outcome outcome) {
  const auto status = namenode.status(from, key);
  if (!status) return Placed::done;
  // Each sending of it must be known of: the second one would find nothing any more.
  const http::Outcome removal = namenode.send({"DELETE", "DELETE", from, {{"recursive", "false"}}, true, true});
  if (removal.settled() && removal.last.answer.successful()) {
    if (boolean_in(removal.last.answer).value_or(false)) return Placed::not_placed;
    // Gone between the two: the rename came just now, unless this removal was sent twice. The file's number tells.
    if (!removal.doubt_before) return Placed::done;
    if (const int64_t number = number_of(status); number > 0)
      return number_of(namenode.status(namenode.path(key), key)) == number ? Placed::done : Placed::not_placed;
  }
  outcome.doubt_before = true;
  namenode.fail("write", key, outcome, true);
}

void make_folder(Namenode& namenode, const std::string& path, const std::string& key) {
  namenode.ask({"PUT", "MKDIRS", path, {}, true}, "make the folder of", key);
}

}  // namespace

Placed place(Namenode& namenode, const std::string& from, const std::string& key, Place how) {
  Operation rename{"PUT", "RENAME", from, {{"destination", namenode.path(key)}}, false};
  rename.query.emplace_back("renameoptions", how == Place::replacing ? "OVERWRITE" : "NONE");
  const http::Outcome outcome = namenode.send(rename);
  if (!outcome.settled()) {
    if (outcome.doubtful()) return resolve(namenode, from, key, outcome);
    namenode.fail("write", key, outcome);
  }
  const http::Answer& answer = outcome.last.answer;
  if (answer.successful()) {
    // With options there is no answer but success; gateways (HttpFS) do not know them and answer whether it was done.
    if (boolean_in(answer).value_or(true)) return Placed::done;
    if (how == Place::if_absent) return Placed::exists;
    throw Error(ErrorCode::store_io,
                "cannot write " + namenode.uri(key) + ": this server does not replace files at once",
                "name a namenode, not a gateway (HttpFS)");
  }
  if (how == Place::if_absent && has_exception(outcome, "FileAlreadyExistsException")) return Placed::exists;
  namenode.fail("write", key, outcome, true);
}

Placed put_file(Namenode& namenode, const std::string& key, std::string_view bytes, Place how) {
  const std::string folder = folder_path(namenode.path(key));
  for (int round = 0; round < most_rounds; ++round) {
    const std::string file = namenode.write([&] { return folder + "/.tmp-" + uuid_v4(); }, bytes, key);
    Placed placed = Placed::not_placed;
    try {
      placed = place(namenode, file, key, how);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::store_unknown) namenode.discard(file, false);
      throw;
    }
    if (placed == Placed::exists) namenode.discard(file, false);
    if (placed != Placed::not_placed) return placed;
  }
  throw Error(ErrorCode::store_io, "cannot write " + namenode.uri(key) + ": no answer came, and it was not done, " +
                                       std::to_string(most_rounds) + " times");
}

void HdfsWriter::begin() { folder_ = namenode_.path(".tmp-" + uuid_v4()); }

void HdfsWriter::send_part(std::string_view bytes) {
  int tries = 0;
  const std::string number = std::to_string(parts_.size());
  parts_.push_back(
      namenode_.write([&] { return folder_ + "/" + number + "-" + std::to_string(tries++); }, bytes, key_));
}

// The namenode moves the blocks of the other parts to the first one, at once or not at all.
void HdfsWriter::join_parts() {
  const std::vector<std::string> others(parts_.begin() + 1, parts_.end());
  for (int round = 0; round < most_rounds; ++round) {
    const http::Outcome outcome =
        namenode_.send({"POST", "CONCAT", parts_.front(), {{"sources", join(others, ",")}}, false});
    const bool doubtful = !outcome.settled() && outcome.doubtful();
    if (outcome.settled() ? !outcome.last.answer.successful() && outcome.last.answer.status != 404 : !doubtful)
      namenode_.fail("write", key_, outcome);
    const auto whole = namenode_.status(parts_.front(), key_);
    if (whole && whole->get_int("length") == static_cast<int64_t>(size())) return;
  }
  throw Error(ErrorCode::store_io, "cannot write " + namenode_.uri(key_) + ": its parts could not be joined");
}

void HdfsWriter::complete(std::string_view rest) {
  send_part(rest);
  join_parts();
  make_folder(namenode_, folder_path(namenode_.path(key_)), key_);
  if (place(namenode_, parts_.front(), key_, Place::replacing) == Placed::not_placed)
    throw Error(ErrorCode::store_io, "cannot write " + namenode_.uri(key_) + ": no answer came, and it was not done");
  discard();
}

}  // namespace weir::store::hdfs
