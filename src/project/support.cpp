#include "project/support.h"

#include "base/text.h"

namespace weir::project {

namespace {

std::string incremental_gap(const NodeConfig& config) {
  const std::string strategy = config.incremental_strategy.value_or("append");
  const bool by_key = strategy == "merge" || strategy == "delete+insert";
  if (strategy != "append" && !by_key)
    return "incremental_strategy " + strategy + " (append, merge and delete+insert are)";
  if (config.on_schema_change == "sync_all_columns") return "on_schema_change sync_all_columns";
  if (by_key && config.unique_key.empty()) return "incremental_strategy " + strategy + " without a unique_key";
  return {};
}

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

std::string why_unsupported(const Node& node) {
  const NodeConfig& config = node.config;
  if (node.type == ResourceType::snapshot) return "snapshots";
  if (node.type != ResourceType::model) return {};
  const std::string& kind = config.materialized;
  if (kind != "view" && kind != "table" && kind != "incremental" && kind != "ephemeral")
    return "materialization " + kind + " (view, table, incremental and ephemeral are)";
  if (const Json* contract = config.all.find("contract"))
    if (const Json* enforced = contract->find("enforced"); enforced && enforced->is_bool() && enforced->as_bool())
      return "enforced contracts";
  if (kind == "incremental") return incremental_gap(config);
  return {};
}

void settle_test(Node& node) {
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
  test.store_failures = store && store->is_bool() && store->as_bool();
}

}  // namespace weir::project
