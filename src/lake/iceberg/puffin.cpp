#include "lake/iceberg/puffin.h"

#include "base/json.h"

namespace weir::lake::iceberg {

namespace {

constexpr const char* puffin_magic = "PFA1";

std::string four_bytes(uint32_t number) {
  std::string bytes;
  for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(number >> shift & 0xFF);
  return bytes;
}

// The row's position, of which the vector is a set (Iceberg specification, "Reserved Field IDs").
constexpr int64_t position_field = 2147483645;

Json blob_metadata(const VectorBlob& blob, int64_t offset) {
  Json fields = Json::array();
  fields.push_back(position_field);
  Json properties = Json::object().set("referenced-data-file", blob.data_file);
  properties.set("cardinality", std::to_string(blob.cardinality));
  Json json = Json::object().set("type", "deletion-vector-v1").set("fields", std::move(fields));
  json.set("snapshot-id", -1).set("sequence-number", -1).set("offset", offset);
  return std::move(
      json.set("length", static_cast<int64_t>(blob.frame.size())).set("properties", std::move(properties)));
}

}  // namespace

PuffinFile puffin_of(const std::vector<VectorBlob>& blobs) {
  PuffinFile file{puffin_magic, {}};
  Json list = Json::array();
  for (const auto& blob : blobs) {
    file.offsets.push_back(static_cast<int64_t>(file.bytes.size()));
    list.push_back(blob_metadata(blob, file.offsets.back()));
    file.bytes += blob.frame;
  }
  Json footer = Json::object().set("blobs", std::move(list));
  footer.set("properties", Json::object().set("created-by", "weir"));
  const std::string payload = footer.dump();
  constexpr uint32_t no_flags = 0;
  file.bytes += puffin_magic + payload + four_bytes(static_cast<uint32_t>(payload.size())) + four_bytes(no_flags);
  file.bytes += puffin_magic;
  return file;
}

}  // namespace weir::lake::iceberg
