#include "store/azure/writer.h"

#include "base/hash.h"
#include "base/ids.h"
#include "base/text.h"

namespace weir::store::azure {

http::Outcome send_blob(Container& container, const std::string& key, std::string_view bytes, bool only_if_absent) {
  ContainerCall call;
  call.method = "PUT";
  call.key = key;
  call.headers = {{"x-ms-blob-type", "BlockBlob"}, {"content-md5", base64(md5_bytes(bytes))}};
  if (only_if_absent) call.headers.emplace_back("if-none-match", "*");
  call.body = bytes;
  call.repeatable = !only_if_absent;
  return container.send(call);
}

void put_blob(Container& container, const std::string& key, std::string_view bytes) {
  const http::Outcome outcome = send_blob(container, key, bytes, false);
  if (!outcome.settled() || !outcome.last.answer.successful()) container.fail("write", key, outcome, true);
}

// Azure allows 50,000 blocks.
uint64_t AzureWriter::part_bytes(size_t number) const {
  return remote::growing_part_bytes(container_.config().block_bytes, number);
}

void AzureWriter::begin() { upload_ = uuid_v4(); }

void AzureWriter::send_part(std::string_view bytes) {
  const std::string number = std::to_string(block_ids_.size());
  block_ids_.push_back(base64(upload_ + std::string(6 - number.size(), '0') + number));
  ContainerCall call;
  call.method = "PUT";
  call.key = key_;
  call.query = {{"comp", "block"}, {"blockid", block_ids_.back()}};
  call.headers = {{"content-md5", base64(md5_bytes(bytes))}};
  call.body = bytes;
  container_.ask(call, "write");
}

// Sent again after it was carried out, it finds the same blocks among the object's own.
void AzureWriter::complete(std::string_view rest) {
  send_part(rest);
  std::string xml = "<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>";
  for (const std::string& id : block_ids_) xml += "<Latest>" + id + "</Latest>";
  xml += "</BlockList>";
  ContainerCall call;
  call.method = "PUT";
  call.key = key_;
  call.query = {{"comp", "blocklist"}};
  call.headers = {{"content-type", "application/xml"}, {"x-ms-blob-content-type", "application/octet-stream"}};
  call.body = xml;
  const http::Outcome outcome = container_.send(call);
  if (!outcome.settled() || !outcome.last.answer.successful()) container_.fail("write", key_, outcome, true);
}

}  // namespace weir::store::azure
