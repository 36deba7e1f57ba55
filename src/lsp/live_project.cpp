#include "lsp/live_project.h"

#include <algorithm>
#include <filesystem>

#include "base/file.h"
#include "base/ids.h"
#include "base/text.h"
#include "dbt/only_dbts_warnings.h"
#include "lake/lake.h"
#include "lsp/memory_file.h"
#include "run/confine.h"
#include "store/memory_store.h"
#include "store/object_store.h"

namespace weir::lsp {

namespace fs = std::filesystem;

namespace {

using engine::StandInColumn;
using project::Node;

std::vector<StandInColumn> declared(const Node& node) {
  std::vector<StandInColumn> out;
  for (const project::Column& column : node.columns) out.push_back({column.name, column.data_type});
  return out;
}

// A file whose text is nothing at all, so that what it would have said is missing everywhere.
bool is_unreadable(const Error& error) {
  return error.code() == ErrorCode::bad_yaml || error.code() == ErrorCode::store_io;
}

bool is_macro_file(const std::string& path) { return path.find("/macros/") != std::string::npos; }

// What stands for a file that is left out: nothing, or the least that its kind needs.
std::string text_of_nothing(const std::string& path) {
  if (path.ends_with(".py")) return "def model(dbt, session):\n    return None\n";
  return path.ends_with(".sql") && !is_macro_file(path) ? "select 1 as one" : "";
}

bool is_folder(const std::string& lake) { return lake.find("://") == std::string::npos; }

}  // namespace

void LiveProject::add(Error error, bool warning) {
  const Span span = error.span().value_or(Span{});
  const std::string file = span.known() ? span.file : "dbt_project.yml";
  troubles_[path_of(file)].push_back({std::move(error), warning});
}

void LiveProject::look(const Texts& texts) {
  flags_.unsaved = texts;
  project::Loaded loaded = project::load(root_, flags_);
  troubles_.clear();
  std::unique_ptr<project::Project> read;
  broken_.clear();
  if (loaded.project)
    read = std::make_unique<project::Project>(std::move(*loaded.project));
  else
    read = without(loaded.errors);
  // What a file that cannot be read describes is not missing elsewhere.
  if (std::any_of(loaded.errors.begin(), loaded.errors.end(), is_unreadable))
    std::erase_if(loaded.errors, [](const Error& error) {
      return error.code() == ErrorCode::unknown_ref || error.code() == ErrorCode::unknown_source;
    });
  for (Error& error : loaded.errors) add(std::move(error), false);
  for (const project::Diagnostic& warning : loaded.warnings)
    if (!dbt::is_only_dbts(warning.event))
      add(Error(ErrorCode::bad_config, warning.message, warning.hint).with_span(warning.span), true);
  if (read) {
    lineage_.reset();
    project_ = std::move(read);
    names_.emplace(*project_->rendering);
    for (const Node& node : project_->nodes) names_->add(node);
    bind(texts);
  }
  for (const auto& [path, bound] : bound_) {
    const auto text = texts.find(path);
    if (text == texts.end() || text->second != bound.text) continue;
    for (const Error& error : bound.errors) troubles_[path].push_back({error, false});
  }
}

std::unique_ptr<project::Project> LiveProject::without(const std::vector<Error>& errors) {
  project::LoadFlags flags = flags_;
  std::vector<Error> left = errors;
  for (int round = 0; round < 3; ++round) {
    const size_t before = broken_.size();
    for (const Error& error : left) {
      if (!error.span() || !error.span()->known()) continue;
      const std::string path = path_of(error.span()->file);
      if (path.ends_with("dbt_project.yml") || path.ends_with("profiles.yml") || !broken_.insert(path).second) continue;
      flags.unsaved[path] = text_of_nothing(path);
    }
    if (broken_.size() == before) return nullptr;
    project::Loaded loaded = project::load(root_, flags);
    if (loaded.project) return std::make_unique<project::Project>(std::move(*loaded.project));
    left = std::move(loaded.errors);
  }
  return nullptr;
}

// ---- nodes

std::vector<const Node*> LiveProject::nodes_in(const std::string& path) const {
  std::vector<const Node*> out;
  if (!project_) return out;
  for (const Node& node : project_->nodes)
    if (node.type != project::ResourceType::source && path_of(node) == path) out.push_back(&node);
  return out;
}

const Node* LiveProject::find_ref(const project::Ref& ref, const std::string& from) const {
  return names_ ? names_->ref(ref, from) : nullptr;
}

const Node* LiveProject::find_function(const project::Ref& ref, const std::string& from) const {
  return names_ ? names_->function(ref, from) : nullptr;
}

const Node* LiveProject::find_source(const std::string& source, const std::string& table,
                                     const std::string& from) const {
  return names_ ? names_->source(source, table, from) : nullptr;
}

// ---- columns

engine::Session& LiveProject::session() {
  const project::Target& target = project_->target;
  const bool database = target.kind == project::TargetKind::database;
  std::string wanted = database ? target.database : project_->lake;
  for (const project::Attachment& other : target.attach) wanted += "\n" + other.alias;
  if (session_ && session_of_ == wanted) return *session_;
  session_.reset();
  memory_.clear();
  std::error_code ignored;
  lake_is_near_ = !database && is_folder(project_->lake) && fs::is_directory(project_->lake, ignored);
  auto store = lake_is_near_ ? store::open(project_->lake) : std::make_shared<store::MemoryStore>("lsp");
  session_ = engine_().session(std::make_shared<lake::Lake>(std::move(store)));
  if (database) {
    const auto attach = [&](const std::string& name) {
      session_->execute("ATTACH IF NOT EXISTS ':memory:' AS " + quote_identifier(name));
    };
    attach(target.database);
    for (const project::Attachment& other : target.attach)
      if (!other.alias.empty()) attach(other.alias);
    session_->execute("USE " + quote_identifier(target.database) + ".main");
  }
  run::confine(*session_, *project_);  // an editor opens what nobody has confirmed
  session_of_ = wanted;
  return *session_;
}

run::ProjectLineage& LiveProject::lineage() {
  if (lineage_) return *lineage_;
  engine::Session& bound = session();
  read_catalog();
  lineage_ = std::make_unique<run::ProjectLineage>(
      *project_, bound, [this](const Node& node) { return project::render(*project_, node, {}); },
      [this](const Node& node) { return outside(node); }, &memory_);
  return *lineage_;
}

void LiveProject::read_catalog() {
  const fs::path path = fs::path(root_) / project_->target_path / "catalog.json";
  std::error_code error;
  const auto time = fs::last_write_time(path, error);
  const int64_t now = error ? 0 : time.time_since_epoch().count();
  if (now == catalog_time_) return;
  catalog_time_ = now;
  catalog_.clear();
  if (error) return;
  try {
    const Json catalog = Json::parse(read_file(path));
    for (const char* kind : {"nodes", "sources"})
      for (const auto& [id, table] : catalog.at(kind).as_object())
        for (const auto& [name, column] : table.at("columns").as_object())
          catalog_[id].push_back({name, column.get_string("type").value_or("")});
  } catch (const Error&) {
    catalog_.clear();  // another program's, or half written
  }
}

std::vector<StandInColumn> LiveProject::seed_columns(const Node& node) {
  const std::string path = path_of(node);
  const std::string now = node.raw_sha256 + node.config->delimiter;
  Seed& known = seeds_[path];
  if (known.read != now) {
    known = {now, {}};
    try {
      const auto unsaved = flags_.unsaved.find(path);
      std::optional<MemoryFile> text;
      if (unsaved != flags_.unsaved.end()) text.emplace(unsaved->second);
      // A statement of weir's own: the text may lie in memory, and a package outside of the project.
      const auto found =
          session().query_own("SELECT * FROM read_csv(" + quote_literal(text ? text->path() : path) +
                              ", header = true, delim = " + quote_literal(node.config->delimiter) + ") LIMIT 0");
      for (const auto& column : found.columns) known.columns.push_back({column.name, column.type});
    } catch (const Error&) {
      known.columns = declared(node);
    }
  }
  std::vector<StandInColumn> out = known.columns;
  for (StandInColumn& column : out)
    for (const auto& [name, type] : node.config->column_types)
      if (iequals(name, column.name)) column.type = type;
  return out;
}

std::vector<StandInColumn> LiveProject::outside(const Node& node) {
  if (node.type == project::ResourceType::seed) return seed_columns(node);
  if (lake_is_near_ && node.external.empty()) {
    try {
      std::vector<StandInColumn> out;
      for (const auto& column : session().describe("SELECT * FROM " + node.read_place().text()))
        out.push_back({column.name, column.type});
      return out;
    } catch (const Error&) {
      // not there yet
    }
  }
  std::vector<StandInColumn> out = declared(node);
  const auto found = catalog_.find(node.unique_id);
  return found == catalog_.end() ? out : found->second;
}

std::vector<StandInColumn> LiveProject::columns(const Node& node) {
  try {
    return lineage().columns(node);
  } catch (const Error&) {
    return {};
  }
}

// ---- the SQL of what is open

bool LiveProject::knows_columns(const Node& node, bool typed) {
  for (const std::string& id : node.depends_on) {
    const Node* input = project_->find(id);
    if (!input || broken_.contains(path_of(*input))) return false;
    if (input->is_ephemeral()) {
      if (!knows_columns(*input, typed)) return false;
      continue;
    }
    if (!input->external.empty()) continue;
    const auto& columns = lineage().columns(*input);
    if (columns.empty()) return false;
    const bool untyped =
        std::any_of(columns.begin(), columns.end(), [](const auto& each) { return each.type.empty(); });
    if (typed && untyped) return false;
  }
  return true;
}

// An error is one of the text if it does not hang on what is not known of its inputs.
bool LiveProject::is_told(const Node& node, const Error& error) {
  switch (error.code()) {
    case ErrorCode::sql_syntax:
      return true;
    case ErrorCode::needs_warehouse:
      return false;  // what the template asks of the target is not known here
    case ErrorCode::sql_unknown_column:
      return knows_columns(node, false);
    case ErrorCode::sql_unknown_table:
      return false;  // named without ref(): it may be there
    case ErrorCode::sql_unknown_function:
      return project_->on_run_start.empty();  // which may make functions
    default:
      return knows_columns(node, true);
  }
}

void LiveProject::bind(const Texts& texts) {
  bound_.clear();
  for (const auto& [path, text] : texts) {
    if (broken_.contains(path)) continue;
    Bound found;
    found.text = text;
    for (const Node* node : nodes_in(path)) {
      if (!node->sql || node->is_test()) continue;
      try {
        const auto& error = lineage().of(*node).error;
        if (error && is_told(*node, *error)) found.errors.push_back(*error);
      } catch (const Error&) {
        // what went wrong is not of this text
      }
    }
    for (Error& error : found.errors)
      if (!error.span() || !error.span()->known()) {
        Span span;
        span.file = path.substr(root_.size() + 1);
        error.with_span(span);
      }
    bound_[path] = std::move(found);
  }
}

}  // namespace weir::lsp
