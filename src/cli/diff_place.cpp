#include "cli/diff_place.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <map>
#include <utility>

#include "base/ids.h"
#include "base/text.h"
#include "cli/version_spec.h"

namespace weir::cli {

namespace fs = std::filesystem;

namespace {

bool is_database_file(const std::string& path) {
  const std::string extension = lower(fs::path(path).extension().string());
  std::error_code ignored;
  return extension == ".duckdb" || extension == ".ddb" || extension == ".db" || fs::is_regular_file(path, ignored);
}

bool is_lake_place(const std::string& text) {
  std::error_code ignored;
  return text.find("://") != std::string::npos ||
         (text.find('/') != std::string::npos && fs::is_directory(text, ignored));
}

std::string absolute(const std::string& path) { return fs::absolute(path).lexically_normal().string(); }

DiffPlace database_at(const std::string& path) {
  std::error_code ignored;
  if (!fs::is_regular_file(path, ignored))
    throw Error(ErrorCode::bad_option_value, "there is no database file " + path,
                "write FILE.duckdb, or FILE.duckdb:schema.table");
  std::string name = fs::path(path).stem().string();
  for (const char* taken : {"lake", "memory", "temp", "system"})
    if (iequals(name, taken))
      throw Error(ErrorCode::bad_option_value,
                  path + " is called " + taken + ", as a database of weir's own is: its views could not be told apart",
                  "copy it under another name");
  return {false, absolute(path), std::move(name), {}, path};
}

// However it was written: the same lake is the same place.
std::string uri_of_lake(const std::string& place) { return store::open(place)->uri(); }

DiffPlace lake_at(const std::string& place) {
  std::string uri = place.find("://") != std::string::npos ? place : absolute(place);
  while (uri.size() > 1 && uri.ends_with("/")) uri.pop_back();
  return {true, uri_of_lake(uri), "lake", {}, place};
}

// schema.table, quoted or not; a name alone is of schema main.
DiffTable table_of(Workspace& workspace, const std::string& text) {
  const lake::TableName name = workspace.table_name(text);
  return {"", name.schema, name.name};
}

// The last one of a character before `end` that is not in the quotes of a name.
size_t last_outside_quotes(const std::string& text, char wanted, size_t end = std::string::npos) {
  size_t found = std::string::npos;
  bool quoted = false;
  for (size_t i = 0; i < std::min(text.size(), end); i++) {
    if (text[i] == '"') quoted = !quoted;
    if (text[i] == wanted && !quoted) found = i;
  }
  return found;
}

// What stands behind the last "@", if it is a version or a time.
std::optional<lake::VersionSpec> take_version(std::string& text) {
  const size_t at = last_outside_quotes(text, '@');
  if (at == std::string::npos || at == 0) return std::nullopt;
  const lake::VersionSpec version = version_spec(text.substr(at + 1));
  text.resize(at);
  return version;
}

DiffPlace own_place(Workspace& workspace) {
  if (workspace.has_project()) return place_of(workspace.project());
  const auto lake = workspace.lake();
  return {true, lake->uri(), "lake", {}, "lake"};
}

bool is_of_lake(Workspace& workspace, const lake::TableName& name) {
  const auto lake = workspace.lake();
  return lake->table_exists(name) || lake->catalog().views.contains(lower(name.text()));
}

// A table of the place where the project is built.
DiffSpec own_table(Workspace& workspace, std::string text) {
  DiffSpec spec{own_place(workspace), DiffTable{}};
  std::optional<lake::VersionSpec> version;
  if (spec.place.is_lake) version = take_version(text);
  if (workspace.has_project()) try {
      spec.node = &workspace.project().resolve(text);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::unknown_asset) throw;
    }
  if (spec.node && !spec.node->relation.name.empty() && !spec.node->is_ephemeral()) {
    const project::Place place = spec.node->read_place();
    spec.table = DiffTable{spec.place.is_lake ? "" : place.database, place.schema, place.alias};
  } else {
    spec.table = table_of(workspace, text);
    if (spec.place.is_lake && !is_of_lake(workspace, {spec.table->schema, spec.table->name})) {
      const lake::TableName name = workspace.existing_table(text);
      spec.table = DiffTable{"", name.schema, name.name};
    }
  }
  if (version) spec.table->version = *version;
  return spec;
}

DiffSpec table_at(Workspace& workspace, DiffPlace place, std::string text) {
  std::optional<lake::VersionSpec> version;
  if (place.is_lake) version = take_version(text);
  DiffTable table = table_of(workspace, text);
  if (version) table.version = *version;
  return {std::move(place), std::move(table)};
}

// The databases of a place by their names in SQL.
std::map<std::string, std::string> databases_of(const DiffPlace& place) {
  std::map<std::string, std::string> out{{lower(place.name), place.uri}};
  for (const project::Attachment& other : place.attach) out[lower(other.alias)] = absolute(other.path);
  return out;
}

// Whether one session can have both: no name means two things.
bool fit_together(const DiffPlace& a, const DiffPlace& b) {
  const auto of_a = databases_of(a), of_b = databases_of(b);
  return std::all_of(of_b.begin(), of_b.end(), [&](const auto& entry) {
    const auto found = of_a.find(entry.first);
    return found == of_a.end() || found->second == entry.second;
  });
}

bool is_same_name(const DiffTable& a, const DiffTable& b) {
  return iequals(a.schema, b.schema) && iequals(a.name, b.name);
}

// The catalogue has a view under "schema.name", and both may have dots: the longest schema that there is.
DiffTable view_called(const std::string& text, const std::vector<std::string>& schemas) {
  size_t dot = text.find('.');
  for (const std::string& schema : schemas)
    if (schema.size() > dot && text.starts_with(schema + ".")) dot = schema.size();
  return {"", text.substr(0, dot), text.substr(dot + 1)};
}

std::string typed_name(const std::string& name) {
  const bool plain = !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) || c == '_' || c == '-' || c == '$' || c >= 0x80;
  });
  return plain ? name : quote_identifier(name);
}

}  // namespace

std::string DiffTable::text() const { return typed_name(schema) + "." + typed_name(name); }

DiffPlace place_of(const project::Project& project) {
  const project::Target& target = project.target;
  if (target.kind == project::TargetKind::lake) return {true, uri_of_lake(project.lake), "lake", {}, "lake"};
  if (target.path.empty())
    throw Error(ErrorCode::usage, "target " + target.name + " is a database in memory: there is nothing to compare",
                "name a target whose output has a path");
  std::error_code ignored;
  if (!fs::is_regular_file(target.path, ignored))
    throw Error(ErrorCode::bad_option_value,
                "the database of target " + target.name + ", " + target.path + ", does not exist",
                "`weir build --target " + target.name + "` makes it");
  return {false, target.path, target.database, target.attach, fs::path(target.path).filename().string()};
}

DiffSpec parse_diff_spec(Workspace& workspace, const std::string& text) {
  if (text == "lake") {
    DiffPlace place{true, workspace.lake()->uri(), "lake", {}, "lake"};
    return {std::move(place), std::nullopt};
  }
  const size_t colon = last_outside_quotes(text, ':');
  // A time may hold colons too: 2026-01-05T09:12.
  const size_t at = last_outside_quotes(text, '@');
  const size_t split = at != std::string::npos && colon > at ? last_outside_quotes(text, ':', at) : colon;
  const bool named = split != std::string::npos && split > 0 && text.compare(split, 3, "://") != 0;
  std::error_code ignored;
  if (fs::is_regular_file(text, ignored) || (!named && is_database_file(text)))
    return {database_at(text), std::nullopt};
  if (is_lake_place(text) &&
      text.find(':', text.find("://") == std::string::npos ? 0 : text.find("://") + 3) == std::string::npos)
    return {lake_at(text), std::nullopt};
  if (named) {
    const std::string place = text.substr(0, split), table = text.substr(split + 1);
    if (place == "lake") return table_at(workspace, {true, workspace.lake()->uri(), "lake", {}, "lake"}, table);
    if (is_database_file(place)) return table_at(workspace, database_at(place), table);
    if (is_lake_place(place)) return table_at(workspace, lake_at(place), table);
    throw Error(ErrorCode::usage, "\"" + place + "\" is neither a database file nor the place of a lake",
                "write FILE.duckdb:schema.table, FOLDER/OF/LAKE:schema.table, or the name of a table");
  }
  return own_table(workspace, text);
}

DiffSession::DiffSession(Workspace& workspace, const DiffPlace& a, const DiffPlace& b, const CancelToken& cancel)
    : workspace_(workspace) {
  const auto open_lake = [](const DiffPlace& place) {
    return std::make_shared<lake::Lake>(store::open(place.is_lake ? place.uri : "memory:diff"));
  };
  a_.place = a;
  b_.place = b;
  if (a.is_lake) a_.lake = open_lake(a);
  if (b.is_lake) b_.lake = a == b ? a_.lake : open_lake(b);
  const bool together = fit_together(a, b);
  std::shared_ptr<lake::Lake> lake = a_.lake ? a_.lake : together && b_.lake ? b_.lake : open_lake(a);
  session_ = workspace.engine().session(lake, cancel);
  a_.engine = b_.engine = &workspace.engine();
  a_.session = b_.session = session_.get();
  attach(*session_, a);
  if (!together) {
    // Two lakes, or two files of one name that their views know them by.
    second_engine_ = workspace.another_engine();
    second_session_ = second_engine_->session(b_.lake ? b_.lake : open_lake(b), cancel);
    b_.engine = second_engine_.get();
    b_.session = second_session_.get();
  }
  if (!(a == b)) attach(*b_.session, b);
  session_->begin(uuid_v4());  // one state of everything; never committed
  if (second_session_) second_session_->begin(uuid_v4());
}

DiffSession::~DiffSession() {
  session_->rollback();
  if (second_session_) second_session_->rollback();
}

void DiffSession::attach(engine::Session& session, const DiffPlace& place) {
  const auto add = [&](const std::string& path, const std::string& name) {
    session.execute("ATTACH IF NOT EXISTS " + quote_literal(path) + " AS " + quote_identifier(name) + " (READ_ONLY)");
  };
  try {
    if (!place.is_lake) add(place.uri, place.name);
    for (const project::Attachment& other : place.attach) add(other.path, other.alias);
  } catch (Error& error) {
    throw error.add_context("opening " + place.label);
  }
}

// Asked once: nothing changes while the transaction is open.
const std::vector<DiffTable>& DiffSession::listed(Side& side) {
  if (side.listed) return *side.listed;
  side.listed.emplace();
  const engine::Rows found = side.session->query(
      "SELECT database_name, schema_name, table_name FROM duckdb_tables() WHERE NOT internal UNION ALL "
      "SELECT database_name, schema_name, view_name FROM duckdb_views() WHERE NOT internal");
  for (const auto& row : found.rows)
    side.listed->push_back({engine::cell_text(row[0]), engine::cell_text(row[1]), engine::cell_text(row[2])});
  return *side.listed;
}

std::vector<DiffTable> DiffSession::relations(bool of_a) {
  Side& side = of_a ? a_ : b_;
  std::vector<DiffTable> found;
  if (side.place.is_lake) {
    const auto schemas = side.lake->schemas();
    for (const auto& schema : schemas)
      for (const auto& name : side.lake->tables(schema)) found.push_back({"", schema, name});
    for (const auto& [name, view] : side.lake->catalog().views) found.push_back(view_called(name, schemas));
  } else {
    for (const DiffTable& table : listed(side))
      if (iequals(table.database, side.place.name)) found.push_back({"", table.schema, table.name});
  }
  const auto order = [](const DiffTable& a, const DiffTable& b) {
    return std::pair(lower(a.schema), lower(a.name)) < std::pair(lower(b.schema), lower(b.name));
  };
  std::sort(found.begin(), found.end(), order);
  found.erase(std::unique(found.begin(), found.end(), is_same_name), found.end());
  return found;
}

bool DiffSession::has(bool of_a, const DiffTable& table) {
  Side& side = of_a ? a_ : b_;
  if (side.place.is_lake) {
    const lake::TableName name{table.schema, table.name};
    return side.lake->table_exists(name) || side.lake->catalog().views.contains(lower(name.text()));
  }
  const std::string& database = table.database.empty() ? side.place.name : table.database;
  const auto& all = listed(side);
  return std::any_of(all.begin(), all.end(), [&](const DiffTable& other) {
    return iequals(other.database, database) && is_same_name(other, table);
  });
}

DiffSession::Opened DiffSession::open(bool of_a, const DiffTable& table) {
  const Side& side = of_a ? a_ : b_;
  if (!has(of_a, table)) {
    std::vector<std::string> known;
    for (const DiffTable& other : relations(of_a)) known.push_back(other.text());
    throw Error(ErrorCode::sql_unknown_table,
                "there is no table " + table.text() + " in " + side.place.label + did_you_mean(table.text(), known));
  }
  Opened opened;
  std::string relation = quote_identifier(table.database.empty() ? side.place.name : table.database) + "." +
                         quote_identifier(table.schema) + "." + quote_identifier(table.name);
  const lake::TableName name{table.schema, table.name};
  if (side.place.is_lake && side.lake->table_exists(name)) {
    const auto snapshot = lake::Snapshot::open(side.lake->location(name), side.engine->parquet(), table.version);
    opened.version = snapshot->version();
    relation += " AT (VERSION => " + std::to_string(*opened.version) + ")";
  } else if (table.version.version || table.version.at_ms) {
    throw Error(ErrorCode::usage, table.text() + " is a view, and has no versions");
  }
  opened.side = {relation, side.session->describe("SELECT * FROM " + relation)};
  if (side.session != session_.get()) {
    opened.file =
        std::make_unique<checks::RowFile>(*side.session, relation, opened.side.columns, workspace_.spill_dir());
    opened.side = opened.file->side();
  }
  return opened;
}

}  // namespace weir::cli
