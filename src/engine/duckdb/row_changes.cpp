#include "engine/duckdb/row_changes.h"

#include "base/failpoint.h"
#include "lake/deletion_vector.h"
#include "lake/features.h"
#include "lake/stats_writer.h"

namespace weir::engine::duck {

namespace {

// Beyond this share of deleted rows, reading past them at each scan costs more than writing the others again once.
constexpr double max_deleted_share = 0.2;

bool few_gone(int64_t left, int64_t stored) {
  return static_cast<double>(stored - left) <= max_deleted_share * static_cast<double>(stored);
}

format::RowBitmap rows_gone(const RowChanges& changes, size_t number) {
  auto rows = changes.gone->rows(number);
  if (auto before = changes.state->files()[number]->deleted(changes.state->location)) rows.add_all(*before);
  return rows;
}

}  // namespace

const FileFates& RowChanges::fates() const {
  decided_.call([&] {
    for (size_t i = 0; i < state->files().size() && moves_only(); ++i) {
      if (anew_.count(state->files().path(i))) fates_.rewritten.push_back(i);
    }
    bool vectors = lake::deletion_vectors(state->protocol, state->metadata);
    for (auto number : gone->files()) {
      auto& file = *state->files()[number];
      auto live = file.row_count();
      auto stored = file.stored_rows();
      auto left = live.value_or(-1) - gone->count(number);
      if (live && left == 0)
        fates_.dropped.push_back(number);
      else if (vectors && live && few_gone(left, *stored))
        fates_.marked.push_back(number);
      else
        fates_.rewritten.push_back(number);
    }
  });
  return fates_;
}

void take_away(LakeTransaction& transaction, const RowChanges& changes, TableChange& change) {
  auto& state = *changes.state;
  auto& fates = changes.fates();
  for (auto* numbers : {&fates.dropped, &fates.rewritten, &fates.marked}) {
    for (auto number : *numbers) change.removed.push_back(state.files()[number]);
  }
  if (fates.marked.empty()) return;
  std::vector<format::RowBitmap> rows;
  for (auto number : fates.marked) rows.push_back(rows_gone(changes, number));
  auto written = transaction.write_vectors(state, rows);
  for (size_t i = 0; i < fates.marked.size(); ++i) {
    auto add = state.files()[fates.marked[i]]->add();
    add.deletion_vector = written.vectors[i];
    add.stats = lake::with_wide_bounds(*add.stats);
    change.added.push_back(std::make_shared<const DataFile>(std::move(add), written.modified_ms));
  }
}

}  // namespace weir::engine::duck
