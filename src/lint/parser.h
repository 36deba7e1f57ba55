// The parser of SQL: by recursive descent into a list of events, from which the tree is built. It knows queries and the
// common statements of DuckDB and of plain SQL; what it does not know becomes `unparsable`, up to the next semicolon.
// Parts that several alternatives begin with are remembered by the word where they were tried, so that time grows with
// the words and not with two to the power of the brackets. A statement that is nested deeper than `deepest` is not
// read: it becomes `nested_too_deep`.
#pragma once

#include <initializer_list>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lint/tree.h"

namespace weir::lint {

// Where a mark of indentation stands relative to blanks and comments between two words.
enum class Lean : uint8_t {
  between,  // indents in front of them, dedents behind them, but tags of templates are respected
  tail,     // right behind the word before
  lead,     // right in front of the word that follows
};

struct ParseEvent {
  enum What : uint8_t { open, close, word, mark } what = word;
  K kind = K::none;  // of what is opened (none: nothing after all) or of the word
  Lean lean = Lean::between;
  int8_t value = 0;
  bool implicit = false;
  uint32_t index = 0;  // of the word among those that mean something
};

bool is_reserved(std::string_view upper_word, Dialect dialect);
bool is_known_keyword(std::string_view upper_word, Dialect dialect);  // reserved or not
bool is_unreserved_keyword(std::string_view upper_word, Dialect dialect);

class Parser {
 public:
  Parser(Tree& tree, const TreeOptions& options);
  std::vector<ParseEvent> run();
  const Segments& words() const { return words_; }
  // How many parts were tried or looked up, of the whole file.
  size_t steps() const { return steps_; }

 private:
  // Expressions and brackets in each other: a bracket with an expression in it counts as two.
  static constexpr int deepest = 1000;
  struct State {
    size_t at, events;
  };
  class Deeper {
   public:
    explicit Deeper(Parser& parser) : parser_(parser) {
      if (++parser_.depth_ > deepest) parser_.too_deep_ = true;
    }
    ~Deeper() { --parser_.depth_; }
    Deeper(const Deeper&) = delete;
    Deeper& operator=(const Deeper&) = delete;

   private:
    Parser& parser_;
  };
  enum class Part : uint8_t {
    expression,
    term,
    function,
    selectable,
    set_operand,
    select,
    select_ordered,
    with_query,
    with_change,
    from_parts,
    table,
    joins,
    generic_bracket
  };
  // What became of a part at its first word.
  struct Tried {
    bool good;
    size_t stop;
    std::vector<ParseEvent> events;
  };
  // Reads a part, or repeats what it came to here before. Whether it fails hangs on the words alone.
  template <class F>
  bool remembered(Part part, F&& parse) {
    constexpr size_t cheap = 8;  // steps: not worth remembering
    ++steps_;
    if (too_deep_) return false;
    const uint64_t key = at_ * 16 + static_cast<uint64_t>(part);
    if (const auto known = tried_.find(key); known != tried_.end()) return repeat(known->second);
    const State state = save();
    const size_t before = steps_;
    const bool good = parse() && !too_deep_;
    if (!good) restore(state);
    if (steps_ - before > cheap && !too_deep_) keep(key, state, good);
    return good;
  }
  bool repeat(const Tried& known);
  void keep(uint64_t key, const State& state, bool good);
  // Words.
  bool done(size_t ahead = 0) const { return at_ + ahead >= words_.size(); }
  std::string_view text(size_t ahead = 0) const { return done(ahead) ? std::string_view() : words_[at_ + ahead]->text; }
  K token(size_t ahead = 0) const { return done(ahead) ? K::none : words_[at_ + ahead]->kind; }
  bool is(std::string_view word, size_t ahead = 0) const;
  bool is_one(std::initializer_list<std::string_view> words, size_t ahead = 0) const;
  bool sign(std::string_view text, size_t ahead = 0) const {
    return (token(ahead) == K::symbol || token(ahead) == K::casting_operator || token(ahead) == K::assigner) &&
           this->text(ahead) == text;
  }
  bool touching(size_t ahead) const;  // no gap between this word and the one before it
  bool in_statement() const { return !done() && !sign(";"); }
  void take(K kind);
  bool keyword(std::string_view word);
  bool keywords(std::initializer_list<std::string_view> words);  // all in a row, or none
  bool any_keyword(std::initializer_list<std::string_view> words);
  void take_as_keyword() { take(K::keyword); }
  bool take_sign(std::string_view text, K kind);
  bool comma() { return take_sign(",", K::comma); }
  // The tree.
  size_t open(K kind);
  void set(size_t opened, K kind) { events_[opened].kind = kind; }
  void close();
  void indent(Lean lean = Lean::between, bool implicit = false) { mark(1, lean, implicit); }
  void implicit_indent(Lean lean = Lean::between) { mark(1, lean, true); }
  void dedent(Lean lean = Lean::between) { mark(-1, lean, false); }
  void mark(int value, Lean lean, bool implicit);
  State save() const { return {at_, events_.size()}; }
  void restore(const State& state) {
    at_ = state.at;
    events_.resize(state.events);
  }
  template <class F>
  bool attempt(F&& parse) {
    const State state = save();
    if (parse()) return true;
    restore(state);
    return false;
  }
  template <class F>
  bool bracketed(F&& content, bool greedy = false) {
    if (too_deep_ || !sign("(") || !closed_[at_]) return false;
    const Deeper deeper(*this);
    const State state = save();
    open(K::bracketed);
    take(K::start_bracket);
    indent(Lean::tail);
    const bool good = content();
    if (too_deep_ || (!good && !greedy)) {
      restore(state);
      return false;
    }
    if (!sign(")")) {
      if (!greedy || !skip_to_close()) {
        restore(state);
        return false;
      }
    }
    dedent(Lean::lead);
    take(K::end_bracket);
    close();
    return true;
  }
  template <class F>
  bool list(F&& element, bool trailing = false) {
    if (!element()) return false;
    while (sign(",")) {
      const State state = save();
      comma();
      if (element()) continue;
      if (!trailing) restore(state);
      break;
    }
    return true;
  }
  bool skip_to_close();  // the rest up to a closing bracket as unparsable
  void unparsable_until_semicolon(K kind = K::unparsable);

  // Names.
  bool is_name(size_t ahead = 0) const;
  bool is_alias_name(size_t ahead = 0) const;
  bool name();
  bool reference(K kind, bool wildcard = false);
  bool table_reference() { return reference(K::table_reference); }
  bool column_list() {
    return bracketed([&] { return list([&] { return reference(K::column_reference); }, duckdb_); });
  }
  bool alias(bool needs_as = false, bool quoted = false);

  // Expressions.
  bool expression();
  bool expression_a();
  bool expression_b();
  bool operators_and_terms();
  bool operator_and_term();
  bool signed_term();
  bool members();
  bool truth();
  bool operand();
  bool unary();
  bool term();
  bool term_parts();
  bool primary();
  bool list_comprehension();
  bool array_expression();
  bool bracketed_primary();
  bool accessors();
  bool binary_operator();
  bool comparison_operator();
  bool literal(bool typed_date);
  bool signed_number();
  bool interval();
  bool case_expression();
  bool function();
  bool function_parts();
  bool function_contents();
  bool function_argument();
  bool after_function();
  bool over_clause();
  bool window_specification();
  bool frame_clause();
  bool data_type();
  bool type_arguments();
  bool nested_type();
  bool square_list(K kind);
  bool object_literal();
  bool map_literal();
  bool lambda();
  bool base_element();  // a select target and the like: bare if it is a single thing
  bool is_bare(size_t first, size_t before) const;

  // Queries.
  bool selectable();
  bool selectable_not_with();
  bool set_or_single();
  bool set_operand();
  bool starts_query(size_t ahead = 0) const;
  bool with_statement(bool select);
  bool select_statement(bool ordered);
  bool select_clause();
  bool select_element();
  bool wildcard();
  bool from_clause();
  bool from_expression();
  bool from_element();
  bool from_element_parts();
  bool table_with_alias();
  bool joins_in_brackets();
  bool table_expression();
  bool join_clause();
  void join_type();
  bool join_on();
  bool join_condition();
  bool join_using();
  bool is_join() const;
  bool pivots();
  bool sample();
  bool conditional_clause(K kind, std::string_view word);
  bool group_by();
  bool cube_or_rollup();
  bool grouping_sets();
  bool order_by();
  bool limit();
  bool offset();
  bool fetch();
  bool named_window();
  bool values();
  bool set_operator();
  bool simplified_pivot();
  void ordering_tail();

  // Statements.
  void statement();
  bool known_statement();
  bool query_statement();
  bool explain();
  bool truncate();
  bool use();
  bool describe();
  bool insert();
  bool update();
  bool delete_from();
  bool merge();
  bool merge_clause();
  bool set_clauses();
  bool create();
  void begin_create(K kind);
  bool query_behind_as();
  bool create_view();
  bool create_index();
  bool create_macro();
  bool create_table();
  bool column_definition();
  bool constraints(bool column);
  bool drop();
  bool alter_table();
  bool generic(K kind);
  void generic_word();

  const TreeOptions& options_;
  bool duckdb_;
  Segments words_;
  std::vector<bool> closed_;  // has a bracket there one that closes it, in its statement?
  size_t at_ = 0;
  int depth_ = 0;
  bool too_deep_ = false;  // the statement at hand
  size_t steps_ = 0;
  std::unordered_map<uint64_t, Tried> tried_;  // in the statement at hand
  std::vector<ParseEvent> events_;
};

}  // namespace weir::lint
