// A bug of the kind the fuzzers must find: proof that the harness works (tools/fuzz.py runs it first).
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > 3 && data[0] == '{' && data[1] == '"' && data[2] == 'a' && data[3] == 0xff) {
    std::fputs("planted bug reached\n", stderr);
    std::abort();
  }
  return 0;
}
