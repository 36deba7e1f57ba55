#include "project/support.h"

#include "base/text.h"

namespace weir::project {

namespace {

Error bad(const Node& node, const std::string& message) {
  return Error(ErrorCode::bad_config, "test " + node.name + ": " + message).with_span(node.span);
}

std::string text_of(const Node& node, const char* key, std::string otherwise) {
  const Json* value = node.config->all.find(key);
  if (!value || value->is_null()) return otherwise;
  if (!value->is_string()) throw bad(node, std::string(key) + " must be a text, not " + value->dump());
  return value->as_string();
}

std::string condition(const Node& node, const char* key) {
  std::string text(trim(text_of(node, key, "!= 0")));
  for (const std::string_view sign : {">=", "<=", "!=", "<>", "==", ">", "<", "="})
    if (text.starts_with(sign) && parse_double(trim(std::string_view(text).substr(sign.size())))) return text;
  throw bad(node, std::string(key) + " must compare with a number, like \">10\", not \"" + text + "\"");
}

}  // namespace

std::string why_unsupported(const Node& node, TargetKind target) {
  const NodeConfig& config = *node.config;
  if (node.type != ResourceType::model) return {};
  const std::string& kind = config.materialized;
  if (node.python && (kind == "view" || kind == "ephemeral"))
    return "Python models as " + kind + " (table and incremental are)";
  // external: on the lake its rows are a table as others are
  if (kind != "view" && kind != "table" && kind != "incremental" && kind != "ephemeral" && kind != "external") {
    if (target == TargetKind::database) return {};  // a macro of the project, looked for when it runs
    return "materialization " + kind + " (view, table, incremental, ephemeral and external are)";
  }
  if (const Json* contract = config.all.find("contract"); contract && target == TargetKind::lake)
    if (const Json* enforced = contract->find("enforced"); enforced && enforced->is_bool() && enforced->as_bool())
      return "enforced contracts on the lake";
  return {};  // an incremental strategy is asked for only when there is something to add to: see run/incremental.h
}

void settle_test(Node& node, bool store_failures) {
  TestInfo& test = *node.test;
  const std::string severity = lower(text_of(node, "severity", "error"));
  if (severity != "error" && severity != "warn")
    throw bad(node, "severity may be error or warn, not \"" + severity + "\"");
  test.severity = severity == "warn" ? Severity::warn : Severity::error;
  test.where = text_of(node, "where", "");
  test.fail_calc = text_of(node, "fail_calc", "count(*)");
  test.warn_if = condition(node, "warn_if");
  test.error_if = condition(node, "error_if");
  if (const Json* limit = node.config->all.find("limit"); limit && !limit->is_null()) {
    if (!limit->is_int() || limit->as_int() < 0) throw bad(node, "limit must be a whole number, not " + limit->dump());
    test.limit = limit->as_int();
  }
  const Json* store = node.config->all.find("store_failures");
  test.store_failures = store && store->is_bool() ? store->as_bool() : store_failures;
  if (const auto as = node.config->all.get_string("store_failures_as")) test.store_failures = *as != "ephemeral";
}

namespace {

// Those of CSS.
constexpr std::string_view colors =
    " "
    "aliceblue antiquewhite aqua aquamarine azure beige bisque black blanchedalmond blue blueviolet "
    "brown burlywood cadetblue chartreuse chocolate coral cornflowerblue cornsilk crimson cyan darkblue "
    "darkcyan darkgoldenrod darkgray darkgreen darkkhaki darkmagenta darkolivegreen darkorange "
    "darkorchid darkred darksalmon darkseagreen darkslateblue darkslategray darkturquoise darkviolet "
    "deeppink deepskyblue dimgray dodgerblue firebrick floralwhite forestgreen fuchsia gainsboro "
    "ghostwhite gold goldenrod gray green greenyellow honeydew hotpink indianred indigo ivory khaki "
    "lavender lavenderblush lawngreen lemonchiffon lightblue lightcoral lightcyan lightgoldenrodyellow "
    "lightgray lightgreen lightpink lightsalmon lightseagreen lightskyblue lightslategray lightsteelblue "
    "lightyellow lime limegreen linen magenta maroon mediumaquamarine mediumblue mediumorchid "
    "mediumpurple mediumseagreen mediumslateblue mediumspringgreen mediumturquoise mediumvioletred "
    "midnightblue mintcream mistyrose moccasin navajowhite navy oldlace olive olivedrab orange orangered "
    "orchid palegoldenrod palegreen paleturquoise palevioletred papayawhip peachpuff peru pink plum "
    "powderblue purple rebeccapurple red rosybrown royalblue saddlebrown salmon sandybrown seagreen "
    "seashell sienna silver skyblue slateblue slategray snow springgreen steelblue tan teal thistle "
    "tomato turquoise violet wheat white whitesmoke yellow yellowgreen ";

bool is_color(const std::string& text) {
  const std::string name = lower(text);
  if (!name.starts_with("#")) return !name.empty() && colors.find(" " + name + " ") != std::string_view::npos;
  return (name.size() == 4 || name.size() == 7) && name.find_first_not_of("0123456789abcdef", 1) == std::string::npos;
}

void check_color(const Node& node, const Span& span) {
  const Json* docs = node.config->all.find("docs");
  const Json* color = docs ? docs->find("node_color") : nullptr;
  if (!color || color->is_null() || *color == Json("")) return;
  if (!color->is_string() || !is_color(color->as_string()))
    throw Error(ErrorCode::bad_config,
                "docs.node_color may be the name of an HTML color or a HEX code, not " + color->dump())
        .with_span(span)
        .with_hint("node_color: \"#1f77b4\"");
}

bool is_kind(const Json& constraint, std::string_view kind) {
  return constraint.is_object() && lower(constraint.get_string("type").value_or("")) == kind;
}

bool has_kind(const Json* constraints, std::string_view kind) {
  if (!constraints || !constraints->is_array()) return false;
  for (const Json& constraint : constraints->as_array())
    if (is_kind(constraint, kind)) return true;
  return false;
}

void check_primary_keys(const Node& node) {
  std::vector<std::string> columns;
  for (const Column& column : node.columns)
    if (has_kind(&column.constraints, "primary_key")) columns.push_back("'" + column.name + "'");
  const auto wrong = [&](const std::string& what) {
    return Error(ErrorCode::bad_schema_yaml, what)
        .with_span(node.span)
        .with_hint("constraints: [{type: primary_key, columns: [...]}] beside the model's name");
  };
  if (columns.size() > 1)
    throw wrong(join(columns, ", ") + " are a primary key each: a key of several columns is a constraint of the model");
  if (!columns.empty() && has_kind(node.described.find("constraints"), "primary_key"))
    throw wrong("a primary key is declared for the model and for a column: there can be only one");
}

void check_foreign_keys(const Node& node, const Json* constraints) {
  if (!constraints || !constraints->is_array()) return;
  for (const Json& constraint : constraints->as_array()) {
    if (!is_kind(constraint, "foreign_key")) continue;
    const std::string to = constraint.get_string("to").value_or("");
    if (!to.empty() && foreign_key_template(constraint).empty())
      throw Error(ErrorCode::bad_schema_yaml,
                  "a foreign key of " + node.name + " is to \"" + to + "\", which is no ref() and no source()")
          .with_span(node.span)
          .with_hint("to: ref('a_model'), or to: source('a_source', 'a_table')");
  }
}

void check_contract_rules(const Node& node, const Span& span) {
  const Json* contract = node.config->all.find("contract");
  if (!contract || !contract->is_object() || !contract->get_bool("enforced").value_or(false)) return;
  if (node.python)
    throw Error(ErrorCode::bad_config, "Language Error: Expected 'sql' but found 'python': the contract of " +
                                           node.name + " cannot be enforced")
        .with_span(span)
        .with_hint("contract: {enforced: false}, or write the model in SQL");
  const std::string& policy = node.config->on_schema_change;
  if (node.config->materialized == "incremental" && policy != "append_new_columns" && policy != "fail")
    throw Error(ErrorCode::bad_config, "on_schema_change: " + policy +
                                           " does not go with the enforced contract of an incremental model: "
                                           "append_new_columns or fail does")
        .with_span(span);
  // Of a model that no YAML file names this is told when it is built.
  if (!node.patch_file.empty() && node.columns.empty())
    throw Error(ErrorCode::bad_schema_yaml,
                "the contract of " + node.name + " is enforced, and " + node.patch_file + " names no columns")
        .with_span(span)
        .with_hint("columns: [{name: id, data_type: integer}]");
}

// After how long a model is to be built again is a number of a unit.
void check_build_after(const Node& node, const Span& span) {
  const Json* freshness = node.config->all.find("freshness");
  const Json* after = freshness && freshness->is_object() ? freshness->find("build_after") : nullptr;
  if (!after || !after->is_object()) return;
  const auto has = [&](const char* key) { return after->find(key) && !after->find(key)->is_null(); };
  if (has("count") == has("period")) return;
  const std::string there = has("count") ? "count" : "period", other = has("count") ? "period" : "count";
  throw Error(ErrorCode::bad_config,
              "config freshness.build_after of " + node.name + " has a " + there + ", and no " + other)
      .with_span(span)
      .with_hint("build_after: {count: 4, period: hour}");
}

}  // namespace

void check_model_rules(const Node& node, const Span& span) {
  check_color(node, span);
  check_build_after(node, span);
  check_contract_rules(node, span);
  check_primary_keys(node);
  check_foreign_keys(node, node.described.find("constraints"));
  for (const Column& column : node.columns) check_foreign_keys(node, &column.constraints);
}

void check_snapshot_rules(const Node& node, const Span& span) {
  if (!node.config->enabled) return;
  const std::string strategy = node.config->all.get_string("strategy").value_or("");
  if (!strategy.empty() && !node.config->unique_key.empty()) return;
  throw Error(ErrorCode::bad_config, "a snapshot needs a strategy and a unique_key, and " + node.name + " lacks " +
                                         (strategy.empty() ? "strategy" : "unique_key"))
      .with_span(span)
      .with_hint("strategy: timestamp with updated_at, or check with check_cols");
}

std::string foreign_key_template(const Json& constraint) {
  const std::string to = constraint.is_object() ? constraint.get_string("to").value_or("") : std::string();
  return to.starts_with("ref(") || to.starts_with("source(") ? "{{ " + to + " }}" : std::string();
}

}  // namespace weir::project
