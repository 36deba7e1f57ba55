#include "lake/deletion_vector.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/ids.h"
#include "base/text.h"
#include "lake/log_names.h"

namespace weir::lake {

namespace {

constexpr uint32_t magic = 1681511377;  // little-endian, before the bitmap
constexpr char format_version = 1;      // first byte of an object of vectors
constexpr size_t encoded_uuid_length = 20;
constexpr std::string_view z85_digits =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

uint32_t big_endian(std::string_view bytes) {
  uint32_t number = 0;
  for (char c : bytes.substr(0, 4)) number = number << 8 | static_cast<unsigned char>(c);
  return number;
}

std::string big_endian(uint32_t number) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(number >> shift & 0xFF);
  return bytes;
}

// Five characters are four bytes. Writers fill up what is no multiple of four with zero bytes, or (delta-kernel) mark
// each byte that the last group lacks by a '#' before its digits, which no full group can begin with. nullopt if the
// text is not Z85.
std::optional<std::string> decode_z85(std::string_view text) {
  if (text.size() % 5 != 0) return std::nullopt;
  std::string bytes;
  for (size_t i = 0; i < text.size(); i += 5) {
    size_t missing = text.substr(i, 5).find_first_not_of('#');
    if (missing > 0 && (missing > 3 || i + 5 < text.size())) return std::nullopt;
    uint64_t number = 0;
    for (char c : text.substr(i + missing, 5 - missing)) {
      size_t digit = z85_digits.find(c);
      if (digit == std::string_view::npos) return std::nullopt;
      number = number * 85 + digit;
    }
    size_t bits = 32 - 8 * missing;
    if (number >> bits != 0) return std::nullopt;
    while (bits > 0) bytes += static_cast<char>(number >> (bits -= 8) & 0xFF);
  }
  return bytes;
}

// `bytes` are a multiple of four.
std::string encode_z85(std::string_view bytes) {
  std::string text;
  for (size_t i = 0; i < bytes.size(); i += 4) {
    uint32_t number = big_endian(bytes.substr(i));
    std::string digits(5, '0');
    for (size_t place = 5; place-- > 0; number /= 85) digits[place] = z85_digits[number % 85];
    text += digits;
  }
  return text;
}

std::string uuid_text(const std::string& bytes) {
  std::string text;
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += fmt::format("{:02x}", static_cast<unsigned char>(bytes[i]));
  }
  return text;
}

std::string uuid_bytes(const std::string& text) {
  std::string bytes;
  for (size_t i = 0; i < text.size(); i += 2) {
    if (text[i] == '-') ++i;
    bytes += static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

[[noreturn]] void bad_log(const TableLocation& table, const DeletionVector& vector, const std::string& problem) {
  throw Error(ErrorCode::bad_log, fmt::format("table {}: the deletion vector \"{}\": {}", table.uri(),
                                              valid_utf8(vector.storage_type + vector.path_or_inline_dv), problem));
}

[[noreturn]] void damaged(const std::string& place, const std::string& problem) {
  throw Error(ErrorCode::bad_deletion_vector, fmt::format("the deletion vector in {}: {}", place, problem));
}

std::string object_name(const std::string& prefix, const std::string& uuid) {
  return fmt::format("{}{}deletion_vector_{}.bin", prefix, prefix.empty() ? "" : "/", uuid);
}

std::string relative_key(const TableLocation& table, const DeletionVector& vector) {
  const std::string& text = vector.path_or_inline_dv;
  auto uuid = text.size() < encoded_uuid_length
                  ? std::nullopt
                  : decode_z85(std::string_view(text).substr(text.size() - encoded_uuid_length));
  if (!uuid) bad_log(table, vector, "it names no file");
  std::string prefix = text.substr(0, text.size() - encoded_uuid_length);
  std::string path = object_name(prefix, uuid_text(*uuid));
  if (path.starts_with('/')) bad_log(table, vector, "its prefix is an absolute path");
  return table.key(decoded_path(encode_path(path)));
}

// The serialised bitmap (magic and portable form) as the object or the log holds it.
std::string read_data(const TableLocation& table, const DeletionVector& vector, const std::optional<std::string>& key,
                      const std::string& place) {
  auto size = static_cast<uint64_t>(vector.size_bytes);
  if (!key) {
    auto data = decode_z85(vector.path_or_inline_dv);
    if (!data || data->size() < size) damaged(place, "it is no Z85 text of the size that the log says");
    data->resize(size);
    return *data;
  }
  if (vector.offset.value_or(1) < 0) bad_log(table, vector, "its offset is negative");
  // Size, data, CRC-32; the numbers big-endian.
  std::string bytes = table.store->read(*key, static_cast<uint64_t>(vector.offset.value_or(1)), size + 8);
  if (bytes.size() < size + 8) damaged(place, "it is cut off");
  if (big_endian(bytes) != size)
    damaged(place, fmt::format("it has {} bytes where the log says {}", big_endian(bytes), size));
  std::string data = bytes.substr(4, size);
  if (big_endian(std::string_view(bytes).substr(4 + size)) != crc32_of(data)) damaged(place, "its checksum is wrong");
  return data;
}

}  // namespace

std::optional<std::string> deletion_vector_key(const TableLocation& table, const DeletionVector& vector) {
  if (vector.storage_type == "i") return std::nullopt;
  if (vector.storage_type == "u") return relative_key(table, vector);
  if (vector.storage_type != "p") bad_log(table, vector, "its storage type is not known");
  if (auto key = key_inside(table.store->uri(), vector.path_or_inline_dv)) return key;
  throw Error(ErrorCode::path_outside,
              fmt::format("table {}: its log names the deletion vector \"{}\", which lies outside of {}", table.uri(),
                          valid_utf8(vector.path_or_inline_dv), table.store->uri()),
              "weir opens objects of the table's own store only; copy the table with the engine that made it");
}

namespace {

struct CheckedVector {
  std::string data;  // magic and bitmap
  format::RowBitmap rows;
};

CheckedVector read_checked(const TableLocation& table, const DeletionVector& vector) {
  auto key = deletion_vector_key(table, vector);
  std::string place = key ? shown(table, *key) : "the log of table " + table.uri();
  std::string data = read_data(table, vector, key, place);
  uint32_t start = data.size() < 4 ? 0 : __builtin_bswap32(big_endian(data));
  if (start != magic) damaged(place, "it does not start as one");
  std::string problem;
  auto said = static_cast<uint64_t>(vector.cardinality);
  auto rows = format::RowBitmap::parse(std::string_view(data).substr(4), said, problem);
  if (!rows) damaged(place, problem);
  if (rows->size() != said) damaged(place, fmt::format("it holds {} rows where the log says {}", rows->size(), said));
  return {std::move(data), std::move(*rows)};
}

std::string framed(const std::string& data) {
  return big_endian(static_cast<uint32_t>(data.size())) + data + big_endian(crc32_of(data));
}

}  // namespace

format::RowBitmap read_deletion_vector(const TableLocation& table, const DeletionVector& vector) {
  return read_checked(table, vector).rows;
}

std::string deletion_vector_frame(const TableLocation& table, const DeletionVector& vector) {
  return framed(read_checked(table, vector).data);
}

DeletionVectorFile write_deletion_vectors(const std::vector<format::RowBitmap>& rows, const std::string& prefix,
                                          const std::string& uuid) {
  require(is_uuid(uuid), "an object of deletion vectors is named by a UUID");
  DeletionVectorFile file{object_name(prefix, uuid), std::string(1, format_version), {}};
  for (const auto& gone : rows) {
    DeletionVector vector;
    vector.storage_type = "u";
    vector.path_or_inline_dv = prefix + encode_z85(uuid_bytes(uuid));
    vector.offset = static_cast<int64_t>(file.bytes.size());
    std::string data = big_endian(__builtin_bswap32(magic)) + gone.serialize();
    vector.size_bytes = static_cast<int64_t>(data.size());
    vector.cardinality = static_cast<int64_t>(gone.size());
    file.bytes += framed(data);
    file.vectors.push_back(std::move(vector));
  }
  return file;
}

std::string uuid_of_deletion_vectors(const std::string& key) {
  constexpr std::string_view start = "deletion_vector_", end = ".bin";
  std::string_view name = std::string_view(key).substr(key.rfind('/') + 1);
  if (!name.starts_with(start) || !name.ends_with(end) || name.size() < start.size() + end.size()) return {};
  std::string uuid(name.substr(start.size(), name.size() - start.size() - end.size()));
  return is_uuid(uuid) ? uuid : std::string();
}

std::vector<std::string> keys_in_table(const TableLocation& table, const std::string& path,
                                       const DeletionVector* vector) {
  std::vector<std::string> keys;
  if (!is_absolute_path(path))
    keys.push_back(decoded_path(path));
  else if (auto key = key_inside(table.uri(), path))
    keys.push_back(*key);
  if (!vector || vector->storage_type == "i") return keys;
  if (vector->storage_type == "p") {
    if (auto key = key_inside(table.uri(), vector->path_or_inline_dv)) keys.push_back(*key);
  } else if (auto key = deletion_vector_key(table, *vector)) {
    keys.push_back(key->substr(table.prefix.size()));
  }
  return keys;
}

}  // namespace weir::lake
