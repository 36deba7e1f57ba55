#include "store/remote/proof.h"

#include "base/ids.h"

namespace weir::store::remote {

void prove_conditions(const std::string& server, const std::string& condition, const ProvenPuts& puts) {
  const std::string key = ".tmp-probe-" + uuid_v4();  // never listed
  const auto remove = [&] {
    try {
      puts.remove(key);
    } catch (const Error&) {  // it is in nobody's way
    }
  };
  PutResult second = PutResult::exists;
  try {
    puts.put(key, "first");
    second = puts.put_if_absent(key, "second");
  } catch (const Error& error) {
    remove();
    if (error.code() != ErrorCode::store_unknown) throw;
    throw Error(ErrorCode::store_io, error.message(), error.hint());  // nothing that anybody waits for is in doubt
  }
  remove();
  if (second == PutResult::done)
    throw Error(ErrorCode::store_scheme,
                server + " overwrites an object although it is told to write only if there is none",
                "use a server that honours " + condition + " (docs/stores.md): commits could be lost on this one");
}

}  // namespace weir::store::remote
