// The parsed form of a template, which is also what is evaluated: a tree of nodes. The parser makes it, the binder
// (binder.h) then resolves every name to a slot, and from then on it is immutable.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "template/object.h"
#include "template/program.h"
#include "template/token.h"
#include "template/value.h"

namespace weir::tmpl {

class Binding;  // the binder's state
class Frame;    // a function being evaluated
class Symbols;  // names of a scope, while binding
struct Node;

using Visit = std::function<void(Node&)>;

// What is printed under {% autoescape %}: known when binding, or to be seen when running.
enum class Escaping : uint8_t { off, on, asks };

enum class Flow : uint8_t { next, break_loop, continue_loop, return_value };

struct Node {
  Place place;
  virtual ~Node() = default;
  // Calls `visit` for each direct part, in the order of Jinja's node fields.
  virtual void children(const Visit&) {}
  // First pass: tells the scope what names this part reads and writes in it. By default what its parts do.
  virtual void collect(Symbols& symbols);
  // Second pass: resolves names to slots, checks filters. By default what its parts do.
  virtual void bind(Binding& binding);
};

struct Expr : Node {
  uint16_t depth = 1;  // of this tree
  virtual Value eval(Frame& frame) const = 0;
};

struct Stmt : Node {
  virtual Flow exec(Frame& frame) const = 0;
};

using ExprPtr = std::unique_ptr<Expr>;
using ExprList = std::vector<ExprPtr>;
using StmtPtr = std::unique_ptr<Stmt>;
using Body = std::vector<StmtPtr>;

// Executes until something other than the next statement is asked for.
Flow exec_body(const Body& body, Frame& frame);

// Where a variable lives: `depth` functions out, slot `slot`.
struct Slot {
  uint16_t depth = 0;
  uint16_t index = 0;
};

// What entering a scope does to a slot of its own.
struct Load {
  enum class Kind : uint8_t { resolve, alias, missing };
  Kind kind = Kind::missing;
  uint16_t slot = 0;
  Slot source;  // of alias
};

// Variables of a scope: set up when it is entered, made missing when it is left.
struct ScopeCode {
  std::vector<Load> loads;
  std::vector<uint16_t> owned;
  void enter(Frame& frame) const;
  void leave(Frame& frame) const;
};

// The variables visible at a place, by name: for included templates.
using VisibleNames = std::vector<std::pair<std::string, Slot>>;

// Arguments of a call, filter or test.
struct CallArgs {
  ExprList positional;
  std::vector<std::pair<std::string, ExprPtr>> named;
  ExprPtr star, star_star;
  void children(const Visit& visit);
  // With `caller` as one more named argument, if it is given.
  void eval(Frame& frame, Arguments& out, const Value* caller = nullptr) const;
  size_t count() const { return positional.size() + named.size(); }
};

// --- expressions ---

struct Const final : Expr {
  Value value;
  Value eval(Frame&) const override { return value; }
};

struct Name final : Expr {
  enum class Use : uint8_t { load, store, parameter };
  std::string name;
  Use use = Use::load;
  Slot slot;
  bool free = false;  // nothing in the template gives it a value
  void collect(Symbols& symbols) override;
  void bind(Binding& binding) override;
  Value eval(Frame& frame) const override;
};

// ns.attribute as a target.
struct NamespaceRef final : Expr {
  std::string name, attribute;
  Slot slot;
  void collect(Symbols& symbols) override;
  void bind(Binding& binding) override;
  Value eval(Frame& frame) const override;
};

struct Sequence final : Expr {  // (a, b) or [a, b]
  bool tuple = false;
  ExprList items;
  void children(const Visit& visit) override;
  Value eval(Frame& frame) const override;
};

struct DictDisplay final : Expr {
  std::vector<std::pair<ExprPtr, ExprPtr>> items;
  void children(const Visit& visit) override;
  Value eval(Frame& frame) const override;
};

struct Unary final : Expr {
  enum class Op : uint8_t { negative, positive, negate };
  Op op = Op::negate;
  ExprPtr operand;
  void children(const Visit& visit) override;
  Value eval(Frame& frame) const override;
};

struct Binary final : Expr {
  BinaryOp op = BinaryOp::add;
  ExprPtr left, right;
  void children(const Visit& visit) override;
  Value eval(Frame& frame) const override;
};

struct Logic final : Expr {  // and, or
  bool is_and = true;
  ExprPtr left, right;
  void children(const Visit& visit) override;
  Value eval(Frame& frame) const override;
};

struct Concat final : Expr {
  ExprList parts;
  bool escapes = false;  // surely under {% autoescape true %}
  void bind(Binding& binding) override;
  void children(const Visit& visit) override;
  Value eval(Frame& frame) const override;
};

struct Compare final : Expr {
  enum class Op : uint8_t { eq, ne, lt, lteq, gt, gteq, in, not_in };
  ExprPtr first;
  std::vector<std::pair<Op, ExprPtr>> rest;
  void children(const Visit& visit) override;
  Value eval(Frame& frame) const override;
};

struct GetAttr final : Expr {
  ExprPtr object;
  std::string name;
  void children(const Visit& visit) override;
  Value eval(Frame& frame) const override;
};

struct GetItem final : Expr {
  ExprPtr object, key;
  void children(const Visit& visit) override;
  Value eval(Frame& frame) const override;
};

// A part of a subscript, a[start:stop:step]; alone it makes a slice, among others it is an error.
struct Slice final : Expr {
  ExprPtr start, stop, step;
  void children(const Visit& visit) override;
  Value eval(Frame& frame) const override;
};

struct Call final : Expr {
  ExprPtr callee;
  CallArgs args;
  void children(const Visit& visit) override;
  Value eval(Frame& frame) const override { return eval_with(frame, nullptr); }
  Value eval_with(Frame& frame, const Value* caller) const;
};

struct FilterCall final : Expr {
  ExprPtr input;
  std::string name;
  CallArgs args;
  const Function* function = nullptr;  // null: unknown, an error when reached
  void children(const Visit& visit) override;
  void bind(Binding& binding) override;
  Value eval(Frame& frame) const override;
};

struct TestCall final : Expr {
  ExprPtr input;
  std::string name;
  CallArgs args;
  const Function* function = nullptr;
  void children(const Visit& visit) override;
  void bind(Binding& binding) override;
  Value eval(Frame& frame) const override;
};

struct Conditional final : Expr {  // value if test else otherwise
  ExprPtr test, value, otherwise;
  void children(const Visit& visit) override;
  void bind(Binding& binding) override;
  Value eval(Frame& frame) const override;
};

// The text of the block that a {% filter %} or {% set x | filter %} works on.
struct BlockText final : Expr {
  Escaping escaping = Escaping::off;
  void bind(Binding& binding) override;
  Value eval(Frame& frame) const override;
};

}  // namespace weir::tmpl
