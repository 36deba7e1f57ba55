// The pieces that a project is parsed in: properties files and what they describe, files of nodes, tests. What an
// earlier reading made of a piece is taken where nothing that it was made of has changed (parsed_pieces.h).
#include <algorithm>
#include <filesystem>
#include <iterator>
#include <tuple>
#include <unordered_map>
#include <unordered_set>

#include "base/hash.h"
#include "base/text.h"
#include "project/builder.h"
#include "project/event_time.h"
#include "project/yaml_values.h"

namespace weir::project {

namespace {

std::string patch_key(const std::string& package, const std::string& kind, const std::string& name) {
  return package + "/" + kind + "/" + name;
}

}  // namespace

// Whether the user wants it, or the verb. nullopt: that is for the number of files to decide.
std::optional<bool> ProjectBuilder::keeps_pieces() const {
  if (flags_.partial_parse) return flags_.partial_parse;
  if (const auto said = packages_.front().flags.get_bool("partial_parse")) return said;
  return flags_.usually_partial ? std::optional(true) : std::nullopt;
}

// Reads what an earlier reading made, while other files are looked for.
void ProjectBuilder::open_cache() {
  out_.reads_anew = !keeps_pieces().value_or(true);
  if (out_.reads_anew) return;
  const std::string target = flags_.target_path.value_or(packages_.front().target_path);  // may be absolute
  opening_cache_ = std::async(
      std::launch::async, [](const std::string& path) { return std::make_unique<ParseCache>(path); },
      (std::filesystem::path(root_) / target / "partial_parse.weir").string());
}

// What every piece depends on: this build, what the command line says, targets, trees, variables, macros, docs.
void ProjectBuilder::remember_pieces() {
  const size_t files = files_.models.size() + files_.seeds.size() + files_.properties.size();
  if (!keeps_pieces().value_or(files >= partial_parse_files) || macros_broken_) return;
  Sha256 hash;
  const auto add = [&](std::string_view part) {
    hash.update(std::to_string(part.size()) + ":");
    hash.update(part);
  };
  add(build_identity());
  add(rendering_->target_value.to_json().dump());
  add(rendering_->target.kind == TargetKind::lake ? "lake" : "database");
  bool which_matters = names_the_verb(flags_.vars);
  for (const MacroEntry& entry : rendering_->macros.all()) {
    if (entry.package == standard_package) continue;
    add(entry.unique_id);
    add(entry.text_sha256);
    add(entry.file->name());
    which_matters = which_matters || names_the_verb(entry.block->source);
  }
  add(flags_.vars);
  add(flags_.store_failures ? "store failures" : "");
  add(flags_.inputs.sample ? time_text(flags_.inputs.sample->start_us) + time_text(flags_.inputs.sample->end_us) : "");
  for (const ProjectFile& package : packages_) {
    for (const std::string& text :
         {package.name, package.prefix, package.version, package.vars.dump(), package.written.dump()})
      add(text);
    which_matters = which_matters || names_the_verb(package.written.dump());  // hooks
    which_matters = which_matters || names_the_verb(package.vars.dump());
    for (const Json* tree : {&package.models, &package.seeds, &package.snapshots, &package.sources, &package.data_tests,
                             &package.unit_tests, &package.functions})
      add(tree->dump());
    add(package.quoting.dump());
    for (const DispatchOrder& order : package.dispatch)
      add(order.macro_namespace + "=" + join(order.search_order, ","));
  }
  Json flags = rendering_->flags_value.to_json();
  if (!which_matters) flags.erase("WHICH");
  add(flags.dump());
  const std::map<std::string, DocsBlock> docs(rendering_->docs.begin(), rendering_->docs.end());
  for (const auto& [name, block] : docs) {
    add(name);
    add(block.text);
  }
  cache_ = opening_cache_.get();
  remembered_.emplace(*cache_, hash.finish_hex(), *rendering_);
  out_.anew_because = remembered_->anew_because();
}

// Of all that is neither macro nor docs, also of what no piece is remembered of.
std::string ProjectBuilder::hash_of_files() const {
  Sha256 hash;
  const auto add = [&](const SourceFile& file, const std::string& sha256) { hash.update(file.label + "\n" + sha256); };
  for (const NodeFile& node : node_files_) add(*node.file, node.sha256);
  for (size_t i = 0; i < property_texts_.size(); i++) add(files_.properties[i], property_texts_[i].sha256);
  for (const SourceFile& file : files_.fixtures) try {
      add(file, sha256_hex(file.read()));
    } catch (const Error&) {
      add(file, "");  // told where it is read, if it is
    }
  return hash.finish_hex();
}

// Beside what follows: nothing is remembered or asked for any more.
void ProjectBuilder::save_pieces() {
  if (remembered_ && out_.errors.empty()) out_.nothing_changed = remembered_->is_unchanged(hash_of_files());
  if (remembered_ && flags_.unsaved.empty()) saving_ = std::async(std::launch::async, [this] { remembered_->save(); });
}

void ProjectBuilder::read_properties() {
  const auto& files = files_.properties;
  schemas_.resize(files.size());
  property_texts_.resize(files.size());
  each(files.size(), [&](size_t i) { property_texts_[i].text = files[i].read(); });
  for (size_t i = 0; i < files.size(); i++) source_overrides_.add(property_texts_[i].text, files[i], out_.errors);
  each(files.size(), [&](size_t i) {
    PropertyText& text = property_texts_[i];
    if (!remembered_) return;
    text.sha256 = sha256_hex(text.text);
    if (names_the_call(text.text) || source_overrides_.of_this_call(files[i].package)) return;
    text.key = remembered_->key_of(
        {files[i].label, files[i].below, files[i].package, text.sha256, source_overrides_.hash(files[i].package)});
    if (auto outline = remembered_->outline("properties " + files[i].label, text.key, files[i])) {
      schemas_[i] = std::move(*outline);
      text.known = true;
    }
  });
  std::vector<size_t> unknown;
  for (size_t i = 0; i < files.size(); i++)
    if (!property_texts_[i].known) unknown.push_back(i);
  read_property_files(unknown);
  look_at_files();
  read_patches_of_new_files();
  note_patches();
  out_.files_read += static_cast<int>(files.size());
}

// All that these files say.
void ProjectBuilder::read_property_files(const std::vector<size_t>& which) {
  const auto& files = files_.properties;
  std::vector<std::vector<Error>> errors(which.size());
  std::vector<std::vector<Diagnostic>> warnings(which.size());
  each(which.size(), [&](size_t n) {
    const size_t i = which[n];
    const YamlValues values(*rendering_, files[i].package);
    schemas_[i] =
        read_schema_file(property_texts_[i].text, files[i], values, errors[n], warnings[n], &source_overrides_);
    property_texts_[i].known = false;
    if (!property_texts_[i].key.empty() && errors[n].empty() && warnings[n].empty() && schemas_[i].macros.empty())
      remembered_->remember_outline("properties " + files[i].label, property_texts_[i].key, schemas_[i]);
  });
  for (size_t n = 0; n < which.size(); n++) {
    for (Error& error : errors[n]) out_.errors.push_back(std::move(error));
    if (files[which[n]].package_index == 0)
      out_.warnings.insert(out_.warnings.end(), warnings[n].begin(), warnings[n].end());
  }
}

void ProjectBuilder::note_patches() {
  for (const SchemaFile& schema : schemas_)
    for (const Patch& patch : schema.patches) {
      const auto [entry, fresh] = patches_.emplace(patch_key(patch.file.package, patch.kind, patch.name), &patch);
      if (!fresh)
        out_.errors.push_back(
            Error(ErrorCode::duplicate_name, "\"" + patch.name + "\" is described twice under " + patch.kind)
                .with_span(patch.span)
                .with_hint("the other place is " + entry->second->span.file + ":" +
                           std::to_string(entry->second->span.line)));
    }
}

namespace {

// Is the text of such a file Node::raw? Seeds have none, and functions are without the blanks around them.
bool takes_whole_text(ResourceType type) { return type != ResourceType::seed && type != ResourceType::function; }

}  // namespace

// Reads the files that nodes are made of, and finds those that are known.
void ProjectBuilder::look_at_files() {
  const auto take = [&](const std::vector<SourceFile>& files, ResourceType type, const char* kind) {
    for (const SourceFile& file : files) node_files_.push_back({&file, type, kind, {}, {}, {}, std::nullopt});
  };
  take(files_.models, ResourceType::model, "models");
  take(files_.seeds, ResourceType::seed, "seeds");
  take(files_.snapshots, ResourceType::snapshot, "snapshots");
  take(files_.analyses, ResourceType::analysis, "analyses");
  take(files_.functions, ResourceType::function, "functions");
  take(files_.singular_tests, ResourceType::test, "data_tests");
  if (!remembered_) return;
  // Patch -> key of the file that it is in; "" for versioned models, whose files are described as a whole, and for what
  // is described twice.
  std::unordered_map<std::string, std::string> described;
  for (size_t i = 0; i < schemas_.size(); i++)
    for (const Patch& patch : schemas_[i].patches) {
      const auto note = [&](const std::string& stem, const std::string& key) {
        const auto [place, first] = described.try_emplace(patch_key(patch.file.package, patch.kind, stem), key);
        if (!first) place->second.clear();
      };
      note(patch.name, patch.versions.empty() ? property_texts_[i].key : std::string());
      for (const Patch::Version& version : patch.versions)
        note(version.defined_in.empty() ? patch.name + "_v" + version.version : version.defined_in, "");
    }
  each(node_files_.size(), [&](size_t i) {
    NodeFile& node = node_files_[i];
    node.text = node.file->read();
    node.sha256 = sha256_hex(node.text);
    if (node.type == ResourceType::snapshot) return;
    const auto patch = described.find(patch_key(node.file->package, node.kind, node.file->stem()));
    if ((patch != described.end() && patch->second.empty()) || names_the_call(node.text)) return;
    node.key = remembered_->key_of({node.file->label, node.file->below, node.file->package, node.kind, node.sha256,
                                    patch == described.end() ? std::string_view() : patch->second});
    node.known =
        remembered_->nodes("nodes " + node.file->label, node.key, takes_whole_text(node.type) ? &node.text : nullptr);
  });
}

// Of files that are not known the description is needed, not only its outline.
void ProjectBuilder::read_patches_of_new_files() {
  std::set<std::string> names;
  for (const NodeFile& node : node_files_)
    if (!node.known) names.insert(patch_key(node.file->package, node.kind, node.file->stem()));
  std::vector<size_t> needed;
  for (size_t i = 0; i < schemas_.size(); i++)
    if (property_texts_[i].known &&
        std::any_of(schemas_[i].patches.begin(), schemas_[i].patches.end(), [&](const Patch& patch) {
          return names.contains(patch_key(patch.file.package, patch.kind, patch.name));
        }))
      needed.push_back(i);
  read_property_files(needed);
}

ParsedNodes ProjectBuilder::parse_file(size_t index, const std::vector<const Patch*>& snapshots,
                                       const std::map<std::string, VersionFile>& versions) {
  NodeFile& piece = node_files_[index];
  const NodeParser parser(*rendering_, packages_);
  if (piece.known) return std::move(*piece.known);
  ParsedNodes out;
  if (piece.type == ResourceType::snapshot) {
    for (ParsedNode& made : parser.snapshots(*piece.file, snapshots))
      out.push_back(std::make_shared<ParsedNode>(std::move(made)));
    return out;
  }
  if (!remembered_) piece.text = piece.file->read();
  const auto found = patches_.find(patch_key(piece.file->package, piece.kind, piece.file->stem()));
  const Patch* patch = found == patches_.end() ? nullptr : found->second;
  const Patch::Version* version = nullptr;
  if (const auto versioned = versions.find(piece.file->package + "/" + piece.file->stem());
      piece.type == ResourceType::model && versioned != versions.end()) {
    std::tie(patch, version) = versioned->second;
    piece.key.clear();
  }
  out.push_back(std::make_shared<ParsedNode>(
      piece.type == ResourceType::seed
          ? parser.seed(*piece.file, piece.text, patch)
          : parser.sql_file(*piece.file, piece.type, std::move(piece.text), patch, version)));
  if (!piece.key.empty() && out.front()->errors.empty())
    remembered_->remember("nodes " + piece.file->label, piece.key, out, piece.type == ResourceType::function);
  return out;
}

void ProjectBuilder::parse_nodes() {
  const NodeParser parser(*rendering_, packages_);
  const std::map<std::string, VersionFile> versions = version_files();
  std::vector<const Patch*> snapshot_patches;
  for (const auto& [key, patch] : patches_)
    if (patch->kind == "snapshots") snapshot_patches.push_back(patch);
  std::vector<ParsedNodes> parsed(node_files_.size());
  each(node_files_.size(), [&](size_t i) { parsed[i] = parse_file(i, snapshot_patches, versions); });
  for (const auto& [stem, version] : versions) used_patches_.insert(version.first);
  nodes_.reserve(node_files_.size() * 3);
  for (size_t i = 0; i < node_files_.size(); i++) {
    const SourceFile& file = *node_files_[i].file;
    if (const auto found = patches_.find(patch_key(file.package, node_files_[i].kind, file.stem()));
        found != patches_.end())
      used_patches_.insert(found->second);
    for (auto& node : parsed[i]) {
      for (Error& error : node->errors) out_.errors.push_back(std::move(error.add_context("model " + node->node.name)));
      std::move(node->logged.begin(), node->logged.end(), std::back_inserter(out_.logged));
      nodes_.push_back(std::move(node));
    }
  }
  for (const Patch* patch : snapshot_patches)
    if (!patch->relation.empty()) nodes_.push_back(std::make_shared<ParsedNode>(parser.yaml_snapshot(*patch)));
  used_patches_.insert(snapshot_patches.begin(), snapshot_patches.end());
  for (size_t i = 0; i < schemas_.size(); i++) parse_sources(i);
  out_.files_read += static_cast<int>(node_files_.size());
}

// The whole of what a properties file says, where only its outline is at hand. It held no mistakes when it was read.
SchemaFile ProjectBuilder::read_again(size_t index) const {
  std::vector<Error> errors;
  std::vector<Diagnostic> warnings;
  const SourceFile& file = files_.properties[index];
  return read_schema_file(property_texts_[index].text, file, YamlValues(*rendering_, file.package), errors, warnings,
                          &source_overrides_);
}

void ProjectBuilder::parse_sources(size_t index) {
  if (schemas_[index].sources.empty()) return;
  const PropertyText& text = property_texts_[index];
  const std::string piece = "sources " + files_.properties[index].label;
  std::optional<ParsedNodes> made;
  if (!text.key.empty()) made = remembered_->nodes(piece, text.key, nullptr);
  if (!made) {
    const NodeParser parser(*rendering_, packages_);
    const size_t errors = out_.errors.size();
    const SchemaFile schema = text.known ? read_again(index) : schemas_[index];
    made.emplace();
    for (const SourceTable& table : schema.sources) try {
        made->push_back(std::make_shared<ParsedNode>(parser.source(table)));
      } catch (Error& error) {
        out_.errors.push_back(std::move(error.add_context("source " + table.source + "." + table.name)));
      }
    if (!text.key.empty() && out_.errors.size() == errors) remembered_->remember(piece, text.key, *made, true);
  }
  std::move(made->begin(), made->end(), std::back_inserter(nodes_));
}

namespace {

std::string described_id(const SourceTable& table) {
  return "source." + table.file.package + "." + table.source + "." + table.name;
}

struct TestPiece {
  const TestEntry* entry;
  TestTarget target;
  const SourceFile* file;
};

using NodeIds = std::unordered_set<std::string_view>;

std::string described_id(const Patch& patch, const NodeIds& there) {
  const std::string type = patch.kind == "analyses"     ? "analysis"
                           : patch.kind == "data_tests" ? "test"
                                                        : patch.kind.substr(0, patch.kind.size() - 1);
  const std::string below = "." + patch.file.package + "." + patch.name;
  // As in dbt, tests of a seed that stands below models: are tests of the seed.
  if (patch.versions.empty() && !there.contains(type + below) && type != "analysis")
    for (const char* other : {"model", "seed", "snapshot"})
      if (there.contains(other + below)) return other + below;
  return type + below;
}

// The tests that a properties file attaches to nodes that are there.
std::vector<TestPiece> tests_of(const SchemaFile& schema, const NodeIds& there) {
  std::vector<TestPiece> out;
  const auto add = [&](const std::vector<TestEntry>& tests, const TestTarget& target, const SourceFile& file) {
    if (!there.contains(target.unique_id)) return;
    for (const TestEntry& entry : tests) out.push_back({&entry, target, &file});
  };
  for (const Patch& patch : schema.patches) {
    const std::string id = described_id(patch, there);
    if (patch.versions.empty()) add(patch.tests, {false, patch.name, "", "", id, ""}, patch.file);
    for (const Patch::Version& version : patch.versions)
      add(version.tests, {false, patch.name, "", "", id + ".v" + version.version, version.version}, patch.file);
  }
  for (const SourceTable& table : schema.sources)
    add(table.tests, {true, table.source + "_" + table.name, table.source, table.name, described_id(table), ""},
        table.file);
  return out;
}

// Which of the nodes that it describes are there.
std::string presence(const SchemaFile& schema, const NodeIds& there) {
  std::string out;
  for (const Patch& patch : schema.patches) {
    const std::string id = described_id(patch, there);
    out += (there.contains(id) ? id : std::string()) + "\n";
  }
  for (const SourceTable& table : schema.sources) out += there.contains(described_id(table)) ? '1' : '0';
  return out;
}

}  // namespace

void ProjectBuilder::parse_tests() {
  NodeIds there;
  for (const auto& parsed : nodes_) there.insert(parsed->node.unique_id);
  struct Group {
    std::string key;  // "": not to be remembered
    SchemaFile again;
    std::vector<TestPiece> pieces;
    std::optional<ParsedNodes> nodes;  // known, or made
  };
  std::vector<Group> groups(schemas_.size());
  const auto name = [&](size_t i) { return "tests " + files_.properties[i].label; };
  each(groups.size(), [&](size_t i) {
    Group& group = groups[i];
    const PropertyText& text = property_texts_[i];
    const auto plain = [](const Patch& patch) { return patch.versions.empty(); };
    if (!text.key.empty() && std::all_of(schemas_[i].patches.begin(), schemas_[i].patches.end(), plain)) {
      group.key = remembered_->key_of({text.key, presence(schemas_[i], there)});
      group.nodes = remembered_->nodes(name(i), group.key, nullptr);
    }
    if (group.nodes) return;
    if (text.known) group.again = read_again(i);
    group.pieces = tests_of(text.known ? group.again : schemas_[i], there);
  });
  std::vector<std::pair<size_t, const TestPiece*>> all;
  for (size_t i = 0; i < groups.size(); i++)
    for (const TestPiece& piece : groups[i].pieces) all.emplace_back(i, &piece);
  const NodeParser parser(*rendering_, packages_);
  ParsedNodes made(all.size());
  each(all.size(), [&](size_t n) {
    const TestPiece& piece = *all[n].second;
    try {
      made[n] = std::make_shared<ParsedNode>(parser.generic_test(*piece.entry, piece.target, *piece.file));
    } catch (Error& error) {
      error.add_context("test of " + piece.target.unique_id);
      throw;
    }
  });
  for (size_t n = 0; n < all.size(); n++) {
    Group& group = groups[all[n].first];
    if (!group.nodes) group.nodes.emplace();
    if (made[n] && all[n].second->file->package == packages_.front().name)
      std::move(made[n]->warnings.begin(), made[n]->warnings.end(), std::back_inserter(out_.warnings));
    if (made[n])
      group.nodes->push_back(std::move(made[n]));
    else
      group.key.clear();
  }
  const auto put = [&](size_t i) {
    if (const Group& group = groups[i]; !group.key.empty() && !group.pieces.empty())
      remembered_->remember(name(i), group.key, *group.nodes, true);
  };
  each(groups.size(), put);
  size_t more = 0;
  for (const Group& group : groups) more += group.nodes ? group.nodes->size() : 0;
  nodes_.reserve(nodes_.size() + more);
  for (Group& group : groups) {
    if (group.nodes) std::move(group.nodes->begin(), group.nodes->end(), std::back_inserter(nodes_));
    group = Group();
  }
}

}  // namespace weir::project
