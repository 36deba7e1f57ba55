#include "run/database_build.h"

#include <algorithm>

#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"
#include "run/built_aside.h"
#include "run/confine.h"
#include "run/contract.h"
#include "run/external_model.h"
#include "run/function_text.h"
#include "run/incremental.h"
#include "run/python_table.h"
#include "run/recorded_session.h"
#include "run/seed_load.h"
#include "run/snapshot.h"
#include "run/work.h"

namespace weir::run {

namespace {

class DatabaseBuild {
 public:
  DatabaseBuild(RunParts& parts, const plan::Step& step, TargetSession& target, Built& built,
                const std::optional<Batch>& batch, const std::function<void()>& before_rollback)
      : parts_(parts),
        step_(step),
        node_(*step.node),
        session_(target.session()),
        traced_(session_),
        recorded_(static_cast<engine::Session&>(traced_)),
        built_(built),
        batch_(batch.value_or(Batch{})),
        before_rollback_(before_rollback) {
    state_.full_refresh = step.full_refresh;
    state_.warehouse = &target.warehouse();
    state_.selected = &parts.selected;
    if (!before_rollback) state_.heard = details_for(parts.world.watcher);  // else it is built once more
    state_.executed = &main_statements_;
    if (batch) state_.batch = batch->window;
  }

  void run() {
    const bool thrown_away = static_cast<bool>(before_rollback_);
    const auto keys = tying();
    tied_ = keys.owns_lock();
    {
      Transaction transaction(session_, "", {});
      // What a template does while it is rendered is taken back as well.
      if (thrown_away) transaction.begin();
      project::Rendered rendered = compile();
      built_.started_ms = parts_.world.clock.now_ms();
      if (batch_.first) run_hooks(node_.config->pre_hook, false);
      if (!thrown_away) transaction.begin();
      if (batch_.first) run_hooks(node_.config->pre_hook, true);
      make(rendered);
      if (batch_.last) run_hooks(node_.config->post_hook, true);
      if (thrown_away) return before_rollback_();
      transaction.release();
    }
    if (batch_.last) run_hooks(node_.config->post_hook, false);
  }

 private:
  const project::Project& project() const { return parts_.world.project; }

  // Held by one node at a time of those that foreign keys tie together.
  std::unique_lock<std::mutex> tying() {
    const bool table = step_.kind == plan::StepKind::table || step_.kind == plan::StepKind::incremental;
    return table ? parts_.foreign_keys.hold(session_, node_) : std::unique_lock<std::mutex>();
  }

  project::Rendered compile() {
    relations_ = relations_of(session_, node_);
    existing_ = relations_.own;
    state_.table_exists = existing_ == "table";
    project::Rendered out;
    if (!node_.sql && !node_.python) return out;
    try {
      out = project::render(project(), node_, state_);
      log(out.logged);
    } catch (Error& error) {
      throw in_node(std::move(error), node_, nullptr);
    }
    built_.compiled_code = out.compiled();
    built_.ephemeral = project::ephemeral_texts(out.injected);
    return out;
  }

  void make(project::Rendered& rendered) {
    try {
      std::optional<PythonTable> python;
      const std::string custom = custom_materialization();
      if (node_.python && custom.empty())
        rendered.sql = python.emplace(parts_, node_, rendered.sql).query(session_, state_);
      materialize(rendered.sql, custom);
      note_executed();
      create_indexes();
      persist_docs();
    } catch (Error& error) {
      note_executed();
      throw in_node(in_query(std::move(error), rendered.sql), node_, node_.sql ? &rendered : nullptr);
    }
  }

  // A place in the statement that failed as one in the query that it holds.
  Error in_query(Error error, const std::string& sql) const {
    const std::string statement = traced_.last();
    const size_t begin = statement.find(sql);
    auto span = error.span();
    if (!span || !span->file.empty() || begin == std::string::npos) return error;
    const auto before =
        static_cast<int>(std::count(statement.begin(), statement.begin() + static_cast<std::ptrdiff_t>(begin), '\n'));
    if (span->line <= before) return error;
    span->line -= before;
    return std::move(error.with_span(*span));
  }

  void log(const project::LogLines& lines) { built_.logged.insert(built_.logged.end(), lines.begin(), lines.end()); }

  // As dbt: the statements that made the relation, without those before and after them.
  void note_executed() {
    if (node_.is_python_model()) {
      built_.executed_sql = built_.compiled_code.value_or("");
      return;
    }
    const std::string main = RecordedSession::statements_text(main_statements_);
    const std::string own = recorded_.text();
    built_.executed_sql = !main.empty() || own.empty() ? main : own + ";";
  }

  void materialize(const std::string& sql, const std::string& custom) {
    if (!custom.empty()) {
      project::RenderState state = state_;
      state.full_refresh = state_.full_refresh && !batch_.adds;
      const std::string text = node_.is_function() ? function_text(node_, sql) : sql;
      log(project::run_materialization(project(), node_, custom, text, state).logged);
      return;
    }
    const bool contract = node_.type == project::ResourceType::model && has_contract(node_);
    if (contract) {
      if (!node_.config->sql_header.empty()) traced_.execute(node_.config->sql_header);
      check_contract(traced_, node_, sql);
    }
    switch (step_.kind) {
      case plan::StepKind::seed:
        return make_seed();
      case plan::StepKind::snapshot: {
        Snapshot snapshot(node_, {traced_, recorded_}, project::snapshot_strategy(project(), node_, state_),
                          dbts_rows_table(node_, {}, parts_.world.clock.now_ms()));
        drop_unless("table");
        added_ = state_.table_exists;
        built_.rows = added_ ? snapshot.update(sql) : snapshot.create(sql);
        return compare_times(snapshot.first_versions(sql));
      }
      case plan::StepKind::view:
        drop_left_behind(traced_, node_, relations_);
        recorded_.execute(header() + "create view " + relation_beside(node_, "__dbt_tmp") + " as (\n" + sql + "\n)");
        return take_place(traced_, node_, "__dbt_tmp", "view", existing_);
      default:
        make_table(sql, contract);
    }
  }

  // dbt compares the times that begin versions with those at which rows go. `rows`: the query of a snapshot's table.
  void compare_times(const std::string& rows) {
    StepWatcher* const watcher = parts_.world.watcher;
    if (watcher == nullptr || before_rollback_) return;
    for (const engine::ColumnInfo& column : session_.describe(rows))
      if (iequals(column.name, "dbt_updated_at") && column.type != "TIMESTAMP")
        watcher->times_differ(step_, column.type);
  }

  // A statement of names that may need the quotes which their configuration denies them.
  void declare(const std::string& statement, const char* remedy) {
    try {
      recorded_.execute(statement);
    } catch (Error& error) {
      if (error.code() == ErrorCode::sql_syntax && error.hint().empty()) error.with_hint(remedy);
      throw;
    }
  }

  // Emptied and filled again, if it is there. Not where it has or gets indexes: a unique one that is made in the same
  // transaction, or is one of a file that was closed, knows the rows that were deleted.
  void make_seed() {
    const bool refills =
        existing_ == "table" && !node_.config->full_refresh.value_or(state_.full_refresh) && !indexed();
    if (existing_ && !refills) traced_.execute("drop " + *existing_ + " " + node_.relation_text());
    added_ = refills;
    try {
      built_.rows = copy_seed(traced_, recorded_, parts_.world.engine, project().root, node_, refills);
    } catch (Error& error) {
      if (refills && error.hint().empty()) error.with_hint("if the seed's columns have changed: --full-refresh");
      throw;
    }
  }

  // By its configuration, or by hooks in this run or before.
  bool indexed() {
    const auto makes_index = [](const project::Hook& hook) {
      return lower(hook.sql).find("index") != std::string::npos;
    };
    const std::vector<project::Hook>& hooks = node_.config->post_hook;
    if (node_.config->all.find("indexes") || std::any_of(hooks.begin(), hooks.end(), makes_index)) return true;
    const std::string table = "lower(database_name) = " + quote_literal(lower(node_.database)) +
                              " AND lower(schema_name) = " + quote_literal(lower(node_.schema)) +
                              " AND lower(table_name) = " + quote_literal(lower(node_.alias));
    return !session_.query("SELECT 1 FROM duckdb_indexes() WHERE " + table + " LIMIT 1").rows.empty();
  }

  void make_table(const std::string& sql, bool contract) {
    const std::string& kind = node_.config->materialized;
    if (kind == "external") return make_external(sql);
    if (kind == "table_function") {
      recorded_.execute(header() + "create or replace function " + node_.relation_text() + "(" + parameters() +
                        ") as table (\n" + sql + "\n)");
      return;
    }
    if (kind != "table" && kind != "incremental")
      throw Error(
          ErrorCode::not_built, "there is no materialization \"" + kind + "\"",
          "view, table, incremental, ephemeral, external and table_function are built in; a macro {% materialization " +
              kind + ", adapter='duckdb' %} of the project or a package defines another");
    drop_left_behind(traced_, node_, relations_);
    if (project::is_incremental(node_, state_) || batch_.adds) {
      added_ = true;
      const std::string strategy = node_.config->incremental_strategy.value_or("delete+insert");
      built_.rows = add_incrementally(project(), node_, {traced_, recorded_}, strategy, state_, sql,
                                      dbts_rows_table(node_, state_.batch, parts_.world.clock.now_ms()));
    } else {
      create_table(sql, contract);
    }
  }

  void make_external(const std::string& sql) {
    const std::string root = project().target.extra.get_string("external_root").value_or(".");
    const std::string location = node_.config->all.get_string("location").value_or("");
    const ExternalFile file = external_file(node_, root, rendered(location, "location of " + node_.name));
    refuse_outside(project(), file.location, node_.span);
    drop_left_behind(traced_, node_, relations_);
    built_.rows = build_external(traced_, recorded_, node_, relation_beside(node_, "__dbt_int"), file, sql);
    take_place(traced_, node_, "__dbt_int", "view", existing_);
  }

  // Beside the old one, which goes then; under its own name where foreign keys keep it from getting another.
  void create_table(const std::string& sql, bool contract) {
    const bool in_place = tied_ && has_foreign_keys(session_, node_);
    std::optional<std::string> old = existing_;
    std::vector<std::string> referring;
    if (tied_ && old == "table") {
      referring = set_aside(traced_, project(), *parts_.plan, node_);
      old.reset();
    }
    if (in_place && old) traced_.execute("drop " + *old + " " + node_.relation_text());
    const std::string relation = in_place ? node_.relation_text() : relation_beside(node_, "__dbt_tmp");
    if (contract) {
      const ContractSql statements =
          contract_sql(node_, relation, sql, [&](const std::string& to) { return resolved(to); });
      declare(header() + statements.create, "a name in it that needs quotes has `quote: true` in the YAML");
      built_.rows = recorded_.query(statements.insert).changed;
    } else {
      built_.rows = recorded_.query(header() + "create table " + relation + " as (\n" + sql + "\n)").changed;
    }
    if (!in_place) take_place(traced_, node_, "__dbt_tmp", "table", old);
    put_back(traced_, node_, referring);
    for (const std::string& table : referring)
      log({{node_.schema + "." + table + " keeps its rows, and has its foreign keys again once it is built"}});
  }

  // Of a table function: "a, b", ["a", "b"] or nothing.
  std::string parameters() const {
    const Json* given = node_.config->all.find("parameters");
    if (!given || given->is_null()) return {};
    if (!given->is_array()) return given->is_string() ? given->as_string() : given->dump();
    std::vector<std::string> names;
    for (const Json& name : given->as_array()) names.push_back(name.is_string() ? name.as_string() : name.dump());
    return join(names, ", ");
  }

  std::string rendered(const std::string& text, const std::string& label) {
    return text.find('{') == std::string::npos
               ? text
               : std::string(trim(project::render_text(project(), &node_, text, label, state_).sql));
  }

  // The relation that a foreign key's template is. The engine knows such keys within a database only, and takes no
  // database in front.
  std::string resolved(const std::string& reference) {
    const std::string name = rendered(reference, "foreign key of " + node_.name);
    const std::string database = (node_.quoting.database ? quote_identifier(node_.database) : node_.database) + ".";
    return name.starts_with(database) ? name.substr(database.size()) : name;
  }

  // indexes: [{columns: [id], unique: true}]. A table that is only added to has its own already.
  void create_indexes() {
    const Json* indexes = node_.config->all.find("indexes");
    const bool table = step_.kind != plan::StepKind::view && node_.config->materialized != "external";
    if (!indexes || !indexes->is_array() || !table || added_ || !custom_materialization().empty()) return;
    size_t number = 0;
    for (const Json& index : indexes->as_array()) {
      const Json* named = index.is_object() ? index.find("columns") : nullptr;
      std::vector<std::string> columns;
      if (named && named->is_array())
        for (const Json& column : named->as_array())
          if (column.is_string()) columns.push_back(quote_identifier(column.as_string()));
      if (columns.empty() || columns.size() != named->size())
        throw Error(ErrorCode::bad_config,
                    "an index of " + node_.name + " is no {columns: [name, …], unique: true or false}")
            .with_span(node_.span);
      const std::string list = join(columns, ", ");
      const std::string name =
          "__dbt_index_" + md5_hex(node_.relation_text() + " " + list + " " + std::to_string(number++));
      traced_.execute(std::string("CREATE ") + (index.get_bool("unique").value_or(false) ? "UNIQUE " : "") + "INDEX " +
                      quote_identifier(name) + " ON " + node_.relation_text() + " (" + list + ")");
    }
  }

  // By dbt's macros, so that a project's own are called. A materialisation of its own does it itself.
  void persist_docs() {
    const Json* wish = node_.config->all.find("persist_docs");
    if (!wish || !wish->is_object() || !custom_materialization().empty() || !batch_.last) return;
    const bool relation = wish->get_bool("relation").value_or(false),
               columns = wish->get_bool("columns").value_or(false);
    if (!relation && !columns) return;
    log(project::render_text(project(), &node_, "{% do persist_docs(load_relation(this), model) %}",
                             "persist_docs of " + node_.name, state_)
            .logged);
  }

  // A project may define materialisations of its own, and its own of a name that dbt has.
  std::string custom_materialization() const {
    if (node_.is_function()) return project::function_materialization(project(), node_);
    return node_.type == project::ResourceType::model
               ? project::find_materialization(project(), node_.config->materialized)
               : std::string();
  }

  std::string header() const { return node_.config->sql_header.empty() ? "" : node_.config->sql_header + "\n"; }

  // What has the node's name but is of another kind goes.
  void drop_unless(const char* kind) {
    if (existing_ && *existing_ != kind) traced_.execute("drop " + *existing_ + " " + node_.relation_text());
  }

  void run_hooks(const std::vector<project::Hook>& hooks, bool inside_transaction) {
    if (!custom_materialization().empty()) return;  // which runs them, where it means them to be run
    for (const project::Hook& hook : hooks) {
      if (hook.transaction != inside_transaction) continue;
      const project::Rendered rendered =
          project::render_text(project(), &node_, hook.sql, "hook of " + node_.name, state_);
      log(rendered.logged);
      if (trim(rendered.sql).empty()) continue;
      session_.execute(rendered.sql);
    }
  }

  RunParts& parts_;
  const plan::Step& step_;
  const project::Node& node_;
  engine::Session& session_;
  RecordedSession traced_;    // everything that makes the relation
  RecordedSession recorded_;  // of that, what is told in target/run
  std::vector<std::string> main_statements_;
  Built& built_;
  Batch batch_;
  const std::function<void()>& before_rollback_;
  project::RenderState state_;
  NodeRelations relations_;
  std::optional<std::string> existing_;
  bool tied_ = false;   // by foreign keys, to other tables
  bool added_ = false;  // rows came to a table that was there
};

}  // namespace

void build_on_database(RunParts& parts, const plan::Step& step, TargetSession& target, Built& built,
                       const std::optional<Batch>& batch, const std::function<void()>& before_rollback) {
  DatabaseBuild(parts, step, target, built, batch, before_rollback).run();
}

}  // namespace weir::run
