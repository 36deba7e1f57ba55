#include "engine/duckdb/unique_values.h"

#include <array>
#include <cstring>
#include <duckdb/function/aggregate_function.hpp>
#include <duckdb/function/function_set.hpp>
#include <unordered_map>

namespace weir::engine::duck {

using namespace duckdb;

namespace {

constexpr idx_t kPageWords = 1024, kPageBits = 16;  // 64 Ki values in 8 KiB
constexpr idx_t kFreePages = 2048;                  // that a state may have however few values it has seen
constexpr idx_t kValuesPerPage = 256;               // that it must have seen for each further one

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

  bool decided() const { return repeated || too_sparse; }

  // nullptr: there would be too many.
  uint64_t* page(uint64_t number, ArenaAllocator& memory) {
    auto [entry, fresh] = pages.try_emplace(number, nullptr);
    if (fresh) {
      if (pages.size() > kFreePages + seen / kValuesPerPage) {
        too_sparse = true;
        pages.erase(entry);
        return nullptr;
      }
      entry->second = reinterpret_cast<uint64_t*>(memory.AllocateAligned(kPageWords * sizeof(uint64_t)));
      std::memset(entry->second, 0, kPageWords * sizeof(uint64_t));
    }
    return entry->second;
  }

  void add(uint64_t value, ArenaAllocator& memory) {
    const uint64_t number = value >> kPageBits;
    Met& known = met[number % met.size()];
    if (known.page == nullptr || known.number != number) known = {number, page(number, memory)};
    if (known.page == nullptr) return;
    uint64_t& word = known.page[(value >> 6) & (kPageWords - 1)];
    const uint64_t bit = uint64_t{1} << (value & 63);
    repeated |= (word & bit) != 0;
    word |= bit;
    seen++;
  }

  void add_all(const Places& other, ArenaAllocator& memory) {
    repeated |= other.repeated;
    too_sparse |= other.too_sparse;
    seen += other.seen;
    for (auto& [number, theirs] : other.pages) {
      if (decided()) return;
      uint64_t* mine = page(number, memory);
      for (idx_t i = 0; mine != nullptr && i < kPageWords; i++) {
        repeated |= (mine[i] & theirs[i]) != 0;
        mine[i] |= theirs[i];
      }
    }
  }
};

struct PlacesState {
  Places* places;
};

Places& places_of(PlacesState& state) {
  if (state.places == nullptr) state.places = new Places();
  return *state.places;
}

idx_t places_state_size(const AggregateFunction&) { return sizeof(PlacesState); }
void start_places(const AggregateFunction&, data_ptr_t state) {
  reinterpret_cast<PlacesState*>(state)->places = nullptr;
}

void destroy_places(Vector& states, AggregateInputData&, idx_t count) {
  auto** all = FlatVector::GetData<PlacesState*>(states);
  for (idx_t i = 0; i < count; i++) {
    delete all[i]->places;
    all[i]->places = nullptr;
  }
}

// `state_of` gives the state of a row.
template <class T, class StateOf>
void note_rows(Vector& input, AggregateInputData& aggregate, idx_t count, const StateOf& state_of) {
  UnifiedVectorFormat values;
  input.ToUnifiedFormat(count, values);
  const auto* data = UnifiedVectorFormat::GetData<T>(values);
  for (idx_t row = 0; row < count; row++) {
    Places& places = places_of(state_of(row));
    const idx_t i = values.sel->get_index(row);
    if (places.decided() || !values.validity.RowIsValid(i)) continue;
    places.add(static_cast<uint64_t>(static_cast<int64_t>(data[i])), aggregate.allocator);
  }
}

template <class T>
void note_in_one(Vector inputs[], AggregateInputData& aggregate, idx_t, data_ptr_t state, idx_t count) {
  auto& only = *reinterpret_cast<PlacesState*>(state);
  if (places_of(only).decided()) return;
  note_rows<T>(inputs[0], aggregate, count, [&](idx_t) -> PlacesState& { return only; });
}

template <class T>
void note_in_many(Vector inputs[], AggregateInputData& aggregate, idx_t, Vector& states, idx_t count) {
  UnifiedVectorFormat format;
  states.ToUnifiedFormat(count, format);
  auto* all = UnifiedVectorFormat::GetData<PlacesState*>(format);
  note_rows<T>(inputs[0], aggregate, count,
               [&](idx_t row) -> PlacesState& { return *all[format.sel->get_index(row)]; });
}

void combine_places(Vector& from, Vector& into, AggregateInputData& aggregate, idx_t count) {
  UnifiedVectorFormat format;
  from.ToUnifiedFormat(count, format);
  auto* sources = UnifiedVectorFormat::GetData<PlacesState*>(format);
  auto** targets = FlatVector::GetData<PlacesState*>(into);
  for (idx_t i = 0; i < count; i++) {
    const PlacesState& source = *sources[format.sel->get_index(i)];
    if (source.places != nullptr) places_of(*targets[i]).add_all(*source.places, aggregate.allocator);
  }
}

void tell_of_places(Vector& states, AggregateInputData&, Vector& result, idx_t count, idx_t offset) {
  UnifiedVectorFormat format;
  states.ToUnifiedFormat(count, format);
  auto* all = UnifiedVectorFormat::GetData<PlacesState*>(format);
  for (idx_t i = 0; i < count; i++) {
    const Places* places = all[format.sel->get_index(i)]->places;
    Value differ = Value::BOOLEAN(true);
    if (places != nullptr && places->repeated) {
      differ = Value::BOOLEAN(false);
    } else if (places != nullptr && places->too_sparse) {
      differ = Value(LogicalType::BOOLEAN);
    }
    result.SetValue(offset + i, differ);
  }
}

template <class T>
AggregateFunction all_differ(const LogicalType& type) {
  AggregateFunction function({type}, LogicalType::BOOLEAN, places_state_size, start_places, note_in_many<T>,
                             combine_places, tell_of_places, note_in_one<T>, nullptr, destroy_places);
  function.SetOrderDependent(AggregateOrderDependent::NOT_ORDER_DEPENDENT);
  return function;
}

}  // namespace

void register_unique_values(ExtensionLoader& loader) {
  AggregateFunctionSet functions("weir_all_differ");
  functions.AddFunction(all_differ<int32_t>(LogicalType::INTEGER));
  functions.AddFunction(all_differ<int64_t>(LogicalType::BIGINT));
  functions.AddFunction(all_differ<int32_t>(LogicalType::DATE));
  functions.AddFunction(all_differ<int64_t>(LogicalType::TIMESTAMP));
  functions.AddFunction(all_differ<int64_t>(LogicalType::TIMESTAMP_TZ));
  loader.RegisterFunction(std::move(functions));
}

}  // namespace weir::engine::duck
