#include "template/template.h"

#include <algorithm>

#include "template/ast.h"
#include "template/binder.h"
#include "template/evaluation.h"
#include "template/parser.h"
#include "template/program.h"
#include "template/statements.h"

namespace weir::tmpl {

MacroCode::MacroCode() = default;
MacroCode::~MacroCode() = default;
BlockCode::BlockCode() = default;
BlockCode::~BlockCode() = default;
RootCode::RootCode() = default;
RootCode::~RootCode() = default;

Template::Template(const Environment& environment, std::unique_ptr<Program> program)
    : environment_(environment), program_(std::move(program)) {
  for (auto& block : program_->inherited) block->owner = this;
  for (StmtPtr& statement : program_->root.body)
    walk(*statement, [&](Node& node) {
      if (auto* macro = dynamic_cast<MacroStmt*>(&node)) macro->code->owner = this;
      if (auto* call = dynamic_cast<CallBlock*>(&node)) call->code->owner = this;
    });
}

Template::~Template() = default;

const std::string& Template::name() const { return program_->name; }
const std::string& Template::source() const { return program_->source; }
const Environment& Template::environment() const { return environment_; }
const std::vector<Block>& Template::blocks() const { return program_->blocks; }
const std::vector<std::string>& Template::called_names() const { return program_->called_names; }
const std::vector<std::pair<std::string, std::string>>& Template::dispatched() const { return program_->dispatched; }
bool Template::is_plain_text() const { return program_->plain; }

const Block* Template::find_block(BlockKind kind, std::string_view name) const {
  for (const Block& block : program_->blocks)
    if (block.kind == kind && block.name == name) return &block;
  return nullptr;
}

std::string Template::render(Host& host) const {
  Evaluation evaluation(environment_, host);
  return evaluation.render(*this);
}

Value Template::render_native(Host& host) const {
  Evaluation evaluation(environment_, host);
  return evaluation.render_native(*this);
}

bool is_parse_error(ErrorCode code) {
  return code == ErrorCode::template_syntax || code == ErrorCode::template_unknown_filter ||
         code == ErrorCode::template_repeated_keyword;
}

}  // namespace weir::tmpl
