// Delta's table features, and which of them weir honours (docs/delta-support.md is the same table for people).
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "lake/action.h"

namespace weir::lake {

struct Feature {
  std::string_view name;
  bool reader = false;            // listed in readerFeatures too
  bool readable = true;           // weir reads tables that need it
  int legacy_writer_version = 0;  // writer version that implies it without table features; 0 = only by name
};

// nullptr for a feature that weir has never heard of.
const Feature* find_feature(std::string_view name);

// Features that a writer of the table must honour: those listed, or those that a legacy writer version implies.
std::set<std::string> writer_features(const Protocol& protocol);
bool supports(const Protocol& protocol, std::string_view feature);  // listed or implied for writers

// "true" in any case counts as true.
bool is_true(const Metadata& metadata, const std::string& property);
bool in_commit_timestamps(const Protocol& protocol, const Metadata& metadata);  // supported and switched on
bool deletion_vectors(const Protocol& protocol, const Metadata& metadata);      // likewise: writers may add them
bool change_data_feed(const Protocol& protocol, const Metadata& metadata);      // likewise

// Throws Error{reader_feature} naming the first feature that weir cannot read, Error{bad_log} for a protocol that
// contradicts itself, Error{bad_delta_schema} for a schema that is missing, not understood, or lacks a partition
// column. `table` is what messages call the table. Column mapping that is off and features that concern writers only
// are no obstacle.
void check_readable(const Protocol& protocol, const Metadata& metadata, const std::string& table);

}  // namespace weir::lake
