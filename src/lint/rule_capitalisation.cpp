#include <algorithm>
#include <cctype>

#include "base/text.h"
#include "lint/rule_functions.h"

namespace weir::lint {

namespace {

bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }
bool is_upper_letter(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower_letter(char c) { return c >= 'a' && c <= 'z'; }
bool is_number(char c) { return c >= '0' && c <= '9'; }

std::string capital_first(std::string_view text) {
  std::string out = lower(text);
  if (!out.empty()) out[0] = upper(out.substr(0, 1))[0];
  return out;
}

// The first letter of each part between signs in another case.
std::string each_part(std::string_view text, bool to_upper) {
  std::string out(text);
  bool start = true;
  for (char& c : out) {
    const bool word = is_letter(c) || is_number(c);
    if (word && start) c = to_upper ? upper(std::string(1, c))[0] : lower(std::string(1, c))[0];
    start = !word;
  }
  return out;
}

std::string snake(std::string_view text) {
  if (upper(text) == text && std::any_of(text.begin(), text.end(), is_letter)) return lower(text);
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i], before = i > 0 ? text[i - 1] : '_';
    const bool split = (is_upper_letter(c) && (is_lower_letter(before) || is_number(before))) ||
                       (is_number(c) && is_letter(before)) || (is_letter(c) && is_number(before));
    if (split) out += '_';
    out += c;
  }
  return lower(out);
}

class Capitals {
 public:
  Capitals(RuleRun& run, bool extended, std::string what) : run_(run), ignored_(run), what_(std::move(what)) {
    policy_ = run.text(extended ? "extended_capitalisation_policy" : "capitalisation_policy");
    options_ = extended ? std::vector<std::string>{"upper", "lower", "pascal", "capitalise", "snake", "camel"}
                        : std::vector<std::string>{"upper", "lower", "capitalise"};
    ignore_templated_ = run.config.flag("core", "ignore_templated_areas");
  }

  void judge(Segment& segment) {
    const std::string_view text = segment.text;
    if (text.empty() || ignored_.holds(text) || (segment.is_templated() && ignore_templated_)) return;
    refute("camel");
    refute("pascal");
    refute("snake");
    const auto first = std::find_if(text.begin(), text.end(), is_letter);
    if (first != text.end() && is_lower_letter(*first)) {
      refute("upper");
      refute("capitalise");
      if (text != lower(text)) refute("lower");
    } else {
      refute("lower");
      if (text != upper(text)) refute("upper");
      if (text != capital_first(text)) refute("capitalise");
    }
    std::string wanted = policy_;
    if (policy_ == "consistent") {
      for (const std::string& option : options_)
        if (!is_refuted(option)) {
          latest_ = option;
          return;
        }
      wanted = latest_.empty() ? "upper" : latest_;
    } else if (!is_refuted(policy_)) {
      return;
    }
    std::string fixed(text);
    if (wanted == "upper") fixed = upper(text);
    if (wanted == "lower") fixed = lower(text);
    if (wanted == "capitalise") fixed = capital_first(text);
    if (wanted == "pascal") fixed = each_part(text, true);
    if (wanted == "camel") fixed = each_part(text, false);
    if (wanted == "snake") fixed = snake(text);
    if (fixed == text) return;
    run_.find(&segment,
              what_ + (policy_ == "consistent" ? " are elsewhere " : " are wanted ") +
                  (wanted == "capitalise" ? "with a capital in front." : "in " + wanted + " case."),
              {fix_replace(&segment, {run_.tree.make(segment.kind, fixed)})});
  }

 private:
  void refute(std::string_view form) {
    if (!is_refuted(form)) refuted_.emplace_back(form);
  }
  bool is_refuted(std::string_view form) const {
    return std::find(refuted_.begin(), refuted_.end(), form) != refuted_.end();
  }

  RuleRun& run_;
  IgnoredWords ignored_;
  std::string what_, policy_, latest_;
  std::vector<std::string> options_, refuted_;
  bool ignore_templated_ = true;
};

}  // namespace

void rule_CP01(RuleRun& run) {
  Capitals capitals(run, false, "Keywords");
  for (Segment* each : run.all({K::keyword, K::binary_operator, K::date_part})) {
    if (each->is(K::literal) || each->parent->is(K::data_type)) continue;
    if (each->parent->kind == K::function_name && each->parent->children.size() != 1) continue;
    capitals.judge(*each);
  }
}

void rule_CP02(RuleRun& run) {
  Capitals capitals(run, true, "Unquoted identifiers");
  const std::string policy = run.text("unquoted_identifiers_policy");
  for (Segment* each : run.all({K::naked_identifier})) {
    if (each->is_templated() || !policy_holds(policy, *each)) continue;
    capitals.judge(*each);
  }
}

void rule_CP03(RuleRun& run) {
  Capitals capitals(run, true, "Function names");
  for (Segment* each : run.all({K::function_name_identifier, K::bare_function}))
    if (each->parent->kind != K::function_name || each->parent->children.size() == 1) capitals.judge(*each);
}

void rule_CP04(RuleRun& run) {
  Capitals capitals(run, false, "Boolean/null literals");
  for (Segment* each : run.all({K::null_literal, K::boolean_literal})) {
    if (each->parent->kind == K::function_name && each->parent->children.size() != 1) continue;
    capitals.judge(*each);
  }
}

void rule_CP05(RuleRun& run) {
  Capitals capitals(run, true, "Datatypes");
  for (Segment* each : run.all({K::data_type_identifier, K::data_type})) {
    if (each->is(K::data_type))
      for (Segment* child : each->children)
        if (child->raw && !child->is_any({K::symbol, K::identifier, K::quoted_literal}) && !child->is_blank() &&
            !child->is_meta() && !child->is_comment())
          capitals.judge(*child);
    if (each->is(K::data_type_identifier) && !each->parent->is(K::data_type)) capitals.judge(*each);
  }
}

}  // namespace weir::lint
