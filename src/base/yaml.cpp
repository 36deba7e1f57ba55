#include "base/yaml.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <unordered_set>

#include "base/text.h"
#include "base/yaml_scalar.h"

namespace weir {

namespace {

constexpr size_t max_depth = 100;
constexpr size_t max_copied_nodes = 200'000;  // by aliases; a "billion laughs" file ends here
constexpr size_t max_shown_line = 400;

// Knows the lines of the text, to place nodes and errors.
class Source {
 public:
  Source(std::string_view text, std::string file) : text_(text), file_(std::move(file)) {
    for (size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1))
      starts_.push_back(at + 1);
  }

  Span span(const YAML::Mark& mark) const {
    if (mark.is_null()) return place(0, 0);
    return place(static_cast<size_t>(mark.line), static_cast<size_t>(mark.column));
  }

  Span span_at(size_t offset) const {
    const auto next = std::upper_bound(starts_.begin(), starts_.end(), offset);
    const auto line = static_cast<size_t>(next - starts_.begin()) - 1;
    return place(line, offset - starts_[line]);
  }

  [[noreturn]] void fail(const Span& span, std::string_view why) const {
    Error error(ErrorCode::bad_yaml,
                fmt::format("malformed YAML at line {}, column {}: {}", span.line, span.column, why));
    if (span.line_text.find("{{") != std::string::npos || span.line_text.find("{%") != std::string::npos)
      error.with_hint("put quotes around a value that starts with a template expression: \"{{ ... }}\"");
    throw std::move(error.with_span(span));
  }

 private:
  Span place(size_t line, size_t column) const {
    Span span;
    span.file = file_;
    span.line = static_cast<int>(line + 1);
    span.column = static_cast<int>(column + 1);
    if (line >= starts_.size()) return span;
    const size_t end = std::min(text_.find('\n', starts_[line]), text_.size());
    if (end - starts_[line] <= max_shown_line) span.line_text = text_.substr(starts_[line], end - starts_[line]);
    if (!span.line_text.empty() && span.line_text.back() == '\r') span.line_text.pop_back();
    return span;
  }

  std::string_view text_;
  std::string file_;
  std::vector<size_t> starts_ = {0};
};

size_t count_nodes(const Yaml& node) {
  size_t count = 1;
  for (const auto& item : node.items) count += count_nodes(item);
  for (const auto& [key, value] : node.members) count += 1 + count_nodes(value);
  return count;
}

// Puts the members of `<<` in front of the mapping's own, which win over them. Of several merged mappings the earlier
// wins.
class Merge {
 public:
  Merge(const Source& source, Yaml& mapping) : source_(source), mapping_(mapping) {}

  void run() {
    std::vector<const Yaml*> merged;
    for (const auto& [key, value] : mapping_.members)
      if (is_merge(key)) collect(value, merged);
    if (merged.empty() && std::none_of(mapping_.members.begin(), mapping_.members.end(),
                                       [](const auto& member) { return is_merge(member.key); }))
      return;
    for (auto& member : mapping_.members)
      if (!is_merge(member.key)) own_.emplace(member.key.text, &member);
    for (const Yaml* other : merged)
      for (const auto& member : other->members) take(member);
    for (auto& member : mapping_.members)
      if (!is_merge(member.key) && !taken_.contains(member.key.text)) out_.push_back(std::move(member));
    mapping_.members = std::move(out_);
  }

  static bool is_merge(const Yaml& key) { return !key.quoted && key.text == "<<"; }

 private:
  void collect(const Yaml& value, std::vector<const Yaml*>& merged) const {
    if (value.kind == Yaml::Kind::mapping) {
      merged.push_back(&value);
    } else if (value.kind == Yaml::Kind::sequence) {
      for (const auto& item : value.items) {
        if (item.kind != Yaml::Kind::mapping) source_.fail(item.span, "'<<' merges mappings only");
        merged.push_back(&item);
      }
    } else {
      source_.fail(value.span, "'<<' merges mappings only");
    }
  }

  void take(const Yaml::Member& member) {
    if (!taken_.insert(member.key.text).second) return;
    const auto own = own_.find(member.key.text);
    out_.push_back(own == own_.end() ? member : *own->second);
  }

  const Source& source_;
  Yaml& mapping_;
  std::vector<Yaml::Member> out_;
  std::map<std::string, Yaml::Member*> own_;
  std::unordered_set<std::string> taken_;
};

class Builder : public YAML::EventHandler {
 public:
  Builder(const Source& source, std::vector<Yaml>* repeated) : source_(source), repeated_(repeated) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (documents_++ > 0) source_.fail(source_.span(mark), "a second document in the file; only one is read");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { add(node(Yaml::Kind::null, mark), anchor); }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Yaml scalar = node(Yaml::Kind::scalar, mark);
    scalar.text = value;
    scalar.quoted = tag == "!" || tag == "tag:yaml.org,2002:str";
    if (!scalar.quoted) check_scalar(scalar, tag);
    add(std::move(scalar), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) source_.fail(source_.span(mark), "an alias inside of what its anchor names");
    count_copy(source_.span(mark), found->second);
    add(found->second, YAML::NullAnchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    check_container_tag(mark, tag, "tag:yaml.org,2002:seq");
    open(node(Yaml::Kind::sequence, mark), mark, anchor);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    check_container_tag(mark, tag, "tag:yaml.org,2002:map");
    open(node(Yaml::Kind::mapping, mark), mark, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapEnd() override {
    Merge(source_, frames_.back().node).run();
    close();
  }

  Yaml take() { return std::move(root_); }

 private:
  struct Frame {
    Yaml node;
    YAML::Mark mark;
    YAML::anchor_t anchor = YAML::NullAnchor;
    std::optional<Yaml> key;  // of a mapping: read, and its value not yet
    std::unordered_set<std::string> keys;
  };

  Yaml node(Yaml::Kind kind, const YAML::Mark& mark) const {
    Yaml made;
    made.kind = kind;
    made.span = source_.span(mark);
    return made;
  }

  void check_scalar(const Yaml& scalar, const std::string& tag) const {
    if (scalar.text == "=") source_.fail(scalar.span, "a bare '=' has a special meaning in YAML; put it in quotes");
    if (tag == "?" || tag == "tag:yaml.org,2002:" + std::string(yaml_scalar_tag(scalar.text))) return;
    source_.fail(scalar.span, fmt::format("the tag {} does not fit this value or is not supported", tag));
  }

  void check_container_tag(const YAML::Mark& mark, const std::string& tag, std::string_view plain) const {
    if (tag.empty() || tag == "?" || tag == "!" || tag == plain) return;
    source_.fail(source_.span(mark), fmt::format("the tag {} is not supported", tag));
  }

  void count_copy(const Span& place, const Yaml& copied) {
    copied_nodes_ += count_nodes(copied);
    if (copied_nodes_ > max_copied_nodes)
      source_.fail(place, fmt::format("aliases expand to more than {} values", max_copied_nodes));
  }

  void open(Yaml container, const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (frames_.size() >= max_depth)
      source_.fail(container.span, fmt::format("nested deeper than {} levels", max_depth));
    if (!frames_.empty() && frames_.back().node.kind == Yaml::Kind::mapping && !frames_.back().key)
      source_.fail(container.span, "a list or mapping cannot be a key");
    frames_.push_back({std::move(container), mark, anchor, std::nullopt, {}});
  }

  void close() {
    Frame done = std::move(frames_.back());
    frames_.pop_back();
    add(std::move(done.node), done.anchor);
  }

  void add(Yaml value, YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) {
      count_copy(value.span, value);
      anchors_[anchor] = value;
    }
    if (frames_.empty()) {
      root_ = std::move(value);
      return;
    }
    Frame& frame = frames_.back();
    if (frame.node.kind == Yaml::Kind::sequence)
      frame.node.items.push_back(std::move(value));
    else if (frame.key)
      frame.node.members.push_back({std::move(*std::exchange(frame.key, std::nullopt)), std::move(value)});
    else
      add_key(frame, std::move(value));
  }

  void add_key(Frame& frame, Yaml key) {
    if (key.kind == Yaml::Kind::sequence || key.kind == Yaml::Kind::mapping)
      source_.fail(key.span, "a list or mapping cannot be a key");
    if (!Merge::is_merge(key) && !frame.keys.insert(key.text).second) {
      if (!repeated_) source_.fail(key.span, fmt::format("the key \"{}\" occurs twice in one mapping", key.text));
      std::erase_if(frame.node.members, [&](const auto& member) { return member.key.text == key.text; });
      repeated_->push_back(key);
    }
    frame.key = std::move(key);
  }

  const Source& source_;
  std::vector<Yaml>* repeated_;
  std::vector<Frame> frames_;
  std::map<YAML::anchor_t, Yaml> anchors_;
  size_t copied_nodes_ = 0;
  int documents_ = 0;
  Yaml root_;
};

// yaml-cpp takes byte 4 for the end of the file and guesses at broken encodings, so both are stopped before it.
void check_characters(std::string_view text, const Source& source) {
  if (const size_t bad = invalid_utf8_at(text); bad != std::string_view::npos)
    source.fail(source.span_at(bad), "not UTF-8");
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F)
      source.fail(source.span_at(i), fmt::format("the control character 0x{:02x} is not allowed", c));
  }
}

}  // namespace

const Yaml* Yaml::find(std::string_view key) const {
  for (const auto& [name, value] : members)
    if (name.text == key) return &value;
  return nullptr;
}

const Yaml* Yaml::find_key(std::string_view key) const {
  for (const auto& [name, value] : members)
    if (name.text == key) return &name;
  return nullptr;
}

std::string Yaml::as_string() const {
  if (kind == Kind::scalar) return text;
  constexpr std::string_view found[] = {"nothing", "a text", "a list", "a mapping"};
  throw Error(ErrorCode::bad_yaml, fmt::format("expected a text, found {}", found[static_cast<size_t>(kind)]))
      .with_span(span);
}

Json Yaml::to_json() const {
  switch (kind) {
    case Kind::null:
      return {};
    case Kind::scalar:
      try {
        return quoted ? Json(text) : resolve_yaml_scalar(text);
      } catch (Error& error) {
        throw std::move(error.with_span(span));
      }
    case Kind::sequence: {
      Json::Array array;
      array.reserve(items.size());
      for (const auto& item : items) array.push_back(item.to_json());
      return array;
    }
    case Kind::mapping:
      break;
  }
  Json::Object object;
  object.reserve(members.size());
  for (const auto& [key, value] : members) object.emplace_back(key.text, value.to_json());
  return object;
}

Yaml Yaml::parse(std::string_view text, std::string file, std::vector<Yaml>* repeated) {
  if (text.substr(0, 3) == "\xEF\xBB\xBF") text.remove_prefix(3);
  const Source source(text, std::move(file));
  check_characters(text, source);
  Builder builder(source, repeated);
  try {
    std::istringstream in{std::string(text)};
    YAML::Parser parser(in);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& error) {
    source.fail(source.span(error.mark), error.msg);
  }
  Yaml root = builder.take();
  if (!root.span.known()) root.span = source.span_at(0);
  return root;
}

}  // namespace weir
