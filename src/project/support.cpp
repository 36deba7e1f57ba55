#include "project/support.h"

#include "base/text.h"

namespace weir::project {

namespace {

Error bad(const Node& node, const std::string& message) {
  return Error(ErrorCode::bad_config, "test " + node.name + ": " + message).with_span(node.span);
}

std::string text_of(const Node& node, const char* key, std::string otherwise) {
  const Json* value = node.config.all.find(key);
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
  const NodeConfig& config = node.config;
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
  if (const Json* limit = node.config.all.find("limit"); limit && !limit->is_null()) {
    if (!limit->is_int() || limit->as_int() < 0) throw bad(node, "limit must be a whole number, not " + limit->dump());
    test.limit = limit->as_int();
  }
  const Json* store = node.config.all.find("store_failures");
  test.store_failures = store && store->is_bool() ? store->as_bool() : store_failures;
  if (const auto as = node.config.all.get_string("store_failures_as")) {
    if (*as != "table" && *as != "view" && *as != "ephemeral")
      throw bad(node, "store_failures_as may be table, view or ephemeral, not \"" + *as + "\"");
    test.store_failures = *as != "ephemeral";
  }
}

std::string foreign_key_template(const Json& constraint) {
  const std::string to = constraint.is_object() ? constraint.get_string("to").value_or("") : std::string();
  return to.starts_with("ref(") || to.starts_with("source(") ? "{{ " + to + " }}" : std::string();
}

}  // namespace weir::project
