#include "lake/stats_text.h"

#include <cstring>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"

namespace weir::lake {

enum class StatsPart { min, max, nulls };

// One pass over one text. Where the text is not as expected in any way it gives up, and the text is parsed in full.
class StatsScan {
 public:
  StatsScan(std::string_view text, StatsTextReader& reader)
      : at_(text.data()), end_(text.data() + text.size()), reader_(reader) {}

  bool all() {
    const bool read = members([&](std::string_view name) {
      if (name == "numRecords") return records();
      if (name == "minValues") return columns(reader_.root_, StatsPart::min);
      if (name == "maxValues") return columns(reader_.root_, StatsPart::max);
      if (name == "nullCount") return columns(reader_.root_, StatsPart::nulls);
      return skip_value();
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
    const auto* close = static_cast<const char*>(std::memchr(at_, '"', static_cast<size_t>(end_ - at_)));
    if (!close || std::memchr(at_, '\\', static_cast<size_t>(close - at_))) return false;
    out = {at_, static_cast<size_t>(close - at_)};
    at_ = close + 1;
    return true;
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
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }

  bool skip_value() {
    space();
    if (at_ == end_) return false;
    if (*at_ == '"') return skip_string();
    std::string_view ignored;
    if (*at_ != '{' && *at_ != '[') return word(ignored);
    for (int depth = 0; at_ < end_;) {
      if (*at_ == '"') {
        if (!skip_string()) return false;
        continue;
      }
      if (*at_ == '{' || *at_ == '[') ++depth;
      if (*at_ == '}' || *at_ == ']') --depth;
      ++at_;
      if (depth == 0) return true;
    }
    return false;
  }

  template <typename Visit>
  bool members(Visit visit) {
    if (!take('{')) return false;
    if (take('}')) return true;
    do {
      std::string_view name;
      if (!plain_string(name) || !take(':') || !visit(name)) return false;
    } while (take(','));
    return take('}');
  }

  bool records() {
    std::string_view text;
    if (!word(text)) return false;
    reader_.found_.num_records = std::max<int64_t>(parse_int(text).value_or(-1), -1);
    return true;
  }

  bool columns(const Node& node, StatsPart part) {
    space();
    if (at_ == end_ || *at_ != '{') return skip_value();
    return members([&](std::string_view name) {
      for (const auto& child : node.children) {
        if (child.name != name) continue;
        return child.leaf < 0 ? columns(child, part) : value(static_cast<size_t>(child.leaf), part);
      }
      return skip_value();
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
      if (auto count = parse_int(text); count && *count >= 0) bounds.null_count = count;
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
        const auto whole = parse_int(text);
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
