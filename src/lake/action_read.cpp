// Reading of actions (declared in action_json.h).
#include <fmt/format.h>

#include <array>
#include <functional>
#include <limits>
#include <unordered_set>

#include "base/error.h"
#include "base/text.h"
#include "lake/action_json.h"

namespace weir::lake {

namespace {

[[noreturn]] void fail(const std::string& place, const std::string& problem) {
  throw Error(ErrorCode::bad_log, fmt::format("{}: {}", place, problem));
}

// Typed access to the members of one action; null counts as absent.
class Members {
 public:
  Members(const Json& object, std::string name, const std::string& place)
      : object_(object), name_(std::move(name)), place_(place) {
    if (!object.is_object()) fail(place_, fmt::format("{} must be an object, not {}", name_, object.kind()));
  }

  std::string text(std::string_view key) const { return required(key, optional_text(key)); }
  int64_t integer(std::string_view key) const { return required(key, optional_integer(key)); }
  bool flag(std::string_view key) const { return required(key, optional_flag(key)); }
  std::optional<std::string> optional_text(std::string_view key) const {
    return typed(key, "a string", &Json::is_string, [](const Json& v) { return v.as_string(); });
  }
  std::optional<bool> optional_flag(std::string_view key) const {
    return typed(key, "true or false", &Json::is_bool, [](const Json& v) { return v.as_bool(); });
  }
  std::optional<int64_t> optional_integer(std::string_view key) const {
    return typed(key, "an integer", &Json::is_int, [](const Json& v) { return v.as_int(); });
  }
  int version(std::string_view key) const {
    int64_t value = integer(key);
    if (value < 0 || value > std::numeric_limits<int>::max()) wrong(key, "a version number");
    return static_cast<int>(value);
  }
  std::optional<std::vector<std::string>> optional_texts(std::string_view key) const {
    const Json* value = find(key);
    if (!value) return std::nullopt;
    if (!value->is_array()) wrong(key, "an array of strings");
    std::vector<std::string> texts;
    for (const auto& item : value->as_array()) {
      if (!item.is_string()) wrong(key, "an array of strings");
      texts.push_back(item.as_string());
    }
    return texts;
  }
  std::optional<std::map<std::string, std::string>> optional_map(std::string_view key) const {
    const Json* value = find(key);
    if (!value) return std::nullopt;
    if (!value->is_object()) wrong(key, "an object of strings");
    std::map<std::string, std::string> map;
    for (const auto& [name, item] : value->as_object()) {
      if (item.is_null()) continue;
      if (!item.is_string()) wrong(key, "an object of strings");
      map.emplace(name, item.as_string());
    }
    return map;
  }
  std::optional<PartitionValues> optional_partition_values() const {
    const Json* value = find("partitionValues");
    if (!value) return std::nullopt;
    if (!value->is_object()) wrong("partitionValues", "an object of strings");
    PartitionValues values;
    for (const auto& [name, item] : value->as_object()) {
      if (!item.is_null() && !item.is_string()) wrong("partitionValues", "an object of strings");
      bool null = item.is_null() || item.as_string().empty();
      values.emplace(name, null ? std::nullopt : std::optional(item.as_string()));
    }
    return values;
  }
  PartitionValues partition_values() const { return required("partitionValues", optional_partition_values()); }
  std::optional<Members> optional_object(std::string_view key) const {
    const Json* value = find(key);
    if (!value) return std::nullopt;
    return Members(*value, fmt::format("{}.{}", name_, key), place_);
  }

  // A size, count or offset: not negative.
  int64_t amount(std::string_view key) const {
    int64_t value = integer(key);
    if (value < 0) wrong(key, "zero or more");
    return value;
  }
  const Json& object() const { return object_; }
  std::string path() const {
    std::string path = text("path");
    if (path.empty()) wrong("path", "a path");
    return path;
  }

 private:
  const Json* find(std::string_view key) const {
    const Json* found = object_.find(key);
    return found && !found->is_null() ? found : nullptr;
  }
  [[noreturn]] void wrong(std::string_view key, std::string_view wanted) const {
    fail(place_, fmt::format("{}.{} must be {}", name_, key, wanted));
  }
  template <typename T>
  T required(std::string_view key, std::optional<T> value) const {
    if (!value) fail(place_, fmt::format("{} has no \"{}\"", name_, key));
    return std::move(*value);
  }
  template <typename Read>
  auto typed(std::string_view key, std::string_view wanted, bool (Json::*is)() const, Read read) const
      -> std::optional<std::decay_t<std::invoke_result_t<Read, const Json&>>> {
    const Json* value = find(key);
    if (!value) return std::nullopt;
    if (!(value->*is)()) wrong(key, wanted);
    return read(*value);
  }

  const Json& object_;
  std::string name_;
  const std::string& place_;
};

std::optional<DeletionVector> read_deletion_vector(const Members& file) {
  auto members = file.optional_object("deletionVector");
  if (!members) return std::nullopt;
  DeletionVector vector;
  vector.storage_type = members->text("storageType");
  vector.path_or_inline_dv = members->text("pathOrInlineDv");
  vector.offset = members->optional_integer("offset");
  vector.size_bytes = members->amount("sizeInBytes");
  vector.cardinality = members->amount("cardinality");
  return vector;
}

Action read_add(const Members& members) {
  Add add;
  add.path = members.path();
  add.partition_values = members.partition_values();
  add.size_bytes = members.amount("size");
  add.modification_time_ms = members.integer("modificationTime");
  add.data_change = members.flag("dataChange");
  add.stats = members.optional_text("stats");
  add.tags = members.optional_map("tags");
  add.deletion_vector = read_deletion_vector(members);
  add.base_row_id = members.optional_integer("baseRowId");
  add.default_row_commit_version = members.optional_integer("defaultRowCommitVersion");
  add.clustering_provider = members.optional_text("clusteringProvider");
  return add;
}

Action read_remove(const Members& members) {
  Remove remove;
  remove.path = members.path();
  remove.deletion_timestamp_ms = members.optional_integer("deletionTimestamp");
  remove.data_change = members.flag("dataChange");
  remove.extended_file_metadata = members.optional_flag("extendedFileMetadata").value_or(false);
  remove.partition_values = members.optional_partition_values();
  remove.size_bytes = members.optional_integer("size");
  remove.stats = members.optional_text("stats");
  remove.tags = members.optional_map("tags");
  remove.deletion_vector = read_deletion_vector(members);
  remove.base_row_id = members.optional_integer("baseRowId");
  remove.default_row_commit_version = members.optional_integer("defaultRowCommitVersion");
  return remove;
}

Action read_metadata(const Members& members) {
  Metadata metadata;
  metadata.id = members.text("id");
  metadata.name = members.optional_text("name");
  metadata.description = members.optional_text("description");
  if (auto format = members.optional_object("format")) {
    metadata.format_provider = format->text("provider");
    metadata.format_options = format->optional_map("options").value_or(std::map<std::string, std::string>());
  }
  metadata.schema_string = members.optional_text("schemaString").value_or("");
  metadata.partition_columns = members.optional_texts("partitionColumns").value_or(std::vector<std::string>());
  metadata.configuration = members.optional_map("configuration").value_or(std::map<std::string, std::string>());
  metadata.created_time_ms = members.optional_integer("createdTime");
  metadata.read_schema();
  return metadata;
}

Action read_protocol(const Members& members) {
  Protocol protocol;
  protocol.min_reader_version = members.version("minReaderVersion");
  protocol.min_writer_version = members.version("minWriterVersion");
  protocol.reader_features = members.optional_texts("readerFeatures");
  protocol.writer_features = members.optional_texts("writerFeatures");
  return protocol;
}

Action read_txn(const Members& members) {
  return Txn{members.text("appId"), members.integer("version"), members.optional_integer("lastUpdated")};
}

Action read_domain(const Members& members) {
  return DomainMetadata{members.text("domain"), members.text("configuration"), members.flag("removed")};
}

Action read_cdc(const Members& members) {
  Cdc cdc;
  cdc.path = members.path();
  cdc.partition_values = members.partition_values();
  cdc.size_bytes = members.amount("size");
  return cdc;
}

Action read_commit_info(const Members& members) { return CommitInfo{members.object()}; }

struct Reader {
  std::string_view name;
  Action (*read)(const Members&);
};
constexpr std::array<Reader, 8> readers = {{{"commitInfo", read_commit_info},
                                            {"add", read_add},
                                            {"remove", read_remove},
                                            {"metaData", read_metadata},
                                            {"protocol", read_protocol},
                                            {"txn", read_txn},
                                            {"domainMetadata", read_domain},
                                            {"cdc", read_cdc}}};

const Reader* find_reader(std::string_view name) {
  for (const auto& reader : readers)
    if (reader.name == name) return &reader;
  return nullptr;
}

// nullopt: an action that this version of the protocol does not know, to be ignored.
std::optional<Action> read_line(const Json& line, const std::string& place) {
  if (!line.is_object()) fail(place, fmt::format("an action must be an object, not {}", line.kind()));
  const Json::Member* action = nullptr;
  for (const auto& member : line.as_object()) {
    if (member.second.is_null() || !find_reader(member.first)) continue;
    if (action) fail(place, fmt::format("two actions in one line, {} and {}", action->first, member.first));
    action = &member;
  }
  if (!action) return std::nullopt;
  return find_reader(action->first)->read(Members(action->second, action->first, place));
}

// A commit must not hold two actions that reconcile with each other (Delta protocol, "Delta Log Entries").
class Reconciliation {
 public:
  void check(const Action& action, const std::string& place) {
    if (std::holds_alternative<Protocol>(action)) once("protocol", place);
    if (std::holds_alternative<Metadata>(action)) once("metaData", place);
    if (const auto* txn = std::get_if<Txn>(&action)) once("txn of " + txn->app_id, place);
    if (const auto* domain = std::get_if<DomainMetadata>(&action)) once("domainMetadata of " + domain->domain, place);
    if (const auto* add = std::get_if<Add>(&action)) {
      once("add of " + logical_path(add->path), place);
      file(file_key(add->path, add->deletion_vector), place);
    }
    if (const auto* remove = std::get_if<Remove>(&action)) {
      once("remove of " + logical_path(remove->path), place);
      file(file_key(remove->path, remove->deletion_vector), place);
    }
  }

 private:
  void once(std::string what, const std::string& place) {
    if (auto [seen, fresh] = seen_.insert(std::move(what)); !fresh)
      fail(place, fmt::format("a second {} in one commit", valid_utf8(*seen)));
  }
  void file(std::string key, const std::string& place) {
    if (auto [seen, fresh] = files_.insert(std::move(key)); !fresh)
      fail(place, fmt::format("{} is added and removed in one commit", valid_utf8(*seen)));
  }
  std::unordered_set<std::string> seen_, files_;
};

Json parse_line(std::string_view text, const std::string& place) {
  try {
    return Json::parse(text);
  } catch (const Error& error) {
    fail(place, error.message());
  }
}

void each_line(std::string_view text, const std::string& file,
               const std::function<void(const Json& line, const std::string& place)>& read) {
  int number = 0;
  while (!text.empty()) {
    size_t end = text.find('\n');
    std::string_view line = trim(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    ++number;
    if (line.empty()) continue;
    std::string place = fmt::format("{}:{}", file, number);
    read(parse_line(line, place), place);
  }
}

}  // namespace

Action action_from_json(const Json& line, const std::string& place) {
  auto action = read_line(line, place);
  if (!action) fail(place, "no action that weir knows");
  return std::move(*action);
}

std::vector<Action> parse_commit(std::string_view text, const std::string& file) {
  std::vector<Action> actions;
  Reconciliation seen;
  each_line(text, file, [&](const Json& line, const std::string& place) {
    auto action = read_line(line, place);
    if (!action) return;
    seen.check(*action, place);
    actions.push_back(std::move(*action));
  });
  return actions;
}

CheckpointLines parse_checkpoint(std::string_view text, const std::string& file) {
  CheckpointLines lines;
  each_line(text, file, [&](const Json& line, const std::string& place) {
    if (auto action = read_line(line, place)) return lines.actions.push_back(std::move(*action));
    if (const Json* sidecar = line.find("sidecar"); sidecar && !sidecar->is_null()) {
      Members members(*sidecar, "sidecar", place);
      lines.sidecars.push_back({members.path(), members.amount("sizeInBytes"), members.integer("modificationTime")});
    }
  });
  return lines;
}

}  // namespace weir::lake
