#include "lake/publish/source_check.h"

#include <fmt/format.h>

namespace weir::lake::publish {

namespace {

// Positions of different sources cannot be ordered; whoever asks must have checked the identity.
int order(const SourcePosition& source, const Json& a, const Json& b) {
  if (a.is_null() || b.is_null()) return (a.is_null() ? 0 : 1) - (b.is_null() ? 0 : 1);
  const auto result = source.compare(a, b);
  if (!result)
    throw Error(
        ErrorCode::source_gap,
        fmt::format("positions {} and {} cannot be compared: they are of different sources", a.dump(), b.dump()));
  return *result;
}

Error gap(std::string message) { return Error(ErrorCode::source_gap, std::move(message), "weir adopt --cursor …"); }

}  // namespace

bool is_before(const SourcePosition& source, const Json& a, const Json& b) { return order(source, a, b) < 0; }

Json smaller(const SourcePosition& source, const Json& a, const Json& b) { return order(source, a, b) <= 0 ? a : b; }

Json greater(const SourcePosition& source, const Json& a, const Json& b) { return order(source, a, b) >= 0 ? a : b; }

std::string cannot_reread(const Manifest& known, const Json& position, SourcePosition* source) {
  if (source == nullptr) return {};
  if (!known.source_identity.empty() && known.source_identity != source->identity())
    return fmt::format("the source is {} now, it was {}", source->identity(), known.source_identity);
  const Json& from = position.is_null() ? known.source_start : position;
  if (const auto low = source->low_water(); low && is_before(*source, from, *low))
    return fmt::format("the source holds records only from {}, {} is needed", low->dump(), from.dump());
  if (!source->forgets()) return {};
  if (const auto acked = source->acked(); acked && is_before(*source, from, *acked))
    return fmt::format("the source was acknowledged up to {}, {} is needed", acked->dump(), from.dump());
  return {};
}

std::optional<Error> source_gap(const Manifest& head, SourcePosition* source) {
  if (source == nullptr) return std::nullopt;
  if (!head.source_identity.empty() && head.source_identity != source->identity())
    return gap(fmt::format("the source of asset {} is {} now, it was {} at the last publish", head.asset,
                           source->identity(), head.source_identity));
  try {
    const Json& cursor = head.cursor_after.is_null() ? head.source_start : head.cursor_after;
    if (const auto low = source->low_water(); low && is_before(*source, cursor, *low))
      return gap(fmt::format("asset {} was read up to {}, but the source holds records only from {}", head.asset,
                             cursor.dump(), low->dump()));
    const Json& floor = head.ack_floor.is_null() ? head.source_start : head.ack_floor;
    if (const auto acked = source->acked(); source->forgets() && acked && is_before(*source, floor, *acked))
      return gap(
          fmt::format("the source of asset {} was acknowledged up to {}, but weir allowed only {}: someone else "
                      "consumed it",
                      head.asset, acked->dump(), floor.dump()));
  } catch (const Error& error) {
    if (error.code() != ErrorCode::source_gap) throw;
    return error;
  }
  return std::nullopt;
}

}  // namespace weir::lake::publish
