// Delta's conflict rules (check_conflicts in commit.h; docs/conflicts.md explains each).
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "lake/commit.h"
#include "lake/features.h"
#include "lake/file_list.h"
#include "lake/schema_change.h"

namespace weir::lake {

namespace {

template <typename T>
const T* find_action(const std::vector<Action>& actions) {
  for (const auto& action : actions)
    if (const auto* found = std::get_if<T>(&action)) return found;
  return nullptr;
}

template <typename T, typename Visit>
void each(const std::vector<Action>& actions, Visit visit) {
  for (const auto& action : actions)
    if (const auto* found = std::get_if<T>(&action)) visit(*found);
}

// A commit of file actions that all keep the rows as they are (OPTIMIZE) cannot be disturbed by new rows.
bool only_rearranges(const std::vector<Action>& actions) {
  return !actions.empty() && std::all_of(actions.begin(), actions.end(), [](const Action& action) {
    if (const auto* add = std::get_if<Add>(&action)) return !add->data_change;
    if (const auto* remove = std::get_if<Remove>(&action)) return !remove->data_change;
    return false;
  });
}

bool says_blind_append(const CommitFile& commit) {
  const CommitInfo* info = commit.commit_info();
  const Json* blind = info ? info->fields.find("isBlindAppend") : nullptr;
  return blind && blind->is_bool() && blind->as_bool();
}

// Properties by which a feature is switched on may be set under a running transaction: features that assign them say
// how to go on, and whether weir can is decided on the newer snapshot.
bool may_be_set(const std::string& key, const std::string& value) {
  constexpr std::string_view any;
  constexpr std::array<std::pair<std::string_view, std::string_view>, 9> switches = {
      {{"delta.columnMapping.mode", "name"},
       {"delta.columnMapping.maxColumnId", any},
       {"delta.enableDeletionVectors", "true"},
       {"delta.enableRowTracking", "true"},
       {"delta.checkpointPolicy", "v2"},
       {"delta.enableInCommitTimestamps", "true"},
       {"delta.inCommitTimestampEnablementVersion", any},
       {"delta.inCommitTimestampEnablementTimestamp", any},
       {"io.unitycatalog.tableId", any}}};
  return key.starts_with("delta.rowTracking.") ||
         std::any_of(switches.begin(), switches.end(), [&](const auto& allowed) {
           return key == allowed.first && (allowed.second == any || iequals(value, allowed.second));
         });
}

// To writers: the columns are the same ones, and are called the same in files.
bool same_schema(const Metadata& a, const Metadata& b) {
  if (a.schema_string == b.schema_string) return true;
  return !a.schema.fields.empty() && same_columns(a.schema, b.schema) &&
         same_columns(a.schema.in_files(), b.schema.in_files());
}

// Rule 2: what is different beyond what a running transaction can live with; "" = nothing.
std::string metadata_difference(const Metadata& before, const Metadata& after) {
  if (before.id != after.id) return "the table was replaced";
  if (!same_schema(before, after)) return "the schema was changed";
  if (before.partition_columns != after.partition_columns) return "the partition columns were changed";
  if (before.name != after.name || before.description != after.description) return "name or description was changed";
  if (before.format_provider != after.format_provider || before.format_options != after.format_options)
    return "the file format was changed";
  for (const auto& [key, value] : before.configuration)
    if (!after.configuration.contains(key)) return fmt::format("the property {} was removed", key);
  for (const auto& [key, value] : after.configuration) {
    auto old = before.configuration.find(key);
    if ((old == before.configuration.end() || old->second != value) && !may_be_set(key, value))
      return fmt::format("the property {} was set", key);
  }
  return {};
}

// Features that a running transaction need not have known when it was planned.
bool harmless_to_add(const std::string& feature) {
  return feature == "timestampNtz" || feature == "domainMetadata" || feature == "vacuumProtocolCheck";
}

class Checker {
 public:
  Checker(const Snapshot& base, const CommitDraft& draft)
      : base_(base),
        draft_(draft),
        isolation_(isolation_of(base.metadata(), draft)),
        blind_(draft.is_blind_append()),
        protocol_(base.protocol()),
        metadata_(base.metadata()) {
    app_ids_ = draft.reads.app_ids;
    each<Txn>(draft.actions, [&](const Txn& txn) { app_ids_.insert(txn.app_id); });
    each<DomainMetadata>(draft.actions, [&](const DomainMetadata& domain) { domains_.insert(domain.domain); });
    each<Remove>(draft.actions, [&](const Remove& remove) { removed_.insert(logical_path(remove.path)); });
    for (const auto& path : draft.reads.files) read_.insert(logical_path(path));
  }

  std::optional<Conflict> check(const CommitFile& winner) {
    std::optional<Conflict> conflict;
    for (auto rule : {&Checker::protocol, &Checker::metadata, &Checker::domains, &Checker::transactions,
                      &Checker::added_files, &Checker::removed_from_reads, &Checker::removed_twice}) {
      conflict = (this->*rule)(winner);
      if (conflict) {
        conflict->version = winner.version;
        break;
      }
    }
    if (const auto* protocol = find_action<Protocol>(winner.actions)) protocol_ = *protocol;
    if (const auto* metadata = find_action<Metadata>(winner.actions)) metadata_ = *metadata;
    return conflict;
  }

 private:
  static Conflict conflict(std::string rule, std::string why) { return {0, std::move(rule), std::move(why)}; }

  std::optional<Conflict> protocol(const CommitFile& winner) const {  // rule 1
    const auto* next = find_action<Protocol>(winner.actions);
    if (!next) return std::nullopt;
    if (find_action<Protocol>(draft_.actions))
      return conflict("ProtocolChanged", "both commits change the table's protocol");
    auto before = writer_features(protocol_), after = writer_features(*next);
    for (const auto& feature : before)
      if (!after.contains(feature))
        return conflict("ProtocolChanged", fmt::format("the feature {} was dropped", feature));
    for (const auto& feature : after)
      if (!before.contains(feature) && !harmless_to_add(feature))
        return conflict("ProtocolChanged", fmt::format("the feature {} was added", valid_utf8(feature)));
    if (next->min_reader_version < protocol_.min_reader_version)
      return conflict("ProtocolChanged", "the reader version was lowered");
    return std::nullopt;
  }

  std::optional<Conflict> metadata(const CommitFile& winner) const {  // rule 2
    const auto* next = find_action<Metadata>(winner.actions);
    if (!next) return std::nullopt;
    if (find_action<Metadata>(draft_.actions))
      return conflict("MetadataChanged", "both commits change the table's metadata");
    std::string difference = metadata_difference(metadata_, *next);
    if (difference.empty()) return std::nullopt;
    return conflict("MetadataChanged", std::move(difference));
  }

  std::optional<Conflict> domains(const CommitFile& winner) const {  // rule 3
    std::optional<Conflict> found;
    each<DomainMetadata>(winner.actions, [&](const DomainMetadata& domain) {
      if (domain.domain != "delta.rowTracking" && domains_.contains(domain.domain))
        found = conflict("ConcurrentTransaction", fmt::format("both commits set the domain {}", domain.domain));
    });
    return found;
  }

  std::optional<Conflict> transactions(const CommitFile& winner) const {  // rule 4
    std::optional<Conflict> found;
    each<Txn>(winner.actions, [&](const Txn& txn) {
      if (app_ids_.contains(txn.app_id))
        found = conflict("ConcurrentTransaction", fmt::format("the application id {} was moved on", txn.app_id));
    });
    return found;
  }

  std::optional<Conflict> added_files(const CommitFile& winner) const {  // rule 6
    if (blind_ || isolation_ == Isolation::snapshot) return std::nullopt;
    bool with_blind = isolation_ == Isolation::serializable || find_action<Metadata>(draft_.actions);
    if (says_blind_append(winner) && !with_blind) return std::nullopt;
    for (const auto& action : winner.actions) {
      const auto* add = std::get_if<Add>(&action);
      // Rows that were only moved have been read before.
      if (!add || !add->data_change) continue;
      if (draft_.reads.whole_table)
        return conflict("ConcurrentAppend",
                        fmt::format("{} was added to the table, which was read as a whole", add->path));
      for (const auto& predicate : draft_.reads.predicates)
        if (may_match(*add, metadata_, predicate))
          return conflict("ConcurrentAppend", fmt::format("{} may hold rows of the part that was read", add->path));
    }
    return std::nullopt;
  }

  std::optional<Conflict> removed_from_reads(const CommitFile& winner) const {  // rule 7
    for (const auto& action : winner.actions) {
      const auto* remove = std::get_if<Remove>(&action);
      if (!remove || !remove->data_change) continue;
      if (draft_.reads.whole_table)
        return conflict("ConcurrentDeleteRead",
                        fmt::format("{} was removed from the table, which was read as a whole", remove->path));
      if (read_.contains(logical_path(remove->path)) || in_read_part(*remove))
        return conflict("ConcurrentDeleteRead", fmt::format("{} was read and has been removed", remove->path));
    }
    return std::nullopt;
  }

  // By what the commit itself says of the file, where that is enough; else by what the base knows of it. A file that
  // the base does not know was never read.
  bool in_read_part(const Remove& remove) const {
    if (draft_.reads.predicates.empty()) return false;
    if (!may_be_in_read_part(by_the_remove_alone(remove))) return false;
    auto files = base_.file_list();
    auto index = files->find(remove.path);
    return index && may_be_in_read_part(files->add(*index));
  }
  bool may_be_in_read_part(const Add& file) const {
    return std::any_of(draft_.reads.predicates.begin(), draft_.reads.predicates.end(),
                       [&](const Predicate& predicate) { return may_match(file, base_.metadata(), predicate); });
  }
  static Add by_the_remove_alone(const Remove& remove) {
    Add file;
    file.path = remove.path;
    file.partition_values = remove.partition_values.value_or(PartitionValues());
    file.stats = remove.stats;
    file.tags = remove.tags;
    return file;
  }

  std::optional<Conflict> removed_twice(const CommitFile& winner) const {  // rule 8
    std::optional<Conflict> found;
    each<Remove>(winner.actions, [&](const Remove& remove) {
      if (!found && removed_.contains(logical_path(remove.path)))
        found = conflict("ConcurrentDeleteDelete", fmt::format("both commits remove {}", remove.path));
    });
    return found;
  }

  const Snapshot& base_;
  const CommitDraft& draft_;
  Isolation isolation_;
  bool blind_;
  Protocol protocol_;  // as of the last winner that was checked
  Metadata metadata_;
  std::set<std::string> app_ids_, domains_, removed_, read_;
};

}  // namespace

Isolation isolation_of(const Metadata& metadata, const CommitDraft& draft) {
  if (only_rearranges(draft.actions)) return Isolation::snapshot;
  auto level = metadata.configuration.find("delta.isolationLevel");
  bool serializable = level != metadata.configuration.end() && iequals(level->second, "Serializable");
  return serializable ? Isolation::serializable : Isolation::write_serializable;
}

std::string_view isolation_name(Isolation isolation) {
  return isolation == Isolation::snapshot       ? "SnapshotIsolation"
         : isolation == Isolation::serializable ? "Serializable"
                                                : "WriteSerializable";
}

std::variant<NoConflict, Conflict> check_conflicts(const Snapshot& base, const CommitDraft& draft,
                                                   const std::vector<CommitFile>& winners) {
  Checker checker(base, draft);
  for (const auto& winner : winners)
    if (auto conflict = checker.check(winner)) return *conflict;
  return NoConflict();
}

}  // namespace weir::lake
