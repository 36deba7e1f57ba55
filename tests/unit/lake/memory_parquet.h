// A ParquetIo that keeps Arrow batches in memory: the object on the store is a short text that names them, so that
// listing, removing and damaging it work as with real files.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/ids.h"
#include "format/arrow_builder.h"
#include "lake/parquet_io.h"
#include "select_fields.h"

namespace weir::lake {

class MemoryParquet final : public ParquetIo {
 public:
  std::unique_ptr<format::BatchStream> read(store::ObjectStore& store, const std::string& key,
                                            const std::vector<std::string>& columns = {}) override {
    std::string text = store.read(key);
    std::lock_guard lock(mutex_);
    if (!files_.contains(text)) throw Error(ErrorCode::bad_parquet, fmt::format("{} is no Parquet file", key));
    reads.push_back(key);
    for (const auto& column : columns) columns_read.push_back(column);
    return std::make_unique<View>(files_[text], columns);
  }

  std::unique_ptr<format::BatchStream> select(store::ObjectStore& store, const std::string& key,
                                              const ParquetSelection& selection) override {
    std::vector<std::string> columns;
    for (const auto& field : selection.fields)
      if (columns.empty() || columns.back() != field.front()) columns.push_back(field.front());
    return SelectedFields::of(read(store, key, columns), selection);
  }
  ParquetFacts facts(store::ObjectStore&, const std::string& key) override {
    auto known = footers.find(key);
    if (known == footers.end()) throw Error(ErrorCode::bad_parquet, key + " is no Parquet file");
    return known->second;
  }
  std::map<std::string, ParquetFacts> footers;  // what facts() finds, by key

  uint64_t write(store::ObjectStore& store, const std::string& key, format::BatchStream& rows) override {
    auto file = std::make_shared<File>();
    while (auto batch = rows.next()) file->batches.push_back(std::make_shared<format::Batch>(std::move(*batch)));
    file->schema = copy_schema(rows.schema().c_schema());
    std::string text = "parquet " + uuid_v4();  // no other process takes it for one of its own
    {
      std::lock_guard lock(mutex_);
      files_[text] = std::move(file);
    }
    auto writer = store.open_write(key);
    writer->append(text);
    writer->finish();
    return text.size();
  }

  std::vector<std::string> reads, columns_read;  // what was asked for, in order

 private:
  struct File {
    std::optional<format::ArrowType> schema;
    std::vector<std::shared_ptr<format::Batch>> batches;
  };

  static format::ArrowType copy_schema(const ArrowSchema& schema) {
    format::ArrowType type{schema.name, schema.format, {}};
    for (int64_t i = 0; i < schema.n_children; ++i) type.children.push_back(copy_schema(*schema.children[i]));
    return type;
  }

  // Hands out the wanted columns without copying: the exported structs keep the file alive.
  class View final : public format::BatchStream {
   public:
    View(std::shared_ptr<File> file, const std::vector<std::string>& columns)
        : file_(std::move(file)), schema_(format::arrow_schema(wanted(*file_->schema, columns, indexes_))) {}
    const format::BatchSchema& schema() const override { return schema_; }
    std::optional<format::Batch> next() override {
      if (next_ >= file_->batches.size()) return std::nullopt;
      struct Owned {
        std::shared_ptr<format::Batch> batch;
        std::vector<ArrowArray> children;
        std::vector<ArrowArray*> pointers;
        const void* buffers[1] = {nullptr};
      };
      auto owned = std::make_unique<Owned>();
      owned->batch = file_->batches[next_++];
      const ArrowArray& source = owned->batch->c_array();
      for (size_t i : indexes_) {
        owned->children.push_back(*source.children[i]);
        owned->children.back().release = nullptr;
      }
      for (auto& child : owned->children) owned->pointers.push_back(&child);
      ArrowArray array{};
      array.length = source.length;
      array.n_buffers = 1;
      array.buffers = owned->buffers;
      array.n_children = static_cast<int64_t>(owned->children.size());
      array.children = owned->pointers.data();
      array.private_data = owned.release();
      array.release = [](ArrowArray* exported) {
        delete static_cast<Owned*>(exported->private_data);
        exported->release = nullptr;
      };
      return format::Batch(array);
    }

   private:
    static format::ArrowType wanted(const format::ArrowType& all, const std::vector<std::string>& columns,
                                    std::vector<size_t>& indexes) {
      format::ArrowType type{"", "+s", {}};
      for (size_t i = 0; i < all.children.size(); ++i) {
        bool take = columns.empty() || std::find(columns.begin(), columns.end(), all.children[i].name) != columns.end();
        if (!take) continue;
        indexes.push_back(i);
        type.children.push_back(all.children[i]);
      }
      return type;
    }
    std::shared_ptr<File> file_;
    std::vector<size_t> indexes_;
    format::BatchSchema schema_;
    size_t next_ = 0;
  };

  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<File>> files_;  // by the text of the object
};

}  // namespace weir::lake
