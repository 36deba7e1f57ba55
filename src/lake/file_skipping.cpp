#include "lake/file_skipping.h"

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "lake/evidence.h"

namespace weir::lake {

namespace {

// A condition with what it is decided by.
struct Question {
  const Condition* condition;
  StatsLeaf leaf;
  bool partition;
  size_t column = 0;  // of the bounds that are read, if it is none of a partition column
};

// The alternatives of one part; empty if one of them cannot be decided, since then none leaves a file out.
std::vector<Question> questions_of(const std::vector<Condition>& any, const Metadata& metadata) {
  std::vector<Question> questions;
  for (const auto& condition : any) {
    auto leaf = stats_leaf(metadata.schema, condition.column);
    if (!leaf) return {};
    questions.push_back({&condition, std::move(*leaf), is_partition_column(metadata, condition.column)});
  }
  return questions;
}

const std::optional<std::string>* partition_value(const PartitionValues& values, const std::string& name) {
  for (const auto& [key, value] : values)
    if (iequals(key, name)) return &value;
  return nullptr;
}

enum class Answer : uint8_t { may_match, excluded, unknown };  // unknown: may match for want of statistics

// One chunk at a time, as the files of a list come.
class ChunkView {
 public:
  ChunkView(const FileList& files, const std::vector<StatsLeaf>& leaves) : files_(files), leaves_(leaves) {}
  const FileChunk& enter(uint32_t number) {
    if (chunk_ && number == number_) return *chunk_;
    number_ = number;
    chunk_ = &files_.chunk_at(number);
    if (!leaves_.empty()) bounds_ = chunk_->bounds(leaves_);
    return *chunk_;
  }
  const BoundsColumn& column(size_t i) const { return *bounds_[i].column; }
  int64_t records(size_t row) const { return (*bounds_.front().num_records)[row]; }

 private:
  const FileList& files_;
  const std::vector<StatsLeaf>& leaves_;
  uint32_t number_ = 0;
  const FileChunk* chunk_ = nullptr;
  std::vector<FileChunk::Bounds> bounds_;
};

bool excluded_by_partition(const Question& question, const PartitionValues& values) {
  const auto& field = question.leaf.field;
  auto evidence = evidence_of_partition(field, partition_value(values, field.physical_name()));
  return evidence && excludes(*question.condition, field.type, *evidence);
}

// The comparison of whole numbers without making values of them; nullopt if it takes more than that.
std::optional<bool> excluded_by_whole_bounds(const Question& question, const BoundsColumn& bounds, size_t row) {
  const auto* wanted = std::get_if<int64_t>(&question.condition->value);
  if (!wanted || !bounds.whole_numbers()) return std::nullopt;
  switch (question.condition->compare) {
    case Compare::equal:
      return (bounds.has_min(row) && *wanted < bounds.min(row)) || (bounds.has_max(row) && *wanted > bounds.max(row));
    case Compare::less:
      return bounds.has_min(row) && *wanted <= bounds.min(row);
    case Compare::less_equal:
      return bounds.has_min(row) && *wanted < bounds.min(row);
    case Compare::greater:
      return bounds.has_max(row) && *wanted >= bounds.max(row);
    case Compare::greater_equal:
      return bounds.has_max(row) && *wanted > bounds.max(row);
    default:
      return std::nullopt;
  }
}

Answer answer_by_statistics(const Question& question, const ChunkView& view, const FileChunk& chunk, size_t row) {
  const BoundsColumn& bounds = view.column(question.column);
  if (!bounds.known(row)) return Answer::unknown;
  const int64_t records = view.records(row);
  if (auto excluded = excluded_by_whole_bounds(question, bounds, row))
    return *excluded || (records >= 0 && bounds.null_count(row) == records) ? Answer::excluded : Answer::may_match;
  const auto& field = question.leaf.field;
  auto evidence = evidence_of_statistics(field, bounds.at(row), records < 0 ? std::nullopt : std::optional(records),
                                         chunk.has_tag(row, nan_checked_tag));
  return excludes(*question.condition, field.type, evidence) ? Answer::excluded : Answer::may_match;
}

void skip_by_partition(const FileList& files, const std::vector<Question>& any, std::vector<size_t>& kept) {
  // Many files share a partition: it is judged once for each chunk.
  std::vector<int8_t> judged;  // by partition of the chunk: -1 = not yet
  std::optional<uint32_t> chunk;
  std::erase_if(kept, [&](size_t i) {
    const auto place = files.place(i);
    const FileChunk& now = files.chunk_at(place.chunk);
    if (chunk != place.chunk) judged.assign(now.partition_count(), -1);
    chunk = place.chunk;
    auto& verdict = judged[now.partition_of(place.row)];
    if (verdict < 0)
      verdict = std::all_of(any.begin(), any.end(),
                            [&](const Question& question) {
                              return excluded_by_partition(question, now.partition_values(place.row));
                            })
                    ? 1
                    : 0;
    return verdict == 1;
  });
}

void skip_by_statistics(const FileList& files, const std::vector<Question>& any, const std::vector<StatsLeaf>& leaves,
                        std::vector<size_t>& kept, SkipStep& step) {
  ChunkView view(files, leaves);
  std::erase_if(kept, [&](size_t i) {
    const auto place = files.place(i);
    const FileChunk& chunk = view.enter(place.chunk);
    bool excluded = true, unknown = false;
    for (const auto& question : any) {
      Answer answer = question.partition
                          ? (excluded_by_partition(question, chunk.partition_values(place.row)) ? Answer::excluded
                                                                                                : Answer::may_match)
                          : answer_by_statistics(question, view, chunk, place.row);
      excluded = excluded && answer == Answer::excluded;
      unknown = unknown || answer == Answer::unknown;
    }
    step.without_statistics += !excluded && unknown ? 1 : 0;
    return excluded;
  });
}

}  // namespace

void skip_files(const FileList& files, const Metadata& metadata, const Predicate& predicate, std::vector<size_t>& kept,
                std::vector<SkipStep>* steps) {
  const auto& parts = predicate.all_of_any;
  std::vector<SkipStep> done(parts.size());
  std::vector<std::vector<Question>> asked;
  asked.reserve(parts.size());
  for (const auto& any : parts) asked.push_back(questions_of(any, metadata));

  std::vector<StatsLeaf> leaves;
  for (size_t i = 0; i < parts.size(); ++i) {
    auto& any = asked[i];
    done[i].by_partition = !any.empty() && std::all_of(any.begin(), any.end(),
                                                       [](const Question& question) { return question.partition; });
    done[i].asked = kept.size();
    if (done[i].by_partition) {
      skip_by_partition(files, any, kept);
      done[i].skipped = done[i].asked - kept.size();
      continue;
    }
    for (auto& question : any) {
      if (question.partition) continue;
      auto known = std::find(leaves.begin(), leaves.end(), question.leaf);
      question.column = static_cast<size_t>(known - leaves.begin());
      if (known == leaves.end()) leaves.push_back(question.leaf);
    }
  }
  if (!leaves.empty()) {
    std::vector<bool> chunks(files.chunk_count());
    for (size_t i : kept) chunks[files.place(i).chunk] = true;
    files.read_bounds(chunks, leaves);
  }
  for (size_t i = 0; i < parts.size(); ++i) {
    if (done[i].by_partition || asked[i].empty()) continue;
    done[i].asked = kept.size();
    skip_by_statistics(files, asked[i], leaves, kept, done[i]);
    done[i].skipped = done[i].asked - kept.size();
  }
  if (steps) *steps = std::move(done);
}

}  // namespace weir::lake
