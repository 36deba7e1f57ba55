// A ParquetIo for tests: an "object" names a list of batches kept in this process.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "../select_fields.h"
#include "base/error.h"
#include "lake/parquet_io.h"

namespace weir::lake::publish {

class MemoryParquet final : public ParquetIo {
 public:
  std::unique_ptr<format::BatchStream> read(store::ObjectStore& store, const std::string& key,
                                            const std::vector<std::string>& columns = {}) override {
    (void)columns;  // a superset is allowed: readers ask by name
    const std::string name = store.read(key);
    const std::lock_guard lock(mutex_);
    const auto found = files_.find(name);
    if (found == files_.end()) throw Error(ErrorCode::bad_parquet, key + " is not Parquet");
    return std::make_unique<Stream>(found->second);
  }

  ParquetFacts facts(store::ObjectStore&, const std::string& key) override {
    throw Error(ErrorCode::bad_parquet, key + " has no footer");
  }
  std::unique_ptr<format::BatchStream> select(store::ObjectStore& store, const std::string& key,
                                              const ParquetSelection& selection) override {
    std::vector<std::string> columns;
    for (const auto& field : selection.fields)
      if (columns.empty() || columns.back() != field.front()) columns.push_back(field.front());
    return SelectedFields::of(read(store, key, columns), selection);
  }

  uint64_t write(store::ObjectStore& store, const std::string& key, format::BatchStream& rows) override {
    auto file = std::make_shared<File>();
    while (auto batch = rows.next()) file->batches.push_back(std::move(*batch));
    file->own_schema = copy_of(rows.schema());
    const std::lock_guard lock(mutex_);
    const std::string name = "parquet " + std::to_string(files_.size());
    files_.emplace(name, file);
    auto writer = store.open_write(key);
    writer->append(name);
    writer->finish();
    return name.size();
  }

 private:
  // Deep copy of names and formats; enough for a schema that outlives its stream.
  struct SchemaCopy {
    ArrowSchema schema{};
    std::string format, name, metadata;
    std::vector<std::unique_ptr<SchemaCopy>> children;
    std::vector<ArrowSchema*> pointers;
  };
  struct File {
    std::unique_ptr<SchemaCopy> own_schema;
    std::vector<format::Batch> batches;
  };

  static std::unique_ptr<SchemaCopy> copy_of(const format::BatchSchema& schema) { return copy_of(schema.c_schema()); }
  static std::unique_ptr<SchemaCopy> copy_of(const ArrowSchema& from) {
    auto copy = std::make_unique<SchemaCopy>();
    copy->format = from.format;
    copy->name = from.name != nullptr ? from.name : "";
    for (int64_t i = 0; i < from.n_children; ++i) {
      copy->children.push_back(copy_of(*from.children[i]));
      copy->pointers.push_back(&copy->children.back()->schema);
    }
    copy->schema = from;
    copy->schema.format = copy->format.c_str();
    copy->schema.name = copy->name.c_str();
    copy->schema.metadata = nullptr;
    copy->schema.children = copy->pointers.data();
    copy->schema.dictionary = nullptr;
    copy->schema.release = [](ArrowSchema* schema) { schema->release = nullptr; };
    copy->schema.private_data = nullptr;
    return copy;
  }

  // Lends the kept arrays; nothing is released before this ParquetIo ends.
  class Stream final : public format::BatchStream {
   public:
    explicit Stream(std::shared_ptr<File> file) : file_(std::move(file)), schema_(file_->own_schema->schema) {}
    const format::BatchSchema& schema() const override { return schema_; }
    std::optional<format::Batch> next() override {
      if (next_ == file_->batches.size()) return std::nullopt;
      ArrowArray lent = file_->batches[next_++].c_array();
      lent.release = [](ArrowArray* array) { array->release = nullptr; };
      return format::Batch(lent);
    }

   private:
    std::shared_ptr<File> file_;
    format::BatchSchema schema_;
    size_t next_ = 0;
  };

  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<File>> files_;
};

}  // namespace weir::lake::publish
