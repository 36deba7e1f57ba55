#include "lake/stats_text.h"

#include <array>
#include <bit>
#include <cstring>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"

namespace weir::lake {

enum class StatsPart { min, max, nulls };

namespace {

// By character: whether it begins a string, or begins or ends an object or a list.
constexpr std::array<bool, 256> structural = [] {
  std::array<bool, 256> table{};
  for (const char c : {'"', '{', '}', '[', ']'}) table[static_cast<unsigned char>(c)] = true;
  return table;
}();

}  // namespace

// One pass over one text. Where the text is not as expected in any way it gives up, and the text is parsed in full.
class StatsScan {
 public:
  StatsScan(std::string_view text, StatsTextReader& reader)
      : at_(text.data()), end_(text.data() + text.size()), reader_(reader) {}

  bool all() {
    const bool read = members(4, [&](std::string_view name) {
      if (name == "numRecords") return wanted(records());
      if (name == "minValues") return wanted(columns(reader_.root_, StatsPart::min));
      if (name == "maxValues") return wanted(columns(reader_.root_, StatsPart::max));
      if (name == "nullCount") return wanted(columns(reader_.root_, StatsPart::nulls));
      return other(skip_value());
    });
    space();
    return read && at_ == end_;
  }

 private:
  using Node = StatsTextReader::Node;

  void space() {
    while (at_ < end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\t' || *at_ == '\r')) ++at_;
  }
  bool take(char c) {
    space();
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }
  // A string without escapes, its quotes left out.
  bool plain_string(std::string_view& out) {
    if (!take('"')) return false;
    const char* begin = at_;  // most are short: a loop is quicker than a call of memchr
    while (at_ < end_ && *at_ != '"' && *at_ != '\\') ++at_;
    out = {begin, static_cast<size_t>(at_ - begin)};
    return at_ < end_ && *at_++ == '"';
  }
  bool skip_string() {
    for (++at_; at_ < end_ && *at_ != '"'; ++at_)
      if (*at_ == '\\') ++at_;
    return at_++ < end_;
  }
  // A number, true, false or null.
  bool word(std::string_view& out) {
    space();
    const char* begin = at_;
    while (at_ < end_ && *at_ != ',' && *at_ != '}' && *at_ != ']' && *at_ != ' ' && *at_ != '\n') ++at_;
    out = {begin, static_cast<size_t>(at_ - begin)};
    const bool number = !out.empty() && (is_digit(out[0]) || (out[0] == '-' && out.size() > 1 && is_digit(out[1])));
    return number || out == "null" || out == "true" || out == "false";
  }
  // Of a word, thus not empty. nullopt: a fraction, or more than 64 bits.
  static std::optional<int64_t> whole_number(std::string_view text) {
    constexpr size_t digits_that_fit = 18;
    const bool negative = text[0] == '-';
    if (text.size() > digits_that_fit || text.size() <= size_t{negative}) return parse_int(text);
    int64_t value = 0;
    for (const char c : text.substr(negative)) {
      if (!is_digit(c)) return parse_int(text);
      value = value * 10 + (c - '0');
    }
    return negative ? -value : value;
  }
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }

  bool skip_value() {
    space();
    if (at_ == end_) return false;
    if (*at_ == '"') return skip_string();
    std::string_view ignored;
    if (*at_ != '{' && *at_ != '[') return word(ignored);
    ++at_;
    return skip_to_close();
  }
  // The rest of an object or a list, its end included.
  bool skip_to_close() {
    for (int depth = 1; depth > 0;) {
      while (at_ < end_ && !structural[static_cast<unsigned char>(*at_)]) ++at_;
      if (at_ == end_) return false;
      if (*at_ == '"') {
        if (!skip_string()) return false;
        continue;
      }
      depth += *at_ == '{' || *at_ == '[' ? 1 : -1;
      ++at_;
    }
    return true;
  }

  // The same of an object. Mostly the next brace is its end: none opens before it, and it stands in no string.
  bool skip_rest_of_object() {
    const std::string_view left(at_, static_cast<size_t>(end_ - at_));
    const auto rest = left.substr(0, left.find('}'));
    const bool plain = rest.size() < left.size() && rest.find('{') == rest.npos && rest.find('[') == rest.npos &&
                       rest.find('\\') == rest.npos && even_quotes(rest);
    if (!plain) return skip_to_close();
    at_ += rest.size() + 1;
    return true;
  }
  static bool even_quotes(std::string_view text) {
    uint64_t found = 0;  // of those in one place, whether they are odd in number
    for (; text.size() >= sizeof(uint64_t); text.remove_prefix(sizeof(uint64_t))) {
      constexpr uint64_t all_quotes = 0x2222222222222222, low_bits = 0x7f7f7f7f7f7f7f7f;
      uint64_t eight = 0;
      std::memcpy(&eight, text.data(), sizeof eight);
      eight ^= all_quotes;  // zero where there is one
      found ^= ~(((eight & low_bits) + low_bits) | eight | low_bits);
    }
    for (const char c : text) found ^= c == '"' ? 1 : 0;
    return std::popcount(found) % 2 == 0;
  }

  enum class Member { wanted, other, broken };
  static Member wanted(bool read) { return read ? Member::wanted : Member::broken; }
  static Member other(bool read) { return read ? Member::other : Member::broken; }
  // Of those that are wanted there are so many; what comes after them all is skipped.
  template <typename Visit>
  bool members(size_t wanted_count, Visit visit) {
    if (!take('{')) return false;
    if (take('}')) return true;
    do {
      std::string_view name;
      if (!plain_string(name) || !take(':')) return false;
      const Member read = visit(name);
      if (read == Member::broken) return false;
      if (read == Member::wanted && --wanted_count == 0) return skip_rest_of_object();
    } while (take(','));
    return take('}');
  }

  bool records() {
    std::string_view text;
    if (!word(text)) return false;
    reader_.found_.num_records = std::max<int64_t>(whole_number(text).value_or(-1), -1);
    return true;
  }

  bool columns(const Node& node, StatsPart part) {
    space();
    if (at_ == end_ || *at_ != '{' || node.children.empty()) return skip_value();
    return members(node.children.size(), [&](std::string_view name) {
      for (const auto& child : node.children) {
        if (child.name != name) continue;
        return wanted(child.leaf < 0 ? columns(child, part) : value(static_cast<size_t>(child.leaf), part));
      }
      return other(skip_value());
    });
  }

  bool value(size_t leaf, StatsPart part) {
    space();
    ColumnBounds& bounds = reader_.found_.bounds[leaf];
    std::string_view text;
    if (at_ < end_ && *at_ == '"') {
      if (!plain_string(text) || !is_valid_utf8(text)) return false;
      if (part != StatsPart::nulls) set(bounds, part, scalar_of_string(leaf, text));
      return true;
    }
    if (at_ < end_ && (*at_ == '{' || *at_ == '[')) return skip_value();
    if (!word(text)) return false;
    if (part == StatsPart::nulls) {
      if (auto count = whole_number(text); count && *count >= 0) bounds.null_count = count;
    } else {
      set(bounds, part, scalar_of_word(leaf, text));
    }
    return true;
  }

  static void set(ColumnBounds& bounds, StatsPart part, Scalar scalar) {
    (part == StatsPart::min ? bounds.min : bounds.max) = std::move(scalar);
  }
  const DataType& type(size_t leaf) const { return reader_.leaves_[leaf].field.type; }
  Scalar scalar_of_string(size_t leaf, std::string_view text) const {
    return type(leaf).kind == TypeKind::binary ? Scalar() : scalar_from_text(type(leaf), std::string(text));
  }
  Scalar scalar_of_word(size_t leaf, std::string_view text) const {
    switch (type(leaf).kind) {
      case TypeKind::long_:
      case TypeKind::integer:
      case TypeKind::short_:
      case TypeKind::byte: {
        const auto whole = whole_number(text);
        return whole ? Scalar(*whole) : Scalar();
      }
      default:
        return scalar_from_json(type(leaf), Json::parse(text));
    }
  }

  const char* at_;
  const char* end_;
  StatsTextReader& reader_;
};

namespace {

const Json* member_at(const Json& json, std::string_view part, const std::vector<std::string>& path) {
  const Json* found = json.find(part);
  for (const auto& name : path) found = found ? found->find(name) : nullptr;
  return found;
}

void parse_in_full(std::string_view text, const std::vector<StatsLeaf>& leaves, StatsTextReader::Found& found) {
  const Json json = Json::parse(text);
  const Json* records = json.find("numRecords");
  if (records && records->is_int() && records->as_int() >= 0) found.num_records = records->as_int();
  for (size_t i = 0; i < leaves.size(); ++i) {
    const auto& [path, field] = leaves[i];
    if (const Json* min = member_at(json, "minValues", path)) found.bounds[i].min = scalar_from_json(field.type, *min);
    if (const Json* max = member_at(json, "maxValues", path)) found.bounds[i].max = scalar_from_json(field.type, *max);
    const Json* nulls = member_at(json, "nullCount", path);
    if (nulls && nulls->is_int() && nulls->as_int() >= 0) found.bounds[i].null_count = nulls->as_int();
  }
}

}  // namespace

StatsTextReader::StatsTextReader(const std::vector<StatsLeaf>& leaves) : leaves_(leaves) {
  for (size_t i = 0; i < leaves_.size(); ++i) {
    Node* node = &root_;
    for (const auto& name : leaves_[i].path) {
      auto found = std::find_if(node->children.begin(), node->children.end(),
                                [&](const Node& child) { return child.name == name; });
      if (found == node->children.end()) found = node->children.insert(found, Node{name, -1, {}});
      node = &*found;
    }
    node->leaf = static_cast<int>(i);
  }
}

const StatsTextReader::Found& StatsTextReader::read(std::string_view text) {
  const auto clear = [&] {
    found_.num_records = -1;
    found_.bounds.assign(leaves_.size(), ColumnBounds());
  };
  clear();
  if (text.empty()) return found_;
  try {
    if (!StatsScan(text, *this).all()) {
      clear();
      parse_in_full(text, leaves_, found_);
    }
    for (size_t i = 0; i < leaves_.size(); ++i) widen_bounds(leaves_[i].field, found_.bounds[i]);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::bad_json) throw;
    clear();
  }
  return found_;
}

}  // namespace weir::lake
