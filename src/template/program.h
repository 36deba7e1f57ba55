// The compiled template: its functions (root, blocks, macros) and what is known of it without evaluation.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "template/template.h"

namespace weir::tmpl {

struct Expr;
struct Stmt;
struct Load;
struct ScopeCode;

// One function: how many slots its activation needs.
struct FunctionCode {
  uint16_t slots = 0;
};

struct MacroParameter {
  std::string name;
  uint16_t slot = 0;
  std::unique_ptr<Expr> fallback;  // null: none
  std::string fallback_source;
};

struct MacroCode : FunctionCode {
  MacroCode();
  ~MacroCode();
  std::string name;  // empty: the body of a call block
  std::vector<MacroParameter> parameters;
  std::vector<std::unique_ptr<Stmt>> body;
  std::unique_ptr<ScopeCode> scope;
  int caller_slot = -1, kwargs_slot = -1, varargs_slot = -1;  // -1: the body does not use it
  bool explicit_caller = false;                               // `caller` is a declared parameter
  bool uses_root = false;                                     // reads variables of the template's top level
  bool is_named = false;                                      // return(...) ends here
  const Template* owner = nullptr;
};

struct BlockCode : FunctionCode {
  BlockCode();
  ~BlockCode();
  std::string name;
  bool required = false;
  const std::vector<std::unique_ptr<Stmt>>* body = nullptr;  // of the block statement
  std::unique_ptr<ScopeCode> scope;
  int self_slot = -1, super_slot = -1;
  const Template* owner = nullptr;
};

struct RootCode : FunctionCode {
  RootCode();
  ~RootCode();
  std::vector<std::unique_ptr<Stmt>> body;
  std::unique_ptr<ScopeCode> scope;
  int self_slot = -1;
  bool has_extends = false;
};

struct Program {
  std::string name, source;
  int first_line = 1;
  RootCode root;
  std::vector<std::unique_ptr<BlockCode>> inherited;            // {% block %}s, in order
  std::map<std::string, const MacroCode*, std::less<>> macros;  // by macro name, of the top level
  std::vector<Block> blocks;
  std::vector<std::string> called_names;
  std::vector<std::pair<std::string, std::string>> dispatched;
  bool plain = true;
};

}  // namespace weir::tmpl
