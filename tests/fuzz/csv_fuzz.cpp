// Any bytes as the file of a source go the whole way of an ingest: glob, dialect and types inferred or declared, pin,
// plan, scan into a table of a lake in memory, rejects. They give rows and rejects, or an error that blames the input.
//
// DuckDB's archives are linked as they are: its code is neither instrumented nor checked, ours around it is. The last
// byte chooses what is declared; of a text that ends in a line end it chooses nothing.
// links: weir_engine_duckdb weir_connectors_files

// clang-format off: DuckDB's headers come first, since its own Arrow interface must be the one that is declared.
#include "engine/duckdb/file_relation.h"
// clang-format on
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "base/ids.h"
#include "base/text.h"
#include "connectors/files/file_source.h"
#include "store/memory_store.h"

namespace {

using namespace weir;
namespace fs = std::filesystem;

void demand(bool ok, int line = __builtin_LINE()) {
  if (ok) return;
  std::fprintf(stderr, "not so: csv_fuzz.cpp:%d\n", line);
  std::abort();
}

struct World {
  World() { fs::create_directories(folder); }
  ~World() { fs::remove_all(folder); }
  const fs::path folder = fs::temp_directory_path() / ("weir-csv-fuzz-" + std::to_string(getpid()));
  std::unique_ptr<engine::Engine> engine = engine::open_duckdb(
      {.memory_limit_bytes = int64_t{512} << 20, .threads = 1, .spill_dir = (folder / "spill").string()});
  std::shared_ptr<lake::Lake> lake = std::make_shared<lake::Lake>(std::make_shared<store::MemoryStore>());
  std::unique_ptr<engine::FileSniffer> sniffer = engine->sniffer();
};

// What the last byte declares.
struct Choice {
  bool typed, padded, no_header, semicolon, comment, latin;
  const char* ending;
};

Choice choice_of(uint8_t last) {
  const auto bits = static_cast<uint8_t>(last ^ '\n');
  const char* endings[] = {".csv", ".csv.gz", ".csv.zst", ".csv"};
  return {(bits & 1) != 0,  (bits & 8) != 0,   (bits & 16) != 0,      (bits & 32) != 0,
          (bits & 64) != 0, (bits & 128) != 0, endings[bits >> 1 & 3]};
}

Json ingest_of(const Choice& choice) {
  Json format = Json::object().set("type", "csv");
  if (choice.padded) format.set("null_padding", true);
  if (choice.no_header) format.set("header", false);
  if (choice.semicolon) format.set("delimiter", ";");
  if (choice.comment) format.set("comment", "#");
  if (choice.latin) format.set("encoding", "latin-1");
  Json ingest = Json::object().set("files", "raw/*").set("format", std::move(format));
  if (choice.typed)
    ingest.set("columns", Json::object().set("a", "bigint").set("b", "timestamptz").set("c", "decimal(10,2)"));
  return ingest;
}

// The input's fault, and told as such.
void check(const Error& error) {
  demand(error.blame() != Blame::bug && error.code() != ErrorCode::engine_broken && !error.message().empty());
  demand(is_valid_utf8(error.message()));
}

// Records are found one after the other, and hold no more than the text.
void check_records(std::string_view text, const engine::CsvDialect& dialect) {
  const size_t size = text.size();
  size_t held = 0;
  while (!text.empty()) {
    const size_t before = text.size();
    auto record = engine::duck::next_record(text, dialect, true);
    demand(record && !record->empty() && text.size() < before);
    for (const auto& field : *record) held += field.size();
  }
  demand(held <= size);
}

void check_pin(const files::Pin& pin) {
  auto again = files::pin_of_cursor(Json::object().set("pin", files::to_json(pin)));
  demand(again && files::to_json(*again).dump() == files::to_json(pin).dump());
}

// Lines that hold something, where no character can hide a line's end; nullopt where one can.
std::optional<int64_t> plain_lines(std::string_view text, const files::ReadPlan& plan) {
  const auto& dialect = plan.pin.dialect;
  if (text.find_first_of("\"'\r\\") != std::string_view::npos || !dialect.comment.empty() || dialect.skip_lines > 0)
    return std::nullopt;
  if (dialect.encoding != "utf-8" || plan.scan->columns.size() < 2) return std::nullopt;
  int64_t lines = dialect.header ? -1 : 0;
  for (const auto& line : split(text, '\n')) lines += !line.empty();
  return lines;
}

int64_t number(engine::Session& session, const std::string& sql) {
  return std::get<int64_t>(session.query(sql).rows.at(0).at(0));
}

void load(World& world, const files::ReadPlan& plan, std::string_view text, bool packed) {
  auto session = world.engine->session(world.lake);
  session->begin(uuid_v4());
  session->register_scan("raw", *plan.scan);
  session->execute("CREATE TABLE loaded AS SELECT * FROM raw");
  const int64_t rows = number(*session, "SELECT count(*) FROM loaded");
  const auto rejects =
      session->query("SELECT _file, _line, _reason FROM " + session->scan_rejects("raw") + " ORDER BY ALL").rows;
  for (const auto& reject : rejects) {
    demand(engine::cell_text(reject[0]) == plan.scan->files[0].label && !engine::cell_text(reject[2]).empty());
    demand(std::get<int64_t>(reject[1]) > 0);
  }
  session->execute("CREATE TABLE again AS SELECT * FROM raw");
  demand(number(*session, "SELECT count(*) FROM again") == rows);
  demand(number(*session, "SELECT count(*) FROM " + session->scan_rejects("raw")) ==
         static_cast<int64_t>(rejects.size()));
  const auto lines = packed ? std::nullopt : plain_lines(text, plan);
  demand(!lines || *lines == rows + static_cast<int64_t>(rejects.size()));
  session->rollback();
}

void ingest(World& world, std::string_view text) {
  const Choice choice = choice_of(text.empty() ? '\n' : static_cast<uint8_t>(text.back()));
  const auto raw = world.folder / "raw";
  fs::remove_all(raw);
  fs::create_directories(raw);
  std::ofstream(raw / (std::string("x") + choice.ending), std::ios::binary) << text;
  const auto spec = files::read_ingest_spec(ingest_of(choice), {}, "fuzz.raw", world.folder, {});
  const auto listing = files::list_files(spec);
  demand(listing.files.size() == 1);
  const auto changes = files::diff(listing, {});
  auto plan = files::plan_reading(spec, listing, changes, std::nullopt, {}, *world.sniffer);
  check_pin(plan.pin);
  check_records(text, plan.pin.dialect);
  if (!plan.scan) return;
  files::TableColumns table;
  for (const auto& column : plan.pin.columns) table.push_back({column.name, column.type});
  auto again = files::plan_reading(spec, listing, changes, plan.pin, table, *world.sniffer);
  demand(again.added.empty() && files::to_json(again.pin).dump() == files::to_json(plan.pin).dump());
  load(world, plan, text, std::string_view(choice.ending) != ".csv");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static World world;
  try {
    ingest(world, {reinterpret_cast<const char*>(data), size});
  } catch (const Error& error) {
    check(error);
  }
  return 0;
}
