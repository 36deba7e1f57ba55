// Sending a request until it has an answer to work with: exponential backoff with full jitter, Retry-After, bounded by
// attempts and by time. What may have been carried out and must not be carried out twice is not repeated.
#pragma once

#include <functional>
#include <memory>

#include "base/cancel.h"
#include "store/clock.h"
#include "store/http/http.h"

namespace weir::store::http {

struct RetryPolicy {
  int attempts = 8;
  int64_t total_ms = 60'000;  // no attempt begins later than this after the first one began
  int64_t first_delay_ms = 100;
  int64_t most_delay_ms = 10'000;
};

// What an answer means for the next attempt.
enum class Verdict {
  final,     // an answer to work with, good or bad
  refused,   // turned away, surely not carried out: always sent again
  doubtful,  // may have been carried out: sent again if the request is repeatable
};

// 429: refused. 500, 502, 503, 504: doubtful. All others: final.
Verdict usual_verdict(const Answer& answer);

struct Outcome {
  Attempt last;
  // The verdict on `last`; if it was not answered: refused if it was not sent, else doubtful.
  Verdict verdict = Verdict::final;
  int attempts = 0;
  // An attempt before the last one may have been carried out.
  bool doubt_before = false;

  bool settled() const { return verdict == Verdict::final; }
  // Some attempt may have been carried out, and which answer it got is not known.
  bool doubtful() const { return doubt_before || verdict == Verdict::doubtful; }
};

class Client {
 public:
  // `random` gives numbers in [0, 1) and is thread-safe. The clock must outlive the client.
  Client(std::unique_ptr<Transport> transport, Clock& clock, std::function<double()> random, RetryPolicy policy = {},
         CancelToken cancel = {});

  // `make` gives the request for each attempt anew, since signatures carry the time. Throws only what `make`, `judge`
  // and the transport throw. Thread-safe.
  Outcome send(const std::function<Request()>& make,
               const std::function<Verdict(const Answer&)>& judge = usual_verdict);

 private:
  int64_t delay_ms(int attempts_made, const Answer& answer);
  void wait(int64_t duration_ms);
  std::unique_ptr<Transport> transport_;
  Clock& clock_;
  std::function<double()> random_;
  RetryPolicy policy_;
  CancelToken cancel_;
};

// A generator seeded by the kernel.
std::function<double()> system_random();

}  // namespace weir::store::http
