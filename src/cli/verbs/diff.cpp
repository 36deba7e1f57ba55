// weir diff: two tables, two environments, or a database and a lake, held against each other.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/text.h"
#include "checks/table_key.h"
#include "cli/diff_place.h"
#include "cli/diff_text.h"
#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/interrupts.h"
#include "cli/model_diff.h"
#include "cli/print.h"
#include "cli/project_errors.h"
#include "cli/say.h"
#include "cli/selection.h"
#include "cli/version_spec.h"
#include "cli/workspace.h"
#include "project/load.h"

namespace weir::cli {

namespace {

using checks::TableComparison;
using project::Node;

// A table of each side; without one there is nothing on that side.
struct Couple {
  std::string label;
  std::optional<DiffTable> a, b;
  const Node* node = nullptr;  // whose table it is, for the key
};

std::vector<std::string> names_of(const Call& call, const char* option) {
  std::vector<std::string> out;
  for (const std::string& words : call.options.list(option))
    for (const std::string& name : split(words, ','))
      if (const auto trimmed = trim(name); !trimmed.empty()) out.emplace_back(trimmed);
  return out;
}

checks::CompareOptions compare_options(const Call& call) {
  checks::CompareOptions options;
  options.key = names_of(call, "key");
  options.columns = names_of(call, "columns");
  options.exclude_columns = names_of(call, "exclude-columns");
  options.where = call.options.text("where");
  options.limit = call.options.integer("limit");
  if (options.limit < 0) throw Error(ErrorCode::bad_option_value, "--limit must be 0 or more");
  if (call.options.is_set("tolerance")) options.tolerance = checks::parse_tolerance(call.options.text("tolerance"));
  return options;
}

bool is_relation(const Node& node) {
  return (node.type == project::ResourceType::model && !node.is_ephemeral()) ||
         node.type == project::ResourceType::seed || node.type == project::ResourceType::snapshot;
}

std::vector<const Node*> relations_of(const Call& call, const project::Project& project) {
  std::vector<const Node*> nodes = selected_nodes(call, project);
  std::erase_if(nodes, [](const Node* node) { return !is_relation(*node); });
  return nodes;
}

DiffTable table_of_node(const Node& node, bool on_lake) {
  return {on_lake ? "" : node.database, node.schema, node.alias};
}

class Diff {
 public:
  explicit Diff(Call& call)
      : call_(call),
        options_(compare_options(call)),
        json_(call.options.text("output") == "json"),
        interrupts_(cancel_, {}),
        workspace_(call) {}

  int run() {
    if (call_.options.is_set("against")) return against_target();
    if (call_.arguments.empty())
      throw Error(ErrorCode::usage, "weir diff needs to know what to compare",
                  "weir diff orders@3 orders, weir diff old.duckdb lake, or weir diff --against TARGET");
    const DiffSpec a = parse_diff_spec(workspace_, call_.argument(0));
    DiffSpec b;
    if (call_.arguments.size() > 1) {
      b = parse_diff_spec(workspace_, call_.argument(1));
    } else if (a.has_version()) {
      b = a;
      b.table->version = {};
    } else {
      throw Error(ErrorCode::usage, "weir diff needs a second table, or a version of the first",
                  "weir diff " + call_.argument(0) + "@3 compares version 3 with the newest");
    }
    return a.table || b.table ? tables(a, b) : places(a.place, b.place);
  }

 private:
  // ---- what to compare

  int tables(const DiffSpec& a, const DiffSpec& b) {
    if (call_.options.is_set("select"))
      throw Error(ErrorCode::usage, "--select chooses among all tables, and here tables are named",
                  "name two databases or lakes, or use --against TARGET");
    Couple couple;
    couple.a = a.table ? a.table : b.table;
    couple.b = b.table ? b.table : a.table;
    for (auto* side : {a.table ? nullptr : &*couple.a, b.table ? nullptr : &*couple.b})
      if (side) *side = {"", side->schema, side->name};
    couple.label = couple.b->text();
    couple.node = b.node ? b.node : a.node ? a.node : node_called(*couple.b);
    DiffSession session(workspace_, a.place, b.place, cancel_);
    return tell(session, a.place, b.place, {couple}, true);
  }

  const Node* node_called(const DiffTable& table) {
    if (!workspace_.has_project() || !options_.key.empty()) return nullptr;
    for (const Node& node : workspace_.project().nodes)
      if (is_relation(node) && iequals(node.schema, table.schema) && iequals(node.alias, table.name)) return &node;
    return nullptr;
  }

  int places(const DiffPlace& a, const DiffPlace& b) {
    DiffSession session(workspace_, a, b, cancel_);
    std::vector<Couple> couples;
    if (workspace_.has_project()) {
      for (const Node* node : relations_of(call_, workspace_.project()))
        couples.push_back(
            couple_of(session, node->asset, {"", node->schema, node->alias}, {"", node->schema, node->alias}, node));
    } else {
      couples = couples_of(session.relations(true), session.relations(false));
    }
    return tell(session, a, b, couples, false);
  }

  // Both in the order of their names.
  static std::vector<Couple> couples_of(std::vector<DiffTable> of_a, std::vector<DiffTable> of_b) {
    const auto name = [](const DiffTable& table) { return std::pair(lower(table.schema), lower(table.name)); };
    std::map<std::pair<std::string, std::string>, Couple> by_name;
    for (DiffTable& table : of_a) by_name[name(table)].a = std::move(table);
    for (DiffTable& table : of_b) by_name[name(table)].b = std::move(table);
    std::vector<Couple> out;
    for (auto& [key, couple] : by_name) {
      couple.label = (couple.b ? couple.b : couple.a)->text();
      out.push_back(std::move(couple));
    }
    return out;
  }

  int against_target() {
    if (!call_.arguments.empty())
      throw Error(ErrorCode::usage, "--against compares with another target what is selected; no tables are named",
                  "weir diff -s " + call_.argument(0) + " --against " + call_.options.text("against"));
    const project::Project& project = workspace_.project();
    project::LoadFlags flags = workspace_.load_flags();
    flags.target = call_.options.text("against");
    project::Loaded loaded = project::load(workspace_.root(), flags);
    if (!loaded.errors.empty()) throw ProjectErrors(std::move(loaded.errors));
    const project::Project& other = *loaded.project;
    DiffPlace a = place_of(other), b = place_of(project);
    a.label = "target " + other.target.name;
    b.label = "target " + project.target.name;
    DiffSession session(workspace_, a, b, cancel_);
    std::vector<Couple> couples;
    for (const Node* node : relations_of(call_, project)) {
      const Node* there = other.find(node->unique_id);
      const DiffTable mine = table_of_node(*node, b.is_lake);
      couples.push_back(couple_of(session, node->asset, there ? table_of_node(*there, a.is_lake) : mine, mine, node));
    }
    return tell(session, a, b, couples, false);
  }

  static Couple couple_of(DiffSession& session, std::string label, DiffTable a, DiffTable b, const Node* node) {
    Couple couple{std::move(label), std::nullopt, std::nullopt, node};
    if (session.has(true, a)) couple.a = std::move(a);
    if (session.has(false, b)) couple.b = std::move(b);
    return couple;
  }

  // ---- comparing and telling

  checks::CompareOptions options_for(const Couple& couple, const DiffSession::Opened& a,
                                     const DiffSession::Opened& b) const {
    checks::CompareOptions options = options_;
    if (!options.key.empty() || !couple.node || !workspace_.has_project()) return options;
    options.key = checks::shared_key(workspace_.project(), *couple.node, a.side.columns, b.side.columns,
                                     options_.exclude_columns);
    return options;
  }

  std::string place_text(const DiffPlace& place, const std::optional<int64_t>& version) const {
    return place.label + (version ? fmt::format(" v{}", *version) : "");
  }

  struct Found {
    size_t equal = 0, different = 0, one_sided = 0, nowhere = 0;
    Json tables = Json::array();
  };

  // `alone`: one couple of named tables, told in full also when it is equal.
  int tell(DiffSession& session, const DiffPlace& a, const DiffPlace& b, const std::vector<Couple>& couples,
           bool alone) {
    if (couples.empty()) throw Error(ErrorCode::bad_selector, "there is no table to compare");
    const Style& style = call_.terminal.out;
    if (!json_ && !alone) print(style.bold(fmt::format("{} {} {}", a.label, style.arrow(), b.label)) + "\n");
    size_t width = 0;
    for (const Couple& couple : couples) width = std::max(width, couple.label.size());
    Found found;
    for (const Couple& couple : couples) {
      if (!couple.a || !couple.b) {
        tell_missing(a, b, couple, width, found);
        continue;
      }
      const DiffSession::Opened left = session.open(true, *couple.a), right = session.open(false, *couple.b);
      checks::CompareOptions options = options_for(couple, left, right);
      options.as_stored = a.is_lake != b.is_lake;
      const TableComparison comparison = compare(session, couple, left, right, options);
      (comparison.equal() ? found.equal : found.different)++;
      if (json_) {
        found.tables.push_back(entry_of(couple, left, right, comparison));
        continue;
      }
      const std::string verdict = comparison_summary(comparison);
      const std::string painted = comparison.equal() ? style.green(verdict) : style.red(verdict);
      if (alone) {
        const std::string from = couple.a->text() == couple.b->text() ? "" : couple.a->text() + " ";
        print(style.bold(fmt::format("{}  {}{} {} {}", couple.label, from, place_text(a, left.version), style.arrow(),
                                     place_text(b, right.version))) +
              "\n");
      } else {
        print(fmt::format("{:<{}}  {}\n", couple.label, width, painted));
      }
      if (alone || !comparison.equal()) print(comparison_text(comparison, style, screen_width()));
      if (alone) print(painted + "\n");
    }
    const bool same = found.different == 0 && found.one_sided == 0;
    const bool nothing = found.nowhere == couples.size();
    if (json_ || !alone) tell_all(a, b, same, std::move(found));
    if (nothing)
      throw Error(ErrorCode::sql_unknown_table, "neither " + a.label + " nor " + b.label + " has any of these tables",
                  "build them first, or name the target whose schemas they have with --target");
    return same ? exit_done : exit_failed;
  }

  // A table that one of the places lacks, or both.
  void tell_missing(const DiffPlace& a, const DiffPlace& b, const Couple& couple, size_t width, Found& found) const {
    const bool nowhere = !couple.a && !couple.b;
    (nowhere ? found.nowhere : found.one_sided)++;
    if (json_) {
      const char* only = couple.a ? "a" : "b";
      found.tables.push_back(Json::object()
                                 .set("table", couple.label)
                                 .set("equal", nowhere ? Json() : Json(false))
                                 .set("only_in", nowhere ? Json() : Json(only)));
      return;
    }
    const std::string what =
        nowhere ? "in neither of them" : call_.terminal.out.yellow("only in " + (couple.a ? a.label : b.label));
    print(fmt::format("{:<{}}  {}\n", couple.label, width, what));
  }

  static TableComparison compare(DiffSession& session, const Couple& couple, const DiffSession::Opened& left,
                                 const DiffSession::Opened& right, const checks::CompareOptions& options) {
    try {
      return checks::compare(session.session(), left.side, right.side, options);
    } catch (Error& error) {
      if (error.span()) error.with_span(Span());  // a place in a query that nobody wrote
      throw error.add_context("comparing " + couple.label);
    }
  }

  static Json entry_of(const Couple& couple, const DiffSession::Opened& left, const DiffSession::Opened& right,
                       const TableComparison& comparison) {
    Json entry = Json::object().set("table", couple.label);
    Json found = comparison_json(comparison);
    for (auto& [key, value] : found.as_object()) entry.set(key, std::move(value));
    if (left.version) entry.find("a")->set("version", *left.version);
    if (right.version) entry.find("b")->set("version", *right.version);
    return entry;
  }

  void tell_all(const DiffPlace& a, const DiffPlace& b, bool same, Found found) const {
    if (json_) {
      const Json all =
          Json::object().set("equal", same).set("a", a.label).set("b", b.label).set("tables", std::move(found.tables));
      print(all.dump(2) + "\n");
      return;
    }
    std::vector<std::string> parts{fmt::format("{} equal", found.equal), fmt::format("{} different", found.different)};
    if (found.one_sided > 0) parts.push_back(fmt::format("{} in one only", found.one_sided));
    if (found.nowhere > 0) parts.push_back(fmt::format("{} in neither", found.nowhere));
    print(join(parts, ", ") + "\n");
  }

  size_t screen_width() const { return call_.terminal.out_is_terminal ? static_cast<size_t>(screen_of(1).columns) : 0; }

  Call& call_;
  checks::CompareOptions options_;
  bool json_;
  CancelToken cancel_;
  Interrupts interrupts_;
  mutable Workspace workspace_;
};

Flag names_flag(const char* name, const char* doc) {
  auto flag = value_flag(name, 0, "COLUMN…", doc);
  flag.spec.type = OptionType::text_list;
  return flag;
}

}  // namespace

Verb diff_verb() {
  Verb verb;
  verb.name = "diff";
  verb.group = "Look";
  verb.summary = "compare two tables, two environments, or a database with the lake";
  verb.detail =
      "A and B are a table of the project's target (orders, raw.orders), of the lake at a version or time (orders@3, "
      "orders@2026-01-05), of a DuckDB file (old.duckdb:main.orders) or of another lake (s3://bucket/lake:raw.orders, "
      "../lake:raw.orders). Without B: that version and the newest. `weir diff old.duckdb lake` compares all tables of "
      "the project that both have; --against TARGET those of another target of the profile with this one's.\n"
      "Rows are matched by the key: --key, else the model's unique_key or what a unique test holds for; without a key "
      "they are compared as multisets. Nothing is changed. Exit code 0: equal, 1: different (docs/diff.md).\n"
      "--models --state FOLDER compares the project itself with an earlier manifest. Exit code 1: something is "
      "breaking.";
  auto against = value_flag("against", 0, "TARGET", "compare what is selected with this target of the profile");
  auto tolerance =
      value_flag("tolerance", 0, "N", "floats this far apart are the same: 0.01, or 0.1% of the larger one");
  auto limit = limit_flag(10);
  limit.spec.doc = "sample rows of each kind; 0 = none";
  auto output = value_flag("output", 0, "FORM", "form of the answer");
  output.spec.allowed = {"text", "json"};
  output.spec.default_value = "text";
  verb.flags = together({project_flags(),
                         selection_flags(),
                         engine_flags(),
                         {switch_flag("models", 0,
                                      "tell what has changed of the models since --state, and whether it breaks those "
                                      "who read them"),
                          against, names_flag("key", "columns that tell rows apart"),
                          value_flag("where", 0, "SQL", "only rows for which this holds, on both sides"),
                          names_flag("columns", "compare these columns only"),
                          names_flag("exclude-columns", "leave these columns out"), tolerance, limit, output}});
  verb.arguments = {{"A", "a table, a version of it, a database file or a lake", false, false, Completes::table},
                    {"B", "the same, to compare A with", false, false, Completes::table}};
  verb.run = [](Call& call) { return call.is_on("models") ? show_model_changes(call) : Diff(call).run(); };
  return verb;
}

}  // namespace weir::cli
