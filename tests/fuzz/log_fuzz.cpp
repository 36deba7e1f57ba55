// links: weir_lake

// Any bytes either are a commit, which is then the same when written and read again, or give Error{bad_log}. Whatever
// it holds: schemas parse or give Error{bad_delta_schema}, paths stay inside the table or give Error{bad_log},
// statistics exclude or do not, replay gives each file once. The same bytes as a checksum and as a schema.
#include <cstdlib>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "lake/action_json.h"
#include "lake/checksum.h"
#include "lake/features.h"
#include "lake/file_list.h"
#include "lake/predicate.h"

namespace {

using namespace weir::lake;

void demand(bool ok) {
  if (!ok) std::abort();
}

template <typename Work>
void expect(std::set<weir::ErrorCode> codes, Work work) {
  try {
    work();
  } catch (const weir::Error& error) {
    demand(codes.contains(error.code()));
  }
}

void check_schema(const std::string& text) {
  expect({weir::ErrorCode::bad_delta_schema}, [&] {
    Schema schema = Schema::parse(text);
    demand(Schema::parse(schema.to_string()) == schema);
  });
}

void check_path(const std::string& path) {
  logical_path(path);
  expect({weir::ErrorCode::bad_log}, [&] {
    std::string key = decoded_path(path);
    demand(!key.empty());
    if (is_absolute_path(path)) return;
    for (const auto& segment : weir::split(key, '/')) demand(!segment.empty() && segment != ".." && segment != ".");
    demand(decoded_path(encode_path(key)) == key);
  });
}

void check_actions(const std::vector<Action>& actions) {
  Metadata metadata;
  Protocol protocol;
  for (const auto& action : actions) {
    if (const auto* found = std::get_if<Protocol>(&action)) protocol = *found;
    if (const auto* found = std::get_if<Metadata>(&action)) metadata = *found;
  }
  check_schema(metadata.schema_string);
  expect({weir::ErrorCode::reader_feature, weir::ErrorCode::bad_log, weir::ErrorCode::bad_delta_schema},
         [&] { check_readable(protocol, metadata, "fuzz"); });
  Predicate predicate;
  for (const auto& field : metadata.schema.fields)
    predicate.all_of_any.push_back({{field.name, Compare::greater, int64_t{7}}, {field.name, Compare::equal, "m"}});
  size_t adds = 0;
  for (const auto& action : actions)
    if (const auto* add = std::get_if<Add>(&action)) {
      check_path(add->path);
      parse_stats(*add, metadata);
      may_match(*add, metadata, predicate);
      ++adds;
    }
  expect({weir::ErrorCode::bad_log, weir::ErrorCode::reader_feature}, [&] {
    FileChanges changes;
    changes.apply(actions);
    auto files = FileListBuilder::apply(std::make_shared<const FileList>(), changes);
    demand(files->size() <= adds && files->keys().size() == files->size());
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  expect({weir::ErrorCode::bad_log}, [&] {
    auto actions = parse_commit(text, "fuzz");
    std::string written = write_commit(actions);
    demand(write_commit(parse_commit(written, "again")) == written);
    check_actions(actions);
  });
  expect({weir::ErrorCode::bad_log}, [&] { check_actions(parse_checkpoint(text, "fuzz").actions); });
  parse_checksum(text);
  check_schema(text);
  return 0;
}
