#include "engine/duckdb/unique_values.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <duckdb/function/aggregate_function.hpp>
#include <duckdb/function/function_set.hpp>
#include <duckdb/parallel/task_scheduler.hpp>
#include <duckdb/storage/buffer_manager.hpp>
#include <optional>
#include <unordered_map>

namespace weir::engine::duck {

using namespace duckdb;

namespace {

constexpr idx_t page_words = 1024, page_bits = 16;  // 64 Ki values in 8 KiB
constexpr idx_t free_pages = 2048;                  // that a state may have however few values it has seen
constexpr idx_t values_per_page = 256;              // that it must have seen for each further one

// A share of the engine's memory, so that what could be answered on disk does not fail for want of it.
struct PlacesLimit final : FunctionData {
  explicit PlacesLimit(idx_t pages) : most_pages(pages) {}
  duckdb::unique_ptr<FunctionData> Copy() const override { return make_uniq<PlacesLimit>(most_pages); }
  bool Equals(const FunctionData& other) const override { return most_pages == other.Cast<PlacesLimit>().most_pages; }
  idx_t most_pages;  // of a bitmap
};

duckdb::unique_ptr<FunctionData> bind_places(ClientContext& context, AggregateFunction&,
                                             vector<duckdb::unique_ptr<Expression>>&) {
  constexpr idx_t share = 32;
  const idx_t memory = BufferManager::GetBufferManager(context).GetMaxMemory();
  const auto threads = static_cast<idx_t>(TaskScheduler::GetScheduler(context).NumberOfThreads());
  return make_uniq<PlacesLimit>(memory / share / threads / (page_words * sizeof(uint64_t)));
}

struct PlacesMemory {
  explicit PlacesMemory(AggregateInputData& aggregate)
      : allocator(aggregate.allocator), most_pages(aggregate.bind_data->Cast<PlacesLimit>().most_pages) {}
  // Zeroed; nullptr: there is no memory.
  uint64_t* page() const {
    try {
      auto* words = reinterpret_cast<uint64_t*>(allocator.AllocateAligned(page_words * sizeof(uint64_t)));
      std::memset(words, 0, page_words * sizeof(uint64_t));
      return words;
    } catch (const OutOfMemoryException&) {
      return nullptr;
    }
  }
  ArenaAllocator& allocator;
  idx_t most_pages;
};

// The pages belong to the allocator of the aggregate, which outlives the state.
struct Places {
  struct Met {
    uint64_t number = 0;
    uint64_t* page = nullptr;
  };
  std::unordered_map<uint64_t, uint64_t*> pages;
  std::array<Met, 256> met;  // the pages met last, each in the place that its number gives
  idx_t seen = 0;
  bool repeated = false, too_sparse = false;

  // nullptr: there would be too many.
  uint64_t* page(uint64_t number, const PlacesMemory& memory) {
    auto [entry, fresh] = pages.try_emplace(number, nullptr);
    if (!fresh) return entry->second;
    const bool dense = pages.size() <= std::min(free_pages + seen / values_per_page, memory.most_pages);
    if (dense) entry->second = memory.page();
    if (entry->second != nullptr) return entry->second;
    pages.erase(entry);
    too_sparse = true;
    return nullptr;
  }

  void add(uint64_t value, const PlacesMemory& memory) {
    const uint64_t number = value >> page_bits;
    Met& known = met[number % met.size()];
    if (known.page == nullptr || known.number != number) known = {number, page(number, memory)};
    if (known.page == nullptr) return;
    uint64_t& word = known.page[(value >> 6) & (page_words - 1)];
    const uint64_t bit = uint64_t{1} << (value & 63);
    repeated |= (word & bit) != 0;
    word |= bit;
    seen++;
  }

  void add_all(const Places& other, const PlacesMemory& memory) {
    repeated |= other.repeated;
    too_sparse |= other.too_sparse;
    seen += other.seen;
    for (auto& [number, theirs] : other.pages) {
      if (too_sparse) return;
      uint64_t* mine = page(number, memory);
      for (idx_t i = 0; mine != nullptr && i < page_words; i++) {
        repeated |= (mine[i] & theirs[i]) != 0;
        mine[i] |= theirs[i];
      }
    }
  }

  bool has_all_of(const Places& other) const {
    for (auto& [number, theirs] : other.pages) {
      const auto mine = pages.find(number);
      if (mine == pages.end()) return false;
      for (idx_t i = 0; i < page_words; i++)
        if ((theirs[i] & ~mine->second[i]) != 0) return false;
    }
    return true;
  }
};

// ---- what is asked of them

// One bitmap.
struct AllDiffer {
  Places places;
  static constexpr idx_t arguments = 1;
  bool decided() const { return places.repeated || places.too_sparse; }
  void add(uint64_t value, bool, const PlacesMemory& memory) { places.add(value, memory); }
  void add_all(const AllDiffer& other, const PlacesMemory& memory) { places.add_all(other.places, memory); }
  std::optional<bool> answer() const {
    if (places.repeated) return false;
    return places.too_sparse ? std::nullopt : std::optional(true);
  }
};

// A bitmap for each side.
struct AllFound {
  Places listed, sought;
  static constexpr idx_t arguments = 2;
  bool decided() const { return listed.too_sparse || sought.too_sparse; }
  void add(uint64_t value, bool is_listed, const PlacesMemory& memory) {
    (is_listed ? listed : sought).add(value, memory);
  }
  void add_all(const AllFound& other, const PlacesMemory& memory) {
    listed.add_all(other.listed, memory);
    sought.add_all(other.sought, memory);
  }
  std::optional<bool> answer() const { return decided() ? std::nullopt : std::optional(listed.has_all_of(sought)); }
};

// ---- as the engine's aggregates

template <class Asked>
struct PlacesState {
  Asked* asked;
  Asked& begun() {
    if (asked == nullptr) asked = new Asked();
    return *asked;
  }
};

template <class Asked>
idx_t places_state_size(const AggregateFunction&) {
  return sizeof(PlacesState<Asked>);
}

template <class Asked>
void start_places(const AggregateFunction&, data_ptr_t state) {
  reinterpret_cast<PlacesState<Asked>*>(state)->asked = nullptr;
}

template <class Asked>
void destroy_places(Vector& states, AggregateInputData&, idx_t count) {
  auto** all = FlatVector::GetData<PlacesState<Asked>*>(states);
  for (idx_t i = 0; i < count; i++) {
    delete all[i]->asked;
    all[i]->asked = nullptr;
  }
}

// `state_of` gives the state of a row.
template <class Asked, class T, class StateOf>
void note_rows(Vector inputs[], AggregateInputData& aggregate, idx_t count, const StateOf& state_of) {
  UnifiedVectorFormat values, sides;
  inputs[0].ToUnifiedFormat(count, values);
  inputs[Asked::arguments - 1].ToUnifiedFormat(count, sides);
  const auto* data = UnifiedVectorFormat::GetData<T>(values);
  const auto* side = reinterpret_cast<const bool*>(sides.data);
  const PlacesMemory memory(aggregate);
  for (idx_t row = 0; row < count; row++) {
    Asked& asked = state_of(row).begun();
    const idx_t i = values.sel->get_index(row);
    if (asked.decided() || !values.validity.RowIsValid(i)) continue;
    bool is_listed = false;
    if constexpr (Asked::arguments == 2) is_listed = side[sides.sel->get_index(row)];
    asked.add(static_cast<uint64_t>(static_cast<int64_t>(data[i])), is_listed, memory);
  }
}

template <class Asked, class T>
void note_in_one(Vector inputs[], AggregateInputData& aggregate, idx_t, data_ptr_t state, idx_t count) {
  auto& only = *reinterpret_cast<PlacesState<Asked>*>(state);
  if (only.begun().decided()) return;
  note_rows<Asked, T>(inputs, aggregate, count, [&](idx_t) -> PlacesState<Asked>& { return only; });
}

template <class Asked, class T>
void note_in_many(Vector inputs[], AggregateInputData& aggregate, idx_t, Vector& states, idx_t count) {
  UnifiedVectorFormat format;
  states.ToUnifiedFormat(count, format);
  auto* all = UnifiedVectorFormat::GetData<PlacesState<Asked>*>(format);
  note_rows<Asked, T>(inputs, aggregate, count,
                      [&](idx_t row) -> PlacesState<Asked>& { return *all[format.sel->get_index(row)]; });
}

template <class Asked>
void combine_places(Vector& from, Vector& into, AggregateInputData& aggregate, idx_t count) {
  UnifiedVectorFormat format;
  from.ToUnifiedFormat(count, format);
  auto* sources = UnifiedVectorFormat::GetData<PlacesState<Asked>*>(format);
  auto** targets = FlatVector::GetData<PlacesState<Asked>*>(into);
  for (idx_t i = 0; i < count; i++) {
    const Asked* source = sources[format.sel->get_index(i)]->asked;
    if (source != nullptr) targets[i]->begun().add_all(*source, PlacesMemory(aggregate));
  }
}

template <class Asked>
void tell_of_places(Vector& states, AggregateInputData&, Vector& result, idx_t count, idx_t offset) {
  UnifiedVectorFormat format;
  states.ToUnifiedFormat(count, format);
  auto* all = UnifiedVectorFormat::GetData<PlacesState<Asked>*>(format);
  for (idx_t i = 0; i < count; i++) {
    const std::optional<bool> answer = all[format.sel->get_index(i)]->begun().answer();
    result.SetValue(offset + i, answer ? Value::BOOLEAN(*answer) : Value(LogicalType::BOOLEAN));
  }
}

template <class Asked, class T>
AggregateFunction of_places(vector<LogicalType> arguments) {
  AggregateFunction function(std::move(arguments), LogicalType::BOOLEAN, places_state_size<Asked>, start_places<Asked>,
                             note_in_many<Asked, T>, combine_places<Asked>, tell_of_places<Asked>,
                             note_in_one<Asked, T>, bind_places, destroy_places<Asked>);
  function.SetOrderDependent(AggregateOrderDependent::NOT_ORDER_DEPENDENT);
  return function;
}

template <class Asked>
void register_places(ExtensionLoader& loader, const char* name) {
  const auto arguments = [](LogicalTypeId type) {
    vector<LogicalType> types = {type};
    if (Asked::arguments == 2) types.push_back(LogicalType::BOOLEAN);
    return types;
  };
  AggregateFunctionSet functions(name);
  functions.AddFunction(of_places<Asked, int32_t>(arguments(LogicalTypeId::INTEGER)));
  functions.AddFunction(of_places<Asked, int64_t>(arguments(LogicalTypeId::BIGINT)));
  functions.AddFunction(of_places<Asked, int32_t>(arguments(LogicalTypeId::DATE)));
  functions.AddFunction(of_places<Asked, int64_t>(arguments(LogicalTypeId::TIMESTAMP)));
  functions.AddFunction(of_places<Asked, int64_t>(arguments(LogicalTypeId::TIMESTAMP_TZ)));
  loader.RegisterFunction(std::move(functions));
}

}  // namespace

void register_unique_values(ExtensionLoader& loader) {
  register_places<AllDiffer>(loader, "weir_all_differ");
  register_places<AllFound>(loader, "weir_all_found");
}

}  // namespace weir::engine::duck
