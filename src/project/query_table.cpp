#include "project/query_table.h"

#include <algorithm>
#include <memory>

#include "base/text.h"
#include "template/arguments.h"
#include "template/evaluation.h"
#include "template/object.h"

namespace weir::project {

using tmpl::Arguments;
using tmpl::Evaluation;
using tmpl::Iteration;
using tmpl::Object;
using tmpl::Value;

namespace {

struct Data {
  std::vector<std::string> names;
  std::vector<std::string> types;
  std::vector<std::vector<Value>> rows;
};
using Shared = std::shared_ptr<const Data>;

class ListIteration final : public Iteration {
 public:
  explicit ListIteration(std::vector<Value> items) : items_(std::move(items)) {}
  bool next(Value& out) override {
    if (at_ == items_.size()) return false;
    out = items_[at_++];
    return true;
  }

 private:
  std::vector<Value> items_;
  size_t at_ = 0;
};

// A sequence whose items also have names: rows by column name, columns by theirs.
class NamedSequence : public Object {
 public:
  NamedSequence(std::vector<std::string> names, std::vector<Value> items)
      : names_(std::move(names)), items_(std::move(items)) {}
  std::optional<Value> get_item(Evaluation&, const Value& key) override {
    if (key.is_small_int()) {
      const int64_t size = static_cast<int64_t>(items_.size());
      const int64_t index = key.as_int() < 0 ? key.as_int() + size : key.as_int();
      return index >= 0 && index < size ? std::optional<Value>(items_[static_cast<size_t>(index)]) : std::nullopt;
    }
    return key.is_string() ? by_name(key.as_string()) : std::nullopt;
  }
  std::optional<Value> get_attr(Evaluation&, std::string_view name) override { return by_name(name); }
  std::optional<Value> call_method(Evaluation&, std::string_view name, const Arguments&) override {
    if (name == "values") return Value::list(items_);
    if (name == "keys") {
      std::vector<Value> keys(names_.begin(), names_.end());
      return Value::list(std::move(keys));
    }
    if (name == "dict" || name == "items") {
      tmpl::Dict dict;
      for (size_t i = 0; i < names_.size() && i < items_.size(); i++) dict.set(Value(names_[i]), items_[i]);
      if (name == "dict") return Value::dict(std::move(dict));
      std::vector<Value> pairs;
      for (const auto& entry : dict.entries()) pairs.push_back(Value::tuple({entry.key, entry.value}));
      return Value::list(std::move(pairs));
    }
    return std::nullopt;
  }
  std::unique_ptr<Iteration> iterate(Evaluation&) override { return std::make_unique<ListIteration>(items_); }
  std::optional<size_t> length() const override { return items_.size(); }
  bool is_sequence() const override { return true; }
  std::optional<Value> plain() const override { return Value::list(items_); }
  void release_children(std::vector<Value>& out) override {
    for (Value& item : items_) out.push_back(std::move(item));
  }

 protected:
  std::optional<Value> by_name(std::string_view name) const {
    for (size_t i = 0; i < names_.size() && i < items_.size(); i++)
      if (names_[i] == name) return items_[i];
    return std::nullopt;
  }
  std::vector<std::string> names_;
  std::vector<Value> items_;
};

class Row final : public NamedSequence {
 public:
  using NamedSequence::NamedSequence;
  std::string type_name() const override { return "Row"; }
};

class ColumnSet final : public NamedSequence {
 public:
  using NamedSequence::NamedSequence;
  std::string type_name() const override { return "MappedSequence"; }
};

// One column of a result: its values in the order of the rows.
class TableColumn final : public Object {
 public:
  TableColumn(Shared data, size_t index) : data_(std::move(data)), index_(index) {}
  std::string type_name() const override { return "Column"; }
  std::optional<Value> get_attr(Evaluation&, std::string_view name) override {
    if (name == "name") return Value(data_->names[index_]);
    if (name == "data_type") return Value(data_->types[index_]);
    return std::nullopt;
  }
  std::optional<Value> get_item(Evaluation&, const Value& key) override {
    if (!key.is_small_int()) return std::nullopt;
    const std::vector<Value> all = values();
    const int64_t size = static_cast<int64_t>(all.size());
    const int64_t index = key.as_int() < 0 ? key.as_int() + size : key.as_int();
    return index >= 0 && index < size ? std::optional<Value>(all[static_cast<size_t>(index)]) : std::nullopt;
  }
  std::optional<Value> call_method(Evaluation&, std::string_view name, const Arguments&) override {
    if (name == "values") return Value::list(values());
    return std::nullopt;
  }
  std::unique_ptr<Iteration> iterate(Evaluation&) override { return std::make_unique<ListIteration>(values()); }
  std::optional<size_t> length() const override { return data_->rows.size(); }
  bool is_sequence() const override { return true; }

 private:
  std::vector<Value> values() const {
    std::vector<Value> out;
    for (const auto& row : data_->rows) out.push_back(row[index_]);
    return out;
  }
  Shared data_;
  size_t index_;
};

class QueryTable final : public Object {
 public:
  explicit QueryTable(Shared data) : data_(std::move(data)) {}
  std::string type_name() const override { return "Table"; }
  std::optional<Value> get_attr(Evaluation&, std::string_view name) override {
    if (name == "rows") return Value::list(rows());
    if (name == "columns") {
      std::vector<Value> columns;
      for (size_t i = 0; i < data_->names.size(); i++)
        columns.push_back(Value::object(tmpl::make<TableColumn>(data_, i)));
      return Value::object(tmpl::make<ColumnSet>(data_->names, std::move(columns)));
    }
    if (name == "column_names") {
      std::vector<Value> names(data_->names.begin(), data_->names.end());
      return Value::tuple(std::move(names));
    }
    return std::nullopt;
  }
  std::optional<Value> get_item(Evaluation&, const Value& key) override {
    if (!key.is_small_int()) return std::nullopt;
    const int64_t size = static_cast<int64_t>(data_->rows.size());
    const int64_t index = key.as_int() < 0 ? key.as_int() + size : key.as_int();
    if (index < 0 || index >= size) return std::nullopt;
    return Value::object(tmpl::make<Row>(data_->names, data_->rows[static_cast<size_t>(index)]));
  }
  std::unique_ptr<Iteration> iterate(Evaluation&) override { return std::make_unique<ListIteration>(rows()); }
  std::optional<size_t> length() const override { return data_->rows.size(); }
  bool truth() const override { return true; }
  bool is_sequence() const override { return true; }

 private:
  std::vector<Value> rows() const {
    std::vector<Value> out;
    for (const auto& row : data_->rows) out.push_back(Value::object(tmpl::make<Row>(data_->names, row)));
    return out;
  }
  Shared data_;
};

class SchemaColumn final : public Object {
 public:
  explicit SchemaColumn(RelationColumn column) : column_(std::move(column)) {}
  std::string type_name() const override { return "Column"; }
  std::optional<Value> get_attr(Evaluation&, std::string_view name) override {
    if (name == "name" || name == "column") return Value(column_.name);
    if (name == "quoted") return Value(quote_identifier(column_.name));
    if (name == "dtype") return Value(column_.type);
    // dbt's columns of text have a size, and when none is known it is 256.
    if (name == "data_type" || name == "expanded_data_type")
      return Value(is_string() ? "character varying(256)" : column_.type);
    if (name == "char_size" || name == "numeric_precision" || name == "numeric_scale") return Value();
    return std::nullopt;
  }
  std::optional<Value> call_method(Evaluation&, std::string_view name, const Arguments&) override {
    const bool integer = any({"tinyint", "smallint", "integer", "bigint", "hugeint", "utinyint", "usmallint",
                              "uinteger", "ubigint", "int1", "int2", "int4", "int8", "short", "int", "signed", "long"});
    const bool real = any({"real", "float", "float4", "float8", "double"}), decimal = any({"decimal", "numeric"});
    if (name == "is_string") return Value(is_string());
    if (name == "is_integer") return Value(integer);
    if (name == "is_float") return Value(real);
    if (name == "is_numeric") return Value(decimal);
    if (name == "is_number") return Value(integer || real || decimal);
    if (name == "is_struct") return Value(lower(column_.type).starts_with("struct"));
    if (name == "string_size") return Value(256);
    return std::nullopt;
  }
  std::string str() const override { return "<Column " + column_.name + " (" + column_.type + ")>"; }
  std::string repr() const override { return str(); }

 private:
  // Types by their plain names, as dbt asks: DECIMAL(18,3) is none of them.
  bool any(std::initializer_list<const char*> names) const {
    const std::string type = lower(column_.type);
    return std::any_of(names.begin(), names.end(), [&](const char* name) { return type == name; });
  }
  bool is_string() const { return any({"text", "character varying", "character", "varchar"}); }
  RelationColumn column_;
};

}  // namespace

Value make_query_table(const QueryResult& result) {
  auto data = std::make_shared<Data>();
  for (const RelationColumn& column : result.columns) {
    data->names.push_back(column.name);
    data->types.push_back(column.type);
  }
  for (const auto& row : result.rows) data->rows.emplace_back(row.begin(), row.end());
  return Value::object(tmpl::make<QueryTable>(std::move(data)));
}

Value make_column(const RelationColumn& column) { return Value::object(tmpl::make<SchemaColumn>(column)); }

}  // namespace weir::project
