// links: weir_format

// Any bytes as an Avro file: rows of its schema, or an error. What is read can be written and read again (where unions
// are of the kind that is written).
#include <cstdlib>
#include <string>

#include "base/error.h"
#include "format/avro.h"

namespace {

using namespace weir;
using namespace weir::format;

void demand(bool ok) {
  if (!ok) std::abort();
}

bool is_written(const avro::Type& type) {
  if (type.kind == avro::Kind::union_)
    if (type.parts.size() != 2 || (type.parts[0].kind == avro::Kind::null) == (type.parts[1].kind == avro::Kind::null))
      return false;
  for (const auto& part : type.parts)
    if (!is_written(part)) return false;
  for (const auto& field : type.fields)
    if (!is_written(field.type)) return false;
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  const avro::Limits limits{size_t{1} << 20};
  try {
    std::vector<avro::Value> rows;
    const auto header = avro::read(
        bytes, "fuzz", [&](const avro::Type&, avro::Value row) { rows.push_back(std::move(row)); }, limits);
    if (!is_written(header.type)) return 0;
    avro::Properties more = header.properties;
    size_t again = 0;
    avro::read(avro::write(header.schema, more, rows), "again",
               [&](const avro::Type&, const avro::Value&) { ++again; });
    demand(again == rows.size());
  } catch (const Error& error) {
    demand(error.code() == ErrorCode::bad_avro);
  }
  return 0;
}
